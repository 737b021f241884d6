"""What has stopped a run is kept with it, beside all else that it keeps, until it goes on."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from stairlift.model.cause import Cause, held_by
from stairlift.model.run import RunState
from standings import a_run

CAUSES = st.sampled_from([None, *Cause])
OPTIONS = st.dictionaries(st.sampled_from(["stages", "meter", "cancel"]), st.integers())


@given(options=OPTIONS, causes=st.lists(CAUSES, min_size=1))
def test_the_last_one_counts_and_all_else_stays(options, causes) -> None:
    run = first = replace(a_run(RunState.PAUSED), options=options)
    for cause in causes:
        run = held_by(cause, run)
        assert Cause.of(run) is cause
    assert held_by(None, run) == first


def test_one_that_was_never_stopped_is_as_it_was() -> None:
    run = a_run(RunState.RUNNING)
    assert held_by(None, run) is run
