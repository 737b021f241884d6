"""The pages: drawn here, whole without JavaScript, and drawn anew from the same templates when something happens."""

from collections.abc import Sequence

from fastapi import APIRouter

from stairlift.web.pages import assets, hosts, jobs, logs, plans, report, run, runs, sign_in, steering, steps, timeline


def routers() -> Sequence[APIRouter]:
    """All of its routers."""
    return (
        assets.router,
        sign_in.router,
        runs.router,
        run.router,
        steering.router,
        report.router,  # before what is below a plan
        plans.router,
        jobs.router,
        hosts.router,
        timeline.router,
        logs.router,
        steps.router,
    )
