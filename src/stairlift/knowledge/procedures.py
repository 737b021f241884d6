"""How each project is upgraded: database steps, pins, cold or rolling, and what exit codes mean."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal, cast, get_args

from stairlift.knowledge.binaries import binary
from stairlift.knowledge.document import Entry, invalid, read
from stairlift.model.cloud import Service
from stairlift.model.release import Release

Meaning = Literal["ok", "again", "warning", "pending", "stop"]
_CONFIGURATION = re.compile(r" --config-(?:file|dir)[ =]\S+")
MEANINGS = ("ok", "again", "warning", "pending", "stop")
#: How far a project's own upgrade tests go: over a release with everything stopped, to the next one, or none was found.
Skips = Literal["tested", "one-release", ""]


@dataclass(frozen=True, slots=True)
class DbGate:
    """What is asked behind a database step, and the exit codes after which to go on."""

    command: str
    accepts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class DbStep:
    """The commands of a database step, for people to read and for a deployer to run, one after the other."""

    commands: tuple[str, ...]
    gate: DbGate | None = None


@dataclass(frozen=True, slots=True)
class Offline:
    """A database step for which all of `stop` end everywhere, in this order: what grows and what sheds, in one go.

    Hops up to the release `until` need it; later ones where an operator asks for it.
    """

    step: DbStep
    stop: tuple[str, ...]
    until: Release
    reason: str


@dataclass(frozen=True, slots=True)
class Stopping:
    """Services that, from `first` on, wait so many seconds before they end, and are cut off after `within`."""

    services: tuple[str, ...]
    first: Release
    seconds: int
    within: int


@dataclass(frozen=True, slots=True)
class Procedure:
    """What a plan needs to know of a project's upgrade.

    `owner` are the components on whose host database steps run, in order of preference. `cold` projects stop all their
    services around the database step, and `cold_reason` says why. `check` is the status check, run before the
    expansion or, where `check_after` is "db-expand", after it. `stop` is the order in which a cold project stops.
    `before` is what people do by hand before a hop.
    """

    project: str
    owner: tuple[str, ...]
    check: str
    check_after: Literal["", "db-expand"]
    db_expand: DbStep | None
    db_migrate: DbStep | None
    db_contract: DbStep | None
    unpin: tuple[str, ...]
    unpin_how: str
    cold: bool
    cold_reason: str
    stop: tuple[str, ...]
    note: str
    source: str
    offline: Offline | None = None
    skips: Skips = ""
    before: str = ""
    stopping: tuple[Stopping, ...] = ()

    @property
    def has_database(self) -> bool:
        """Whether the project keeps a schema of its own."""
        return any((self.db_expand, self.db_migrate, self.db_contract))

    def owner_among(self, services: Iterable[Service]) -> Service | None:
        """Where once-only steps run: on the host of the component that owns the database; None where none is known."""
        mine = [s for s in services if s.binary in self.owner]
        return min(mine, key=lambda s: (self.owner.index(s.binary), s.host), default=None)

    def wait_to_stop(self, service: str, release: Release) -> int:
        """For how many seconds a service of this release waits before it ends; 0 where it ends at once."""
        return max((s.seconds for s in self.stopping if service in s.services and s.first <= release), default=0)

    def database_step(self, action: str, stage: str = "") -> DbStep | None:
        """What a plan's action comes to; None for one that is no database step, or that the project does not have.

        A contraction in the stage of the control plane comes before the new code, and takes the expansion along.
        """
        if self.offline and (action, stage) == ("db-contract", "control"):
            return self.offline.step
        steps = {"db-expand": self.db_expand, "db-migrate": self.db_migrate, "db-contract": self.db_contract}
        return steps.get(action)


@dataclass(frozen=True, slots=True)
class ExitCodes:
    """What the exit codes of a command mean, by its beginning."""

    command: str
    meanings: Mapping[int, tuple[Meaning, str]]
    otherwise: Meaning
    source: str


@dataclass(frozen=True, slots=True)
class Procedures:
    """The content of a procedures file."""

    by_project: Mapping[str, Procedure]
    exit_codes: tuple[ExitCodes, ...]


def procedures_of(document: Entry) -> Procedures:
    """The content of a procedures file; a component that no data file knows is an error."""
    found = {name: _procedure(name, entry) for name, entry in document.children("procedures").items()}
    codes = tuple(_exit_codes(entry) for entry in document.entries("exit_codes"))
    document.close()
    named = {name for one in found.values() for name in _components(one)}
    unknown = {name for name in named if binary(name) is None}
    if unknown:
        raise invalid(document.where, f"components are unknown: {sorted(unknown)}")
    return Procedures(found, codes)


def _components(one: Procedure) -> tuple[str, ...]:
    late = (name for stopping in one.stopping for name in stopping.services)
    return (*one.owner, *one.unpin, *one.stop, *(one.offline.stop if one.offline else ()), *late)


def _procedure(project: str, entry: Entry) -> Procedure:
    one = Procedure(
        project=project,
        owner=entry.texts("owner"),
        check=entry.text("check", ""),
        check_after=cast("Literal['', 'db-expand']", entry.text("check_after", "", among=("", "db-expand"))),
        db_expand=_step(entry, "db_expand"),
        db_migrate=_step(entry, "db_migrate"),
        db_contract=_step(entry, "db_contract"),
        unpin=entry.texts("unpin"),
        unpin_how=entry.text("unpin_how", ""),
        cold=entry.flag("cold"),
        cold_reason=entry.text("cold_reason", ""),
        stop=entry.texts("stop"),
        note=entry.text("note", ""),
        source=entry.source(),
        offline=_offline(entry),
        skips=cast("Skips", entry.text("skips", "", among=get_args(Skips))),
        before=entry.text("before", ""),
        stopping=tuple(_stopping(child) for child in entry.entries("stopping")),
    )
    entry.close()
    if one.has_database and not one.owner:
        raise invalid(entry.where, "a database step needs an owner")
    if one.cold != bool(one.cold_reason) or bool(one.unpin) != bool(one.unpin_how):
        raise invalid(entry.where, "what is cold says why, and what is unpinned says how")
    return one


def _step(entry: Entry, key: str) -> DbStep | None:
    child = entry.child(key)
    if child is None:
        return None
    step = _commands(child)
    _close(child, step)
    return step


def _commands(entry: Entry) -> DbStep:
    return DbStep(entry.texts("commands"), _gate(entry.child("gate")))


def _close(entry: Entry, step: DbStep) -> None:
    entry.close()
    if not step.commands:
        raise invalid(entry.where, "a database step needs commands")


def _gate(entry: Entry | None) -> DbGate | None:
    if entry is None:
        return None
    gate = DbGate(entry.text("command"), entry.counts("accepts"))
    entry.close()
    if not gate.accepts:
        raise invalid(entry.where, "a gate accepts at least one exit code")
    return gate


def _offline(entry: Entry) -> Offline | None:
    child = entry.child("offline")
    if child is None:
        return None
    offline = Offline(_commands(child), child.texts("stop"), _release(child, "until"), child.text("reason"))
    _close(child, offline.step)
    if not offline.stop:
        raise invalid(child.where, "what is done offline says what stops")
    return offline


def _stopping(entry: Entry) -> Stopping:
    first = _release(entry, "first")
    one = Stopping(entry.texts("services"), first, entry.number("seconds"), entry.number("within"))
    entry.finish()
    if one.seconds > one.within:
        raise invalid(entry.where, "a wait is not longer than what cuts it off")
    return one


def _release(entry: Entry, key: str) -> Release:
    found = entry.release(key)
    if found is None:
        raise invalid(entry.where, f"a release is missing: {key}")
    return found


def _exit_codes(entry: Entry) -> ExitCodes:
    one = ExitCodes(
        command=entry.text("command"),
        meanings=dict(_meaning(entry, code, text) for code, text in entry.mapping("codes").items()),
        otherwise=cast("Meaning", entry.text("otherwise", "stop", among=MEANINGS)),
        source=entry.source(),
    )
    entry.close()
    return one


def _meaning(entry: Entry, code: str, text: str) -> tuple[int, tuple[Meaning, str]]:
    word, _, rest = text.partition(": ")
    if not code.isdecimal() or word not in MEANINGS:
        raise invalid(entry.where, f"exit code {code!r} with {word!r}; it must be a number with one of {MEANINGS}")
    return int(code), (cast("Meaning", word), rest)


@cache
def _procedures() -> Procedures:
    return procedures_of(read("procedures.yaml"))


def procedure(project: str) -> Procedure | None:
    """How a project is upgraded; None for one of which nothing is known."""
    return _procedures().by_project.get(project)


def all_procedures() -> tuple[Procedure, ...]:
    """Every known procedure."""
    return tuple(_procedures().by_project.values())


def exit_codes(command: str) -> ExitCodes | None:
    """What is known of a command's exit codes: the longest known beginning counts, whatever its configuration files."""
    bare = _CONFIGURATION.sub("", command) + " "
    fitting = [one for one in _procedures().exit_codes if bare.startswith(f"{one.command} ")]
    return max(fitting, key=lambda one: len(one.command), default=None)


def meaning_of(command: str, code: int) -> tuple[Meaning, str]:
    """What it means that this command ended with this code, and in words; an unknown command's code 0 is ok."""
    known = exit_codes(command)
    if known is None:
        return ("ok", "") if code == 0 else ("stop", f"exit code {code}")
    return known.meanings.get(code, (known.otherwise, f"exit code {code}"))
