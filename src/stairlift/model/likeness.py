"""Which steps are alike, so that one tells how long another may take: action, services and strategy are the same."""

from collections.abc import Iterable


def sort_of(action: str, services: Iterable[str], strategy: str | None) -> str:
    """What steps that are alike have in common, as journals keep it."""
    return " ".join((action, ",".join(services), strategy or "")).strip()


def parts_of(sort: str) -> tuple[str, tuple[str, ...], str]:
    """Action, services and strategy again; "" for a strategy that there is not."""
    action, _, rest = sort.partition(" ")
    services, _, strategy = rest.partition(" ")
    return action, tuple(filter(None, services.split(","))), strategy
