"""A state is never told by its colour alone: it has a shape, and a word that no other state has."""

import pytest

from stairlift.model.run import RunState, StepState
from stairlift.report.signs import run_sign, step_sign


@pytest.mark.parametrize(
    "signs", [[run_sign(state) for state in RunState], [step_sign(state) for state in StepState]], ids=["runs", "steps"]
)
def test_each_state_has_a_shape_and_a_word_of_its_own(signs):
    assert all(len(sign.glyph) == 1 and sign.word.strip() for sign in signs)
    assert len({sign.word for sign in signs}) == len(signs)
