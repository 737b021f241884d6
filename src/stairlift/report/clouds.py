"""The clouds that are known here: from runs, and from looks at them."""

from dataclasses import dataclass
from typing import Any

from stairlift.model.run import Orchestrator, Run
from stairlift.model.shelf import Sighting
from stairlift.report.run_document import orchestrator_document
from stairlift.report.runs import run_documents
from stairlift.report.text import stamp


@dataclass(frozen=True, slots=True)
class KnownCloud:
    """A cloud with the newest look at it, its run that has not ended, its newest run, and who orchestrates it."""

    name: str
    observation: Sighting | None = None
    active: Run | None = None
    newest: Run | None = None
    orchestrator: Orchestrator | None = None


def known_document(cloud: KnownCloud) -> dict[str, Any]:
    """For programs."""
    return {
        "name": cloud.name,
        "observation": sighting_document(cloud.observation) if cloud.observation else None,
        "active_run": run_documents([cloud.active])[0] if cloud.active else None,
        "newest_run": run_documents([cloud.newest])[0] if cloud.newest else None,
        "orchestrator": orchestrator_document(cloud.orchestrator),
    }


def sighting_document(sighting: Sighting) -> dict[str, Any]:
    """A look at a cloud in a line of a list; `release` is null where it is not clear."""
    return {
        "id": sighting.id,
        "cloud": sighting.cloud,
        "release": sighting.release or None,
        "hosts": sighting.hosts,
        "services": sighting.services,
        "at": stamp(sighting.at),
        "actor": sighting.actor,
    }
