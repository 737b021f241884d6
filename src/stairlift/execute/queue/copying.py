"""Output of an attempt from the database into the orchestrator's own folder."""

from collections.abc import Iterable
from pathlib import Path

from stairlift.execute.supervisor import LIFELINE, LOCK, RESULT, SESSION, STARTED
from stairlift.model.dispatch import Output
from stairlift.model.errors import StairliftError
from stairlift.model.run import AttemptId
from stairlift.ports import Dispatch

#: Files by which an executor knows what became of an attempt: they are the worker's own, and never sent.
STATE_FILES = frozenset({LOCK, STARTED, SESSION, RESULT, f"{RESULT}.tmp", LIFELINE, f"{LIFELINE}.new"})


def copy_output(dispatch: Dispatch, attempt: AttemptId, folder: Path) -> None:
    """Copy what we do not have. StairliftError (execute.unwritable) where the disk does not take it."""
    have: dict[str, int] = {}
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        while pieces := dispatch.output(attempt, have := {**_sizes(folder), **have}):
            have |= _written(folder, pieces)
    except OSError as error:
        raise StairliftError(
            code="execute.unwritable",
            brief=f"the output of an attempt cannot be written to {folder}: {error.strerror}",
            resolution="See to that disk, then `stairlift resume`: the attempt goes on, and its output is kept.",
        ) from error


def _sizes(folder: Path) -> dict[str, int]:
    return {entry.name: entry.stat().st_size for entry in folder.iterdir() if entry.is_file()}


def _written(folder: Path, pieces: Iterable[Output]) -> dict[str, int]:
    """Each piece to its place, and how far the files now go; a name that is none of a file of ours is passed over."""
    ends = {}
    for piece in pieces:
        if piece.file == Path(piece.file).name and piece.file not in STATE_FILES:
            with (folder / piece.file).open("r+b" if (folder / piece.file).exists() else "xb") as file:
                file.seek(piece.offset)
                file.write(piece.data)
        ends[piece.file] = piece.offset + len(piece.data)
    return ends
