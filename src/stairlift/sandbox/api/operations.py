"""What a deployer does to the cloud: programs are stopped, started, restarted and upgraded, databases are changed."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from stairlift.model.errors import StairliftError
from stairlift.model.release import Release
from stairlift.sandbox.api.simulation import Simulation
from stairlift.sandbox.api.wire import HttpFault
from stairlift.sandbox.world.hearing import Key
from stairlift.sandbox.world.life import Phase

PROGRAM_ACTIONS = frozenset({"stop", "start", "restart", "upgrade"})
DATABASE_STEPS = frozenset({"expand", "migrate", "contract"})

#: Sleeps end a little early at times; a program is asked a little after it should be up.
_MARGIN = 0.002


class Operations:
    """Work on one cloud. Raises HttpFault for what makes no sense; what the cloud refuses comes as it is."""

    def __init__(self, sim: Simulation) -> None:
        self._sim = sim

    def act(self, key: Key, action: str, body: Mapping[str, Any]) -> bool:
        """Stop, start, restart or upgrade a program, and say whether anything was done."""
        world, now = self._sim.world, self._sim.now()
        if action == "upgrade":
            return world.upgrade(key, now, release_in(body)) is not None
        {"stop": world.stop, "start": world.start, "restart": world.restart}[action](key, now)
        return True

    def change_database(self, project: str, step: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Expand, migrate or contract a project's database."""
        to = release_in(body)
        self._sim.world.change_database(project, step, to, self._sim.now())
        return {"project": project, "step": step, "to": str(to)}

    async def step(self, host: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """All that one step of a plan asks of a host; done when this returns."""
        action, services = str(body.get("action", "")), names_in(body.get("services"))
        if action.startswith("db-") and action[3:] in DATABASE_STEPS:
            return self.change_database(str(body.get("project") or ""), action[3:], body) | {"changed": True}
        if action not in {"upgrade", "unpin"} or not services:
            raise HttpFault(400, f"The sandbox cannot do {action or 'nothing'!r} with {services or 'no services'}.")
        keys = [(host, service) for service in services]
        for key in keys:
            self._sim.world.life(key)
        changed = False
        for group in _in_order(keys):
            acted = [self.act(key, "restart" if action == "unpin" else action, body) for key in group]
            changed = changed or any(acted)
            await self.settled(group)
        return {"changed": changed, "host": host, "services": services}

    async def settled(self, keys: Sequence[Key]) -> None:
        """Wait until none of these programs is starting any more; HttpFault 500 for one that has left."""
        starting = [key for key in keys if self._phase(key) is Phase.STARTING]
        if starting:
            ready = max(self._sim.world.lives[key].up_from or 0.0 for key in starting)
            await asyncio.sleep(max(ready - self._sim.now(), 0) + _MARGIN)
            await self.settled(keys)
        for key in keys:
            if self._phase(key) is not Phase.RUNNING:
                raise HttpFault(500, f"{key[1]} on {key[0]} is not running: it has left while it started")

    def _phase(self, key: Key) -> Phase:
        return self._sim.world.lives[key].phase(self._sim.now())


def _in_order(keys: Sequence[Key]) -> tuple[list[Key], list[Key]]:
    """Keystone before all that look it up while they start; the rest side by side."""
    return [key for key in keys if key[1] == "keystone"], [key for key in keys if key[1] != "keystone"]


def release_in(body: Mapping[str, Any]) -> Release:
    """The series under `to`; HttpFault 400."""
    try:
        return Release.parse(str(body["to"]))
    except KeyError as error:
        raise HttpFault(400, "to: a series is expected.") from error
    except StairliftError as error:
        raise HttpFault(400, error.brief) from error


def names_in(given: object) -> list[str]:
    """Names from a list, or from a text with commas as Ansible's extra variables are."""
    parts = given.split(",") if isinstance(given, str) else given if isinstance(given, list) else []
    return [str(part).strip() for part in parts if str(part).strip()]
