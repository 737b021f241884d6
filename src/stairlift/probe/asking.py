"""Asks one target once, and says what a user would have made of the answer."""

import os
import socket
import struct
from collections.abc import Callable, Mapping

import orjson

from stairlift.model.availability import State
from stairlift.model.errors import SourceTrouble, Trouble
from stairlift.openstack.direct import Response
from stairlift.probe.faults import of_error, of_status
from stairlift.probe.tokens import TokenKeeper
from stairlift.probe.ways import Way
from stairlift.probe.web import Web

#: What became of a request, and why; None where nothing was asked.
Found = tuple[State, str] | None
_ECHO, _ECHO_REPLY = 8, 0


class Asker:
    """Asks from any number of threads. `timeout` is in seconds."""

    def __init__(self, keeper: TokenKeeper, web: Web, timeout: float) -> None:
        self._keeper = keeper
        self._web = web
        self._timeout = timeout
        self._seen: dict[str, str] = {}
        self._kinds: Mapping[str, Callable[[Way], Found]] = {
            "token": self._token,
            "tcp": self._connect,
            "icmp": self._ping,
        }

    def ask(self, way: Way) -> Found:
        """Never raises: whatever goes wrong is what is measured."""
        try:
            return self._kinds.get(way.kind, self._get)(way)
        except Exception as error:  # noqa: BLE001
            return of_error(error)

    def _token(self, _: Way) -> Found:
        try:
            self._keeper.sign_in()
        except SourceTrouble as trouble:
            if trouble.trouble is Trouble.EMPTY:
                return None
            if trouble.status is not None:
                return of_status(trouble.status), f"HTTP {trouble.status}"
            return of_error(trouble)
        return "ok", ""

    def _get(self, way: Way) -> Found:
        url = way.target.address
        if way.of:
            url = self._one_of(way, url)
        token = self._keeper.token()
        return None if token is None else self._judged(way, self._with_token(way, url, token))

    def _one_of(self, way: Way, url: str) -> str:
        """The address of one that was listed; where none was, that of the list, so that the rate is kept."""
        seen = self._seen.get(way.of)
        return url.replace("/{id}", "?limit=1") if seen is None else url.replace("{id}", seen)

    def _with_token(self, way: Way, url: str, token: str) -> Response:
        """The answer; a 401 is asked again once, with a new token."""
        answer = self._once(way, url, token)
        another = self._keeper.instead_of(token) if answer.status == 401 else None
        return answer if another is None else self._once(way, url, another)

    def _once(self, way: Way, url: str, token: str) -> Response:
        headers = {**way.headers, "X-Auth-Token": token}
        if way.kind == "validate":
            headers["X-Subject-Token"] = token
        return self._web.get(url, headers, verify=way.target.via != "backend")

    def _judged(self, way: Way, answer: Response) -> Found:
        if way.of and answer.status == 404:
            self._seen.pop(way.of, None)
            return "ok", ""  # it was removed in the meantime, and that is the right answer
        state = of_status(answer.status)
        if state == "ok" and way.lists:
            self._remember(way, answer.body)
        return state, "" if state == "ok" else f"HTTP {answer.status}"

    def _remember(self, way: Way, body: bytes) -> None:
        """Raises ValueError where the answer is no JSON, which no user could read either."""
        rows = orjson.loads(body).get(way.lists) or []
        if rows:
            self._seen[way.target.id] = str(rows[0]["id"])
        else:
            self._seen.pop(way.target.id, None)

    # Servers of the cloud

    def _connect(self, way: Way) -> Found:
        host, _, port = way.target.address.rpartition(":")
        with socket.create_connection((host.strip("[]"), int(port)), self._timeout):
            return "ok", ""

    def _ping(self, way: Way) -> Found:
        """One echo by a socket that needs no right, where the kernel allows it (icmp(7), ping_group_range)."""
        address = socket.gethostbyname(way.target.address)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_ICMP) as ping:
            ping.settimeout(self._timeout)
            ping.connect((address, 0))
            mark = os.urandom(8)
            ping.send(struct.pack("!BBHHH", _ECHO, 0, 0, 0, 1) + mark)  # the kernel fills in checksum and identity
            while (answer := ping.recv(256))[8:] != mark or answer[0] != _ECHO_REPLY:
                pass
        return "ok", ""
