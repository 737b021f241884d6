"""Checks and gates on a real cloud: nothing false while it is healthy, and what is made wrong is found."""

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from stairlift.drive.gates.on_hosts import LogGate, ProcessGate
from stairlift.inventory.context import AnsibleSettings
from stairlift.inventory.host_targets import targets
from stairlift.knowledge.releases import parse_series
from stairlift.ports import Inquiry
from stairlift.remote.ssh import SshRemote
from stairlift.remote.words import SshOptions
from stairlift.testing.plans import a_step
from stairlift.wiring.gating import looking
from stairlift.wiring.system_clock import SystemClock

from .conftest import Bed

pytestmark = pytest.mark.real

#: What nobody but a person can answer for, or what is so on the testbed and worth a person's look.
FOR_PEOPLE = {
    "freeze.unconfirmed",
    "backup.unconfirmed",
    "notes.unread",
    "keystone.doctor",  # one repository for both kinds of keys
    "status.upgrade_check",  # nova-status: guests without hw_machine_type
    "config.options",  # nova.conf has an option that 2026.1 took away
    "ansible.stranger",
    "binary.replaced",
    "plan.cold",
}
SSH = SshOptions(
    options=("-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR")
)


def checked(bed: Bed, *, code: int = 0) -> Any:
    inventory = bed.environ["ANSIBLE_INVENTORY"]
    sources = ("-i", "openstack", "-i", f"ansible:{inventory}", "-i", f"hosts:{inventory}")
    return json.loads(bed.stairlift("check", *sources, "--to", "2026.1", "-o", "json", code=code))


def findings(document: Any, *severities: str) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for one in document["findings"]:
        if one["severity"] in severities:
            found.setdefault(one["code"], []).append(one)
    return found


def sql(bed: Bed, text: str) -> str:
    return bed.testbed("run", "infra1", "mariadb", "--batch", "--skip-column-names", "-e", text)


@pytest.fixture(scope="module")
def healthy(bed: Bed) -> Any:
    return checked(bed)


def test_nothing_is_wrong_with_a_healthy_cloud(healthy: Any) -> None:
    assert findings(healthy, "error") == {}
    assert set(findings(healthy, "warning")) <= FOR_PEOPLE


def test_the_projects_own_words_were_heard_with_the_targets_code(healthy: Any) -> None:
    told = findings(healthy, "warning")["status.upgrade_check"]
    assert {one["subject"].partition(":")[0] for one in told} == {"nova"}, "OVN is not used, so it warns of nothing"
    assert "hw_machine_type" in told[0]["message"]


def test_an_option_that_the_target_took_away_is_named_and_no_other_is(healthy: Any) -> None:
    """The validators complain of fourteen that are well: they are in no sample, of either release."""
    (gone,) = findings(healthy, "warning")["config.options"]
    assert gone["subject"] == "nova:api/auth_strategy"
    assert "/etc/nova/nova.conf on cmp1, cmp2, cmp3, ctl1" in gone["message"]
    (old,) = findings(healthy, "info")["config.options"]
    assert "ml2/tenant_network_types" in old["message"]
    (checked,) = [one for one in healthy["checks"] if one["code"] == "config.options"]
    assert checked["state"] == "failed"
    assert "in no sample" in checked["evidence"]


def test_asking_for_online_migrations_migrates_nothing(bed: Bed) -> None:
    """A row that is still to be migrated is found, and is as it was; migrating it ends the finding.

    It is the row of a server that was deleted: nova-compute mends those of its living ones by itself, once a minute.
    """
    gone = "uuid = '5ca1ab1e-0000-4000-8000-000000000000'"
    sql(
        bed,
        f"INSERT INTO nova.instances SET created_at = NOW(), deleted_at = NOW(), deleted = 1, {gone}, "
        "host = (SELECT host FROM nova.compute_nodes WHERE deleted = 0 ORDER BY host LIMIT 1), "
        "node = (SELECT hypervisor_hostname FROM nova.compute_nodes WHERE deleted = 0 ORDER BY host LIMIT 1)",
    )
    try:
        wrong = findings(checked(bed, code=4), "error")
        assert set(wrong) == {"nova.migrations"}
        assert "populate_instance_compute_id" in wrong["nova.migrations"][0]["message"]
        assert sql(bed, f"SELECT COUNT(*) FROM nova.instances WHERE {gone} AND compute_id IS NULL").strip() == "1"
        bed.testbed("run", "ctl1", "/opt/openstack/nova-conductor/bin/nova-manage", "db", "online_data_migrations")
        assert findings(checked(bed), "error") == {}
    finally:
        sql(bed, f"DELETE FROM nova.instances WHERE {gone}")


def test_a_compute_that_is_too_old_is_found_in_the_database(bed: Bed) -> None:
    """No API tells the number by which nova's interlock goes. The row of nobody: a live service would stumble on it."""
    sql(
        bed,
        "INSERT INTO nova.services (created_at, host, `binary`, topic, report_count, disabled, deleted, forced_down, "
        "version, uuid) VALUES (NOW(), 'cmp9', 'nova-compute', 'compute', 0, 1, 0, 0, 60, UUID())",
    )
    try:
        assert "nova.minimum_version" in findings(checked(bed, code=4), "error")
    finally:
        sql(bed, "DELETE FROM nova.services WHERE host = 'cmp9'")


@pytest.fixture(scope="module")
def remote(bed: Bed) -> SshRemote:
    return SshRemote(targets=targets(bed.environ["ANSIBLE_INVENTORY"], SSH, AnsibleSettings()))


def inquiry(target: str) -> Inquiry:
    step = a_step("cmp1-upgrade", hosts=("cmp1",), services=("nova-compute", "neutron-openvswitch-agent"))
    parts = tuple((service, "cmp1") for service in step.services)
    now = datetime.now(UTC)
    aimed = replace(step, target=parse_series(target))
    return Inquiry(aimed, parts, now - timedelta(minutes=2), now - timedelta(minutes=1))


def test_the_process_gate_holds_for_the_code_that_runs_and_for_no_other(remote: SshRemote) -> None:
    gate = ProcessGate(looking(remote), {"cmp1"})
    held = asyncio.run(gate.look(inquiry("2025.1")))
    assert (held.missing, held.unknown) == ((), ())
    missed = asyncio.run(gate.look(inquiry("2026.1")))
    assert len(missed.missing) == 2
    assert "which is not of 2026.1" in missed.missing[0]


def test_the_log_gate_reads_the_logs_of_the_host(bed: Bed, remote: SshRemote) -> None:
    gate = LogGate(remote, {"cmp1"}, SystemClock())
    held = asyncio.run(gate.look(inquiry("2025.1")))
    assert (held.missing, held.unknown) == ((), ())
    at = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S")
    line = f"{at}.000 1 ERROR nova.test [-] RPCVersionCapError: by a test"
    bed.testbed("run", "cmp1", "sh", "-c", f"echo '{line}' >>/var/log/nova-compute.log")
    missed = asyncio.run(gate.look(inquiry("2025.1")))
    assert missed.missing == ("nova-compute on cmp1 logs RPCVersionCapError",)
