"""What the configuration of services says that an upgrade depends on. Of files only the options that are asked for."""

import re
from collections.abc import Iterator, Mapping
from functools import partial

from stairlift.check.answers import Unanswered
from stairlift.check.hosts.asking import every_host, has_project, hosts_of, survey_of_hosts
from stairlift.check.hosts.broker import TRUE
from stairlift.check.hosts.reading import Survey, few
from stairlift.check.hosts.shell_check import About, ShellCheck, Told, by_sections
from stairlift.knowledge.binaries import binary
from stairlift.model.check import Question, Scene

#: Those of whose calls another one asks for a service token; by the binaries that make them.
_SENDERS = {
    "nova": ("nova-api", "nova-conductor", "nova-compute", "nova-scheduler"),
    "cinder": ("cinder-api", "cinder-volume", "cinder-backup", "cinder-scheduler"),
}
#: Who sleeps for manager_shutdown_timeout when it is stopped, beside graceful_shutdown_timeout, since 2026.1.
_MANAGERS = ("nova-conductor", "nova-scheduler", "nova-compute")
_SPAN = re.compile(r"(?:(\d+)h)?\s*(?:(\d+)min)?\s*(?:(\d+(?:\.\d+)?)s)?")


def _senders(scene: Scene) -> Mapping[str, Question]:
    """Only where both are: alone neither sends one to the other."""
    binaries = [name for names in _SENDERS.values() for name in names]
    both = has_project(scene, "nova") and has_project(scene, "cinder")
    return survey_of_hosts(hosts_of(scene, *binaries) if both else hosts_of(scene, *_SENDERS["nova"]))


def _service_user(about: About, seen: Survey) -> Told:
    here = {s.binary for s in about.scene.cloud.services if s.host == about.subject}
    for project, binaries in _SENDERS.items():
        if not here.intersection(binaries):
            continue
        files = _files(seen, project)
        told = [row for row in _options(seen, project, "send_service_user_token") if row[1] == "service_user"]
        if not files:
            raise Unanswered(f"no configuration of {project} can be read there")
        if not told or told[-1][3].strip().casefold() not in TRUE:
            message = f"{project} on {about.subject} sends no service token: [service_user] send_service_user_token"
            yield about.found(message, f"set it, with the credentials of {project}, and restart its services")
        else:
            yield f"{project} sends one"


def _files(seen: Survey, project: str) -> set[str]:
    return {row[0] for row in seen.rows("options") if f"/{project}.conf" in row[0]}


def _options(seen: Survey, project: str, name: str) -> list[tuple[str, ...]]:
    """In the file of the project, and in those of the folder beside it (nova.conf.d)."""
    rows = (row for row in seen.rows("options") if len(row) == 4 and row[2] == name)
    return [row for row in rows if f"/{project}.conf" in row[0]]


def _every(scene: Scene) -> Mapping[str, Question]:
    return survey_of_hosts(every_host(scene))


def _policies(about: About, seen: Survey) -> Told:
    """oslo.policy reads JSON no more by default, so what it has overridden is lost without a word."""
    for file in seen.lines("policies"):
        message = f"{file} on {about.subject} is a policy file in JSON"
        resolution = "oslopolicy-convert-json-to-yaml, and name the new file in [oslo_policy] policy_file"
        yield about.found(message, resolution, subject=f"{about.subject}:{file}")
    yield f"{len(seen.lines('policies'))} in JSON"


def _stop_timeouts(about: About, seen: Survey) -> Told:
    """Whatever keeps a service running must not kill it while it finishes what it does."""
    kept = [(row[0], _seconds(row[1])) for row in seen.rows("stops") if len(row) == 2]
    short = []
    for unit, allowed in kept:
        needed = _needed(about, seen, unit)
        if needed and allowed is not None and allowed < needed:
            short.append(f"{unit} ({allowed:g} s of {needed:g} s)")
    if short:
        message = f"on {about.subject} these are killed before they have stopped gracefully: {few(short)}"
        resolution = "raise TimeoutStopSec, the container's stop time-out or stopwaitsecs"
        yield about.found(message, resolution)
    yield f"{len(kept)} services, {len(short)} with too little time"


def _needed(about: About, seen: Survey, unit: str) -> float:
    """Seconds that a graceful stop may take: what its configuration says, else the target's default."""
    name = unit.removesuffix(".service").replace("_", "-")
    known = binary(name)
    if known is None or known.project != "nova" or known.kind == "api":
        return 0.0
    default = float(about.rule.limit("seconds"))
    needed = _number(seen, "graceful_shutdown_timeout", default)
    return needed + _number(seen, "manager_shutdown_timeout", 0.0) if name in _MANAGERS else needed


def _number(seen: Survey, name: str, default: float) -> float:
    told = [row[3].strip() for row in _options(seen, "nova", name)]
    return float(told[-1]) if told and told[-1].replace(".", "", 1).isdecimal() else default


def _seconds(text: str) -> float | None:
    """`1min 30s` of systemd, `10s` of ours; None for a time without an end."""
    text = text.strip()
    if text in ("infinity", ""):
        return None
    if text == "<nil>s":
        return 10.0  # docker's own (docker stop)
    found = _SPAN.fullmatch(text)
    if found is None:
        return None
    hours, minutes, seconds = (float(part or 0) for part in found.groups())
    return hours * 3600 + minutes * 60 + seconds


def _nova_hosts(scene: Scene) -> Mapping[str, Question]:
    return survey_of_hosts(sorted(set(_nova(scene))))


def _nova(scene: Scene) -> Iterator[str]:
    return (service.host for service in scene.cloud.services if service.project == "nova")


SERVICE_USER = partial(ShellCheck, "config.service_user", _senders, by_sections(_service_user))
POLICIES = partial(ShellCheck, "policy.files", _every, by_sections(_policies))
STOP_TIMEOUTS = partial(ShellCheck, "units.stop_timeout", _nova_hosts, by_sections(_stop_timeouts))
