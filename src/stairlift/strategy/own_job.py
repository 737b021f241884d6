"""What programs of ours tell while they do the work of a strategy, and what that means.

They tell, in lines of the progress file of their attempt:
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
from pathlib import Path
from typing import Any, get_args

from stairlift.model.effect import EffectState
from stairlift.model.work import Outcome, Verdict
from stairlift.strategy.endings import ending, last_line
from stairlift.strategy.progress import events

_STATES = get_args(EffectState)


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
