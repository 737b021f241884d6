"""What users felt, by Stairlift's own availability meter: beside its run, or by itself where there is none."""

import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.availability.bed import ROOT, Bed
from bench.measuring import Failed
from stairlift.model.availability import Bucket, Failure, Session, Target, latency, outages
from stairlift.probe.order import ALIVE, OVER, SAMPLES, BackendAddress, MeterOrder
from stairlift.probe.samples import SampleReader, totals

#: The APIs of the testbed: service type to port.
_PORTS = {"identity": 5000, "placement": 8778, "image": 9292, "compute": 8774, "network": 9696}
_CONTROLS = {"ctl1": "10.77.0.11", "ctl2": "10.77.0.12"}
#: Seconds until it has to have begun, and to have ended.
_FIRST_REQUESTS, _LAST_REQUESTS = 120.0, 60.0


@dataclass(frozen=True)
class Felt:
    """By API: failed requests of users, seconds from the first to the last error of each outage, and what failed at
    single backends, which a load balancer hides from users or not. `unknown` are requests that say nothing: refused
    credentials, and faults of this machine.
    """

    requests: int
    unknown: int
    failed: Mapping[str, int]
    downtime: Mapping[str, float]
    at_backends: Mapping[str, int]
    slowest_ms: float | None


def felt_in(samples: Path) -> Felt:
    """What a meter's file tells. Raises Failed where it tells nothing."""
    targets: dict[str, Target] = {}
    failed_at: dict[str, list[float]] = {}
    answered_at: dict[str, set[float]] = {}
    requests, failed, behind = 0, Counter[str](), Counter[str]()
    unknown = slowest = 0
    for piece in SampleReader(samples).pieces():
        match piece:
            case Session():
                targets |= {target.id: target for target in piece.targets}
            case Bucket():
                for name, tally in piece.tallies.items():
                    target, errors = targets[name], tally.others.get("failed", 0)
                    (failed if target.felt else behind)[target.api] += errors
                    if target.felt:
                        requests += tally.known
                        unknown += sum(tally.others.values()) - errors - tally.others.get("throttled", 0)
                        answered_at.setdefault(target.api, set()).update([piece.at] if tally.ok else [])
                        slowest = max(slowest, *tally.ok, 0)
            case Failure() if targets[piece.target].felt:
                failed_at.setdefault(targets[piece.target].api, []).append(piece.at)
            case _:
                pass
    if not requests:
        raise Failed(f"{samples} tells of no request")
    downtime = {
        api: round(sum(one.downtime for one in outages(times, sorted(answered_at.get(api, ())))), 1)
        for api, times in failed_at.items()
    }
    return Felt(requests, unknown, dict(+failed), downtime, dict(+behind), latency(slowest))


def felt(bed: Bed) -> Felt:
    """What users felt of the one run that Stairlift's state knows."""
    found = sorted(bed.state.rglob(SAMPLES))
    if len(found) != 1:
        raise Failed(f"there is not one meter's file, but {[str(path) for path in found]}")
    return felt_in(found[0])


@contextmanager
def metering(bed: Bed, folder: Path) -> Iterator[Path]:
    """The same meter for who has no run: from its first answers to the end of the block. Its file."""
    folder.mkdir()
    (folder / ALIVE).touch()  # so that it ends by itself where nobody is left to end it
    backends = tuple(
        BackendAddress(service, host, address, port)
        for service, port in _PORTS.items()
        for host, address in _CONTROLS.items()
    )
    MeterOrder("none", bed.environ["OS_CLOUD"], backends=backends).write(folder)
    meter = bed.spawn([sys.executable, "-m", "stairlift.probe", str(folder)], log=folder / "meter.log", cwd=ROOT)
    try:
        _await_answers(folder, meter)
        yield folder / SAMPLES
    finally:
        (folder / OVER).touch()
        _await_end(folder, meter)


def _await_answers(folder: Path, meter: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + _FIRST_REQUESTS
    while totals(folder / SAMPLES) is None:
        if meter.poll() is not None or time.monotonic() > end:
            raise Failed(f"the meter has not begun: {(folder / 'meter.log').read_text()}")
        time.sleep(0.2)


def _await_end(folder: Path, meter: subprocess.Popen[bytes]) -> None:
    try:
        code = meter.wait(timeout=_LAST_REQUESTS)
    except subprocess.TimeoutExpired:
        meter.kill()
        raise Failed("the meter did not end") from None
    if code:
        raise Failed(f"the meter ended with {code}: {(folder / 'meter.log').read_text()}")
