"""A server that has seen something: a cloud that was looked at, a plan that is kept, a run that is half-way through.

Written as the run's loop and the meter write it, without anything being run; what real runs look like to the API is
tests/e2e/test_serve.py's business.
"""

from dataclasses import dataclass
from datetime import timedelta

from houses import a_house, a_run
from journals import Ledger
from meters import TARGETS, failure, seconds, session
from planning import planned, seen
from stairlift.model.effect import Effect
from stairlift.model.plan import Binding, Plan
from stairlift.model.plan_document import to_document
from stairlift.model.run import Change, Command
from stairlift.model.shelf import KeptPlan, Sighting
from stairlift.probe.order import SAMPLES, folder_of
from stairlift.probe.samples import SampleFile
from stairlift.report.cloud import cloud_document
from stairlift.testing.clouds import NOON, a_cloud
from stairlift.wiring.server.house import House

WAIVER = "record.stale"


@dataclass
class Served:
    """The house, and what is in it. `done`, `failed` and `pending` are steps of the run."""

    house: House
    ledger: Ledger
    plan: Plan
    look: str

    @property
    def run(self) -> str:
        return self.ledger.run.id

    @property
    def done(self) -> str:
        return self.plan.steps[0].id

    @property
    def failed(self) -> str:
        return self.plan.steps[1].id

    @property
    def pending(self) -> str:
        return self.plan.steps[-1].id

    def at(self, what: str = "") -> str:
        return f"/v1/runs/{self.run}{what}"


def served(folder, **given) -> Served:
    house = a_house(folder, **given)
    cloud = a_cloud(compute=2).placed("ctl1", "keystone").down("cmp1", "nova-compute", timedelta(hours=1))
    plan, look = planned(a_cloud(compute=2), bindings=(_strategy(folder),)), seen(cloud)
    kept = Sighting("look-1", look.cloud.name, "2025.1", len(look.cloud.hosts), len(look.cloud.services), NOON, "ada")
    house.library.keep_sighting(kept, cloud_document(look.cloud, look.findings))
    shelf = KeptPlan(plan.hash, plan.cloud, str(plan.source), str(plan.target), len(plan.steps), NOON, "pia")
    house.library.keep_plan(shelf, to_document(plan))
    found = Served(house, a_run(house, plan), plan, kept.id)
    _go_on(found)
    _measure(found)
    return found


def _strategy(folder) -> Binding:
    """What every step is done by, as a plan that is made here has it."""
    return Binding("any", "command", {}, {"argv": ["true"], "folder": str(folder)}, "host")


def _go_on(found: Served) -> None:
    """One step is done, one has failed, and somebody has said something."""
    ledger = found.ledger
    ledger.starts(found.done).prints(found.done, "one\ntwo\nthree\n").ends(found.done)
    ledger.starts(found.failed).prints(found.failed, "it went WRONG\nna\u00efve\n").ends(
        found.failed, "failed", "exit 3"
    )
    effect = Effect("cordon:cmp1", "cordon", "cmp1", found.failed, "nova", "made", NOON)
    ledger.writes(Change("effect.made", NOON, effects=(effect,)))
    told = Command("c1", found.run, "retry", found.failed, "ada", "mended", NOON, details={})
    ledger.office.store.tell(told)


def _measure(found: Served) -> None:
    """Ten seconds before and some after, in which a request fails."""
    folder = folder_of(found.house.office.state_dir, found.run)
    folder.mkdir(parents=True, exist_ok=True)
    begin = NOON.timestamp()
    file = SampleFile(folder / SAMPLES, TARGETS)
    file.begin(session(begin))
    for bucket in seconds(int(begin), int(begin) + 12):
        file.put(bucket, [])
    one, bucket = failure(begin + 12)
    file.put(bucket, [one])
