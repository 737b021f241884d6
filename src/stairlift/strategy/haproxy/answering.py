"""Whether a backend itself answers, past the load balancer, and with which code."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from stairlift.knowledge.service_types import all_service_types
from stairlift.knowledge.versions import releases_of_microversion
from stairlift.model.release import Release
from stairlift.openstack.direct import root_of


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of a request. `seen`: the backend could be reached from here at all. `why` is what is amiss."""

    seen: bool
    why: str = ""
    document: Any = None


def direct(host: str, port: int) -> Answered:
    """Ask for the root of a backend: by plain HTTP, else by TLS. Any answer below 500 is one.

    A certificate is not checked: nothing secret is sent, and they are seldom made for an address.
    """
    try:
        return _tried(host, port, tls=False) or _tried(host, port, tls=True) or Answered(True, "it speaks no HTTP")
    except ConnectionRefusedError:
        return Answered(True, "nothing listens there")
    except OSError as error:
        return Answered(False, error.strerror or type(error).__name__)


def _tried(host: str, port: int, *, tls: bool) -> Answered | None:
    answer = root_of(host, port, tls=tls)
    if answer is None:
        return None
    if answer.status >= 500:
        return Answered(True, f"it answers {answer.status}")
    return Answered(True, document=answer.document)


def outdated(binary: str, target: Release, document: Any) -> str:
    """Why a version document cannot be of the target's code; "" where it can, or where it tells nothing of that."""
    kinds = [kind.name for kind in all_service_types() if binary in kind.apis]
    entries = document.get("versions") if isinstance(document, Mapping) else None
    for entry in entries if isinstance(entries, list) and kinds else []:
        highest = str(entry.get("version") or "") if isinstance(entry, Mapping) else ""
        releases = releases_of_microversion(kinds[0], highest) if highest else ()
        if releases and max(releases) < target:
            return f"it still offers microversion {highest}, which is {max(releases)}'s"
    return ""
