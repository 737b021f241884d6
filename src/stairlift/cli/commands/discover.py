"""`stairlift discover`: what runs where."""

import shlex
from pathlib import Path
from typing import Annotated

import typer

from stairlift.cli.failing import tell_findings
from stairlift.cli.here import settings
from stairlift.cli.options import Inventory, OsCloud, Output
from stairlift.cli.output import Format, say, show, show_document, show_table
from stairlift.model.cloud import Cloud

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
    output: Output = Format.TABLE,
) -> None:
    """Ask, reconcile, print."""
    from stairlift.report.cloud import cloud_document
    from stairlift.wiring.look import Where, look

    seen = look(Where.by(settings(), inventory or (), os_cloud), save).reconciled
    if output is not Format.TABLE:
        show_document(cloud_document(seen.cloud, seen.findings), output)
    else:
        _show(seen.cloud)
        tell_findings(seen.findings, all_in="-o json")
    if save:
        again = shlex.join(("stairlift", "discover", "--inventory", f"recording:{save}"))
        say(f"the raw answers are in {save}; read them again with: {again}")


def _show(cloud: Cloud) -> None:
    from stairlift.report.cloud import (
        HOST_COLUMNS,
        SERVICE_COLUMNS,
        host_rows,
        release_line,
        service_rows,
        summary_line,
    )

    show(release_line(cloud), style="bold")
    show(summary_line(cloud))
    if cloud.services:
        show_table(SERVICE_COLUMNS, service_rows(cloud))
    if cloud.hosts:
        show_table(HOST_COLUMNS, host_rows(cloud)[:_HOSTS])
    if len(cloud.hosts) > _HOSTS:
        say(f"... and {len(cloud.hosts) - _HOSTS} more hosts; -o json has all")
