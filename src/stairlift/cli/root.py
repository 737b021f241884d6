"""The command line above its commands: what is wrong with a word is said in our words, in every command alike."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import typer
from typer.core import TyperGroup

#: What pydantic, which Typer reads words by, says before what is wrong.
_NOISE = "Value error, "


class Root(TyperGroup):
    """All commands; whatever they are given is read within this one."""

    def make_context(self, *given: Any, **more: Any) -> Any:
        """Read the options before the command."""
        with _in_our_words():
            return super().make_context(*given, **more)

    def invoke(self, ctx: Any) -> Any:
        """Read the command and its options, and do it."""
        with _in_our_words():
            return super().invoke(ctx)


@contextmanager
def _in_our_words() -> Iterator[None]:
    try:
        yield
    except typer.BadParameter as wrong:
        wrong.message = wrong.message.removeprefix(_NOISE)
        raise
