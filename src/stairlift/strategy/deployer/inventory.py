"""The groups of a deployer's inventory, asked of its own Ansible."""

import base64
import json
import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stairlift.model.errors import UsageError
from stairlift.strategy.asking import ask
from stairlift.strategy.deployer.hops import DeployerHop

_PLAY = Path(__file__).with_name("groups.yml")
_ANSWER = re.compile(r"stairlift-listed ([A-Za-z0-9+/=]+) end")
_TIMEOUT_SECONDS = 300
_DETAIL_CHARACTERS = 600


@dataclass(frozen=True, slots=True)
class Groups:
    """Hosts by group; `all` holds every host."""

    hosts: Mapping[str, tuple[str, ...]]

    def holds(self, host: str) -> bool:
        """Whether the inventory knows a host."""
        return host in self.hosts.get("all", ())

    def of(self, *groups: str) -> tuple[str, ...]:
        """The hosts of these groups, each once; a group that does not exist has none."""
        return tuple(dict.fromkeys(host for group in groups for host in self.hosts.get(group, ())))


def ask_groups(hop: DeployerHop[Any], command: tuple[str, ...]) -> Groups:
    """Ask a command that takes the arguments of ansible-playbook. Raises UsageError `deployer.inventory`."""
    return Groups({group: tuple(hosts) for group, hosts in ask_listing(hop, command, _PLAY).items()})


def ask_listing(hop: DeployerHop[Any], command: tuple[str, ...], play: Path, words: tuple[str, ...] = ()) -> Any:
    """What the name of a play of ours holds when it is listed; `words` are further arguments.

    Raises UsageError `deployer.inventory` where the command does not answer, or its inventory names no host.
    """
    argv = [*command, *(w for path in hop.inventory for w in ("-i", str(path))), *words, str(play), "--list-hosts"]
    try:
        answer = ask(argv, hop.directory, environment(hop), _TIMEOUT_SECONDS)
    except subprocess.TimeoutExpired:
        raise _no_answer(hop, f"It did not answer within {_TIMEOUT_SECONDS} s.") from None
    except OSError as wrong:
        raise _no_answer(hop, f"{wrong.strerror}: {wrong.filename}") from wrong
    found = _ANSWER.search(answer.stdout)
    if found is None:
        said = (answer.stderr.strip() or answer.stdout.strip())[-_DETAIL_CHARACTERS:]
        raise _no_answer(hop, f"{argv[0]} ended with exit status {answer.returncode}. {said}")
    return json.loads(base64.b64decode(found[1]))


def environment(hop: DeployerHop[Any]) -> dict[str, str]:
    """Our environment, in which the programs of the hop's virtual environment come first."""
    path = os.environ.get("PATH", os.defpath)
    config = {"ANSIBLE_CONFIG": str(hop.ansible_config)} if hop.ansible_config else {}
    return {**os.environ, **config, "PATH": f"{hop.bin}{os.pathsep}{path}" if hop.bin else path}


def _no_answer(hop: DeployerHop[Any], details: str) -> UsageError:
    return UsageError(
        code="deployer.inventory",
        brief=f"{hop.place}: the inventory {', '.join(map(str, hop.inventory)) or 'of ansible.cfg'} cannot be listed",
        details=details,
        resolution="Correct inventory, or what it names; ansible-inventory -i FILE --list shows the same.",
    )
