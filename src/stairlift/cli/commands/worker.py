"""`stairlift worker`: carries out attempts near the hosts. `stairlift workers`: who does."""

import logging
import socket
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from stairlift.cli import here
from stairlift.cli.here import settings
from stairlift.cli.options import Columns, Output
from stairlift.cli.output import Format, say, show_document, show_table

if TYPE_CHECKING:  # what is imported for a command alone is imported by it
    from stairlift.model.dispatch import WorkerSeen
    from stairlift.wiring.config.settings import Settings


def register(app: typer.Typer) -> None:
    """Hang the commands on the app."""
    app.command(help="Carry out the attempts of a queue on this machine, near its hosts.")(worker)
    app.command(help="The workers: their queues, when they were last heard of, what they run.")(workers)


def worker(
    queue: Annotated[list[str], typer.Option("--queue", metavar="NAME", help="Whose attempts to take. Repeatable.")],
    name: Annotated[
        str | None, typer.Option("--name", metavar="NAME", help="What it is called (default: this machine's name).")
    ] = None,
    jobs: Annotated[int, typer.Option("--jobs", metavar="N", min=1, help="How many attempts at once.")] = 10,
    grace: Annotated[
        float,
        typer.Option(
            "--grace", metavar="SECONDS", min=0, max=3600, help="For a job that is stopped, to end by itself."
        ),
    ] = 10.0,
    drain: Annotated[bool, typer.Option("--drain", help="Told to end, wait for the attempts under way.")] = False,
) -> None:
    """Work until a signal says to end."""
    from stairlift.wiring.working import Duty, work

    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(message)s")
    logging.getLogger("stairlift").setLevel(logging.INFO)
    for chatty in ("procrastinate", "psycopg"):  # of what troubles them we tell ourselves, once
        logging.getLogger(chatty).setLevel(logging.CRITICAL)
    duty = Duty(tuple(dict.fromkeys(queue)), name or socket.gethostname().partition(".")[0], jobs, grace, drain)
    work(settings(), duty, say)


def workers(output: Output = Format.TABLE, _columns: Columns = None) -> None:
    """One line per worker."""
    from stairlift.report.workers import COLUMNS, worker_document, worker_rows
    from stairlift.wiring.clock import now

    read = settings()
    found = _all_workers(read)
    if output is not Format.TABLE:
        show_document(worker_document(found, read.lease_ttl), output)
    elif found:
        show_table(COLUMNS, worker_rows(found, read.lease_ttl, now()))
    else:
        say("there is no worker; one begins with: stairlift worker --queue NAME")


def _all_workers(read: "Settings") -> "Sequence[WorkerSeen]":
    if (branch := here.branch(read)) is not None:
        return branch.workers()
    from stairlift.wiring.office import open_office

    crew = open_office(read).crew
    return crew.workers() if crew else ()
