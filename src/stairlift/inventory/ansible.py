"""The operator's own Ansible inventory, read by their own `ansible-inventory`.

It runs in the current directory with the environment of the caller, as if they had typed it: the ansible.cfg that
applies to their playbooks applies here, too. `--export` leaves group variables with their groups, which is ten times
less work than merging them into every host; the few that count are merged here by Ansible's own rule.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import orjson

from stairlift.inventory.context import AnsibleSettings, SourceContext
from stairlift.inventory.groups import EVERYBODY, Inventory, pruned
from stairlift.inventory.rows import sensible
from stairlift.knowledge.binaries import Dialect
from stairlift.model.errors import SourceTrouble, Trouble, UsageError
from stairlift.model.observation import Deployment, Fact, InventoryHost
from stairlift.ports import Answer

_KINDS: Mapping[Dialect, Deployment] = {
    "kolla": Deployment("kolla-ansible"),
    "osa": Deployment("openstack-ansible"),
    "plain": Deployment("plain"),
}
#: A missing or broken inventory is a warning and an empty list otherwise.
_STRICT = {"ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "true", "ANSIBLE_NOCOLOR": "1"}
#: Lines of Ansible's complaints that quote no line of the inventory, which may hold a password.
_TELLING = ("ERROR", "[ERROR]", "[WARNING]", "Origin:", "The error appears to be in")
_QUOTED = re.compile(r"got: .*")
_LONGEST = 500


class AnsibleInventory:
    """The hosts that a deployer's inventory puts services on, a container's with the machine that it lives on.

    What `read` needs of the variables is all that is kept of them: addresses, zones, the hosts of containers.
    """

    def __init__(self, path: str, settings: AnsibleSettings | None = None) -> None:
        self.name = f"ansible:{path}"
        self._path = path
        self._settings = settings or AnsibleSettings()

    @classmethod
    def from_spec(cls, argument: str, context: SourceContext) -> "AnsibleInventory":
        """Built from `ansible:PATH`. UsageError where there is no such inventory, or no Ansible."""
        if not argument:
            raise _usage("inventory-path", "ansible: needs the path of an inventory.", "Give ansible:PATH.")
        if context.live and "," not in argument and not Path(argument).exists():
            raise _usage("inventory-path", f"There is no inventory {argument}.", "Give the path of one.")
        if context.live:
            _program(context.ansible)
        return cls(argument, context.ansible)

    @classmethod
    def lacking(cls) -> tuple[str, ...]:
        """Ansible."""
        return () if _found(AnsibleSettings().command[0]) else ("no ansible-inventory: install ansible-core",)

    def fetch(self) -> Answer:
        listing = self.listing()
        with sensible(self.name):
            return Answer({"inventory": pruned(listing)})

    def listing(self) -> Any:
        """All that ansible-inventory lists, secrets included: to be looked at and not to be kept."""
        output = self._run()
        with sensible(self.name):
            return orjson.loads(output)

    def _run(self) -> bytes:
        """The standard output of ansible-inventory; its own complaints are kept apart from it."""
        options = ("-i", self._path, "--list", "--export", *self._settings.arguments)
        try:
            process = _started((*_program(self._settings), *options))
        except (OSError, UsageError) as error:
            raise SourceTrouble(Trouble.UNREACHABLE, f"ansible-inventory cannot be started: {error}") from None
        output, complaints = self._heard(process)
        if process.returncode:
            brief = f"ansible-inventory -i {self._path} failed with {process.returncode}"
            raise SourceTrouble(Trouble.MALFORMED, brief, _told(complaints))
        return output

    def _heard(self, process: "subprocess.Popen[bytes]") -> tuple[bytes, bytes]:
        with process:
            try:
                return process.communicate(timeout=self._settings.timeout)
            except subprocess.TimeoutExpired:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
        brief = f"ansible-inventory -i {self._path} did not end within {self._settings.timeout:g} seconds"
        raise SourceTrouble(Trouble.TIMEOUT, brief)

    def read(self, answer: Answer) -> tuple[Fact, ...]:
        with sensible(self.name):
            inventory = Inventory(answer.documents["inventory"])
            hosts = _hosts(inventory)
        if not inventory.hosts:
            raise SourceTrouble(Trouble.EMPTY, f"The inventory {self._path} has no host")
        if not hosts:
            brief = f"The inventory {self._path} has {len(inventory.hosts)} hosts and no group of any service"
            details = "Its groups are: " + ", ".join(g for g in inventory.groups[:30] if g not in EVERYBODY)
            raise SourceTrouble(Trouble.EMPTY, brief, details)
        return (_KINDS[inventory.dialect], *hosts)


def _hosts(inventory: Inventory) -> tuple[InventoryHost, ...]:
    """The hosts with services and the machines that carry them; a deployment host or localhost is none of these."""
    serving = {host for host in inventory.hosts if inventory.services(host)}
    counted = serving | {inventory.node(host) for host in serving}
    return tuple(_host(inventory, host) for host in inventory.hosts if host in counted)


def _host(inventory: Inventory, host: str) -> InventoryHost:
    return InventoryHost(
        name=host,
        node=inventory.node(host),
        address=inventory.variable(host, "ansible_host"),
        services=inventory.services(host),
        groups=inventory.groups_of(host),
        zone=inventory.variable(host, "availability_zone"),
    )


def _started(argv: tuple[str, ...]) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        argv,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | _STRICT,
        start_new_session=True,  # without a terminal nothing can wait for a password
    )


def _found(program: str) -> str | None:
    return shutil.which(program) or shutil.which(program, path=str(Path(sys.executable).parent))


def _program(settings: AnsibleSettings) -> tuple[str, ...]:
    """The command with its program found: on PATH, else beside our own interpreter (as the demo installs it)."""
    program, *further = settings.command
    found = _found(program)
    if found is None:
        raise _usage(
            "ansible-missing",
            f"{program} was not found.",
            "Install ansible-core, put it on PATH, or name the command in the configuration.",
        )
    return (found, *further)


def _usage(code: str, brief: str, resolution: str) -> UsageError:
    return UsageError(code=f"usage.{code}", brief=brief, resolution=resolution)


def _told(complaints: bytes) -> str:
    lines = (line.strip() for line in complaints.decode(errors="replace").splitlines())
    return "\n".join(_QUOTED.sub("got: ***", line) for line in lines if line.startswith(_TELLING))[:_LONGEST]
