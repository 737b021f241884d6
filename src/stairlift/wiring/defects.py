"""Defects of Stairlift itself: the traceback goes to a file, and people get a sentence."""

import tempfile
import traceback
from pathlib import Path


def report_of(error: BaseException) -> Path | None:
    """Keep the traceback of a defect in a file that only this user may read; None where there is no room for it."""
    try:
        with tempfile.NamedTemporaryFile("w", prefix="stairlift-bug-", suffix=".txt", delete=False) as report:
            traceback.print_exception(error, file=report)
    except OSError:
        return None
    return Path(report.name)
