"""What must be the same in two places: keys on every node of Keystone, and the identity of each hypervisor."""

from collections import defaultdict
from collections.abc import Mapping
from functools import partial

from stairlift.check.answers import Unanswered, rows
from stairlift.check.hosts.asking import hosts_of, look, survey_of_hosts
from stairlift.check.hosts.reading import Survey, few, survey_of
from stairlift.check.hosts.shell_check import About, ShellCheck, Told, by_sections
from stairlift.knowledge.checks import rule
from stairlift.model.check import ApiQuestion, Question, Reply, Scene

_API = "the API of nova"


def _keystones(scene: Scene) -> Mapping[str, Question]:
    hosts = hosts_of(scene, "keystone")
    return look(hosts, "keys.sh") if len(hosts) > 1 else {}


def _has_keys(about: About, seen: Survey) -> Told:  # noqa: ARG001
    if not _digest(seen, "fernet"):
        raise Unanswered("no Fernet keys are to be read there")
    return ()


def _digest(seen: Survey, kind: str) -> str:
    """The first repository that is there; what is told of it is no key."""
    return next((value for value in seen.pairs(kind).values() if value), "")


def _same_keys(about: About, replies: Mapping[str, Reply]) -> Told:
    """A token that one node has made must be read by the others, in the middle of the upgrade above all."""
    for kind, section in (("fernet", "Fernet"), ("credential", "credential")):
        found: dict[str, list[str]] = defaultdict(list)
        for host, reply in replies.items():
            found[_digest(survey_of(reply), kind)].append(host)
        found.pop("", None)
        if len(found) > 1:
            message = f"the {section} keys differ between {' and '.join(few(hosts) for hosts in found.values())}"
            yield about.found(message, "distribute them from one node, and pause their rotation", subject=kind)
        yield f"{section} keys: {len(found)} kind on {sum(map(len, found.values()))} nodes"


def _computes(scene: Scene) -> Mapping[str, Question]:
    """Not before the first release that keeps one: that writes the file itself, and nobody should do so before it."""
    keeps = scene.source is None or rule("nova.compute_id").concerns(scene.source)
    hosts = hosts_of(scene, "nova-compute") if keeps else ()
    asked = ApiQuestion("compute", "/os-hypervisors/detail", "2.53", collection="hypervisors")
    return {_API: asked, **survey_of_hosts(hosts)} if hosts else {}


def _readable(about: About, reply: Reply) -> Told:
    if about.subject == _API:
        list(rows(reply))
    elif survey_of(reply).first("compute-id") == "?":
        raise Unanswered("nova-compute's folder cannot be read there")
    return ()


def _same_identity(about: About, replies: Mapping[str, Reply]) -> Told:
    """A nova-compute that finds another identity than that of its records does not start. Ironic has many."""
    known: dict[str, set[str]] = defaultdict(set)
    for row in rows(replies.get(_API, Reply(body=[]))):
        if row.get("hypervisor_type") != "ironic":
            known[_ours(about.scene, str((row.get("service") or {}).get("host")))].add(str(row.get("id")))
    compared = 0
    for host in sorted(set(replies) - {_API}):
        given = survey_of(replies[host]).first("compute-id").strip()
        if not known.get(host):
            continue
        compared += 1
        if not given:
            message = f"{host} has no compute_id, and nova knows it as {few(sorted(known[host]))}"
            yield about.found(
                message, "write that UUID into compute_id in nova's state_path before it restarts", subject=host
            )
        elif given not in known[host]:
            message = f"the compute_id of {host} is {given}, and nova knows it as {few(sorted(known[host]))}"
            yield about.found(message, "put the file back: nova-compute will not start with another one", subject=host)
    yield f"{compared} compared"


def _ours(scene: Scene, name: str) -> str:
    host = scene.cloud.host(name)
    return host.name if host else name


KEYS = partial(ShellCheck, "keystone.keys", _keystones, by_sections(_has_keys), _same_keys)
COMPUTE_IDS = partial(ShellCheck, "nova.compute_id", _computes, _readable, _same_identity)
