"""Secrets in files of their own, read when they are needed: what is exchanged counts from the next notice on."""

from pathlib import Path

from stairlift.model.notice import NotDelivered


def read_secret(file: Path) -> str:
    """The one line of a file. Raises NotDelivered, which names the file and never what is in it."""
    try:
        found = file.read_text(encoding="utf-8").strip()
    except OSError as wrong:
        raise NotDelivered(f"{file} cannot be read: {wrong.strerror}") from wrong
    except UnicodeDecodeError as wrong:
        raise NotDelivered(f"{file} is not UTF-8") from wrong
    if not found or "\n" in found or not found.isprintable():
        raise NotDelivered(f"{file} does not hold one line of text")
    return found
