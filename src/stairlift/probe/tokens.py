"""Keeps a token that is good: renewed before it expires, and once when an API refuses it."""

import time
from datetime import UTC, datetime
from threading import Lock

from stairlift.model.errors import SourceTrouble, Trouble
from stairlift.openstack.user import CloudUser, Ticket

#: Seconds. So long before its end a token is renewed; after a failure, and after a refusal, nobody tries for so long:
#: a wrong password that is presented again and again locks the account.
_BEFORE, _PAUSE, _REFUSED = 300.0, 1.0, 30.0


class TokenKeeper:
    """One token for all threads, and one of them at a time renews it."""

    def __init__(self, user: CloudUser, ticket: Ticket | None = None) -> None:
        self._user = user
        self._ticket = ticket
        self._renewing = Lock()
        self._refused_until = self._paused_until = 0.0

    def token(self) -> str | None:
        """One that should be good; None where there is none to be had now."""
        if self._ends_soon() and self._renewing.acquire(blocking=False):
            try:
                self._renew()
            finally:
                self._renewing.release()
        return self._ticket.token if self._ticket else None

    def instead_of(self, refused: str) -> str | None:
        """Another one than that which was refused; None where there is none."""
        with self._renewing:
            if self._ticket is None or self._ticket.token == refused:
                self._renew()
        found = self._ticket.token if self._ticket else None
        return None if found == refused else found

    def sign_in(self) -> Ticket:
        """A new token, to be thrown away. Raises SourceTrouble; EMPTY where nobody asks, so soon after a refusal."""
        if time.monotonic() < self._refused_until:
            raise SourceTrouble(Trouble.EMPTY, "the credentials were refused a moment ago")
        try:
            return self._user.sign_in()
        except SourceTrouble as trouble:
            if trouble.status == 401:
                self._refused_until = time.monotonic() + _REFUSED
            raise

    def _ends_soon(self) -> bool:
        ticket = self._ticket
        if ticket is None:
            return True
        return ticket.expires_at is not None and (ticket.expires_at - datetime.now(UTC)).total_seconds() < _BEFORE

    def _renew(self) -> None:
        if time.monotonic() < self._paused_until:
            return
        try:
            self._ticket = self.sign_in()
        except SourceTrouble:
            self._paused_until = time.monotonic() + _PAUSE
