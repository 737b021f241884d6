"""Jobs that are programs of our own: what they are told, what they tell, and what that means.

A job is `python -m MODULE REQUEST` with a file of JSON values. It tells, in lines of its progress file:
kind       further keys
effect     id, state: what became of a side effect
fact       name, text: what is worth to be known of the attempt
progress   text, done, total
end        result ("done" or "failed"), reason, temporary
"""

import json
import os
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any, get_args

from stairlift.model.effect import Effect, EffectState
from stairlift.model.errors import SourceTrouble, StairliftError, Trouble
from stairlift.model.work import Assignment, Job, Outcome, Verdict
from stairlift.strategy.endings import ending, last_line
from stairlift.strategy.progress import events

REQUEST = "request.json"
_STATES = get_args(EffectState)
#: What may be otherwise in a while, without anybody's help.
_PASSES = frozenset({Trouble.TIMEOUT, Trouble.UNREACHABLE, Trouble.SERVER_ERROR})
#: Files of openstacksdk that are found in the current folder, with the variables that name them.
_CLOUDS = {"OS_CLIENT_CONFIG_FILE": "clouds.yaml", "OS_CLIENT_SECURE_FILE": "secure.yaml"}


def own_job(module: str, request: Mapping[str, Any], assignment: Assignment) -> Job:
    """The process for a request. Credentials are not in it: it reads clouds.yaml and OS_* by itself."""
    text = json.dumps(request, indent=1, sort_keys=True)
    argv = (sys.executable, "-m", module, str(assignment.folder / REQUEST))
    return Job(argv, "/", credentials_here(), {REQUEST: text})


def credentials_here() -> dict[str, str]:
    """Where the files with credentials are, for a process that starts in another folder."""
    found = {name: Path(file).absolute() for name, file in _CLOUDS.items() if name not in os.environ}
    return {name: str(file) for name, file in found.items() if file.is_file()}


def effect_documents(effects: Iterable[Effect]) -> list[dict[str, Any]]:
    """What the ledger says, as a request carries it."""
    return [{**asdict(e), "at": e.at.isoformat(), "ended_at": None, "details": dict(e.details)} for e in effects]


def effects_of(documents: Iterable[Mapping[str, Any]]) -> tuple[Effect, ...]:
    """The other way round."""
    return tuple(Effect(**{**told, "at": datetime.fromisoformat(told["at"])}) for told in documents)


class Notes:
    """What a job tells: to people on its log, to its strategy in the progress file."""

    def __init__(self, path: str | None = None) -> None:
        self._path = path if path is not None else os.environ.get("STAIRLIFT_PROGRESS")

    def say(self, text: str) -> None:
        """A line for people."""
        sys.stdout.write(f"{time.strftime('%H:%M:%S')} {text}\n")
        sys.stdout.flush()

    def progress(self, text: str, done: int, total: int) -> None:
        """How far it is."""
        self.say(f"{text} ({done} of {total})")
        self._write("progress", text=text, done=done, total=total)

    def tell(self, kind: str, **more: Any) -> None:
        """Any other line; its `task` is what `status` shows of the attempt."""
        self._write(kind, **more)

    def effect(self, name: str, state: EffectState, text: str) -> None:
        """What became of a side effect."""
        self.say(text)
        self._write("effect", id=name, state=state)

    def fact(self, name: str, text: str) -> None:
        """What is worth to be known of the attempt, whatever comes of it."""
        self.say(text)
        self._write("fact", name=name, text=text)

    def end(self, reason: str = "", *, failed: bool, temporary: bool = False) -> None:
        """How it ends."""
        if reason:
            self.say(reason)
        self._write("end", result="failed" if failed else "done", reason=reason, temporary=temporary)

    def _write(self, kind: str, **more: Any) -> None:
        line = json.dumps({"kind": kind, "at": round(time.time(), 3), **more})
        if self._path:
            with Path(self._path).open("a", encoding="utf-8") as file:
                file.write(line + "\n")


def carry_out(work: Callable[[Mapping[str, Any], Notes], str]) -> int:
    """Do what the request on the command line says; the exit status. `work` gives a reason for people, or ""."""
    request = json.loads(Path(sys.argv[1]).read_text())
    notes = Notes()
    try:
        notes.end(work(request, notes), failed=False)
    except StairliftError as error:
        passes = isinstance(error, SourceTrouble) and error.trouble in _PASSES
        notes.end(error.brief, failed=True, temporary=passes)
        return 1
    return 0


def judge_own(outcome: Outcome) -> Verdict:
    """What a job has told; where it could not say how it ended, its exit status and its last line."""
    told = list(events(outcome.progress))
    effects = {
        str(line["id"]): line["state"] for line in told if line.get("kind") == "effect" and line.get("state") in _STATES
    }
    facts = {str(line["name"]): str(line["text"]) for line in told if line.get("kind") == "fact" and "text" in line}
    last = next((line for line in reversed(told) if line.get("kind") == "end"), None)
    if outcome.returncode == 0:
        return Verdict("done", effects=effects, facts=facts)
    if outcome.returncode < 0:
        reason = f"{ending(outcome.returncode)} half-way; it may simply be done again"
        return Verdict("failed", reason, temporary=True, effects=effects, facts=facts)
    if last is None or not last.get("reason"):
        said = last_line(outcome.log_tail)
        reason = ending(outcome.returncode) + (f": {said}" if said else "")
        return Verdict("failed", reason, effects=effects, facts=facts)
    return Verdict("failed", str(last["reason"]), bool(last.get("temporary")), facts, effects)
