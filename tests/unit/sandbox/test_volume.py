"""Cinder's face, and those of Glance and Placement."""

from stairlift.sandbox.api.tokens import PROJECT_ID

SERVICES = f"/volume/v3/{PROJECT_ID}/os-services"


def rows(caller, query="", mv=""):
    return {(s["binary"], s["host"]): s for s in caller.get(SERVICES + query, mv=mv)["services"]}


def test_each_backend_has_its_row_on_its_host(look):
    caller = look("cinder")
    found = rows(caller)
    assert {host for binary, host in found if binary == "cinder-volume"} == {
        "stor1@rbd",
        "stor1@ssd",
        "stor2@rbd",
        "stor2@ssd",
    }
    assert ("cinder-backup", "stor1") in found
    assert rows(caller, "?host=stor1&binary=cinder-volume").keys() == {
        ("cinder-volume", "stor1@rbd"),
        ("cinder-volume", "stor1@ssd"),
    }
    assert len(caller.get("/volume/v3/os-services")["services"]) == len(found)


def test_the_cluster_shows_from_3_7_on_and_there_are_no_ids(look):
    caller = look("cinder")
    assert "cluster" not in rows(caller)["cinder-volume", "stor1@rbd"]
    row = rows(caller, mv="volume 3.7")["cinder-volume", "stor1@rbd"]
    assert row["cluster"] is None
    assert "id" not in row
    assert caller.ask("GET", SERVICES, mv="volume 3.72").status_code == 406


def test_all_backends_of_a_stopped_program_go_down(call):
    caller = call("cinder")
    caller.cloud.stop("stor1", "cinder-volume")
    caller.cloud.advance(10)
    down = {key for key, row in rows(caller).items() if row["state"] == "down"}
    assert down == {("cinder-volume", "stor1@rbd"), ("cinder-volume", "stor1@ssd")}


def test_one_backend_can_be_disabled(call):
    caller = call("cinder")
    body = {"host": "stor1@rbd", "binary": "cinder-volume", "disabled_reason": "work"}
    assert caller.ask("PUT", f"{SERVICES}/disable-log-reason", json=body).json()["status"] == "disabled"
    found = rows(caller)
    assert found["cinder-volume", "stor1@rbd"]["disabled_reason"] == "work"
    assert found["cinder-volume", "stor1@ssd"]["status"] == "enabled"
    assert (
        caller.ask("PUT", f"{SERVICES}/enable", json={"host": "nothing", "binary": "cinder-volume"}).status_code == 404
    )


def test_version_documents_and_their_300s(look):
    caller = look("cinder")
    assert caller.ask("GET", "/volume", token="").status_code == 300
    assert caller.get("/volume/v3")["versions"][0]["version"] == "3.71"
    assert caller.ask("GET", "/image", token="").status_code == 300
    assert caller.get("/image/versions")["versions"][0]["id"] == "v2.17"
    assert caller.get("/placement")["versions"][0]["max_version"] == "1.39"
    assert [one["name"] for one in caller.get("/image/v2/images")["images"]] == ["cirros"]
