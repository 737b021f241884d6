"""The words of an `ssh` command line: the same in an attempt, in the runbook and in a look at a host."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

#: Nobody is there to type a password or to confirm a key, and a host that is gone must not hold up the others.
_ALWAYS = ("-o", "BatchMode=yes")
_CONNECT_SECONDS = 10


@dataclass(frozen=True, slots=True)
class SshOptions:
    """How hosts are reached, on top of what the operator's ssh_config says.

    `config` and `key` are absolute paths, `options` are words such as `-o ProxyJump=bastion`; `become` stands before a
    command that needs root there, and is empty where the user is root. Secrets belong in none of them.
    """

    user: str | None = None
    port: int | None = None
    key: str | None = None
    config: str | None = None
    options: tuple[str, ...] = ()
    become: tuple[str, ...] = ()

    def document(self) -> dict[str, Any]:
        """The options as JSON values."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> "SshOptions":
        """The options that a document of `document` stands for."""
        given: dict[str, Any] = {n: tuple(v) if isinstance(v, list) else v for n, v in document.items()}
        return cls(**given)


def ssh_words(options: SshOptions, host: str, command: Sequence[str], *, terminal: bool = False) -> tuple[str, ...]:
    """The command line that runs `command` on `host`; a shell there reads its words as they are.

    With a terminal the host ends the command once the connection is gone (SIGHUP); without one it would go on. `host`
    is an address or a name of ssh_config, checked by the caller to be no option.
    """
    return (
        "ssh",
        *(("-F", options.config) if options.config else ()),
        *_ALWAYS,
        *options.options,
        *("-o", f"ConnectTimeout={_CONNECT_SECONDS}"),
        *(("-p", str(options.port)) if options.port else ()),
        *(("-i", options.key) if options.key else ()),
        *(("-l", options.user) if options.user else ()),
        "-tt" if terminal else "-T",
        host,
        shlex.join((*options.become, *command)),
    )
