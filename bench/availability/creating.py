"""A tenant at work: creates a server and deletes it again, every few seconds, and writes down how it went.

    python -m bench.availability.creating FOLDER [SECONDS]

A line of FOLDER/creates.jsonl per server: {"at", "seconds", "ok", "reason", "host", "deleted"}. Ends after the server
under way once FOLDER/enough exists. Which cloud it is, and who the tenant, is told by the environment, as `openstack`
has it. A process of its own, so that it goes on whatever becomes of an orchestrator.
"""

import json
import sys
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import keystoneauth1.exceptions
import openstack
import openstack.connection
import openstack.exceptions

ERRORS = (openstack.exceptions.SDKException, keystoneauth1.exceptions.ClientException)
#: `testbed seed` has made an image, a flavour and a network of this name.
NAME = "testbed"
EVERY = 5.0
#: A scheduler that tries another host after a time-out of its own needs half of this.
PATIENCE = 120.0


@dataclass
class Create:
    """One server's life. `ok` is whether it became ACTIVE; where not, `reason` is what the API said last."""

    at: str
    seconds: float = 0.0
    ok: bool = False
    reason: str = ""
    host: str = ""
    deleted: bool = False


class Tenant:
    """Who creates servers, each from the same image, flavour and network."""

    def __init__(self, cloud: openstack.connection.Connection) -> None:
        self._compute: Any = cloud.compute
        image, flavor = cloud.image.find_image(NAME), cloud.compute.find_flavor(NAME)
        network = cloud.network.find_network(NAME)
        assert image is not None
        assert flavor is not None
        assert network is not None, "`testbed seed 1` makes what a server needs"
        self._wish = {"image_id": image.id, "flavor_id": flavor.id, "networks": [{"uuid": network.id}]}

    def create(self, number: int) -> Create:
        """Create a server, wait until it is ACTIVE, delete it, wait until it is gone."""
        made, begin = Create(datetime.now(UTC).isoformat()), time.monotonic()
        try:
            server = self._compute.create_server(name=f"created-{number}", **self._wish)
        except ERRORS as error:
            made.reason = f"refused: {error}"
            return made
        made.ok, made.reason, made.host = self._become_active(server.id)
        made.seconds = round(time.monotonic() - begin, 2)
        made.deleted = self._delete(server.id)
        return made

    def _become_active(self, server_id: str) -> tuple[bool, str, str]:
        """An API that does not answer for a moment is the meter's business; here only the server's end counts."""
        end, last = time.monotonic() + PATIENCE, "never seen"
        while time.monotonic() < end:
            try:
                server = self._compute.get_server(server_id)
            except ERRORS as error:
                last = str(error)
            else:
                last, host = server.status, server.compute_host or server.hypervisor_hostname or ""
                if server.status == "ACTIVE":
                    return True, "", host
                if server.status == "ERROR":
                    return False, (server.fault or {}).get("message", "ERROR without a fault"), host
            time.sleep(1)
        return False, f"after {PATIENCE:.0f} s: {last}", ""

    def _delete(self, server_id: str) -> bool:
        """Asked again where it came to nothing, as any user does: a deletion that the bus lost leaves it in ERROR."""
        end, asked = time.monotonic() + PATIENCE, False
        while time.monotonic() < end:
            try:
                if not asked:
                    self._compute.delete_server(server_id)
                asked = self._compute.get_server(server_id).status != "ERROR"
            except openstack.exceptions.NotFoundException:
                return True
            except ERRORS:
                pass
            time.sleep(1)
        return False


def main(folder: Path, every: float) -> None:
    """Until enough."""
    tenant = Tenant(openstack.connect())
    number, enough = 0, folder / "enough"
    with (folder / "creates.jsonl").open("a", encoding="utf-8") as book:
        while not enough.exists():
            begin, number = time.monotonic(), number + 1
            print(json.dumps(asdict(tenant.create(number))), file=book, flush=True)
            while time.monotonic() < begin + every and not enough.exists():
                time.sleep(0.2)


if __name__ == "__main__":
    main(Path(sys.argv[1]), float(sys.argv[2]) if len(sys.argv) > 2 else EVERY)
