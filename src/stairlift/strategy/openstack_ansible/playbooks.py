"""The playbooks of openstack-ansible by project, as data: see playbooks.yaml."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from stairlift.model.release import Release

_COLLECTION = "openstack.osa"


@dataclass(frozen=True, slots=True)
class Playbook:
    """`collection` is its name in openstack.osa, `file` its path in the checkout; `then` is to be run behind it."""

    collection: str
    file: str
    variables: tuple[str, ...] = ()
    then: "Playbook | None" = None

    def called(self, release: Release) -> str:
        """What is typed for it in a release, in the folder of its checkout."""
        if release >= _data().collection_since:
            return f"{_COLLECTION}.{self.collection}"
        return self.file


@dataclass(frozen=True, slots=True)
class Playbooks:
    """The content of playbooks.yaml."""

    collection_since: Release
    projects: Mapping[str, Playbook]
    infrastructure: Mapping[str, Playbook]
    common: Mapping[str, Playbook]


@cache
def _data() -> Playbooks:
    read: Mapping[str, Any] = yaml.safe_load(Path(__file__).with_name("playbooks.yaml").read_text(encoding="utf-8"))
    return Playbooks(
        collection_since=Release.parse(read["collection_since"]),
        projects={row["project"]: _playbook(row) for row in read["projects"]},
        infrastructure={name: _playbook(row) for name, row in read["infrastructure"].items()},
        common={name: _playbook(row) for name, row in read["common"].items()},
    )


def _playbook(row: Mapping[str, Any]) -> Playbook:
    behind = row.get("then")
    return Playbook(
        collection=row["collection"],
        file=row.get("file", f"playbooks/os-{row.get('project')}-install.yml"),
        variables=tuple(row.get("variables", ())),
        then=_playbook(behind) if behind else None,
    )


def of_project(project: str) -> Playbook | None:
    """What upgrades a project; None where openstack-ansible has no playbook for it."""
    return _data().projects.get(_SHARED.get(project, project))


#: Programs of a project of their own that another project's playbook installs.
_SHARED: Mapping[str, str] = {"ovn": "neutron", "ironic-inspector": "ironic"}


def of_infrastructure(program: str) -> Playbook | None:
    """What upgrades a program that the cloud stands on."""
    return _data().infrastructure.get(program)


def common(name: str) -> Playbook:
    """A playbook that is not of one project."""
    return _data().common[name]


def project_order() -> tuple[str, ...]:
    """Projects as setup_openstack imports them."""
    return tuple(_data().projects)
