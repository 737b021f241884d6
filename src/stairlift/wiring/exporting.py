"""A run's whole record as a file of JSON lines, with a last line that proves that nothing of it is missing."""

from hashlib import sha256
from pathlib import Path

import orjson

from stairlift.model.errors import StairliftError
from stairlift.model.run import Run
from stairlift.ports import Records
from stairlift.report.export import Story, records
from stairlift.wiring.files import write_whole


def exported(run: Run, journal: Records) -> bytes:
    """One JSON object a line. The last has the number of those before it and their SHA-256."""
    story = Story(
        run=run,
        plan=journal.plan(run.id),
        commands=journal.commands(run.id),
        attempts=journal.attempts(run.id),
        events=journal.events(run.id),
    )
    lines = [orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE) for record in records(story)]
    text = b"".join(lines)
    end = {"record": "end", "lines": len(lines), "sha256": sha256(text).hexdigest()}
    return text + orjson.dumps(end, option=orjson.OPT_APPEND_NEWLINE)


def export(run: Run, journal: Records, path: Path) -> None:
    """Write it, whole or not at all. Raises StairliftError (events.unwritable)."""
    try:
        write_whole(path, exported(run, journal))
    except OSError as wrong:
        raise StairliftError(
            code="events.unwritable",
            brief=f"{path} cannot be written: {wrong.strerror}",
            resolution="name another file, or make room there",
        ) from wrong
