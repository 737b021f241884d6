"""What somebody types behind `stairlift ledger`."""

import pytest

from stairlift.cli.commands.ledger import demand_word, run_and_effects
from stairlift.model.errors import UsageError


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ([], (None, [])),
        (["r1"], ("r1", [])),
        (["cordon:cmp1"], (None, ["cordon:cmp1"])),
        (["r1", "cordon:cmp1", "haproxy:nova/ctl1"], ("r1", ["cordon:cmp1", "haproxy:nova/ctl1"])),
    ],
)
def test_a_run_and_effects_in_any_order(words, meant):
    assert run_and_effects(words) == meant


def test_a_slip_of_the_pen_does_not_put_everything_back():
    with pytest.raises(UsageError, match="'cmp1' is no side effect"):
        run_and_effects(["r1", "cmp1"])


@pytest.mark.parametrize(
    ("wanted", "reason", "alone"), [([], "gone", True), (["a:b"], "", True), (["a:b"], "gone", False)]
)
def test_nobody_vouches_for_what_is_not_named_or_without_a_reason(wanted, reason, alone):
    with pytest.raises(UsageError, match="--settle goes with --reason"):
        demand_word(wanted, reason, alone=alone)
    demand_word(["a:b"], "gone", alone=True)
