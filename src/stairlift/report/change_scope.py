"""Of the report on a change: what is upgraded where, and which APIs are to be felt."""

from collections.abc import Sequence

from stairlift.knowledge.binaries import ROLES, binary
from stairlift.model.naming import natural
from stairlift.model.plan import Plan
from stairlift.report.outlook import VERDICTS, Outlook
from stairlift.report.paper import Section, grid, listing, section, words
from stairlift.report.text import count, span

_OTHER = "other"
_NOTICED = "What users of the APIs may notice"


def scope(plan: Plan) -> Section:
    """The hosts by role, with the services that are upgraded on them, and what was left out."""
    return section(
        "scope",
        "What is changed",
        words(_asked(plan)),
        grid(("Role", "Hosts", "Which", "Services"), _roles(plan)),
        listing([f"left out: {text}" for text in plan.left_out]),
    )


def _roles(plan: Plan) -> list[tuple[str, ...]]:
    """A host has a role by the services that are upgraded there, so it may have several."""
    found: dict[str, tuple[dict[str, None], dict[str, None]]] = {}
    for step in (step for step in plan.steps if step.action == "upgrade"):
        for name, host in plan.parts(step):
            hosts, names = found.setdefault(_role(name, step.stage), ({}, {}))
            hosts[host] = names[name] = None
    rows = [(role, *found[role]) for role in (*ROLES, _OTHER) if role in found]
    return [(role, str(len(hosts)), span(sorted(hosts, key=natural)), ", ".join(names)) for role, hosts, names in rows]


def _role(name: str, stage: str) -> str:
    """What runs on network and compute nodes alike is the business of the stage that upgrades it."""
    known = binary(name)
    if known is None:
        return _OTHER
    return stage if known.follows_host and stage in ROLES else known.role


def _asked(plan: Plan) -> str:
    asked = plan.asked
    told = [
        f"only stage {', '.join(asked.stages)}" if asked.stages else "",
        f"only hosts {', '.join(asked.hosts)}" if asked.hosts else "",
        f"without hosts {', '.join(asked.exclude)}" if asked.exclude else "",
        f"it goes on with run {plan.replaces}" if plan.replaces else "",
    ]
    found = "; ".join(filter(None, told))
    return f"A part of the cloud was asked for: {found}." if found else ""


def expected_outages(found: Sequence[Outlook]) -> Section:
    """What users of each API may notice, and why; what nobody knows is said, too."""
    down = [one for one in found if one.verdict == "down"]
    head = f"{count(len(down), 'API')} of {len(found)} will not answer for a while." if down else ""
    if not found:
        return section("outages", _NOTICED, words("No API of this cloud is placed on a host: nothing is known."))
    rows = [(one.project, VERDICTS[one.verdict], one.told or "not known", one.why) for one in down]
    others = [(one.project, VERDICTS[one.verdict], one.why) for one in found if one.verdict != "down"]
    return section(
        "outages",
        _NOTICED,
        words(head),
        grid(("API", "Outage", "For up to", "When, and why"), rows),
        grid(("API", "Outage", "Why"), others),
        words(
            "This is what follows from the plan and from how its projects are upgraded. How a load balancer notices "
            "that a backend has gone, and how clients try again, is known to neither; a meter measures it during the "
            "run."
        ),
    )
