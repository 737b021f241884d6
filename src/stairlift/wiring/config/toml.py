"""TOML files of the operator's."""

import tomllib
from collections.abc import Collection, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from stairlift.model.errors import UsageError
from stairlift.wiring.config.lines import header_lines


def read_toml(file: Path) -> dict[str, Any]:
    """The content of a file. UsageError (config.unreadable, config.invalid) names it, and the line that is broken."""
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as wrong:
        raise UsageError(code="config.unreadable", brief=f"{file} cannot be read: {wrong.strerror}") from wrong
    except UnicodeDecodeError as wrong:
        line = wrong.object.count(b"\n", 0, wrong.start) + 1
        raise invalid(file, f"line {line} is not UTF-8") from wrong
    except tomllib.TOMLDecodeError as wrong:
        raise invalid(file, f"it is not TOML: {wrong}") from wrong


def places_of(file: Path, table: str, number: int) -> tuple[str, ...]:
    """What to call the tables of a list in messages: the file, the line of each, and which one it is."""
    lines = header_lines(file.read_text(encoding="utf-8"), table)
    known: Sequence[int | None] = lines if len(lines) == number else [None] * number
    return tuple(f"{file}{f':{line}' if line else ''}: [[{table}]] number {n}" for n, line in enumerate(known, 1))


def invalid(place: object, what: str) -> UsageError:
    """The error for a file that says something wrong."""
    return UsageError(code="config.invalid", brief=f"{place}: {what}")


def demand_known(place: object, given: Mapping[str, Any], known: Collection[str], what: str) -> None:
    """Nothing is passed over in silence: a key with a slip in it would be."""
    for key in sorted(set(given) - set(known)):
        near = get_close_matches(key, known, n=1)
        hint = f"did you mean {near[0]}?" if near else f"the {what} are {', '.join(sorted(known))}"
        raise invalid(place, f"there is no {key!r}; {hint}")


def beside(file: Path, spec: str) -> str:
    """A SPEC whose path is beside the file; hosts of Ansible (`host1,`) and addresses (`ssh://`) are no paths."""
    kind, colon, path = spec.partition(":")
    return f"{kind}:{file.parent / path}" if colon and "," not in path and "://" not in path else spec
