"""`stairlift discover`: what runs where."""

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from stairlift.cli import here
from stairlift.cli.failing import tell_findings
from stairlift.cli.here import settings
from stairlift.cli.options import Columns, Inventory, OsCloud, Wide
from stairlift.cli.output import Format, WideFormat, say, show, show_document, show_table
from stairlift.model.cloud import Cloud
from stairlift.model.finding import Finding

_HOSTS = 40


def register(app: typer.Typer) -> None:
    """Hang the command on the app."""
    app.command(help="Find every service that runs in a cloud, and say what is remarkable about it.")(discover)


def discover(
    os_cloud: OsCloud = None,
    inventory: Inventory = None,
    save: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Keep the raw answers there, for a bug report or recording:DIR.")
    ] = None,
    output: Wide = WideFormat.TABLE,
    _columns: Columns = None,
) -> None:
    """Ask, reconcile, print."""
    from stairlift.report.cloud import cloud_document

    cloud, findings = _seen(os_cloud, inventory or (), save)
    if output in (WideFormat.JSON, WideFormat.YAML):
        show_document(cloud_document(cloud, findings), Format(output))
    else:
        _show(cloud, wide=output is WideFormat.WIDE)
        tell_findings(findings, all_in="-o json")
    if save:
        again = shlex.join(("stairlift", "discover", "--inventory", f"recording:{save}"))
        say(f"the raw answers are in {save}; read them again with: {again}")


def _seen(os_cloud: str | None, inventory: Sequence[str], save: Path | None) -> tuple[Cloud, tuple[Finding, ...]]:
    """What is seen from here, or by a server's sources, whose raw answers stay there."""
    found = settings()
    if save:
        here.on_this_machine(found, "`discover --save`", "Type it there: raw answers are kept where they were given.")
    if (branch := here.branch(found)) is not None:
        from stairlift.wiring.commissioning import look_there

        return look_there(branch, (os_cloud, inventory, None), say)
    from stairlift.wiring.look import Where, look

    seen = look(Where.by(found, inventory, os_cloud), save).reconciled
    return seen.cloud, seen.findings


def _show(cloud: Cloud, *, wide: bool) -> None:
    from stairlift.report.cloud import (
        HOST_COLUMNS,
        INFRASTRUCTURE_COLUMNS,
        SERVICE_COLUMNS,
        WIDE_COLUMNS,
        host_rows,
        infrastructure_rows,
        release_line,
        service_rows,
        summary_line,
        wide_rows,
    )

    show(release_line(cloud), style="bold")
    show(summary_line(cloud))
    if wide:
        show_table(WIDE_COLUMNS, wide_rows(cloud))
    elif cloud.services:
        show_table(SERVICE_COLUMNS, service_rows(cloud))
    if cloud.infrastructure and not wide:
        show_table(INFRASTRUCTURE_COLUMNS, infrastructure_rows(cloud))
    if cloud.hosts:
        show_table(HOST_COLUMNS, host_rows(cloud)[:_HOSTS])
    if len(cloud.hosts) > _HOSTS:
        say(f"... and {len(cloud.hosts) - _HOSTS} more hosts; -o json has all")
