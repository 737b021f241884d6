"""Telling Masakari that a host is being worked on, so that it does not evacuate what runs there."""

import time
from collections.abc import Iterator, Mapping
from typing import Any

from stairlift.model.effect import Effect
from stairlift.model.errors import SourceTrouble, Trouble
from stairlift.ports import CloudClient
from stairlift.strategy.before import Before
from stairlift.strategy.own_job import Notes
from stairlift.strategy.own_program import Errand

#: The kind of the effect that maintenance is.
KIND = "masakari"
_TYPE = "instance-ha"
_FREE, _OUT = "free", "maintenance"

Row = Mapping[str, Any]


class Maintenance:
    """The hosts that Masakari watches, by the names that Nova has for them. Methods raise SourceTrouble."""

    def __init__(self, client: CloudClient) -> None:
        self._client = client
        segments = _listed(client, "/v1/segments", "segments")
        self._watched = {str(row.get("name")): row for s in segments for row in _hosts(client, str(s.get("uuid")))}

    def begin(self, effect: Effect, before: Before, notes: Notes) -> None:
        """Put a host into maintenance that is watched and was not in it before."""
        host, row = effect.subject, self._row(effect.subject)
        if row is None:
            notes.effect(effect.id, "foreign", f"Masakari does not watch {host}")
            return
        was = before.known(effect)
        if was is None:
            was = _OUT if row.get("on_maintenance") is True else _FREE
            before.keep(effect, was, time.time())
        if was == _OUT:
            notes.effect(effect.id, "foreign", f"Masakari had {host} in maintenance before us: it stays so")
            return
        self._set(row, on=True)
        notes.effect(effect.id, "made", f"Masakari leaves {host} alone")

    def end(self, effect: Effect) -> None:
        """Let a host be watched again that we have put into maintenance."""
        row = self._row(effect.subject)
        ours = effect.state != "intended" or Before.of(effect).known(effect) == _FREE
        if row is not None and ours and row.get("on_maintenance") is True:
            self._set(row, on=False)

    def _row(self, host: str) -> Row | None:
        """That of a host by its name, else the one whose name begins alike; None where it watches no such host."""
        alike = [name for name in self._watched if name.partition(".")[0] == host.partition(".")[0]]
        names = [host] if host in self._watched else alike
        if len(names) > 1:
            raise SourceTrouble(
                Trouble.MALFORMED, f"which host of Masakari's is {host} cannot be told: {sorted(names)}"
            )
        return self._watched[names[0]] if names else None

    def _set(self, row: Row, *, on: bool) -> None:
        path = f"/v1/segments/{row['failover_segment_id']}/hosts/{row['uuid']}"
        self._client.send("PUT", _TYPE, path, {"host": {"on_maintenance": on}})


def leave_alone(errand: Errand, client: CloudClient, before: Before, notes: Notes) -> None:
    """Masakari's part of taking hosts out. Raises SourceTrouble."""
    if mine := errand.of_hosts(KIND):
        maintenance = Maintenance(client)
        for effect in mine:
            maintenance.begin(effect, before, notes)


def watch_again(errand: Errand, client: CloudClient, notes: Notes) -> None:
    """Masakari's part of giving hosts back. Raises SourceTrouble."""
    if mine := [effect for effect in errand.of_hosts(KIND) if effect.open]:
        maintenance = Maintenance(client)
        for effect in mine:
            maintenance.end(effect)
            notes.effect(effect.id, "restored", f"Masakari watches {effect.subject} again")


def _hosts(client: CloudClient, segment: str) -> Iterator[Row]:
    for row in _listed(client, f"/v1/segments/{segment}/hosts", "hosts"):
        yield {"failover_segment_id": segment, **row}


def _listed(client: CloudClient, path: str, key: str) -> list[Row]:
    body = client.get(_TYPE, path).documents["body"]
    rows = body.get(key) if isinstance(body, dict) else None
    if not isinstance(rows, list):
        raise SourceTrouble(Trouble.MALFORMED, f"masakari's list of {key} makes no sense")
    return [row for row in rows if isinstance(row, dict)]
