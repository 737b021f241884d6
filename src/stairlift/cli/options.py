"""Options that several commands share, each said once."""

from pathlib import Path
from typing import Annotated

import typer

from stairlift.cli import completing
from stairlift.cli.output import Format, WideFormat
from stairlift.cli.shaping import formed, of_columns


def _form(form: Format) -> Format:
    return Format(formed(form))


def _wide_form(form: WideFormat) -> WideFormat:
    return WideFormat(formed(form))


def _columns(columns: list[str] | None) -> list[str] | None:
    of_columns(columns)
    return columns


_HOW = "How to print it; value and csv are the bare cells of its table."
Output = Annotated[Format, typer.Option("--output", "-o", "--format", "-f", help=_HOW, callback=_form)]
Wide = Annotated[WideFormat, typer.Option("--output", "-o", "--format", "-f", help=_HOW, callback=_wide_form)]
Columns = Annotated[
    list[str] | None,
    typer.Option(
        "--column",
        "-c",
        metavar="COLUMN",
        help="Only this column of the table; repeatable.",
        callback=_columns,
        is_eager=True,  # before -o, which depends on it
    ),
]
OsCloud = Annotated[
    str | None, typer.Option("--os-cloud", metavar="NAME", help="The cloud of clouds.yaml (default: OS_CLOUD, OS_*).")
]
Inventory = Annotated[
    list[str] | None,
    typer.Option(
        "--inventory",
        "-i",
        metavar="SPEC",
        help="A source: openstack (every API; the default), nova, hypervisors, neutron, cinder, keystone, "
        "ansible:PATH, hosts:PATH, recording:DIR. Give it as often as there are sources.",
    ),
]
RunName = Annotated[
    str | None,
    typer.Argument(
        metavar="[RUN]",
        help="The run (default: the active one, else the newest).",
        autocompletion=completing.runs,
    ),
]
GivenRun = Annotated[str, typer.Argument(metavar="RUN", help="The run.", autocompletion=completing.runs)]
GivenStep = Annotated[
    str,
    typer.Argument(
        metavar="STEP", help="The step's id, as `status --steps` shows it.", autocompletion=completing.steps
    ),
]


def one_line(text: str) -> str:
    """What somebody typed, as the one line that the audit gives it: nobody makes it look like several."""
    return " ".join(text.split())


Reason = Annotated[
    str, typer.Option("--reason", metavar="TEXT", help="Why; goes on record with your name.", callback=one_line)
]
PlanFile = Annotated[
    Path,
    typer.Argument(
        metavar="PLAN.json",
        help="A plan, as `stairlift plan --out` wrote it.",
        autocompletion=completing.plan_files,
    ),
]
