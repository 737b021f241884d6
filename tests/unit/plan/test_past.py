"""What was done stays done, whatever steps the next plan cuts it into."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from anyclouds import cases, deployed
from planning import ANY, binding, codes, planned, policy, seen
from stairlift.model.plan import DATABASE_ACTIONS, Manner, Plan, Step
from stairlift.model.run import SETTLED, StepState, StepStatus
from stairlift.plan.difference import difference
from stairlift.plan.past import Past, Piece, carried, past_of, piece
from stairlift.testing.clouds import NOON, CloudBuilder, a_cloud

SETTLING = st.sampled_from([StepState.DONE, StepState.SKIPPED, StepState.PENDING, StepState.FAILED])


def stands(plan: Plan, *done: str) -> tuple[StepStatus, ...]:
    """A run that has done the steps whose ids begin so."""
    return tuple(
        StepStatus(step.id, StepState.DONE, 1, ended_at=NOON) if step.id.startswith(done) else StepStatus(step.id)
        for step in plan.steps
    )


def after(old: Plan, statuses, built: CloudBuilder, **given) -> tuple[Plan, Past, dict[str, StepStatus]]:
    """The plan that takes the place of an old one, and what it carries over."""
    past = past_of("r1", old, statuses, seen(built).cloud)
    made = planned(built, str(old.target), str(old.source), past=past, **given)
    return made, past, {status.id: status for status in carried(past, made) if status.state in SETTLED}


@given(cases() | deployed(), st.data())
def test_where_nothing_has_drifted_everything_is_kept_and_nothing_differs(case, data):
    old = case.plan()
    statuses = [StepStatus(step.id, data.draw(SETTLING), 1) for step in old.steps]
    made, _, kept = after(old, statuses, case.built, **case.given)
    assert [(s.id, s.hosts, s.services, s.needs, s.after) for s in made.steps] == [
        (s.id, s.hosts, s.services, s.needs, s.after) for s in old.steps
    ]
    assert {s.id: s.state for s in kept.values()} == {s.id: s.state for s in statuses if s.state in SETTLED}
    found = difference(old, made, {s.id for s in statuses if s.state in SETTLED}, set(kept))
    assert found.empty, found


@given(cases() | deployed(), cases() | deployed(), st.data())
def test_no_host_is_begun_again_on_which_nothing_is_left(one, two, data):
    """Whatever policy and entries the next plan has, and whatever happens once is never done twice."""
    old = one.plan()
    statuses = [StepStatus(step.id, data.draw(SETTLING), 1) for step in old.steps]
    made, past, kept = after(old, statuses, one.built, **two.given)
    done = {(s.target, s.action, s.project) for s, at in zip(old.steps, statuses, strict=True) if at.state in SETTLED}
    for step in (s for s in made.steps if s.id not in kept):
        if step.action in DATABASE_ACTIONS:
            assert (step.target, step.action, step.project) not in done
        if step.action == "upgrade":
            left = {host for name, host in made.parts(step) if not past.settled(_piece(step, (name, host)))}
            assert left == {host for _, host in made.parts(step)}


def _piece(step: Step, part: tuple[str, str]) -> Piece:
    return piece(step.target, step.stage, step.action, part)


class TestWhatIsCarried:
    BUILT = a_cloud(control=1, network=0, compute=3)

    def test_a_step_says_in_which_run_it_was_done_and_counts_its_attempts_on(self):
        old = planned(self.BUILT)
        _, _, kept = after(old, stands(old, "2025.2-control"), self.BUILT)
        assert kept["2025.2-control@ctl1"] == StepStatus(
            "2025.2-control@ctl1", StepState.DONE, 1, ended_at=NOON, reason="done in run r1"
        )

    def test_it_says_so_also_after_the_next_time(self):
        old = planned(self.BUILT)
        made, past, kept = after(old, stands(old, "2025.2-control"), self.BUILT)
        again = past_of("r2", made, [kept.get(s.id, StepStatus(s.id)) for s in made.steps], seen(self.BUILT).cloud)
        assert {s.reason for s in carried(again, made)} == {"done in run r1"}
        assert past.run == "r1"

    def test_a_host_that_was_upgraded_is_given_back_and_never_emptied(self):
        """Its servers run on the new release's QEMU: to an old host leads no way back."""
        nova = binding("nova", "nova", service="nova-compute", action=("cordon", "drain", "uncordon"))
        old = planned(self.BUILT, bindings=(ANY, nova), policy=policy(cordon=True))
        done = stands(old, "2025.2-control", "2025.2-compute-cordon@cmp1", "2025.2-compute@cmp1")
        made, _, kept = after(old, done, self.BUILT, bindings=(ANY, nova), policy=policy(drain="live-migrate"))
        mine = {s.action: s.id in kept for s in made.steps if s.hosts == ("cmp1",) and s.stage == "compute"}
        assert mine == {"cordon": True, "upgrade": True, "uncordon": False}
        assert "drain" in {s.action for s in made.steps if s.hosts == ("cmp2",)}

    def test_what_was_skipped_stays_so_with_its_reason(self):
        old = planned(self.BUILT)
        skip = StepStatus("2025.2-compute@cmp2", StepState.SKIPPED, 1, reason="its disk is broken")
        statuses = [skip if s.id == skip.id else StepStatus(s.id) for s in old.steps]
        _, _, kept = after(old, statuses, self.BUILT)
        assert [(s.id, s.state, s.reason) for s in kept.values()] == [
            ("2025.2-compute@cmp2", StepState.SKIPPED, "skipped in run r1: its disk is broken")
        ]

    def test_what_has_failed_is_begun_already_unless_it_has_to_wait_for_something_new(self):
        """A rollback takes it back, and its host keeps its place; but it overtakes no new host of the control plane."""
        old = planned(self.BUILT)
        statuses = [
            replace(s, state=StepState.FAILED, attempt=2) if s.id == "2025.2-compute@cmp1" else s
            for s in stands(old, "2025.2-db-expand", "2025.2-control")
        ]
        for hosts, expected in ((1, StepStatus("2025.2-compute@cmp1", attempt=2)), (2, None)):
            built = a_cloud(control=hosts, network=0, compute=3)
            past = past_of("r1", old, statuses, seen(built).cloud)
            begun = {s.id: s for s in carried(past, planned(built, past=past)) if s.state not in SETTLED}
            assert begun.get("2025.2-compute@cmp1") == expected

    def test_what_is_seen_at_the_target_since_the_run_has_done_it_keeps_its_step(self):
        """So that a rollback of the next run can take it back; what others have upgraded drops out."""
        old = planned(self.BUILT)
        shown = self.BUILT.running("cmp1", "32.0.0", "nova-compute").running("cmp2", "32.0.0", "nova-compute")
        done = stands(old, "2025.2-db-expand", "2025.2-control", "2025.2-compute@cmp1")
        made, _, kept = after(old, done, shown)
        assert kept["2025.2-compute@cmp1"].state is StepState.DONE
        left = next(s for s in made.steps if s.id == "2025.2-compute@cmp2")
        assert left.services == ("neutron-openvswitch-agent",)

    def test_in_another_order_the_pieces_are_the_same(self):
        """Service by service it is what it was node by node."""
        old = planned(self.BUILT, policy=policy(order="node"))
        made, _, kept = after(old, stands(old, "2025.2-control"), self.BUILT, policy=policy(order="service"))
        control = [s.id for s in made.steps if s.stage == "control" and s.action == "upgrade"]
        assert len(control) > 1
        assert set(control) == set(kept)

    def test_a_new_host_goes_with_none_that_are_done(self):
        entries, window = (binding("all", "batch"),), policy(max_unavailable={"resource": 3}, canary=0)
        old = planned(self.BUILT, bindings=entries, policy=window)
        grown = a_cloud(control=1, network=0, compute=4)
        made, _, kept = after(old, stands(old, "2025.2"), grown, bindings=entries, policy=window)
        left = [s for s in made.steps if s.id not in kept]
        assert [(s.stage, s.hosts) for s in left] == [("compute", ("cmp4",))]

    def test_a_deployer_takes_a_new_node_alone(self):
        entries = (replace(ANY, concurrency="cloud", manner=Manner("together")),)
        old = planned(a_cloud(control=2), bindings=entries)
        made, _, kept = after(old, stands(old, "2025.2"), a_cloud(control=3), bindings=entries)
        left = [s for s in made.steps if s.id not in kept and s.action == "upgrade"]
        assert left
        assert {s.hosts for s in left} == {("ctl3",)}

    def test_what_was_put_back_is_done_again(self):
        """A version that is seen on a host proves more than the journal."""
        old = planned(self.BUILT)
        restored = self.BUILT.running("cmp1", "31.2.0", "nova-compute")
        _, _, kept = after(old, stands(old, "2025.2"), restored)
        assert "2025.2-compute@cmp1" not in kept
        assert "2025.2-compute@cmp2" in kept

    def test_an_approval_covers_what_it_said_and_nothing_else(self):
        asked = policy(approve=("start", "canary"))
        old = planned(self.BUILT, policy=asked)
        _, _, kept = after(old, stands(old, "2025.2-approve"), self.BUILT, policy=asked)
        assert {"2025.2-approve-start", "2025.2-approve-canary"} <= set(kept)
        _, _, kept = after(old, stands(old, "2025.2-approve"), a_cloud(control=1, compute=4), policy=asked)
        assert not kept

    def test_the_next_plan_names_the_run_and_so_is_another_one(self):
        old = planned(self.BUILT)
        made, _, _ = after(old, stands(old), self.BUILT)
        assert (made.replaces, old.replaces) == ("r1", "")
        assert made.hash != old.hash


class TestInTheMiddleOfTheWay:
    """Its APIs show the release that the run has brought it to, or two of them."""

    def way(self, microversion: str, **given) -> tuple[Plan, Plan]:
        """The plan of two hops of a run, and the next one, made when the compute API shows this."""
        old = planned(a_cloud(control=1, network=0, compute=2, microversion="2.96"), "2026.1", "2024.2")
        shown = a_cloud(control=1, network=0, compute=2, microversion=microversion)
        made, _, _ = after(old, stands(old, "2025.1-db", "2025.1-control"), shown, **given)
        return old, made

    def test_a_release_on_the_way_is_no_contradiction_and_the_hops_stay(self):
        for microversion in ("2.96", "2.100", "2.103"):
            old, made = self.way(microversion)
            assert "release.contradicted" not in codes(made.findings)
            assert made.hops == old.hops
            assert [s.id for s in made.steps] == [s.id for s in old.steps]

    def test_a_release_that_is_not_on_the_way_is(self):
        """The cloud was put back to what it was two years ago, or it is another one."""
        _, made = self.way("2.90")
        assert "release.contradicted" in codes(made.findings, "error")
