"""Configuration: flags, then STAIRLIFT_* and OS_*, then ./stairlift.toml, the XDG folder, /etc/stairlift.

Each table is taken whole from the nearest file that has it; paths in it are relative to that file's folder.

    STAIRLIFT_CONFIG        a stairlift.toml that comes before the others
    STAIRLIFT_INVENTORY     sources, separated by commas
    STAIRLIFT_STATE_DIR     journal, locks and the files of attempts
    STAIRLIFT_DATABASE_URL  a journal elsewhere
    STAIRLIFT_LEASE_TTL     how long a lease outlives its holder's last sign of life, in seconds
    STAIRLIFT_URL           a server that has the journal (see `client.address`)
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stairlift.client.address import Address, read_address
from stairlift.drive.gates.settings import GateSettings
from stairlift.model.errors import UsageError
from stairlift.model.finding import Waiver
from stairlift.model.plan import Around, Queue
from stairlift.model.policy import Policy
from stairlift.model.run import LEASE_TTL, LEAST_LEASE_TTL
from stairlift.probe.order import MeterSettings
from stairlift.remote.words import SshOptions
from stairlift.wiring.config.checks import CheckSettings, read_checks
from stairlift.wiring.config.hops import Hops, read_hops
from stairlift.wiring.config.matching import read_match
from stairlift.wiring.config.policy import read_policy
from stairlift.wiring.config.queues import read_queues
from stairlift.wiring.config.serve import ServeSettings, read_serve
from stairlift.wiring.config.toml import beside, demand_known, invalid, places_of, read_toml

if TYPE_CHECKING:
    from stairlift.report.announcement import Contact
    from stairlift.wiring.config.notify import ChannelSettings

_FILE = "stairlift.toml"
_TABLES = frozenset(
    {
        "strategy",
        "hop",
        "queue",
        "around",
        "waiver",
        "policy",
        "aliases",
        "sources",
        "lease_ttl",
        "meter",
        "gates",
        "checks",
        "serve",
        "notify",
        "announce",
    }
)


@dataclass(frozen=True, slots=True)
class StrategyEntry:
    """One `[[strategy]]` table, with the file that holds it and its place there, for messages."""

    place: str
    use: str
    match: Mapping[str, tuple[str, ...]]
    options: Mapping[str, Any]
    takes: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """What the operator's files and environment say."""

    policy: Policy = field(default_factory=Policy)
    strategies: tuple[StrategyEntry, ...] = ()
    hops: Hops = field(default_factory=dict)
    queues: tuple[Queue, ...] = ()
    around: tuple[Around, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    aliases: Mapping[str, str] = field(default_factory=dict)
    inventories: tuple[str, ...] = ()
    os_cloud: str | None = None
    ansible_arguments: tuple[str, ...] = ()
    ssh: SshOptions = field(default_factory=SshOptions)
    state_dir: Path = Path()
    database_url: str = ""
    lease_ttl: float = LEASE_TTL
    meter: MeterSettings | None = None
    gates: GateSettings = field(default_factory=GateSettings)
    checks: CheckSettings = field(default_factory=CheckSettings)
    serve: ServeSettings = field(default_factory=ServeSettings)
    notify: "tuple[ChannelSettings, ...]" = ()
    announce: "Contact | None" = None
    server: Address | None = None
    files: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class _Table:
    """A top-level value of a file."""

    file: Path
    value: Any


def read_settings(environ: Mapping[str, str], cwd: Path, system: Path = Path("/etc/stairlift")) -> Settings:
    """Settings from files and environment. Raises UsageError naming the file, and the line where TOML is broken."""
    files = _files(environ, cwd, system)
    tables: dict[str, _Table] = {}
    for file in files:
        for key, value in _parse(file).items():
            tables.setdefault(key, _Table(file, value))
    state = _state_dir(environ, cwd)
    sources = _sources(tables.get("sources"))
    return Settings(
        policy=_policy(tables.get("policy")),
        strategies=_strategies(tables.get("strategy")),
        hops=read_hops(tables["hop"].file, tables["hop"].value) if "hop" in tables else {},
        queues=read_queues(tables["queue"].file, tables["queue"].value) if "queue" in tables else (),
        around=_around(tables.get("around")),
        waivers=_waivers(tables.get("waiver")),
        aliases=_aliases(tables.get("aliases")),
        inventories=_listed(environ.get("STAIRLIFT_INVENTORY")) or tuple(sources["inventory"]),
        os_cloud=_os_cloud(environ, sources["os_cloud"]),
        ansible_arguments=tuple(sources["ansible_arguments"]),
        ssh=_ssh(tables.get("sources"), sources["ssh"]),
        state_dir=state,
        database_url=environ.get("STAIRLIFT_DATABASE_URL") or f"sqlite:///{state / 'stairlift.sqlite'}",
        lease_ttl=_lease_ttl(environ, tables.get("lease_ttl")),
        meter=_meter(tables.get("meter")),
        gates=_gates(tables.get("gates")),
        checks=_checks(tables.get("checks")),
        serve=read_serve(tables["serve"].file, tables["serve"].value) if "serve" in tables else ServeSettings(),
        notify=_channels(tables.get("notify")),
        announce=_announce(tables.get("announce")),
        server=read_address(environ, cwd),
        files=files,
    )


def _files(environ: Mapping[str, str], cwd: Path, system: Path) -> tuple[Path, ...]:
    xdg = cwd / (environ.get("XDG_CONFIG_HOME") or _home(environ) / ".config")
    named = environ.get("STAIRLIFT_CONFIG")
    if named and not _is_file(cwd / named):
        raise UsageError(code="config.missing", brief=f"STAIRLIFT_CONFIG names {named}, which is no file")
    candidates = (
        *((cwd / named,) if named else ()),
        cwd / _FILE,
        xdg / "stairlift" / _FILE,
        system / _FILE,
    )
    return tuple(dict.fromkeys(path for path in candidates if _is_file(path)))


def _is_file(path: Path) -> bool:
    """Whether it is there; one that cannot even be looked at may say what must not be passed over."""
    try:
        return path.is_file()
    except OSError as wrong:
        raise UsageError(code="config.unreadable", brief=f"{path} cannot be read: {wrong.strerror}") from wrong


def _home(environ: Mapping[str, str]) -> Path:
    """The home of the caller, also where a service manager or cron sets no HOME."""
    return Path(environ.get("HOME") or Path("~").expanduser())


def _state_dir(environ: Mapping[str, str], cwd: Path) -> Path:
    xdg = cwd / (environ.get("XDG_STATE_HOME") or _home(environ) / ".local" / "state")
    state = cwd / (environ.get("STAIRLIFT_STATE_DIR") or xdg / "stairlift")
    if "?" in str(state):  # what follows it in a database URL is no longer the path
        raise invalid(f"STAIRLIFT_STATE_DIR {state}", "the path of a state directory must not hold a question mark")
    return state


def _lease_ttl(environ: Mapping[str, str], table: _Table | None) -> float:
    told = environ.get("STAIRLIFT_LEASE_TTL")
    place, given = ("STAIRLIFT_LEASE_TTL", told) if told else (table.file, table.value) if table else ("", LEASE_TTL)
    try:
        seconds = float(given)
    except (TypeError, ValueError):
        seconds = 0.0
    if isinstance(given, bool) or not LEAST_LEASE_TTL <= seconds <= 86_400:
        raise invalid(place, f"lease_ttl is a number of seconds, at least {LEAST_LEASE_TTL:g}")
    return seconds


def _os_cloud(environ: Mapping[str, str], from_file: str | None) -> str | None:
    """The cloud to look at; whoever sourced an openrc file means that one, whatever a file says."""
    return environ.get("OS_CLOUD") or (None if environ.get("OS_AUTH_URL") else from_file)


def _parse(file: Path) -> dict[str, Any]:
    content = read_toml(file)
    demand_known(file, content, _TABLES, "tables")
    return content


def _policy(table: _Table | None) -> Policy:
    return read_policy(table.value, f"{table.file}: [policy]") if table else Policy()


def _meter(table: _Table | None) -> MeterSettings | None:
    if table is None:
        return None
    from stairlift.wiring.meter import read_meter

    return read_meter(table.value, f"{table.file}: [meter]")


def _strategies(table: _Table | None) -> tuple[StrategyEntry, ...]:
    if table is None:
        return ()
    if not isinstance(table.value, list) or not all(isinstance(entry, Mapping) for entry in table.value):
        raise invalid(table.file, "strategies are written [[strategy]], in double brackets")
    places = places_of(table.file, "strategy", len(table.value))
    return tuple(_strategy(table.file, place, entry) for place, entry in zip(places, table.value, strict=True))


def _strategy(file: Path, place: str, entry: Mapping[str, Any]) -> StrategyEntry:
    from stairlift.plan.matching import MATCH_KEYS  # keeps the planner out of `stairlift --help`

    use = entry.get("use")
    if not isinstance(use, str):
        raise invalid(place, 'needs use = "...", the name of a strategy')
    options = {key: value for key, value in entry.items() if key not in {"match", "use", "takes"}}
    return StrategyEntry(
        place=place,
        use=use,
        match=read_match(place, entry.get("match", {}), MATCH_KEYS),
        options={**options, "folder": str(file.parent)},
        takes=_takes(place, entry["takes"]) if "takes" in entry else None,
    )


def _takes(place: str, value: Any) -> tuple[int, int]:
    """What somebody expects of an attempt, in seconds: the usual, and what nine in ten stay below; one is both."""
    from stairlift.wiring.config.policy import whole_seconds

    usual, *more = value if isinstance(value, list) and value else [value]
    found = [whole_seconds(place, "takes", length) for length in (usual, *(more or [usual]))]
    if len(found) != 2 or not 0 < found[0] <= found[1]:
        raise invalid(place, 'takes is a time such as "12m", or two, the usual one first: ["12m", "25m"]')
    return found[0], found[1]


def _gates(table: _Table | None) -> GateSettings:
    if table is None:
        return GateSettings()
    from stairlift.wiring.gating import read_gates  # `stairlift --help` has no use for checks

    return read_gates(table.value, f"{table.file}: [gates]")


def _checks(table: _Table | None) -> CheckSettings:
    return read_checks(table.value, f"{table.file}: [checks]") if table else CheckSettings()


def _around(table: _Table | None) -> tuple[Around, ...]:
    if table is None:
        return ()
    from stairlift.wiring.around import read_arounds  # `stairlift --help` has no use for strategies

    return read_arounds(table.file, table.value)


def _waivers(table: _Table | None) -> tuple[Waiver, ...]:
    if table is None:
        return ()
    from stairlift.wiring.config.waivers import read_waivers  # keeps the planner out of `stairlift --help`

    return read_waivers(table.file, table.value)


def _channels(table: _Table | None) -> "tuple[ChannelSettings, ...]":
    if table is None:
        return ()
    from stairlift.wiring.config.notify import read_channels  # most have none, and need no mail

    return read_channels(table.file, table.value)


def _announce(table: _Table | None) -> "Contact | None":
    if table is None:
        return None
    from stairlift.wiring.config.announce import read_announce  # only who announces needs it

    return read_announce(table.file, table.value)


def _aliases(table: _Table | None) -> dict[str, str]:
    if table is None:
        return {}
    if not isinstance(table.value, Mapping) or not all(isinstance(v, str) for v in table.value.values()):
        raise invalid(table.file, '[aliases] maps one name of a host to another: "ctl1.example.com" = "ctl1"')
    return dict(table.value)


def _sources(table: _Table | None) -> dict[str, Any]:
    """The `[sources]` table with its defaults."""
    found: dict[str, Any] = {"inventory": [], "ansible_arguments": [], "os_cloud": None, "ssh": {}}
    if table is None:
        return found
    place = f"{table.file}: [sources]"
    if not isinstance(table.value, Mapping):
        raise invalid(place, f"is a table with {', '.join(found)}")
    demand_known(place, table.value, found, "keys")
    found |= table.value
    for key in ("inventory", "ansible_arguments"):
        if not isinstance(found[key], list) or not all(isinstance(text, str) for text in found[key]):
            raise invalid(place, f"{key} is a list of texts")
    if not isinstance(found["os_cloud"], str | None):
        raise invalid(place, "os_cloud is the name of a cloud")
    return {**found, "inventory": [beside(table.file, spec) for spec in found["inventory"]]}


def _ssh(table: _Table | None, given: Any) -> SshOptions:
    """How hosts are reached that sources look at: the keys of a strategy's own `ssh`."""
    if table is None or not given:
        return SshOptions()
    from stairlift.strategy.options import OptionReader  # `stairlift --help` has no use for strategies
    from stairlift.strategy.reaching import read_reach

    try:
        return read_reach(OptionReader("sources", {"ssh": given}), table.file.parent).options
    except UsageError as wrong:
        what = wrong.brief.partition(": ")[2]
        raise invalid(f"{table.file}: [sources]", f"{what}. {wrong.resolution}".strip(" .")) from wrong


def _listed(text: str | None) -> tuple[str, ...]:
    return tuple(part.strip() for part in (text or "").split(",") if part.strip())
