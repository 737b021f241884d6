"""One-time codes for browsers: who sits at the terminal of a server signs in with one, without a token."""

import re
import secrets
import threading
from datetime import datetime, timedelta

from stairlift.model.access import digest_of

#: Without letters that look like others. Ten of them are 50 bits, for ten minutes, at ten guesses a minute.
_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
_LENGTH = 10
_HOLDS = timedelta(minutes=10)
_BETWEEN = re.compile(r"[\s-]")


class Codes:
    """Those that were shown and not used yet, as digests, for as long as the server lives."""

    def __init__(self) -> None:
        self._open: dict[str, tuple[str, datetime]] = {}
        self._lock = threading.Lock()

    def issue(self, who: str, at: datetime) -> str:
        """A new one for this person, such as K7MQ2-XTB4N: it holds for ten minutes, and once."""
        code = "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))
        with self._lock:
            self._forget(at)
            self._open[digest_of(code)] = (who, at + _HOLDS)
        return f"{code[:5]}-{code[5:]}"

    def redeem(self, code: str, at: datetime) -> str | None:
        """Who was shown this code; None where nobody was, it was used before, or its time is over."""
        with self._lock:
            self._forget(at)
            found = self._open.pop(digest_of(_BETWEEN.sub("", code).upper()), None)
        return found[0] if found else None

    def _forget(self, at: datetime) -> None:
        self._open = {digest: found for digest, found in self._open.items() if at < found[1]}
