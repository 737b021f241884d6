"""Which program is behind a section of a load balancer's configuration: by the section's name, at last by the port."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TypeVar

from stairlift.knowledge.binaries import DIALECTS, binary, normalised
from stairlift.knowledge.document import Entry, invalid, read

Key = TypeVar("Key", str, int)


@dataclass(frozen=True, slots=True)
class Proxies:
    """The content of a proxies file. A name or a port stands for one program; `suffixes` may follow names."""

    by_name: Mapping[str, str]
    by_port: Mapping[int, str]
    suffixes: frozenset[str]


def proxies_of(document: Entry) -> Proxies:
    """The content of a proxies file; a name or a port that two programs claim, or an unknown program, is refused."""
    suffixes = frozenset(document.texts("suffixes"))
    names: dict[str, str] = {}
    ports: dict[int, str] = {}
    for program, entry in document.children("proxies").items():
        if binary(program) is None:
            raise invalid(entry.where, "there is no such program")
        port = entry.number("port", 0)
        given = {normalised(name) for dialect in DIALECTS for name in entry.texts(dialect)}
        entry.finish()
        _claim(names, {normalised(program), *given}, program, entry.where)
        _claim(ports, {port} if port else set(), program, entry.where)
    document.close()
    return Proxies(names, ports, suffixes)


def _claim(claimed: dict[Key, str], wanted: set[Key], program: str, where: str) -> None:
    if taken := sorted(str(one) for one in wanted if one in claimed):
        raise invalid(where, f"{', '.join(taken)} stands for another program already")
    claimed.update(dict.fromkeys(wanted, program))


@cache
def _proxies() -> Proxies:
    return proxies_of(read("proxies.yaml"))


def binary_of_proxy(name: str) -> str | None:
    """The program behind a section of this name, its suffixes left out one by one; None for an unknown one."""
    known, bare = _proxies(), normalised(name)
    while bare not in known.by_name:
        suffix = next((s for s in known.suffixes if bare.endswith(f"_{s}")), None)
        if suffix is None:
            return None
        bare = bare.removesuffix(f"_{suffix}")
    return known.by_name[bare]


def stands_behind_proxies(program: str) -> bool:
    """Whether a program is one that load balancers have a section for."""
    return program in _proxies().by_name.values()


def binary_of_port(port: int) -> str | None:
    """The program that usually listens there. A hint only: people choose ports as they like."""
    return _proxies().by_port.get(port)
