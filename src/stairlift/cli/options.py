"""Options that several commands share, each said once."""

from pathlib import Path
from typing import Annotated

import typer

from stairlift.cli.output import Format, WideFormat

Output = Annotated[Format, typer.Option("--output", "-o", "--format", "-f", help="How to print it.")]
Wide = Annotated[WideFormat, typer.Option("--output", "-o", "--format", "-f", help="How to print it.")]
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
    str | None, typer.Argument(metavar="[RUN]", help="The run (default: the active one, else the newest).")
]
GivenRun = Annotated[str, typer.Argument(metavar="RUN", help="The run.")]
GivenStep = Annotated[str, typer.Argument(metavar="STEP", help="The step's id, as `status --steps` shows it.")]


def one_line(text: str) -> str:
    """What somebody typed, as the one line that the audit gives it: nobody makes it look like several."""
    return " ".join(text.split())


Reason = Annotated[
    str, typer.Option("--reason", metavar="TEXT", help="Why; goes on record with your name.", callback=one_line)
]
PlanFile = Annotated[Path, typer.Argument(metavar="PLAN.json", help="A plan, as `stairlift plan --out` wrote it.")]
