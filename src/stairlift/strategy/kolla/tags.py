"""Which tags of kolla-ansible's playbooks stand for which services, in the order of its plays."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from stairlift.knowledge.binaries import binary
from stairlift.knowledge.document import parse
from stairlift.model.plan import Step
from stairlift.model.release import Release


@dataclass(frozen=True, slots=True)
class Playbooks:
    """The content of playbooks.yaml."""

    common: Mapping[Release, tuple[str, ...]]
    order: tuple[str, ...]
    tags: Mapping[str, str]
    before: Mapping[str, str]
    later: Mapping[str, tuple[str, ...]]
    unseen: tuple[str, ...]


@cache
def playbooks() -> Playbooks:
    """What the strategy knows of kolla-ansible's playbooks."""
    found = parse((resources.files("stairlift.strategy.kolla") / "playbooks.yaml").read_text(encoding="utf-8"))
    return Playbooks(
        common={Release.parse(series): tuple(tags) for series, tags in found["common"].items()},
        order=tuple(found["order"]),
        tags=found["tags"],
        before=found["before"],
        later={tag: tuple(tags) for tag, tags in found["later"].items()},
        unseen=tuple(found["unseen"]),
    )


def in_order(tags: Iterable[str]) -> tuple[str, ...]:
    """Tags as the plays follow each other, each once; unknown ones last, as they came."""
    order = {tag: place for place, tag in enumerate(playbooks().order)}
    return tuple(sorted(dict.fromkeys(tags), key=lambda tag: order.get(tag, len(order))))


def common_tags(release: Release) -> tuple[str, ...]:
    """The tags of the containers that kolla-ansible's own tasks run in."""
    known = [series for series in playbooks().common if series <= release]
    return playbooks().common[max(known)] if known else ()


def tag_of(service: str) -> str:
    """The tag for a service: its own, or that of its project."""
    known = binary(service)
    return playbooks().tags.get(service) or (known.project if known else service)


def project_tags(step: Step) -> tuple[str, ...]:
    """The tags of a step of the control plane, which takes projects whole."""
    first = (playbooks().before[name] for name in step.services if name in playbooks().before)
    projects = (known.project if (known := binary(name)) else name for name in step.services)
    return in_order((*first, *(playbooks().tags.get(project, project) for project in projects)))


def host_tags(services: Iterable[str]) -> tuple[str, ...]:
    """The tags of services that are upgraded host by host, with what must come before them."""
    names = tuple(services)
    first = (playbooks().before[name] for name in names if name in playbooks().before)
    return in_order((*first, *map(tag_of, names)))


def left_for_later(tags: Iterable[str]) -> tuple[str, ...]:
    """The tags to skip beside these."""
    return tuple(tag for name in tags for tag in playbooks().later.get(name, ()))


def project_order() -> tuple[str, ...]:
    """Projects as kolla-ansible upgrades them."""
    of_tag = {"ovn-controller": "ovn", "ovn-db": "ovn"}
    return tuple(dict.fromkeys(of_tag.get(tag, tag) for tag in playbooks().order))
