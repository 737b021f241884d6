"""The hosts that `hosts:SPEC` means, and how each of them is reached."""

import shlex
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from stairlift.inventory.ansible import AnsibleInventory
from stairlift.inventory.context import AnsibleSettings, SourceContext
from stairlift.inventory.groups import KEPT, Inventory
from stairlift.inventory.rows import sensible
from stairlift.model.errors import SourceTrouble, Trouble, UsageError
from stairlift.remote.ssh import Target
from stairlift.remote.words import SshOptions

#: Ansible's variables for connections, with their older spellings behind them (ansible.builtin.ssh).
_ADDRESS = ("ansible_host", "ansible_ssh_host")
_PORT = ("ansible_port", "ansible_ssh_port")
_USER = ("ansible_user", "ansible_ssh_user")
_KEY = ("ansible_ssh_private_key_file", "ansible_private_key_file")
_ARGUMENTS = ("ansible_ssh_common_args", "ansible_ssh_extra_args")
_CONNECTION = (*_ADDRESS, *_PORT, *_USER, *_KEY, *_ARGUMENTS, "ansible_connection", "ansible_become")
#: Root by the operator's sudoers; -n fails where it would ask for a password.
_SUDO = ("sudo", "-n")


def demand_spec(argument: str, context: SourceContext) -> None:
    """UsageError for a SPEC that names no hosts, and where there is no Ansible to read an inventory with."""
    if not argument.strip(", "):
        raise UsageError(
            code="usage.inventory-path",
            brief="hosts: needs hosts.",
            resolution="Give hosts:INVENTORY, the path of an Ansible inventory, or a list: hosts:ctl1,cmp1.",
        )
    if "," in argument or not context.live:
        return
    if not Path(argument).exists():
        raise UsageError(
            code="usage.inventory-path",
            brief=f"There is no inventory {argument}.",
            resolution=f"Give the path of one; a single host is written with a comma: hosts:{argument},",
        )
    AnsibleInventory.from_spec(argument, context)  # demands Ansible


def targets(argument: str, ssh: SshOptions, ansible: AnsibleSettings) -> Mapping[str, Target]:
    """How each host is reached; what an inventory does not say, `ssh` does. Raises SourceTrouble."""
    if "," in argument:
        names = (name.strip() for name in argument.split(","))
        return {name.rpartition("@")[2]: Target(name, ssh) for name in names if name}
    listing = AnsibleInventory(argument, ansible).listing()
    with sensible(f"hosts:{argument}"):
        inventory = Inventory(listing, (*KEPT, *_CONNECTION))
        machines = sorted({inventory.node(host) for host in inventory.hosts})
        found = {host: _target(inventory, host, ssh, Path(argument).parent) for host in machines}
    if not found:
        raise SourceTrouble(Trouble.EMPTY, f"The inventory {argument} has no host")
    return found


def _target(inventory: Inventory, host: str, ssh: SshOptions, folder: Path) -> Target:
    def said(keys: tuple[str, ...]) -> str | None:
        return next((value for key in keys if (value := inventory.variable(host, key))), None)

    given = (inventory.variable(host, key) for key in _ARGUMENTS)
    options = replace(
        ssh,
        user=said(_USER) or ssh.user,
        port=int(port) if (port := said(_PORT)) else ssh.port,
        key=str(folder / Path(key).expanduser()) if (key := said(_KEY)) else ssh.key,
        options=(*ssh.options, *(word for words in given if words for word in shlex.split(words))),
        become=ssh.become or (_SUDO if _is_true(said(("ansible_become",))) else ()),
    )
    return Target(said(_ADDRESS) or host, options, local=said(("ansible_connection",)) == "local")


def _is_true(value: str | None) -> bool:
    return (value or "").lower() in {"true", "yes", "1", "on"}
