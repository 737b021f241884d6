"""The hash of a plan: over everything that was decided, never over times, heartbeats or findings."""

import hashlib
import json
from dataclasses import replace

from stairlift.model.plan import Plan
from stairlift.model.plan_document import to_document

#: Findings speak of the moment; the decisions that came of them (steps, waivers, what is left out) are hashed.
_NOT_DECIDED = ("hash", "findings")


def plan_hash(plan: Plan) -> str:
    """SHA-256 of the plan's decisions, as `sha256:` and hexadecimal digits."""
    bindings = tuple(replace(binding, takes=None) for binding in plan.bindings)
    decided = replace(plan, findings=(), bindings=bindings)  # findings may be thousands: none need become JSON for this
    document = {key: value for key, value in to_document(decided).items() if key not in _NOT_DECIDED}
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()
