"""What is asked, frozen when a meter first begins: of each API a few requests, and each of its processes by itself."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from functools import partial
from itertools import islice
from pathlib import Path
from urllib.parse import urlsplit

import orjson

from stairlift.knowledge.probes import Probe, all_probes
from stairlift.knowledge.service_types import canonical
from stairlift.model.availability import Target
from stairlift.model.errors import SourceTrouble
from stairlift.openstack.endpoints import host_and_port
from stairlift.openstack.user import CloudUser, Ticket
from stairlift.probe.faults import of_status
from stairlift.probe.order import TARGETS, BackendAddress, MeterSettings, put
from stairlift.probe.web import Web

#: How many backends are tried at a time.
_AT_ONCE = 16
#: Of a canary, as often as an API's.
_CANARY_WEIGHT = 6
_VERSION = re.compile(r"/v\d+(\.\d+)?(/|$)")


@dataclass(frozen=True, slots=True)
class Way:
    """How a target is asked. `kind` is a probe's, or tcp or icmp; `of`, `lists` and the rest are as in probes.yaml."""

    target: Target
    kind: str
    weight: int
    microversion: str = ""
    lists: str = ""
    of: str = ""

    @property
    def headers(self) -> dict[str, str]:
        """What the request carries beside the token."""
        own = {"OpenStack-API-Version": self.microversion} if self.microversion else {}
        return {"Accept": "application/json", "User-Agent": "stairlift-meter", **own}


@dataclass(frozen=True, slots=True)
class Trier:
    """Asks once, to find out which of several paths these credentials may read."""

    web: Web
    token: str

    def speaks(self, root: str) -> bool:
        """Whether this is how to speak to a server. Without the token, which must not go in the clear to one of TLS."""
        try:
            return self.web.get(f"{root}/", {}, verify=False).status != 400  # what servers of TLS say to plain HTTP
        except Exception:  # as below  # noqa: BLE001
            return False

    def state(self, url: str, way: Way) -> str:
        """What comes back: a state, "elsewhere" where there is no such path, "away" where nobody answers at all."""
        headers = {**way.headers, "X-Auth-Token": self.token}
        headers |= {"X-Subject-Token": self.token} if way.kind == "validate" else {}
        try:
            status = self.web.get(url, headers, verify=way.target.via != "backend").status
        except Exception:  # whatever a server that is not one may do  # noqa: BLE001
            return "away"
        return "elsewhere" if status in (400, 404, 405, 406) else of_status(status)


def frozen(folder: Path) -> tuple[Way, ...] | None:
    """What a meter of this folder has asked before; None where there was none. Raises OSError, ValueError."""
    try:
        found = orjson.loads((folder / TARGETS).read_bytes())
    except FileNotFoundError:
        return None
    return tuple(Way(**{**one, "target": Target(**one["target"])}) for one in found)


def freeze(folder: Path, ways: Sequence[Way]) -> None:
    """Keep it for a meter that comes after this one. Raises OSError."""
    put(folder / TARGETS, [asdict(way) for way in ways])


def find_ways(
    user: CloudUser, ticket: Ticket, settings: MeterSettings, backends: Sequence[BackendAddress], web: Web
) -> tuple[Way, ...]:
    """What is there to be asked, and may be. Takes a request for each path that is tried."""
    trier = Trier(web, ticket.token)
    wanted = {name: p for name, p in all_probes().items() if not any(fnmatchcase(name, glob) for glob in settings.off)}
    public = list(_public(user, ticket, wanted.values(), trier))
    behind = _backends(public, wanted, backends, trier) if settings.backends else ()
    return (*public, *map(_canary, settings.canaries), *_distinct(behind))


def _public(user: CloudUser, ticket: Ticket, wanted: Iterable[Probe], trier: Trier) -> Iterator[Way]:
    taken: set[str] = set()
    for probe in wanted:
        if probe.kind == "token":
            yield _way(probe, user.auth_url)
        elif not probe.of or probe.of in taken:
            urls = list(_urls(user, ticket, probe))
            chosen = urls[:1] if probe.of else _first_allowed(urls, partial(_way, probe), trier)
            for url in chosen:
                taken.add(probe.name)
                yield _way(probe, url)


def _way(probe: Probe, url: str) -> Way:
    target = Target(probe.name, probe.api, "public", url)
    return Way(target, probe.kind, probe.weight, probe.microversion, probe.lists, probe.of)


def _urls(user: CloudUser, ticket: Ticket, probe: Probe) -> Iterator[str]:
    for path in probe.paths:
        try:
            url = user.url(ticket, probe.service, path)
        except SourceTrouble:  # the catalog has none, or none on our interface
            return
        yield url.rstrip("/") if path == "/" and urlsplit(url).path != "/" else url


def _first_allowed(urls: Sequence[str], way: Callable[[str], Way], trier: Trier) -> list[str]:
    """The first that may be read. One that fails is down now and not forbidden: it is taken as well."""
    allowed = (url for url in urls if trier.state(url, way(url)) not in ("denied", "elsewhere"))
    return list(islice(allowed, 1))


# Backends


def _backends(
    public: Sequence[Way], wanted: Mapping[str, Probe], backends: Sequence[BackendAddress], trier: Trier
) -> Iterator[Way]:
    """Side by side: one that is away costs as long as a request may take."""
    plain = [way for way in public if way.kind != "token" and not way.of]
    models = {wanted[way.target.id].service: way for way in reversed(plain)}
    pairs = [(models[kind], b) for b in backends if (kind := canonical(b.service)) in models]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        yield from pool.map(lambda pair: _backend(pair[0], pair[1], trier), pairs)


def _backend(model: Way, backend: BackendAddress, trier: Trier) -> Way:
    """The same request to one process: below the path that users see, or from the version on, or at the root."""
    parts = urlsplit(model.target.address)
    whole = f"{parts.path}{f'?{parts.query}' if parts.query else ''}"
    version = _VERSION.search(whole)
    last = whole.rpartition("/")
    paths = dict.fromkeys((whole, *([whole[version.start() :]] if version else []), f"/{last[2]}", "/"))
    place = host_and_port(backend.address, backend.port)
    roots = [f"{scheme}://{place}" for scheme in ("http", "https")]
    target = Target(f"{model.target.api}@{backend.name}", model.target.api, "backend", "")
    root = next((one for one in roots if trier.speaks(one)), "")
    ways = [_at(model, target, f"{root or roots[0]}{path}") for path in paths]
    return next(_right(ways, trier), ways[0]) if root else ways[0]


def _right(ways: Sequence[Way], trier: Trier) -> Iterator[Way]:
    """Those that are answered well. Where nobody answers one of them, the others are not tried."""
    for way in ways:
        state = trier.state(way.target.address, way)
        if state == "ok":
            yield way
        if state == "away":
            return


def _at(model: Way, target: Target, url: str) -> Way:
    return Way(Target(target.id, target.api, "backend", url), model.kind, 1, model.microversion)


def _distinct(ways: Iterable[Way]) -> Iterator[Way]:
    """Two processes of an API that the load balancer calls alike are told apart by their addresses."""
    seen: set[str] = set()
    for way in ways:
        target = way.target
        name = target.id if target.id not in seen else f"{target.id}:{urlsplit(target.address).netloc}"
        if name not in seen:
            seen.add(name)
            yield Way(Target(name, target.api, target.via, target.address), way.kind, way.weight, way.microversion)


def _canary(address: str) -> Way:
    kind = "tcp" if _port(address) else "icmp"
    return Way(Target(f"canary.{address}", "canary", "canary", address), kind, _CANARY_WEIGHT)


def _port(address: str) -> bool:
    host, colon, port = address.rpartition(":")
    return bool(colon and port.isdigit() and (":" not in host or host.startswith("[")))
