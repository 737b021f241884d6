"""What workers cost: python -m bench.workers

Memory, processor time and connections of one that waits, and how many attempts that do nothing go through one and
through three of them. With a PostgreSQL server of its own and workers as processes of this machine.
"""

import asyncio
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

sys.path.append(str(Path(__file__).resolve().parents[1] / "tests"))

from crews import Crew, crew_database
from postgres import Server, running
from stairlift.model.run import AttemptId, Ended
from stairlift.model.work import Job

IDLE, JOBS, ATTEMPTS = 60.0, 10, 200


@contextmanager
def _crew(server: Server, ttl: float = 30.0) -> Iterator[Crew]:
    with tempfile.TemporaryDirectory(prefix="stairlift-bench-") as folder:
        crew = Crew(crew_database(server), Path(folder), ttl=ttl)
        try:
            yield crew
        finally:
            crew.end()


def waiting(server: Server) -> None:
    with _crew(server) as crew:
        process = psutil.Process(crew.worker("w1").pid)
        time.sleep(5)
        before, began = process.cpu_times(), time.monotonic()
        time.sleep(IDLE)
        after, took = process.cpu_times(), time.monotonic() - began
        used = after.user + after.system - before.user - before.system
        with server.connect(crew.url.rpartition("/")[2]) as connection:
            query = (
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            (connections,) = connection.execute(query).fetchone() or (0,)
        print(
            f"one that waits: {process.memory_info().rss / 2**20:.0f} MB, {100 * used / took:.2f} % of a core, ", end=""
        )
        print(f"{connections} connections")


def working(server: Server, workers: int) -> None:
    with _crew(server) as crew:
        for number in range(workers):
            crew.worker(f"w{number}", jobs=JOBS)
        began = time.monotonic()
        asyncio.run(_carry(crew))
        took = time.monotonic() - began
        print(f"{ATTEMPTS} attempts, {workers} x {JOBS} at once: {took:.1f} s, {ATTEMPTS / took:.1f} each second")
        if workers == 1:
            asyncio.run(_one(crew))


async def _carry(crew: Crew) -> None:
    executor = crew.executor()
    room = asyncio.Semaphore(JOBS * 3)

    async def one(number: int) -> None:
        async with room:
            ending = await executor.run(AttemptId("r1", f"cmp{number}", 1), lambda: Job(("true",), "/", queue="az1"))
            assert isinstance(ending, Ended), ending

    await asyncio.gather(*(one(number) for number in range(ATTEMPTS)))


async def _one(crew: Crew) -> None:
    """How long one that lasts a while takes beyond that, and what it costs where it runs."""
    executor = crew.executor()
    began = time.monotonic()
    job = Job(("sleep", "5"), "/", queue="az1")
    task = asyncio.create_task(executor.run(AttemptId("r1", "alone", 1), lambda: job))
    await asyncio.sleep(3)
    found = [p for p in psutil.process_iter(["cmdline"]) if any("supervisor.py" in w for w in p.info["cmdline"] or [])]
    mine = [p for p in found if str(crew.folder) in " ".join(p.info["cmdline"])]
    memory = sum(p.memory_full_info().uss for p in mine) / 2**20
    await task
    print(
        f"one attempt of 5 s: {time.monotonic() - began - 5:.1f} s more; its supervisor has {memory:.0f} MB of its own"
    )


def main() -> None:
    with running() as server:
        waiting(server)
        working(server, 1)
        working(server, 3)


if __name__ == "__main__":
    main()
