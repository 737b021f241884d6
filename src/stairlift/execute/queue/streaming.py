"""What an attempt prints, on its way from the worker's disk into the database: piece by piece, each byte once."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

from stairlift.execute.attempt_folder import PROGRESS
from stairlift.execute.queue.copying import STATE_FILES
from stairlift.execute.supervisor import LOG
from stairlift.model.dispatch import Output
from stairlift.model.run import AttemptId

#: Bytes of one piece, and of all that an attempt sends at once.
CHUNK, AT_ONCE = 256 * 1024, 1024 * 1024
#: A file that a job left behind and that is larger is not sent: it stays with the worker.
LARGEST = 16 * 1024 * 1024


class Stream:
    """The files of one attempt, and how much of each is in the database.

    Log and progress are sent while they grow; whatever else the job leaves in its folder once it has `finished`.
    `brought` are the names of the files that the job came with.
    """

    def __init__(self, attempt: AttemptId, folder: Path, brought: Collection[str]) -> None:
        self.attempt = attempt
        self._folder = folder
        self._brought = frozenset(brought)
        self._files = [LOG, PROGRESS]
        self._sent: dict[str, int] = {}
        #: Whether it is known how much is in the database.
        self.sure = False

    def starts_at(self, sent: Mapping[str, int]) -> None:
        """So much is in the database."""
        self._sent = dict(sent)
        self.sure = True

    def finished(self) -> None:
        """The job has ended: what it left is sent, too."""
        left = (entry for entry in sorted(self._folder.iterdir()) if entry.is_file() and not entry.is_symlink())
        others = STATE_FILES | self._brought | set(self._files)
        self._files += [entry.name for entry in left if entry.name not in others and entry.stat().st_size <= LARGEST]

    def pieces(self) -> Sequence[Output]:
        """What is new, or the beginning of it where that is much."""
        found: list[Output] = []
        for file in self._files:
            found += self._of(file, AT_ONCE - sum(len(piece.data) for piece in found))
        return found

    def went(self, pieces: Sequence[Output]) -> None:
        """These are in the database."""
        for piece in pieces:
            self._sent[piece.file] = piece.offset + len(piece.data)

    def _of(self, file: str, room: int) -> Iterator[Output]:
        offset = self._sent.get(file, 0)
        try:
            with (self._folder / file).open("rb") as stream:
                stream.seek(offset)
                while room > 0 and (data := stream.read(min(CHUNK, room))):
                    yield Output(self.attempt, file, offset, data)
                    offset += len(data)
                    room -= len(data)
        except OSError:  # it is not there yet; the log of what cannot be read is no reason to lose the attempt
            return
