"""A hundred hosts through Ansible, ten at a time: Stairlift's window beside `serial: 10%`, with the same tasks.

A host's upgrade is three tasks that wait for a while. How long is drawn, with a fixed seed, from a log-normal
distribution (sigma 0.8: of a hundred tasks the slowest takes some seven times the usual one, as with package
installations and restarts); a host needs 15 s on the average. Connections are local and tasks are `raw`, so that Ansible's
own work at the hosts, which both pay, is small. Both know the same ten workers.

`serial` waits at each task for the slowest of ten hosts. The bound is list scheduling: the makespan if the next host began
the moment that one of ten places is free and nothing cost anything but the tasks. No order of the plan known beforehand
does better by more than a host's own length.
"""

import asyncio
import heapq
import json
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from bench.attempt import cost
from bench.measuring import Cost, Failed
from bench.table import Ratio, Table
from stairlift.drive.begin import new_run
from stairlift.drive.loop import carry_out
from stairlift.drive.tools import Tools
from stairlift.execute.local import LocalExecutor
from stairlift.model.plan import Plan
from stairlift.store.sql import SqlStore, open_store
from stairlift.strategy.ansible import AnsibleUpgradeStrategy
from stairlift.testing.plans import a_rollout
from stairlift.wiring.system_clock import SystemClock

HOSTS, QUICK_HOSTS = 100, 4
WINDOW, QUICK_WINDOW = 10, 2
#: Of a host, on the average.
SECONDS, QUICK_SECONDS = 15.0, 0.3
TASKS = ("fetch", "install", "restart")
SIGMA, SEED = 0.8, 20260504
AT_LEAST, NEAR = 1.5, 1.15
SERIAL, OURS = "ansible-playbook, serial: 10%", "Stairlift, window of 10"

ANSIBLE = str(Path(sys.executable).with_name("ansible-playbook"))
_PLAY = """\
- hosts: all
  gather_facts: false
  serial: {serial}
  tasks:
"""
_TASK = """\
    - name: {name}
      ansible.builtin.raw: sleep {{{{ {name} }}}}
"""

Draws = dict[str, tuple[float, ...]]


@dataclass(frozen=True)
class Field:
    """The hosts with what their tasks take, in seconds, and how many may be out at once."""

    folder: Path
    draws: Draws
    window: int

    def bound(self) -> float:
        """Seconds of list scheduling with nothing but the tasks."""
        return list_schedule((sum(tasks) for tasks in self.draws.values()), self.window)

    def barriers(self) -> float:
        """Seconds of `serial` with nothing but the tasks: each waits for the slowest of its batch."""
        hosts = list(self.draws.values())
        batches = (hosts[n : n + self.window] for n in range(0, len(hosts), self.window))
        return float(sum(max(tasks) for batch in batches for tasks in zip(*batch, strict=True)))


def measure(quick: bool = False) -> Table:
    """The table: one after the other, each once, since it takes minutes."""
    hosts, window, seconds = (QUICK_HOSTS, QUICK_WINDOW, QUICK_SECONDS) if quick else (HOSTS, WINDOW, SECONDS)
    with tempfile.TemporaryDirectory() as name:
        field = Field(Path(name), drawn(hosts, seconds), window)
        _write(field)
        costs = {OURS: cost(lambda: _by_stairlift(field)), SERIAL: cost(lambda: _by_ansible(field))}
    return _table(field, costs)


def drawn(hosts: int, seconds: float) -> Draws:
    """What each task of each host takes; the mean of all hosts is `seconds`."""
    draw = random.Random(SEED)
    raw = [[draw.lognormvariate(0.0, SIGMA) for _ in TASKS] for _ in range(hosts)]
    scale = seconds * hosts / sum(map(sum, raw))
    return {f"cmp{n + 1}": tuple(round(task * scale, 2) for task in tasks) for n, tasks in enumerate(raw)}


def list_schedule(durations: Iterable[float], places: int) -> float:
    """When the last ends, if each starts in the given order as soon as there is a place."""
    ends = [0.0] * places
    for duration in durations:
        heapq.heapreplace(ends, ends[0] + duration)
    return max(ends)


def _write(field: Field) -> None:
    """The inventory, and the playbook as a whole and with `serial`."""
    hosts = {host: dict(zip(TASKS, tasks, strict=True)) for host, tasks in field.draws.items()}
    told = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    inventory = {"all": {"hosts": hosts, "vars": told}}
    (field.folder / "hosts.yml").write_text(json.dumps(inventory))
    tasks = "".join(_TASK.format(name=name) for name in TASKS)
    for name, serial in (("upgrade.yml", "100%"), ("serial.yml", str(field.window))):
        (field.folder / name).write_text(_PLAY.format(serial=f'"{serial}"' if "%" in serial else serial) + tasks)


def _by_ansible(field: Field) -> None:
    argv = (ANSIBLE, "-i", "hosts.yml", "--forks", str(field.window), "serial.yml")
    done = subprocess.run(argv, cwd=field.folder, stdout=subprocess.DEVNULL, env=os.environ, check=False)
    if done.returncode:
        raise Failed(f"ansible-playbook ended with {done.returncode}")


def _by_stairlift(field: Field) -> None:
    """Through journal, loop, window, detached attempts and the Ansible strategy: a process for each host."""
    plan = a_rollout(len(field.draws), actions=("upgrade",), window=field.window)
    options = {"folder": str(field.folder), "playbook": "upgrade.yml", "inventory": "hosts.yml", "command": [ANSIBLE]}
    tools = Tools(
        store=open_store(f"sqlite:///{field.folder / 'journal.sqlite'}", field.folder / "locks"),
        executor=LocalExecutor(field.folder / "attempts"),
        strategies={"command": AnsibleUpgradeStrategy(options)},
        clock=SystemClock(),
    )
    state = asyncio.run(_run(plan, tools))
    if state != "done":
        raise Failed(f"the run is {state}")


async def _run(plan: Plan, tools: Tools) -> str:
    store = tools.store
    assert isinstance(store, SqlStore)
    with store.hold(plan.cloud) as journal:
        run = new_run(journal, plan, {}, now=tools.clock.now(), actor="bench")
        return (await carry_out(journal, plan, run.id, tools, stop=asyncio.Event())).state


def _table(field: Field, costs: dict[str, Cost]) -> Table:
    ours, serial, bound = costs[OURS], costs[SERIAL], field.bound()
    rows = [
        ("list-scheduling bound, the tasks alone", f"{bound:.1f}", "", "1.00"),
        ("serial: 10%, the tasks alone", f"{field.barriers():.1f}", "", f"{field.barriers() / bound:.2f}"),
        *((how, f"{c.wall:.1f}", f"{c.cpu:.1f}", f"{c.wall / bound:.2f}") for how, c in costs.items()),
    ]
    mean = sum(map(sum, field.draws.values())) / len(field.draws)
    return Table(
        title=f"rolling: {len(field.draws)} hosts of {mean:.1f} s on the average, {field.window} at a time",
        heads=("how", "makespan s", "CPU s", "x bound"),
        rows=tuple(rows),
        ratios=(
            Ratio(f"{OURS} / {SERIAL}, makespan", ours.wall / serial.wall, 1 / AT_LEAST),
            Ratio(f"{OURS} / list-scheduling bound", ours.wall / bound, NEAR),
        ),
    )
