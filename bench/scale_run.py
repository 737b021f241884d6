"""One run of a large cloud, from what the sources said to its end, in a process of its own: `scale.py` watches it.

    python -m bench.scale_run STATE_DIR HOSTS SECONDS

The planner is the real one, and so is the journal; every attempt takes SECONDS of nothing, in this process. Writes one
JSON object to stdout: what it cost.
"""

import asyncio
import gc
import json
import sys
import time
from datetime import timedelta
from pathlib import Path

from stairlift.cli import COLLECT_SELDOM
from stairlift.drive.begin import new_run
from stairlift.drive.loop import carry_out
from stairlift.drive.tools import Tools
from stairlift.execute.inprocess import NoopExecutor
from stairlift.model.observation import ServiceRecord
from stairlift.model.plan import Binding, Plan
from stairlift.model.plan_document import to_document
from stairlift.model.policy import Policy, Share
from stairlift.model.release import Release
from stairlift.plan import Request, plan
from stairlift.reconcile import reconcile
from stairlift.store.sql import SqlStore, open_store
from stairlift.testing.clouds import NOON, a_cloud
from stairlift.testing.doubles import ScriptedStrategy
from stairlift.wiring.system_clock import SystemClock

WINDOW = 100
#: A step each: so that a hypervisor has four.
SERVICES = ("neutron-openvswitch-agent", "neutron-sriov-nic-agent", "neutron-metadata-agent", "nova-compute")


def main() -> None:
    """Plan, run, and say what it cost."""
    gc.set_threshold(*COLLECT_SELDOM)
    state, hosts, seconds = Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
    began = time.process_time()
    made = the_plan(hosts)
    planned = time.process_time() - began
    store = open_store(f"sqlite:///{state / 'stairlift.sqlite'}", state / "locks")
    began = time.process_time()
    carried_out(made, store, seconds)
    print(json.dumps({"steps": len(made.steps), "plan_cpu": planned, "run_cpu": time.process_time() - began}))


def the_plan(hosts: int) -> Plan:
    """Of a cloud with so many hypervisors, `WINDOW` at a time."""
    heard = NOON - timedelta(seconds=3)
    agents = (
        ServiceRecord(name, f"cmp{n + 1}", "enabled", "up", heard) for n in range(hosts) for name in SERVICES[1:3]
    )
    cloud = a_cloud(compute=hosts).saying("neutron-agents", *agents)
    seen = reconcile(cloud.observations(), name="bench")
    policy = Policy(order="node", max_unavailable={"resource": Share(WINDOW)})
    bindings = [Binding(name, "command", {"service": (name,)}, {}, "host") for name in SERVICES]
    request = Request(Release(2026, 1), source=Release(2025, 1), policy=policy)
    return plan(seen.cloud, seen.findings, request, [*bindings, Binding("any", "command", {}, {}, "host")])


def carried_out(made: Plan, store: SqlStore, seconds: float) -> None:
    """Raises SystemExit where it does not come to its end."""
    with store.hold(made.cloud) as journal:
        run = new_run(journal, made, to_document(made), now=SystemClock().now(), actor="bench")
        strategies = {binding.id: ScriptedStrategy() for binding in made.bindings}
        tools = Tools(store, NoopExecutor(seconds), strategies, SystemClock())
        run = asyncio.run(carry_out(journal, made, run.id, tools, stop=asyncio.Event(), approve_all=True))
    if run.state != "done":
        raise SystemExit(f"the run is {run.state}: {run.reason}")


if __name__ == "__main__":
    main()
