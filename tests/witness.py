"""What the attempts of a run wrote beside its journal, and what both must agree in."""

from collections import Counter
from pathlib import Path

from stairlift.model.run import RunState, StepState
from stairlift.ports import Store


def lines_of(folder: Path) -> list[tuple[str, ...]]:
    """What every attempt wrote: (begin|end|double, step, number)."""
    file = folder / "done"
    return [tuple(line.split()) for line in file.read_text().splitlines()] if file.exists() else []


def begun(folder: Path) -> int:
    return sum(word == "begin" for word, *_ in lines_of(folder))


def check(store: Store, folder: Path, steps: int) -> Counter[str]:
    """Nothing is lost, nothing that counts as done runs again, no step ever has two jobs. What happened, counted."""
    (run,) = store.runs()
    assert run.state is RunState.DONE, run
    assert store.counts(run.id) == {StepState.DONE: steps}, "nothing is lost"
    lines = Counter(lines_of(folder))
    assert not [line for line in lines if line[0] == "double"], "never two live jobs of one step"
    assert set(lines.values()) == {1}, "no attempt begins or ends twice"
    results: Counter[str] = Counter()
    for status in store.steps(run.id):
        *earlier, last = store.attempts(run.id, status.id)
        assert last.result == "done"
        assert {attempt.result for attempt in earlier} <= {"unknown", "failed"}, "nothing finishes twice"
        assert ("begin", status.id, str(last.id.number)) in lines
        assert ("end", status.id, str(last.id.number)) in lines
        results.update(attempt.result or "" for attempt in (*earlier, last))
    events = store.events(run.id)
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    return results
