"""What the operator's Ansible says about itself: its version and the settings that its configuration comes to."""

import base64
import functools
import json
import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stairlift.model.errors import UsageError
from stairlift.strategy.asking import ask

_PLAY = Path(__file__).with_name("settings.yml")
_ANSWER = re.compile(r"stairlift-settings ([A-Za-z0-9+/=]+) end")
_TIMEOUT_SECONDS = 60
_DETAIL_CHARACTERS = 600


@dataclass(frozen=True, slots=True)
class AnsibleSettings:
    """Effective values, with paths that are absolute as Ansible resolved them."""

    version: str
    config: str | None
    callbacks: tuple[str, ...]
    inventory: tuple[str, ...]
    roles: tuple[str, ...]
    vault_sources: tuple[str, ...]


def ask_ansible(command: tuple[str, ...], directory: Path, config: Path | None) -> AnsibleSettings:
    """Ask the operator's own command, by listing a play that is never run (0.3 to 0.9 s).

    Raises UsageError where there is no such program, or where it refuses its configuration.
    """
    argv = [*command, "-i", "localhost,", str(_PLAY), "--list-hosts"]
    try:
        answer = ask(argv, directory, _environment(config), _TIMEOUT_SECONDS)
    except subprocess.TimeoutExpired:
        raise _no_answer(command, f"It did not answer within {_TIMEOUT_SECONDS} s.") from None
    except OSError as wrong:
        raise _no_answer(command, f"{wrong.strerror}: {wrong.filename}") from wrong
    found = _ANSWER.search(answer.stdout)
    if answer.returncode != 0 or found is None:
        raise _no_answer(command, _complaint(answer))
    return _settings(json.loads(base64.b64decode(found[1])))


#: The same within one process: a run asks once, not for every attempt.
remembered_settings = functools.lru_cache(maxsize=None)(ask_ansible)


def _environment(config: Path | None) -> Mapping[str, str]:
    chosen = {"ANSIBLE_CONFIG": str(config)} if config else {}
    return {**os.environ, **chosen}


def _settings(answer: Mapping[str, Any]) -> AnsibleSettings:
    return AnsibleSettings(
        version=str(answer["version"]),
        config=answer["config"] or None,
        callbacks=tuple(answer["callbacks"] or ()),
        inventory=tuple(answer["inventory"] or ()),
        roles=tuple(answer["roles"] or ()),
        vault_sources=tuple(_vault_sources(answer)),
    )


def _vault_sources(answer: Mapping[str, Any]) -> Iterator[str]:
    identities = answer["vault_identities"] or ()
    yield from (str(identity).rpartition("@")[2] for identity in identities)
    if answer["vault_password_file"]:
        yield str(answer["vault_password_file"])


def _complaint(answer: "subprocess.CompletedProcess[str]") -> str:
    said = (answer.stderr.strip() or answer.stdout.strip())[-_DETAIL_CHARACTERS:]
    return f"It ended with exit status {answer.returncode}. {said}"


def _no_answer(command: tuple[str, ...], details: str) -> UsageError:
    return UsageError(
        code="strategy.ansible",
        brief=f"strategy 'ansible': {' '.join(command)} does not say what its configuration is",
        details=details,
        resolution="Install Ansible, or name it by `command` and its configuration by `config`; it must take the "
        "arguments of ansible-playbook.",
    )
