"""Discovery of a large cloud, beside whatever else could ask for the same.

Every client is a process of its own, and asks the same simulated cloud, which runs in another process: 10,000
nova-compute, 30,000 agents and 10,000 hypervisors. What it costs the cloud is not counted.
"""

import os
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import orjson

from bench.measuring import Cost, Failed, Subject, cheapest, cost_of
from bench.table import Ratio, Table
from stairlift.inventory import neutron, nova
from stairlift.inventory.paging import LIMIT
from stairlift.sandbox.api.tokens import PASSWORD, PROJECT_NAME, USERS
from stairlift.sandbox.client import CLOUD_NAME, SandboxClient
from stairlift.sandbox.process import SandboxProcess

HOSTS, QUICK_HOSTS = 10_000, 30
ROUNDS = 5
AT_MOST = 2.0
BARE = "httpx + orjson, no more"
SOURCES = "Stairlift's sources"
DISCOVER = "`stairlift discover -o json`"
SDK = "openstacksdk"
LISTS = ("compute service list", "network agent list", "hypervisor list")

_CLIENTS = Path(__file__).parent / "clients"


@dataclass(frozen=True)
class Clients:
    """The processes that ask one cloud."""

    cloud: SandboxProcess
    folder: Path
    hosts: int

    def bare(self) -> Cost:
        """The least that can get and parse the same bytes."""
        file = self.folder / "lists.json"
        file.write_bytes(orjson.dumps({**sign_in(self.cloud), "lists": lists(self.cloud.url)}))
        return self._counted("bare.py", str(file))

    def sources(self) -> Cost:
        """Every source that `--inventory openstack` stands for, side by side, down to records."""
        return self._counted("sources.py")

    def discover(self) -> Cost:
        """The command: reconciled, and printed as JSON."""
        return cost_of([sys.executable, "-m", "stairlift", "discover", "-o", "json"], self.env)

    def sdk(self) -> Cost:
        """The lists as resource objects."""
        return self._counted("sdk.py")

    def command(self, words: str) -> Cost:
        """One list of the openstack command."""
        program = Path(sys.executable).with_name("openstack")
        return cost_of([str(program), *words.split(), "-f", "json"], self.env)

    @property
    def env(self) -> Mapping[str, str]:
        """Only this cloud, nobody's settings, and byte code for whatever is imported a second time."""
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("OS_", "STAIRLIFT_", "XDG_", "PYTHON"))}
        return {
            **clean,
            "HOME": str(self.folder),
            "OS_CLIENT_CONFIG_FILE": str(self.folder / "clouds.yaml"),
            "OS_CLOUD": CLOUD_NAME,
            "PYTHONPYCACHEPREFIX": str(self.folder / "pycache"),
        }

    def _counted(self, program: str, *arguments: str) -> Cost:
        """The cost of a client that says how many rows of each list it got. Failed where that is not all of them."""
        out = self.folder / "rows.json"
        cost = cost_of([sys.executable, str(_CLIENTS / program), *arguments], self.env, out=out)
        rows = orjson.loads(out.read_bytes())
        wanted = {"services": self.hosts + 6, "agents": 3 * self.hosts, "hypervisors": self.hosts}
        if rows != wanted:
            raise Failed(f"{program} got {rows} instead of {wanted}")
        return cost


def sign_in(cloud: SandboxClient) -> dict[str, Any]:
    """Where to get a token, and the body of the request (Identity API v3, password, project scope)."""
    domain = {"name": "Default"}
    user = {"name": USERS[0].name, "domain": domain, "password": PASSWORD}
    project = {"name": PROJECT_NAME, "domain": domain}
    identity = {"methods": ["password"], "password": {"user": user}}
    return {"auth_url": cloud.auth_url, "sign_in": {"auth": {"identity": identity, "scope": {"project": project}}}}


def lists(url: str) -> list[tuple[str, str, str]]:
    """(URL, key of the rows, microversion) of the three lists, just as Stairlift's sources ask for them."""
    compute, network = f"{url}/internal/compute/v2.1", f"{url}/internal/network/v2.0"
    fields = "&".join(f"fields={name}" for name in neutron.FIELDS)
    return [
        (f"{compute}/os-services", "services", _microversion(nova.SERVICES)),
        (f"{network}/agents?{fields}&limit={LIMIT}", "agents", ""),
        (f"{compute}/os-hypervisors/detail?limit={LIMIT}", "hypervisors", _microversion(nova.HYPERVISORS)),
    ]


def _microversion(pair: tuple[int, int]) -> str:
    return "compute {}.{}".format(*pair)


def measure(quick: bool = False) -> Table:
    """The table. All clients see a tiny cloud first, which is not counted; then the slow ones are asked once."""
    with tempfile.TemporaryDirectory() as name:
        costs = _costs(Path(name), QUICK_HOSTS, 1)
        if not quick:
            costs = _costs(Path(name), HOSTS, ROUNDS)
    return _table(QUICK_HOSTS if quick else HOSTS, costs)


def _costs(folder: Path, hosts: int, rounds: int) -> dict[str, Cost]:
    with SandboxProcess("large", folder, hosts=hosts) as cloud:
        cloud.clouds_yaml(folder / "clouds.yaml")
        clients = Clients(cloud, folder, hosts)
        fast: dict[str, Subject] = {BARE: clients.bare, SOURCES: clients.sources, DISCOVER: clients.discover}
        commands: dict[str, Subject] = {f"`openstack {words}`": partial(clients.command, words) for words in LISTS}
        return cheapest(fast, rounds) | cheapest({SDK: clients.sdk, **commands}, 1)


def _table(hosts: int, costs: Mapping[str, Cost]) -> Table:
    bare = costs[BARE].cpu
    three = sum((costs[f"`openstack {words}`"] for words in LISTS), Cost(0, 0))
    shown = {**costs, "the three `openstack` commands": three}
    rows = [(name, f"{c.cpu:.2f}", f"{c.wall:.2f}", f"{c.cpu / bare:.1f}") for name, c in shown.items()]
    return Table(
        title=f"discovery: {hosts + 6:,} services, {3 * hosts:,} agents, {hosts:,} hypervisors",
        heads=("client", "CPU s", "wall s", "x CPU"),
        rows=tuple(rows),
        ratios=(
            Ratio("Stairlift's sources / bare client, CPU", costs[SOURCES].cpu / bare, AT_MOST),
            Ratio("`stairlift discover` / bare client, CPU", costs[DISCOVER].cpu / bare),
            Ratio("openstacksdk / Stairlift's sources, CPU", costs[SDK].cpu / costs[SOURCES].cpu),
            Ratio("`openstack` commands / `stairlift discover`, CPU", three.cpu / costs[DISCOVER].cpu),
        ),
    )
