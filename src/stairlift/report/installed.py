"""The strategies and sources that are installed: what each is for, what it can do, and what it lacks here."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from stairlift.model.work import Traits

STRATEGY_COLUMNS = ("NAME", "CLASS", "AT ONCE", "UNDO", "DRY RUN", "REPEAT", "PER HOP", "WHAT IT DOES", "LACKS HERE")
SOURCE_COLUMNS = ("NAME", "CLASS", "ASKS", "WHAT IT TELLS", "LACKS HERE")
_UNKNOWN = "?"


@dataclass(frozen=True, slots=True)
class Installed:
    """A strategy or a source. `broken` is why it cannot be used at all; `package` is who brought it."""

    name: str
    path: str
    package: str
    description: str = ""
    lacks: tuple[str, ...] = ()
    broken: str = ""

    @property
    def kind(self) -> str:
        """The name of its class, or of the value that stands for one."""
        return self.path.partition(":")[2]

    @property
    def trouble(self) -> str:
        """All that is in the way of using it."""
        return f"broken: {self.broken}" if self.broken else "; ".join(self.lacks)

    def document(self) -> dict[str, Any]:
        """What strategies and sources have in common."""
        return {
            "name": self.name,
            "class": self.path,
            "package": self.package,
            "description": self.description,
            "lacks": list(self.lacks),
            "broken": self.broken or None,
        }


@dataclass(frozen=True, slots=True)
class InstalledStrategy:
    """A strategy; `traits` is None where its class does not tell them."""

    entry: Installed
    traits: Traits | None = None
    per_hop: bool = False


@dataclass(frozen=True, slots=True)
class InstalledSource:
    """A source; `credentials` says whether it asks the cloud itself."""

    entry: Installed
    credentials: bool = False


def strategy_rows(found: Sequence[InstalledStrategy]) -> Sequence[tuple[str, ...]]:
    """A row for each, as STRATEGY_COLUMNS name it."""
    return [
        (
            s.entry.name,
            s.entry.kind,
            *_can(s.traits),
            "yes" if s.per_hop else "no",
            s.entry.description,
            s.entry.trouble,
        )
        for s in found
    ]


def _can(traits: Traits | None) -> tuple[str, str, str, str]:
    if traits is None:
        return (_UNKNOWN, _UNKNOWN, _UNKNOWN, _UNKNOWN)
    return (", ".join(traits.concurrency), traits.undo or "no", traits.dry_run or "no", traits.repeatable or "no")


def strategy_documents(found: Sequence[InstalledStrategy]) -> list[dict[str, Any]]:
    """For programs; what nobody told is null."""
    return [{**s.entry.document(), **_traits(s.traits), "per_hop": s.per_hop} for s in found]


def _traits(traits: Traits | None) -> dict[str, Any]:
    if traits is None:
        return {"concurrency": None, "undo": None, "dry_run": None, "repeatable": None}
    return {
        "concurrency": list(traits.concurrency),
        "undo": traits.undo,
        "dry_run": traits.dry_run,
        "repeatable": traits.repeatable,
    }


def source_rows(found: Sequence[InstalledSource]) -> Sequence[tuple[str, ...]]:
    """A row for each, as SOURCE_COLUMNS name it."""
    return [
        (
            s.entry.name,
            s.entry.kind,
            "the cloud" if s.credentials else "what is named",
            s.entry.description,
            s.entry.trouble,
        )
        for s in found
    ]


def source_documents(found: Sequence[InstalledSource]) -> list[dict[str, Any]]:
    """For programs."""
    return [{**s.entry.document(), "credentials": s.credentials} for s in found]
