"""What a plan records of the deployers of its hops: their versions, and the files that they work with."""

import re
import shutil
import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic

from stairlift.model.errors import UsageError
from stairlift.model.work import Frozen
from stairlift.strategy.ansible.content import inventory_content, one_by_one
from stairlift.strategy.ansible.options import public_words
from stairlift.strategy.ansible.settings import AnsibleSettings, ask_ansible, remembered_settings
from stairlift.strategy.asking import ask
from stairlift.strategy.deployer.git import commit_of
from stairlift.strategy.deployer.hops import DeployerHop, More
from stairlift.strategy.deployer.inventory import environment
from stairlift.strategy.files import named_files

_VERSION = re.compile(r"\b\d+\.\d+[\w.+-]*")
_TIMEOUT_SECONDS = 60
ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Deployer(Generic[More]):
    """What tells one deployer from another. `name` is that of its package, by which its versions are known.

    `version` asks a hop's deployer for its version, None where it is not there. `ansible` is the hop's command that
    takes the arguments of ansible-playbook. `content` are the files and folders of configuration that it works with,
    beside the inventory; those with secrets are only hashed.
    """

    name: str
    version: Callable[[DeployerHop[More]], str | None]
    ansible: Callable[[DeployerHop[More]], tuple[str, ...]]
    content: Callable[[DeployerHop[More]], Iterable[Path]]

    def settings(self, hop: DeployerHop[More]) -> AnsibleSettings:
        """What the hop's Ansible says about itself, asked once in a process; UsageError where it does not answer."""
        return remembered_settings(self.ansible(hop), hop.directory, hop.ansible_config)

    def record(self, hops: Mapping[Any, DeployerHop[More]]) -> Frozen:
        """Files and versions of all hops. What is missing is recorded as such: `review` makes it a finding.

        So a hop that is not part of a plan does not stand in its way.
        """
        one_after_another = tuple(hops.values())
        versions = {name: said for hop in one_after_another for name, said in self._versions(hop)}
        content = (path for hop in one_after_another for path in self._content(hop) if path.exists())
        try:
            return Frozen(files=one_by_one(content, frozenset()), versions=versions)
        except OSError as wrong:
            raise UsageError(
                code="strategy.unreadable-file",
                brief=f"strategy {self.name!r}: {wrong.filename} cannot be read: {wrong.strerror or wrong}",
                resolution="Make it readable for the account that plans and runs.",
            ) from wrong

    def _versions(self, hop: DeployerHop[More]) -> Iterator[tuple[str, str]]:
        yield f"{self.name} for {hop.release}", self.version(hop) or ABSENT
        yield f"ansible-core for {hop.release}", self._core(hop)
        for path in (*hop.inventory, *((hop.config_dir,) if hop.config_dir else ())):
            if (commit := commit_of(path)) is not None:
                yield f"the commit of {path}", commit

    def _core(self, hop: DeployerHop[More]) -> str:
        try:
            return ask_ansible(self.ansible(hop), hop.directory, hop.ansible_config).version
        except UsageError:
            return ABSENT

    def _content(self, hop: DeployerHop[More]) -> Iterator[Path]:
        for inventory in hop.inventory:
            yield from inventory_content(inventory)
        yield from self.content(hop)
        yield from (hop.ansible_config,) if hop.ansible_config else ()
        yield from named_files(public_words(hop.args), hop.directory)


def said_version(hop: DeployerHop[Any], *words: str) -> str | None:
    """The first version number that `COMMAND --version` (or with these words) prints; None where there is none."""
    argv = [*hop.command, *(words or ("--version",))]
    try:
        answer = ask(argv, hop.directory, environment(hop), _TIMEOUT_SECONDS)
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = _VERSION.search(answer.stdout or answer.stderr) if answer.returncode == 0 else None
    return found[0] if found else None


def is_program(hop: DeployerHop[Any], word: str) -> bool:
    """Whether a program can be executed, looked for as the hop's commands would."""
    return shutil.which(word, path=environment(hop)["PATH"]) is not None
