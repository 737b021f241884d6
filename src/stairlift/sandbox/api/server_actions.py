"""What is done to a server by POST servers/{id}/action: moved, stopped, started, and its move kept or taken back."""

from collections.abc import Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from stairlift.sandbox.api.access import administrator, authenticated
from stairlift.sandbox.api.servers import found
from stairlift.sandbox.api.simulation import Simulation
from stairlift.sandbox.api.wire import HttpFault, body_of, nova_answer, nova_microversion
from stairlift.sandbox.guests.guest import COLD, LIVE, Guest
from stairlift.sandbox.versions import Microversion
from stairlift.sandbox.world.hearing import Key

HOST_FOR_MIGRATE_SINCE: Microversion = (2, 56)
AUTO_BLOCK_SINCE: Microversion = (2, 25)
FORCE_SINCE, FORCE_UNTIL = (2, 30), (2, 68)


class ServerActions:
    """The handler of servers/{id}/action."""

    def __init__(self, sim: Simulation) -> None:
        self._sim = sim
        self._known: Mapping[str, Callable[[Guest, Any, Microversion], int]] = {
            "os-migrateLive": self._migrate_live,
            "migrate": self._migrate,
            "confirmResize": self._confirm,
            "revertResize": self._revert,
            "os-stop": self._stop,
            "os-start": self._start,
            "reboot": self._reboot,
            "os-resetState": self._reset,
        }

    def routes(self, root: str) -> list[Route]:
        """What is answered below this path."""
        return [Route(f"{root}/servers/{{id}}/action", self.act, methods=["POST"])]

    async def act(self, request: Request) -> Response:
        """POST servers/{id}/action with one key, which names the action."""
        authenticated(self._sim, request)
        version, document = nova_microversion(request), await body_of(request)
        action = next(iter(document), "")
        if len(document) != 1 or action not in self._known:
            raise HttpFault(400, f"There is no such action: {action}")
        if action in {"os-migrateLive", "migrate", "os-resetState"}:
            administrator(self._sim, request)
        guest = found(self._sim, request.path_params["id"])
        status = self._known[action](guest, document[action], version)
        return nova_answer(b"", version, status=status)

    def _migrate_live(self, guest: Guest, wish: Any, version: Microversion) -> int:
        if not isinstance(wish, dict) or not {"host", "block_migration"} <= wish.keys():
            raise HttpFault(400, "Invalid input for os-migrateLive: 'host' and 'block_migration' are required.")
        if wish["block_migration"] == "auto" and version < AUTO_BLOCK_SINCE:
            raise HttpFault(400, "Invalid input for field/attribute block_migration. Value: auto.")
        if "force" in wish and not FORCE_SINCE <= version < FORCE_UNTIL:
            raise HttpFault(400, "Additional properties are not allowed ('force' was unexpected)")
        self._refuse_special(guest, "os-migrateLive")
        self._refuse_state(guest, LIVE, "os-migrateLive")
        self._sim.fleet.migrate_live(guest, self._sim.now(), self._target(wish["host"], guest))
        return 202

    def _migrate(self, guest: Guest, wish: Any, version: Microversion) -> int:
        host = wish.get("host") if isinstance(wish, dict) and version >= HOST_FOR_MIGRATE_SINCE else None
        if guest.spec.shares:
            raise HttpFault(409, f"Feature not supported with instances that have a share (server {guest.uuid}).")
        self._refuse_state(guest, COLD, "migrate")
        self._sim.fleet.migrate_cold(guest, self._sim.now(), self._target(host, guest))
        return 202

    def _target(self, host: str | None, guest: Guest) -> Key | None:
        if host is None:
            return None
        row = next((row for row in self._sim.nova.computes if row.host == host), None)
        if row is None:
            raise HttpFault(400, f"Compute host {host} could not be found.")
        if row.key == guest.compute:
            raise HttpFault(400, f"Unable to migrate instance ({guest.uuid}) to current host ({host}).")
        return row.key

    def _confirm(self, guest: Guest, _: Any, __: Microversion) -> int:
        self._refuse_state(guest, frozenset({"resized"}), "confirmResize")
        self._sim.fleet.confirm(guest, self._sim.now())
        return 204

    def _revert(self, guest: Guest, _: Any, __: Microversion) -> int:
        self._refuse_state(guest, frozenset({"resized"}), "revertResize")
        self._sim.fleet.revert(guest, self._sim.now())
        return 202

    def _stop(self, guest: Guest, _: Any, __: Microversion) -> int:
        self._refuse_state(guest, frozenset({"active", "error", "rescued"}), "stop")
        self._sim.fleet.set_power(guest, self._sim.now(), on=False)
        return 202

    def _start(self, guest: Guest, _: Any, __: Microversion) -> int:
        self._refuse_state(guest, frozenset({"stopped"}), "start")
        self._sim.fleet.set_power(guest, self._sim.now(), on=True)
        return 202

    def _reboot(self, guest: Guest, wish: Any, __: Microversion) -> int:
        if not isinstance(wish, dict) or wish.get("type") not in {"HARD", "SOFT"}:
            raise HttpFault(400, "Invalid input for field/attribute reboot: type is HARD or SOFT.")
        self._refuse_state(guest, frozenset({"active", "stopped", "paused", "suspended", "error"}), "reboot")
        self._sim.fleet.set_power(guest, self._sim.now(), on=True)
        return 202

    def _reset(self, guest: Guest, wish: Any, _: Microversion) -> int:
        if not isinstance(wish, dict) or wish.get("state") not in {"active", "error"}:
            raise HttpFault(400, "Invalid input for field/attribute state: active or error.")
        guest.vm_state, guest.task, guest.updated = wish["state"], None, self._sim.now()
        return 202

    @staticmethod
    def _refuse_state(guest: Guest, allowed: frozenset[str], action: str) -> None:
        """409 in Nova's words (nova/api/openstack/common.py, raise_http_conflict_for_instance_invalid_state)."""
        attribute, state = ("task_state", guest.task) if guest.task else ("vm_state", guest.vm_state)
        if guest.task or guest.vm_state not in allowed:
            raise HttpFault(409, f"Cannot '{action}' instance {guest.uuid} while it is in {attribute} {state}")

    @staticmethod
    def _refuse_special(guest: Guest, action: str) -> None:
        """What Nova's API refuses to move at all (decorators of live_migrate in nova/compute/api.py)."""
        if guest.spec.shares:
            raise HttpFault(409, f"Feature not supported with instances that have a share (server {guest.uuid}).")
        for key, what in (("hw:tpm_version", "vTPM"), ("accel:device_profile", "accelerators")):
            if key in guest.flavor.extra_specs:
                raise HttpFault(409, f"Operation '{action}' not supported for {what}-enabled instance ({guest.uuid}).")
