"""What the availability meter costs per request, beside what else could ask: openstacksdk in a loop, curl in a loop.

All ask one simulated cloud, which runs in another process, at twenty requests a second. Start-up is not counted, nor
what it costs the cloud. curl is a process for each request, and its token is given to it.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import psutil

from bench.measuring import Failed
from bench.table import Ratio, Table
from stairlift.openstack.user import CloudUser
from stairlift.probe.order import ALIVE, OVER, SAMPLES, MeterOrder, MeterSettings
from stairlift.probe.samples import totals
from stairlift.sandbox.client import CLOUD_NAME
from stairlift.sandbox.process import SandboxProcess

RATE = 20.0
SECONDS, QUICK_SECONDS = 30.0, 5.0
#: Of one core, at this rate.
AT_MOST_PERCENT = 5.0
METER, SDK, CURL = "`stairlift.probe`", "openstacksdk in a loop", "curl in a loop"
_ASKING = Path(__file__).parent / "clients" / "asking.py"


def measure(quick: bool) -> Table:
    """Seconds of processor per request."""
    seconds = QUICK_SECONDS if quick else SECONDS
    with tempfile.TemporaryDirectory() as name, SandboxProcess("demo", Path(name)) as cloud:
        folder = Path(name)
        clouds = cloud.clouds_yaml(folder / "clouds.yaml", interface="public")
        environ = {**os.environ, "OS_CLIENT_CONFIG_FILE": str(clouds), "OS_CLOUD": CLOUD_NAME}
        costs = {
            METER: _meter(folder / "meter", environ, seconds),
            SDK: _sdk(environ, seconds),
            CURL: _curl(cloud.url, clouds, seconds),
        }
    return _table(costs)


def _meter(folder: Path, environ: Mapping[str, str], seconds: float) -> float:
    folder.mkdir()
    (folder / ALIVE).touch()
    MeterOrder("bench", CLOUD_NAME, MeterSettings(rate=RATE)).write(folder)
    process = psutil.Popen([sys.executable, "-m", "stairlift.probe", str(folder)], env=dict(environ), stderr=-3)
    try:
        before, cpu = _asked(folder, more_than=0), _cpu(process)
        time.sleep(seconds)
        return (_cpu(process) - cpu) / (_asked(folder, more_than=before) - before)
    finally:
        (folder / OVER).touch()
        process.wait(30)


def _asked(folder: Path, *, more_than: int) -> int:
    """How many requests it has sent; waits until that is more."""
    end = time.monotonic() + 30
    while time.monotonic() < end:
        found = totals(folder / SAMPLES)
        if found and sum(found.requests.values()) > more_than:
            return sum(found.requests.values())
        time.sleep(0.1)
    raise Failed("the meter did not begin")


def _cpu(process: psutil.Popen) -> float:
    used = process.cpu_times()
    return float(used.user + used.system)


def _sdk(environ: Mapping[str, str], seconds: float) -> float:
    count = int(RATE * seconds)
    argv = [sys.executable, "-W", "ignore", str(_ASKING), str(count), str(1 / RATE)]
    done = subprocess.run(argv, env=dict(environ), capture_output=True, check=True)
    return float(json.loads(done.stdout)["cpu"]) / count


def _curl(url: str, clouds: Path, seconds: float) -> float:
    os.environ["OS_CLIENT_CONFIG_FILE"] = str(clouds)
    token = CloudUser.from_config(CLOUD_NAME, interface="public", timeout=10).sign_in().token
    count, due = int(RATE * seconds), time.monotonic()
    before = os.times()
    for _ in range(count):
        subprocess.run(
            ["curl", "-sf", "-o", os.devnull, "-H", f"X-Auth-Token: {token}", f"{url}/compute/v2.1/servers?limit=1"],
            check=True,
        )
        due += 1 / RATE
        time.sleep(max(0.0, due - time.monotonic()))
    after = os.times()
    spent = sum(after[:4]) - sum(before[:4])
    return spent / count


def _table(costs: Mapping[str, float]) -> Table:
    meter = costs[METER]
    rows = [
        (what, f"{1e3 * cost:.2f}", f"{100 * cost * RATE:.1f}", f"{cost / meter:.1f}") for what, cost in costs.items()
    ]
    return Table(
        title=f"meter: {RATE:g} requests a second",
        heads=("how", "CPU ms a request", "% of a core", "x"),
        rows=tuple(rows),
        ratios=(
            Ratio("% of a core that the meter takes", 100 * meter * RATE, AT_MOST_PERCENT),
            Ratio("meter / openstacksdk, CPU", meter / costs[SDK], 1.0),
            Ratio("meter / curl, CPU", meter / costs[CURL], 1.0),
        ),
    )
