"""What people tell runs through a server: by who has seen how the run stands, and each word once.

Of two who act on the same sight of a run one is heard and the other told what has happened meanwhile. Within a server a
lock sees to it. Between two servers of one journal the command's id does, which is made of what was seen: the second
finds it taken. Whoever sends a key of his own has the id made of that instead; should two such words still go on
record side by side, the orchestrator judges each once more when it acts on it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from secrets import token_hex
from threading import Lock
from types import MappingProxyType
from typing import Any, cast

from stairlift.drive.choices import choices_of_plan
from stairlift.drive.commands import tell, witness
from stairlift.model.choice import Choices, Verb
from stairlift.model.errors import Refusal, StairliftError, UsageError
from stairlift.model.run import Command, CommandKind, Run
from stairlift.model.scope import Scope
from stairlift.report.choices import match, tag
from stairlift.report.text import clock
from stairlift.run.commands import resume_refusal
from stairlift.run.transitions import RUN_COMMANDS
from stairlift.wiring.clock import now
from stairlift.wiring.office import Office
from stairlift.wiring.server.attendance import Attendance
from stairlift.wiring.server.overviews import Overviews


@dataclass(frozen=True, slots=True)
class Word:
    """What somebody tells a run. `step` of an approval may be the plan's hash; "" means the run as a whole.

    `yes`, of resume: the plan and every gate of the run are approved, one-way steps included.
    """

    verb: Verb
    step: str = ""
    stage: str = ""
    now: bool = False
    reason: str = ""
    yes: bool = False

    @property
    def details(self) -> dict[str, Any]:
        """As commands have them."""
        return ({"now": True} if self.now else {}) | ({"stage": self.stage} if self.stage else {})


@dataclass(frozen=True, slots=True)
class Sight:
    """Who tells it, having seen what: `seen` are the tags that were shown with it. `key` is the sender's own.

    `via` is the way that it came, which goes on record with it: the token's id and the address.
    """

    actor: str
    seen: frozenset[str] = frozenset()
    key: str = ""
    via: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Steering:
    """Any thread may use it."""

    office: Office
    attendance: Attendance
    overviews: Overviews
    locks: dict[str, Lock] = field(default_factory=dict)

    def choices(self, run: Run) -> Choices:
        """What can be told to a run now."""
        return self.overviews.choices(run)

    def choices_of_plan(self, run: Run) -> Choices:
        """Of these what can be told about its plan."""
        return choices_of_plan(self.office.store, run)

    def tell(self, run_id: str, word: Word, sight: Sight) -> Command:
        """Put a word on record and have somebody act on it soon; the command as it stands.

        Raises Refusal (request.stale) where it has been told something since it was seen, UsageError (run.bad_command),
        and as `drive.commands.tell` and `Attendance.take_up` do.
        """
        _demand_sense(word)
        with self.locks.setdefault(run_id, Lock()):
            run = self.office.store.run(run_id)
            command = _command(run, word, sight)
            if sight.key and command.id in {c.id for c in self.office.store.commands(run_id)}:
                return tell(self.office.store, self.overviews.plan(run), command)
            found = self.choices(run)
            if sight.seen.isdisjoint({tag(found), match(found, word.step)}):
                raise stale(found, word.step)
            return self._resume(run, command, yes=word.yes) if word.verb == "resume" else self._record(found, command)

    def _record(self, found: Choices, command: Command) -> Command:
        run = found.run
        try:
            told = tell(self.office.store, self.overviews.plan(run), command)
        except Refusal as refused:
            if refused.code == "run.command_conflict":  # on another server
                raise stale(self.choices(run), command.step) from refused
            raise
        if told.actor != command.actor:
            raise stale(self.choices(run), command.step)
        if told.result is None:
            witness(self.office.store, run, told)
            self.attendance.nudge(run.id)
        return told

    def bar(self, run: Run, word: Word, sight: Sight, refused: StairliftError) -> None:
        """Put on record what the server did not let pass, as it was told and with why. Raises StairliftError (store.*).

        It is settled from the start: no orchestrator ever acts on it.
        """
        barred = {"barred": refused.code}
        command = _command(run, word, replace(sight, key=token_hex(8)), barred)
        command = replace(command, result="refused", answer=refused.brief)
        self.office.store.tell(command)
        witness(self.office.store, run, command, "command.refused")

    def _resume(self, run: Run, command: Command, *, yes: bool) -> Command:
        """Not recorded: that somebody sets to work is an event of its own."""
        refused = resume_refusal(run, self.office.store.orchestrator(run.cloud))
        if refused is not None:
            raise refused
        if yes and not Scope.of(run).approved:
            approval = replace(command, id=token_hex(16), kind="approve", step=run.plan_hash, reason="--yes")
            tell(self.office.store, self.overviews.plan(run), approval)
        self.attendance.take_up(run.id, command.actor, approve_all=yes)
        return replace(command, result="applied", answer="it is taken up")


def _command(run: Run, word: Word, sight: Sight, more: Mapping[str, Any] = MappingProxyType({})) -> Command:
    kind = cast("CommandKind", word.verb)
    what = ("key", sight.actor, sight.key) if sight.key else ("seen", word.step, *sorted(sight.seen))
    name = sha256("\n".join((run.id, *what)).encode(errors="surrogatepass")).hexdigest()[:40]
    via = {"via": dict(sight.via)} if sight.via else {}
    details = {**word.details, **via, **more}
    return Command(name, run.id, kind, word.step, sight.actor, word.reason, now(), details=details)


def _demand_sense(word: Word) -> None:
    """A step where one is meant, and none where the run is; the details of commands are judged by `tell`."""
    resumes = word.verb == "resume"
    whole = resumes or word.verb in RUN_COMMANDS
    if whole != bool(word.step) and not (resumes and word.details) and (resumes or not word.yes):
        return
    raise UsageError(
        code="run.bad_command",
        brief=f"{word.verb} is about the run as a whole" if whole else f"{word.verb} is about a step: which?",
        resolution="Leave step, stage, now and yes out where they mean nothing.",
    )


def stale(found: Choices, step: str) -> Refusal:
    """Whoever acts has not seen what others did; it says what that was."""
    run = found.run
    about = {"", run.plan_hash, step}
    last = max((c for c in found.commands if c.step in about), key=lambda c: c.at, default=None)
    return Refusal(
        code="request.stale",
        brief=f"run {run.id} is no longer as it was when you looked",
        details=f"it is {run.state}" + (f"; {_said(last, run)}" if last else ""),
        resolution="Look again (GET its actions), and tell it once more if you still mean it.",
    )


def _said(command: Command, run: Run) -> str:
    """Who has told it what, last."""
    of = " the plan" if command.step == run.plan_hash else f" step {command.step}" if command.step else ""
    came = {"applied": ", which was done", "refused": f", which was refused: {command.answer}"}
    after = came.get(command.result or "", "")
    return f"{command.actor} told it to {command.kind}{of} at {clock(command.at)}{after}"
