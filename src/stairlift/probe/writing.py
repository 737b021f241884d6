"""The write probe: once a minute a port and a server are made in a project of their own, and taken away again."""

import time
from collections.abc import Callable
from functools import partial
from threading import Event
from typing import Any

from stairlift.model.availability import State, Target
from stairlift.model.errors import SourceTrouble, UsageError
from stairlift.ports import CloudClient
from stairlift.probe.faults import of_error, of_status
from stairlift.probe.gathering import Result
from stairlift.probe.order import WriteSettings

PORT = Target("neutron.port", "neutron", "write", "a port, made and removed")
BOOT = Target("nova.boot", "nova", "write", "a server, until it is ACTIVE")
DELETE = Target("nova.delete", "nova", "write", "a server, until it is gone")
#: Of the effect that stands for all that it makes.
KIND = "probe"
#: A project that may have more servers than this is nobody's own for a probe. Nova lets any project have 10 of which
#: nobody said otherwise ([quota] instances), so it is less than that.
MOST_SERVERS = 5
#: Seconds that a server may take to come or to go, and between two looks at it.
PATIENCE, _LOOK = 180.0, 1.0
#: Microversions: servers are tagged when they are made (2.52), and say in their flavor what they need (2.47).
_TAGGED = "2.52"
_WORDS = 120
#: What comes of reading an answer that is not what it should be.
_SENSELESS = (LookupError, TypeError, ValueError, AttributeError)


class _CutShort(Exception):
    """The run is over: what comes of it is not waited for."""


class _Failed(Exception):
    """What was made is not as it should be; the message says how."""


def tag_of(run: str) -> str:
    """What every resource of a run's write probe carries, and nothing else does."""
    return f"stairlift-probe-{run}"


class WriteProbe:
    """Works in the project of `client`. What it makes has the tag, and only what has the tag does it remove."""

    def __init__(self, client: CloudClient, settings: WriteSettings, tag: str) -> None:
        self._client = client
        self._settings = settings
        self._tag = tag
        self._add: Callable[[Result], None] = lambda _: None
        self._over = Event()

    def targets(self) -> tuple[Target, ...]:
        """What it asks for."""
        return (PORT, BOOT, DELETE) if self._settings.server else (PORT,)

    def until(self, over: Event, add: Callable[[Result], None]) -> None:
        """Make and remove, time after time, tell what came of it, and leave nothing behind. Raises UsageError."""
        self._add, self._over = add, over
        made: dict[str, str] = {}
        while not over.is_set():
            began = time.monotonic()
            try:
                made = made or self._prepared()
                self._cycle(made)
            except (SourceTrouble, *_SENSELESS):  # nobody could say what to make it of: the other targets tell why
                made = {}
            over.wait(max(0.0, self._settings.every - (time.monotonic() - began)))
        clean(self._client, self._tag)

    def _prepared(self) -> dict[str, str]:
        """What servers and ports are made of. UsageError for a project without a quota; raises SourceTrouble."""
        found = {"network": self._chosen("network", "/networks", "networks", self._settings.network)}
        if self._settings.server:
            demand_quota(self._client)
            found["image"] = self._chosen("image", "/images", "images", self._settings.image)
            found["flavor"] = self._chosen("compute", "/flavors/detail", "flavors", self._settings.flavor)
        return found

    def _chosen(self, service: str, path: str, key: str, wanted: str) -> str:
        rows = self._client.get(service, path).documents["body"].get(key) or []
        fitting = [row for row in rows if not wanted or wanted in (row["id"], row.get("name"))]
        if not fitting:
            raise UsageError(code="config.invalid", brief=f"[meter] write: the project has no such {key}: {wanted!r}")
        return str(min(fitting, key=lambda row: row.get("ram", 0))["id"])

    # One turn

    def _cycle(self, made_of: dict[str, str]) -> None:
        clean(self._client, self._tag)  # what an answer that was lost has left
        self._timed(PORT, lambda: self._port(made_of["network"]))
        if not self._settings.server:
            return
        servers: list[str] = []
        self._timed(BOOT, lambda: self._boot(made_of, servers))
        for server in servers:
            self._timed(DELETE, partial(self._delete, server))

    def _timed(self, target: Target, work: Callable[[], None]) -> None:
        due, at = time.monotonic(), time.time()
        state: State = "ok"
        why = ""
        try:
            work()
        except SourceTrouble as trouble:
            status = trouble.status
            state, why = (of_status(status), f"HTTP {status}") if status else of_error(trouble)
        except _CutShort:
            return
        except _Failed as failed:
            state, why = "failed", str(failed)[:_WORDS]
        except _SENSELESS:
            state, why = "failed", "its answer makes no sense"
        self._add(Result(target.id, state, due, time.monotonic(), at, why))

    def _port(self, network: str) -> None:
        body = {"port": {"network_id": network, "name": self._tag, "description": self._tag}}
        made = self._client.send("POST", "network", "/ports", body).documents["body"]["port"]
        self._client.send("DELETE", "network", f"/ports/{made['id']}")

    def _boot(self, made_of: dict[str, str], servers: list[str]) -> None:
        server = {
            "name": self._tag,
            "imageRef": made_of["image"],
            "flavorRef": made_of["flavor"],
            "networks": [{"uuid": made_of["network"]}],
            "metadata": {"stairlift": self._tag},
            "tags": [self._tag],
        }
        made = self._client.send("POST", "compute", "/servers", {"server": server}, _TAGGED).documents["body"]
        servers.append(str(made["server"]["id"]))
        self._wait(servers[-1], lambda found: found.get("status") == "ACTIVE")

    def _delete(self, server: str) -> None:
        self._client.send("DELETE", "compute", f"/servers/{server}")
        self._wait(server, lambda found: not found)

    def _wait(self, server: str, holds: Callable[[dict[str, Any]], bool]) -> None:
        end = time.monotonic() + PATIENCE
        while not holds(found := self._server(server)):
            if found.get("status") == "ERROR":
                raise _Failed(f"the server is in ERROR: {found.get('fault', {}).get('message', 'no reason given')}")
            if self._over.wait(_LOOK):
                raise _CutShort
            if time.monotonic() > end:
                raise _Failed(f"the server is {found.get('status')} after {PATIENCE:.0f} s")

    def _server(self, server: str) -> dict[str, Any]:
        """As Nova has it; {} where it is gone."""
        try:
            return dict(self._client.get("compute", f"/servers/{server}").documents["body"]["server"])
        except SourceTrouble as trouble:
            if trouble.status == 404:
                return {}
            raise


def demand_quota(client: CloudClient) -> None:
    """UsageError where the project may have many servers: a probe that runs wild must not fill a cloud."""
    limits = client.get("compute", "/limits").documents["body"]["limits"]["absolute"]
    most = int(limits.get("maxTotalInstances", -1))
    if not 0 < most <= MOST_SERVERS:
        raise UsageError(
            code="config.invalid",
            brief=f"[meter] write: its project may have {'any number of' if most < 0 else most} servers",
            resolution=f"Give the probe a project of its own with a quota of 1 to {MOST_SERVERS} servers.",
        )


def clean(client: CloudClient, tag: str) -> int:
    """Remove what carries the tag; how much of it is left. Trouble leaves it for the next time."""
    left = 0
    for service, path, key, version in (
        ("compute", f"/servers?tags={tag}", "servers", _TAGGED),
        ("network", f"/ports?name={tag}", "ports", None),
    ):
        try:
            rows = client.get(service, path, version).documents["body"].get(key) or []
        except (SourceTrouble, *_SENSELESS):
            left += 1
            continue
        left += sum(not _removed(client, service, f"/{key}/{row['id']}") for row in rows)
    return left


def _removed(client: CloudClient, service: str, path: str) -> bool:
    try:
        client.send("DELETE", service, path)
    except SourceTrouble as trouble:
        return trouble.status == 404
    return True
