from dataclasses import replace

from stairlift.model.plan import Asked
from stairlift.model.run import StepState, StepStatus
from stairlift.run.upgraded import upgraded
from stairlift.testing.plans import a_plan, a_step

DRAIN = a_step("drain", action="drain", hosts=("cmp3",))
PLAN = replace(
    a_plan(a_step("one", hosts=("cmp1",)), a_step("two", hosts=("cmp2",)), DRAIN),
    placement=dict.fromkeys(("cmp1", "cmp2", "cmp3", "cmp4"), ("nova-compute",)) | {"ctl1": ("nova-api",)},
)
STATUSES = (StepStatus("one", StepState.DONE), StepStatus("two", StepState.FAILED), StepStatus("drain"))


def test_hosts_that_are_done_and_hosts_that_had_it_before():
    assert upgraded(PLAN, STATUSES, DRAIN) == ("cmp1", "cmp3", "cmp4")


def test_in_a_part_of_a_cloud_nobody_knows_of_the_others():
    assert upgraded(replace(PLAN, asked=Asked(hosts=("cmp[1-3]",))), STATUSES, DRAIN) == ("cmp1",)


def test_other_steps_are_told_nothing():
    assert upgraded(PLAN, STATUSES, PLAN.steps[0]) == ()
