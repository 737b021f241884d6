"""What a cloud leans on beside its own services: caches, coordination, Ceph; Placement's books; RPC pins."""

import json
import re
from collections.abc import Mapping
from functools import partial
from typing import Any

from stairlift.check.answers import Unanswered
from stairlift.check.hosts.asking import hosts_of, look, program
from stairlift.check.hosts.reading import Survey, few, ran_of, survey_of
from stairlift.check.hosts.shell_check import About, ShellCheck, Told, by_sections
from stairlift.knowledge.platforms import platform
from stairlift.knowledge.procedures import meaning_of
from stairlift.model.check import Question, Reply, Scene

_PINGED = ("memcached", "etcd", "valkey", "zookeeper")
_AUDIT = "nova-manage placement audit"
#: With --dry-run its exit code is 4 whatever it finds; only what it says tells (Nova, cmd/manage.py, 2025.1 to 2026.1).
_HEAL = "nova-manage placement heal_allocations --dry-run --verbose"
_WOULD_HEAL = re.compile(r"^\[dry-run\] \w+ allocations for instance (\S+?):", re.MULTILINE)
#: Who keeps its data in Ceph, if there is any.
_OF_CEPH = ("cinder-volume", "glance-api")


def _pinged(scene: Scene) -> Mapping[str, Question]:
    kinds: dict[str, list[str]] = {}
    for kind in _PINGED:
        for host in hosts_of(scene, kind):
            kinds.setdefault(host, []).append(kind)
    return {
        host: question
        for host, names in kinds.items()
        for question in look((host,), "pings.sh", KINDS=" ".join(names)).values()
    }


def _pings(about: About, seen: Survey) -> Told:
    rows = {row[0]: row[1] for row in seen.rows("pings") if len(row) == 2}
    if not rows:
        raise Unanswered("nobody could ask there")
    for kind, answer in rows.items():
        if answer != "yes":
            yield about.found(f"{kind} on {about.subject} does not answer", "start it: tokens and locks depend on it")
    yield few(f"{kind}: {answer}" for kind, answer in rows.items())


def _cephs(scene: Scene) -> Mapping[str, Question]:
    """One host that may ask is enough; which one has the right to, only it can say."""
    hosts = sorted(set(hosts_of(scene, "ceph-mon")) or set(hosts_of(scene, *_OF_CEPH)))
    return look([host for host in hosts if host in scene.shells][:3] or hosts[:1], "ceph.sh")


def _ceph(about: About, seen: Survey) -> Told:
    if "absent" in seen.sections:
        yield "no Ceph that could be asked"
        return
    status, versions = _json(seen, "status"), _json(seen, "versions").get("overall", {})
    if not status:
        yield "it may not ask"
        return
    health = status.get("health", {}).get("status", "unknown")
    if health != "HEALTH_OK":
        wrong = few(sorted(status.get("health", {}).get("checks", {})))
        yield about.found(
            f"Ceph is {health}: {wrong}", "bring it to HEALTH_OK first: ceph health detail", subject="ceph"
        )
    if len(versions) > 1:
        message = f"the daemons of Ceph are of {len(versions)} versions"
        yield about.found(message, "end its own upgrade first", subject="ceph:versions")
    yield str(health)


def _json(seen: Survey, section: str) -> Mapping[str, Any]:
    """What ceph said; nothing where it does not let this host ask."""
    try:
        return dict(json.loads("\n".join(seen.lines(section))))
    except ValueError:
        return {}


def _one_may_ask(about: About, replies: Mapping[str, Reply]) -> Told:  # noqa: ARG001
    asked = [seen for seen in map(survey_of, replies.values()) if "absent" not in seen.sections]
    if asked and not any(_json(seen, "status") for seen in asked):
        raise Unanswered("ceph lets no host ask that has it")
    return ()


def _books(scene: Scene) -> Mapping[str, Question]:
    asked = {command: program(scene, "nova", command) for command in (_AUDIT, _HEAL)}
    return {command: question for command, question in asked.items() if question}


def _audit(about: About, reply: Reply) -> Told:
    ran, command = ran_of(reply), about.subject
    meaning, words = meaning_of(command, ran.code)
    if meaning == "stop":
        raise Unanswered(f"{command} ended with {ran.code}: {ran.brief}")
    if meaning != "ok":
        yield about.found(f"{command}: {words}", "see `--verbose` of it; with --delete it mends them", subject=command)
    if missing := _WOULD_HEAL.findall(ran.said):
        message = f"the allocations of {len(missing)} servers are missing, or are not as they should be: {few(missing)}"
        yield about.found(message, f"`{command.removesuffix(' --dry-run --verbose')}` makes them", subject=command)
    yield f"exit code {ran.code}"


def _pinned_hosts(scene: Scene) -> Mapping[str, Question]:
    return look(hosts_of(scene, "nova-conductor", "nova-scheduler", "nova-compute", "ironic-conductor"), "pins.sh")


def _pins(about: About, seen: Survey) -> Told:
    """After the last step a service must not speak the RPC version of a release that is gone."""
    runs = platform(about.scene.target or about.scene.source)
    for file, option, value in (row for row in seen.rows("pinned") if len(row) == 3):
        if value.strip().casefold() not in ("", "auto", "false"):
            message = f"{file} on {about.subject} holds {option} to {value.strip()}"
            yield about.found(message, "remove it and restart the services", subject=f"{about.subject}:{option}")
    chosen = [row for row in seen.rows("chosen") if len(row) == 3 and row[2].isdecimal()]
    for service, version, minimum in chosen:
        if runs and int(minimum) < runs.nova:
            message = f"{service} on {about.subject} speaks RPC {version}, for a service of version {minimum}"
            yield about.found(message, "restart it once no old service is left", subject=f"{about.subject}:{service}")
    yield few(f"{service}: {version}" for service, version, _ in chosen) or "no service says which it has chosen"


PINGS = partial(ShellCheck, "coordination.silent", _pinged, by_sections(_pings))
CEPH = partial(ShellCheck, "ceph.health", _cephs, by_sections(_ceph), _one_may_ask)
PLACEMENT = partial(ShellCheck, "placement.audit", _books, _audit)
PINS = partial(ShellCheck, "rpc.pinned", _pinned_hosts, by_sections(_pins))
