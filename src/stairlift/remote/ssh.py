"""Shells on other hosts by the operator's own OpenSSH client: keys, agents, jump hosts and known hosts are theirs."""

import os
import signal
import subprocess
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from types import MappingProxyType
from typing import IO

from stairlift.model.errors import SourceTrouble, Trouble
from stairlift.ports import RemoteOutput
from stairlift.remote.complaints import trouble_of
from stairlift.remote.words import SshOptions, ssh_words

#: Reads the script that it is fed.
SHELL = ("sh", "-s")
#: OpenSSH's own failures (ssh(1), exit status); what a script returns is passed on.
_SSH_FAILED = 255
_LONGEST = 4000


@dataclass(frozen=True, slots=True)
class Target:
    """What a host is called for ssh, and how it is reached. A `local` one is this machine, without ssh."""

    address: str
    options: SshOptions
    local: bool = False


class SshRemote:
    """One connection for each script. Hosts without a target of their own are reached by their names."""

    def __init__(self, options: SshOptions | None = None, targets: Mapping[str, Target] = MappingProxyType({})) -> None:
        self._options = options or SshOptions()
        self._targets = targets

    def run(self, host: str, script: str, *, timeout: float) -> RemoteOutput:
        """See `ports.Remote`. Nothing that ssh says is quoted: it may repeat a command line or a banner."""
        target = self._targets.get(host) or Target(host, self._options)
        with tempfile.TemporaryFile() as errors:  # no pipe: a master of ControlPersist would hold it open for minutes
            returncode, out = _ended(_words(target), script.encode(), errors, timeout)
            errors.seek(0)
            err = errors.read(_LONGEST).decode(errors="replace")
        if returncode == _SSH_FAILED and not target.local:
            raise trouble_of(err)
        return RemoteOutput(returncode, out, err)


def _words(target: Target) -> tuple[str, ...]:
    if target.local:
        return (*target.options.become, *SHELL)
    if not target.address or target.address.startswith("-"):
        raise SourceTrouble(Trouble.UNREACHABLE, f"{target.address!r} is no name of a host")
    return ssh_words(target.options, target.address, SHELL)


def _ended(argv: tuple[str, ...], script: bytes, errors: IO[bytes], timeout: float) -> tuple[int, bytes]:
    try:
        process = subprocess.Popen(
            argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, start_new_session=True
        )
    except OSError as error:
        raise SourceTrouble(Trouble.UNREACHABLE, f"{argv[0]} cannot be started: {error.strerror}") from None
    with process:
        try:
            out, _ = process.communicate(script, timeout=timeout)
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # also the commands that ssh itself started (ProxyCommand)
            raise SourceTrouble(Trouble.TIMEOUT, f"it did not answer within {timeout:g} seconds") from None
    return process.returncode, out
