"""The cloud of a run is looked at again as it was when the run began: by the same sources, in the same way."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stairlift.check.freshness import Row
from stairlift.model.plan import Plan
from stairlift.model.run import Run
from stairlift.model.scope import Scope
from stairlift.remote.words import SshOptions
from stairlift.wiring.config.settings import Settings
from stairlift.wiring.look import Look, Where


@dataclass(frozen=True, slots=True)
class View:
    """What is known of the cloud when an orchestrator sets to work, and which rows of its registries are dead."""

    seen: Look
    dead_rows: frozenset[Row]

    @classmethod
    def of(cls, seen: Look, run: Run) -> "View":
        """Dead are the rows that were so when the run began."""
        return cls(seen, frozenset((name, row) for name, row in run.options.get("dead_rows", ())))


def run_options(settings: Settings, rows: Collection[Row], scope: Scope) -> dict[str, Any]:
    """What a run keeps to look at the cloud again as it was looked at, and how far it goes; `rows` are dead."""
    looks = {
        "aliases": dict(settings.aliases),
        "ansible_arguments": list(settings.ansible_arguments),
        "ssh": settings.ssh.document(),
        "dead_rows": sorted(rows),
    }
    return looks | scope.options()


def where_of(plan: Plan, aliases: Mapping[str, str], ansible_arguments: Sequence[str], ssh: SshOptions) -> Where:
    """The cloud of a plan is looked at as it was for the plan."""
    return Where(plan.sources, plan.os_cloud, dict(aliases), tuple(ansible_arguments), ssh)


def as_before(plan: Plan, run: Run) -> Where:
    """The cloud of a run is looked at as it was when the run began."""
    options = run.options
    ssh = SshOptions.of(options.get("ssh", {}))
    return where_of(plan, options.get("aliases", {}), options.get("ansible_arguments", ()), ssh)
