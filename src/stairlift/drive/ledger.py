"""The ledger of a run's side effects while its loop is at work: the rows that go with each change."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from stairlift.drive.assignment import NoJob, intentions
from stairlift.drive.tools import Tools
from stairlift.knowledge.successors import successors
from stairlift.model.effect import Effect
from stairlift.model.plan import Step
from stairlift.model.run import Attempt, Change
from stairlift.model.work import Assignment, Verdict
from stairlift.run import Board
from stairlift.run.effects import intended, moved_here, taken_up, told
from stairlift.run.upgraded import upgraded


class Ledger:
    """What is on record of the side effects of a run. It changes with the journal, never ahead of it."""

    def __init__(self, board: Board, tools: Tools, effects: Iterable[Effect]) -> None:
        self.board = board
        self._tools = tools
        self._known: dict[str, Effect] = {}
        self._of_unit: dict[str, dict[str, Effect]] = defaultdict(dict)
        self.take(effects)

    def take(self, effects: Iterable[Effect]) -> None:
        """Take over rows that go on record."""
        for effect in effects:
            if effect.id in self._known:
                self._of_unit[self._unit(self._known[effect.id].step)].pop(effect.id, None)
            self._known[effect.id] = effect
            self._of_unit[self._unit(effect.step)][effect.id] = effect

    def effects(self) -> tuple[Effect, ...]:
        """All of them."""
        return tuple(self._known.values())

    def assignment(self, step: Step, attempt: Attempt) -> Assignment:
        """An attempt with what its unit has changed so far."""
        folder = self._tools.executor.folder(attempt.id)
        mine = tuple(self._of_unit[self._unit(step.id)].values())
        heirs = successors(self.board.graph.plan, step)
        new = upgraded(self.board.graph.plan, self.board.statuses(), step)
        return Assignment(attempt.id.run, step, attempt.id.number, folder, attempt.undo, mine, heirs, new)

    def beginning(self, change: Change, now: datetime) -> Change:
        """The start of an attempt, with all that it may change on record. One that cannot say so will not begin."""
        if change.attempt is None or change.step is None:
            return change
        step = self.board.step(change.step.id)
        try:
            found = intentions(self._tools.strategies[step.strategy or ""], self.assignment(step, change.attempt))
        except NoJob:
            return change
        mine = self._of_unit[self._unit(step.id)]
        others = (effect for effect in self._known.values() if effect.id not in mine)
        rows = (*intended(self._known, found, step, now), *taken_up(mine.values()), *moved_here(others, found, step))
        return replace(change, effects=rows) if rows else change

    def judged(self, change: Change, verdict: Verdict, now: datetime) -> Change:
        """The end of an attempt, with what its strategy says of side effects."""
        rows = told(self._known, verdict.effects, now)
        return replace(change, effects=rows) if rows else change

    def _unit(self, step: str) -> str:
        graph = self.board.graph
        return graph.steps[graph.number[step]].unit or step if step in graph.number else step
