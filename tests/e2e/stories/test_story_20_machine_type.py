"""Story 20: guests that were moved to newer hosts got a machine type that older hosts do not know."""

from dataclasses import replace

from stairlift.model.release import Release
from stairlift.sandbox.builders import QUICK, hosts
from stairlift.sandbox.scenario import Scenario
from stairlift.sandbox.tenants import Room, ServerSpec
from stories import migrations

CAUGHT_BY = ("servers go to upgraded hosts, and never back", "drain.no_room")
POLICY = '[policy]\ndrain = "live-migrate"\n'


def a_cloud(room: Room, flavor: str = "m1.small") -> Scenario:
    control = hosts("ctl", 1, ("keystone", "placement-api", "nova-api", "nova-conductor", "nova-scheduler"))
    computes = tuple(replace(host, room=room) for host in hosts("cmp", 3, ("nova-compute",)))
    servers = tuple(ServerSpec(f"vm{n}", f"cmp{n}", flavor=flavor) for n in (1, 2, 3))
    every = control + computes
    return Scenario("one-way", Release(2025, 1), every, timing=QUICK, servers_per_compute=0, servers=servers)


def test_nobody_leaves_a_new_host_and_whoever_can_goes_to_one(staged):
    cloud, desk = staged(a_cloud(Room()), POLICY)
    desk.plans()
    answer = desk.types("run", "plan.json", "--yes")
    assert answer.code == 0, answer.err
    moves = migrations(cloud)
    assert {move["status"] for move in moves} == {"completed"}
    events = [e for e in cloud.events() if (e["action"], e["subject"]) == ("upgrade", "nova-compute")]
    new = {e["host"]: e["time"][:19] for e in events}
    assert all(new[move["source_compute"]] >= move["created_at"][:19] for move in moves), "nobody leaves a new host"
    to_old = [move for move in moves if new[move["dest_compute"]] > move["created_at"][:19]]
    assert {move["source_compute"] for move in to_old} <= {events[0]["host"]}, "only while there is no new host yet"


def test_where_they_cannot_go_the_plan_refuses_before_the_first_move(staged):
    cloud, desk = staged(a_cloud(Room(ram=4096, reserved_ram=0), "m1.medium"), POLICY)
    refused = desk.refused()
    assert "drain.no_room" in refused
    assert "vm1" in refused
    assert migrations(cloud) == []
