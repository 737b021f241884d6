"""What goes on record of an approval."""

from stairlift.run.commands import covers
from stairlift.testing.plans import a_step


def test_a_step_is_told_with_what_it_does_to_whom():
    step = a_step("unpin", action="unpin", one_way=True, services=("nova-api",), hosts=("ctl1", "ctl2"))
    assert covers(step) == "ONE-WAY unpin of nova-api on ctl1, ctl2"


def test_a_gate_says_itself_what_it_covers():
    assert covers(a_step("gate", action="approve")) == "a test asked for it"
