"""The availability meter: the `[meter]` table, and the meter of a run."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import fields
from itertools import count, takewhile
from pathlib import Path
from typing import Any, cast

from stairlift.drive.tools import Tools
from stairlift.knowledge.probes import all_probes
from stairlift.knowledge.service_types import all_service_types
from stairlift.model.availability import METER
from stairlift.model.errors import StairliftError
from stairlift.model.observation import BackendRecord, Observation
from stairlift.model.plan import Asked, Plan
from stairlift.model.run import FINAL_RUN_STATES, AttemptId, Run
from stairlift.ports import CloudClient, Records, UpgradeStrategy
from stairlift.probe.leftovers import Leftovers
from stairlift.probe.meter import STEP, Place, RunMeter, end_meter
from stairlift.probe.order import BackendAddress, MeterOrder, MeterSettings, WriteSettings, folder_of
from stairlift.wiring.config.policy import whole_seconds
from stairlift.wiring.config.toml import demand_known, invalid

_KEYS = tuple(field.name for field in fields(MeterSettings))
_WRITE_KEYS = tuple(field.name for field in fields(WriteSettings))
#: Requests a second: more than that is a load and no measurement.
_MOST_RATE = 200
#: Seconds between two servers that the write probe makes, at least.
_LEAST_EVERY = 60
_INTERFACES = ("public", "internal", "admin")


def read_meter(table: Any, place: str) -> MeterSettings:
    """The settings of a table. Raises UsageError (config.invalid) naming the place and the key."""
    if not isinstance(table, Mapping):
        raise invalid(place, f"is a table with {', '.join(_KEYS)}")
    demand_known(place, table, _KEYS, "keys")
    usual = MeterSettings()
    times = {key: _time(place, key, table.get(key, getattr(usual, key))) for key in ("baseline", "timeout", "linger")}
    if table.get("interface", usual.interface) not in _INTERFACES:
        raise invalid(place, f"interface is {' or '.join(_INTERFACES)}, not {table['interface']!r}")
    return MeterSettings(
        rate=_rate(place, table.get("rate", usual.rate)),
        **times,
        interface=table.get("interface", usual.interface),
        backends=_flag(place, "backends", table.get("backends", usual.backends)),
        canaries=_texts(place, "canaries", table.get("canaries", [])),
        off=_texts(place, "off", table.get("off", [])),
        write=_write(f"{place}: write", table["write"]) if "write" in table else None,
    )


def _time(place: str, key: str, value: Any) -> float:
    seconds = float(value) if isinstance(value, float) else float(whole_seconds(place, key, value))
    if seconds < 1:
        raise invalid(place, f"{key} is at least a second")
    return seconds


def _rate(place: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0.1 <= value <= _MOST_RATE:
        raise invalid(place, f"rate is a number of requests a second, from 0.1 to {_MOST_RATE}, not {value!r}")
    return float(value)


def _flag(place: str, key: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise invalid(place, f"{key} is true or false, not {value!r}")
    return value


def _texts(place: str, key: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(text, str) and text for text in value):
        raise invalid(place, f"{key} is a list of texts, not {value!r}")
    return tuple(value)


def _write(place: str, table: Any) -> WriteSettings:
    if not isinstance(table, Mapping) or not isinstance(table.get("cloud"), str):
        raise invalid(place, 'is a table with at least cloud = "...", a cloud of clouds.yaml with a project of its own')
    demand_known(place, table, _WRITE_KEYS, "keys")
    for key in ("network", "image", "flavor"):
        if not isinstance(table.get(key, ""), str):
            raise invalid(place, f"{key} is the name or the id of one, not {table[key]!r}")
    every = _time(place, "every", table.get("every", _LEAST_EVERY))
    if every < _LEAST_EVERY:
        raise invalid(place, f"every is at least {_LEAST_EVERY} s: more would be a load and no measurement")
    server = _flag(place, "server", table.get("server", True))
    return WriteSettings(**{**table, "every": every, "server": server})


# A run's


def kept(settings: MeterSettings | None, plan: Plan) -> dict[str, Any]:
    """What a run that begins keeps about it: nothing where it is neither asked for nor needed for a budget.

    Raises UsageError where nobody knows the cloud that it is to write to.
    """
    if settings is None and not plan.policy.get("downtime_budget"):
        return {}
    if settings is not None and settings.write is not None:
        _client(settings.write.cloud)
    return {METER: (settings or MeterSettings()).document()}


def metered(run: Run, plan: Plan, state_dir: Path, seen: Iterable[Observation]) -> Place | None:
    """Where and how a run is measured; None where it is not."""
    if METER not in run.options:
        return None
    order = MeterOrder(run.id, plan.os_cloud, MeterSettings.of(run.options[METER]), backends(seen))
    budget = plan.policy.get("downtime_budget", {})
    return Place(folder_of(state_dir, run.id), order, budget, proves=plan.asked == Asked())


def run_meter(place: Place, run: Run, tools: Tools, note: Callable[[str], None]) -> RunMeter:
    """The meter of a run as it stands before it is taken up."""
    return RunMeter(place, run, tools.executor, tools.store, note)


def with_leftovers(
    strategies: Mapping[str, UpgradeStrategy], run: Run, state_dir: Path
) -> Mapping[str, UpgradeStrategy]:
    """The strategies of a run, and beside them who takes away what its write probe has made."""
    if not run.options.get(METER, {}).get("write"):
        return strategies
    leftovers = Leftovers(folder_of(state_dir, run.id), _client)
    return {**strategies, METER: cast("UpgradeStrategy", leftovers)}  # the ledger asks nothing else of it


def _client(cloud: str) -> CloudClient:
    from stairlift.openstack.client import SessionCloudClient  # who only reads settings has no use for it

    return SessionCloudClient.from_config(cloud)


def backends(seen: Iterable[Observation]) -> tuple[BackendAddress, ...]:
    """Every process of an API that a load balancer has an address of, and that a user asks for something."""
    services = {binary: kind.name for kind in all_service_types() for binary in kind.apis}
    asked = {probe.service for probe in all_probes().values()}
    found = {
        BackendAddress(services[fact.binary], fact.server, fact.address, fact.port)
        for observation in seen
        for fact in observation.facts
        if isinstance(fact, BackendRecord) and fact.binary and fact.port and fact.address
        if services.get(fact.binary) in asked
    }
    return tuple(sorted(found, key=lambda one: (one.service, one.name, one.address, one.port)))


def processes_of(run_id: str, begun: Callable[[AttemptId], bool]) -> Iterator[AttemptId]:
    """The meters of a run, which only their folders have on record. The newest outlives its run for a moment."""
    return takewhile(begun, (AttemptId(run_id, STEP, number) for number in count(1)))


def end_those_of(records: Records, state_dir: Path, cloud: str) -> None:
    """Let the meters end of runs that are over for good, whoever ended them."""
    if not folder_of(state_dir).is_dir():
        return
    with suppress(StairliftError):  # a journal out of reach is told by whoever needs it; the next one sees to it
        for run in records.runs(cloud):
            if run.state in FINAL_RUN_STATES:
                end_meter(folder_of(state_dir, run.id))
