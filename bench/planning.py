"""Reconciling and planning for ten times the hosts: the work must grow as the cloud does, not as its square."""

import gc
import time
from collections.abc import Callable
from functools import partial
from statistics import median
from typing import TypeVar

from bench.table import Ratio, Table
from stairlift.model.observation import Observation
from stairlift.model.plan import Binding, Plan
from stairlift.model.policy import Order, Policy
from stairlift.model.release import Release
from stairlift.plan import Request, plan
from stairlift.reconcile import Reconciled, reconcile
from stairlift.testing.clouds import a_cloud

HOSTS, QUICK_HOSTS = 1_000, 10
TIMES = 10
ROUNDS = 7
AT_MOST = 12.0
BOTH = "both"
COLLECTED = "both, node by node, garbage collector on"
ORDERS: dict[Order, str] = {"node": "node by node", "service": "service by service"}
#: One strategy for everything, host by host.
ANY = Binding("any", "command", {}, {}, "host")

Seconds = dict[str, list[float]]
Made = TypeVar("Made")


def measure(quick: bool = False) -> Table:
    """The table: medians of rounds in which both clouds take turns."""
    few = QUICK_HOSTS if quick else HOSTS
    clouds = {hosts: a_cloud(compute=hosts).observations() for hosts in (few, few * TIMES)}
    seconds: dict[int, Seconds] = {hosts: {} for hosts in clouds}
    for _ in range(2 if quick else ROUNDS):
        for hosts, observations in clouds.items():
            _round(observations, seconds[hosts])
    return _table(seconds)


def _round(observations: tuple[Observation, ...], seconds: Seconds) -> None:
    """One look at a cloud and its plan in either order; `seconds` takes what each of them cost."""
    looking, seen = _timed(partial(reconcile, observations, name="bench"))
    _note(seconds, "reconcile", looking)
    for order, words in ORDERS.items():
        planning, _ = _timed(partial(_plan, seen, order))
        _note(seconds, f"plan, {words}", planning)
        _note(seconds, f"{BOTH}, {words}", looking + planning)
    collecting, _ = _timed(lambda: _plan(reconcile(observations, name="bench"), "node"), collector=True)
    _note(seconds, COLLECTED, collecting)


def _plan(seen: Reconciled, order: Order) -> Plan:
    request = Request(Release(2026, 1), source=Release(2025, 1), policy=Policy(order=order))
    return plan(seen.cloud, seen.findings, request, [ANY])


def _timed(act: Callable[[], Made], *, collector: bool = False) -> tuple[float, Made]:
    """Processor seconds. As with timeit, the garbage collector rests: when it runs depends on what ran before."""
    gc.collect()
    gc.freeze()  # what was there before is no work for it
    if not collector:
        gc.disable()
    began = time.process_time()
    made = act()
    spent = time.process_time() - began
    gc.enable()
    gc.unfreeze()
    return spent, made


def _note(seconds: Seconds, what: str, spent: float) -> None:
    seconds.setdefault(what, []).append(spent)


def _table(seconds: dict[int, Seconds]) -> Table:
    few, many = seconds.values()
    found = {what: (median(few[what]), median(many[what])) for what in sorted(few, key=lambda w: w.startswith(BOTH))}
    rows = [(what, f"{1e3 * a:.0f}", f"{1e3 * b:.0f}", f"{b / a:.1f}") for what, (a, b) in found.items()]
    ratios = {what: b / a for what, (a, b) in found.items() if what.startswith(BOTH)}
    return Table(
        title="planning: from what the sources said to a plan with its hash, CPU",
        heads=("", *(f"{hosts:,} hosts, ms" for hosts in seconds), "x"),
        rows=tuple(rows),
        ratios=tuple(
            Ratio(f"{TIMES} times the hosts, {what}", times, None if what == COLLECTED else AT_MOST)
            for what, times in ratios.items()
        ),
    )
