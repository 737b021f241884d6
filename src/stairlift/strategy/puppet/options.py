"""The options of `use = "puppet"`, read and checked without asking Puppet anything."""

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast, get_args

from stairlift.knowledge.releases import known_series, series
from stairlift.model.errors import UsageError
from stairlift.model.plan import Action
from stairlift.model.release import Release
from stairlift.strategy.options import OptionReader, absolute
from stairlift.strategy.reaching import Reach, read_reach

Mode = Literal["agent", "apply"]

#: puppet-openstack's classes are called as the projects are; a run by tags alone would skip the package sources.
_COMPANIONS = ("openstack_extras", "apt")
_TAGS = ("{project}", *_COMPANIONS)
#: puppet-openstack tags a project's packages so; with them alone comes the code, and no service restarts by Puppet.
_PACKAGE_TAGS = ("{project}-package", *_COMPANIONS)
#: What Puppet allows in the name of an environment (7.23, Puppet::Node::Environment.valid_name?).
_ENVIRONMENT = re.compile(r"[a-z0-9_]+")
_TAG = re.compile(r"[a-z0-9_][a-z0-9_:.-]*")
_SETTING = re.compile(r"[a-z][a-z0-9_]*")
_PLACEHOLDER = re.compile(r"\{(\w*)\}")
#: Settings that are the strategy's own to give: what is done, how it is told, and whether anything is done at all.
_OWN_SETTINGS = frozenset(
    {"color", "detailed_exitcodes", "environment", "evaltrace", "hiera_config", "logdest", "manifest", "maxwaitforlock"}
    | {"modulepath", "noop", "show_diff", "tags", "test", "verbose", "waitforlock"}
    # another thing than one run in the foreground that compiles anew
    | {"catalog", "daemonize", "disable", "enable", "execute", "fingerprint", "help", "onetime", "parseonly", "splay"}
    | {"use_cached_catalog", "usecacheonfailure", "version"}
)
_WAIT_SECONDS = 300
_KEEP_SECRETS = "Let the command read it from a file that only its account can read."


@dataclass(frozen=True, slots=True)
class PuppetOptions:
    """What the operator says about Puppet. `reach` is None where it runs on this machine.

    `environment` is one template for all releases, or a name for each. `commands` are an operator's own, by project
    and action. `units` maps a binary to the unit that runs it, where it is called otherwise. `cells` are configuration
    files of Nova's further cells.
    """

    folder: Path
    mode: Mode
    command: tuple[str, ...]
    reach: Reach | None
    environment: str | Mapping[Release, str] | None
    manifest: str | None
    modulepath: str | None
    hiera_config: str | None
    settings: Mapping[str, str | int | bool]
    tags: tuple[str, ...]
    package_tags: tuple[str, ...]
    commands: Mapping[str, Mapping[str, tuple[str, ...]]]
    restart: tuple[str, ...]
    stop: tuple[str, ...]
    units: Mapping[str, str]
    cells: tuple[str, ...]
    wait: int

    def environment_for(self, release: Release) -> str | None:
        """The environment with the Puppet code of a release; None where nothing is said about it."""
        if isinstance(self.environment, str):
            return self.environment.format(to=_word(release), codename=series(release).codename.lower())
        return (self.environment or {}).get(release)

    def path(self, text: str) -> str:
        """A path as Puppet gets it: there as it was written, here made absolute."""
        return text if self.reach else str(absolute(self.folder, text))


def read_options(use: str, options: Mapping[str, Any]) -> PuppetOptions:
    """The options as the operator wrote them; UsageError `strategy.option` for the first that is wrong."""
    reader = OptionReader(use, options)
    folder = reader.folder()
    here = reader.flag("local")
    reach = read_reach(reader, folder)
    if here and (options.get("ssh") or options.get("names")):
        raise reader.wrong("local", "excludes ssh and names: nothing is reached over SSH then")
    read = PuppetOptions(
        folder=folder,
        mode=cast(Mode, reader.choice("mode", ("agent", "apply"))),
        command=_public(reader, "command") or ("puppet",),
        reach=None if here else reach,
        environment=_environment(reader, options.get("environment")),
        manifest=reader.text("manifest"),
        modulepath=reader.text("modulepath"),
        hiera_config=reader.text("hiera_config"),
        settings=_settings(reader),
        tags=_tags(reader, "tags", _TAGS, options),
        package_tags=_tags(reader, "package_tags", _PACKAGE_TAGS, options),
        commands=_commands(reader),
        restart=_for_a_unit(reader, "restart"),
        stop=_for_a_unit(reader, "stop"),
        units=_units(reader),
        cells=reader.text_or_texts("cells"),
        wait=reader.count("wait_for_lock") or _WAIT_SECONDS,
    )
    reader.close()
    _check_paths(reader, read)
    return read


def _word(release: Release) -> str:
    """A release as it can be part of an environment's name: no dot may."""
    return str(release).replace(".", "_")


def _environment(reader: OptionReader, given: Any) -> str | Mapping[Release, str] | None:
    if isinstance(given, Mapping):
        return dict(_by_release(reader))
    text = reader.text("environment")
    if text is not None:
        unknown = [name for name in _PLACEHOLDER.findall(text) if name not in ("to", "codename")]
        if unknown or not _ENVIRONMENT.fullmatch(_PLACEHOLDER.sub("x", text)):
            hint = "{to} becomes 2026_1, {codename} gazpacho."
            raise reader.wrong("environment", f"{text!r} makes no name of an environment (a-z, 0-9, _)", hint)
    return text


def _by_release(reader: OptionReader) -> Iterator[tuple[Release, str]]:
    for key, name in reader.table("environment").items():
        release = known_series(key)
        if release is None:
            raise reader.wrong("environment", f"has the key {key!r}, which is no release")
        if not isinstance(name, str) or not _ENVIRONMENT.fullmatch(name):
            raise reader.wrong("environment", f"has {name!r} for {key}, no name of an environment (a-z, 0-9, _)")
        yield release, name


def _settings(reader: OptionReader) -> Mapping[str, str | int | bool]:
    table = reader.table("settings")
    for name, value in table.items():
        if not _SETTING.fullmatch(name) or not isinstance(value, str | int | bool):
            raise reader.wrong("settings", f"holds {name!r}, which is no setting of Puppet's with a text or a number")
        if name in _OWN_SETTINGS:
            raise reader.wrong("settings", f"must not hold {name}: the strategy gives it")
    reader.refuse_secrets("settings", [f"{name}={value}" for name, value in table.items()], _KEEP_SECRETS)
    return table


def _tags(reader: OptionReader, key: str, default: tuple[str, ...], options: Mapping[str, Any]) -> tuple[str, ...]:
    given = reader.texts(key)
    for tag in given:
        if not _TAG.fullmatch(tag.replace("{project}", "x")):
            raise reader.wrong(key, f"holds {tag!r}, which is no tag; {{project}} is the only placeholder")
    return given if options.get(key) is not None else default


def _commands(reader: OptionReader) -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    return {project: dict(_actions(reader, project, table)) for project, table in reader.table("commands").items()}


def _actions(reader: OptionReader, project: str, table: Any) -> Iterator[tuple[str, tuple[str, ...]]]:
    if not isinstance(table, Mapping):
        raise reader.wrong("commands", f"{project} must be a table of actions", 'nova = { db-expand = ["..."] }')
    for action, lines in table.items():
        if action not in get_args(Action):
            raise reader.wrong("commands", f"{project} has the action {action!r}, which there is not")
        if not isinstance(lines, list) or not all(isinstance(line, str) and _splits(line) for line in lines):
            raise reader.wrong("commands", f"{project}.{action} must be a list of command lines")
        reader.refuse_secrets("commands", lines, _KEEP_SECRETS)
        yield action, tuple(lines)


def _splits(line: str) -> bool:
    try:
        return bool(shlex.split(line)) and line.isprintable()
    except ValueError:
        return False


def _public(reader: OptionReader, key: str) -> tuple[str, ...]:
    """The words of a command, which a plan and `ps` show."""
    words = reader.command(key)
    reader.refuse_secrets(key, words, _KEEP_SECRETS)
    return words


def _for_a_unit(reader: OptionReader, verb: str) -> tuple[str, ...]:
    words = _public(reader, verb) or ("systemctl", verb, "{unit}")
    if not any("{unit}" in word for word in words):
        raise reader.wrong(verb, "must say where the unit goes: {unit}")
    return words


def _units(reader: OptionReader) -> Mapping[str, str]:
    units = reader.table("units")
    if not all(isinstance(unit, str) and unit and not unit.startswith("-") for unit in units.values()):
        raise reader.wrong("units", 'must map binaries to units: { keystone = "apache2" }')
    return units


def _check_paths(reader: OptionReader, read: PuppetOptions) -> None:
    if read.mode == "apply" and read.manifest is None:
        raise reader.wrong("manifest", 'is missing: mode = "apply" needs one')
    for key in ("manifest", "modulepath", "hiera_config"):
        value = getattr(read, key)
        if value is not None and read.mode == "agent":
            raise reader.wrong(key, "is the server's business with an agent; name an environment there")
        if value is not None and read.reach and not all(part.startswith("/") for part in value.split(":")):
            raise reader.wrong(key, "must be an absolute path: it is one of the host that Puppet runs on")


def missing_environment(step_id: str, release: Release) -> UsageError:
    """The error for a release that no environment is named for."""
    return UsageError(
        code="strategy.no-environment",
        brief=f"step {step_id}: environment says nothing about {release}",
        details="A run in the environment of another release would change nothing, or the wrong things.",
        resolution=f'Add "{release}" to the table environment of the [[strategy]] entry.',
    )
