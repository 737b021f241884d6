"""Resources between two states: whoever is at work on them must not be restarted meanwhile."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from stairlift.check.answers import Row, rows
from stairlift.check.api.finding import each, found, named
from stairlift.knowledge.checks import rule
from stairlift.model.check import ApiQuestion, CheckInfo, Judgement, Question, Reply, Scene
from stairlift.model.finding import Finding


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of resource: how those are listed that may be in transition, which of them are, and what shows one."""

    name: str
    questions: tuple[ApiQuestion, ...]
    busy: Callable[[Row], str]
    command: str


class Transitions:
    """No resource of some kinds is between two states."""

    def __init__(self, code: str, *kinds: Kind) -> None:
        self._rule = rule(code)
        self._kinds = kinds

    @property
    def info(self) -> CheckInfo:
        """See ports.Check."""
        return self._rule.info

    def applies(self, scene: Scene) -> bool:
        """The catalog has the service."""
        offered = {endpoint.service_type for endpoint in scene.cloud.endpoints}
        return any(question.service_type in offered for kind in self._kinds for question in kind.questions)

    def asks(self, scene: Scene) -> Mapping[str, Question]:
        """Every list of every kind."""
        return {f"{kind.name} {n}": question for kind in self._kinds for n, question in enumerate(kind.questions)}

    def judge(self, scene: Scene, replies: Mapping[str, Reply]) -> Judgement:
        """A finding for each that is busy."""
        busy = {kind.name: [row for row in _rows(kind, replies) if kind.busy(row)] for kind in self._kinds}
        told = (self._about(scene, kind, busy[kind.name]) for kind in self._kinds)
        count = ", ".join(f"{len(found)} {name}s" for name, found in busy.items())
        return Judgement(tuple(finding for found in told for finding in found), f"in transition: {count}")

    def _about(self, scene: Scene, kind: Kind, busy: list[Row]) -> tuple[Finding, ...]:
        def told(row: Row) -> Finding:
            key = str(row.get("id") or row["uuid"])
            return found(
                scene,
                self.info.code,
                key,
                message=f"{kind.name} {named(row)} is {kind.busy(row)}",
                resolution=f"`{kind.command} {key}`; let it come to its end, or mend it",
            )

        return each(busy, told)


def _rows(kind: Kind, replies: Mapping[str, Reply]) -> Iterator[Row]:
    for number in range(len(kind.questions)):
        yield from rows(replies[f"{kind.name} {number}"])


def _in(key: str, statuses: Collection[str]) -> Callable[[Row], str]:
    """The state where it is one of these; "" where it rests."""

    def busy(row: Row) -> str:
        state = str(row[key] or "")
        return state if state in statuses else ""

    return busy


def _with_each(service_type: str, path: str, statuses: Iterable[str], *, key: str) -> tuple[ApiQuestion, ...]:
    """One list for each status: short ones, where all together would be very long."""
    query = "status={}&all_tenants=1"
    return tuple(ApiQuestion(service_type, f"{path}?{query.format(s)}", collection=key) for s in statuses)


#: Volumes, snapshots and backups at which somebody is at work, or was when it failed (Cinder API reference).
_VOLUME = ("creating", "deleting", "attaching", "detaching", "uploading", "downloading", "retyping", "extending",
           "backing-up", "restoring-backup", "maintenance", "error_deleting", "error_restoring",
           "error_extending", "error_backing-up")  # fmt: skip
_SNAPSHOT = ("creating", "deleting", "backing-up", "error_deleting")
_BACKUP = ("creating", "deleting", "restoring", "error_deleting")
#: Shares of which a data copy or a change of size is under way (Manila API reference).
_SHARE = ("creating", "deleting", "migrating", "migrating_to", "extending", "shrinking", "reverting")
#: Provision states at which a node rests (Ironic, states.py: STABLE_STATES and the failed ones).
_NODE_AT_REST = frozenset({"available", "active", "enroll", "manageable", "rescue", "error", "adopt failed",
                           "clean failed", "deploy failed", "inspect failed", "rescue failed", "unrescue failed",
                           "service failed", "clean hold", "deploy hold", "service hold", ""})  # fmt: skip


def _node(row: Row) -> str:
    state = str(row["provision_state"] or "")
    return "" if state in _NODE_AT_REST else state


def _cinder(name: str, path: str, statuses: tuple[str, ...], command: str) -> Kind:
    questions = _with_each("block-storage", path, statuses, key=f"{name}s")
    return Kind(name, questions, _in("status", statuses), command)


VOLUMES = partial(
    Transitions,
    "volumes.in_transition",
    _cinder("volume", "/volumes/detail", _VOLUME, "openstack volume show"),
    _cinder("snapshot", "/snapshots", _SNAPSHOT, "openstack volume snapshot show"),
    _cinder("backup", "/backups/detail", _BACKUP, "openstack volume backup show"),
)
STACKS = partial(
    Transitions,
    "stacks.in_progress",
    Kind(
        "stack",
        (ApiQuestion("orchestration", "/stacks?global_tenant=True&status=IN_PROGRESS", collection="stacks"),),
        lambda row: str(row["stack_status"]) if "IN_PROGRESS" in str(row["stack_status"]) else "",
        "openstack stack show",
    ),
)
NODES = partial(
    Transitions,
    "ironic.in_transition",
    Kind(
        "node",
        (ApiQuestion("baremetal", "/nodes?fields=uuid,name,provision_state", "1.8", "nodes"),),
        _node,
        "openstack baremetal node show",
    ),
)
SHARES = partial(
    Transitions,
    "shares.migrating",
    Kind(
        "share",
        _with_each("shared-file-system", "/shares/detail", _SHARE, key="shares"),
        _in("status", _SHARE),
        "openstack share show",
    ),
)
