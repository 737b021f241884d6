"""What a person is asked for, in which words, and what waits for the answer."""

from planning import binding, planned, policy
from stairlift.model.plan import Plan, Step
from stairlift.testing.clouds import a_cloud


def careful(*gates: str, built=None, **given) -> Plan:
    limits = {"max_unavailable": {"compute": 2}} | given
    return planned(built or a_cloud(control=1, network=1, compute=6), policy=policy(approve=gates, **limits))


def approvals(made: Plan) -> list[Step]:
    return [s for s in made.steps if s.action == "approve"]


def behind(made: Plan, gate: Step) -> set[str]:
    return {s.id for s in made.steps if gate.id in s.needs}


def test_without_a_word_nobody_is_asked():
    assert approvals(careful()) == []


def test_the_start_tells_the_size_of_the_hop():
    [gate] = approvals(careful("start"))
    assert gate.reason == (
        "the hop from 2025.1 to 2025.2 begins: 19 steps on 8 hosts: ctl1, net1 and 6 more; 6 one-way, which ask again"
    )
    assert (gate.id, gate.stage, gate.needs, gate.after) == ("2025.2-approve-start", "control", (), ())


def test_preparation_does_not_wait_for_the_start():
    entries = (binding("ready-1", stage="prepare"), binding("any-2"))
    made = planned(a_cloud(control=1, compute=2), bindings=entries, policy=policy(approve=("start",)))
    prepared = {s.id for s in made.steps if s.stage == "prepare"}
    [gate] = approvals(made)
    assert prepared
    assert set(gate.after) == prepared
    assert all(gate.id not in s.needs for s in made.steps if s.stage == "prepare")


def test_a_plan_that_changes_nothing_asks_for_nothing():
    entries = (binding("ready-1", stage="prepare"), binding("any-2"))
    made = planned(a_cloud(), bindings=entries, policy=policy(approve=("start",)), stages=("prepare",))
    assert made.steps
    assert approvals(made) == []


def test_the_canary_tells_who_has_come_through_and_who_is_next():
    made = careful("canary")
    [gate] = approvals(made)
    assert gate.reason == "the canary has come through (1 host: cmp1); next are 5 hosts: cmp2, cmp3 and 3 more"
    assert gate.needs == ("2025.2-compute@cmp1",)
    assert behind(made, gate) == {f"2025.2-compute@cmp{n}" for n in range(2, 7)}


def test_with_batches_the_canary_opens_the_first():
    made = careful("canary", "batch")
    assert [gate.reason for gate in approvals(made)] == [
        "the canary has come through (1 host: cmp1); next are 2 hosts: cmp2, cmp3",
        "batch 2 of 3 behind the canary: 2 hosts: cmp4, cmp5",
        "batch 3 of 3 behind the canary: 1 host: cmp6",
    ]
    _, second, third = approvals(made)
    assert second.after == ("2025.2-compute@cmp2", "2025.2-compute@cmp3")
    assert second.needs == ("2025.2-approve-canary",)
    assert behind(made, third) == {"2025.2-compute@cmp6"}


def test_without_a_canary_the_first_batch_goes_by_itself():
    made = careful("batch", canary=0)
    assert [gate.id for gate in approvals(made)] == ["2025.2-approve-batch-2", "2025.2-approve-batch-3"]


def test_no_batch_is_begun_behind_a_canary_that_failed():
    """A batch that is set aside has ended, so its end alone must not open the next one."""
    made = careful("batch")
    assert all("2025.2-compute@cmp1" in gate.needs for gate in approvals(made)[:1])


def test_what_comes_after_waits_for_hosts_and_not_for_approvals():
    made = careful("start", "canary", "batch")
    [first] = [s for s in made.steps if s.stage == "finish"][:1]
    asked = {gate.id for gate in approvals(made)}
    assert {f"2025.2-compute@cmp{n}" for n in range(2, 7)} <= set(first.needs)
    assert not asked & {*first.needs, *first.after} - {"2025.2-approve-start"}


def test_every_hop_asks_for_itself():
    made = planned(a_cloud(), "2026.1", "2024.2", policy=policy(approve=("start", "canary")))
    assert [gate.id for gate in approvals(made)] == [
        f"{hop}-approve-{gate}" for hop in ("2025.1", "2026.1") for gate in ("start", "canary")
    ]
