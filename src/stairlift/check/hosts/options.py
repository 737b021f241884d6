"""Options that the target's code knows no more, by oslo-config-validator.

All that the files of a project set anywhere is held in one go against its code, by name and without values: against
the code that runs, and against that of the target. The validator knows samples only. What is in neither (sections of
backends and plug-ins, options of keystoneauth) tells nothing; what the code that runs knows and the target's does not
is gone.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from stairlift.check.answers import Unanswered
from stairlift.check.hosts.asking import next_release, program
from stairlift.check.hosts.reading import NOT_RUN, few, one_by_one, ran_of
from stairlift.check.hosts.settings import Setting, by_project, homes, looks, on_host
from stairlift.check.hosts.shell_check import About, Told
from stairlift.knowledge.checks import rule
from stairlift.knowledge.options import options
from stairlift.model.check import CheckInfo, Judgement, Question, Reply, Scene
from stairlift.model.finding import Finding

_VALIDATOR = "oslo-config-validator"
#: What it prints of an option, as SECTION/OPTION (oslo_config/validator.py; releases before 8.0 say "not found").
_UNKNOWN = re.compile(r"^ERROR:root:(.+) (?:is not part of the sample config|not found)$", re.MULTILINE)
_OLD = re.compile(r"^WARNING:root:Deprecated opt (.+) found$", re.MULTILINE)
#: stevedore's words for namespaces that the code does not have; what it says later is of their defaults.
_LACKING = re.compile(r"Could not load (.+)$", re.MULTILINE)
#: What no code has: a validator that does not complain of this option has not read what it was given, and its first
#: complaint of a namespace is about this one and others that are not there.
_NOBODYS, _NOWHERE = ("DEFAULT", "no_code_has_this_option"), "no.code.has.this"


@dataclass(frozen=True, slots=True)
class Heard:
    """What a validator said: which options its code does not know, and which it takes by an old name."""

    unknown: frozenset[str]
    old: frozenset[str]

    def knows(self, setting: Setting) -> bool:
        """Whether its code has such an option, by whichever name."""
        return not self.unknown.issuperset(_names(setting))

    def is_old(self, setting: Setting) -> bool:
        """Whether its code calls it something else by now."""
        return not self.old.isdisjoint(_names(setting))


class Options:
    """No configuration file sets an option that goes with the upgrade. Each host is asked, then one of each project."""

    info: CheckInfo = rule("config.options").info

    def applies(self, scene: Scene) -> bool:
        """Somewhere runs a project whose options can be told."""
        return bool(homes(scene))

    def asks(self, scene: Scene) -> Mapping[str, Question]:
        """Every host for what its files set."""
        return looks(scene)

    def asks_next(self, scene: Scene, replies: Mapping[str, Reply]) -> Mapping[str, Question]:
        """Of each project the code that runs, and that of the next hop."""
        found: dict[str, Question | None] = {}
        target = next_release(scene)
        for project, settings in by_project(scene, replies).items():
            namespaces = " ".join(f"--namespace {name}" for name in (*options().namespaces(project), _NOWHERE))
            command, text = f"{_VALIDATOR} {namespaces} --input-file /dev/stdin", _without_values(settings)
            found[_now(project)] = program(scene, project, command, reads=text)
            if target and target != scene.source:
                found[_then(project)] = program(scene, project, command, release=target, reads=text)
        return {key: question for key, question in found.items() if question}

    def judge(self, scene: Scene, replies: Mapping[str, Reply]) -> Judgement:
        """The files of each host, then each project."""
        settings = by_project(scene, replies)
        hosts = one_by_one({h: replies[h] for h in homes(scene)}, lambda h, r: on_host(_about(scene, h), r))
        said = {project: replies[_now(project)] for project in settings}
        projects = one_by_one(
            said, lambda p, now: _of_project(_about(scene, p), settings[p], now, replies.get(_then(p)))
        )
        return Judgement(
            (*hosts.findings, *projects.findings),
            projects.evidence,
            "; ".join(filter(None, (hosts.unknown, projects.unknown))),
        )


def _about(scene: Scene, subject: str) -> About:
    return About(Options.info.code, scene, subject)


def _now(project: str) -> str:
    return f"{project} now"


def _then(project: str) -> str:
    return f"{project} then"


def _names(setting: Setting) -> frozenset[str]:
    return frozenset(f"{section}/{setting.option}" for section in setting.sections)


def _without_values(settings: Collection[Setting]) -> str:
    """A configuration file that sets all of them to nothing."""
    pairs = {(section, setting.option) for setting in settings for section in setting.sections}
    return "".join(f"[{section}]\n{option} =\n" for section, option in (_NOBODYS, *sorted(pairs)))


def _heard(project: str, reply: Reply) -> Heard:
    """Raises Unanswered. Its exit code is 1 for an unknown option as for all that can go wrong with itself."""
    ran = ran_of(reply)
    unknown = frozenset(_UNKNOWN.findall(ran.said))
    if "/".join(_NOBODYS) not in unknown:
        raise Unanswered(f"{_VALIDATOR} has not read what it was given (exit code {ran.code}): {ran.brief}")
    lacking = next(iter(_LACKING.findall(ran.said)), "").split(", ")
    if set(options().projects[project].namespaces) <= set(lacking):
        raise Unanswered(f"{_VALIDATOR} was run with code that has no options of {project}")
    return Heard(unknown, frozenset(_OLD.findall(ran.said)))


def _is_absent(reply: Reply) -> bool:
    """Whether there is no such code there, or no validator in it."""
    try:
        return ran_of(reply).code in NOT_RUN
    except Unanswered:
        return any(line.startswith("@none ") for line in reply.out.splitlines())


def _of_project(about: About, settings: Sequence[Setting], said_now: Reply, said_then: Reply | None) -> Told:
    """Without the target's code that is told, and what the code that runs calls deprecated."""
    now, then = _heard(about.subject, said_now), None
    if said_then is not None:
        try:
            then = _heard(about.subject, said_then)
        except Unanswered as why:
            if not _is_absent(said_then):
                raise Unanswered(f"with the code of {next_release(about.scene)}: {why}") from None
            yield _not_asked(about, settings, str(why))
    if then is not None:
        yield from _all_gone(about, settings, now, then)
    newest = then or now
    if old := sorted({setting.name for setting in settings if newest.is_old(setting)}):
        yield _renamed(about, old, str(next_release(about.scene)) if then else "the code that runs")
    strange = {s.name for s in settings if not now.knows(s) and not newest.knows(s)}
    asked = "" if then else ", asked of the code that runs alone"
    yield f"{len({s.name for s in settings})} options, {len(strange)} of them in no sample{asked}"


def _all_gone(about: About, settings: Sequence[Setting], now: Heard, then: Heard) -> Told:
    gone: dict[str, list[Setting]] = {}
    for setting in settings:
        if now.knows(setting) and not then.knows(setting):
            gone.setdefault(setting.name, []).append(setting)
    for name in sorted(gone):
        yield _gone(about, gone[name], was_old=now.is_old(gone[name][0]))


def _gone(about: About, settings: Sequence[Setting], *, was_old: bool) -> Finding:
    one = settings[0]
    files: dict[str, list[str]] = {}
    for setting in settings:
        files.setdefault(setting.file, []).append(setting.host)
    there = few(f"{file} on {few(dict.fromkeys(hosts))}" for file, hosts in files.items())
    helps = f"see the upgrade notes of {one.project}, then take it out of the file or set what replaces it"
    if was_old:
        line = f"Deprecated group/name - [{one.section}]/{one.option}"
        helps = f'set it by its new name: what stands below "# {line}" in a sample of the release that runs'
    return about.found(
        f"{next_release(about.scene)} has no option [{one.section}] {one.option} of {one.project}; it is in {there}",
        helps,
        subject=f"{one.project}:{one.name}",
    )


def _renamed(about: About, old: Collection[str], whose: str) -> Finding:
    return about.found(
        f"{about.subject} is configured by names that {whose} calls deprecated: {few(old)}",
        "set them by their new names before a later release takes the old ones away: its sample has both",
        severity="info",
    )


def _not_asked(about: About, settings: Collection[Setting], why: str) -> Finding:
    count, target = len({setting.name for setting in settings}), next_release(about.scene)
    return about.found(
        f"whether the code of {target} has the {count} options that {about.subject} is set by was not asked: {why}",
        "bring its code there, or say where it is: target_command of [checks]",
        severity="info",
    )
