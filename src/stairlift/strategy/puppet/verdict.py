"""What a run of Puppet proves. Its exit status alone proves little: 0 is also "only looked" and "no tag matched"."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from stairlift.model.work import Outcome, Verdict
from stairlift.strategy.acts import Acted, acted, connection_verdict, last_said
from stairlift.strategy.endings import ending, signal_name
from stairlift.strategy.on_host import BEGUN, LOCK_HELD
from stairlift.strategy.puppet.doings import Doing

#: Lines that tell why a run failed. Facter complains of /proc/1 wherever it is not root of the whole machine.
TELLING = r"^(Error: (?!Facter: )|Notice: (Skipping run|Run of .* already in progress|Exiting now because))"
#: What each code of --detailed-exitcodes means where it is no success, puppet-agent(8).
_MEANING = {
    1: "Puppet did not run",
    4: "resources failed",
    6: "changes were made and resources failed",
}
#: After these a service or a database step that was to be triggered may be lost for good.
_LOST_REFRESH = (4, 6)
_FORGETS = " (Puppet does not repeat a refresh that failed; a retry restarts the services itself)"
#: Nothing was applied, and it may work in a while.
_PASSING = re.compile(
    r"already in progress|maxwaitforlock|Failed to open TCP connection|No more routes to|Connection to \S+ failed"
)
_INTERRUPTED = range(129, 129 + 64)
_REASON_CHARACTERS = 400


@dataclass(frozen=True, slots=True)
class Summary:
    """What last_run_summary.yaml says of a run; `at` is in seconds since 1970 by the host's clock."""

    at: int
    environment: str
    resources: Mapping[str, int]
    events: Mapping[str, int]

    @classmethod
    def read(cls, text: str) -> "Summary | None":
        """None where it is torn or none of Puppet's."""
        try:
            found = yaml.safe_load(text)
            return cls(
                at=int(found["time"]["last_run"]),
                environment=str((found.get("application") or {}).get("converged_environment", "")),
                resources=_numbers(found["resources"]),
                events=_numbers(found["events"]),
            )
        except (yaml.YAMLError, TypeError, KeyError, ValueError, AttributeError):
            return None


def judge(planned: Sequence[Doing], outcome: Outcome) -> Verdict:
    """Done means: every act ended well, and each run of Puppet has a summary of its own that shows work."""
    records = acted(outcome.progress)
    if outcome.returncode != 0:
        return _not_well(planned, records, outcome)
    if len(records) < len(planned) or any(record.returncode is None for record in records):
        return Verdict("failed", "it ended well and left no report of every act; see the log")
    for doing, record in zip(planned, records, strict=False):
        reason = _doubt(doing, record) if doing.is_run else None
        if reason is not None:
            return Verdict("failed", f"{doing.host}: {reason}"[:_REASON_CHARACTERS])
    return Verdict("done", facts=_facts(planned, records))


def _not_well(planned: Sequence[Doing], records: Sequence[Acted], outcome: Outcome) -> Verdict:
    code = outcome.returncode
    if code < 0 or code in _INTERRUPTED:
        by = signal_name(-code if code < 0 else code - 128)
        return Verdict("unknown", f"it was interrupted ({by}), and ended on the host wherever it was")
    last = records[-1] if records else None
    connection = connection_verdict(last, last_said(outcome.log_tail))
    if connection is not None or last is None:
        return connection or Verdict("failed", f"{ending(code)}, before anything was begun")
    if code == LOCK_HELD and BEGUN not in last.sections:
        return Verdict("failed", f"{last.host}: another run of Stairlift's holds the lock there", temporary=True)
    doing = planned[len(records) - 1] if len(records) <= len(planned) else None
    return _failed_run(last, code) if doing and doing.is_run else _failed_command(last, code, outcome)


def _failed_run(record: Acted, code: int) -> Verdict:
    said = record.said[0] if record.said else ""
    reason = f"{record.host}: {_MEANING.get(code, ending(code))}"
    reason += f": {said.removeprefix('Error: ').removeprefix('Notice: ')}" if said else ""
    if code in _LOST_REFRESH:
        reason = f"{reason[: _REASON_CHARACTERS - len(_FORGETS)]}{_FORGETS}"
    temporary = code == 1 and any(_PASSING.search(line) for line in record.said)
    return Verdict("failed", reason[:_REASON_CHARACTERS], temporary=temporary)


def _failed_command(record: Acted, code: int, outcome: Outcome) -> Verdict:
    said = last_said(outcome.log_tail)
    return Verdict("failed", f"{record.host}: {record.text}: {ending(code)}" + (f": {said}" if said else ""))


def _doubt(doing: Doing, record: Acted) -> str | None:
    """Why a run that left 0 or 2 has not done what the step asks for; None where it has."""
    summary = Summary.read(record.sections.get("summary", ""))
    if summary is None:
        return "Puppet left no summary that can be read, so that nothing is known of its run"
    begun = record.sections.get(BEGUN, "")
    if not begun.isdecimal() or summary.at < int(begun):
        return "Puppet's summary is that of an earlier run: this one did not come to its end"
    return next(_doubts(doing, record, summary), None)


def _doubts(doing: Doing, record: Acted, summary: Summary) -> Iterator[str]:
    count = summary.resources.get
    if count("failed", 0) or count("failed_to_restart", 0):
        yield f"{count('failed', 0)} resources failed and {count('failed_to_restart', 0)} did not restart"
    if doing.environment and summary.environment not in ("", doing.environment):
        yield f"the run was in environment {summary.environment}, not {doing.environment}: the server said so"
    if count("skipped", 0) >= count("total", 0):
        yield f"nothing was applied: all {count('total', 0)} resources were skipped, no tag matches one"
    missed = [tag for tag, number in _applied(record) if tag in doing.wanted and number == 0]
    if missed:
        yield f"nothing was applied for {', '.join(missed)}: no resource of the catalog has that tag"
    looked = summary.events.get("noop", 0)
    if looked and not doing.noop and not count("changed", 0):
        yield f"nothing was changed: {looked} changes were only looked at, their resources say noop"


def _applied(record: Acted) -> Iterator[tuple[str, int]]:
    for line in record.sections.get("applied", "").splitlines():
        tag, _, number = line.rpartition(" ")
        if number.isdecimal():
            yield tag, int(number)


def _facts(planned: Sequence[Doing], records: Sequence[Acted]) -> Mapping[str, str]:
    pairs = [
        (d, Summary.read(r.sections.get("summary", ""))) for d, r in zip(planned, records, strict=False) if d.is_run
    ]
    summaries = [summary for _, summary in pairs if summary is not None]
    if not summaries:
        return {}
    totals = {key: sum(s.resources.get(key, 0) for s in summaries) for key in ("total", "changed", "restarted")}
    totals["noop"] = sum(s.events.get("noop", 0) for s in summaries)
    return {key: str(value) for key, value in totals.items()}


def _numbers(table: Mapping[str, Any]) -> Mapping[str, int]:
    return {key: value for key, value in table.items() if isinstance(value, int)}
