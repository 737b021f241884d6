"""The deployer of a sandbox: the inventory, the playbook and the ansible.cfg that an operator of it would have."""

import sys
from collections import defaultdict
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from stairlift.sandbox.scenario import Scenario

_FILES = ("upgrade.yml", "ansible.cfg")


@dataclass(frozen=True, slots=True)
class Deployer:
    """Where the files are."""

    inventory: Path
    playbook: Path
    configuration: Path


def write_deployer(folder: Path, scenario: Scenario, url: str) -> Deployer:
    """Write the files of the sandbox at this address into a folder, which is made if it is not there."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in _FILES:
        source = resources.files("stairlift.sandbox") / "playbooks" / name
        (folder / name).write_bytes(source.read_bytes())
    inventory = folder / "inventory.ini"
    inventory.write_text(inventory_text(scenario, url), encoding="utf-8")
    return Deployer(inventory, folder / "upgrade.yml", folder / "ansible.cfg")


def inventory_text(scenario: Scenario, url: str, python: str = sys.executable) -> str:
    """An INI inventory with one group per program: what registers nowhere is found on its hosts by it."""
    known = [host for host in scenario.hosts if host.inventory]
    groups: dict[str, list[str]] = defaultdict(list)
    for host in known:
        for program in host.programs:
            groups[program.binary].append(host.called("inventory"))
    names = [_host_line(host.called("inventory"), host.name) for host in known]
    sections = [[f"[{group}]", *members] for group, members in groups.items()]
    variables = ["[all:vars]", f"sandbox_url={url}", "ansible_connection=local", f"ansible_python_interpreter={python}"]
    return "\n\n".join("\n".join(section) for section in (names, *sections, variables)) + "\n"


def _host_line(called: str, name: str) -> str:
    return called if called == name else f"{called} sandbox_host={name}"
