"""The `[serve]` table: where the server listens, with which certificate, and who may do what through it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from stairlift.model.errors import UsageError
from stairlift.wiring.config.toml import beside, demand_known, invalid

#: Hours for which a browser may stay signed in: a shift, a day, at most four weeks.
_USUAL_HOURS, _MOST_HOURS = 12.0, 672.0
#: A name or an address, of either version of IP.
_HOST = re.compile(r"[\w.:%-]{1,253}", re.ASCII)


@dataclass(frozen=True, slots=True)
class ServeSettings:
    """How a server is reached. Only this machine reaches it unless `host` says otherwise.

    `trusted_proxies` are addresses or networks whose word counts on who asks, and whether by TLS. With `four_eyes` who
    planned may not approve. `session_hours`: how long a browser stays signed in. With `accept_plans` whole plans may be
    brought, and with them the command lines that they hold; `inventories` are SPECs with an argument that may be asked
    for besides those of `[sources]`.
    """

    host: str = "127.0.0.1"
    port: int = 8778
    tls_cert: Path | None = None
    tls_key: Path | None = None
    trusted_proxies: tuple[str, ...] = ()
    four_eyes: bool = False
    session_hours: float = _USUAL_HOURS
    accept_plans: bool = False
    inventories: tuple[str, ...] = ()


KEYS = tuple(field.name for field in fields(ServeSettings))


def read_serve(file: Path, table: Any) -> ServeSettings:
    """The settings of a table. Raises UsageError (config.invalid) naming the file and the key."""
    place = f"{file}: [serve]"
    if not isinstance(table, Mapping):
        raise invalid(place, f"is a table with {', '.join(KEYS)}")
    demand_known(place, table, KEYS, "keys")
    usual = ServeSettings()
    found = ServeSettings(
        host=demand_host(place, table.get("host", usual.host)),
        port=demand_port(place, table.get("port", usual.port)),
        tls_cert=_path(file, place, "tls_cert", table),
        tls_key=_path(file, place, "tls_key", table),
        trusted_proxies=_proxies(place, table.get("trusted_proxies", [])),
        four_eyes=_flag(place, "four_eyes", table.get("four_eyes", usual.four_eyes)),
        session_hours=_hours(place, table.get("session_hours", usual.session_hours)),
        accept_plans=_flag(place, "accept_plans", table.get("accept_plans", usual.accept_plans)),
        inventories=_specs(file, place, table.get("inventories", [])),
    )
    demand_pair(place, found.tls_cert, found.tls_key)
    return found


def demand_host(place: str, value: Any) -> str:
    """A name or an address to listen at."""
    if not isinstance(value, str) or not _HOST.fullmatch(value):
        raise invalid(place, f"host is a name or an address such as 127.0.0.1 or ::, not {value!r}")
    return value


def demand_port(place: str, value: Any) -> int:
    """A port; 0 lets the kernel choose one."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 65_535:
        raise invalid(place, f"port is a number from 0 to 65535, not {value!r}")
    return value


def demand_proxy(place: str, value: Any) -> str:
    """The address of a proxy, or of a network of them."""
    from ipaddress import ip_network  # `stairlift --help` has no use for it

    try:
        return str(ip_network(value)) if "/" in value else str(ip_network(value).network_address)
    except (TypeError, ValueError) as wrong:
        raise invalid(
            place, f"a trusted proxy is an address or a network such as 10.0.0.0/24, not {value!r}"
        ) from wrong


def demand_pair(place: str, cert: Path | None, key: Path | None) -> None:
    """A key without a certificate would be passed over, and the password of whoever signs in told to everybody."""
    if key is not None and cert is None:
        raise UsageError(code="config.invalid", brief=f"{place}: a tls_key without a tls_cert means nothing")


def _proxies(place: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise invalid(place, f"trusted_proxies is a list of addresses, not {value!r}")
    return tuple(demand_proxy(place, one) for one in value)


def _path(file: Path, place: str, key: str, table: Mapping[str, Any]) -> Path | None:
    value = table.get(key)
    if value is None:
        return None
    if not isinstance(value, str) or not value:
        raise invalid(place, f"{key} is the path of a file, not {value!r}")
    return file.parent / value


def _flag(place: str, key: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise invalid(place, f"{key} is true or false, not {value!r}")
    return value


def _specs(file: Path, place: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(spec, str) for spec in value):
        raise invalid(place, f"inventories is a list of SPECs, not {value!r}")
    return tuple(beside(file, spec) for spec in value)


def _hours(place: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= _MOST_HOURS:
        raise invalid(place, f"session_hours is a number of hours up to {_MOST_HOURS:g}, not {value!r}")
    return float(value)
