"""What a playbook's end means. Its return code alone proves nothing: 0 also says "nobody was there to do it to"."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stairlift.model.work import Outcome, Verdict
from stairlift.strategy.endings import signal_name, without_colours
from stairlift.strategy.progress import events as events_of

#: Return codes after which Ansible was cut short: 99 is its own for SIGINT, 128 + n a shell's for signal n.
_INTERRUPTED = {99: "SIGINT", 129: "SIGHUP", 130: "SIGINT", 137: "SIGKILL", 143: "SIGTERM"}
#: What ansible-core 2.15 to 2.19 mean by a return code when no host's result explains it.
_MEANING = {
    1: "Ansible did not start the playbook: a playbook, role, file or host that it was given does not exist",
    2: "a host failed, or Ansible does not know one of its arguments",
    4: "a host was unreachable, or the playbook cannot be read",
    5: "a setting in ansible.cfg or in an ANSIBLE_* variable is wrong",
    126: "the command cannot be executed",
    127: "the command was not found",
    250: "Ansible met an unexpected error",
}
_UNREACHABLE = 4
_ERROR_LINE = re.compile(r"^(?:\[ERROR\]:|ERROR!|ERROR:|ansible-playbook: error:)\s*(.+)$", re.MULTILINE)
_YAML_TROUBLE = re.compile(r"YAML parsing failed|Syntax Error while loading YAML")
_PLACE = re.compile(r"Origin: (\S+:\d+:\d+)|in '([^']+)': line (\d+), column (\d+)")
_REASON_CHARACTERS = 400
_COUNTS = ("ok", "changed", "unreachable", "failures", "skipped", "rescued", "ignored", "worked")


@dataclass(frozen=True, slots=True)
class Trouble:
    """A task that went wrong on a host."""

    host: str
    task: str
    message: str
    final: bool

    def __str__(self) -> str:
        return f"{self.host}: task {self.task!r}: {self.message}"


@dataclass(frozen=True, slots=True)
class PlaybookReport:
    """What the progress file says. `hosts` is None until Ansible has given its closing statistics."""

    events: int
    checked: bool
    hosts: Mapping[str, Mapping[str, int]] | None
    troubles: tuple[Trouble, ...]

    @classmethod
    def read(cls, progress: str) -> "PlaybookReport":
        """Read the lines of the callback plug-in; a line that a full disk cut short is passed over."""
        events = tuple(events_of(progress))
        return cls(
            events=len(events),
            checked=any(event.get("check") is True for event in events),
            hosts=_statistics(events),
            troubles=tuple(_trouble(e) for e in events if e.get("result") in ("failed", "unreachable")),
        )

    def count(self, host: str, what: str) -> int:
        """A number of the closing statistics; 0 for a host that they do not mention."""
        return (self.hosts or {}).get(host, {}).get(what, 0)


def judge(hosts: Sequence[str], outcome: Outcome, *, check: bool = False, others: bool = False) -> Verdict:
    """Done means: return code 0, closing statistics, and of every host a task that worked and none that failed.

    `others` says that hosts beside these may have been touched, since no limit kept the playbook from them.
    Interrupted is unknown, since with pipelining the commands that Ansible had started on a host go on without it.
    """
    code = outcome.returncode
    by = signal_name(-code) if code < 0 else _INTERRUPTED.get(code)
    if by is not None:
        return Verdict("unknown", f"Ansible was interrupted ({by}); what it had started on the host may still run")
    report = PlaybookReport.read(outcome.progress)
    reason = _why_not(hosts, outcome, report, check) or (None if others else _strangers(hosts, report))
    if reason is None:
        return Verdict("done", facts=_facts(hosts, report))
    temporary = code == _UNREACHABLE and _only_unreachable(hosts, report)
    return Verdict("failed", reason[:_REASON_CHARACTERS], temporary=temporary)


def _why_not(hosts: Sequence[str], outcome: Outcome, report: PlaybookReport, check: bool) -> str | None:
    if outcome.returncode != 0:
        return _first_trouble(hosts, report) or _complaint(outcome)
    if report.events == 0:
        return (
            "Ansible ended well but reported nothing: its command replaces ANSIBLE_CALLBACK_PLUGINS, or runs elsewhere"
        )
    if report.hosts is None:
        return "Ansible ended without its closing statistics, so that nothing is known of any host"
    if report.checked and not check:
        return "Ansible ran in check mode, which changes nothing"
    return next((said for host in hosts if (said := _not_done(host, report, check))), None)


def _not_done(host: str, report: PlaybookReport, check: bool) -> str | None:
    if report.hosts is None or host not in report.hosts:
        return f"{host}: no task ran there; no play, or no tag, of the playbook matches a host of this name"
    if report.count(host, "failures") or report.count(host, "unreachable"):
        return _first_trouble((host,), report) or f"{host}: a task failed or could not reach it"
    skipped = report.count(host, "skipped")
    # In check mode, most modules that would change something are skipped.
    if report.count(host, "worked") or (check and skipped):
        return None
    return f"{host}: no task did anything; " + (f"all {skipped} were skipped" if skipped else "no tag matches one")


def _strangers(hosts: Sequence[str], report: PlaybookReport) -> str | None:
    others = sorted(set(report.hosts or {}) - set(hosts))
    return f"the playbook also ran on hosts that the step does not name: {', '.join(others)}" if others else None


def _first_trouble(hosts: Sequence[str], report: PlaybookReport) -> str | None:
    """The first failure that nothing ignored or rescued; where statistics tell, of a host that they count as failed."""
    failed = {h for h in hosts if report.count(h, "failures") or report.count(h, "unreachable")}
    of_hosts = [t for t in report.troubles if t.host in failed or report.hosts is None]
    final = [t for t in of_hosts if t.final]
    chosen = final[0] if final else (of_hosts[-1] if of_hosts else None)
    return str(chosen) if chosen else None


def _complaint(outcome: Outcome) -> str:
    """What Ansible said where no host's result explains the return code."""
    log = without_colours(outcome.log_tail)
    place = _PLACE.search(log)
    where = f" at {place[1] or ':'.join(place.groups()[1:])}" if place else ""
    if _YAML_TROUBLE.search(log):
        return f"YAML syntax error{where}"
    said = _ERROR_LINE.findall(log)
    if said:
        return f"{said[0].strip()}{where}"
    meaning = _MEANING.get(outcome.returncode, "no host's result explains it")
    return f"exit status {outcome.returncode}: {meaning}"


def _only_unreachable(hosts: Sequence[str], report: PlaybookReport) -> bool:
    untouched = all(report.count(h, "failures") == report.count(h, "changed") == 0 for h in hosts)
    return untouched and any(report.count(h, "unreachable") for h in hosts)


def _facts(hosts: Sequence[str], report: PlaybookReport) -> Mapping[str, str]:
    return {what: str(sum(report.count(h, what) for h in hosts)) for what in ("ok", "changed", "rescued", "ignored")}


def _statistics(events: Sequence[Mapping[str, Any]]) -> Mapping[str, Mapping[str, int]] | None:
    """The closing statistics; of several, as a wrapper that starts several playbooks leaves, the sums."""
    closing = [e["hosts"] for e in events if e.get("kind") == "stats" and isinstance(e.get("hosts"), Mapping)]
    if not closing:
        return None
    sums: dict[str, Counter[str]] = {}
    for name, numbers in (pair for hosts in closing for pair in hosts.items()):
        given = numbers if isinstance(numbers, Mapping) else {}
        sums.setdefault(name, Counter()).update({w: n for w, n in given.items() if w in _COUNTS and isinstance(n, int)})
    return sums


def _trouble(event: Mapping[str, Any]) -> Trouble:
    return Trouble(
        host=str(event.get("host")),
        task=str(event.get("task")),
        message=str(event.get("msg") or "") or f"exit status {event.get('rc', 'unknown')}",
        final=not event.get("ignored") and not event.get("rescuable"),
    )
