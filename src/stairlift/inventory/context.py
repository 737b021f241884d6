"""What a source is built from: everything that it may need and cannot know itself."""

from collections.abc import Callable
from dataclasses import dataclass, field

from stairlift.model.errors import SourceTrouble, Trouble
from stairlift.ports import CloudClient, Remote
from stairlift.remote.words import SshOptions


@dataclass(frozen=True, slots=True)
class AnsibleSettings:
    """How the operator's own Ansible is called for inventories.

    `command` is a program on PATH or a path, with what goes before Stairlift's own arguments; `arguments` are added
    to them (`--vault-password-file FILE`). Secrets belong in neither. `timeout` is in seconds.
    """

    command: tuple[str, ...] = ("ansible-inventory",)
    arguments: tuple[str, ...] = ()
    timeout: float = 300.0


def _no_shells() -> Remote:
    raise SourceTrouble(Trouble.UNREACHABLE, "No way to other hosts was given to this source")


@dataclass(frozen=True, slots=True)
class SourceContext:
    """Given to every source when it is built.

    `client` connects to the cloud; it is called by sources that need one. `live` is False where a source is built to
    read a recording only: then it must not look at anything outside. `remote` gives shells on hosts, to sources that
    look at those themselves, and `ssh` is how the operator reaches hosts of which nothing else is said.
    """

    client: Callable[[], CloudClient]
    ansible: AnsibleSettings = field(default_factory=AnsibleSettings)
    live: bool = True
    remote: Callable[[], Remote] = _no_shells
    ssh: SshOptions = field(default_factory=SshOptions)
