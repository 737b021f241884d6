"""Of the report on a change: what becomes of the servers of the cloud's users, above all of those that cannot move."""

from collections.abc import Sequence

from stairlift.model.finding import Finding
from stairlift.model.plan import Plan
from stairlift.report.paper import Section, grid, section, words

_POLICY = {
    "never": "They stay where they are and go on: an upgrade of services touches no server.",
    "live-migrate": "Each hypervisor is emptied before its upgrade: its servers are migrated live.",
    "cold": "Each hypervisor is emptied before its upgrade: its servers are stopped, moved, and started elsewhere.",
    "wait-empty": "Each hypervisor waits until its owners have taken their servers away.",
}
_TOLD = ("drain.skip", "drain.stop", "drain.wait", "drain.care", "drain.no_room", "drain.tight", "drain.unseen")


def servers(plan: Plan) -> Section:
    """What is done with servers, which of them cannot leave, by owner, and what is to be felt."""
    drain = str(plan.policy.get("drain", "never"))
    staying = sorted(_row(f) for f in plan.findings if f.code == "drain.stays")
    others = [(f.code.removeprefix("drain."), f.message) for f in plan.findings if f.code in _TOLD]
    return section(
        "servers",
        "Servers of the cloud's users",
        words(_POLICY.get(drain, f"The policy on draining is {drain}.")),
        words(_none(staying, drain)),
        grid(("Owner (project)", "Server", "On", "Cannot move, because"), staying),
        grid(("What", "Servers"), others),
    )


def _row(finding: Finding) -> tuple[str, ...]:
    """Plans of before have nothing but the sentence."""
    told = finding.data
    if not told:
        return "unknown", finding.subject, "", finding.message
    server = f"{told.get('server', '')} ({finding.subject})"
    return told.get("project") or "unknown", server, told.get("host", ""), told.get("why", "")


def _none(staying: Sequence[object], drain: str) -> str:
    if staying or drain == "never":
        return ""
    return "None was found that cannot move." if drain != "wait-empty" else ""
