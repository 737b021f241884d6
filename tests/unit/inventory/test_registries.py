"""The registries of the smaller projects, with answers in the words of their API references."""

from datetime import UTC, datetime, timedelta

import pytest

from stairlift.inventory.blazar import BlazarHostInventory
from stairlift.inventory.designate import DESIGNATE
from stairlift.inventory.heat import HEAT
from stairlift.inventory.ironic import IRONIC
from stairlift.inventory.magnum import MAGNUM
from stairlift.inventory.manila import MANILA
from stairlift.inventory.masakari import MasakariHostInventory
from stairlift.inventory.octavia import OctaviaInventory
from stairlift.inventory.registry import RegistryInventory
from stairlift.inventory.watcher import WATCHER
from stairlift.inventory.zun import ZUN
from stairlift.model.errors import SourceTrouble, Trouble
from stairlift.model.observation import NamedHost, Tally
from unit.inventory.answers import NOON, VOLUME, GivenCloud

FIVE_SECONDS_AGO = "2026-11-22T11:59:55.000000"
WORKER = {
    "id": "0f6c9a5e-1",
    "engine_id": "9d9242c3-4b9e-45e1-9e74-7615fbf20e5d",
    "binary": "heat-engine",
    "host": "engine",
    "hostname": "ctl1",
    "topic": "engine",
    "report_interval": 60,
    "status": "up",
    "created_at": "2026-11-22T10:00:00.000000",
    "updated_at": FIVE_SECONDS_AGO,
    "deleted_at": None,
}
CONDUCTOR = {
    "hostname": "bm1",
    "conductor_group": "",
    "alive": True,
    "drivers": ["ipmi"],
    "updated_at": "2026-11-22T11:59:55+00:00",
}
STATUS = {
    "id": "d1",
    "hostname": "ctl1",
    "service_name": "central",
    "status": "UP",
    "heartbeated_at": FIVE_SECONDS_AGO,
    "stats": {},
    "capabilities": {},
}
MSERVICE = {
    "id": 1,
    "binary": "magnum-conductor",
    "host": "ctl1",
    "state": "up",
    "report_count": 12,
    "disabled": False,
    "disabled_reason": None,
    "updated_at": "2026-11-22T11:59:55+00:00",
}
APPLIER = {"id": 1, "name": "watcher-applier", "host": "ctl1", "status": "ACTIVE", "last_seen_up": FIVE_SECONDS_AGO}
ZUN_COMPUTE = {
    "id": 1,
    "binary": "zun-compute",
    "host": "cmp1",
    "state": "up",
    "disabled": True,
    "disabled_reason": "broken",
    "forced_down": False,
    "last_seen_up": FIVE_SECONDS_AGO,
    "availability_zone": "az1",
}
SHARE = {**VOLUME, "binary": "manila-share", "host": "stor1@cephfs"}


def manila_versions(maximum):
    return [{"id": "v2.0", "status": "CURRENT", "version": maximum, "min_version": "2.0"}]


def ironic_versions(maximum):
    return [{"id": "v1", "status": "CURRENT", "version": maximum, "min_version": "1.1"}]


VERSIONS = {"shared-file-system": manila_versions("2.89"), "baremetal": ironic_versions("1.96")}
BODIES = {
    "/services": {"services": [WORKER]},
    "/v1/conductors": {"conductors": [CONDUCTOR]},
    "/v2/service_statuses": {"service_statuses": [STATUS], "links": {"self": "x"}},
    "/v1/mservices": {"mservices": [MSERVICE]},
    "/v1/services/detail": {"services": [APPLIER]},
    "/v1/services": {"services": [ZUN_COMPUTE]},
}


def told(registry, versions=VERSIONS, **bodies):
    """The facts that a source makes of these bodies, and what it asked."""
    cloud = GivenCloud({**BODIES, **{f"/{path}": body for path, body in bodies.items()}}, versions)
    source = RegistryInventory(registry, cloud)
    return source.read(source.fetch()), cloud.asked


@pytest.mark.parametrize(
    ("registry", "binary", "host", "asked"),
    [
        (HEAT, "heat-engine", "ctl1", ("orchestration", "/services", "", None)),
        (IRONIC, "ironic-conductor", "bm1", ("baremetal", "/v1/conductors", "detail=true&limit=1000", "1.49")),
        (DESIGNATE, "designate-central", "ctl1", ("dns", "/v2/service_statuses", "limit=1000", None)),
        (MAGNUM, "magnum-conductor", "ctl1", ("container-infrastructure-management", "/v1/mservices", "", None)),
        (WATCHER, "watcher-applier", "ctl1", ("resource-optimization", "/v1/services/detail", "limit=1000", None)),
        (ZUN, "zun-compute", "cmp1", ("application-container", "/v1/services", "", None)),
    ],
)
def test_a_row_is_a_service_with_its_heartbeat(registry, binary, host, asked):
    (fact,), requests = told(registry)
    assert (fact.binary, fact.host, fact.state) == (binary, host, "up")
    assert fact.updated_at == NOON - timedelta(seconds=5)
    assert requests == [asked]


def test_manila_s_path_changed_with_2_7():
    body = {"services": [SHARE]}
    (fact,), asked = told(MANILA, services=body)
    assert (fact.binary, fact.host) == ("manila-share", "stor1@cephfs")
    assert asked == [("shared-file-system", "/services", "", "2.7")]
    _, asked = told(MANILA, {"shared-file-system": manila_versions("2.6")}, **{"os-services": body})
    assert asked == [("shared-file-system", "/os-services", "", "2.6")]


def test_an_ironic_that_cannot_list_is_no_registry():
    with pytest.raises(SourceTrouble) as caught:
        told(IRONIC, {"baremetal": ironic_versions("1.48")})
    assert caught.value.trouble is Trouble.NOT_DEPLOYED


def test_disabled_and_forced_down_are_read():
    (fact,), _ = told(ZUN, **{"v1/services": {"services": [{**ZUN_COMPUTE, "forced_down": True, "state": "down"}]}})
    assert (fact.status, fact.disabled_reason, fact.forced_down, fact.zone) == ("disabled", "broken", True, "az1")


# Heat


def heat(*rows):
    facts, _ = told(HEAT, services={"services": list(rows)})
    return [(fact.host, fact.state, fact.updated_at and fact.updated_at.minute) for fact in facts]


def at(minute):
    return f"2026-11-22T11:{minute}:00.000000"


def test_rows_of_ended_workers_say_nothing_beside_those_of_living_ones():
    dead = {**WORKER, "engine_id": "x", "status": "down", "updated_at": at(10)}
    assert heat(WORKER, dead, {**WORKER, "engine_id": "y"}) == [("ctl1", "up", 59), ("ctl1", "up", 59)]


def test_of_an_engine_that_is_dead_the_newest_row_is_told():
    rows = [{**WORKER, "engine_id": str(n), "status": "down", "updated_at": at(n)} for n in (10, 40, 20)]
    assert heat(*rows, {**WORKER, "hostname": "ctl2"}) == [("ctl1", "down", 40), ("ctl2", "up", 59)]


def test_deleted_rows_are_gone_and_a_new_one_counts_from_its_creation():
    assert heat({**WORKER, "deleted_at": at(10)}) == []
    assert heat({**WORKER, "updated_at": None, "created_at": at(58), "hostname": None}) == [("engine", "up", 58)]


# Designate


def designate(**given):
    (fact,), _ = told(DESIGNATE, **{"v2/service_statuses": {"service_statuses": [{**STATUS, **given}]}})
    return fact


@pytest.mark.parametrize(("status", "state"), [("UP", "up"), ("WARNING", "up"), ("DOWN", "down"), ("STOPPED", "down")])
def test_designate_s_words(status, state):
    assert designate(status=status).state == state
    assert designate(status="LIMBO").state == "unknown"


def test_a_status_that_nobody_keeps_is_down_by_its_age():
    assert designate(heartbeated_at=at(50)).state == "down"
    assert designate(heartbeated_at=None).state == "down"


def test_the_program_of_a_designate_service():
    assert designate(service_name="producer").binary == "designate-producer"


# Pages


def in_pages(key, rows, onward):
    """A body by query: one row a page; `onward` marks pages that others follow."""

    def body(query):
        marker = dict(pair.split("=") for pair in query.split("&")).get("marker")
        names = [row.get("hostname") if key == "conductors" else str(row["id"]) for row in rows]
        at = names.index(marker) + 1 if marker else 0
        return {key: rows[at : at + 1]} | (onward if at + 1 < len(rows) else {})

    return body


@pytest.mark.parametrize(
    ("registry", "path", "key", "rows", "onward"),
    [
        (IRONIC, "v1/conductors", "conductors", [{**CONDUCTOR, "hostname": f"bm{n}"} for n in range(3)], {"next": "x"}),
        (WATCHER, "v1/services/detail", "services", [{**APPLIER, "id": n} for n in range(3)], {"next": "x"}),
        (
            DESIGNATE,
            "v2/service_statuses",
            "service_statuses",
            [{**STATUS, "id": f"d{n}"} for n in range(3)],
            {"links": {"next": "x"}},
        ),
    ],
)
def test_all_pages_are_read(registry, path, key, rows, onward):
    facts, asked = told(registry, **{path: in_pages(key, rows, onward)})
    assert len(facts) == len(asked) == 3


def test_masakari_announces_no_page_so_a_full_one_is_followed():
    hosts = [{"uuid": f"h{n}", "name": f"cmp{n}", "failover_segment_id": "s1"} for n in range(1001)]

    def body(query):
        marker = dict(pair.split("=") for pair in query.split("&")).get("marker")
        return {"hosts": hosts[1000:] if marker else hosts[:1000]}

    segments = {"segments": [{"uuid": "s1", "name": "az1"}]}
    cloud = GivenCloud({"/v1/segments": segments, "/v1/segments/s1/hosts": body})
    source = MasakariHostInventory(cloud)
    facts = source.read(source.fetch())
    assert len(facts) == 1001
    assert facts[0] == NamedHost("masakari", "cmp0", "az1")


# What is no registry


def test_masakari_without_segments_and_with_hosts_in_maintenance():
    source = MasakariHostInventory(GivenCloud({"/v1/segments": {"segments": []}}))
    assert source.read(source.fetch()) == ()
    row = {"uuid": "h", "name": "cmp1", "failover_segment_id": "s1", "on_maintenance": True}
    bodies = {"/v1/segments": {"segments": [{"uuid": "s1", "name": "a"}]}, "/v1/segments/s1/hosts": {"hosts": [row]}}
    source = MasakariHostInventory(GivenCloud(bodies))
    assert source.read(source.fetch()) == (NamedHost("masakari", "cmp1", "a", maintenance=True),)


def test_blazar_names_hypervisors():
    source = BlazarHostInventory(GivenCloud({"/v1/os-hosts": {"hosts": [{"id": "1", "hypervisor_hostname": "cmp1"}]}}))
    assert source.read(source.fetch()) == (NamedHost("blazar", "cmp1", "reservable hosts"),)


def test_octavia_is_counted():
    rows = [{"id": str(n), "status": status} for n, status in enumerate(["ALLOCATED", "ALLOCATED", "DELETED"])]
    bodies = {"/v2/lbaas/providers": {"providers": [{"name": "amphora"}]}, "/v2/octavia/amphorae": {"amphorae": rows}}
    source = OctaviaInventory(GivenCloud(bodies))
    assert source.read(source.fetch()) == (Tally("octavia", "provider", 1), Tally("octavia", "amphora", 2))


# Who may ask


class Refusing(GivenCloud):
    def get(self, service_type, path, microversion=None):
        raise SourceTrouble(Trouble.DENIED, "nova does not permit this (403)")


@pytest.mark.parametrize(
    ("source", "role"),
    [
        (RegistryInventory(IRONIC, Refusing(versions=VERSIONS)), "reader of the system"),
        (RegistryInventory(HEAT, Refusing()), "administrator of a project"),
        (OctaviaInventory(Refusing()), "load-balancer_admin"),
        (MasakariHostInventory(Refusing()), "administrator of a project"),
        (BlazarHostInventory(Refusing()), "administrator of a project"),
    ],
)
def test_a_refusal_says_which_role_may_ask(source, role):
    with pytest.raises(SourceTrouble) as caught:
        source.fetch()
    assert caught.value.trouble is Trouble.DENIED
    assert role in caught.value.details


def test_times_have_a_zone():
    (fact,), _ = told(MAGNUM)
    assert fact.updated_at == datetime(2026, 11, 22, 11, 59, 55, tzinfo=UTC)
