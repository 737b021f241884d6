"""Passwords do not leave the node: DevStack dumps local.conf into its log, and bash traces every assignment."""

import re
from collections.abc import Iterable
from pathlib import Path

_ASSIGNED = re.compile(
    r"""(\b\w*(?:PASSW(?:OR)?D|SECRET|TOKEN)\w*["']?\s*[=:]\s*)("[^"\n]*"|'[^'\n]*'|[^\s;,"']+)""", re.IGNORECASE
)
_IN_URL = re.compile(r"(://[^/\s:@]+:)[^/\s@]+(?=@)")
_DEFAULT = re.compile(r"\$\{\w+:?[-=]([^}]*)\}")
_HIDDEN = "***"
#: A shorter one would blacken half of every log.
_SHORTEST = 5


class Mask:
    """Hides what is assigned to a name that says password, secret or token, and those values wherever they stand."""

    def __init__(self, values: Iterable[str] = ()) -> None:
        longest_first = sorted({v for v in values if len(v) >= _SHORTEST}, key=len, reverse=True)
        either = "|".join(map(re.escape, longest_first))
        # as a word of its own, or behind mysql's -p: "stack" is no secret in /opt/stack
        self._values = re.compile(rf"(?:(?<![\w/.-])|(?<=\s-p))(?:{either})(?![\w/])") if either else None

    @classmethod
    def of(cls, files: Iterable[Path]) -> "Mask":
        """Knows the passwords of DevStack's and Grenade's own files; one that cannot be read has none."""
        return cls(value for file in files for value in _values(file))

    def line(self, text: str) -> str:
        """The text without passwords; it may be several lines."""
        text = _IN_URL.sub(rf"\1{_HIDDEN}", _ASSIGNED.sub(rf"\1{_HIDDEN}", text))
        return self._values.sub(_HIDDEN, text) if self._values else text


def _values(file: Path) -> list[str]:
    try:
        text = file.read_text(errors="replace")
    except OSError:
        return []
    return [_said(found[2].strip("\"'")) for found in _ASSIGNED.finditer(text)]


def _said(value: str) -> str:
    """What a shell's value says as it stands: of `${NAME:-value}` the value, of `$NAME` nothing."""
    default = _DEFAULT.fullmatch(value)
    return default[1] if default else "" if value.startswith("$") else value
