"""Story 25: a library's new release took an API away, and every nova-compute that got it crashed."""

from stairlift.sandbox.builders import cloud

CAUGHT_BY = ("a canary before all others",)


def test_the_first_hypervisor_is_the_last_that_breaks(staged):
    cloud_there, desk = staged(cloud(control=1, network=0, compute=4))
    cloud_there.fault("crash", host="cmp1", binary="nova-compute", times=9)
    desk.plans("--stage", "compute")
    answer = desk.types("run", "plan.json", "--yes")
    assert answer.code == 5, answer.err
    assert "2025.2-compute@cmp1" in answer.err
    assert "it has left while it started" in answer.err
    programs = {
        name: host["programs"]["nova-compute"] for name, host in cloud_there.state()["hosts"].items() if name != "ctl1"
    }
    assert {name: one["release"] for name, one in programs.items()} == {
        "cmp1": "2025.2",
        "cmp2": "2025.1",
        "cmp3": "2025.1",
        "cmp4": "2025.1",
    }
    assert [one["state"] for one in programs.values()] == ["stopped", "running", "running", "running"]
