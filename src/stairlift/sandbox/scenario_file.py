"""Reads scenarios from YAML: the shipped ones by name, anybody's by path. A misspelt key is an error, never ignored."""

import re
from collections.abc import Mapping
from dataclasses import fields
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, TypeVar

import yaml

from stairlift.model.errors import StairliftError
from stairlift.model.release import Release
from stairlift.sandbox.binaries import KINDS, Kind, Registry
from stairlift.sandbox.scenario import HostSpec, ProgramSpec, Scenario, Timing, invalid
from stairlift.sandbox.tenants import AggregateSpec, FlavorSpec, GroupSpec, NetworkSpec, Room, RouterSpec, ServerSpec
from stairlift.sandbox.world.databases import Database

#: What the cloud's users have: a list of mappings each.
_BELONGINGS: Mapping[str, type] = {
    "flavors": FlavorSpec,
    "servers": ServerSpec,
    "server_groups": GroupSpec,
    "aggregates": AggregateSpec,
    "networks": NetworkSpec,
    "routers": RouterSpec,
}
_WORDS = frozenset({"tags", "hosts", "dhcp", "agents", "ha_states"})
Noun = TypeVar("Noun")

_RANGE = re.compile(r"\[(\d+):(\d+)\]")


def shipped() -> tuple[str, ...]:
    """The names of the scenarios that come with Stairlift."""
    return tuple(sorted(f.name.removesuffix(".yaml") for f in _folder().iterdir() if f.name.endswith(".yaml")))


def load(spec: str) -> Scenario:
    """A scenario by the name of a shipped one or by the path of a file; UsageError `scenario.invalid`."""
    if spec in shipped():
        return parse((_folder() / f"{spec}.yaml").read_text(encoding="utf-8"), spec)
    try:
        return parse(Path(spec).read_text(encoding="utf-8"), Path(spec).stem)
    except (OSError, UnicodeDecodeError) as error:
        raise invalid(spec, f"{error}; shipped are {', '.join(shipped())}") from error


def _folder() -> Traversable:
    return resources.files("stairlift.sandbox") / "scenarios"


def parse(text: str, name: str) -> Scenario:
    """A scenario from the text of a file; `name` is what it is called in messages, and its own name by default."""
    try:
        document = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise invalid(name, f"not YAML: {error}") from error
    content = _mapping(document, name)
    try:
        return _scenario(content, name)
    except StairliftError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise invalid(name, f"{type(error).__name__}: {error}") from error


def _scenario(content: dict[str, Any], name: str) -> Scenario:
    known = _known(content, Scenario, name)
    return Scenario(
        **known
        | {
            "name": str(known.get("name", name)),
            "release": _release(known["release"], name),
            "hosts": tuple(host for entry in known["hosts"] for host in _hosts(_mapping(entry, name), name)),
            "timing": Timing(**_known(_mapping(known.get("timing", {}), name), Timing, f"{name}, timing")),
            "databases": {p: _database(_mapping(d, name), name) for p, d in known.get("databases", {}).items()},
            "unreachable_cells": frozenset(known.get("unreachable_cells", ())),
            "without_service_role": frozenset(known.get("without_service_role", ())),
            "rows": {str(k): tuple(_mapping(r, name) for r in rows) for k, rows in known.get("rows", {}).items()},
        }
        | {key: _belongings(known[key], noun, f"{name}, {key}") for key, noun in _BELONGINGS.items() if key in known}
    )


def _belongings(entries: list[object], noun: type[Noun], where: str) -> tuple[Noun, ...]:
    """What users have, from a list of mappings; `vm[1:3]` stands for three."""
    return tuple(
        noun(**known | {"name": name})
        for entry in entries
        for known in (_tuples(_known(_mapping(entry, where), noun, where)),)
        for name in _expand(str(known["name"]))
    )


def _tuples(known: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if key in _WORDS and value is not None else value for key, value in known.items()}


def _hosts(entry: dict[str, Any], where: str) -> tuple[HostSpec, ...]:
    """The hosts of one entry: `cmp[1:3]` stands for three."""
    known = _known(entry, HostSpec, f"{where}, host {entry.get('name')}")
    programs = tuple(_program(p, f"{where}, host {known['name']}") for p in known.get("programs", ()))
    release = _optional_release(known, where)
    rest = {k: v for k, v in known.items() if k not in {"name", "names", "programs", "release", "room", "traits"}}
    room = Room(**_known(_mapping(known.get("room", {}), where), Room, f"{where}, room of {known['name']}"))
    return tuple(
        HostSpec(
            name=name,
            programs=programs,
            release=release,
            room=room,
            traits=tuple(known.get("traits", ())),
            names={by: str(word).format(name=name) for by, word in known.get("names", {}).items()},
            **rest,
        )
        for name in _expand(str(known["name"]))
    )


def _expand(pattern: str) -> tuple[str, ...]:
    """The names that a pattern with one Ansible-like range stands for; leading zeros are kept."""
    found = _RANGE.search(pattern)
    if found is None:
        return (pattern,)
    first, last, width = int(found[1]), int(found[2]), len(found[1])
    return tuple(f"{pattern[: found.start()]}{n:0{width}}{pattern[found.end() :]}" for n in range(first, last + 1))


def _program(entry: object, where: str) -> ProgramSpec:
    """A program: its binary alone, or a mapping with what is special about it."""
    given = {"binary": entry} if isinstance(entry, str) else _mapping(entry, where)
    registry = given.pop("registry", None)
    project = given.pop("project", "unknown")
    known = _known(given, ProgramSpec, where)
    binary = str(known["binary"])
    if registry is not None:
        known["unknown"] = Kind(str(project), Registry(registry), known.get("agent_type"), database=False)
    elif binary not in KINDS:
        raise invalid(where, f"{binary!r} is not a known program; give its registry and project to use it all the same")
    known["backends"] = tuple(known.get("backends", ()))
    return ProgramSpec(**known | {"release": _optional_release(known, where)})


def _database(entry: dict[str, Any], where: str) -> Database:
    return Database(**{key: _release(value, where) for key, value in _known(entry, Database, where).items()})


def _optional_release(known: Mapping[str, Any], where: str) -> Release | None:
    return None if known.get("release") is None else _release(known["release"], where)


def _release(value: object, where: str) -> Release:
    if not isinstance(value, str):
        raise invalid(where, f"a quoted release number is expected, not {value!r}")
    return Release.parse(value)


def _mapping(value: object, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise invalid(where, f"a mapping is expected, not {value!r}")
    return {str(key): item for key, item in value.items()}


def _known(given: dict[str, Any], noun: type, where: str) -> dict[str, Any]:
    """The entries, if each of them is a field of this noun."""
    allowed = {f.name for f in fields(noun)} - {"unknown"}
    if strange := sorted(given.keys() - allowed):
        raise invalid(where, f"unknown keys {', '.join(strange)}")
    return dict(given)
