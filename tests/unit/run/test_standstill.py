"""What a run has stopped itself is no fault of the cloud, until an upgrade brings it back."""

from dataclasses import replace

from planning import ANY, binding, planned
from stairlift.model.finding import Finding
from stairlift.model.run import StepState, StepStatus
from stairlift.run.standstill import standstill
from stairlift.testing.clouds import a_cloud

BUILT = a_cloud(control=2, network=0, compute=1).serving("orchestration")
for _host in ("ctl1", "ctl2"):
    BUILT = BUILT.placed(_host, "heat-api", "heat-engine")
PLAN = planned(BUILT, bindings=(binding("stop", project="heat", action="drain"), ANY))


def after(last: str, **states: StepState) -> list[StepStatus]:
    """All steps up to `last` are done, but for those that are given."""
    ids = [s.id for s in PLAN.steps]
    end = ids.index(last)
    found = [StepStatus(i, StepState.DONE, 1) if n <= end else StepStatus(i) for n, i in enumerate(ids)]
    return [replace(s, state=states[s.id]) if s.id in states else s for s in found]


def about(subject: str) -> Finding:
    return Finding("endpoint.silent", "error", subject, "no answer", "look")


def test_what_was_stopped_stands_still_until_its_upgrade_is_done():
    assert standstill(PLAN, after("2025.2-approve-heat")).services == frozenset()
    still = standstill(PLAN, after("2025.2-db-expand-heat"))
    assert still.services == {(n, h) for n in ("heat-api", "heat-engine") for h in ("ctl1", "ctl2")}
    half = standstill(PLAN, after("2025.2-control@ctl1"))
    assert half.services == {("heat-api", "ctl2"), ("heat-engine", "ctl2")}
    assert standstill(PLAN, after("2025.2-control@ctl2")).services == frozenset()


def test_what_is_begun_has_stopped_and_not_started():
    still = standstill(PLAN, after("2025.2-drain-heat-api@ctl1", **{"2025.2-drain-heat-api@ctl1": StepState.FAILED}))
    assert still.services == {("heat-api", "ctl1")}
    late = standstill(PLAN, after("2025.2-control@ctl1", **{"2025.2-control@ctl1": StepState.FAILED}))
    assert ("heat-engine", "ctl1") in late.services


def test_it_explains_what_is_said_of_it_and_nothing_else():
    still = standstill(PLAN, after("2025.2-control@ctl1"))
    assert still.explains(about("heat-api@ctl2"))
    assert still.explains(about("orchestration"))
    assert not still.explains(about("heat-api@ctl1")), "that one was upgraded, and should answer"
    assert not still.explains(about("nova-api@ctl2"))
    assert not still.explains(about("compute"))
