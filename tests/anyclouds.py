"""Clouds, policies and entries of stairlift.toml at random, built from all binaries that are known."""

from dataclasses import dataclass, replace

from hypothesis import strategies as st

from planning import binding, planned, policy
from stairlift.knowledge.binaries import all_binaries, binary, lives_in
from stairlift.model.plan import Binding, Manner, Opening, Plan, Step
from stairlift.model.release import Release
from stairlift.testing.clouds import CloudBuilder

#: Names of machines as people give them, and some that could be taken for something else.
HOSTS = (
    "ctl1",
    "ctl1+1",
    "metadata-ctl1",
    "nova-api-ctl1",
    "cfn-1",
    "a.example.com",
    "x/../y",
    "[fd00::5]",
    "net 1",
    "hôte",
    "%41",
    "A",
)
WAYS = (("2023.1", "2024.1"), ("2023.1", "2026.1"), ("2024.2", "2025.2"), ("2025.1", "2026.1"), ("2025.2", "2026.2"))
REPORTED = frozenset({"nova", "neutron", "cinder"})
KEYS = ("control", "resource", "network", "compute", "storage")
LISTED_FIRST = [
    "keystone",
    "placement-api",
    "nova-api",
    "nova-conductor",
    "nova-scheduler",
    "nova-compute",
    "neutron-server",
    "neutron-openvswitch-agent",
    "neutron-l3-agent",
    "ovn-controller",
    "ovn-nb-db",
    "ovn-northd",
    "cinder-scheduler",
    "cinder-volume",
    "cinder-api",
]


def known(release: Release) -> list[str]:
    """All that a release has, what every cloud has first: examples shrink to it."""
    living = [b.name for b in all_binaries() if b.plane != "infra" and lives_in(b, release)]
    return sorted(living, key=lambda name: (name not in LISTED_FIRST, name))


@dataclass(frozen=True)
class Case:
    """A cloud, a way and a policy, with what came of them."""

    built: CloudBuilder
    source: str
    target: str
    given: dict

    def plan(self) -> Plan:
        return planned(self.built, self.target, self.source, **self.given)


@st.composite
def clouds(draw, source: str) -> CloudBuilder:
    built = CloudBuilder()
    for host in draw(st.lists(st.sampled_from(HOSTS), min_size=1, max_size=5, unique=True)):
        zone = draw(st.sampled_from(["nova", "az1", None]))
        names = draw(st.lists(st.sampled_from(known(Release.parse(source))), min_size=1, max_size=8, unique=True))
        for name in names:
            one = binary(name)
            reports = one is not None and one.registry in REPORTED and name != "ironic-neutron-agent"
            built = built.reporting(host, name, zone=zone) if reports else built.placed(host, name)
    return built


@st.composite
def matches(draw):
    keys = draw(st.lists(st.sampled_from(["project", "plane", "service", "stage", "host", "action"]), max_size=2))
    values = {
        "project": ["nova", "neutron", "n*", "cinder"],
        "plane": ["control", "resource"],
        "service": ["nova-*", "neutron-openvswitch-agent", "*-api"],
        "stage": ["prepare", "compute", "finish", "*"],
        "host": ["ctl*", "a.*"],
        "action": ["upgrade", "backup", "db-*", "drain"],
    }
    return {key: draw(st.sampled_from(values[key])) for key in keys}


def gates():
    return st.lists(st.sampled_from(["start", "canary", "batch"]), unique=True).map(tuple)


@st.composite
def cases(draw, orders=("node", "service")) -> Case:
    source, target = draw(st.sampled_from(WAYS))
    entries = tuple(
        binding(f"s{n}", draw(st.sampled_from(["host", "batch", "cloud"])), **draw(matches()))
        for n in range(draw(st.integers(0, 3)))
    )
    windows = draw(st.dictionaries(st.sampled_from(KEYS), st.integers(0, 4), max_size=3))
    chosen = policy(
        order=draw(st.sampled_from(orders)),
        canary=draw(st.integers(0, 3)),
        max_unavailable=windows,
        failure_budget=windows,
        approve=draw(gates()),
    )
    return Case(draw(clouds(source)), source, target, {"bindings": entries, "policy": chosen})


#: Conditions that leave a project of one host in one hand, as the tags and limits of deployers can say it.
_WHOLE = ("project", "plane", "stage", "host", "action")
_PROJECTS = ("keystone", "placement", "glance", "cinder", "ironic", "neutron", "nova", "heat", "horizon", "*")
_ABSORBED = ("db-expand", "db-migrate", "db-contract", "unpin", "backup")


@st.composite
def manners(draw) -> Manner:
    """Ways in which deployers work, most of them stranger than any real one."""
    some = st.lists(st.sampled_from(_ABSORBED), max_size=4, unique=True).map(tuple)
    return Manner(
        projects=draw(st.sampled_from(["together", "first-alone", ""])),
        absorbs=draw(st.dictionaries(st.sampled_from(_PROJECTS), some, max_size=3)),
        whole_node=draw(st.booleans()),
        opening=draw(
            st.none() | st.builds(Opening, st.sampled_from(["drain", "verify"]), st.just("why"), st.booleans())
        ),
        order=tuple(draw(st.lists(st.sampled_from(_PROJECTS[:-1]), max_size=6, unique=True))),
        notes=draw(st.dictionaries(st.sampled_from(_PROJECTS), st.just("a note"), max_size=2)),
    )


@st.composite
def deployers(draw, number: int) -> Binding:
    """An entry whose strategy has a way of its own to work."""
    given = draw(matches())
    made = binding(
        f"d{number}",
        draw(st.sampled_from(["host", "batch", "cloud"])),
        **{key: value for key, value in given.items() if key in _WHOLE},
    )
    return replace(made, manner=draw(manners()))


@st.composite
def deployed(draw) -> Case:
    """A cloud whose entries have ways of their own, one of them for all that the others leave."""
    case = draw(cases())
    entries = (*(draw(deployers(n)) for n in range(draw(st.integers(0, 2)))), replace(draw(deployers(9)), match={}))
    return replace(case, given=case.given | {"bindings": entries})


def ancestors(plan: Plan) -> dict[str, int]:
    """For each step, all that come before it for sure, as bits by position."""
    place = {step.id: n for n, step in enumerate(plan.steps)}
    found: dict[str, int] = {}
    for step in plan.steps:
        mine = 0
        for one in (*step.needs, *step.after):
            mine |= found[one] | (1 << place[one])
        found[step.id] = mine
    return found


def bits(plan: Plan, steps: list[Step]) -> int:
    return sum(1 << plan.steps.index(step) for step in steps)


def all_before(plan: Plan, first: list[Step], then: list[Step]) -> bool:
    """Whether each of `then` waits, directly or not, for each of `first`."""
    before, wanted = ancestors(plan), bits(plan, first)
    return all(before[step.id] & wanted == wanted for step in then)


def per_hop(plan: Plan) -> list[tuple[Release, list[Step]]]:
    return [(hop, [s for s in plan.steps if s.target == hop]) for hop in plan.hops]
