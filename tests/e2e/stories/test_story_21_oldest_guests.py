"""Story 21: servers that were made years ago did not start any more (LP 2080556); new ones did."""

from operating import small_cloud

CAUGHT_BY = ("guests.missing",)
#: While the first hypervisor is upgraded, an owner stops and starts the oldest server, and it ends in an error.
BREAKS = """
if action == "upgrade" and "nova-compute" in services and hosts == "cmp1":
    auth = {"identity": {"methods": ["password"], "password": {"user": {"name": "admin", "domain": {"id": "default"},
            "password": "stairlift-sandbox"}}}, "scope": {"project": {"name": "admin", "domain": {"id": "default"}}}}
    request = urllib.request.Request(CLOUD + "/identity/v3/auth/tokens", json.dumps({"auth": auth}).encode())
    token = urllib.request.urlopen(request).headers["X-Subject-Token"]
    def ask(path, body=None):
        data = None if body is None else json.dumps(body).encode()
        asked = urllib.request.Request(CLOUD + path, data, {"X-Auth-Token": token})
        return urllib.request.urlopen(asked).read()
    oldest = json.loads(ask("/compute/v2.1/servers"))["servers"][0]["id"]
    ask(f"/compute/v2.1/servers/{oldest}/action", {"os-resetState": {"state": "error"}})
"""


def test_a_server_that_goes_into_an_error_stops_the_run_before_there_is_no_way_back(staged):
    cloud, desk = staged(small_cloud(computes=2, name="oldest"), '[gates]\nwithin = "10s"\n')
    step = (desk.folder / "step.py").read_text()
    desk.write("step.py", f"{step}CLOUD = {cloud.url!r}\n{BREAKS}")
    plan = desk.plans()
    one_way = [s["id"] for s in plan["steps"] if s["reversibility"] == "no-return"]
    assert one_way
    answer = desk.types("run", "plan.json", "--yes")
    assert answer.code == 5, (answer.code, answer.err)
    assert "(vm-cmp1-1) has gone into an error since the run began" in answer.err
    states = desk.step_states()
    assert states["2025.2-compute@cmp1"] == "failed"
    assert {states[step] for step in ("2025.2-compute@cmp2", *one_way)} == {"pending"}
