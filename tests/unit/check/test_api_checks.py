"""Every check of an API, failing and passing on clouds that are built for it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from stairlift.drive.check_registry import installed
from stairlift.drive.checks import judged, run_checks
from stairlift.drive.questions import Ways
from stairlift.model.check import Reply
from stairlift.model.effect import Effect
from stairlift.model.errors import Trouble
from stairlift.model.finding import Waiver
from stairlift.model.observation import HypervisorRecord, VersionRecord
from stairlift.testing.clouds import NOON, a_cloud
from stairlift.testing.plans import a_step
from stairlift.testing.scenes import ago, replied, scene_of

CHECKS = {check.info.code: check for check in installed().checks}
FURTHER = ("block-storage", "orchestration", "load-balancer", "baremetal", "shared-file-system")
AMPHORA = {"id": "a1", "status": "ALLOCATED", "cert_expiration": "2027-05-04T12:00:00"}
SERVER = {"id": "s1", "name": "web", "status": "BUILD", "OS-EXT-SRV-ATTR:host": "cmp1", "updated": ago(11)}

USERS = {f"name={name}": [{"id": f"u-{name}", "name": name, "enabled": True}] for name in ("nova", "cinder")}
ROLES = [{"user": {"id": "u-nova"}, "role": {"name": "service"}}]
#: Cinder's user has others only.
GIVEN = {"user.id=u-nova&": ROLES, "user.id=u-cinder&": [{"user": {"id": "u-cinder"}, "role": {"name": "admin"}}]}
ZONES = [{"uuid": "z1", "availability_zone": "az1", "hosts": ["cmp1", "cmp2"]}]
PROVIDERS = [{"name": f"cmp{n + 1}"} for n in range(6)]
KEYSTONE_STEP = replace(a_step("x"), project="keystone")


def look(code, bodies=None, scene=None):
    """How a check judges a cloud that answers so; what is not named is empty."""
    check, scene = CHECKS[code], scene or scene_of(a_cloud().serving(*FURTHER))
    assert check.applies(scene)
    questions = dict(check.asks(scene))
    if hasattr(check, "asks_next"):
        questions |= check.asks_next(scene, replied(questions, bodies or {}))
    return judged(check, scene, replied(questions, bodies or {}))


def told(judgement):
    assert not judgement.unknown
    return [(finding.severity, finding.subject) for finding in judgement.findings]


@pytest.mark.parametrize(
    "code", ["servers.in_flight", "servers.migrating", "volumes.in_transition", "stacks.in_progress",
             "loadbalancers.pending", "ironic.in_transition", "shares.migrating", "routers.active",
             "keystone.service_role", "guests.missing"]
)  # fmt: skip
def test_where_nothing_is_there_all_is_well_and_the_evidence_says_so(code):
    found = look(code)
    assert told(found) == []
    assert found.evidence


class TestServers:
    def test_one_that_has_been_building_for_long(self):
        found = look("servers.in_flight", {"status=BUILD": [SERVER]})
        assert told(found) == [("warning", "s1")]
        assert "web" in found.findings[0].message
        assert "on cmp1" in found.findings[0].message

    def test_one_that_has_just_begun(self):
        assert told(look("servers.in_flight", {"status=BUILD": [SERVER | {"updated": ago(9)}]})) == []

    def test_one_that_began_in_this_very_second(self):
        assert told(look("servers.in_flight", {"status=BUILD": [SERVER | {"updated": ago(0)}]})) == []

    def test_one_of_which_nobody_knows_since_when_counts(self):
        unknown = {key: value for key, value in SERVER.items() if key != "updated"}
        assert told(look("servers.in_flight", {"status=BUILD": [unknown]})) == [("warning", "s1")]

    def test_ages_are_reckoned_on_the_cloud_s_own_clock(self):
        scene = scene_of(a_cloud())
        nobody = Reply(body=[], cloud_time=NOON + timedelta(minutes=5))
        replies = dict.fromkeys(CHECKS["servers.in_flight"].asks(scene), nobody)
        replies["BUILD"] = replace(nobody, body=[SERVER | {"updated": ago(9)}])
        assert told(judged(CHECKS["servers.in_flight"], scene, replies)) == [("warning", "s1")]

    def test_many_are_told_in_few_lines(self):
        found = look("servers.in_flight", {"status=BUILD": [SERVER | {"id": f"s{n}"} for n in range(25)]})
        assert len(found.findings) == 11
        assert "15 more" in found.findings[-1].message

    def test_a_migration_and_a_resize_that_nobody_confirmed(self):
        moving = {"instance_uuid": "s2", "status": "running", "source_compute": "cmp1", "dest_compute": "cmp2"}
        bodies = {"running+": [], "status=running": [moving], "VERIFY_RESIZE": [{"id": "s3"}]}
        assert told(look("servers.migrating", bodies)) == [("warning", "s2"), ("warning", "s3")]

    def test_who_has_come_to_rest_meanwhile_is_none_of_them(self):
        assert told(look("servers.in_flight", {"status=BUILD": [SERVER | {"status": "ACTIVE"}]})) == []


class TestGuests:
    def before(self):
        facts = look("guests.missing", {"status=ERROR": [{"id": "old", "created": ago(900)}]}).facts
        return replace(scene_of(a_cloud()), baseline={"guests.missing": facts}, now=NOON + timedelta(minutes=20))

    def test_one_that_was_well_before(self):
        now = {"status=ERROR": [{"id": "old", "created": ago(900)}, {"id": "new", "created": ago(800)}]}
        assert told(look("guests.missing", now, self.before())) == [("error", "new")]

    def test_one_that_was_made_since_is_daily_life(self):
        now = {"status=ERROR": [{"id": "new", "created": ago(-10)}]}
        assert told(look("guests.missing", now, self.before())) == []


@pytest.mark.parametrize(
    ("code", "path", "row", "subject"),
    [
        ("volumes.in_transition", "/volumes/detail?status=detaching", {"id": "v1", "status": "detaching"}, "v1"),
        ("volumes.in_transition", "/snapshots?status=error_deleting", {"id": "n1", "status": "error_deleting"}, "n1"),
        ("volumes.in_transition", "/backups/detail?status=restoring", {"id": "b1", "status": "restoring"}, "b1"),
        ("stacks.in_progress", "/stacks", {"id": "k1", "stack_status": "UPDATE_IN_PROGRESS"}, "k1"),
        ("ironic.in_transition", "/nodes", {"uuid": "i1", "provision_state": "wait call-back"}, "i1"),
        ("shares.migrating", "/shares/detail?status=migrating&", {"id": "h1", "status": "migrating"}, "h1"),
        ("loadbalancers.pending", "PENDING_UPDATE", {"id": "l1", "provisioning_status": "PENDING_UPDATE"}, "l1"),
        ("loadbalancers.pending", "amphorae", AMPHORA | {"status": "FAILOVER_STOPPED"}, "a1"),
        ("loadbalancers.pending", "amphorae", AMPHORA | {"cert_expiration": "2026-05-09T12:00:00"}, "a1"),
    ],
)
def test_what_is_between_two_states(code, path, row, subject):
    assert [found_at for _, found_at in told(look(code, {path: [row]}))] == [subject]


@pytest.mark.parametrize(
    ("code", "path", "row"),
    [
        ("volumes.in_transition", "/volumes", {"id": "v1", "status": "awaiting-transfer"}),
        ("ironic.in_transition", "/nodes", {"uuid": "i1", "provision_state": "active"}),
        ("ironic.in_transition", "/nodes", {"uuid": "i1", "provision_state": None}),
        ("loadbalancers.pending", "amphorae", AMPHORA),
        ("shares.migrating", "/shares", {"id": "h1", "status": "available"}),
    ],
)
def test_what_rests(code, path, row):
    assert told(look(code, {path: [row]})) == []


class TestServiceUsers:
    @pytest.mark.parametrize(("target", "severity"), [("2025.1", "warning"), ("2025.2", "error"), ("2026.1", "error")])
    def test_one_without_the_role_is_graver_on_the_way_to_later_releases(self, target, severity):
        scene = scene_of(a_cloud(), source="2024.2", target=target)
        found = look("keystone.service_role", {**USERS, **GIVEN}, scene)
        assert told(found) == [(severity, "cinder")]

    def test_each_is_asked_about_by_itself_and_what_its_groups_give_counts(self):
        """Everybody's assignments are a list of many thousands."""
        check, scene = CHECKS["keystone.service_role"], scene_of(a_cloud())
        asked = check.asks_next(scene, replied(check.asks(scene), USERS))
        assert {q.path for q in asked.values()} == {
            f"/role_assignments?user.id=u-{name}&effective=true&include_names=true" for name in ("nova", "cinder")
        }

    def test_another_user_of_that_name_in_a_domain_of_customers_is_no_service(self):
        two = [{"id": "u-nova", "name": "nova", "enabled": True}, {"id": "u-other", "name": "nova", "enabled": False}]
        assert told(look("keystone.service_role", {"name=nova": two, **GIVEN})) == []

    def test_one_without_any_role_is_one_without_this_one(self):
        assert told(look("keystone.service_role", {"name=cinder": USERS["name=cinder"]})) == [("error", "cinder")]

    def test_one_that_is_disabled(self):
        users = {"name=nova": [{"id": "u-nova", "name": "nova", "enabled": False}]}
        assert told(look("keystone.service_role", {**users, **GIVEN})) == [("error", "nova:disabled")]


class TestPlacement:
    def test_a_host_of_a_zone_that_placement_does_not_have_there(self):
        bodies = {"os-aggregates": ZONES, "member_of=z1": [{"name": "cmp1"}], "resource_prov": PROVIDERS}
        assert told(look("placement.aggregates", bodies)) == [("error", "az1/cmp2")]

    def test_all_are_there(self):
        bodies = {"os-aggregates": ZONES, "resource_providers": PROVIDERS}
        found = look("placement.aggregates", bodies)
        assert told(found) == []
        assert "2 hosts" in found.evidence

    def test_a_host_that_nova_calls_otherwise_is_compared_all_the_same(self):
        scene = scene_of(a_cloud())
        known = tuple(replace(h, aliases=("nova2",)) if h.name == "cmp2" else h for h in scene.cloud.hosts)
        scene = replace(scene, cloud=replace(scene.cloud, hosts=known))
        zones = [{"uuid": "z1", "availability_zone": "az1", "hosts": ["nova2"]}]
        bodies = {"os-aggregates": zones, "member_of=z1": [], "resource_prov": PROVIDERS}
        assert told(look("placement.aggregates", bodies, scene)) == [("error", "az1/nova2")]

    def test_the_nodes_of_ironic_are_in_no_aggregate_of_their_host(self):
        nodes = [HypervisorRecord(f"node{n}", "cmp2", "up", "enabled") for n in range(2)]
        scene = scene_of(a_cloud().saying("nova-hypervisors", *nodes))
        providers = [*PROVIDERS, {"name": "node0"}, {"name": "node1"}]
        bodies = {"os-aggregates": ZONES, "member_of=z1": [{"name": "cmp1"}], "resource_prov": providers}
        assert told(look("placement.aggregates", bodies, scene)) == []

    def test_it_is_no_matter_before_2023_2(self):
        assert not CHECKS["placement.aggregates"].applies(scene_of(a_cloud(), source="2022.2", target="2023.1"))


class TestNetwork:
    def test_linux_bridge(self):
        bridged = {"id": "p", "binding:host_id": "cmp2", "binding:vif_type": "bridge"}
        bodies = {"/agents": [{"host": "cmp1"}], "/ports": [bridged, bridged, bridged | {"binding:vif_type": "ovs"}]}
        found = look("linuxbridge.left", bodies)
        assert told(found) == [("error", "cmp1"), ("error", "cmp2:ports")]
        assert "2 ports" in found.findings[1].message

    @pytest.mark.parametrize(("states", "wrong"), [("as", []), ("aa", ["r1"]), ("ss", ["r1"]), ("", [])])
    def test_a_router_is_active_once(self, states, wrong):
        words = {"a": "active", "s": "standby"}
        agents = [{"host": f"net{n}", "ha_state": words[state]} for n, state in enumerate(states)]
        bodies = {"/r1/l3-agents": agents, "/routers?": [{"id": "r1", "name": "edge", "ha": True}]}
        assert [subject for _, subject in told(look("routers.active", bodies))] == wrong

    def test_a_gate_is_about_routers_that_were_right_before_however_many_were_not(self):
        """Of more than ten only the first ones are named: which these are must not depend on who was mended since."""
        scene = scene_of(a_cloud().serving(*FURTHER))
        wrong = {f"/r{n:02}/l3-agents": [{"host": "net1", "ha_state": "standby"}] for n in range(15)}
        rows = [{"id": f"r{n:02}", "ha": True} for n in range(16)]
        right = {"host": "net1", "ha_state": "active"}
        before = look("routers.active", {**wrong, "/r15/l3-agents": [right], "/routers?": rows}, scene)
        assert len(told(before)) == 11
        later = replace(scene, baseline={"routers.active": before.facts})
        mended = {**wrong, "/r03/l3-agents": [right], "/routers?": rows}
        assert told(look("routers.active", {**mended, "/r15/l3-agents": [right]}, later)) == []
        lost = {**mended, "/r15/l3-agents": [right, {**right, "host": "net2"}]}
        assert told(look("routers.active", lost, later)) == [("error", "r15")]

    def test_a_router_that_its_owner_has_switched_off_is_active_nowhere(self):
        agents = [{"host": "net1", "ha_state": "standby"}]
        off = {"id": "r1", "name": "edge", "ha": True, "admin_state_up": False}
        assert told(look("routers.active", {"/r1/l3-agents": agents, "/routers?": [off]})) == []

    def test_how_many_were_not_asked_about_is_told(self):
        many = [{"id": f"r{n}", "ha": True} for n in range(501)]
        assert look("routers.active", {"/routers?": many}).evidence.startswith("500 of 501 ")


class TestEndpoints:
    code = "endpoint.silent"

    def answers(self, **given):
        scene = scene_of(a_cloud())
        fine = Reply(returncode=200, body={})
        replies = {key: given.get(key.split()[1].partition("@")[0], fine) for key in CHECKS[self.code].asks(scene)}
        return judged(CHECKS[self.code], scene, replies)

    def test_all_answer(self):
        assert told(self.answers()) == []

    @pytest.mark.parametrize(
        "reply", [Reply(trouble=Trouble.TIMEOUT), Reply(returncode=503), Reply(trouble=Trouble.UNREACHABLE)]
    )
    def test_an_api_or_a_server_that_does_not(self, reply):
        assert told(self.answers(image=reply)) == [("error", "image")]
        servers = told(self.answers(**{"nova-api": reply}))
        assert servers == [("error", f"nova-api@ctl{n}") for n in (1, 2, 3)]

    def test_whoever_refuses_answers(self):
        denied = Reply(trouble=Trouble.DENIED, returncode=403, detail="no")
        assert told(self.answers(image=denied)) == []

    def test_an_answer_that_is_no_json_is_an_answer(self):
        """Swift's root has no body, that of heat-api-cfn is XML."""
        told_otherwise = Reply(trouble=Trouble.MALFORMED, returncode=200, detail="no JSON")
        assert told(self.answers(image=told_otherwise)) == []

    def test_servers_in_a_network_that_we_cannot_reach_are_no_failure_and_the_evidence_says_so(self):
        names = ("keystone", "placement-api", "glance-api", "neutron-server", "nova-api")
        found = self.answers(**dict.fromkeys(names, Reply(trouble=Trouble.TIMEOUT)))
        assert told(found) == []
        assert "none of the 15 servers" in found.evidence


class TestCertificates:
    def judged_at(self, expires, detail=""):
        scene, check = scene_of(a_cloud()), CHECKS["tls.expiry"]
        reply = Reply(returncode=200, expires=expires, detail=detail)
        return judged(check, scene, dict.fromkeys(check.asks(scene), reply))

    def test_one_that_ends_soon(self):
        found = self.judged_at(NOON + timedelta(days=7))
        assert told(found) == [("warning", "https://cloud.example/")]
        assert "2026-05-11" in found.findings[0].message

    def test_one_that_holds(self):
        assert told(self.judged_at(datetime(2027, 1, 1, tzinfo=UTC))) == []

    def test_one_that_nobody_could_read(self):
        assert "self-signed" in self.judged_at(None, "the certificate is not trusted: self-signed").unknown

    def test_only_the_interface_in_use_is_asked(self):
        assert not CHECKS["tls.expiry"].applies(replace(scene_of(a_cloud()), interface="internal"))


class TestRecords:
    def test_a_hypervisor_that_is_down_while_its_service_is_up(self):
        cloud = a_cloud().saying("nova-hypervisors", HypervisorRecord("bm1", "cmp1", "down", "enabled"))
        assert told(look("record.down", scene=scene_of(cloud))) == [("warning", "bm1")]

    def test_who_reported_before_the_run_and_is_gone(self):
        facts = look("records.missing").facts
        later = replace(scene_of(a_cloud(compute=5)), baseline={"records.missing": facts})
        gone = {subject for _, subject in told(look("records.missing", scene=later))}
        assert gone == {"nova-compute@cmp6", "neutron-openvswitch-agent@cmp6"}

    def test_what_is_dead_is_told_once_under_its_own_code(self):
        scene = scene_of(a_cloud().down("cmp9", "nova-compute", timedelta(hours=2)))
        assert told(look("record.stale", scene=scene)) == [("error", "nova-compute@cmp9")]

    @pytest.mark.parametrize("code", ["record.stale", "record.down", "records.missing", "leftovers.stale"])
    def test_a_registry_that_is_silent_is_no_good_news(self, code):
        scene = scene_of(a_cloud().failing("nova-services", Trouble.TIMEOUT))
        found = look(code, scene=scene)
        assert ("error", "nova-services") in told(found)
        assert {finding.code for finding in found.findings} >= {"source.timeout"}

    def test_before_a_step_of_one_project_what_is_dead_of_another_is_no_matter(self):
        scene = scene_of(a_cloud().down("cmp9", "nova-compute", timedelta(hours=2)))
        assert told(look("record.stale", scene=replace(scene, about=KEYSTONE_STEP))) == []
        assert told(look("record.stale", scene=replace(scene, about=replace(KEYSTONE_STEP, project="nova")))) != []


class TestOneRelease:
    def test_old_code_is_an_error(self):
        old, new = (VersionRecord("nova-compute", f"cmp{n}", f"3{n}.0.0", "process") for n in (1, 2))
        scene = scene_of(a_cloud().saying("hosts:lab", old, new))
        found = look("release.mixed", scene=scene)
        assert told(found) == [("error", "nova-compute@cmp1")]
        assert "1 services seen at 2025.2" in found.evidence

    def test_who_waives_those_that_are_named_has_not_waived_the_others(self):
        old = [VersionRecord("nova-compute", f"cmp{n}", "31.0.0", "process") for n in range(1, 13)]
        scene = replace(scene_of(a_cloud(compute=12).saying("hosts:lab", *old)), shells=frozenset())
        (result,) = run_checks([CHECKS["release.mixed"]], scene, Ways(), phase="end")
        assert [f.subject for f in result.findings][10:] == ["others"]
        named = [Waiver("release.mixed", f.subject) for f in result.findings[:10]]
        (result,) = run_checks([CHECKS["release.mixed"]], scene, Ways(), phase="end", waivers=named)
        assert result.state == "failed"
        assert "2 more are like" in result.findings[-1].message

    def test_what_an_api_suggests_proves_nothing(self):
        assert told(look("release.mixed", scene=scene_of(a_cloud(microversion="2.96")))) == []

    def test_a_list_that_somebody_keeps_may_be_behind(self):
        assert told(look("release.mixed", scene=scene_of(a_cloud().running("cmp1", "31.0.0", "nova-compute")))) == []

    def test_before_a_step_of_one_project_only_that_counts(self):
        old = VersionRecord("nova-compute", "cmp1", "31.0.0", "process")
        scene = scene_of(a_cloud().saying("hosts:lab", old))
        assert told(look("release.mixed", scene=replace(scene, about=KEYSTONE_STEP))) == []


def test_the_ledger_is_empty_at_the_end():
    open_ = Effect("cordon:cmp1", "cordon", "cmp1", "s1", "nova-1", "kept", NOON, note="its upgrade failed")
    done = replace(open_, id="cordon:cmp2", state="restored")
    found = look("ledger.open", scene=replace(scene_of(a_cloud()), effects=(open_, done)))
    assert told(found) == [("error", "cordon:cmp1")]
    assert "its upgrade failed" in found.findings[0].message


def test_what_only_a_person_knows_is_a_warning_for_each_release_on_the_way():
    scene = scene_of(a_cloud(), source="2024.1", target="2025.1")
    assert told(look("notes.unread", scene=scene)) == [("warning", "2024.2"), ("warning", "2025.1")]
    assert told(look("freeze.unconfirmed")) == [("warning", "built")]
    assert told(look("backup.unconfirmed")) == [("warning", "built")]


@pytest.mark.parametrize("code", sorted(CHECKS))
def test_without_any_means_it_is_skipped_or_asks_nothing(code):
    scene = replace(scene_of(a_cloud().serving(*FURTHER)), shells=frozenset())
    for phase in CHECKS[code].info.phases:
        for result in run_checks([CHECKS[code]], scene, Ways(), phase=phase):
            assert result.state == "skipped" or CHECKS[code].info.needs == "nothing"
