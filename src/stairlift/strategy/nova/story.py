"""What a drain tells while it goes on: who moves, who is left, since when and why, and what would help."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, Protocol

from stairlift.model.effect import EffectState
from stairlift.model.workload import WISH_KEY, MigrationUnderWay, Server
from stairlift.strategy.nova.view import View

#: "moving": on its way. "busy": Nova is at work on it. "next": its turn comes. "waits": somebody takes it away.
#: "stuck": it cannot leave.
Kind = Literal["moving", "busy", "next", "waits", "stuck"]
_HELPS: dict[Kind, str] = {
    "waits": "ask its owner to move or remove it",
    "stuck": f"ask its owner; then set {WISH_KEY}=skip, stop or cold as a tag on it, or move it by hand, and retry",
    "busy": "wait for Nova, or see the server's own events",
}
_ORDER: tuple[Kind, ...] = ("stuck", "waits", "busy", "moving", "next")
#: So many are told by name.
_MOST = 20


@dataclass(frozen=True, slots=True)
class Left:
    """Somebody who has to leave and has not. `helps` is what a person can do."""

    id: str
    who: str
    why: str
    kind: Kind

    @classmethod
    def of(cls, server: Server, why: str, kind: Kind) -> "Left":
        """A server on the host."""
        return cls(server.id, f"{server.name} (project {server.project})", why, kind)

    @classmethod
    def arriving(cls, migration: MigrationUnderWay) -> "Left":
        """One that is on its way to the host."""
        return cls(migration.server, f"server {migration.server}", f"it is on its way here ({migration.kind})", "busy")

    @classmethod
    def unconfirmed(cls, migration: MigrationUnderWay) -> "Left":
        """One that has gone, and could still come back."""
        why = "its migration away waits for whoever began it to confirm or revert it"
        return cls(migration.server, f"server {migration.server}", why, "waits")


class Teller(Protocol):
    """Who takes the words of a job: `own_job.Notes`."""

    def say(self, text: str) -> None:
        """A line for people."""
        ...

    def tell(self, kind: str, **more: Any) -> None:
        """A line for programs; `task` is what `status` shows."""
        ...

    def effect(self, name: str, state: EffectState, text: str) -> None:
        """What became of a side effect."""
        ...


class Story:
    """Tells by `teller`, the same only once. `clock` is in seconds."""

    def __init__(self, teller: Teller, clock: Callable[[], float]) -> None:
        self._teller = teller
        self._clock = clock
        self._last: object = None
        self._since: dict[tuple[str, str], float] = {}

    def say(self, text: str) -> None:
        """Something that happened."""
        self._teller.say(text)

    def trouble(self, text: str) -> None:
        """Somebody does not answer."""
        self._once("trouble", {"task": f"waits: {text}"})

    def tell(self, seen: View, left: Sequence[Left]) -> None:
        """Who is left just now; nothing where that has not changed."""
        ordered = sorted(left, key=lambda one: (_ORDER.index(one.kind), one.who))
        shown = [self._shown(one) for one in ordered[:_MOST]]
        self._once("left", {"task": _task(seen, ordered, shown), "count": len(left), "left": shown})

    def _shown(self, one: Left) -> dict[str, Any]:
        """With whole minutes only: each is worth a line, a second is not."""
        now = self._clock()
        since = self._since.setdefault((one.id, one.why), now)
        return {**asdict(one), "helps": _HELPS.get(one.kind, ""), "seconds": int((now - since) // 60 * 60)}

    def _once(self, kind: str, line: dict[str, Any]) -> None:
        if line != self._last:
            self._last = line
            self._teller.tell(kind, **line)
            self._teller.say(line["task"])


def _task(seen: View, left: Sequence[Left], shown: Sequence[dict[str, Any]]) -> str:
    """One line: how many, who moves, and of the most troublesome why, for how long, and what helps."""
    if not left:
        return f"{seen.host} is empty" + (f" but for {len(seen.staying)} that may stay" if seen.staying else "")
    first = left[0]
    moving = [f"{_short(one.who)} to {seen.leaving[one.id].target or '?'}" for one in left if one.id in seen.leaving]
    on_their_way = f", {', '.join(moving[:2])} on the way" if moving else ""
    return f"{len(left)} left on {seen.host}{on_their_way}{_trouble(first, shown[0])}"


def _trouble(first: Left, shown: dict[str, Any]) -> str:
    if first.kind == "moving" or (first.kind == "next" and not shown["seconds"]):
        return ""
    since = f" for {shown['seconds'] // 60} min" if shown["seconds"] else ""
    helps = f" ({shown['helps']})" if shown["helps"] else ""
    return f"; {_short(first.who)}{since}: {first.why}{helps}"


def _short(who: str) -> str:
    return who.partition(" (")[0]
