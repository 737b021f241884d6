"""What the meter of a run has written, read for whoever wants to see it."""

from pathlib import Path

from stairlift.model.availability import Totals
from stairlift.model.errors import UsageError
from stairlift.model.run import Run
from stairlift.ports import Records
from stairlift.probe.order import SAMPLES, folder_of
from stairlift.probe.samples import SampleReader, totals
from stairlift.report.availability import measured
from stairlift.report.figures import Availability
from stairlift.report.flights import windows
from stairlift.wiring.clock import now


def availability_of(run: Run, records: Records, state_dir: Path) -> Availability | None:
    """What users felt during a run; None where it was not measured here."""
    file = folder_of(state_dir, run.id) / SAMPLES
    if not file.exists():
        return None
    flights = windows(records.attempts(run.id), records.steps(run.id), now())
    return measured(SampleReader(file).pieces(), flights)


def not_measured(run_id: str) -> UsageError:
    """There is nothing to tell of what users felt."""
    return UsageError(
        code="availability.none",
        brief=f"run {run_id} was not measured on this machine",
        resolution="a [meter] table in stairlift.toml, or a downtime_budget, has the next run measured",
    )


def totals_of(run_id: str, state_dir: Path) -> Totals | None:
    """Where the meter of a run stands; None where there is none here."""
    return totals(folder_of(state_dir, run_id) / SAMPLES)
