"""The errors that reach a person, as one tree.

    StairliftError          exit 1   something that nobody foresaw, told without a traceback
    ├── UsageError          exit 2   a flag, a file or a setting is wrong; the file is named
    ├── NoAnswer            exit 1   no source answered
    ├── Refusal             exit 4   findings, drift, a busy cloud or an illegal transition
    └── SourceTrouble                one source did not answer; becomes a finding, never an exit code

Each carries a stable code, one sentence, details and what to do next. CLI, API and page render the same object.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import ClassVar

from stairlift.model.finding import Finding


class StairliftError(Exception):
    """Base of all errors that are shown: `code` is stable, `brief` one sentence, `resolution` the next step."""

    exit_code: ClassVar[int] = 1

    def __init__(self, *, code: str, brief: str, details: str = "", resolution: str = "") -> None:
        super().__init__(brief)
        self.code = code
        self.brief = brief
        self.details = details
        self.resolution = resolution


class UsageError(StairliftError):
    """The command line, a file or a setting is wrong."""

    exit_code = 2


class NoAnswer(StairliftError):
    """Not one of the sources answered, so there is nothing to work on."""


class Refusal(StairliftError):
    """Stairlift could go on and must not; `findings` say why, one by one."""

    exit_code = 4

    def __init__(
        self,
        *,
        code: str,
        brief: str,
        details: str = "",
        resolution: str = "",
        findings: Sequence[Finding] = (),
    ) -> None:
        super().__init__(code=code, brief=brief, details=details, resolution=resolution)
        self.findings = tuple(findings)


class Trouble(StrEnum):
    """Why a source gave nothing. "Not permitted" is not "not deployed": registries are for admins only by default."""

    DENIED = "denied"
    NOT_DEPLOYED = "not-deployed"
    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"
    SERVER_ERROR = "server-error"
    MALFORMED = "malformed"
    EMPTY = "empty"
    #: It understood what it was told to change, and does not do it.
    REFUSED = "refused"


class SourceTrouble(StairliftError):
    """One source could not be read; the others go on. `status` is that of HTTP, where there was one."""

    def __init__(self, trouble: Trouble, brief: str, details: str = "", *, status: int | None = None) -> None:
        super().__init__(code=f"source.{trouble.value}", brief=brief, details=details)
        self.trouble = trouble
        self.status = status
