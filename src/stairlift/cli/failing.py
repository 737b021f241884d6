"""How errors leave the program: the same object that API and page will render, as text on stderr and an exit code."""

from collections.abc import Iterable, Mapping, Sequence

from stairlift.cli.output import ReaderGone, say
from stairlift.model.errors import Refusal, StairliftError
from stairlift.model.finding import Finding, Waiver
from stairlift.report.findings import Weight, finding_lines
from stairlift.wiring.defects import report_of

_STYLES: Mapping[Weight, str] = {"error": "red", "warning": "yellow", "waived": "yellow", "info": "dim", "hint": "dim"}


def told(error: BaseException) -> int:
    """Say what went wrong on stderr; the exit code for it."""
    match error:
        case StairliftError():
            _tell(error)
            return error.exit_code
        case KeyboardInterrupt():
            return 130
        case SystemExit():
            return error.code if isinstance(error.code, int) else int(error.code is not None)
        case ReaderGone():
            return 0
        case OSError():
            named = f": {error.filename}" if error.filename else ""
            say(f"error: {error.strerror or error}{named}", style="bold red")
            return 1
    _unforeseen(error)
    return 1


def _tell(error: StairliftError) -> None:
    say(f"error: {error.brief} [{error.code}]", style="bold red")
    if error.details:
        say(f"  {error.details}")
    if isinstance(error, Refusal):
        tell_findings([f for f in error.findings if f.message != error.brief])  # what the headline has said already
    if error.resolution:
        say(f"  {error.resolution}")


def tell_findings(findings: Sequence[Finding], waivers: Iterable[Waiver] = (), *, all_in: str | None = None) -> None:
    """Findings on stderr, with what to do about each; `all_in` is where those are that are left out."""
    for line in finding_lines(findings, waivers, all_in=all_in):
        say(line.text, style=_STYLES[line.weight])


def _unforeseen(error: BaseException) -> None:
    """A bug of ours: the traceback goes to a file, the person gets a sentence."""
    say(f"error: unexpected {type(error).__name__}: {error} [bug]", style="bold red")
    report = report_of(error)
    if report is None:
        say("  this is a defect of Stairlift; there was no room for a report of it")
    else:
        say(f"  this is a defect of Stairlift; please report it with {report}")
