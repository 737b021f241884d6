"""A plan that could not be made, as the Contract's document all the same: who reads JSON finds the findings there."""

from collections.abc import Sequence
from typing import Any

from stairlift.model.finding import Finding, in_order
from stairlift.model.plan_document import SCHEMA
from stairlift.model.release import Release


def refused_document(cloud: str, way: tuple[Release | None, Release], findings: Sequence[Finding]) -> dict[str, Any]:
    """A plan without steps and without a hash. `way` is where from, as far as that is known, and where to."""
    source, target = way
    return {
        "schema": SCHEMA,
        "hash": None,
        "cloud": cloud,
        "from": str(source) if source else None,
        "to": str(target),
        "hops": [],
        "steps": [],
        "findings": [finding.document() for finding in in_order(findings)],
    }
