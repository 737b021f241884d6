"""An orchestrator whose attempts are all of workers, as a program for tests that kill it:

    python orchestrate_crew.py FOLDER HOSTS WINDOW SECONDS_PER_STEP [STATE]

FOLDER is also what the workers share as a witness: each attempt writes there when it begins and ends, and complains
when it finds another one of its step alive. STATE is the orchestrator's own folder, by default one in FOLDER.
"""

import asyncio
import os
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from stairlift.drive.begin import new_run
from stairlift.drive.loop import carry_out
from stairlift.drive.tools import Pace, Tools
from stairlift.model.plan import Plan
from stairlift.model.plan_document import to_document
from stairlift.testing.doubles import ScriptedFreshness, ScriptedStrategy
from stairlift.testing.plans import a_rollout
from stairlift.wiring.config.settings import read_settings
from stairlift.wiring.office import open_office

JOB = """\
cd {folder}
exec 9>>"alive.$STAIRLIFT_STEP"
flock -n 9 || {{ echo "double $STAIRLIFT_STEP $STAIRLIFT_ATTEMPT" >>done; exit 9; }}
echo "begin $STAIRLIFT_STEP $STAIRLIFT_ATTEMPT" >>done
echo "$STAIRLIFT_STEP works"
sleep {lasting}
echo "end $STAIRLIFT_STEP $STAIRLIFT_ATTEMPT" >>done
"""


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    def steady(self) -> float:
        return time.clock_gettime(time.CLOCK_BOOTTIME)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


def the_plan(hosts: int, window: int) -> Plan:
    made = a_rollout(hosts, actions=("upgrade",), window=window)
    steps = tuple(replace(step, queue="az1") for step in made.steps)
    return replace(made, steps=steps, retries=9, retry_after=0)


def main(folder: Path, hosts: int, window: int, lasting: float, state: Path) -> None:
    office = open_office(read_settings({**os.environ, "STAIRLIFT_STATE_DIR": str(state)}, folder))
    plan = the_plan(hosts, window)
    script = JOB.format(folder=folder, lasting=lasting)
    strategy = ScriptedStrategy({"argv": lambda _step: ("sh", "-c", script), "repeatable": True})
    tools = Tools(
        office.store,
        office.executor_for(plan),
        {"command": strategy},
        SystemClock(),
        ScriptedFreshness(),
        pace=Pace.for_lease(office.lease_ttl),
    )
    with office.store.hold(plan.cloud) as journal:
        run = office.store.newest(plan.cloud)
        if run is None:
            run = new_run(journal, plan, to_document(plan), now=datetime.now(UTC), actor="chaos")
        print("holds", flush=True)
        run = asyncio.run(carry_out(journal, plan, run.id, tools, stop=asyncio.Event()))
    print(run.state, flush=True)


if __name__ == "__main__":
    base = Path(sys.argv[1])
    own = Path(sys.argv[5]) if len(sys.argv) > 5 else base / "orchestrator"
    main(base, int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]), own)
