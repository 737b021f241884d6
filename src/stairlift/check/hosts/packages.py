"""Clouds that apt installed: what the repositories offer, and what would keep it from coming or bring it too early."""

from collections.abc import Mapping
from functools import partial

from stairlift.check.hosts.asking import next_release, projects_of, survey_of_hosts
from stairlift.check.hosts.reading import Survey, few
from stairlift.check.hosts.shell_check import About, ShellCheck, Told, by_sections
from stairlift.knowledge.versions import releases_of_version
from stairlift.model.check import Question, Scene


def _packaged(scene: Scene) -> Mapping[str, Question]:
    """Any host: whether it has packages is for it to say."""
    if scene.target is None:
        return {}
    return survey_of_hosts(sorted({service.host for service in scene.cloud.services}))


def _candidates(about: About, seen: Survey) -> Told:
    rows, target = [line.split() for line in seen.lines("candidates")], next_release(about.scene)
    if not rows:
        yield "apt has installed nothing of OpenStack"
        return
    if _brings_its_source(about.scene, about.subject):
        yield "whoever upgrades it brings the repository"
        return
    wrong = []
    for name, version in (row for row in rows if len(row) == 2):
        releases = releases_of_version(name.removeprefix("python3-"), version)
        if target not in releases:
            wrong.append(f"{name} {version}")
    if wrong:
        message = f"{about.subject} is offered {few(wrong)}, which is not of {target}"
        yield about.found(message, "add the target's repository there, and read its lists anew (apt-get update)")
    yield f"{len(rows)} candidates"


def _brings_its_source(scene: Scene, host: str) -> bool:
    """Whether every upgrade of the host is done by packages whose source is switched in the step itself."""
    bindings = {one.id: one for one in scene.plan.bindings} if scene.plan else {}
    doing = {s.strategy for s in scene.plan.steps if s.action == "upgrade" and host in s.hosts} if scene.plan else set()
    known = [bindings[name] for name in doing if name in bindings]
    return bool(known) and all(one.use == "packages" and one.options.get("source") for one in known)


def _held(about: About, seen: Survey) -> Told:
    if not seen.lines("candidates"):
        yield "apt has installed nothing of OpenStack"
        return
    listed = {line.split()[0] for line in seen.lines("packages")}
    named = tuple(f"{project}-" for project in projects_of(about.scene))
    if held := [name for name in seen.lines("held") if name in listed or name.startswith(named)]:
        yield about.found(f"{about.subject} holds back {few(held)}", "apt-mark unhold them, or they stay as they are")
    removed = [
        line.split()[1] for line in seen.lines("simulated") if line.startswith("Remv ") and len(line.split()) > 1
    ]
    if gone := [name for name in removed if name in listed or name.startswith(named)]:
        yield about.found(f"an upgrade of {about.subject} would remove {few(gone)}", "solve the conflict first")
    if wrong := [line for line in seen.lines("simulated") if line.startswith("E:")]:
        yield about.found(f"apt of {about.subject} says {few(wrong)}", "mend its package database first: dpkg --audit")
    if units := seen.lines("automatic"):
        message = f"{about.subject} upgrades by itself: {few(units)}"
        yield about.found(message, "stop these until the upgrade is over", severity="warning")
    yield f"{len(seen.lines('packages'))} packages"


CANDIDATES = partial(ShellCheck, "packages.candidate", _packaged, by_sections(_candidates))
HELD = partial(ShellCheck, "packages.held", _packaged, by_sections(_held))
