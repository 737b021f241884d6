"""Story 20: guests that were moved to newer hosts have a machine type that older hosts do not know."""

from dataclasses import replace

from operating import small_cloud
from stairlift.sandbox.tenants import ServerSpec

CAUGHT_BY = ("servers go to upgraded hosts, and never back", "status.upgrade_check")
POLICY = '[policy]\ndrain = "live-migrate"\n'


def test_no_server_is_moved_twice_or_from_a_new_host_to_an_old_one(staged):
    scenario = small_cloud(computes=3, name="one-way")
    with_scheduler = tuple(
        replace(
            host,
            programs=(
                *host.programs,
                type(host.programs[0])("nova-scheduler"),
                type(host.programs[0])("placement-api"),
            ),
        )
        if host.name == "ctl1"
        else host
        for host in scenario.hosts
    )
    servers = tuple(ServerSpec(f"vm{n}", f"cmp{n}") for n in (1, 2, 3))
    cloud, desk = staged(replace(scenario, hosts=with_scheduler, servers=servers, servers_per_compute=0), POLICY)
    desk.plans()
    answer = desk.types("run", "plan.json", "--yes")
    assert answer.code == 0, answer.err
    moves = migrations(cloud)
    upgraded = {
        e["host"]: e["time"] for e in cloud.events() if (e["action"], e["subject"]) == ("upgrade", "nova-compute")
    }
    assert len({move["instance_uuid"] for move in moves}) == len(moves), "each server at most once"
    for move in moves:
        source_is_new = upgraded[move["source_compute"]] < move["created_at"]
        assert not source_is_new, f"{move['source_compute']} was new already"
    to_new = [move for move in moves if upgraded[move["dest_compute"]] < move["created_at"]]
    assert len(to_new) >= len(moves) - 1, "once there is a new host, servers go there"


def migrations(cloud):
    from tests_over_http import ask  # noqa: PLC0415

    return ask(cloud, "/compute/v2.1/os-migrations", "compute 2.80")["migrations"]
