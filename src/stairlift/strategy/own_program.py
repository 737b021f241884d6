"""A strategy whose work is a program of ours: which steps it is sent for, what it is told, and how it carries that out.

Such a program is `python -m MODULE REQUEST` with a file of JSON values; `own_job` has what it tells.
"""

import json
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from stairlift.model.effect import Effect
from stairlift.model.errors import Refusal, SourceTrouble, StairliftError, Trouble
from stairlift.model.plan import Action
from stairlift.model.work import Assignment, Capabilities, Job, Traits
from stairlift.strategy.before import Before
from stairlift.strategy.own_job import Notes
from stairlift.strategy.words import required_hosts, required_services

#: Everything that such a program does can be done again from its beginning, and the other way round.
TRAITS = Traits(("host",), undo="always", repeatable="always")
CAPABILITIES = Capabilities("host", undo=True, repeatable=True)
REQUEST = "request.json"
#: What may be otherwise in a while, without anybody's help.
_PASSES = frozenset({Trouble.TIMEOUT, Trouble.UNREACHABLE, Trouble.SERVER_ERROR})
#: Files of openstacksdk that are found in the current folder, with the variables that name them.
_CLOUDS = {"OS_CLIENT_CONFIG_FILE": "clouds.yaml", "OS_CLIENT_SECURE_FILE": "secure.yaml"}


@dataclass(frozen=True, slots=True)
class Errand:
    """What a program is sent for: to do `kind` to services on hosts. `effects` is what the ledger says of its unit.

    `lenient`: trouble is told and is no failure, as of a rollback: that must not depend on the cloud. `options` are
    the strategy's own, as JSON values.
    """

    kind: str
    hosts: tuple[str, ...]
    services: tuple[str, ...] = ()
    effects: tuple[Effect, ...] = ()
    lenient: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "kind": self.kind,
            "hosts": list(self.hosts),
            "services": list(self.services),
            "effects": [_document(effect) for effect in self.effects],
            "lenient": self.lenient,
            "options": dict(self.options),
        }

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> "Errand":
        """The other way round."""
        effects = (Effect(**{**told, "at": datetime.fromisoformat(told["at"])}) for told in document["effects"])
        lists = {key: tuple(document[key]) for key in ("hosts", "services")}
        return cls(**{**document, **lists, "effects": tuple(effects)})

    def known(self) -> dict[str, Effect]:
        """The effects of its unit, by id."""
        return {effect.id: effect for effect in self.effects}

    def of_hosts(self, kind: str) -> list[Effect]:
        """The effects of a kind on the hosts that it is about."""
        return [effect for effect in self.effects if effect.kind == kind and effect.subject in self.hosts]


def _document(effect: Effect) -> dict[str, Any]:
    return {**asdict(effect), "at": effect.at.isoformat(), "ended_at": None, "details": dict(effect.details)}


@dataclass(frozen=True, slots=True)
class OwnProgram:
    """What `python -m MODULE` does for the steps of strategy `name`.

    `kinds` has what each action asks of it, and `back` what taking that back means: most often a host goes out for the
    time in which the rest of it is taken back.
    """

    name: str
    module: str
    kinds: Mapping[Action, str]
    back: Mapping[str, str]

    def kind_of(self, assignment: Assignment) -> str | None:
        """What an attempt is to do; None where this strategy does nothing of the kind."""
        kind = self.kinds.get(assignment.step.action)
        return self.back[kind] if kind and assignment.undo else kind

    def job(self, assignment: Assignment, options: Mapping[str, Any]) -> Job:
        """The process of an attempt. Raises Refusal for an action of others, or a step without hosts.

        Credentials are not in it: it reads clouds.yaml and OS_* by itself.
        """
        text = json.dumps(self._errand(assignment, options).document(), indent=1, sort_keys=True)
        argv = (sys.executable, "-m", self.module, str(assignment.folder / REQUEST))
        return Job(argv, "/", _credentials_here(), {REQUEST: text})

    def _errand(self, assignment: Assignment, options: Mapping[str, Any]) -> Errand:
        step, kind = assignment.step, self.kind_of(assignment)
        if kind is None:
            *first, last = self.kinds
            raise Refusal(
                code="strategy.action",
                brief=f"strategy '{self.name}' does {', '.join(first)} and {last}, not {step.action}",
                resolution="Let its [[strategy]] entry match these actions alone.",
            )
        hosts, services = required_hosts(step), required_services(step)
        return Errand(kind, hosts, services, assignment.effects, assignment.undo, options)


def _credentials_here() -> dict[str, str]:
    """Where the files with credentials are, for a process that starts in another folder."""
    found = {name: Path(file).absolute() for name, file in _CLOUDS.items() if name not in os.environ}
    return {name: str(file) for name, file in found.items() if file.is_file()}


def carry_out(do: Callable[[Errand, Notes, Before], None]) -> int:
    """Do what the errand on the command line says; the exit status."""
    file, notes = Path(sys.argv[1]), Notes()
    errand = Errand.of(json.loads(file.read_text()))
    try:
        do(errand, notes, Before(file.parent))
    except StairliftError as error:
        if errand.lenient:
            notes.end(f"{error.brief}; what is taken back does not wait for that", failed=False)
            return 0
        passes = isinstance(error, SourceTrouble) and error.trouble in _PASSES
        notes.end(error.brief, failed=True, temporary=passes)
        return 1
    notes.end(failed=False)
    return 0
