"""From the machines of a plan to what the inventory has on them: containers, and services on the machine itself."""

from collections.abc import Iterator, Sequence
from functools import cached_property

from stairlift.knowledge.binaries import binaries_of_group, normalised
from stairlift.model.errors import Refusal
from stairlift.model.plan import Step
from stairlift.strategy.deployer.inventory import Groups

#: In every container's name, as the inventory's generator makes them: `infra1-nova-api-container-5bd5f4a9`.
_CONTAINER = ("-container-", "_container-")
#: What keeps its data where a restart of its container is an outage: it is set up apart, without a restart.
_CLUSTERS = ("galera_all", "rabbitmq_all")


class Machines:
    """An inventory of openstack-ansible: group names are compared with '-' as '_', which 2026.1 made them."""

    def __init__(self, groups: Groups) -> None:
        self._groups = {normalised(name): hosts for name, hosts in groups.hosts.items()}

    def of(self, *groups: str) -> tuple[str, ...]:
        """The hosts of these groups, in the inventory's order."""
        return tuple(dict.fromkeys(host for group in groups for host in self._groups.get(group, ())))

    def on(self, machine: str) -> tuple[str, ...]:
        """The machine, and the containers on it."""
        listed = self._groups.get(normalised(f"{machine}-host_containers"))
        return (machine, *(listed if listed is not None else self._by_name.get(machine, ())))

    @cached_property
    def _by_name(self) -> dict[str, tuple[str, ...]]:
        """Containers by machine where no group tells: a container is called after the machine that it is on."""
        everybody = self._groups.get("all", ())
        machines = sorted((h for h in everybody if not _is_container(h)), key=len, reverse=True)
        found: dict[str, tuple[str, ...]] = {}
        for name in filter(_is_container, everybody):
            owner = next((m for m in machines if name.startswith((f"{m}-", f"{m}_"))), "")
            found[owner] = (*found.get(owner, ()), name)
        return found

    def running(self, step: Step, machines: Sequence[str]) -> tuple[str, ...]:
        """What the inventory has of the step's services on these machines; Refusal where it has nothing on one."""
        inside = set(self.of(*self._groups_of(step)))
        found = {machine: [name for name in self.on(machine) if name in inside] for machine in machines}
        for machine, names in found.items():
            if not names:
                raise Refusal(
                    code="deployer.host",
                    brief=f"step {step.id}: the inventory has none of {', '.join(step.services)} on {machine}",
                    details="A limit that matches nobody would end well, with nothing done.",
                    resolution='Say what the machine is called there: names = { "HOST" = "NAME" }.',
                )
        return tuple(name for names in found.values() for name in names)

    def _groups_of(self, step: Step) -> Iterator[str]:
        wanted = set(step.services)
        return (group for group in self._groups if wanted & set(binaries_of_group(group, "osa")))

    def split(self, machines: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Of these machines and their containers those with the database or the broker in them, and all others."""
        clusters = set(self.of(*_CLUSTERS))
        everybody = [name for machine in machines for name in self.on(machine)]
        return tuple(n for n in everybody if n in clusters), tuple(n for n in everybody if n not in clusters)


def _is_container(name: str) -> bool:
    return any(mark in name for mark in _CONTAINER)
