"""One scenario from a fresh testbed to its result."""

import tempfile
import time
from dataclasses import replace
from pathlib import Path

from bench.availability.bed import ROOT, TARGET, Bed
from bench.availability.breaking import with_fault
from bench.availability.meter import Felt, felt, felt_in, metering
from bench.availability.results import FOLDER, Result, circumstances
from bench.availability.scenarios import Scenario
from bench.availability.tenants import Tenants, at_work
from bench.availability.upgrading import DONE, Journey, by_ansible
from bench.measuring import Failed

_GUEST = "server-1"
_SERVERS = 3
#: At least, of each of the three upgrades of an order: 5,000 requests and 30 creates together.
_REQUESTS, _CREATES = 1_700, 10
#: So many for each request that says something may say nothing.
_UNKNOWN = 0.1


def carry_out(scenario: Scenario) -> Result:
    """Raises Failed where it cannot be carried out; what came of it otherwise, good or bad, is written down."""
    folder = Path(tempfile.mkdtemp(prefix=f"stairlift-{scenario.name}-"))
    try:
        return _carried_out(scenario, folder)
    except Failed as failed:
        raise Failed(f"{failed}; see {folder}") from failed


def _carried_out(scenario: Scenario, folder: Path) -> Result:
    bed, where = Bed.found(folder / "state"), circumstances()
    bed.testbed("down")  # first of all: the last scenario may have left it broken
    bed.testbed("balancer", scenario.balancer)
    bed.testbed("up", timeout=2400)
    bed.testbed("seed", str(_SERVERS))
    began = time.monotonic()
    with at_work(bed, folder, guests=(_GUEST,)) as tenants:
        wrong, users = (_by_stairlift if scenario.by == "stairlift" else _by_ansible)(scenario, bed, folder)
    wrong = (*wrong, *_left(bed))
    result = replace(_result(scenario, wrong, users, tenants, time.monotonic() - began), where=where)
    result.write()
    _keep_talk(scenario, folder)
    return result


def _by_stairlift(scenario: Scenario, bed: Bed, folder: Path) -> tuple[tuple[str, ...], Felt]:
    journey = Journey(bed, folder)
    try:
        return _travelled(scenario, journey)
    finally:
        journey.give_up()


def _travelled(scenario: Scenario, journey: Journey) -> tuple[tuple[str, ...], Felt]:
    bed = journey.bed
    if scenario.fault and scenario.fault.after is None:
        scenario.fault.breaks(bed)
    plan = journey.plan(scenario.policy or {})
    notes = with_fault(journey, plan, scenario.fault) if scenario.fault else _without_fault(journey, plan)
    left = [f"{effect['id']} is still {effect['state']}" for effect in journey.open_effects()]
    return (*notes, *left), felt(bed)


def _without_fault(journey: Journey, plan: Path) -> tuple[str, ...]:
    """It goes through, or does not: that is a result as well, and one that nobody repeats until it is a better one."""
    code = journey.ended(journey.run(plan))
    return () if code == DONE else (f"stairlift ended with {code}: {journey.bed.status()['reason']}",)


def _by_ansible(scenario: Scenario, bed: Bed, folder: Path) -> tuple[tuple[str, ...], Felt]:
    with metering(bed, folder / "meter") as samples:
        code = by_ansible(bed, folder, at_once=scenario.at_once, drain=scenario.drain)
    return (f"ansible-playbook ended with {code}",) if code else (), felt_in(samples)


def _left(bed: Bed) -> list[str]:
    """What is not as it should be on the hosts, whoever upgraded them."""
    told = bed.told("status")
    old = [
        f"{program['program']} of {host['host']} runs {'+'.join(program['releases'])}"
        for host in told["hosts"]
        for program in host["programs"]
        if program["releases"] not in ([], [TARGET])
    ]
    servers = [server for server in bed.told("servers") if server["name"].startswith("server-")]
    lost = [f"{server['name']} is {server['status']}" for server in servers if server["status"] != "ACTIVE"]
    off = [f"{row['binary']} of {row['host']} is disabled" for row in told["services"] if row["disabled"]]
    records = [*told["services"], *told["agents"]]
    mute = [f"{row['binary']} of {row['host']} does not report" for row in records if not row["fresh"]]
    return [*old, *lost, *off, *mute, *(told[key] for key in ("services_error", "agents_error") if key in told)]


def _too_little(users: Felt, tenants: Tenants) -> list[str]:
    """Nothing failed of nothing: that proves nothing."""
    asked = (("requests", users.requests, _REQUESTS), ("creates", len(tenants.creates), _CREATES))
    few = [f"{number} {what} are too few to prove anything" for what, number, least in asked if number < least]
    blind = users.unknown > users.requests * _UNKNOWN
    return [*few, *([f"{users.unknown} requests say nothing: this machine stood still"] if blind else [])]


def _result(scenario: Scenario, wrong: tuple[str, ...], users: Felt, tenants: Tenants, seconds: float) -> Result:
    failed = {api: number for api, number in users.failed.items() if number}
    silences = tenants.unmoved_silences(_GUEST)
    ours = scenario.by == "stairlift" and not scenario.fault
    stuck = _stuck(tenants)
    unharmed = not (failed or tenants.failed or silences or stuck or _too_little(users, tenants))
    return Result(
        scenario=scenario.name,
        balancer=scenario.balancer,
        order=scenario.order,
        expected=not wrong and (unharmed or not ours),
        seconds=round(seconds),
        requests=users.requests,
        unknown=users.unknown,
        failed=failed,
        downtime=users.downtime,
        slowest_ms=users.slowest_ms,
        creates=len(tenants.creates),
        failed_creates=len(tenants.failed),
        reasons=tuple(f"{row['at'][11:19]} {row['reason'][:200]}" for row in tenants.failed),
        silence=max((silence.seconds for silence in silences), default=0.0),
        notes=(*wrong, *stuck, *_too_little(users, tenants)),
    )


def _stuck(tenants: Tenants) -> list[str]:
    left = [row for row in tenants.creates if not row["deleted"] and not row["reason"].startswith("refused")]
    return [f"{len(left)} servers that were created could not be deleted"] if left else []


def _keep_talk(scenario: Scenario, folder: Path) -> None:
    """What was said on the way, beside the figures."""
    said = "\n".join(file.read_text(encoding="utf-8", errors="replace") for file in sorted(folder.glob("*.log")))
    FOLDER.joinpath(f"{scenario.name}.txt").write_text(said.replace(f"{ROOT}/", ""), encoding="utf-8")
