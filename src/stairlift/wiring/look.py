"""A look at the cloud: sources built from SPECs, asked side by side, and reconciled."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

from stairlift.drive.discover import observe_all
from stairlift.inventory.context import AnsibleSettings, SourceContext
from stairlift.inventory.recording import recorded_cloud
from stairlift.inventory.specs import EVERY_API, sources
from stairlift.inventory.tape import Tape
from stairlift.inventory.tape import save as keep
from stairlift.model.errors import NoAnswer, Trouble
from stairlift.model.finding import Finding
from stairlift.model.observation import Observation
from stairlift.ports import CloudClient, InventoryManager
from stairlift.reconcile import Reconciled, reconcile
from stairlift.remote.ssh import SshRemote
from stairlift.remote.words import SshOptions
from stairlift.wiring.clock import now
from stairlift.wiring.config.checks import CheckSettings, Transport, transports
from stairlift.wiring.config.settings import Settings


@dataclass(frozen=True, slots=True)
class Where:
    """Where to look, and what the operator adds to what is seen there. `specs` are those of `--inventory`."""

    specs: tuple[str, ...]
    os_cloud: str | None = None
    aliases: Mapping[str, str] = field(default_factory=dict)
    ansible_arguments: tuple[str, ...] = ()
    ssh: SshOptions = field(default_factory=SshOptions)
    checks: CheckSettings = field(default_factory=CheckSettings)
    transports: tuple[Transport, ...] = ()

    @classmethod
    def by(cls, settings: Settings, specs: Sequence[str] = (), os_cloud: str | None = None) -> "Where":
        """What the command line says, else the settings, else every API of the cloud."""
        return cls(
            specs=tuple(specs) or settings.inventories or ("openstack",),
            os_cloud=os_cloud or settings.os_cloud,
            aliases=settings.aliases,
            ansible_arguments=settings.ansible_arguments,
            ssh=settings.ssh,
        ).checking(settings)

    def checking(self, settings: Settings) -> "Where":
        """With what the settings say of checks on hosts."""
        entries = ((entry.use, entry.options) for entry in settings.strategies)
        ways = transports(entries) if settings.checks.shells == "strategies" else ()
        return replace(self, checks=settings.checks, transports=ways)


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen, and by whom, so that one can look again.

    `client` connects to the cloud where its own APIs were asked.
    """

    managers: tuple[InventoryManager, ...]
    observations: tuple[Observation, ...]
    reconciled: Reconciled
    client: Callable[[], CloudClient] | None = None

    @property
    def silent(self) -> frozenset[str]:
        """The sources that gave nothing although they should have."""
        return frozenset(o.source for o in self.observations if o.trouble and o.trouble is not Trouble.NOT_DEPLOYED)

    def demand_answer(self) -> None:
        """Raise NoAnswer (sources.silent) where not one source answered."""
        if all(o.trouble for o in self.observations):
            raise _silence(self.reconciled)


def look(where: Where, save: Path | None = None) -> Look:
    """Ask every source. Raises UsageError for a wrong SPEC or wrong credentials, NoAnswer where none answered.

    `save` is a folder for the raw answers, so that others can look at the same cloud.
    """
    seen = glance(where, save)
    seen.demand_answer()
    return seen


def glance(where: Where, save: Path | None = None) -> Look:
    """The same, also where no source answered."""
    client = cache(lambda: _client(where.os_cloud))
    ansible = AnsibleSettings(arguments=where.ansible_arguments)
    context = SourceContext(client=client, ansible=ansible, remote=lambda: SshRemote(where.ssh), ssh=where.ssh)
    asked = sources(where.specs, context)
    tapes = tuple(Tape(source) for source in asked)
    observations = observe_all(tapes, now)
    name = _name(where.specs, client)
    if save:
        keep(save, name, tapes, observations)
    reconciled = reconcile(observations, name=name, aliases=where.aliases)
    managers = tuple(source.manager for source in asked)
    return Look(managers, observations, reconciled, client if _asks_apis(where.specs) else None)


def _asks_apis(specs: Sequence[str]) -> bool:
    """Whether the cloud's own APIs are asked; a recording cannot be."""
    kinds = {spec.partition(":")[0] for spec in specs}
    return "recording" not in kinds and not kinds.isdisjoint({"openstack", *EVERY_API})


def _client(os_cloud: str | None) -> CloudClient:
    from stairlift.openstack.client import SessionCloudClient  # half a second that recordings save

    return SessionCloudClient.from_config(os_cloud)


def _name(specs: Sequence[str], client: Callable[[], CloudClient]) -> str:
    """What the cloud is called: by its client, by its recording, else by the inventory that stands for it."""
    for spec in specs:
        kind, _, argument = spec.partition(":")
        if kind == "recording":
            return recorded_cloud(Path(argument))
        if kind not in ("ansible", "haproxy", "hosts"):
            return client().cloud_name
    return Path(specs[0].partition(":")[2]).name


def _silence(seen: Reconciled) -> NoAnswer:
    """What each source met; a refused password is one trouble, however many sources it stopped."""
    met: dict[str, list[Finding]] = {}
    for finding in seen.findings:
        met.setdefault(finding.message.removeprefix(finding.subject).strip(), []).append(finding)
    told = [(", ".join(f.subject for f in found), what, found[0].resolution) for what, found in met.items()]
    return NoAnswer(
        code="sources.silent",
        brief="not one source answered",
        details="\n  ".join(f"{sources}: {what}\n    {resolution}" for sources, what, resolution in told),
        resolution="check credentials and addresses: `stairlift discover` asks all sources again",
    )
