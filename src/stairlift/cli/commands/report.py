"""`stairlift report`: a change on paper: before it from its plan, after it from its run, in a few words for users."""

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stairlift.cli import here
from stairlift.cli.here import settings
from stairlift.cli.output import say, show_bytes
from stairlift.model.errors import UsageError

if TYPE_CHECKING:  # what is imported for a command alone is imported by it
    from stairlift.report.announcement import Occasion
    from stairlift.wiring.archive import Archive
    from stairlift.wiring.config.settings import Settings
    from stairlift.wiring.reporting import Form


class ReportFormat(StrEnum):
    """What `-o` takes; a table is what people read, which is Markdown here."""

    TABLE = "table"
    MD = "md"
    HTML = "html"
    JSON = "json"


_FORMS: "Mapping[ReportFormat, Form]" = {
    ReportFormat.TABLE: "md",
    ReportFormat.MD: "md",
    ReportFormat.HTML: "html",
    ReportFormat.JSON: "json",
}


class When(StrEnum):
    """What `--announce` takes."""

    START = "start"
    END = "end"


def register(app: typer.Typer) -> None:
    """Hang the command on the app."""
    app.command(help="A report for the change board: of a plan before it is run, of a run what came of it.")(report)


def report(
    about: Annotated[
        str | None,
        typer.Argument(
            metavar="[RUN|PLAN.json]", help="The run (default: the active one, else the newest), or a plan."
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Write it there.")] = None,
    announce: Annotated[
        When | None, typer.Option(help="In its place what the cloud's users are told, at the start or at the end.")
    ] = None,
    output: Annotated[
        ReportFormat, typer.Option("--output", "-o", "--format", "-f", help="Markdown, if nothing is said.")
    ] = ReportFormat.TABLE,
) -> None:
    """Write it to stdout, or to a file."""
    if announce and output is not ReportFormat.TABLE:
        raise UsageError(code="usage.options", brief="--announce prints a text; -o is for the report")
    from stairlift.wiring.reporting import write_report

    found = settings()
    archive = here.archive(found)
    text = _announced(about, announce.value, archive, found) if announce else _reported(about, output, archive, found)
    if out is None:
        show_bytes(text.splitlines())
        return
    write_report(text, out)
    say(f"the {'announcement' if announce else 'report'} is in {out}")


def _reported(about: str | None, output: ReportFormat, archive: "Archive", found: "Settings") -> bytes:
    from stairlift.report.change_after import after
    from stairlift.wiring.reporting import account_of, rendered, report_of_plan

    form = _FORMS[output]
    if (file := _file(about)) is not None:
        from stairlift.wiring.files import read_plan

        return rendered(report_of_plan(read_plan(file), archive.records), form)
    run = archive.run(about, found.os_cloud)
    if (branch := here.branch(found)) is not None:
        return branch.report(run.id, form)
    from stairlift.wiring.shelved import kept_plan

    kept = kept_plan(found, run.plan_hash)
    return rendered(after(account_of(run, archive.records, found.state_dir, kept)), form)


def _announced(about: str | None, occasion: "Occasion", archive: "Archive", found: "Settings") -> bytes:
    from stairlift.report.announcement import Contact
    from stairlift.wiring.reporting import announcement, announcement_of_plan

    contact = found.announce or Contact()
    if (file := _file(about)) is not None:
        if occasion == "end":
            raise UsageError(code="usage.options", brief="the end of a plan is announced once a run has carried it out")
        from stairlift.wiring.files import read_plan

        return announcement_of_plan(read_plan(file), archive.records, contact).encode()
    run = archive.run(about, found.os_cloud)
    if (branch := here.branch(found)) is not None:
        return branch.announcement(run.id, occasion).encode()
    return announcement(occasion, run, archive.records, found.state_dir, contact).encode()


def _file(about: str | None) -> Path | None:
    """The plan that is meant, where a file is: no run is called like one."""
    if about is None:
        return None
    return Path(about) if about.endswith(".json") or "/" in about or Path(about).is_file() else None
