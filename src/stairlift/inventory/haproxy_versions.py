"""The version documents of single backends: each is asked by its own address, without credentials.

Behind one address of a load balancer two releases may answer in turns. Only here it shows which backend is of which.
"""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from stairlift.openstack.direct import SECONDS, root_of
from stairlift.openstack.endpoints import host_and_port, version_entries

#: Asks the server at `host`, `port` and gives a document for the recording: {"url", "entries"} or {"trouble"}.
Ask = Callable[[str, int], Mapping[str, Any]]

_SIDE_BY_SIDE = 16
_CODES = (200, 300)


def ask_all(addresses: Iterable[tuple[str, int]], ask: Ask) -> dict[str, Mapping[str, Any]]:
    """What each of the addresses says, by `HOST:PORT`."""
    asked = sorted(set(addresses))
    with ThreadPoolExecutor(_SIDE_BY_SIDE) as threads:
        answers = threads.map(lambda address: ask(*address), asked)
        return {host_and_port(*address): answer for address, answer in zip(asked, answers, strict=True)}


def version_document(host: str, port: int) -> Mapping[str, Any]:
    """The version document at the root of a server: by plain HTTP, else by TLS.

    A backend's certificate is not checked: it is seldom made for its address, nothing secret is sent, and what is read
    is public.
    """
    try:
        return _tried(host, port, tls=False) or _tried(host, port, tls=True) or {"trouble": "gave no version document"}
    except TimeoutError:
        return {"trouble": f"did not answer within {SECONDS:g} seconds"}
    except OSError as error:
        return {"trouble": error.strerror or type(error).__name__}


def _tried(host: str, port: int, *, tls: bool) -> Mapping[str, Any] | None:
    """The version document; None where something answers that has none, or speaks another protocol."""
    answer = root_of(host, port, tls=tls)
    if answer is None:
        return None
    entries = version_entries(answer.document) if answer.status in _CODES else []
    url = f"{'https' if tls else 'http'}://{host_and_port(host, port)}/"
    return {"url": url, "entries": entries} if entries else None
