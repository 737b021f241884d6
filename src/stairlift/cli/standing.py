"""How a run stands, on stdout."""

from stairlift.cli.output import Format, show, show_document, show_table
from stairlift.report.status import STEP_COLUMNS, Standing, status_document, status_lines, step_rows
from stairlift.wiring.look import now


def show_standing(standing: Standing, output: Format, *, with_steps: bool) -> None:
    """The whole, as a document or as lines with a table of steps."""
    if output is not Format.TABLE:
        show_document(status_document(standing, with_steps=with_steps), output)
        return
    for line in status_lines(standing, now()):
        show(line)
    if with_steps:
        show_table(STEP_COLUMNS, step_rows(standing, now()))
