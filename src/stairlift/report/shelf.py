"""What a server keeps, in a line each: plans that were made."""

from typing import Any

from stairlift.model.shelf import KeptPlan
from stairlift.report.text import stamp


def plan_summary(kept: KeptPlan) -> dict[str, Any]:
    """A plan, without its steps."""
    return {
        "hash": kept.hash,
        "cloud": kept.cloud,
        "from": kept.source,
        "to": kept.target,
        "steps": kept.steps,
        "made_at": stamp(kept.made_at),
        "actor": kept.actor,
    }
