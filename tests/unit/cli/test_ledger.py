"""What somebody types behind `stairlift ledger`."""

import pytest

from stairlift.cli.commands.ledger import run_and_effects
from stairlift.model.errors import UsageError
from stairlift.wiring.ledgering import demand_word


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
    ("effects", "reason", "does"),
    [
        ([], "gone", {"settle": True, "restore": False}),
        (["a:b"], "", {"settle": True, "restore": False}),
        (["a:b"], "gone", {"settle": True, "restore": True}),
        (["a:b"], "gone", {"settle": False, "restore": True}),
    ],
)
def test_nobody_vouches_for_what_is_not_named_or_without_a_reason(effects, reason, does):
    with pytest.raises(UsageError, match="--settle goes with --reason"):
        demand_word(effects, reason, **does)
    demand_word(["a:b"], "gone", settle=True, restore=False)
    demand_word([], "", settle=False, restore=True)
