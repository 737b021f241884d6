"""Emptying a host, against a simulated cloud over HTTP; tests/real/test_drain.py does the same on a real one."""

import threading
from contextlib import contextmanager
from dataclasses import replace
from urllib.parse import parse_qsl, urlsplit

import pytest

from stairlift.model.effect import Effect
from stairlift.model.workload import ComputeHost, MigrationUnderWay
from stairlift.openstack import guests
from stairlift.openstack.client import SessionCloudClient
from stairlift.sandbox.builders import cloud
from stairlift.sandbox.server import Sandbox
from stairlift.sandbox.tenants import FlavorSpec, GroupSpec, Room, ServerSpec
from stairlift.strategy.nova.choosing import own_name
from stairlift.strategy.nova.desk import Desk
from stairlift.strategy.nova.drain import DrainHost, Ending
from stairlift.strategy.nova.pace import Pace
from stairlift.strategy.nova.stopped import KIND, intention, start_again
from stairlift.strategy.nova.story import Story
from stairlift.strategy.nova.task import DrainTask, stopped_tag

ROOM = Room(vcpus=8, ram=8192, disk=100, reserved_ram=0, cpu_ratio=1.0)
SMALL = FlavorSpec("small", vcpus=1, ram=512, disk=1)
FLAVORS = (
    SMALL,
    FlavorSpec("large", vcpus=2, ram=4096, disk=1),
    FlavorSpec("tpm", vcpus=1, ram=512, disk=1, extra_specs={"hw:tpm_version": "2.0"}),
    FlavorSpec("secret", vcpus=1, ram=512, disk=1, extra_specs={"pci_passthrough:alias": "gpu:1"}),
)
PACE = Pace(look=0.05, stalled_after=0.6, no_room_for=1.5, silent_for=5.0, recorded_within=2.0, settled_within=5.0)


class Ear:
    """Takes the words of a drain."""

    def __init__(self):
        self.said, self.told, self.effects = [], [], {}

    def say(self, text):
        self.said.append(text)

    def tell(self, kind, **more):
        self.told.append({"kind": kind, **more})

    def effect(self, name, state, text):
        self.effects[name] = (state, text)


class Lab:
    """A simulated cloud with one host to be emptied."""

    def __init__(self, box, client, folder):
        self.box, self.client, self.desk, self.ear = box, client, Desk(client), Ear()
        self._folder = folder

    def task(self, **given):
        usual = {
            "run": "r1",
            "step": "s",
            "host": "cmp1",
            "policy": "live-migrate",
            "per_host": 1,
            "per_cloud": 4,
            "stop_tag": stopped_tag("cmp1"),
        }
        return DrainTask(**{**usual, "lock": str(self._folder / "lock"), "deadline": 60.0, **given})

    def drain(self, pace=PACE, **given) -> Ending:
        return DrainHost(self.task(**given), self.desk, Story(self.ear, pace.clock), pace).carry_out()

    def where(self):
        return {s.name: s.host for s in self.desk.servers()}

    def server(self, name):
        return next(s for s in self.desk.servers() if s.name == name)

    def rows(self):
        return self.client.get("compute", "/os-migrations", "2.80").documents["body"]["migrations"]


@pytest.fixture
def lab(tmp_path, monkeypatch):
    """Makes a cloud of these servers, on the hosts cmp1 to cmp3 of this size."""
    running = []

    def made(*servers, computes=3, room=ROOM, **changes):
        base = cloud(control=1, network=0, compute=computes)
        timing = replace(base.timing, live_migration=0.2, cold_migration=0.2, power=0.05)
        hosts = tuple(replace(host, room=room) for host in base.hosts)
        scenario = replace(
            base, servers=servers, flavors=FLAVORS, timing=timing, hosts=hosts, servers_per_compute=0, **changes
        )
        box = Sandbox(scenario)
        box.__enter__()
        running.append(box)
        monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(box.clouds_yaml(tmp_path / "clouds.yaml")))
        client = SessionCloudClient.from_config("sandbox")
        row = next(
            r
            for r in client.get("compute", "/os-services?binary=nova-compute", "2.53").documents["body"]["services"]
            if r["host"] == "cmp1"
        )
        client.send(
            "PUT",
            "compute",
            f"/os-services/{row['id']}",
            {"status": "disabled", "disabled_reason": "stairlift r1 s"},
            "2.53",
        )
        return Lab(box, client, tmp_path)

    yield made
    for box in running:
        box.__exit__(None, None, None)


def vm(name, host="cmp1", **given):
    return ServerSpec(name, host, **{"flavor": "small", **given})


@contextmanager
def at_most_moving(lab, most):
    """Counts what moves at a time, as long as this lasts."""
    seen, stop = [0], threading.Event()

    def watch():
        while not stop.wait(0.02):
            seen.append(lab.desk.under_way())

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    yield
    stop.set()
    thread.join(5)
    assert 0 < max(seen) <= most


class TestMoving:
    def test_everybody_goes_to_the_upgraded_host_and_the_host_is_empty(self, lab):
        there = lab(vm("a"), vm("b"), vm("c", "cmp2"))
        ending = there.drain(new=("cmp3",))
        assert ending == Ending("done")
        assert there.where() == {"a": "cmp3", "b": "cmp3", "c": "cmp2"}
        assert {server.tags for server in there.desk.servers()} == {()}, "the marks are gone"
        assert {m["migration_type"] for m in there.rows()} == {"live-migration"}
        assert there.ear.told[-1]["task"] == "cmp1 is empty"

    def test_from_an_upgraded_host_nobody_goes_back_to_an_old_one(self, lab):
        there = lab(vm("a"))
        ending = there.drain(new=("cmp1",))
        assert ending.result == "failed"
        assert there.rows() == []
        assert there.drain(new=("cmp1", "cmp3")).result == "done"
        assert there.where()["a"] == "cmp3"

    def test_nor_where_placement_may_not_be_asked(self, lab):
        there = lab(vm("a"))
        there.box.fault("http", path="/placement", status=403)
        assert "no other that is can be named" in there.drain(new=("cmp1",)).reason
        assert there.rows() == []

    def test_only_so_many_at_a_time(self, lab):
        there = lab(*(vm(f"s{n}") for n in range(5)))
        with at_most_moving(there, 1):
            assert there.drain(per_host=3, per_cloud=1).result == "done"

    def test_who_is_stopped_moves_cold_and_is_confirmed_and_others_confirm_their_own(self, lab):
        there = lab(vm("off", state="stopped"), vm("theirs", state="stopped"))
        theirs = there.server("theirs")
        there.desk.migrate(theirs.id, "cmp2")
        ending = there.drain(deadline=2.0, new=("cmp3",))
        assert ending.result == "failed"
        assert "its migration away waits for whoever began it" in ending.reason
        assert there.server("off").vm_state == "stopped"
        assert there.server("off").tags == ()
        assert there.server("theirs").vm_state == "resized"
        there.desk.confirm(theirs.id)
        assert there.drain().result == "done"

    def test_policy_cold(self, lab):
        there = lab(vm("a"))
        assert there.drain(policy="cold").result == "done"
        assert there.server("a").vm_state == "active"
        assert {m["migration_type"] for m in there.rows()} == {"migration"}

    def test_a_group_is_kept_apart(self, lab):
        group = GroupSpec("g", "anti-affinity")
        there = lab(vm("a", group="g"), vm("b", "cmp2", group="g"), server_groups=(group,))
        assert there.drain(new=("cmp2",)).result == "done"
        assert there.where()["a"] == "cmp3"


class TestStaying:
    def test_who_cannot_move_is_named_once_all_others_have_gone(self, lab):
        there = lab(vm("a"), vm("tpm", flavor="tpm"), vm("locked", locked=True))
        ending = there.drain()
        assert ending.result == "failed"
        assert "2 left on cmp1" in ending.reason
        assert "virtual TPM" in ending.reason
        assert "it is locked" in ending.reason
        assert there.where()["a"] != "cmp1"
        assert {one["kind"] for one in there.ear.told[-1]["left"]} == {"stuck"}
        assert "stairlift:drain=skip" in there.ear.told[-1]["left"][0]["helps"]

    def test_who_is_to_be_left_alone_stays(self, lab):
        there = lab(
            vm("a"),
            vm("mine", tags=("stairlift:drain=skip",)),
            vm("tpm", flavor="tpm", metadata={"stairlift:drain": "skip"}),
        )
        assert there.drain() == Ending("done")
        assert there.where()["mine"] == there.where()["tpm"] == "cmp1"

    def test_who_is_to_be_stopped_is_started_again(self, lab):
        there = lab(
            vm("pet", metadata={"stairlift:drain": "stop"}),
            vm("off", state="stopped", metadata={"stairlift:drain": "stop"}),
        )
        ending = there.drain()
        assert (ending.result, ending.stopped) == ("done", 1)
        assert there.server("pet").vm_state == "stopped"
        effect = Effect(intention("cmp1").id, KIND, "cmp1", "s", "nova", "made", None, intention("cmp1").details)
        start_again(there.desk, effect)
        for _ in range(100):
            if not start_again(there.desk, effect):
                break
        assert there.server("pet").vm_state == "active"
        assert not [tag for tag in there.server("pet").tags if "stopped" in tag]
        assert there.server("off").vm_state == "stopped"

    def test_wait_empty_moves_nobody(self, lab):
        there = lab(vm("a"))
        ending = there.drain(policy="wait-empty", deadline=0.5)
        assert ending.result == "failed"
        assert "its time is over" in ending.reason
        assert there.rows() == []
        server = there.server("a")
        there.client.send("DELETE", "compute", f"/servers/{server.id}")
        assert there.drain(policy="wait-empty").result == "done"

    def test_no_room_ends_with_that(self, lab):
        there = lab(
            vm("big", flavor="large"),
            vm("x", "cmp2", flavor="large"),
            vm("y", "cmp3", flavor="large"),
            room=Room(vcpus=8, ram=6144, disk=100, reserved_ram=0),
        )
        ending = there.drain()
        assert ending.result == "failed"
        assert "no host has the room" in ending.reason


class TestTrouble:
    def test_a_failed_migration_is_tried_once_elsewhere(self, lab):
        there = lab(vm("a"))
        there.box.fault("migration", how="error", of="a")
        assert there.drain().result == "done"
        assert sorted(m["status"] for m in there.rows()) == ["completed", "error"]
        assert len({m["dest_compute"] for m in there.rows()}) == 2

    def test_twice_is_enough(self, lab):
        there = lab(vm("a"))
        for _ in range(2):
            there.box.fault("migration", how="error", of="a")
        ending = there.drain()
        assert ending.result == "failed"
        assert "it was sent off 2 times" in ending.reason
        assert len(there.rows()) == 2

    def test_a_stalled_one_is_taken_back(self, lab):
        there = lab(vm("a"))
        there.box.fault("migration", how="stall", of="a")
        assert there.drain().result == "done"
        assert sorted(m["status"] for m in there.rows()) == ["cancelled", "completed"]
        assert any("no progress" in text for text in there.ear.said)

    def test_what_is_under_way_is_adopted(self, lab):
        there = lab(vm("a"), vm("b"))
        there.desk.live_migrate(there.server("a").id, "cmp2")
        assert there.drain().result == "done"
        assert len(there.rows()) == 2

    def test_a_cold_migration_that_was_left_unconfirmed_by_a_kill_is_confirmed(self, lab):
        there = lab(vm("a"))
        task, server = there.task(policy="cold"), there.server("a")
        there.desk.tag(server.id, task.moved_tag)
        there.desk.migrate(server.id, "cmp2")
        assert there.drain(policy="cold").result == "done"
        assert there.server("a").vm_state == "active"
        assert there.server("a").tags == ()

    def test_a_resize_that_its_owner_began_is_never_confirmed_whatever_mark_was_left(self, lab, monkeypatch):
        there = lab(vm("a"))
        server = there.server("a")
        there.desk.tag(server.id, there.task().moved_tag)
        there.desk.migrate(server.id, "cmp2")
        found = guests.unsettled
        monkeypatch.setattr(guests, "unsettled", lambda rows: tuple(replace(m, kind="resize") for m in found(rows)))
        ending = there.drain(deadline=2.0)
        assert ending.result == "failed"
        assert there.server("a").vm_state == "resized"

    def test_a_live_migration_that_somebody_else_began_is_not_taken_back(self, lab):
        there = lab(vm("a"))
        there.box.fault("migration", how="stall", of="a")
        there.desk.live_migrate(there.server("a").id, "cmp2")
        assert there.drain(deadline=2.5).result == "failed"
        assert [m["status"] for m in there.rows()] == ["running"]
        there.desk.tag(there.server("a").id, there.task().moved_tag)
        assert there.drain().result == "done", "with our mark it is ours, as after a kill"

    def test_a_refusal_leaves_no_mark(self, lab):
        there = lab(vm("a"))
        there.box.fault("http", path=f"/compute/v2.1/servers/{there.server('a').id}/action", status=409, times=2)
        assert there.drain().result == "failed"
        assert there.server("a").tags == ()

    def test_a_record_that_never_ended_holds_nobody_up(self, lab, monkeypatch):
        there = lab(vm("a"), vm("x", "cmp2"))
        old = [
            MigrationUnderWay("9001", there.server("a").id, "cmp1", "cmp3", "running", "live-migration"),
            MigrationUnderWay("9002", there.server("x").id, "cmp2", "cmp1", "accepted", "live-migration"),
            MigrationUnderWay("9003", "gone", "cmp2", "cmp1", "preparing", "migration"),
        ]
        found = guests.under_way
        monkeypatch.setattr(guests, "under_way", lambda rows: (*found(rows), *old))
        unsettled = guests.unsettled
        monkeypatch.setattr(guests, "unsettled", lambda rows: (*unsettled(rows), *old))
        assert there.drain(per_cloud=1) == Ending("done")

    def test_a_silent_nova_is_waited_for(self, lab):
        there = lab(vm("a"))
        there.box.fault("http", path="/compute/v2.1/servers", status=503, times=4)
        assert there.drain().result == "done"
        assert any("503" in one["task"] for one in there.ear.told if one["kind"] == "trouble")


def test_without_placement_an_upgraded_host_is_tried_first(lab):
    there = lab(vm("a"), vm("b", "cmp3", flavor="large"))
    there.box.fault("http", path="/placement", status=403)
    assert there.drain(new=("cmp3",)).result == "done"
    assert there.where()["a"] == "cmp3"


def test_lists_that_nova_cuts_are_read_to_their_end(lab):
    """As in a cloud of thousands; here Nova cuts at two."""
    there = lab(*(vm(f"s{n}") for n in range(5)), server_groups=tuple(GroupSpec(f"g{n}", "affinity") for n in range(3)))
    whole = there.desk._get

    def cut(path, wanted):
        url = urlsplit(path)
        query = dict(parse_qsl(url.query))
        key = {"/os-hypervisors/detail": "hypervisors", "/os-server-groups": "server_groups"}.get(url.path)
        if key is None:
            return whole(path, wanted)
        rows = whole(f"{url.path}?all_projects=True" if key == "server_groups" else url.path, wanted)[key]
        ids = [str(row["id"]) for row in rows]
        first = ids.index(query["marker"]) + 1 if "marker" in query else int(query.get("offset", 0))
        links = {"hypervisors_links": [{"rel": "next"}]} if first + 2 < len(rows) else {}
        return {key: rows[first : first + 2], **links}

    there.desk._get = cut
    assert len(there.desk.computes()) == 3
    assert len(there.desk.groups()) == 3


def test_a_host_is_known_by_its_short_name_where_that_is_one_host_only():
    one, two = (ComputeHost(f"cmp{n}.example.com", f"cmp{n}.example.com", "nova", True, True) for n in (1, 10))
    assert own_name(("cmp1",), (two, one)) == one
    assert own_name(("cmp1.other.net",), (one, replace(one, name="cmp1.a", node="cmp1.a"))) is None
    assert own_name(("cmp2",), (one, two)) is None


def test_a_server_that_was_just_deleted_holds_nobody_up(lab, monkeypatch):
    """Nova lists it for a moment longer, with no state that could be moved (the testbed)."""
    here = lab(vm("a"))
    pages = here.desk._pages

    def with_a_ghost(path, key, wanted, query):
        rows = [*pages(path, key, wanted, query)]
        state = {"status": "DELETED", "OS-EXT-STS:vm_state": "deleted", "id": "ghost"}
        return rows + [{**row, **state} for row in rows[:1]] if key == "servers" else rows

    monkeypatch.setattr(here.desk, "_pages", with_a_ghost)
    assert here.drain().result == "done"
    assert here.where()["a"] != "cmp1"
