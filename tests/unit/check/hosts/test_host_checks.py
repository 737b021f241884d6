"""What hosts and programs said on the testbed (tests/data/checks), and what it would be like if something were wrong."""

import gzip
import os
import shlex
import subprocess
import sys
import sysconfig
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from pages import ROOT
from stairlift.drive.check_registry import installed
from stairlift.drive.checks import judged
from stairlift.knowledge.releases import parse_series
from stairlift.knowledge.scripts import script
from stairlift.model.check import ApiQuestion, Backups, HostQuestion, Programs, Reply
from stairlift.model.cloud import Service
from stairlift.model.errors import Trouble
from stairlift.model.plan import Binding
from stairlift.testing.clouds import NOON, a_cloud, an_ovn_cloud
from stairlift.testing.plans import a_plan, a_step
from stairlift.testing.scenes import scene_of

CHECKS = {check.info.code: check for check in installed().checks}
BELOW = ("mariadb", "rabbitmq", "memcached")


def said(name: str) -> str:
    return (ROOT / "tests" / "data" / "checks" / f"{name}.txt").read_text()


def a_scene(target="2026.1", **changes):
    """A cloud with its database, broker and cache on two further hosts, all of which let us in."""
    made = scene_of(a_cloud().serving("image", "placement"), target=target)
    apis = [("keystone", "keystone"), ("glance-api", "glance"), ("placement-api", "placement"), ("nova-api", "nova")]
    placed = [_service(name, project, host) for name, project in apis for host in ("ctl1", "ctl2")]
    below = tuple(_service(name, "infra", host) for name in BELOW for host in ("infra1", "infra2"))
    cloud = replace(made.cloud, services=(*made.cloud.services, *placed), infrastructure=below)
    return replace(made, cloud=cloud, shells=made.shells | {"infra1", "infra2"}, **changes)


def _service(name, project, host):
    return Service(
        binary=name, project=project, host=host, plane="control", role="control", status="unknown", state="up",
        updated_at=None, sources=("hosts:x",),
    )  # fmt: skip


def look(code, out, scene=None, **reply):
    """How a check judges the same text of everybody, or a text by host."""
    scene = scene or a_scene()
    check = CHECKS[code]
    assert check.applies(scene)
    given = {"returncode": 0, "asked_at": datetime(2026, 11, 23, tzinfo=UTC), "seconds": 1.0, **reply}
    replies = {}
    for key, question in check.asks(scene).items():
        if isinstance(question, ApiQuestion):
            replies[key] = Reply(body=out["api"])
        else:
            text = out if isinstance(out, str) else out.get(key, out.get(question.host, ""))
            replies[key] = Reply(out=text, **given)
    return judged(check, scene, replies)


def subjects(judgement):
    assert not judgement.unknown, judgement.unknown
    return [(finding.severity, finding.subject) for finding in judgement.findings]


SURVEY = said("survey-control")
FULL = SURVEY.replace(
    "@disk", "@disk\nFilesystem 1024-blocks Used Available Capacity Mounted on\n/dev/x 1000000 999000 1000 99% /var/log"
)


@pytest.mark.parametrize(
    ("code", "before", "after", "severity"),
    [
        ("os.unsupported", "VERSION_ID=12", "VERSION_ID=11", "error"),
        ("os.unsupported", "Python 3.11", "Python 3.8", "error"),
        ("disk.full", SURVEY, FULL, "error"),
        ("policy.files", "@policies", "@policies\n/etc/nova/policy.json", "error"),
        ("config.service_user", "send_service_user_token\ttrue", "send_service_user_token\tfalse", "error"),
        ("units.stop_timeout", "nova-conductor\t40s", "nova-conductor\t10s", "warning"),
        ("packages.held", "@libvirt", "@candidates\npython3-nova 3:33.0\n@held\nnova-api\n@libvirt", "error"),
        ("packages.candidate", "@libvirt", "@candidates\npython3-nova 3:31.0.0-0ubuntu1\n@libvirt", "error"),
        ("libvirt.floor", "@libvirt", "@libvirt\nlibvirtd (libvirt) 7.0.0", "error"),
    ],
)
def test_a_healthy_host_passes_and_a_sick_one_does_not(code, before, after, severity):
    text = SURVEY.replace(before, after)
    assert text != SURVEY
    assert subjects(look(code, SURVEY)) == []
    found = subjects(look(code, text))
    assert found
    assert {one for one, _ in found} == {severity}


def a_plan_over(*hops, use="command", **options):
    """A plan over these hops whose steps on every host are one binding's."""
    binding = Binding("p-1", use, {}, options, "host")
    step = replace(a_step("x"), action="upgrade", hosts=("ctl1", "ctl2"), strategy="p-1")
    return replace(a_plan(step), hops=tuple(map(parse_series, hops)), bindings=(binding,))


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("nova.minimum_version", said("databases").replace("nova\t68\t3", "nova\t67\t3")),
        ("packages.candidate", SURVEY.replace("@libvirt", "@candidates\npython3-nova 3:31.0.0-0ubuntu1\n@libvirt")),
    ],
)
def test_on_a_way_of_two_hops_what_the_second_needs_is_no_matter_before_the_first(code, text):
    """2024.1 to 2026.1: nova 31 runs beside computes of 2024.1, nova 33 would not."""
    scene = a_scene(source=parse_series("2024.1"))
    assert subjects(look(code, text, scene))
    assert subjects(look(code, text, replace(scene, plan=a_plan_over("2025.1", "2026.1")))) == []


def test_the_code_of_the_next_hop_is_asked_for_its_status():
    scene = a_scene(source=parse_series("2024.1"), plan=a_plan_over("2025.1", "2026.1"))
    assert "RELEASE=2025.1\n" in CHECKS["status.upgrade_check"].asks(scene)["nova"].script


def test_a_step_that_brings_the_repository_needs_none_before():
    text = SURVEY.replace("@libvirt", "@candidates\npython3-nova 3:31.0.0-0ubuntu1\n@libvirt")
    plan = a_plan_over("2026.1", use="packages", source="deb http://x {codename} main")
    found = {subject for _, subject in subjects(look("packages.candidate", text, a_scene(plan=plan)))}
    assert not {"ctl1", "ctl2"} & found
    assert "cmp1" in found


def test_a_library_that_an_upgrade_replaces_is_no_conflict():
    """dist-upgrade removes what nothing needs any more."""
    held = "@candidates\npython3-nova 3:33.0\n@simulated\nRemv {} [1.0]\n@libvirt"
    assert subjects(look("packages.held", SURVEY.replace("@libvirt", held.format("python3-sqlparse")))) == []
    assert subjects(look("packages.held", SURVEY.replace("@libvirt", held.format("nova-compute"))))


def test_a_host_whose_services_are_images_needs_no_python_of_its_own():
    scene, text = a_scene(), SURVEY.replace("Python 3.11", "Python 3.8")
    assert subjects(look("os.unsupported", text, scene))
    images = tuple(replace(service, version_from="image") for service in scene.cloud.services)
    assert subjects(look("os.unsupported", text, replace(scene, cloud=replace(scene.cloud, services=images)))) == []


def test_options_of_a_folder_beside_the_file_count():
    text = SURVEY.replace("send_service_user_token\ttrue", "send_service_user_token\tfalse")
    bare = "\n".join(line for line in SURVEY.splitlines() if not line.startswith("/etc/"))
    assert "no configuration of nova" in look("config.service_user", bare).unknown
    marked = bare.replace("@options", "@options\n/etc/nova/nova.conf\t\t\t")
    assert subjects(look("config.service_user", marked)), "a file that says nothing of it is no file that is hidden"
    further = "@policies\n"
    beside = "/etc/nova/nova.conf.d/10.conf\tservice_user\tsend_service_user_token\ttrue\n@policies\n"
    assert subjects(look("config.service_user", text))
    assert subjects(look("config.service_user", text.replace(further, beside))) == []


def test_what_the_target_offers_is_a_candidate():
    text = SURVEY.replace("@libvirt", "@candidates\npython3-nova 3:33.0.0-0ubuntu1\n@libvirt")
    assert subjects(look("packages.candidate", text)) == []


def test_a_clock_is_compared_with_ours_for_as_long_as_the_look_took():
    at = float(next(line for line in SURVEY.splitlines() if line[:4].isdigit() and "." in line))
    asked = datetime.fromtimestamp(at - 20, UTC)
    assert subjects(look("clock.skew", SURVEY, asked_at=asked, seconds=30.0)) == []
    assert {kind for kind, _ in subjects(look("clock.skew", SURVEY, asked_at=asked, seconds=10.0))} == {"error"}
    assert look("clock.skew", SURVEY, asked_at=None).unknown


def test_chrony_speaks_for_itself():
    fields = "C0,ntp,2,1763850000.1,{off},0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,{leap}"
    good = SURVEY.replace("@chrony", "@chrony\n" + fields.format(off="0.0001", leap="Normal"))
    assert subjects(look("clock.skew", good)) == []
    for off, leap in (("-7.5", "Normal"), ("0.0", "Not synchronised")):
        assert subjects(look("clock.skew", SURVEY.replace("@chrony", "@chrony\n" + fields.format(off=off, leap=leap))))


@pytest.mark.parametrize("code", sorted(code for code, check in CHECKS.items() if check.info.needs == "shell"))
def test_half_an_answer_is_no_answer(code):
    """A connection that broke must never read as a host that is well."""
    kept = Backups("ctl1", ("/b/*",), ("/c/*",), 60.0)
    scene = a_scene(backups=kept)
    if not CHECKS[code].applies(scene) or isinstance(next(iter(CHECKS[code].asks(scene).values())), ApiQuestion):
        pytest.skip("asks something else")
    found = look(code, "@os\nID=debian\n@ran x\n", scene, returncode=255)
    assert found.unknown


def test_a_host_that_lets_nobody_in_hides_nothing_of_the_others():
    check, scene = CHECKS["disk.full"], a_scene()
    replies = {host: Reply(out=FULL, returncode=0) for host in check.asks(scene)}
    replies["ctl1"] = Reply(trouble=Trouble.DENIED, detail="it lets nobody in")
    found = judged(check, scene, replies)
    assert "ctl1: it lets nobody in" in found.unknown
    assert len(found.findings) == len(replies) - 1


# The projects' own programs


def ran(text, code, how="/opt/x"):
    return f"@ran {how}\n{text}\n\n@ended {code}\n"


def test_the_password_of_an_address_is_not_quoted():
    found = look("keystone.schema", ran("ERROR: mysql+pymysql://keystone:geheim@db1/keystone is not there", 1))
    assert "***@db1/keystone is not there" in found.unknown
    assert "geheim" not in found.unknown


def test_a_status_command_is_read_row_by_row():
    found = look("status.upgrade_check", said("nova-status"))
    assert {(f.severity, f.subject.partition(":")[2]) for f in found.findings} == {("warning", "hw_machine_type unset")}
    assert "libvirt based compute hosts" in found.findings[0].message


def test_a_failure_of_a_status_command_is_an_error():
    text = said("nova-status").replace("Result: Warning", "Result: Failure").replace("@ended 1", "@ended 2")
    assert {f.severity for f in look("status.upgrade_check", text).findings} == {"error"}


def test_an_exit_code_of_1_without_results_is_no_warning():
    """glance-status and cinder-status leave with it for a wrong argument."""
    found = look("status.upgrade_check", ran("Failed to find some config files: /nowhere", 1))
    assert "glance-status upgrade check ended with 1 and no results" in found.unknown
    assert not found.findings


def test_what_is_about_a_part_that_is_not_there_is_left_out():
    """neutron-status warns of OVN wherever OVN is not configured."""
    assert "OVN support for BM provisioning" in said("neutron-status")
    assert not look("status.upgrade_check", said("neutron-status")).findings
    ovn = scene_of(an_ovn_cloud(), target="2026.1")
    told = look("status.upgrade_check", said("neutron-status"), ovn).findings
    assert {f.subject.partition(":")[2] for f in told} == {"OVN support for BM provisioning over IPv6 check"}


@pytest.mark.parametrize(
    ("code", "project", "exit_code", "kind"),
    [
        ("keystone.schema", "keystone", 0, None),
        ("keystone.schema", "keystone", 2, "error"),
        ("keystone.schema", "keystone", 4, "error"),
        ("keystone.schema", "keystone", 1, "unknown"),
        ("schema.heads", "glance", 0, None),
        ("schema.heads", "glance", 3, "error"),
        ("schema.heads", "glance", 5, "error"),
        ("schema.heads", "glance", 1, "unknown"),
        ("schema.heads", "neutron", 1, "error"),
    ],
)
def test_exit_codes_are_not_uniform(code, project, exit_code, kind):
    heads = said("neutron-current")
    good = ran("fine", 0)
    found = look(code, {"glance": good, "neutron": good, "neutron-heads": heads, project: ran("fine", exit_code)})
    assert bool(found.unknown) == (kind == "unknown")
    assert [f.severity for f in found.findings] == ([kind] if kind == "error" else [])


def test_a_revision_that_is_no_head_is_told():
    heads = said("neutron-current").replace("b1bca967e19d (head)", "b1bca967e19d")
    found = look("schema.heads", {"glance": ran("", 0), "neutron": ran("", 0), "neutron-heads": heads})
    assert [f.subject for f in found.findings] == ["neutron"]
    assert "b1bca967e19d" in found.findings[0].message


def test_online_migrations_run_in_sessions_that_only_read():
    question = CHECKS["nova.migrations"].asks(a_scene())["nova"]
    assert "OS_DATABASE__CONNECTION_PARAMETERS=init_command=SET+SESSION+TRANSACTION+READ+ONLY" in question.script
    assert "OS_API_DATABASE__CONNECTION_PARAMETERS" in question.script
    assert subjects(look("nova.migrations", said("nova-online"))) == []
    assert subjects(look("migrations.pending", said("placement-online"))) == []


def test_a_migration_that_would_write_is_not_finished():
    more = "Error attempting to run <function populate_instance_compute_id at 0x7fa1>\n@ended 2"
    found = look("nova.migrations", said("nova-online").replace("@ended 2", more))
    assert "populate_instance_compute_id" in found.findings[0].message
    assert found.findings[0].severity == "error"


def test_the_doctor_is_heard():
    found = look("keystone.doctor", said("keystone-doctor"))
    assert [f.severity for f in found.findings] == ["warning"]
    assert "Key repositories for encryption should be unique" in found.findings[0].message


def test_the_words_of_checks_are_how_a_program_is_run():
    programs = type(a_scene().programs)(
        ("docker", "exec", "{container}", "{command}"), ("/venvs/{release}/bin/{command}",)
    )
    scene = a_scene(programs=programs)
    assert (
        "given docker exec keystone keystone-manage db_sync --check"
        in CHECKS["keystone.schema"].asks(scene)["keystone"].script
    )
    asked = CHECKS["status.upgrade_check"].asks(scene)["nova"].script
    assert "given /venvs/2026.1/bin/nova-status upgrade check" in asked
    online = CHECKS["nova.migrations"].asks(scene)["nova"].script
    assert "given docker exec nova_conductor env OS_DATABASE" in online


# What the cloud stands on


def test_a_server_without_a_cluster_is_well():
    assert subjects(look("galera.health", said("databases"))) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("wsrep_cluster_status", "non-Primary"),
        ("wsrep_local_state_comment", "Donor/Desynced"),
        ("wsrep_ready", "OFF"),
        ("wsrep_cluster_size", "1"),
        ("wsrep_flow_control_paused", "0.5"),
    ],
)
def test_every_sign_of_a_sick_cluster_counts(name, value):
    status = {
        "wsrep_cluster_status": "Primary", "wsrep_local_state_comment": "Synced", "wsrep_ready": "ON",
        "wsrep_cluster_size": "2", "wsrep_flow_control_paused": "0.01",
    }  # fmt: skip

    def text(given):
        rows = "\n".join(f"{key}\t{value}" for key, value in given.items())
        return f"@version\n10.11\n@status\n{rows}\n@variables\nwsrep_on\tON\n@end\n"

    assert subjects(look("galera.health", text(status))) == []
    assert {kind for kind, _ in subjects(look("galera.health", text({**status, name: value})))} == {"error"}
    assert subjects(look("galera.health", text({**status, "wsrep_cluster_size": "3"}))) == [], "an arbitrator"


def test_servers_of_a_cluster_are_of_one_version():
    one, other = said("databases"), said("databases").replace("10.11", "10.6")
    assert len(look("galera.health", {"infra1": one, "infra2": other}).findings) == 1


def test_cells_may_have_clusters_and_computes_of_their_own():
    first, second = (
        said("databases").replace("wsrep_ready", f"wsrep_cluster_state_uuid\t{n}\nwsrep_ready") for n in "12"
    )
    assert subjects(look("galera.health", {"infra1": first, "infra2": second.replace("10.11", "10.6")})) == []
    old = said("databases").replace("nova\t68\t3", "nova_cell2\t61\t3")
    assert subjects(look("nova.minimum_version", {"infra1": said("databases"), "infra2": old})) == [
        ("error", "nova_cell2")
    ]
    none = "@version\n10.11\n@services\n@end\n"
    assert subjects(look("nova.minimum_version", {"infra1": said("databases"), "infra2": none})) == []
    assert "no database of a cell" in look("nova.minimum_version", none).unknown


def test_a_collation_that_has_drifted_is_told_by_schema():
    assert subjects(look("database.collations", said("databases"))) == []
    drifted = said("databases").replace("@columns", "nova\tutf8mb4_uca1400_ai_ci\t2\n@columns")
    assert subjects(look("database.collations", drifted)) == [("error", "nova")]


def test_a_compute_that_is_too_old_for_the_target_is_told():
    assert subjects(look("nova.minimum_version", said("databases"))) == []
    assert subjects(look("nova.minimum_version", said("databases").replace("nova\t68\t3", "nova\t61\t3"))) == [
        ("error", "nova")
    ]


@pytest.mark.parametrize("name", ["tx_isolation", "transaction_isolation"])
def test_a_database_whose_transactions_cannot_bear_a_changed_table_is_told(name):
    """MariaDB before 11.1 and MySQL call it differently."""
    assert subjects(look("database.isolation", said("databases"))) == []
    by_default = said("databases").replace("tx_isolation\tREAD-COMMITTED", f"{name}\tREPEATABLE-READ")
    assert subjects(look("database.isolation", by_default)) == [("warning", "infra1"), ("warning", "infra2")]


def test_deleted_rows_and_doubles_are_counted():
    many = said("databases").replace("nova.instances\t", "nova.instances\t1000001\n#\t")
    assert subjects(look("database.rows", many)) == [("warning", "nova.instances")]
    double = said("databases").replace("@bindings", "@bindings\np1\t2")
    assert subjects(look("network.duplicates", double)) == [("warning", "p1")]


def test_a_healthy_broker_passes():
    for code in ("rabbitmq.health", "rabbitmq.flags", "rabbitmq.backlog", "rabbitmq.quorum"):
        assert subjects(look(code, said("broker"))) == [], code


@pytest.mark.parametrize(
    ("code", "before", "after"),
    [
        ("rabbitmq.health", "@running\n0", "@running\n69"),
        ("rabbitmq.health", "@alarms\n0", "@alarms\n69"),
        ("rabbitmq.health", '"partitions":{}', '"partitions":{"rabbit@a":["rabbit@b"]}'),
        ("rabbitmq.health", '"disk_nodes":["', '"disk_nodes":["rabbit@away","'),
        ("rabbitmq.flags", '"enabled"', '"disabled"'),
        ("rabbitmq.quorum", "@quorum\n0", "@quorum\n69"),
        ("rabbitmq.backlog", "@queues", "@queues\n/\tconductor\tclassic\tfalse\t5000\t1"),
        ("rabbitmq.backlog", "@queues", "@queues\n/\tcompute.gone\tclassic\tfalse\t3\t0"),
        ("rabbitmq.backlog", "@queues", "@queues\n/\tdown\tclassic\ttrue\t\t\n/\tcompute.gone\tclassic\tfalse\t3\t0"),
    ],
)
def test_a_sick_broker_does_not(code, before, after):
    text = said("broker").replace(before, after)
    assert text != said("broker")
    assert subjects(look(code, text))


def test_quorum_queues_cannot_be_declared_over_classic_ones():
    """PRECONDITION_FAILED - inequivalent arg, when the services come back."""
    option = "@options\n/etc/nova/nova.conf\toslo_messaging_rabbit\trabbit_quorum_queue\ttrue"
    scene = a_scene()
    brokers = {key: said("broker") for key in CHECKS["rabbitmq.queue_types"].asks(scene) if " on " in key}
    hosts = {key: SURVEY for key in CHECKS["rabbitmq.queue_types"].asks(scene) if " on " not in key}
    assert subjects(look("rabbitmq.queue_types", {**brokers, **hosts})) == []
    changed = {key: text.replace("@options", option) for key, text in hosts.items()}
    assert subjects(look("rabbitmq.queue_types", {**brokers, **changed})) == [("error", scene.cloud.name)]


def test_keys_that_differ_between_nodes_are_told():
    other = said("keys").replace("fernet=7", "fernet=8")
    assert subjects(look("keystone.keys", said("keys"))) == []
    assert subjects(look("keystone.keys", {"ctl1": said("keys"), "ctl2": other, "ctl3": said("keys")})) == [
        ("error", "fernet")
    ]
    assert look("keystone.keys", "@fernet\n@credential\n@end\n").unknown


def test_a_hypervisor_must_keep_its_identity():
    rows = [{"id": f"uuid-{n}", "service": {"host": f"cmp{n}"}, "hypervisor_type": "QEMU"} for n in range(1, 7)]
    right = {f"cmp{n}": SURVEY.replace("@compute-id", f"@compute-id\nuuid-{n}") for n in range(1, 7)}
    assert subjects(look("nova.compute_id", {**right, "api": rows})) == []
    wrong = {**right, "cmp2": SURVEY, "cmp3": SURVEY.replace("@compute-id", "@compute-id\nuuid-9")}
    assert subjects(look("nova.compute_id", {**wrong, "api": rows})) == [("error", "cmp2"), ("error", "cmp3")]
    hidden = {**right, "cmp2": SURVEY.replace("@compute-id", "@compute-id\n?")}
    assert "cmp2" in look("nova.compute_id", {**hidden, "api": rows}).unknown
    zed = replace(a_scene(), source=parse_series("2022.2"), target=parse_series("2023.1"))
    assert not CHECKS["nova.compute_id"].applies(zed), "2023.1 writes the file itself"


def test_a_service_that_speaks_an_old_version_after_the_last_step_is_told():
    new = said("pins").replace("\t68", "\t72")
    assert subjects(look("rpc.pinned", new)) == []
    assert {subject.partition(":")[2] for _, subject in subjects(look("rpc.pinned", said("pins")))} == {
        "nova-api",
        "nova-conductor",
    }
    ffu = "@pinned\n/etc/nova/nova.conf\tdisable_compute_service_check_for_ffu\t{}"
    assert subjects(look("rpc.pinned", new.replace("@pinned", ffu.format("False")))) == []
    assert subjects(look("rpc.pinned", new.replace("@pinned", ffu.format("true"))))
    assert any(
        s.endswith(":compute") for _, s in subjects(look("rpc.pinned", new.replace("compute\tauto", "compute\tepoxy")))
    )


def test_backups_are_there_young_and_whole():
    kept = Backups("infra1", ("/b/*.sql.gz",), (), 3600.0, restored="last week, by Ada")
    scene = a_scene(backups=kept)
    row = "@now\n10000\n@found\n/b/1.sql.gz\t{at}\t{size}\t{whole}\n@end\n"
    assert subjects(look("backup.database", row.format(at=9000, size=10, whole="yes"), scene)) == []
    for wrong in (
        {"at": 1000, "size": 10, "whole": "yes"},
        {"at": 9000, "size": 10, "whole": "no"},
        {"at": "", "size": "", "whole": ""},
    ):
        assert subjects(look("backup.database", row.format(**wrong), scene))
    unsure = replace(scene, backups=replace(kept, restored=""))
    assert [
        f.severity for f in look("backup.database", row.format(at=9000, size=10, whole="yes"), unsure).findings
    ] == ["warning"]
    assert not CHECKS["backup.database"].applies(a_scene())


def test_caches_that_do_not_answer_are_told():
    assert subjects(look("coordination.silent", "@pings\nmemcached\tyes\n@end\n")) == []
    assert len(subjects(look("coordination.silent", "@pings\nmemcached\tno\n@end\n"))) == 2


def test_ceph_in_its_own_words():
    scene = scene_of(a_cloud().storage("sto1"), target="2026.1")
    text = '@status\n{{"health": {{"status": "{}", "checks": {{"OSD_DOWN": 1}}}}}}\n@versions\n{{"overall": {{"ceph 19": 3}}}}\n@end\n'
    assert subjects(look("ceph.health", text.format("HEALTH_OK"), scene)) == []
    assert subjects(look("ceph.health", text.format("HEALTH_WARN"), scene)) == [("error", "ceph")]
    assert subjects(look("ceph.health", "@absent\n@end\n", scene)) == []


def test_a_database_lies_where_its_folder_is_and_not_where_one_begins_alike():
    disks = "/dev/a 100000000 0 90000000 10% /\n/dev/b 40000000 0 30000000 25% {}"
    text = f"@disk\n{disks}\n@database-size\n20000000\t/var/lib/mysql\n@end\n"
    assert subjects(look("disk.full", text.format("/var/lib/my"))) == []
    assert subjects(look("disk.full", text.format("/var/lib")))


def test_one_host_that_may_ask_ceph_is_enough():
    scene = scene_of(a_cloud().storage("sto1", "sto2"), target="2026.1")
    well = '@status\n{"health": {"status": "HEALTH_OK"}}\n@versions\n{"overall": {"ceph 19": 3}}\n@end\n'
    refused = "@status\n@versions\n@end\n"
    first, *others = CHECKS["ceph.health"].asks(scene)
    found = look("ceph.health", {first: refused} | dict.fromkeys(others, well), scene)
    assert subjects(found) == []
    assert f"{first}: it may not ask" in found.evidence
    assert look("ceph.health", refused, scene).unknown == "ceph lets no host ask that has it"


def test_what_one_host_says_that_makes_no_sense_hides_nothing_of_the_others():
    odd = SURVEY.replace("@chrony", "@chrony\n" + ",".join(["odd"] * 14))
    asked = dict.fromkeys(CHECKS["clock.skew"].asks(a_scene()), SURVEY) | {"ctl1": odd}
    found = look("clock.skew", asked, seconds=0.0)
    assert "ctl1: an answer makes no sense (ValueError" in found.unknown
    assert found.findings


AUDIT, HEAL = "nova-manage placement audit", "nova-manage placement heal_allocations --dry-run --verbose"


def test_orphaned_allocations_are_a_warning():
    well = "The allocation of instance s1 is up-to-date. Nothing to be healed.\nProcessed 0 instances."
    assert subjects(look("placement.audit", {AUDIT: ran("", 0), HEAL: ran(well, 4)})) == []
    assert subjects(look("placement.audit", {AUDIT: ran("", 3), HEAL: ran(well, 4)})) == [("warning", AUDIT)]
    assert look("placement.audit", {AUDIT: ran("", 255), HEAL: ran(well, 4)}).unknown


def test_missing_allocations_are_in_the_words_alone():
    """As Nova 33 says it; its exit code is 4 with --dry-run, whatever it finds."""
    said = """Found 2 candidate instances.
[dry-run] Create allocations for instance s1: {"allocations": {"p1": {"resources": {"VCPU": 1}}}}
[dry-run] Update allocations for instance s2: {"allocations": {}}
Processed 0 instances."""
    found = look("placement.audit", {AUDIT: ran("", 0), HEAL: ran(said, 4)})
    assert subjects(found) == [("warning", HEAL)]
    assert "the allocations of 2 servers are missing, or are not as they should be: s1, s2" in found.findings[0].message


def test_a_server_that_healing_cannot_look_at_leaves_it_unknown():
    found = look("placement.audit", {AUDIT: ran("", 0), HEAL: ran("Healing vGPU allocations is not supported", 8)})
    assert "ended with 8: Healing vGPU" in found.unknown


def test_a_program_that_takes_too_long_says_what_gives_it_longer():
    text = "@ran nova-manage placement audit\n\n@late 220\n\n@ended 124\n"
    found = look("placement.audit", {AUDIT: text, HEAL: ran("", 4)})
    assert (
        found.unknown == f"{AUDIT}: its program had not ended after 220 seconds: `within` of [checks] gives it longer"
    )


def test_a_program_has_as_long_as_the_operator_gives_it():
    scene = a_scene(programs=Programs(running=("sh", "-c", "sleep 60", "{command}"), within=0.3))
    question = CHECKS["placement.audit"].asks(scene)[AUDIT]
    assert question.timeout > 60
    told = subprocess.run(["sh", "-s"], input=question.script, capture_output=True, text=True, check=True).stdout
    assert "@late 0.3\n" in told


# The scripts themselves


def questions():
    """Every script that any check feeds to a host, by the first check that does."""
    scene = a_scene(backups=Backups("ctl1", ("/nowhere/*",), ("/nowhere/*",), 60.0))
    asking = [check for code, check in sorted(CHECKS.items()) if check.applies(scene)]
    asked = [(check.info.code, question) for check in asking for question in check.asks(scene).values()]
    found = {}
    for code, question in asked:
        if isinstance(question, HostQuestion):
            found.setdefault(question.script, code)
    return [pytest.param(script, id=f"{code}-{n}") for n, (script, code) in enumerate(found.items())]


@pytest.mark.parametrize("script", questions())
def test_scripts_are_sound_and_write_nothing(script):
    """Read by a POSIX shell; the words of it that could change a host are none."""
    subprocess.run(["sh", "-n"], input=script, text=True, check=True)
    for word in (
        " rm ",
        " mv ",
        " kill ",
        " touch ",
        " mkdir ",
        " tee ",
        "systemctl restart",
        "apt-get install",
        "-delete",
    ):
        assert word not in script, word
    redirected = [
        part for line in script.splitlines() if not line.lstrip().startswith("#") for part in line.split(">")[1:]
    ]
    assert all(
        part.lstrip("&>").startswith(("/dev/null", "1", "2", " ", "=")) or "'" in part or '"' in part
        for part in redirected
    )


def test_the_survey_runs_on_this_machine():
    """The same script that hosts are fed: what it says here can be judged."""
    script = CHECKS["disk.full"].asks(a_scene())["ctl1"].script
    done = subprocess.run(["sh", "-s"], input=script, text=True, capture_output=True, timeout=100, check=True)
    begun = datetime.now(UTC) - timedelta(seconds=100)
    found = look("disk.full", done.stdout)
    assert not found.unknown
    assert "GiB on" in found.evidence
    assert not look("clock.skew", done.stdout, asked_at=begun, seconds=200.0).findings


def fed(name, *calls, path="", **values):
    """What the functions of a script print, called like this; programs of `path` go before this machine's."""
    head = "".join(f"{key}={shlex.quote(str(value))}\n" for key, value in values.items())
    text = "\n".join((head, script(name), *calls))
    environ = {**os.environ, "PATH": f"{path}:{os.environ['PATH']}"}
    done = subprocess.run(
        ["sh", "-s"], input=text, text=True, capture_output=True, timeout=60, check=False, env=environ
    )
    return done.stdout


#: A broker that is down for its tools, with a virtual host of an odd name.
RABBIT = """#!/bin/sh
case "$*" in
  *list_vhosts*) printf '/\\na | & \\\\1 b\\n' ;;
  *list_queues*) printf 'q\\tclassic\\tfalse\\t0\\t1\\n' ;;
  *check_*) printf 'Error: no\\n\\nCurrent node details:\\n * Erlang cookie hash: rS4dLe1sOZoPhFOw==\\n'; exit 69 ;;
esac
"""


def test_a_broker_tells_no_hash_of_its_cookie_and_virtual_hosts_may_be_called_anything(tmp_path):
    for name in ("rabbitmqctl", "rabbitmq-diagnostics"):
        (tmp_path / name).write_text(RABBIT)
        (tmp_path / name).chmod(0o755)
    out = fed("broker.sh", path=tmp_path)
    assert "@alarms\n69\nError: no\n" in out
    assert "ookie" not in out
    assert "\na | & \\1 b\tq\tclassic\tfalse\t0\t1\n" in out.replace("\\\\", "\\")


def test_keys_are_digests_of_all_of_them_whatever_they_are_called(tmp_path):
    for name in ("one", "two", "empty"):
        (tmp_path / name).mkdir()
    for folder, key in (("one", "a"), ("two", "a")):
        (tmp_path / folder / "0").write_text(key)
        (tmp_path / folder / "a name").write_text("b")

    def digest(name):
        return fed("keys.sh", f"digest fernet '{tmp_path / name}'").partition("@end\n")[2]

    first = digest("one")
    assert first.startswith("fernet=")
    assert digest("two") == first
    (tmp_path / "two" / "a name").write_text("c")
    assert digest("two") not in ("", first)
    assert digest("empty") == digest("nowhere") == "", "nothing is not the same as nothing elsewhere"


def test_backups_with_odd_names_are_found_and_tried(tmp_path):
    folder = tmp_path / "my backups"
    folder.mkdir()
    with gzip.open(folder / "a b.sql.gz", "wb") as whole:
        whole.write(b"x" * 10000)
    (folder / "torn.sql.gz").write_bytes((folder / "a b.sql.gz").read_bytes()[:-5])
    (folder / "torn.sql").write_text("-- MariaDB dump 10.19\n")
    (folder / "done.sql").write_text("-- MariaDB dump 10.19\n-- Dump completed on 2026-11-23\n")
    (folder / "bare.sql").write_text("CREATE TABLE x (y INT);\n")
    names = ("a*.gz", "torn*.gz", "torn.sql", "done.sql", "bare.sql", "none*")
    out = fed("backups.sh", PATHS="\n".join(str(folder / name) for name in names))
    rows = [line.split("\t") for line in out.partition("@found\n")[2].splitlines() if "\t" in line]
    assert [(row[0].rpartition("/")[2], row[3]) for row in rows] == [
        ("a b.sql.gz", "yes"), ("torn.sql.gz", "no"), ("torn.sql", "no"), ("done.sql", "yes"), ("bare.sql", "unknown"),
        ("none*", ""),
    ]  # fmt: skip


def test_a_service_of_apache_is_found_by_the_name_that_it_gives_its_processes(tmp_path):
    """mod_wsgi's daemons have no word of the program in their command line, but for their group."""
    waits = "import orjson, sys; print(1, flush=True); sys.stdin.read()"
    with subprocess.Popen(
        ["(wsgi:keystone-pu", "-c", waits],
        executable=sys.executable,
        env={"PYTHONPATH": sysconfig.get_path("platlib")},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as daemon:
        assert daemon.stdout.readline() == "1\n"
        assert f" {sys.prefix}\n" in fed("program.sh", "places", SERVICES="keystone")
        assert f" {sys.prefix}\n" not in fed("program.sh", "places", SERVICES="placement-api")


def test_a_program_that_is_not_there_is_told_by_its_release(tmp_path):
    question = CHECKS["status.upgrade_check"].asks(a_scene())["nova"]
    done = subprocess.run(
        ["sh", "-s"],
        input=question.script,
        text=True,
        capture_output=True,
        timeout=60,
        env={**os.environ, "PATH": "/usr/bin:/bin"},
        check=True,
    )
    assert "@none no nova-status of 2026.1 was found here" in done.stdout


def test_a_given_program_is_run_and_its_exit_code_told(tmp_path):
    program = tmp_path / "2026.1" / "nova-status"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\necho | Check: all |; echo said $*; exit 2\n".replace("echo | Check: all |; ", ""))
    program.chmod(0o755)
    programs = type(a_scene().programs)((), (f"{tmp_path}/{{release}}/{{command}}",))
    question = CHECKS["status.upgrade_check"].asks(a_scene(programs=programs))["nova"]
    done = subprocess.run(["sh", "-s"], input=question.script, text=True, capture_output=True, timeout=60, check=True)
    assert f"@ran {program} upgrade check\nsaid upgrade check\n\n@ended 2" in done.stdout


def test_ways_that_a_rule_does_not_concern_are_left_alone():
    """Service tokens became a must in 2023.2."""
    old = replace(a_scene(), source=parse_series("2022.2"), target=parse_series("2023.1"))
    assert not CHECKS["config.service_user"].applies(old)
    assert NOON


def test_a_bus_that_has_lost_its_services_is_told_by_the_count():
    scene = a_scene()
    asked = CHECKS["bus.unsteady"].asks(scene)
    texts = {key: said("broker") if key.startswith("rabbit") else said("databases") for key in asked}
    first = look("bus.unsteady", texts, scene)
    assert first.findings == ()
    assert set(first.facts) == {"messages", "connections", "threads", "most threads"}
    later = replace(scene, baseline={"bus.unsteady": {**first.facts, "connections": first.facts["connections"] * 3}})
    assert subjects(look("bus.unsteady", texts, later)) == [("warning", "rabbitmq")]
    full = {key: text.replace("max_connections\t1000", "max_connections\t72") for key, text in texts.items()}
    assert subjects(look("bus.unsteady", full, scene)) == [("warning", "mariadb")]
