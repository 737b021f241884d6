"""Whether a service logs more trouble behind a step than before it, or what means that releases do not fit together."""

import math
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from stairlift.knowledge.binaries import binary
from stairlift.knowledge.checks import rule
from stairlift.knowledge.complaints import grave_complaints
from stairlift.knowledge.scripts import script

_CODE = "logs.errors"
_FIELDS = 6


@dataclass(frozen=True, slots=True)
class Window:
    """The times that are compared: so long before the work `began`, and lately, but not before it ended (`since`)."""

    began: datetime
    since: datetime
    now: datetime

    @property
    def before(self) -> timedelta:
        """How long the baseline is."""
        return timedelta(minutes=rule(_CODE).limit("baseline_minutes"))

    @property
    def lately(self) -> timedelta:
        """How far back the other count goes: trouble that is over keeps nobody waiting."""
        return timedelta(seconds=rule(_CODE).limit("lately_seconds"))


def logs_script(services: Sequence[str], window: Window) -> str:
    """The script that counts on a host. Words of a service's log never leave it, but for those that are known."""
    known = [(name, one.project) for name in services if (one := binary(name))]
    values = {
        "SERVICES": " ".join(name for name, _ in known),
        "PROJECTS": " ".join(project for _, project in known),
        "FROM": _epoch(window.began - window.before),
        "UNTIL": _epoch(window.began),
        "SINCE": _epoch(window.since),
        "LATELY": _epoch(window.now - window.lately),
        "GRAVE": grave_complaints(),
    }
    return "".join(f"{key}={shlex.quote(value)}\n" for key, value in values.items()) + script("logs.sh")


def _epoch(at: datetime) -> str:
    return str(math.floor(at.timestamp()))


def judge_logs(host: str, services: Sequence[str], out: str, window: Window) -> tuple[list[str], list[str]]:
    """Sentences of what is too much, and of whose log nobody found."""
    lines = out.splitlines()
    if "@end" not in lines:
        return [], [f"logs on {host}: the answer is cut off"]
    rows = {row[1]: row for row in (line.split("\t") for line in lines) if row[0] == "log" and len(row) == _FIELDS}
    unseen = [name for name in services if name not in rows]
    unknown = [f"logs of {', '.join(unseen)} on {host}: none was found"] if unseen else []
    return [text for name in services if name in rows for text in _too_much(host, rows[name], window)], unknown


def _too_much(host: str, row: Sequence[str], window: Window) -> Iterator[str]:
    _, service, _, before, after, words = row
    if words:
        yield f"{service} on {host} logs {words.replace(',', ', ')}"
    share = window.lately / window.before
    allowed = math.ceil(int(before) * share) + rule(_CODE).limit("more_lines")
    if int(after) > allowed:
        seconds = int(window.lately.total_seconds())
        yield f"{service} on {host} logs {after} errors in {seconds} s, more than the {allowed} of before"
