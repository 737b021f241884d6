"""An `[[around]]` table: read, frozen with the files that it names, and as a person would type it."""

import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from stairlift.model.errors import UsageError
from stairlift.model.plan import Around, Plan
from stairlift.strategy.files import fingerprint, named_files
from stairlift.strategy.freezing import changed_file
from stairlift.strategy.options import OptionReader
from stairlift.strategy.templates import filled, literal, read_template
from stairlift.strategy.words import located, shell_line, with_program

#: What may stand in braces; `{begun}` in `end` alone: the last line that `begin` has printed.
PLACEHOLDERS, BEGUN = ("run", "from", "to"), "begun"
_NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,63}", re.ASCII)


def read_around(options: Mapping[str, Any]) -> Around:
    """A table without its `deadline`, with the `folder` of stairlift.toml. Raises UsageError (strategy.option)."""
    reader = OptionReader("around", options)
    name = reader.required_text("name")
    if not _NAME.fullmatch(name):
        raise reader.wrong("name", f"is {name!r}; it has letters, digits, dots, dashes and underscores, 64 at most")
    found = Around(
        name=name,
        begin=read_template(reader, "begin", PLACEHOLDERS),
        end=read_template(reader, "end", (*PLACEHOLDERS, BEGUN)),
        check=read_template(reader, "check", PLACEHOLDERS),
        folder=str(reader.folder()),
    )
    reader.close()
    for key, example in (("begin", "./silence"), ("end", "./unsilence")):
        if not getattr(found, key):
            raise reader.wrong(key, "is missing", f'For example {key} = ["{example}", "{{run}}"].')
    return found


def frozen(around: Around) -> Around:
    """With the digests of the files that its commands name. Raises UsageError (around.program, around.unreadable)."""
    try:
        return replace(around, files={str(path): fingerprint(path) for path in sorted(_files(around))})
    except OSError as wrong:
        raise UsageError(
            code="around.unreadable",
            brief=f"[[around]] {around.name}: {wrong.filename} cannot be read: {wrong.strerror or wrong}",
            resolution="Make it readable for the account that plans and runs.",
        ) from wrong


def changed_since(around: Around) -> tuple[str, ...]:
    """What is no longer as the plan recorded it, one sentence each."""
    return tuple(text for file, recorded in around.files.items() if (text := changed_file(file, recorded)))


def typed(around: Around, template: tuple[str, ...], plan: Plan) -> str:
    """One of its commands in a shell's quoting; what is only known to a run reads RUN, and BEGUN what `begin` said."""
    known = {"run": "RUN", BEGUN: "BEGUN", "from": str(plan.source), "to": str(plan.target)}
    return shell_line(around.folder, command(around, template, known))


def command(around: Around, template: tuple[str, ...], values: Mapping[str, str]) -> tuple[str, ...]:
    """The command line for these values."""
    return with_program(filled(template, values), Path(around.folder))


def _files(around: Around) -> Iterator[Path]:
    folder = Path(around.folder)
    for template in filter(None, (around.begin, around.end, around.check)):
        words = [word for word in map(literal, template[1:]) if word is not None]
        yield from named_files([_program(around, template[0]), *words], folder)


def _program(around: Around, word: str) -> str:
    name = literal(word)
    where = located(name or word, Path(around.folder))
    if name is not None and (found := shutil.which(where)) is not None:
        return found
    raise UsageError(
        code="around.program",
        brief=f"[[around]] {around.name}: {word} is not a program that can be executed",
        details=f"Looked for {where}.",
        resolution="Correct its path in begin, end or check, or make the file executable.",
    )
