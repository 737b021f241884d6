"""What a plan froze, looked at again before every start: a `stat` for most files most of the time.

A file is read again only when its size, times or inode differ from those it had when it was read. A strategy is asked
again for the files and tool versions that it would record now when a file came or went beside one of its own, when its
program changed, and now and then: tools have files that nobody named.
"""

import os
import shutil
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stairlift.model.errors import StairliftError
from stairlift.model.plan import Binding
from stairlift.strategy.files import files_below
from stairlift.strategy.freezing import changed_around, changed_file
from stairlift.strategy.registry import StrategyRegistry

#: Seconds after which a strategy is asked again in any case; it may take a twentieth of the time.
_ASK_EVERY = 30.0
_MOST_OF_THE_TIME = 20
#: A file that changed so lately may change once more without a difference that `stat` shows: clocks of file systems
#: tick in hundredths of a second, those of others' machines are off. In seconds.
_RECENT = 2.0
_PROGRAM_KEYS = frozenset({"command", "argv", "undo", "program"})

#: Names with what `stat` says of each; None where it says nothing.
Signature = tuple[tuple[str, tuple[int, ...] | None], ...]


@dataclass(frozen=True, slots=True)
class _Asked:
    """When a strategy was asked, how long it took, and what was around it."""

    at: float
    took: float
    around: Signature


class FrozenWatch:
    """Fills ports.FrozenGuard for the bindings of a plan. One thread at a time asks it."""

    def __init__(
        self,
        bindings: Iterable[Binding],
        *,
        registry: StrategyRegistry | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._bindings = {binding.id: binding for binding in bindings}
        self._registry = registry
        self._clock = clock
        self._seen: dict[str, Signature] = {}
        self._asked: dict[str, _Asked] = {}

    def watches(self, binding: str) -> bool:
        """Whether the plan recorded a file or a version of it."""
        found = self._bindings.get(binding)
        return found is not None and bool(found.files or found.versions)

    def changed(self, bindings: Collection[str]) -> tuple[str, ...]:
        """See ports.FrozenGuard."""
        chosen = [self._bindings[name] for name in sorted(bindings)]
        return tuple(dict.fromkeys(text for binding in chosen for text in self._differences(binding)))

    def _differences(self, binding: Binding) -> tuple[str, ...]:
        found = tuple(text for file, recorded in binding.files.items() if (text := self._file(file, recorded)))
        return found or self._around(binding)

    def _file(self, file: str, recorded: str) -> str | None:
        signature = _signature(_content(file))
        if self._seen.get(file) == signature:
            return None
        difference = changed_file(file, recorded)
        if difference is None and _at_rest(signature):
            self._seen[file] = signature
        else:
            self._seen.pop(file, None)
        return difference

    def _around(self, binding: Binding) -> tuple[str, ...]:
        """What the strategy says of itself, where there is a reason to ask."""
        around, began = _signature(_neighbourhood(binding)), self._clock()
        last = self._asked.get(binding.id)
        if last and last.around == around and began - last.at < max(_ASK_EVERY, last.took * _MOST_OF_THE_TIME):
            return ()
        try:
            differences = changed_around(binding, registry=self._registry)
        except StairliftError as wrong:
            return (wrong.brief,)
        if not differences:
            self._asked[binding.id] = _Asked(self._clock(), self._clock() - began, around)
        return differences


def _content(file: str) -> Iterator[str]:
    """A file, or a folder with all in it that counts for its fingerprint."""
    yield file
    if os.path.isdir(file):  # noqa: PTH112
        yield from map(str, files_below(Path(file)))


def _neighbourhood(binding: Binding) -> Iterator[str]:
    """The folders in which files of the strategy lie, and the programs that its options name."""
    yield from sorted({os.path.dirname(file) for file in binding.files})  # noqa: PTH120
    yield from sorted({found for name in _programs(binding.options) if (found := _located(name, binding))})


def _programs(options: Mapping[str, Any]) -> Iterator[str]:
    """The first words of the command lines, in tables too."""
    for key, value in options.items():
        if isinstance(value, Mapping):
            yield from _programs(value)
        elif key in _PROGRAM_KEYS:
            words: Sequence[Any] = [value] if isinstance(value, str) else value or [""]
            yield str(words[0])


def _located(program: str, binding: Binding) -> str | None:
    folder = str(binding.options.get("folder", ""))
    return shutil.which(os.path.join(folder, program) if "/" in program else program)  # noqa: PTH118


def _signature(files: Iterable[str]) -> Signature:
    return tuple((file, _stat(file)) for file in files)


def _stat(file: str) -> tuple[int, ...] | None:
    try:
        found = os.stat(file)  # noqa: PTH116
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino, found.st_dev


def _at_rest(signature: Signature) -> bool:
    """Whether none of the files changed just now."""
    now = time.time()
    return all(stat is not None and now - stat[1] / 1e9 > _RECENT for _, stat in signature)
