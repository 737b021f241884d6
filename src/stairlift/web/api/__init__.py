"""The REST API below `/v1`: a module for each resource, thin ones: read the request, ask the house, give a document."""

from collections.abc import Sequence

from fastapi import APIRouter

from stairlift.web.api import (
    actions,
    approvals,
    attempts,
    availability,
    beginnings,
    clouds,
    discovery,
    events,
    findings,
    health,
    installed,
    jobs,
    ledger,
    lengths,
    logs,
    looks,
    metrics,
    notices,
    observations,
    planning,
    plans,
    reports,
    runs,
    steps,
    tokens,
)


def routers() -> Sequence[APIRouter]:
    """All of its routers, in the order in which the description of the API shows them."""
    return (
        discovery.root,
        discovery.router,
        health.router,
        metrics.router,
        clouds.router,
        observations.router,
        looks.router,
        plans.router,
        planning.router,
        jobs.router,
        runs.router,
        beginnings.router,
        logs.router,  # before those whose addresses are beginnings of its own
        attempts.router,
        lengths.router,
        steps.router,
        events.router,
        actions.router,
        approvals.router,
        availability.router,
        ledger.router,
        findings.router,
        reports.router,
        installed.router,
        notices.router,
        tokens.router,
    )
