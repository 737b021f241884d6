"""What surrounds a run: begun before the first thing that starts, and never while the run comes to rest."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from stairlift.drive.attending import Background
from stairlift.drive.ledger import Ledger
from stairlift.model.effect import Effect, Intention
from stairlift.model.errors import StairliftError
from stairlift.model.run import Change
from stairlift.model.scope import HARMLESS
from stairlift.ports import Surroundings
from stairlift.run import Decision, Finish, Start, TakeBack, changes
from stairlift.run.effects import of_the_run


class Surrounding:
    """How far it is. `objection` is why nothing may start.

    It is begun when something wants to start that changes the cloud, not before: a run that prepares, or only waits for
    an approval or for what is in flight, silences nobody. Each effect has its `place`, and a `number` that counts how
    often it was begun.
    """

    def __init__(self, surroundings: Surroundings | None, ledger: Ledger, ring: Callable[[], None]) -> None:
        self._surroundings = surroundings
        self._parts = surroundings.intentions() if surroundings else ()
        self._ledger = ledger
        self._ring = ring
        self._stands = not self._parts
        self._wanted = self._busy = False
        self._over: bool | None = None
        self._news: list[tuple[Effect, str]] = []
        self.objection = ""

    def allowed(self, decisions: Sequence[Decision]) -> Sequence[Decision]:
        """Those that need not wait for it. While it is being begun the run does not rest: that would be half-way."""
        if self._stands:
            return decisions
        wait = [d for d in decisions if self._needs_it(d)]
        self._wanted = self._wanted or bool(wait)
        return [d for d in decisions if d not in wait and not (self._busy and isinstance(d, Finish))]

    def _needs_it(self, decision: Decision) -> bool:
        if isinstance(decision, Start):
            return self._ledger.board.step(decision.step).stage != HARMLESS
        return isinstance(decision, TakeBack)

    def told(self, now: datetime) -> list[Change]:
        """What has been begun since the last look, and what could not be.

        Only now does it let anything pass: what is found out in the middle of a turn may speak against what starts.
        """
        if self._over is not None:
            self._stands, self._over = self._over, None
            self._wanted = self._busy = False
        news, self._news = self._news, []
        return [_told(effect, why, now) for effect, why in news]

    def intended(self, now: datetime) -> list[Change]:
        """What goes on record before it is begun. What is left of an earlier beginning stays as it is."""
        if not self._wanted or self._busy:
            return []
        known = self._ledger.effects()
        rows = of_the_run(known, _numbered(self._parts, known), now)
        return [changes.intending(rows, now)] if rows else []

    def go_on(self, background: Background) -> None:
        """Begin what is on record, where something waits for it."""
        if self._surroundings is not None and self._wanted and not self._busy:
            self._busy = True
            background(self._begin(self._surroundings))

    async def _begin(self, surroundings: Surroundings) -> None:
        """One behind the other. What could not be begun keeps the run from starting anything, but not from its rest."""
        left, ended = self._due(), False
        while left and not self.objection and self._ledger.board.halt is None:
            found = await self._begin_one(surroundings, left.pop(0))
            ended = ended or found.state == "restored"
            self._ring()
        self._over = bool(self.objection) or not (left or ended)
        self._ring()

    async def _begin_one(self, surroundings: Surroundings, effect: Effect) -> Effect:
        try:
            found = await surroundings.begin(effect)
        except StairliftError as error:
            self.objection = f"{error.code} {effect.subject}: {error.brief}"
            self._news.append((effect, error.brief))
            return effect
        if found != effect:
            self._news.append((found, ""))
        return found

    def _due(self) -> list[Effect]:
        known = {effect.id: effect for effect in self._ledger.effects()}
        return [known[i.id] for i in self._parts if known[i.id].open]


def _told(effect: Effect, why: str, now: datetime) -> Change:
    if why:
        return changes.not_made(effect, why, now)
    return changes.put_back(effect, now) if effect.state == "restored" else changes.surrounded(effect, now)


def _numbered(intentions: Sequence[Intention], known: Iterable[Effect]) -> list[Intention]:
    """With their places, and each with the next number."""
    before = {effect.id: int(effect.details.get("number", 0)) for effect in known}
    return [
        replace(one, details={**one.details, "place": place, "number": before.get(one.id, 0) + 1})
        for place, one in enumerate(intentions)
    ]
