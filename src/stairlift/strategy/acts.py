"""What one attempt does, act by act, for strategies that start more than one program; `relay` carries it out."""

import json
import re
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from stairlift.model.work import Assignment, Job, Verdict
from stairlift.strategy.endings import last_line
from stairlift.strategy.on_host import BEGUN, ENDED
from stairlift.strategy.progress import events

_RELAY = str(Path(__file__).with_name("relay.py"))
_FILE = "acts.json"
#: What ssh leaves with for troubles of its own, ssh(1).
SSH_TROUBLE = 255
_SECTION = re.compile(r"^>>> stairlift (\w+)\r?$.*?^<<< stairlift \1\r?$", re.MULTILINE | re.DOTALL)
_GOOD_BYE = re.compile(r"^Connection to \S+ closed\.\r?$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Act:
    """One command line for one host. `text` tells a person what it is.

    After a return code of `good` the next act follows; after one of `again` it is repeated. `progress` is a regular
    expression with the groups text, done and total, `telling` one for lines that say why it failed.
    """

    host: str
    argv: tuple[str, ...]
    text: str
    good: tuple[int, ...] = (0,)
    again: tuple[int, ...] = ()
    progress: str = ""
    telling: str = ""


@dataclass(frozen=True, slots=True)
class Acted:
    """What is on record of an act: its return code, None where it did not end, and what was noted of its output."""

    host: str
    text: str
    returncode: int | None = None
    sections: Mapping[str, str] = field(default_factory=dict)
    said: tuple[str, ...] = ()


def job_of(assignment: Assignment, acts: tuple[Act, ...], cwd: Path) -> Job:
    """The job that carries out the acts, one after the other, until one does not go well."""
    argv = (sys.executable, "-I", "-S", _RELAY, str(assignment.folder / _FILE))
    return Job(argv=argv, cwd=str(cwd), files={_FILE: json.dumps([asdict(act) for act in acts], indent=1) + "\n"})


def acted(progress: str) -> tuple[Acted, ...]:
    """What the progress file says of the acts that were begun, in order; torn lines are passed over."""
    found: dict[int, Acted] = {}
    for note in events(progress):
        number, kind = note.get("act"), note.get("kind")
        if not isinstance(number, int):
            continue
        if kind == "act":
            found[number] = Acted(str(note.get("host")), str(note.get("text")))
        elif number in found:
            found[number] = _with(found[number], note)
    return tuple(found[number] for number in sorted(found))


def _with(act: Acted, note: Mapping[str, Any]) -> Acted:
    match note:
        case {"kind": "end", "returncode": int(code)}:
            return replace(act, returncode=code)
        case {"kind": "section", "name": str(name), "text": str(text)}:
            return replace(act, sections={**act.sections, name: text})
        case {"kind": "said", "text": str(text)}:
            return replace(act, said=(*act.said, text))
    return act


def last_said(log: str) -> str:
    """The last line of a log that is none of our scripts', and not the good-bye of ssh."""
    return last_line(_GOOD_BYE.sub("", _SECTION.sub("", log)))


def connection_verdict(act: Acted | None, said: str) -> Verdict | None:
    """What it means where ssh, and not the command, gave an act's code; None where it was the command.

    Before the host said that it had begun, nothing was done there. Afterwards nobody knows how far it came: the host
    ends the command once it notices, which a broken network may delay until its TCP gives up.
    """
    if act is None or act.returncode != SSH_TROUBLE or ENDED in act.sections:
        return None
    if BEGUN in act.sections:
        reason = f"{act.host}: the connection was lost in the middle of {act.text!r}; how far it came is not known"
        return Verdict("unknown", reason)
    return Verdict(
        "failed", f"{act.host}: no connection, nothing was done there: {said or 'ssh gave no reason'}", temporary=True
    )
