"""A report says before a run what a change board asks, and afterwards what came of it; its sums agree."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from golden_text import assert_golden
from journals import Ledger, an_office
from meters import failure, seconds, session
from pages import in_code, read, section
from planning import ANY, binding, planned, policy
from proposals import a_proposal as proposal
from stairlift.model.effect import Effect
from stairlift.model.finding import Finding, Waiver
from stairlift.model.plan import Manner
from stairlift.model.run import Attempt, AttemptId, Command, RunState, StepState, StepStatus
from stairlift.report.availability import measured
from stairlift.report.change import before
from stairlift.report.change_after import Account, after
from stairlift.report.change_times import spent, work
from stairlift.report.paper import Grid, Listing, Paper, Words
from stairlift.report.paper_words import markdown
from stairlift.run import changes
from stairlift.testing.clouds import NOON, a_cloud
from stairlift.testing.plans import a_plan, a_rollout, a_step
from standings import a_run

LATER = NOON + timedelta(hours=1)


def telling(found: Paper, key: str) -> str:
    """All that a section says, line by line."""
    (one,) = [section for section in found.sections if section.key == key]
    lines = []
    for part in one.parts:
        match part:
            case Words():
                lines.append(part.text)
            case Listing():
                lines += part.items
            case Grid():
                lines += [" | ".join(row) for row in part.rows]
            case _:
                lines += part.lines
    return "\n".join(lines)


def a_guest(code: str, subject: str, message: str) -> Finding:
    return Finding(code, "warning", subject, message, "ask its owner")


def a_careful_plan():
    """A cold project stopped by an entry, a load balancer, drained hypervisors, a waiver, and servers that stay."""
    entries = (
        replace(binding("lb", stage="control", action=("drain", "uncordon")), use="haproxy"),
        binding("stop", project="designate", action="drain"),
        replace(binding("all"), can_undo=True),
    )
    built = a_cloud(control=3).placed("ctl1", "designate-api", "designate-central").placed("ctl2", "designate-api")
    built = built.serving("dns")
    plan = planned(built, bindings=entries, policy=policy(cordon=True, drain="live-migrate", approve=("start",)))
    why = "a PCI device of its host is passed through to it"
    told = {"server": "db1", "project": "shop", "host": "cmp1", "why": why}
    staying = replace(a_guest("drain.stays", "7f3c", f"db1 (project shop) cannot leave cmp1: {why}"), data=told)
    waiver = Waiver("record.stale", "nova-compute@old1", "ada", "taken away next week", date(2026, 6, 1))
    stale = Finding("record.stale", "error", "nova-compute@old1", "nova-compute@old1 is down for 9 days", "delete it")
    return replace(plan, findings=(*plan.findings, staying, stale), waivers=(waiver,))


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("small", proposal(planned(a_cloud()))),
        ("careful", proposal(a_careful_plan(), 20, 30, 90, made_by="ada", made_at=NOON - timedelta(days=2))),
        ("large", proposal(planned(a_cloud(control=3, compute=500), policy=policy(max_unavailable={"compute": "5%"})))),
    ],
)
def test_what_a_change_board_reads(name, found):
    assert_golden(f"report/before-{name}.md", markdown(before(found)))


def test_a_large_cloud_takes_no_more_paper_than_a_small_one():
    sizes = [
        len(markdown(before(proposal(planned(a_cloud(control=3, compute=number))))).splitlines())
        for number in (20, 400)
    ]
    assert sizes[0] == sizes[1]


def test_an_api_on_one_host_is_down_and_on_three_it_is_not():
    alone = telling(before(proposal(planned(a_cloud(control=1)), 30, 30, 30)), "outages")
    assert "5 APIs of 5 will not answer for a while." in alone
    assert "keystone | down for a while | 30s | while" in alone
    assert "restarted on 1 host of 3 at a time" in telling(before(proposal(planned(a_cloud(control=3)))), "outages")


def test_a_project_that_stands_still_is_down_from_its_stop_to_its_upgrade():
    outages = telling(before(proposal(a_careful_plan(), 10, 10, 10)), "outages")
    assert "designate | down for a while | 50s | on the hop to 2025.2 the API of designate is down from" in outages


def test_a_deployer_that_goes_over_all_hosts_in_one_step_is_not_spoken_for():
    plan = planned(a_cloud(control=3), bindings=(replace(ANY, use="kolla-ansible", manner=Manner("together")),))
    assert "not known | kolla-ansible decides how it goes" in telling(before(proposal(plan)), "outages")


def test_a_policy_that_lets_all_hosts_restart_at_once_takes_the_api_down():
    plan = planned(a_cloud(control=3), policy=policy(max_unavailable={"control": 3}))
    assert "the policy lets all its 3 hosts restart at once" in telling(before(proposal(plan)), "outages")


def test_hosts_that_a_load_balancer_lets_go_of_lose_nothing():
    entries = (replace(binding("lb", stage="control", action=("drain", "uncordon")), use="haproxy"), ANY)
    plan = planned(a_cloud(control=3), bindings=entries)
    assert any(step.action == "drain" for step in plan.steps)
    assert "each taken out of the load balancer before" in telling(before(proposal(plan)), "outages")


def test_an_api_that_nobody_can_place_is_not_called_safe():
    plan = planned(a_cloud().serving("dns", "orchestration"))
    outages = telling(before(proposal(plan)), "outages")
    assert "designate | not known | the catalog has dns, but no source says where" in outages


def test_few_on_record_are_told_as_few():
    found = telling(before(proposal(planned(a_cloud()), 10)), "duration")
    assert "kinds of steps were done less than three times before" in found


def test_a_part_of_the_cloud_touches_no_api():
    plan = planned(a_cloud(), stages=("compute",))
    outages = telling(before(proposal(plan)), "outages")
    assert "nova | not touched" in outages
    assert "only stage compute" in telling(before(proposal(plan)), "scope")


def test_servers_that_cannot_move_are_told_by_owner():
    found = telling(before(proposal(a_careful_plan())), "servers")
    assert "shop | db1 (7f3c) | cmp1 | a PCI device of its host is passed through to it" in found


def test_a_waiver_is_told_with_who_answers_for_it_and_until_when():
    found = telling(before(proposal(a_careful_plan())), "findings")
    assert "waived | record.stale" in found
    assert "record.stale:nova-compute@old1 | ada | taken away next week | 2026-06-01" in found


def test_every_one_way_step_is_counted_among_the_approvals():
    plan = planned(a_cloud())
    found = before(proposal(plan))
    assert found.numbers["one_way"] == sum(step.one_way for step in plan.steps) > 0
    for step in plan.steps:
        if step.one_way:
            assert step.id in telling(found, "approvals")


def test_nobody_invents_how_long_it_takes():
    found = before(proposal(planned(a_cloud())))
    assert found.numbers["expected_p50"] is None
    assert "no run of the like is on record" in telling(found, "duration")


def test_what_entries_say_of_how_long_it_takes_is_told_as_such():
    plan = planned(a_cloud(), bindings=(replace(ANY, takes=(60, 120)),))
    found = telling(before(proposal(replace(plan, steps=plan.steps[:3]))), "duration")
    assert "3m 00s (p50), 6m 00s (p90)" in found
    assert "From what the entries of stairlift.toml say of 3 steps, with" in found


# After


def a_story(folder: Path) -> Account:
    """A run in which a host failed and was retried, one was skipped, somebody paused it, and one-way steps are left."""
    steps = [a_step(f"cmp{n}", slots=("plane:resource",)) for n in (1, 2, 3)]
    last = a_step("contract", one_way=True, action="db-contract", stage="finish", needs=("cmp1",), hosts=("ctl1",))
    plan = replace(a_plan(*steps, last, windows={"plane:resource": 1}), policy={"downtime_budget": {"*": 5.0}})
    ledger = Ledger.begun(an_office(folder), plan)
    ledger.does("cmp1").fails("cmp2", "the agent stays silent")
    ledger.rests(RunState.FAILED, "failed: 1 of 0 hosts")
    ledger.writes(changes.begun(ledger.run, ledger.at, approve_all=False, actor="bob"))
    retry = a_command(ledger, "retry", "cmp2", "bob", "agent mended")
    ledger.writes(changes.commanded(ledger.status("cmp2"), retry, ledger.at)).does("cmp2")
    skip = a_command(ledger, "skip", "cmp3", "bob", "it is off | for repair")
    ledger.writes(changes.commanded(ledger.status("cmp3"), skip, ledger.at))
    ledger.asks("contract").rests(RunState.WAITING, "1 step waits for approval")
    return account_of(ledger)


def a_command(ledger: Ledger, kind: str, step: str, actor: str, reason: str) -> Command:
    command = Command(f"{kind}-{step}", ledger.run.id, kind, step, actor, reason, ledger.at)
    return ledger.office.store.tell(command)


def account_of(ledger: Ledger) -> Account:
    store, run = ledger.office.store, ledger.run
    fenced = Effect("cordon:cmp3", "cordon", "cmp3", "cmp3", "command", "kept", NOON, note="somebody has to look")
    return Account(
        run=replace(run, id="260504-abc123"),
        proposal=replace(proposal(ledger.plan, 9, 10, 30, made_by="ada"), at=LATER),
        steps=store.steps(run.id),
        attempts=store.attempts(run.id),
        commands=store.commands(run.id),
        events=store.events(run.id),
        effects=(fenced,),
        availability=measured([session(), *seconds(0, 20), *failure(20.0), *failure(27.0), *seconds(28, 60)], []),
    )


def test_what_is_read_afterwards(tmp_path):
    assert_golden("report/after-waiting.md", markdown(after(a_story(tmp_path))))


def test_what_went_wrong_is_told_with_what_came_of_it(tmp_path):
    found = after(a_story(tmp_path))
    assert "cmp2 | 1 | cmp2" in telling(found, "failures")
    assert "the agent stays silent | done" in telling(found, "failures")
    assert "cmp3 | bob | it is off | for repair" in telling(found, "skipped")
    assert "retry | cmp2 | agent mended | applied" in telling(found, "commands")


def test_what_is_left_to_do_is_told_with_what_to_type(tmp_path):
    left = telling(after(a_story(tmp_path)), "left")
    assert "not upgraded to 2026.1 on 1 host (cmp3): nova-compute" in left
    assert "nova keeps what only the old release's code needs in its schema" in left
    assert "1 side effect not put back" in left
    assert "stairlift resume 260504-abc123" in left


def test_a_budget_that_was_exceeded_is_told(tmp_path):
    felt = telling(after(a_story(tmp_path)), "felt")
    assert "nova | 5s | 7.0s | exceeded" in felt
    assert "glance | 5s | 0.0s | kept" in felt


def test_what_was_not_measured_is_not_called_good(tmp_path):
    found = after(replace(a_story(tmp_path), availability=None))
    assert "It was not measured. Nobody knows" in telling(found, "felt")
    assert found.numbers["requests"] is None


def test_the_rests_of_a_run_are_told(tmp_path):
    assert "It rested 2 times" in telling(after(a_story(tmp_path)), "rests")


def test_a_blanket_approval_names_who_gave_it(tmp_path):
    ledger = Ledger.opened(an_office(tmp_path), a_rollout(1))
    for who in ("eve", "server on ctl1"):  # which goes by what eve has said
        ledger.writes(changes.begun(ledger.run, ledger.at, approve_all=True, actor=who))
    told = telling(after(account_of(ledger)), "approvals")
    assert "eve | the whole run" in told
    assert "server on ctl1" not in told


def test_a_run_that_was_begun_to_ask_has_nobodys_approval(tmp_path):
    account = account_of(Ledger.begun(an_office(tmp_path), a_rollout(1)))
    asking = replace(account, run=replace(account.run, options={"approved": False}))
    assert "Nobody has approved anything yet" in telling(after(asking), "approvals")
    assert f"{account.run.actor} | the plan" in telling(after(account), "approvals")


def test_a_run_that_is_done_has_nothing_left(tmp_path):
    ledger = Ledger.begun(an_office(tmp_path), a_rollout(1, actions=("upgrade",)))
    ledger.does("cmp1-upgrade").rests(RunState.DONE)
    found = after(replace(account_of(ledger), effects=()))
    assert telling(found, "left") == "Nothing that is on record here."
    assert (found.numbers["settled"], found.numbers["steps"]) == (1, 1)


_STATES = st.sampled_from(StepState)


@given(st.lists(st.tuples(st.sampled_from(["control", "network", "compute"]), _STATES, st.integers(0, 3)), max_size=12))
def test_the_stages_add_up_to_the_run(chosen):
    order = ["control", "network", "compute"]
    chosen = sorted(chosen, key=lambda one: order.index(one[0]))
    plan = a_plan(*(a_step(f"s{n}", stage=stage) for n, (stage, _, _) in enumerate(chosen)))
    steps = [StepStatus(f"s{n}", state, attempts) for n, (_, state, attempts) in enumerate(chosen)]
    attempts = [
        Attempt(AttemptId("r", f"s{n}", k + 1), NOON, NOON + timedelta(seconds=n + k), "done")
        for n, (_, _, number) in enumerate(chosen)
        for k in range(number)
    ]
    found = spent(plan, attempts, steps, LATER)
    assert sum(one.steps for one in found) == len(steps)
    assert sum(one.settled for one in found) == sum(s.state in (StepState.DONE, StepState.SKIPPED) for s in steps)
    assert sum(one.work for one in found) == work(attempts, LATER)


@given(st.lists(_STATES, min_size=1, max_size=8))
def test_the_numbers_of_a_report_agree(states):
    plan = a_plan(*(a_step(f"s{n}") for n in range(len(states))))
    account = Account(
        run=a_run(RunState.RUNNING, plan_hash=plan.hash),
        proposal=proposal(plan, 1, 1, 1),
        steps=[StepStatus(f"s{n}", state) for n, state in enumerate(states)],
        attempts=(),
        commands=(),
        events=(),
        effects=(),
    )
    numbers = after(account).numbers
    assert sum(numbers[f"steps_{state}"] for state in StepState) == numbers["steps"] == len(states)


def test_every_section_and_number_is_documented(tmp_path):
    papers = [before(proposal(a_careful_plan())), after(a_story(tmp_path))]
    keys = {section.key for paper in papers for section in paper.sections}
    numbers = {key for paper in papers for key in paper.numbers} - {f"steps_{state}" for state in StepState}
    assert (keys | numbers) - in_code(section(read("docs/reference/json.md"), "report")) == set()
