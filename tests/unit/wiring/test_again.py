"""Drift: what stops a run before it begins, and what of that is the run's own doing once it has begun."""

from dataclasses import replace
from datetime import timedelta

import pytest

from planning import codes, planned, seen
from stairlift.model.errors import NoAnswer, Refusal, Trouble
from stairlift.model.finding import Finding, Waiver
from stairlift.model.plan import Binding
from stairlift.testing.clouds import CloudBuilder, a_cloud
from stairlift.testing.plans import a_plan, a_step
from stairlift.wiring.again import check_plan, judge_resumption, judge_retreat, judge_start
from stairlift.wiring.look import Look
from standings import S, a_status

PLAN = planned(a_cloud())
LONG = timedelta(hours=3)
PASSES: tuple[str, set[str]] = ("", set())


def look_at(built: CloudBuilder) -> Look:
    return Look((), built.observations(), seen(built))


def at_start(built, plan=PLAN):
    judge_start(plan, look_at(built))


def going_on(built, *statuses, plan=PLAN):
    judge_resumption(plan, look_at(built), statuses)


def verdict(judge, *args, **given) -> tuple[str, set[str]]:
    """The code of a refusal and those of its findings."""
    try:
        judge(*args, **given)
    except Refusal as refusal:
        return refusal.code, codes(refusal.findings)
    return PASSES


def refused(judge, *args, **given) -> set[str]:
    with pytest.raises(Refusal) as drifted:
        judge(*args, **given)
    assert (drifted.value.code, drifted.value.exit_code) == ("plan.drift", 4)
    return codes(drifted.value.findings)


def a_step_of(stage: str, state=S.DONE, **given):
    return a_status(next(s.id for s in PLAN.steps if s.stage == stage), state, **given)


def without(built: CloudBuilder, host: str) -> CloudBuilder:
    gone = tuple((source, fact) for source, fact in built.facts if getattr(fact, "host", None) != host)
    return replace(built, facts=tuple((s, f) for s, f in gone if getattr(f, "service_host", None) != host))


class TestBeforeTheFirstStep:
    def test_the_same_cloud(self):
        assert verdict(at_start, a_cloud()) == PASSES

    def test_a_service_that_has_gone(self):
        assert refused(at_start, without(a_cloud(), "cmp3")) == {"drift.gone"}

    def test_a_host_that_has_come(self):
        assert "drift.new" in refused(at_start, a_cloud(compute=7))

    def test_another_cloud(self):
        assert "drift.cloud" in refused(at_start, a_cloud(), replace(PLAN, cloud="prod"))

    def test_a_cloud_that_was_upgraded_since(self):
        assert "drift.release" in refused(at_start, a_cloud(microversion="2.103"))

    def test_a_source_that_has_failed_since(self):
        failing = a_cloud().failing("cinder-services", Trouble.SERVER_ERROR)
        assert refused(at_start, failing) == {"source.server-error"}

    def test_a_registry_of_its_own_that_is_silent_is_named_with_what_it_listed(self):
        built = a_cloud().reporting("ctl1", "heat-engine")
        plan = planned(built)
        failing = built.without("heat-services").failing("heat-services", Trouble.TIMEOUT)
        for judge in (at_start, going_on):
            assert refused(judge, failing, plan=plan) == {"drift.gone", "source.timeout"}
        assert verdict(at_start, a_cloud().failing("heat-services", Trouble.TIMEOUT)) == PASSES

    def test_a_host_that_died_since(self):
        assert refused(at_start, a_cloud().down("cmp3", "nova-compute", LONG)) == {"record.stale"}

    def test_what_was_waived_stays_waived(self):
        sick = a_cloud().down("cmp3", "nova-compute", LONG)
        assert refused(at_start, sick) == {"record.stale"}
        assert verdict(at_start, sick, replace(PLAN, waivers=(Waiver("record.stale"),))) == PASSES


class TestOnTheWay:
    def test_the_same_cloud(self):
        assert verdict(going_on, a_cloud(), a_step_of("control")) == PASSES

    def test_programs_that_took_over_from_others_are_the_runs_own_doing(self):
        upgraded = a_cloud(microversion="2.103")
        assert refused(at_start, upgraded) == {"drift.release"}
        assert verdict(going_on, upgraded, a_step_of("control")) == PASSES

    def test_a_host_that_died_on_the_way_is_there_all_the_same(self):
        sick = a_cloud().down("cmp3", "nova-compute", LONG)
        assert refused(at_start, sick) == {"record.stale"}
        assert verdict(going_on, sick, a_step_of("control")) == PASSES

    def test_a_host_that_has_gone_while_steps_of_it_remain(self):
        assert refused(going_on, without(a_cloud(), "cmp3"), a_step_of("control")) == {"drift.gone"}

    def test_a_host_that_has_gone_after_its_steps(self):
        mine = [s.id for s in PLAN.steps if s.hosts == ("cmp3",)]
        gone = without(a_cloud(), "cmp3")
        assert verdict(going_on, gone, *(a_status(step, S.DONE) for step in mine)) == PASSES
        assert refused(going_on, gone, *(a_status(step, S.DONE) for step in mine[:-1])) == {"drift.gone"}

    def test_a_host_that_has_come_while_others_of_its_kind_remain(self):
        assert "drift.new" in refused(going_on, a_cloud(compute=7), a_step_of("control"))

    def test_another_cloud(self):
        assert refused(going_on, a_cloud(), plan=replace(PLAN, cloud="prod")) == {"drift.cloud"}

    def test_a_source_that_fails_between_two_steps(self):
        failing = a_cloud().without("nova-services").failing("nova-services", Trouble.SERVER_ERROR)
        assert "source.server-error" in refused(going_on, failing, a_step_of("control"))

    @pytest.mark.parametrize("state", [S.RUNNING, S.FAILED, S.UNKNOWN])
    def test_an_api_that_a_half_done_step_took_away_does_not_keep_it_half_done(self, state):
        failing = a_cloud().without("nova-services").failing("nova-services", Trouble.SERVER_ERROR)
        assert verdict(going_on, failing, a_step_of("control", state)) == PASSES
        assert "source.server-error" in refused(going_on, failing, a_step_of("control", S.DONE))

    def test_nor_does_the_whole_cloud(self):
        silent = CloudBuilder().failing("nova-services", Trouble.UNREACHABLE)
        assert verdict(going_on, silent, a_step_of("control", S.FAILED)) == PASSES
        with pytest.raises(NoAnswer):
            going_on(silent, a_step_of("control", S.DONE))

    def test_a_half_done_step_excuses_no_other_drift(self):
        assert "drift.gone" in refused(going_on, without(a_cloud(), "cmp3"), a_step_of("control", S.FAILED))


class TestThePlanItself:
    def test_a_sound_one(self):
        gate = a_plan(a_step("a", strategy=None, action="approve"))
        assert verdict(check_plan, replace(gate, bindings=())) == PASSES

    def test_an_error_that_nobody_waived(self):
        bad = replace(PLAN, findings=(Finding("binary.gone", "error", "x", "m", "r"),), bindings=())
        with pytest.raises(Refusal, match="forbid") as told:
            check_plan(bad)
        assert told.value.code == "plan.refused"

    def test_steps_that_nobody_carries_out(self):
        with pytest.raises(Refusal) as told:
            check_plan(a_plan(a_step("a", strategy=None)))
        assert (told.value.code, told.value.brief[:6]) == ("plan.no_strategy", "1 step")

    def test_a_recording_cannot_be_upgraded(self):
        with pytest.raises(Refusal) as told:
            check_plan(replace(a_plan(a_step("a")), sources=("recording:/somewhere",), bindings=()))
        assert told.value.code == "plan.recorded"

    def test_a_file_that_has_changed(self, tmp_path):
        options = {"argv": ["./step"], "folder": str(tmp_path)}
        (tmp_path / "step").write_text("#!/bin/sh\n")
        (tmp_path / "step").chmod(0o755)
        frozen = Binding("command", "command", {}, options, "host", files={str(tmp_path / "step"): "sha256:0"})
        with pytest.raises(Refusal) as told:
            check_plan(replace(a_plan(a_step("a")), bindings=(frozen,)))
        assert told.value.code == "plan.files_changed"
        assert f"{tmp_path}/step has changed" in told.value.details


class TestOnTheWayBack:
    """Whatever state the cloud is in, that may be why somebody goes back; another cloud is another matter."""

    @pytest.mark.parametrize("built", [without(a_cloud(), "cmp3"), a_cloud(compute=7)])
    def test_nothing_is_drift(self, built):
        assert refused(at_start, built) & {"drift.gone", "drift.new"}
        assert verdict(judge_retreat, PLAN, look_at(built)) == PASSES

    def test_another_cloud(self):
        assert refused(judge_retreat, replace(PLAN, cloud="elsewhere"), look_at(a_cloud())) == {"drift.cloud"}
