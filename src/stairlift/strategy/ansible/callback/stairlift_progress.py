"""Ansible callback plug-in: tells Stairlift what a playbook is doing, one JSON object per line.

It runs inside the operator's own ansible-playbook (ansible-core 2.15 and later), beside the operator's callbacks, and
appends to the file that STAIRLIFT_PROGRESS names; without that variable it does nothing. A file rather than a pipe,
because the playbook outlives its reader. A line that cannot be written is lost: an upgrade never waits for its log.

Every line has `kind`, `text` (what to show to a person), `at` (seconds since 1970), `run`, `step`, `attempt` and `seq`:
kind       further keys
playbook   name, limit, check, ansible (version)
play       name
no-hosts
task       name, uuid, where
host       host, task, uuid, result (ok, changed, failed, unreachable, skipped), ignored, rescuable; of a failure msg,
           rc, and the ends of stdout and stderr. No other key of a result leaves Ansible, none at all under no_log.
retry      host, task, uuid, attempts, retries
stats      check; hosts: {name: {ok, changed, unreachable, failures, skipped, rescued, ignored, worked}}. `worked`
           counts the results that were ok and more than looking: gathering facts, grouping hosts and including files
           are not work.
"""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import wraps
from pathlib import PurePath
from typing import Any

from ansible import constants, context  # type: ignore[import-untyped]
from ansible.plugins.callback import CallbackBase  # type: ignore[import-untyped]
from ansible.release import __version__ as ansible_version  # type: ignore[import-untyped]

DOCUMENTATION = """
name: stairlift_progress
type: notification
short_description: appends what a playbook is doing to the file that STAIRLIFT_PROGRESS names
description:
  - Writes JSON lines for Stairlift. Does nothing where STAIRLIFT_PROGRESS is not set.
"""

_REPORTED = "STAIRLIFT_REPORTED"
_MESSAGE_CHARACTERS = 1000
_TAIL_BYTES = 4096
#: Seconds between two looks of a waiting ansible-playbook at its workers. Its own default of 1 ms costs 5 to 10 % of
#: a core for as long as a task takes; a task's result is now seen up to this much later.
_POLL_INTERVAL = 0.05
_NO_WORK = frozenset(
    prefix + action
    for prefix in ("", "ansible.builtin.", "ansible.legacy.")
    for action in (
        *("setup", "gather_facts", "group_by", "meta"),
        *("include_tasks", "include_role", "import_tasks", "import_role"),
    )
)


class ProgressFile:
    """Appends lines, each in one write, and swallows every error of the operating system."""

    def __init__(self, path: str) -> None:
        self._torn = False
        self._file: int | None = None
        with suppress(OSError):
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NONBLOCK | os.O_CLOEXEC
            self._file = os.open(path, flags, 0o600)

    def append(self, line: str) -> None:
        """Add a line. One that was cut short before, by a full disk, is ended first so that it spoils no other."""
        if self._file is None:
            return
        data = (("\n" if self._torn else "") + line + "\n").encode()
        with suppress(OSError):
            self._torn = os.write(self._file, data) < len(data)


def _quietly(handler: Callable[..., None]) -> Callable[..., None]:
    """A flaw in here must not become a warning in the operator's run."""

    @wraps(handler)
    def guarded(*args: Any, **kwargs: Any) -> None:
        with suppress(Exception):
            handler(*args, **kwargs)

    return guarded


class CallbackModule(CallbackBase):  # type: ignore[misc]
    """Loaded from its folder alone: it must not need enabling, as some wrappers set the list of enabled callbacks."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "stairlift_progress"
    CALLBACK_NEEDS_ENABLED = False

    def __init__(self) -> None:
        super().__init__()
        path = os.environ.get("STAIRLIFT_PROGRESS", "")
        # Only the outermost reports: an ansible-playbook that a task of it starts would be taken for it. The path stays
        # in the environment, because an executor tells by it which processes belong to the attempt.
        self.disabled = not path or os.environ.get(_REPORTED) == path
        os.environ[_REPORTED] = path
        self._file = ProgressFile("" if self.disabled else path)
        self._check = bool(context.CLIARGS.get("check"))
        self._seq = 0
        self._worked: Counter[str] = Counter()
        self._of_run = {key: os.environ.get(f"STAIRLIFT_{key.upper()}", "") for key in ("run", "step", "attempt")}
        if not self.disabled:
            _rest_while_waiting()

    def _say(self, kind: str, text: str, **more: Any) -> None:
        self._seq += 1
        event = {"kind": kind, "text": text, "at": round(time.time(), 3), **self._of_run, "seq": self._seq, **more}
        self._file.append(json.dumps(event, separators=(",", ":"), default=str))

    @_quietly
    def v2_playbook_on_start(self, playbook: Any) -> None:
        name = PurePath(_of(playbook, "file_name")).name
        more = {"limit": context.CLIARGS.get("subset"), "check": self._check, "ansible": ansible_version}
        self._say("playbook", f"PLAYBOOK {name}", name=name, **more)

    @_quietly
    def v2_playbook_on_play_start(self, play: Any) -> None:
        name = play.get_name().strip()
        self._say("play", f"PLAY [{name}]", name=name)

    @_quietly
    def v2_playbook_on_no_hosts_matched(self) -> None:
        self._say("no-hosts", "no host matched")

    @_quietly
    def v2_playbook_on_task_start(self, task: Any, is_conditional: bool) -> None:  # noqa: ARG002
        self._task("TASK", task)

    @_quietly
    def v2_playbook_on_handler_task_start(self, task: Any) -> None:
        self._task("HANDLER", task)

    def _task(self, word: str, task: Any) -> None:
        name = task.get_name().strip()
        self._say("task", f"{word} [{name}]", name=name, uuid=_of(task, "uuid"), where=str(task.get_path() or ""))

    @_quietly
    def v2_runner_on_ok(self, result: Any) -> None:
        changed = bool(_of(result, "result").get("changed"))
        if _of(result, "task").action not in _NO_WORK:
            self._worked[_of(result, "host").get_name()] += 1
        self._host("changed" if changed else "ok", result)

    @_quietly
    def v2_runner_on_skipped(self, result: Any) -> None:
        self._host("skipped", result)

    @_quietly
    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        self._host("failed", result, ignored=bool(ignore_errors), **_details(result))

    @_quietly
    def v2_runner_on_unreachable(self, result: Any) -> None:
        self._host("unreachable", result, ignored=bool(_of(result, "task").ignore_unreachable), **_details(result))

    def _host(self, outcome: str, result: Any, **more: Any) -> None:
        host, task = _of(result, "host").get_name(), _of(result, "task")
        if outcome == "failed":
            more["rescuable"] = _rescuable(task)
        said = f": {more['msg']}" if more.get("msg") else ""
        note = " (ignored)" if more.get("ignored") else ""
        names = {"host": host, "task": task.get_name().strip(), "uuid": _of(task, "uuid")}
        self._say("host", f"{outcome}: [{host}]{said}{note}", result=outcome, **names, **more)

    @_quietly
    def v2_runner_retry(self, result: Any) -> None:
        host, task, outcome = _of(result, "host").get_name(), _of(result, "task"), _of(result, "result")
        attempts, retries = outcome.get("attempts"), outcome.get("retries")
        name = task.get_name().strip()
        more = {"host": host, "task": name, "uuid": _of(task, "uuid"), "attempts": attempts, "retries": retries}
        self._say("retry", f"retrying: [{host}] {name} ({attempts} of {retries})", **more)

    @_quietly
    def v2_playbook_on_stats(self, stats: Any) -> None:
        hosts = {host: {**stats.summarize(host), "worked": self._worked[host]} for host in sorted(stats.processed)}
        recap = "; ".join(
            f"{host} ok={of['ok']} changed={of['changed']} unreachable={of['unreachable']} failed={of['failures']}"
            for host, of in hosts.items()
        )
        self._say("stats", f"RECAP {recap or 'no host'}", check=self._check, hosts=hosts)


def _of(thing: Any, attribute: str) -> Any:
    """What Ansible gives to callbacks: under a name with an underscore, and since 2.19 partly under one without."""
    return getattr(thing, attribute) if hasattr(thing, attribute) else getattr(thing, f"_{attribute}")


def _details(result: Any) -> dict[str, Any]:
    outcome = _of(result, "result")
    if _of(result, "task").no_log or outcome.get("_ansible_no_log") or "censored" in outcome:
        return {"msg": "hidden by no_log"}
    found = _first_failed_item(outcome)
    details: dict[str, Any] = {"msg": str(found.get("msg") or outcome.get("msg") or "")[:_MESSAGE_CHARACTERS]}
    if isinstance(found.get("rc"), int):
        details["rc"] = found["rc"]
    details.update({key: _tail(found[key]) for key in ("stdout", "stderr") if found.get(key)})
    return details


def _first_failed_item(outcome: Mapping[str, Any]) -> Mapping[str, Any]:
    items = outcome.get("results")
    failed = [i for i in items if isinstance(i, dict) and i.get("failed")] if isinstance(items, list) else []
    return failed[0] if failed else outcome


def _tail(text: Any) -> str:
    return str(text).encode("utf-8", "replace")[-_TAIL_BYTES:].decode("utf-8", "ignore")


def _rescuable(task: Any) -> bool:
    """Whether a block around the task has a rescue; whether that went well is only in the stats."""
    parent = _of(task, "parent")
    while parent is not None:
        if getattr(parent, "rescue", None):
            return True
        parent = getattr(parent, "_parent", None)
    return False


def _rest_while_waiting() -> None:
    """Raise the poll interval, unless the operator has chosen one.

    It can be set in ansible.cfg only. A generated one would move the file that its relative paths are relative to.
    """
    with suppress(Exception):
        _, origin = constants.config.get_config_value_and_origin("DEFAULT_INTERNAL_POLL_INTERVAL")
        if origin == "default":
            constants.DEFAULT_INTERNAL_POLL_INTERVAL = _POLL_INTERVAL
