"""An orchestrator as a program, for tests that kill it: python orchestrate.py FOLDER HOSTS WINDOW SECONDS_PER_STEP.

Each step appends a line when it begins and one when it ends; those lines, and not the journal, say what was done.
"""

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path

from stairlift.drive.begin import new_run
from stairlift.drive.loop import carry_out
from stairlift.drive.tools import Tools
from stairlift.execute.local import LocalExecutor
from stairlift.model.plan_document import to_document
from stairlift.store.sql import open_store
from stairlift.testing.doubles import ScriptedFreshness, ScriptedStrategy
from stairlift.testing.plans import a_rollout


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


async def main(folder: Path, hosts: int, window: int, lasting: float) -> None:
    plan = a_rollout(hosts, actions=("cordon", "upgrade", "uncordon"), window=window)
    store = open_store(f"sqlite:///{folder / 'journal.sqlite'}", folder / "locks")
    script = (
        f'echo "begin $STAIRLIFT_STEP $STAIRLIFT_ATTEMPT" >> done; sleep {lasting}; echo "end $STAIRLIFT_STEP" >> done'
    )
    strategy = ScriptedStrategy({"argv": lambda _step: ("sh", "-c", f"cd '{folder}'; {script}")})
    executor = LocalExecutor(folder / "attempts")
    tools = Tools(store, executor, {"command": strategy}, SystemClock(), ScriptedFreshness())
    with store.hold(plan.cloud) as journal:
        run = store.newest(plan.cloud) or new_run(
            journal, plan, to_document(plan), now=datetime.now(UTC), actor="chaos"
        )
        print("holds", flush=True)
        run = await carry_out(journal, plan, run.id, tools, stop=asyncio.Event())
    print(run.state, flush=True)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])))
