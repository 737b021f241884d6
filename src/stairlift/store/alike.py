"""Which steps are alike, so that one tells how long another may take."""

from collections.abc import Mapping
from typing import Any


def sort_of(step: Mapping[str, Any]) -> str:
    """What steps that are alike have in common: action, services and strategy."""
    return " ".join((step.get("action", ""), ",".join(step.get("services", ())), step.get("strategy") or "")).strip()
