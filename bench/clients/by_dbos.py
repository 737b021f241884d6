"""The same rollout as a DBOS application: a workflow for each host, four durable steps in it, a queue for the window.

Run by the Python of `requirements/bench.txt`, which has DBOS and not Stairlift: `by_dbos.py FOLDER HOSTS WINDOW`. As
quick as DBOS can be asked to: asynchronous, a queue that is looked at every 20 ms, its SQLite file in WAL mode. Every
step is on the disk before the next one starts; that a step has *begun*, DBOS does not record.
"""

import asyncio
import json
import resource
import sqlite3
import sys
import time
from pathlib import Path

from dbos import DBOS

STEPS = 4
LOOK = 0.02


@DBOS.step()
async def step(_host: int, _n: int) -> int:
    """No work at all."""
    return 0


@DBOS.workflow()
async def host(number: int) -> int:
    """One host: a step behind the other."""
    return sum([await step(number, n) for n in range(STEPS)])


async def rollout(hosts: int) -> None:
    """Every host once, as the queue has room."""
    handles = [await DBOS.enqueue_workflow_async("hosts", host, number) for number in range(hosts)]
    for handle in handles:
        await handle.get_result(polling_interval_sec=LOOK)


def main() -> None:
    """Write what it cost to stdout, as JSON."""
    file, hosts, window = Path(sys.argv[1]) / "dbos.sqlite", int(sys.argv[2]), int(sys.argv[3])
    with sqlite3.connect(file) as database:
        database.execute("PRAGMA journal_mode = WAL")
    DBOS(
        config={
            "name": "bench",
            "system_database_url": f"sqlite:///{file}",
            "application_version": "1",
            "log_level": "WARNING",
        }
    )
    DBOS.launch()
    DBOS.register_queue("hosts", worker_concurrency=window, polling_interval_sec=LOOK)
    wall, cpu = time.perf_counter(), time.process_time()
    asyncio.run(rollout(hosts))
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    DBOS.destroy()
    with sqlite3.connect(file) as database:
        steps = database.execute("SELECT count(*) FROM operation_outputs").fetchone()[0]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"wall": wall, "cpu": cpu, "peak_mb": peak, "steps": steps}))


if __name__ == "__main__":
    main()
