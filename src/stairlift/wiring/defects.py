"""Defects of Stairlift itself: the traceback goes to a file, and people get a sentence."""

import logging
import tempfile
import traceback
from pathlib import Path

from stairlift.model.errors import StairliftError

_LOG = logging.getLogger(__name__)


def defect_of(bug: BaseException, what: str, *, code: str = "bug") -> StairliftError:
    """What people are told of a defect that a server has met in `what`, which its log is told as well.

    The words of the error itself may hold anything: only the file on the server has them.
    """
    file, kind = report_of(bug), type(bug).__name__
    kept = f"its traceback is in {file} on the server" if file else "there was no room on the server for its traceback"
    _LOG.error("%s: a defect of Stairlift, unexpected %s; %s", what, kind, kept)
    return StairliftError(
        code=code,
        brief=f"this is a defect of Stairlift: unexpected {kind}",
        details=kept,
        resolution="Please report it with that file." if file else "Please report it.",
    )


def report_of(error: BaseException) -> Path | None:
    """Keep the traceback of a defect in a file that only this user may read; None where there is no room for it."""
    try:
        with tempfile.NamedTemporaryFile("w", prefix="stairlift-bug-", suffix=".txt", delete=False) as report:
            traceback.print_exception(error, file=report)
    except OSError:
        return None
    return Path(report.name)
