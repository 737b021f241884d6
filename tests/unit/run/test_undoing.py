"""Whether a run can be taken back, what that means, and what a refusal says."""

from dataclasses import replace
from datetime import timedelta

from stairlift.model.plan import Plan, Step
from stairlift.model.run import RunState, StepState, StepStatus
from stairlift.run.undoing import rollback_refusal, superseded, way_back
from stairlift.testing.clouds import NOON
from stairlift.testing.plans import a_binding, a_plan, a_step
from standings import a_run

S = StepState
ABLE, HELPLESS = a_binding("able", can_undo=True), a_binding("kolla-ansible-1")
RUN = a_run(RunState.FAILED)


def a_hop(*steps: Step) -> Plan:
    return a_plan(*steps, bindings=[ABLE, HELPLESS])


def database(action: str, project: str = "nova", **given) -> Step:
    one_way = action != "db-expand"
    stage = "finish" if one_way else "control"
    step = a_step(f"{action}-{project}", action=action, stage=stage, one_way=one_way, hosts=["ctl1"], **given)
    return replace(step, project=project, plane="control")


def stands(plan: Plan, **states: StepState) -> list[StepStatus]:
    """Named steps were begun at noon, a minute after each other, and are in these states."""
    found = {name.replace("_", "-"): state for name, state in states.items()}
    return [
        StepStatus(step.id, found[step.id], 1, started_at=NOON + timedelta(minutes=n))
        if step.id in found
        else StepStatus(step.id)
        for n, step in enumerate(plan.steps)
    ]


def refused(plan: Plan, **states: StepState):
    return rollback_refusal(plan, RUN, stands(plan, **states))


UPGRADE = a_step("cmp1", strategy="able")


def test_what_a_strategy_vouches_for_can_be_taken_back() -> None:
    plan = a_hop(database("db-expand"), UPGRADE, a_step("cmp2", strategy="able"))
    assert refused(plan, db_expand_nova=S.DONE, cmp1=S.DONE) is None
    way = way_back(plan, stands(plan, db_expand_nova=S.DONE, cmp1=S.DONE, cmp2=S.FAILED))
    assert [step.id for step in way.undo] == ["cmp2", "cmp1"]
    assert [(kept.step.id, kept.why) for kept in way.kept] == [
        ("db-expand-nova", "the schema stays expanded, and the code of 2025.1 runs on it")
    ]


def test_a_cold_project_does_not_promise_that_old_code_runs_on_its_new_schema() -> None:
    plan = a_hop(database("db-expand", "heat"), UPGRADE)
    (kept,) = way_back(plan, stands(plan, db_expand_heat=S.DONE)).kept
    assert "that the code of 2025.1 runs on it is not promised: " in kept.why
    assert "only heat's own database, restored by hand, leads back" in kept.why


def test_a_cold_projects_schema_bars_nobody_elses_way_back() -> None:
    cold = replace(database("db-expand", "heat"), reversibility="no-return")
    plan = a_hop(cold, UPGRADE)
    assert refused(plan, db_expand_heat=S.DONE, cmp1=S.DONE) is None
    way = way_back(plan, stands(plan, db_expand_heat=S.DONE, cmp1=S.DONE))
    assert [step.id for step in way.undo] == ["cmp1"]
    assert [kept.step.id for kept in way.kept] == ["db-expand-heat"]


def test_who_stays_knows_which_projects_cannot() -> None:
    cold = replace(database("db-expand", "heat"), reversibility="no-return")
    plan = a_hop(cold, a_step("ctl1", stage="control", strategy="kolla-ansible-1"))
    assert (
        "not those of heat, which wait for their upgrade"
        in refused(plan, db_expand_heat=S.DONE, ctl1=S.FAILED).resolution
    )


def test_prepared_and_skipped_steps_stay_and_are_named() -> None:
    plan = a_hop(a_step("fetch", action="prepare", stage="prepare", strategy="able"), UPGRADE)
    way = way_back(plan, stands(plan, fetch=S.DONE, cmp1=S.SKIPPED))
    assert way.undo == ()
    assert {kept.step.id: kept.why for kept in way.kept} == {
        "fetch": "it changes nothing that runs",
        "cmp1": "it was skipped, so it stays as it was left",
    }


def test_a_step_that_never_began_is_no_reason_against_it() -> None:
    plan = a_hop(UPGRADE, database("db-contract", needs=["cmp1"], strategy="kolla-ansible-1"))
    assert refused(plan, cmp1=S.FAILED) is None


def test_nothing_leads_back_from_a_contraction_however_it_ended() -> None:
    plan = a_hop(UPGRADE, database("db-contract", strategy="able"))
    for state in (S.RUNNING, S.FAILED, S.UNKNOWN, S.DONE):
        refusal = refused(plan, cmp1=S.DONE, db_contract_nova=state)
        assert refusal.code == "run.rollback_refused"
        assert refusal.brief.endswith("nothing leads back from db-contract-nova, which has begun")
        (finding,) = refusal.findings
        assert (finding.code, finding.subject) == ("rollback.one_way", "db-contract-nova")
        assert finding.message.endswith("the code of 2025.1 cannot start on nova's contracted schema")
        assert "restore the database of nova from a backup made before 2026-05-04 12:01:00Z" in finding.resolution
        assert "all that was written to it since then is lost" in finding.resolution


def test_every_one_way_step_that_was_begun_is_named_with_what_it_did() -> None:
    plan = a_hop(UPGRADE, database("unpin"), database("db-migrate", "cinder"), database("db-contract", "glance"))
    findings = refused(plan, unpin_nova=S.DONE, db_migrate_cinder=S.FAILED).findings
    assert [(f.subject, f.message.partition("; ")[2]) for f in findings] == [
        ("unpin-nova", "nova speaks 2026.1 since, in messages and in its records"),
        ("db-migrate-cinder", "cinder's records are rewritten for 2026.1"),
    ]


def test_a_strategy_without_an_undo_is_named_with_what_it_has_begun() -> None:
    steps = [a_step(f"cmp{n}", strategy="kolla-ansible-1") for n in range(5)]
    plan = a_hop(*steps, a_step("other", strategy="able"))
    refusal = refused(plan, cmp0=S.DONE, cmp1=S.DONE, cmp2=S.DONE, cmp3=S.FAILED, other=S.DONE)
    assert refusal.brief.endswith("kolla-ansible-1 cannot undo what was begun")
    (finding,) = refusal.findings
    assert (finding.code, finding.subject) == ("rollback.no_undo", "kolla-ansible-1")
    assert finding.message == "it has no way back, and has begun cmp0, cmp1, cmp2 and 1 more"


def test_what_is_possible_instead_is_said() -> None:
    compute = a_hop(a_step("cmp1", strategy="kolla-ansible-1"))
    lines = refused(compute, cmp1=S.FAILED).resolution.splitlines()
    assert lines[0] == "What is possible:"
    assert lines[1].startswith("  - stay (see to cmp1 first): a control plane of 2026.1 serves hosts of 2025.1")
    assert lines[2] == f"  - go on: `stairlift retry {RUN.id} STEP`, then `stairlift resume {RUN.id}`"
    assert len(lines) == 3
    control = a_hop(database("db-expand"), replace(a_step("api", strategy="kolla-ansible-1"), stage="control"))
    lines = refused(control, db_expand_nova=S.DONE, api=S.DONE).resolution.splitlines()
    assert lines[1].startswith("  - stay: schemas have grown and version pins hold")
    assert lines[2] == f"  - go on: `stairlift resume {RUN.id}`"
    assert lines[3].startswith("  - go back by hand: restore databases from your backups")


def test_one_way_steps_of_an_earlier_hop_are_behind_us() -> None:
    middle = replace(UPGRADE.source, half=2)
    first = replace(database("db-contract"), target=middle)
    second = replace(UPGRADE, source=middle, needs=(first.id,))
    plan = replace(a_hop(first, second), hops=(middle, UPGRADE.target))
    assert refused(plan, db_contract_nova=S.DONE) is not None
    assert refused(plan, db_contract_nova=S.DONE, cmp1=S.DONE) is None
    assert str(way_back(plan, stands(plan, db_contract_nova=S.DONE, cmp1=S.DONE)).release) == "2025.2"


def test_a_run_on_which_another_builds_is_not_taken_back() -> None:
    later = replace(RUN, id="later", created_at=RUN.created_at + timedelta(hours=1))
    earlier = replace(RUN, id="earlier", created_at=RUN.created_at - timedelta(hours=1))
    assert superseded(RUN, [RUN, earlier]) is None
    assert superseded(RUN, [replace(later, started_at=None), RUN]) is None
    assert superseded(RUN, [replace(later, state=RunState.ROLLED_BACK), RUN]) is None
    assert superseded(RUN, [replace(later, cloud="another"), RUN]) is None
    refusal = superseded(RUN, [later, RUN])
    assert refusal.code == "run.rollback_refused"
    assert "run later has begun since" in refusal.brief
    assert "`stairlift rollback later` first" in refusal.resolution
