"""What is installed: every entry point loaded and looked at, whoever brought it, without using any."""

import os
import sys
from collections.abc import Mapping
from importlib.metadata import EntryPoint
from inspect import getdoc, isclass
from pathlib import Path

from stairlift import __version__
from stairlift.inventory.specs import EVERY_API, available
from stairlift.model.errors import UsageError
from stairlift.model.work import Traits
from stairlift.ports import Lacking
from stairlift.report.installed import Installed, InstalledSource, InstalledStrategy
from stairlift.strategy.registry import StrategyRegistry
from stairlift.wiring.config.settings import Settings

_CLOUDS = ("clouds.yaml", "clouds.yml", "clouds.json")


def installed_strategies() -> tuple[InstalledStrategy, ...]:
    """All strategies by their names. One that cannot be loaded is told as broken."""
    registry = StrategyRegistry.installed()
    points = {point.name: point for point in registry.found}
    return tuple(_strategy(points[name], registry) for name in registry.names())


def _strategy(point: EntryPoint, registry: StrategyRegistry) -> InstalledStrategy:
    try:
        loaded = registry.load(point.name)
    except UsageError as wrong:
        return InstalledStrategy(_entry(point, broken=f"{wrong.brief}: {wrong.details}"))
    traits = getattr(loaded, "traits", None)
    return InstalledStrategy(
        entry=_entry(point, _described(point, loaded), _lacks(loaded)),
        traits=traits if isinstance(traits, Traits) else None,
        per_hop=bool(getattr(loaded, "per_hop", False)),
    )


def installed_sources(settings: Settings, environ: Mapping[str, str]) -> tuple[InstalledSource, ...]:
    """All sources by their SPECs. Those of the cloud's own APIs need its credentials."""
    without = _without_credentials(settings, environ)
    return tuple(_source(name, point, without) for name, point in sorted(available().items()))


def _source(name: str, point: EntryPoint, without: tuple[str, ...]) -> InstalledSource:
    asks_the_cloud = name in EVERY_API
    try:
        loaded = point.load()
    except (Exception, SystemExit) as wrong:  # noqa: BLE001
        return InstalledSource(_entry(point, broken=f"{type(wrong).__name__}: {wrong}"), asks_the_cloud)
    lacks = (*_lacks(loaded), *(without if asks_the_cloud else ()))
    return InstalledSource(_entry(point, _described(point, loaded), lacks), asks_the_cloud)


def _entry(point: EntryPoint, description: str = "", lacks: tuple[str, ...] = (), *, broken: str = "") -> Installed:
    package = f"{point.dist.name} {point.dist.version}" if point.dist else f"stairlift {__version__}"
    return Installed(point.name, point.value, package, description, lacks, broken)


def _described(point: EntryPoint, loaded: object) -> str:
    """The first line of its documentation; that of its module where it is a value and no class."""
    told = getdoc(loaded) if isclass(loaded) else sys.modules[point.module].__doc__
    return (told or "").partition("\n")[0]


def _lacks(loaded: object) -> tuple[str, ...]:
    """What it says is missing; it may be anybody's code."""
    if not isinstance(loaded, Lacking):
        return ()
    try:
        return tuple(map(str, loaded.lacking()))
    except Exception as wrong:  # noqa: BLE001
        return (f"it cannot say: {type(wrong).__name__}: {wrong}",)


def _without_credentials(settings: Settings, environ: Mapping[str, str]) -> tuple[str, ...]:
    """Where credentials could be, there is nothing. Whether those that there are will do, only the cloud can say."""
    named = environ.get("OS_CLIENT_CONFIG_FILE")
    home = Path(environ.get("XDG_CONFIG_HOME") or Path("~").expanduser() / ".config")
    folders = (Path.cwd(), home / "openstack", Path("/etc/openstack"))
    files = [Path(named)] if named else [folder / name for folder in folders for name in _CLOUDS]
    if environ.get("OS_AUTH_URL") or any(map(os.path.exists, files)):
        return ()
    cloud = f" for the cloud {settings.os_cloud}" if settings.os_cloud else ""
    return (f"no clouds.yaml and no OS_AUTH_URL{cloud}",)
