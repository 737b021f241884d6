"""Story 20: guests that were moved to newer hosts got a machine type that older hosts do not know."""

from collections import Counter

from stairlift.model.release import Release
from stairlift.sandbox.builders import QUICK, hosts
from stairlift.sandbox.scenario import Scenario
from stairlift.sandbox.tenants import ServerSpec
from stories import migrations

CAUGHT_BY = ("servers go to upgraded hosts, and never back", "capacity.wave")
POLICY = '[policy]\ndrain = "live-migrate"\n'


def test_no_server_is_moved_twice_or_from_a_new_host_to_an_old_one(staged):
    control = hosts("ctl", 1, ("keystone", "placement-api", "nova-api", "nova-conductor", "nova-scheduler"))
    servers = tuple(ServerSpec(f"vm{n}", f"cmp{n}") for n in (1, 2, 3))
    every = control + hosts("cmp", 3, ("nova-compute",))
    scenario = Scenario("one-way", Release(2025, 1), every, timing=QUICK, servers_per_compute=0, servers=servers)
    cloud, desk = staged(scenario, POLICY)
    desk.plans()
    answer = desk.types("run", "plan.json", "--yes")
    assert answer.code == 0, answer.err
    moves = migrations(cloud)
    assert {move["status"] for move in moves} == {"completed"}
    assert max(Counter(move["instance_uuid"] for move in moves).values()) == 1, "each server at most once"
    new = {
        e["host"]: e["time"][:19] for e in cloud.events() if (e["action"], e["subject"]) == ("upgrade", "nova-compute")
    }
    assert all(new[move["source_compute"]] >= move["created_at"][:19] for move in moves), "nobody leaves a new host"
    old_to_old = [move for move in moves if new[move["dest_compute"]] > move["created_at"][:19]]
    assert len(old_to_old) <= 1, "only while there is no new host yet"
