"""What a run asks of the whole cloud, and when: before it begins, later if that is long ago, and before one-way steps."""

from dataclasses import replace
from datetime import timedelta

import pytest

from journals import an_office
from planning import ANY, seen
from stairlift.drive.choices import evidence
from stairlift.knowledge.releases import parse_series
from stairlift.model.errors import Refusal, Trouble, UsageError
from stairlift.model.finding import Waiver
from stairlift.model.observation import VersionRecord
from stairlift.model.plan import Asked
from stairlift.model.run import Run, RunState
from stairlift.model.scope import Scope
from stairlift.plan import plan
from stairlift.plan.request import Request
from stairlift.testing.clouds import a_cloud, an_ovn_cloud
from stairlift.testing.plans import a_step
from stairlift.wiring import keeping
from stairlift.wiring.clock import now, today
from stairlift.wiring.keeping import YOUNG, RunKeeper, at_the_end, demand_ready
from stairlift.wiring.look import Look, Where

WHERE = Where(())
OLD = VersionRecord("nova-compute", "cmp1", "31.0.0", "process")
DEAD = a_cloud().down("cmp9", "nova-compute", timedelta(hours=3))


def look_of(builder):
    built = seen(builder)
    return Look((), builder.observations(), built)


def planned(builder, *waivers):
    built = seen(builder)
    request = Request(parse_series("2025.2"), parse_series("2025.1"), waivers=waivers)
    return plan(built.cloud, built.findings, request, [ANY])


def ready(builder, made, scope=None, said=None):
    return demand_ready(made, look_of(builder), WHERE, scope or Scope(), (said if said is not None else []).append)


class TestBefore:
    def test_a_healthy_cloud_is_ready_and_the_time_is_kept(self):
        said = []
        assert set(ready(a_cloud(), planned(a_cloud()), said=said)) == {"checked_at"}
        assert said == []

    def test_what_it_warns_of_is_told(self):
        said = []
        ready(a_cloud().down("cmp1", "nova-compute", timedelta(minutes=3)), planned(a_cloud()), said=said)
        assert "warn of record.down:" in said[0]

    def test_what_fails_refuses_and_is_named(self):
        with pytest.raises(Refusal) as refused:
            ready(DEAD, planned(a_cloud()))
        assert refused.value.code == "run.not_ready"
        assert [f.subject for f in refused.value.findings] == ["nova-compute@cmp9"]

    def test_what_the_plan_waives_does_not(self):
        assert ready(DEAD, planned(DEAD, Waiver("record.stale", "nova-compute@cmp9")))

    def test_what_changes_nothing_needs_no_check(self):
        assert ready(DEAD, planned(a_cloud()), Scope(("prepare",))) == {}
        assert ready(DEAD, planned(a_cloud()), Scope(approved=False)) == {}

    def test_a_plan_that_rests_on_a_waiver_whose_time_is_over(self):
        old = Waiver("record.stale", None, "ada", "soon gone", today() - timedelta(days=1))
        with pytest.raises(UsageError) as refused:
            ready(a_cloud(), replace(planned(a_cloud()), waivers=(old,)))
        assert refused.value.code == "waiver.expired"


class TestKeeper:
    @pytest.fixture
    def looks(self, monkeypatch):
        """What the keeper sees when it looks; a test may replace it."""
        found = [a_cloud()]
        monkeypatch.setattr(keeping, "glance", lambda _where: look_of(found[-1]))
        return found

    def keeper(self, tmp_path, *, begun=True, ago=timedelta(), waivers=()):
        options = {"checked_at": (now() - ago).isoformat()}
        run = Run("r1", "lab", "h", "2025.1", "2025.2", RunState.RUNNING, now(), options=options)
        return RunKeeper(planned(a_cloud(), *waivers), run, WHERE, _Effects(), begun)

    def test_one_way_steps_are_watched(self, tmp_path):
        keeper = self.keeper(tmp_path)
        assert keeper.watches(a_step("x", one_way=True))
        assert not keeper.watches(a_step("x"))

    @pytest.mark.parametrize(
        ("begun", "ago", "stage", "watched"),
        [
            (False, YOUNG + timedelta(minutes=1), "compute", True),
            (False, YOUNG - timedelta(minutes=1), "compute", False),
            (False, YOUNG + timedelta(minutes=1), "prepare", False),
            (True, YOUNG + timedelta(minutes=1), "compute", False),
        ],
    )
    def test_the_first_change_is_watched_where_the_checks_are_old(self, tmp_path, begun, ago, stage, watched):
        assert self.keeper(tmp_path, begun=begun, ago=ago).watches(a_step("x", stage=stage)) is watched

    def test_once_something_has_begun_the_run_is_under_way_however_long_it_takes(self, tmp_path):
        keeper = self.keeper(tmp_path, begun=False)
        assert not keeper.watches(a_step("x"))
        keeper.run = replace(keeper.run, options={"checked_at": (now() - timedelta(hours=9)).isoformat()})
        assert not keeper.watches(a_step("y"))

    def test_a_fresh_look_that_holds(self, tmp_path, looks):
        assent = self.keeper(tmp_path).judge(a_step("x", one_way=True))
        assert assent.objection == ""
        assert "release.mixed" in assent.asked
        assert any(line.startswith("release.mixed passed: 0 services") for line in assent.evidence)

    @pytest.mark.parametrize(
        ("cloud", "named"),
        [
            (a_cloud().saying("hosts:lab", OLD), "release.mixed nova-compute@cmp1"),
            (DEAD, "record.stale nova-compute@cmp9"),
            (a_cloud().failing("nova-services", Trouble.TIMEOUT), "source.timeout nova-services"),
        ],
    )
    def test_one_that_does_not_names_check_and_subject(self, tmp_path, looks, cloud, named):
        looks.append(cloud)
        step = replace(a_step("x", one_way=True), project="nova", target=parse_series("2025.2"))
        assert named in self.keeper(tmp_path).judge(step).objection

    def test_who_approved_the_plan_has_waived_it(self, tmp_path, looks):
        looks.append(DEAD)
        step = replace(a_step("x", one_way=True), project="nova")
        waiver = Waiver("record.stale", None, "ada", "gone", today())
        assert self.keeper(tmp_path, waivers=[waiver]).judge(step).objection == ""
        over = replace(waiver, until=today() - timedelta(days=1))
        assert "record.stale" in self.keeper(tmp_path, waivers=[over]).judge(step).objection

    def test_each_member_of_a_quorum_is_watched_and_what_is_asked_is_about_members(self, tmp_path, looks, monkeypatch):
        """Who leads moves, and a member may have been lost since the one before came back."""
        keeper = self.keeper(tmp_path)
        member = replace(a_step("x"), action="upgrade", services=("ovn-sb-db",))
        assert keeper.watches(member)
        assert not keeper.watches(replace(member, action="prepare"))
        assert not keeper.watches(replace(member, services=("ovn-northd",)))
        looks.append(an_ovn_cloud())
        asked = []
        monkeypatch.setattr(keeping, "run_checks", lambda checks, scene, *_, **__: asked.append((checks, scene)) or ())
        assert keeper.judge(member).objection == ""
        [(checks, scene)] = asked
        assert [check.info.code for check in checks] == ["ovn.members", "ovn.pinned"]
        assert scene.about == member

    def test_the_look_before_the_first_change_is_taken_once(self, tmp_path, looks):
        keeper = self.keeper(tmp_path, begun=False, ago=timedelta(hours=1))
        assert keeper.judge(a_step("x")).objection == ""
        assert not keeper.watches(a_step("y"))

    def test_at_the_end_what_is_left_is_told(self, tmp_path, looks):
        assert at_the_end(self.keeper(tmp_path)) == ()
        looks.append(a_cloud().down("cmp9", "neutron-openvswitch-agent", timedelta(hours=3)))
        (sentence,) = at_the_end(self.keeper(tmp_path))
        assert sentence.startswith("record.stale neutron-openvswitch-agent@cmp9: ")
        keeper = self.keeper(tmp_path)
        keeper.plan = replace(keeper.plan, asked=Asked(hosts=("cmp1",)))
        assert at_the_end(keeper) == ()

    def test_at_the_end_what_runs_is_the_target_s_code(self, tmp_path, looks, monkeypatch):
        """The database of the target is asked by its own programs: `{release}` in [checks] command is that."""
        scenes = []
        monkeypatch.setattr(keeping, "run_checks", lambda _, scene, *__, **___: scenes.append(scene) or ())
        at_the_end(self.keeper(tmp_path))
        assert [(scene.source, scene.target) for scene in scenes] == [(parse_series("2025.2"), parse_series("2025.2"))]


class _Effects:
    """Records of a run without side effects. A real store is in tests/e2e/test_checks.py."""

    def effects(self, run_id):
        return ()

    def steps(self, run_id):
        return ()


def test_a_journal_has_no_evidence_of_what_nobody_asked_for(tmp_path):
    assert evidence(an_office(tmp_path).store, Run("r", "lab", "h", "a", "b", RunState.RUNNING, now()), "x") == ()
