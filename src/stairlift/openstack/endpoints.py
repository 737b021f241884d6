"""Addresses: which endpoint of the catalog, which URL below it, and where its version document lies."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urljoin, urlsplit

from stairlift.knowledge.service_types import canonical, service_type
from stairlift.model.errors import SourceTrouble, Trouble

Catalog = Sequence[Mapping[str, Any]]

_VERSION = re.compile(r"v\d+(\.\d+)?")

#: What goes behind an endpoint that names no version, so that a path below it means the same in every cloud.
#: Cinder takes paths without the project from microversion 3.67 on.
_API = {
    "block-storage": "v3/{project}",
    "compute": "v2.1",
    "identity": "v3",
    "image": "v2",
    "network": "v2.0",
    "orchestration": "v1/{project}",
    "shared-file-system": "v2",
}


def choose(catalog: Catalog, wanted: str, interface: str, region: str | None) -> str:
    """The URL of a service on one interface of one region; `wanted` may be any of the names of its type.

    Raises SourceTrouble: NOT_DEPLOYED where the region has no such service; UNREACHABLE where it has one that is
    not offered on this interface, which must not be taken for its absence; MALFORMED where the catalog has it in
    several regions and none is chosen, or gives an address that is none.
    """
    offered = [e for name in _names(wanted) for e in _endpoints(catalog, name) if _within(e, region)]
    place = f" in {region}" if region else ""
    if not offered:
        raise SourceTrouble(Trouble.NOT_DEPLOYED, f"The catalog has no {wanted} service{place}")
    fitting = [e for e in offered if e.get("interface") == interface.removesuffix("URL")]
    if not fitting:
        others = ", ".join(sorted({str(e.get("interface")) for e in offered}))
        brief = f"The catalog has no {interface} endpoint of {wanted}{place}, only: {others}"
        raise SourceTrouble(Trouble.UNREACHABLE, brief)
    regions = sorted({str(_region(e)) for e in fitting})
    if region is None and len(regions) > 1:
        brief = f"The catalog has {wanted} in several regions ({', '.join(regions)}) and none is chosen"
        raise SourceTrouble(Trouble.MALFORMED, brief, "Set region_name in clouds.yaml or OS_REGION_NAME.")
    return _address(fitting[0].get("url"), wanted)


def of_region(catalog: Catalog, region: str | None) -> list[dict[str, Any]]:
    """The catalog's services with the endpoints of one region, without passwords in their URLs."""
    services = []
    for service in catalog:
        kept = [e for e in _listed(service) if _within(e, region)]
        cleaned = [{**e, "url": without_userinfo(str(e.get("url")))} for e in kept]
        services += [{**service, "endpoints": cleaned}] if cleaned else []
    return services


def _names(wanted: str) -> tuple[str, ...]:
    """The given name, the official one, then its aliases, the highest version first."""
    known = service_type(wanted)
    aliases = sorted(known.aliases, reverse=True) if known else ()
    return tuple(dict.fromkeys((wanted, canonical(wanted), *aliases)))


def _endpoints(catalog: Catalog, kind: str) -> Iterator[Mapping[str, Any]]:
    return (endpoint for service in catalog if service.get("type") == kind for endpoint in _listed(service))


def _listed(service: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    endpoints = service.get("endpoints")
    return [e for e in endpoints if isinstance(e, dict)] if isinstance(endpoints, list) else []


def _within(endpoint: Mapping[str, Any], region: str | None) -> bool:
    return region is None or _region(endpoint) in (region, None)


def _region(endpoint: Mapping[str, Any]) -> Any:
    return endpoint.get("region_id") or endpoint.get("region")


def _address(url: Any, wanted: str) -> str:
    try:
        parts = urlsplit(str(url))
        if parts.scheme in ("http", "https") and parts.hostname and parts.port != 0:
            return str(url)
    except ValueError:
        pass
    raise SourceTrouble(Trouble.MALFORMED, f"The catalog's address of {wanted} is not a URL: {url!r:.80}")


def below(endpoint: str, path: str, kind: str, project: str | None) -> str:
    """The URL of a path below an endpoint, whether the catalog's URL names the version of the API or not.

    A version that starts the path counts only where the endpoint has none.
    """
    base, rest = endpoint.rstrip("/"), path.lstrip("/")
    first, _, further = rest.partition("/")
    if any(_VERSION.fullmatch(segment) for segment in urlsplit(base).path.split("/")):
        rest = further if _VERSION.fullmatch(first) else rest
    elif not _VERSION.fullmatch(first):
        version = _API.get(canonical(kind), "").replace("{project}", project or "").strip("/")
        base = f"{base}/{version}" if version else base
    return f"{base}/{rest}"


def document_urls(endpoint: str) -> tuple[str, ...]:
    """Where the version document of an endpoint may lie, the one that lists all versions first."""
    parts = urlsplit(endpoint)
    segments = [segment for segment in parts.path.split("/") if segment]
    at = next((i for i, segment in enumerate(segments) if _VERSION.fullmatch(segment)), None)
    paths = [segments] if at is None else [segments[:at], segments[: at + 1]]
    return tuple(parts._replace(path="/".join(("", *path, "")), query="").geturl() for path in paths)


def version_entries(document: Any) -> list[dict[str, Any]]:
    """The versions in a version document, in any of the shapes that services give it; [] if it is none."""
    if not isinstance(document, dict):
        return []
    listed = document.get("versions", document.get("version"))
    if isinstance(listed, dict):  # Keystone and Heat nest once more; one version alone stands for itself
        listed = listed.get("values", [listed])
    if not isinstance(listed, list):
        return []
    return [entry for entry in listed if isinstance(entry, dict) and "id" in entry]


def redirected(url: str, location: str) -> str | None:
    """Where a redirect leads, if that is the same server or its TLS side; None where it leads elsewhere."""
    try:
        target = urljoin(url, location)
        old, new = urlsplit(url), urlsplit(target)
        same_place = (new.hostname, new.port) == (old.hostname, old.port)
    except ValueError:
        return None
    safe = new.scheme == old.scheme or (old.scheme, new.scheme) == ("http", "https")
    return target if safe and same_place else None


def host_and_port(host: str, port: int | None) -> str:
    """Both as a URL has them: an address of IPv6 in brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def without_userinfo(url: str) -> str:
    """A URL without the user and password that it may carry."""
    scheme, mark, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}{mark}{host.rpartition('@')[2]}{slash}{path}" if mark else url
