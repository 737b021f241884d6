"""A cloud with every service: found, planned, and waited for after its services restart."""

import json
from datetime import UTC, datetime
from time import monotonic, sleep

import pytest

from operating import Operator
from stairlift.check.freshness import stale
from stairlift.drive.discover import observe
from stairlift.inventory.context import SourceContext
from stairlift.inventory.specs import sources
from stairlift.openstack.client import SessionCloudClient
from stairlift.sandbox.server import Sandbox

RESTARTED = {
    "heat": ("heat-engine", "ctl1"),
    "manila": ("manila-share", "stor1"),
    "ironic": ("ironic-conductor", "bm1"),
    "designate": ("designate-worker", "ctl1"),
    "magnum": ("magnum-conductor", "ctl1"),
    "watcher": ("watcher-applier", "ctl1"),
    "zun": ("zun-compute", "cmp1"),
}
#: They report nowhere and are behind no load balancer: only a look at their hosts finds them.
DAEMONS = {"octavia-worker", "octavia-health-manager", "octavia-housekeeping", "masakari-engine", "blazar-manager"}


@pytest.fixture
def cloud(tmp_path, monkeypatch):
    """Every service, each process of an API with its own address."""
    with Sandbox("everything", doors=True) as running:
        monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(running.clouds_yaml(tmp_path / "clouds.yaml")))
        yield running


def test_steps_wait_for_records_that_are_newer_than_the_restart(cloud):
    client = SessionCloudClient.from_config("sandbox")
    asked = {source.spec: source.manager for source in sources(RESTARTED, SourceContext(client=lambda: client))}

    def waiting(since):
        """The registries that have not heard of their restarted service, and what they say."""
        seen = {spec: observe(source, lambda: datetime.now(UTC)) for spec, source in asked.items()}
        why = {spec: (*stale([RESTARTED[spec]], since, [told], {}), told.detail) for spec, told in seen.items()}
        return {spec: told for spec, told in why.items() if len(told) > 1}

    for service in RESTARTED.values():
        cloud.stop(*reversed(service))
    stopped = datetime.now(UTC)
    assert set(waiting(stopped)) == set(RESTARTED), "the records of the processes that were ended are no proof"
    for service in RESTARTED.values():
        cloud.start(*reversed(service), wait=False)
    end = monotonic() + 30
    while (left := waiting(stopped)) and monotonic() < end:
        sleep(0.2)
    assert left == {}


@pytest.fixture
def operator(cloud, tmp_path):
    return Operator(tmp_path).at(cloud).with_strategy()


def discovered(operator, *specs):
    answer = operator.types("discover", *words(specs), "-o", "json")
    assert answer.code == 0, answer.err
    return json.loads(answer.out)


def words(specs):
    return [word for spec in specs for word in ("--inventory", spec)]


def test_everything_is_found_and_every_api_is_placed(cloud, operator):
    found = discovered(operator, "openstack", cloud.haproxy)
    running = {(name, host) for host, one in cloud.state()["hosts"].items() for name in one["programs"]}
    registered = {(s["binary"], s["host"]) for s in found["services"]}
    assert registered <= running
    assert {name for name, _ in running - registered} == DAEMONS
    assert {f["code"] for f in found["findings"]} == {"masakari.watches", "octavia.amphorae"}
    assert {f["code"] for f in found["findings"] if f["severity"] == "error"} == set()


def test_a_plan_has_steps_for_every_api(cloud, operator):
    way = ("--from", "2025.1", "--to", "2025.2", "-o", "json")
    answer = operator.types("plan", *words(["openstack", cloud.haproxy]), *way)
    steps = json.loads(answer.out)["steps"]
    planned = {name for step in steps if step["action"] == "upgrade" for name in step["services"]}
    assert planned >= {f"{name}-api" for name in ("nova", "heat", "manila", "ironic", "designate", "octavia", "zun")}


def test_who_may_not_read_the_further_registries_gets_a_plan_of_the_rest(cloud, operator):
    """As on a cloud whose policies ask for a role that its administrator lacks."""
    for kind in ("orchestration", "baremetal", "load-balancer", "instance-ha", "reservation"):
        cloud.fault("http", path=f"/{kind}/", status=403)
    answer = operator.types("plan", "--from", "2025.1", "--to", "2025.2", "-o", "json")
    denied = {f["subject"]: f["severity"] for f in answer.document["findings"] if f["code"] == "source.denied"}
    further = ("heat-services", "ironic-conductors", "octavia-amphorae", "masakari-hosts", "blazar-hosts")
    assert (answer.code, denied) == (0, dict.fromkeys(further, "warning"))


def test_nobody_was_shown_credentials_at_a_process_of_its_own(cloud, operator):
    discovered(operator, "openstack", cloud.haproxy)
    asked = [entry for entry in cloud.log() if "door" in entry]
    assert len(asked) > 10
    assert {(entry["method"], entry["signed"]) for entry in asked} == {("GET", False)}
    doors = len(asked)
    discovered(operator, "openstack", f"{cloud.haproxy}?versions=no")
    assert len([entry for entry in cloud.log() if "door" in entry]) == doors
