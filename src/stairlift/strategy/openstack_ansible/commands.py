"""From a step to the command lines of openstack-ansible: the same words in a run, in the runbook and in `ps`."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from stairlift.knowledge.binaries import binary
from stairlift.model.errors import Refusal
from stairlift.model.plan import Step
from stairlift.strategy.openstack_ansible.hosts import Machines
from stairlift.strategy.openstack_ansible.options import Hop
from stairlift.strategy.openstack_ansible.playbooks import Playbook, common, of_infrastructure, of_project

#: Playbooks of ours that the wrapper runs with the operator's inventory and variables.
RESTART, READY = Path(__file__).with_name("restart.yml"), Path(__file__).with_name("ready.yml")
_LATEST = "package_state=latest"
#: With it, the containers of database and broker are set up and not restarted (major-upgrades.rst, "Upgrade hosts").
_KEPT_RUNNING = "lxc_container_allow_restarts=false"
#: What plans call a service, and what its unit is called there where that differs.
_UNITS = {"nova-api": ("nova-api-os-compute", "nova-api-metadata")}


@dataclass(frozen=True, slots=True)
class Cut:
    """One step as openstack-ansible takes it. `names` are its machines as the inventory calls them."""

    step: Step
    hop: Hop
    machines: Machines
    names: tuple[str, ...]

    def line(self, playbook: str, limit: Sequence[str], *variables: str) -> tuple[str, ...]:
        """A whole command line. What the strategy decides comes last; the wrapper adds the operator's variables."""
        return (
            *self.hop.command,
            *(word for path in self.hop.inventory for word in ("-i", str(path))),
            playbook,
            *self.hop.args,
            *(("--limit", ",".join(limit)) if limit else ()),
            *(word for variable in variables for word in ("-e", variable)),
        )

    def of(self, playbook: Playbook, limit: Sequence[str]) -> Iterator[tuple[str, ...]]:
        """A playbook in the hop's release, and what belongs behind it."""
        yield self.line(playbook.called(self.hop.release), limit, *playbook.variables, _LATEST)
        if playbook.then:
            yield self.line(playbook.then.called(self.hop.release), limit)


def lines(cut: Cut) -> tuple[tuple[str, ...], ...]:
    """The command lines of a step, one behind the other.

    Raises Refusal for a step that openstack-ansible has no playbook for, or whose services the inventory does not have.
    """
    if not can_do(cut.step):
        raise Refusal(
            code="deployer.action",
            brief=f"step {cut.step.id}: openstack-ansible has no playbook that does {cut.step.action} of "
            f"{cut.step.project or ', '.join(cut.step.services)} by itself",
            details="Its role of a project does what is needed around the upgrade of the project.",
            resolution=f'Put an entry of your own before it: match = {{ action = "{cut.step.action}" }}, '
            'use = "command".',
        )
    return tuple(_BY_ACTION[cut.step.action](cut))


def can_do(step: Step) -> bool:
    """Whether there is a playbook for a step."""
    if step.action not in _BY_ACTION:
        return False
    if step.action == "upgrade" and step.stage == "infra":
        return all(of_infrastructure(name) for name in step.services)
    return step.action != "upgrade" or all(of_project(project) for project in _projects(step))


def must_work(cut: Cut) -> tuple[str, ...]:
    """The hosts of the inventory on which something must have been done for the step to be done."""
    if cut.step.stage == "infra":
        return tuple(dict.fromkeys(name for one in cut.step.services for name in _members(cut, one)))
    if cut.step.action == "prepare":
        return _looked_at(cut) if cut.step.stage == "prepare" else _opened(cut)
    return cut.machines.running(cut.step, cut.names)


def _prepare(cut: Cut) -> Iterator[tuple[str, ...]]:
    """Ahead of everything a look at the hosts; as the opening the machines, then what all others fetch from.

    An empty limit would mean everybody, and where all is on metal the machines are the clusters' own.
    """
    if cut.step.stage == "prepare":
        yield cut.line(str(READY), _looked_at(cut), f"stairlift_to={cut.step.target}")
        return
    clusters, others = cut.machines.split(cut.names)
    setup = common("setup_hosts")
    if others:
        yield from cut.of(setup, others)
    if clusters:
        yield cut.line(setup.called(cut.hop.release), clusters, _KEPT_RUNNING)
    for name, group in (("repo", "repo_all"), ("utility", "utility_all")):
        if members := cut.machines.of(group):
            yield from cut.of(common(name), members)


def _opened(cut: Cut) -> tuple[str, ...]:
    return tuple(name for part in cut.machines.split(cut.names) for name in part)


def _looked_at(cut: Cut) -> tuple[str, ...]:
    """Where virtual environments will go: not into the containers of database and broker."""
    _, others = cut.machines.split(cut.names)
    return tuple(dict.fromkeys((*cut.names, *others)))


def _upgrade(cut: Cut) -> Iterator[tuple[str, ...]]:
    if cut.step.stage == "infra":
        yield from _infrastructure(cut)
        return
    running = cut.machines.running(cut.step, cut.names)
    control = cut.step.stage == "control"
    if not control:
        yield from cut.of(common("hosts"), cut.names)
    for project in _projects(cut.step):
        playbook = of_project(project)
        assert playbook is not None  # see can_do  # noqa: S101
        beyond = (*(_balancers(cut) if control else ()), *(("localhost",) if project in _ON_LOCALHOST else ()))
        yield from cut.of(playbook, tuple(dict.fromkeys((*running, *beyond))))


#: Projects whose playbook has a play on localhost that its other plays need (neutron.yml: groups made on the way).
_ON_LOCALHOST = frozenset({"neutron", "ovn"})


def _balancers(cut: Cut) -> tuple[str, ...]:
    """Where a project's playbook writes its section of the load balancer, in a play of its own."""
    return cut.machines.of("haproxy", "haproxy_all")


def _projects(step: Step) -> tuple[str, ...]:
    """The projects of a step's services, in the order of these."""
    known = (binary(name) for name in step.services)
    return tuple(dict.fromkeys("neutron" if one.project == "ovn" else one.project for one in known if one))


def _infrastructure(cut: Cut) -> Iterator[tuple[str, ...]]:
    """A cluster's role must see all its members, so there is no limit to some of them."""
    playbooks = dict.fromkeys(found for name in cut.step.services if (found := of_infrastructure(name)))
    for playbook in playbooks:
        yield from cut.of(playbook, ())


def _members(cut: Cut, program: str) -> tuple[str, ...]:
    groups = {"mariadb": "galera_all", "keepalived": "haproxy_all"}
    return cut.machines.of(groups.get(program, f"{program}_all"))


def _unpin(cut: Cut) -> Iterator[tuple[str, ...]]:
    running = cut.machines.running(cut.step, cut.names)
    units = [unit for name in cut.step.services for unit in _UNITS.get(name, (name,))]
    told = f"stairlift_services={','.join(cut.step.services)}"
    yield cut.line(str(RESTART), running, told, f"stairlift_units={','.join(units)}")


_BY_ACTION: Mapping[str, Callable[[Cut], Iterator[tuple[str, ...]]]] = {
    "prepare": _prepare,
    "upgrade": _upgrade,
    "unpin": _unpin,
}
