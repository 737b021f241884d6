"""The options of `use = "nova"`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast, get_args

from stairlift.model.policy import Drain, Migrations
from stairlift.strategy.options import OptionReader

#: Seconds that a nova-compute has to be up and to report before its host is given back.
_UP_WITHIN = 180
_DRAINS: tuple[str, ...] = get_args(Drain)


@dataclass(frozen=True, slots=True)
class NovaOptions:
    """How hypervisors are taken out and given back. `os_cloud` is a name in clouds.yaml, None for OS_CLOUD or OS_*."""

    os_cloud: str | None
    masakari: bool
    up_within: int
    drain: Drain = "never"
    migrations: Migrations = field(default_factory=Migrations)


def read_options(use: str, options: Mapping[str, Any]) -> NovaOptions:
    """From a table; UsageError (strategy.option) where it is wrong."""
    reader = OptionReader(use, options)
    if "folder" in options:
        reader.folder()
    found = NovaOptions(
        os_cloud=reader.text("os_cloud"),
        masakari=reader.flag("masakari"),
        up_within=reader.count("up_within") or _UP_WITHIN,
        drain=cast("Drain", reader.choice("drain", _DRAINS)),
        migrations=_migrations(reader),
    )
    reader.close()
    return found


def _migrations(reader: OptionReader) -> Migrations:
    """As the policy has them: `{ host = 1, cloud = 4 }`."""
    usual = Migrations()
    numbers = {"host": usual.host, "cloud": usual.cloud, **reader.table("migrations")}
    if set(numbers) != {"host", "cloud"} or not all(type(n) is int and n >= 1 for n in numbers.values()):
        raise reader.wrong("migrations", "must be { host = 1, cloud = 4 }: whole numbers of at least 1")
    return Migrations(**numbers)
