"""Shells on other hosts by the operator's own OpenSSH client: keys, agents, jump hosts and known hosts are theirs."""

import os
import select
import signal
import subprocess
import tempfile
import time
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
#: Bytes of one answer; the longest that a script of ours makes is 3 MB.
_MOST = 16 << 20
#: Seconds between two looks at how much it has complained.
_GLANCE = 0.5


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
    with tempfile.TemporaryFile() as words:
        words.write(script)
        words.seek(0)
        process = _started(argv, words, errors)
    with process:
        try:
            out = _heard(process, errors, time.monotonic() + timeout)
        except TimeoutError:
            raise SourceTrouble(Trouble.TIMEOUT, f"it did not answer within {timeout:g} seconds") from None
        finally:
            if process.returncode is None:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)  # also what ssh itself started (ProxyCommand)
    return process.returncode, out


def _started(argv: tuple[str, ...], words: IO[bytes], errors: IO[bytes]) -> "subprocess.Popen[bytes]":
    try:
        return subprocess.Popen(argv, stdin=words, stdout=subprocess.PIPE, stderr=errors, start_new_session=True)
    except OSError as error:
        raise SourceTrouble(Trouble.UNREACHABLE, f"{argv[0]} cannot be started: {error.strerror}") from None


def _heard(process: "subprocess.Popen[bytes]", errors: IO[bytes], until: float) -> bytes:
    """All that it says, once it has ended. TimeoutError; SourceTrouble for what does not stop to talk."""
    heard = bytearray()
    talking = True
    while talking or process.poll() is None:
        seconds = min(until - time.monotonic(), _GLANCE)
        if seconds <= 0:
            raise TimeoutError
        if talking and process.stdout:
            talking = _listen(process.stdout.fileno(), heard, seconds)
        else:
            with suppress(subprocess.TimeoutExpired):
                process.wait(seconds)
        if max(len(heard), os.fstat(errors.fileno()).st_size) > _MOST:
            raise SourceTrouble(Trouble.MALFORMED, f"it says more than {_MOST >> 20} MB")
    return bytes(heard)


def _listen(pipe: int, heard: bytearray, seconds: float) -> bool:
    """Take what comes within some seconds; False at the end."""
    ready = select.poll()
    ready.register(pipe, select.POLLIN)
    if not ready.poll(seconds * 1000):
        return True
    said = os.read(pipe, 1 << 16)
    heard += said
    return bool(said)
