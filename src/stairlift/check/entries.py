"""Whether the entries of stairlift.toml can catch anything in a cloud, as long as there is no plan to tell."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import get_args

from stairlift.model.cloud import Cloud, Host, Service
from stairlift.model.finding import Finding
from stairlift.model.plan import STAGES, Action

_WORDS: Mapping[str, Sequence[str]] = {"stage": STAGES, "action": get_args(Action)}


@dataclass(frozen=True, slots=True)
class Match:
    """The `match` of an entry, and where it stands."""

    place: str
    subject: str
    globs: Mapping[str, tuple[str, ...]]


def catches_nothing(matches: Iterable[Match], cloud: Cloud) -> tuple[Finding, ...]:
    """The entries whose match no service of the cloud, no stage and no action can fulfil."""
    hosts = {host.name: host for host in cloud.hosts}
    pairs = [(service, hosts[service.host]) for service in cloud.services if service.host in hosts]
    return tuple(_finding(match, why) for match in matches if (why := _why(match, pairs)))


def _why(match: Match, pairs: Sequence[tuple[Service, Host]]) -> str:
    for key, words in _WORDS.items():
        globs = match.globs.get(key)
        if globs and not _any(globs, words):
            return f"no {key} is called {' or '.join(globs)}"
    if any(all(_any(match.globs.get(key, ("*",)), have) for key, have in _values(*pair)) for pair in pairs):
        return ""
    told = ", ".join(f"{key} = {' or '.join(globs)}" for key, globs in match.globs.items() if key not in _WORDS)
    return f"no service of this cloud has {told}" if told else ""


def _values(service: Service, host: Host) -> Iterator[tuple[str, Sequence[str]]]:
    yield "project", (service.project,)
    yield "service", (service.binary,)
    yield "plane", (service.plane,)
    yield "role", (service.role,)
    yield "host", (host.name, *host.aliases)


def _any(globs: Sequence[str], words: Sequence[str]) -> bool:
    return any(fnmatchcase(word, glob) for word in words for glob in globs)


def _finding(match: Match, why: str) -> Finding:
    return Finding(
        code="strategy.unused",
        severity="warning",
        subject=match.subject,
        message=f"{match.place}: its match catches nothing: {why}",
        resolution="see the names in `stairlift discover`; correct the match, or take the entry out",
    )
