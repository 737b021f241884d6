"""The sort of a step by its document."""

from collections.abc import Mapping
from typing import Any

from stairlift.model import likeness


def sort_of(step: Mapping[str, Any]) -> str:
    """What steps that are alike have in common: action, services and strategy."""
    return likeness.sort_of(step.get("action", ""), step.get("services", ()), step.get("strategy"))
