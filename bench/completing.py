"""What a press of the completion key costs, with a run of some thousand steps on record."""

import os
import sys
import tempfile
from functools import partial
from pathlib import Path

from bench.measuring import Cost, Failed, Subject, cheapest, cost_of
from bench.table import Ratio, Table
from stairlift.drive.begin import new_run
from stairlift.model.plan_document import to_document
from stairlift.testing.clouds import NOON
from stairlift.testing.plans import a_plan, a_step
from stairlift.wiring.config.settings import Settings
from stairlift.wiring.office import open_office

HOSTS, QUICK_HOSTS = 2_000, 5
ROUNDS = 7
#: Seconds of processor time in which a finger is still on the key.
A_BLINK = 0.3
PYTHON, WORD, STEP = "python -c pass", "a command (sta)", "a step (logs --step ...)"
_LINES = {WORD: "stairlift\nsta", STEP: "stairlift\nlogs\n--step\n2025.2-compute@cmp1"}


def measure(quick: bool = False) -> Table:
    """The table: whole processes, as a shell starts them."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _record(folder, QUICK_HOSTS if quick else HOSTS)
        environ = {**os.environ, "HOME": name, "STAIRLIFT_STATE_DIR": name}
        subjects: dict[str, Subject] = {PYTHON: lambda: cost_of((sys.executable, "-c", "pass"), environ)}
        for what in _LINES:
            subjects[what] = partial(_press, what, environ, folder / "found")
        costs = cheapest(subjects, 1 if quick else ROUNDS)
    rows = tuple((what, f"{cost.wall * 1000:.0f}", f"{cost.cpu * 1000:.0f}") for what, cost in costs.items())
    ratio = Ratio(f"{STEP}, processor time / {A_BLINK:g} s", costs[STEP].cpu / A_BLINK, 1.0)
    title = f"A press of the completion key, {HOSTS if not quick else QUICK_HOSTS} steps on record"
    return Table(title, ("what", "wall ms", "cpu ms"), rows, (ratio,))


def _record(folder: Path, hosts: int) -> None:
    """Put a run on record."""
    office = open_office(Settings(state_dir=folder, database_url=f"sqlite:///{folder / 'stairlift.sqlite'}"))
    plan = a_plan(*(a_step(f"2025.2-compute@cmp{n}", hosts=(f"cmp{n}",)) for n in range(hosts)))
    with office.store.hold(plan.cloud) as journal:
        new_run(journal, plan, to_document(plan), now=NOON, actor="bench")
    office.store.close()


def _press(what: str, environ: dict[str, str], found: Path) -> Cost:
    """As bash does it. Failed where nothing is completed."""
    words = {"COMP_WORDS": _LINES[what], "COMP_CWORD": str(_LINES[what].count("\n"))}
    pressed = {**environ, **words, "_STAIRLIFT_COMPLETE": "complete_bash"}
    cost = cost_of((sys.executable, "-m", "stairlift"), pressed, out=found)
    if not found.read_text().strip():
        raise Failed(f"nothing was completed: {what}")
    return cost
