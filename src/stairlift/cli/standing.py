"""How a run stands, on stdout."""

from collections.abc import Sequence

from stairlift.cli.output import Format, show, show_document, show_table
from stairlift.cli.shaping import shape
from stairlift.model.hindrance import Hindrance
from stairlift.report.runs import COLUMNS, run_rows
from stairlift.report.status import STEP_COLUMNS, Standing, status_lines, step_rows
from stairlift.report.status_document import status_document
from stairlift.report.why import why_lines
from stairlift.wiring.clock import now


def show_standing(standing: Standing, output: Format, *, with_steps: bool) -> None:
    """The whole, as a document or as lines with a table of steps."""
    if output is not Format.TABLE:
        show_document(status_document(standing, with_steps=with_steps), output)
        return
    for line in status_lines(standing, now()):
        show(line)
    if with_steps:
        show_table(STEP_COLUMNS, step_rows(standing, now()))
    elif shape():
        show_table(COLUMNS, run_rows([standing.run], now()))


def show_why(standing: Standing, step: str, found: Sequence[Hindrance], output: Format) -> None:
    """What holds up a step: the chain as lines, or the document of the run with it as `why`."""
    if output is not Format.TABLE:
        show_document(status_document(standing), output)
        return
    [status] = [s for s in standing.steps if s.id == step]
    for line in why_lines(standing.run, status, found, now()):
        show(line)
