"""The options of `use = "grenade"`, read and checked without looking at the machine."""

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

from stairlift.knowledge.releases import series
from stairlift.model.errors import UsageError
from stairlift.model.plan import Step
from stairlift.model.release import Release
from stairlift.strategy.options import OptionReader, absolute

By = Literal["project", "node"]

_PLACES = ("from", "to", "from_name", "to_name")
_RELEASE_FOLDERS = {"base_release": "old", "target_release": "new"}
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
#: What goes into a shell file as it is. Everything else could be read as something else there.
_PLAIN = re.compile(r"[A-Za-z0-9_./:@+~-]+")
_SETTING = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SECRET_NAME = re.compile(r"PASSW|SECRET|TOKEN", re.IGNORECASE)
#: Settings that the strategy derives from its other options, or that decide what a step does.
_OWN_SETTINGS = frozenset(
    {
        "BASE_DEVSTACK_BRANCH",
        "BASE_DEVSTACK_DIR",
        "BASE_RELEASE",
        "BASE_RUN_SMOKE",
        "ENABLE_TEMPEST",
        "GRENADE_USE_EXTERNAL_DEVSTACK",
        "NOVA_ENABLE_UPGRADE_WORKAROUND",
        "PLUGIN_DIR",
        "RUN_BASE",
        "RUN_SMOKE",
        "RUN_TARGET",
        "STACK_ROOT",
        "TARGET_DEVSTACK_BRANCH",
        "TARGET_DEVSTACK_DIR",
        "TARGET_RELEASE",
        "TARGET_RUN_SMOKE",
        "VERBOSE",
        "VERIFY_RESOURCES",
    }
)
#: Folders of the system. Grenade changes the owner of everything below STACK_ROOT on every start.
_SYSTEM_TREES = ("/bin", "/boot", "/dev", "/etc", "/lib", "/lib64", "/proc", "/run", "/sbin", "/sys", "/usr")
_SYSTEM_FOLDERS = frozenset({"/", "/home", "/media", "/mnt", "/opt", "/root", "/srv", "/tmp", "/var", "/var/lib"})  # noqa: S108


@dataclass(frozen=True, slots=True)
class Plugin:
    """A project outside Grenade's tree that brings its own plugin, under the name that it registers."""

    name: str
    url: str
    branch: str | None


@dataclass(frozen=True, slots=True)
class GrenadeOptions:
    """What the operator says about one DevStack node. Paths are absolute; `{from}` and `{to}` stand for releases."""

    folder: Path
    grenade: Path
    host: str
    user: str | None
    stack_root: Path
    projects: tuple[str, ...]
    plugins: tuple[Plugin, ...]
    base_release: str
    target_release: str
    base_devstack: str
    target_devstack: str
    base_branch: str
    target_branch: str
    external: bool
    verify: bool
    smoke: bool
    tempest: bool
    settings: Mapping[str, str]
    localrc: Path
    pluginrc: Path
    plugin_dir: Path | None
    free_gib: int
    by: By

    @property
    def cloned_to(self) -> Path:
        """Where the driver clones plugins."""
        return self.plugin_dir or self.stack_root / "plugins"


def read_options(use: str, options: Mapping[str, Any]) -> GrenadeOptions:
    """The options as the operator wrote them; UsageError `strategy.option` for the first that is wrong."""
    reader = OptionReader(use, options)
    folder = reader.folder()
    grenade = absolute(folder, reader.required_text("grenade"))
    stack_root = _stack_root(reader, reader.text("stack_root") or "/opt/stack")
    base, target = (_release_name(reader, key, name) for key, name in _RELEASE_FOLDERS.items())
    read = GrenadeOptions(
        folder=folder,
        grenade=grenade,
        host=_word(reader, "host", reader.required_text("host")),
        user=reader.text("user"),
        stack_root=stack_root,
        projects=_projects(reader),
        plugins=tuple(_plugins(reader)),
        base_release=base,
        target_release=target,
        base_devstack=_devstack(reader, "base_devstack", stack_root / base),
        target_devstack=_devstack(reader, "target_devstack", stack_root / target),
        base_branch=_template(reader, "base_branch", "stable/{from}"),
        target_branch=_template(reader, "target_branch", "stable/{to}"),
        external=_on(reader, options, "external"),
        verify=_on(reader, options, "verify"),
        smoke=reader.flag("smoke"),
        tempest=reader.flag("tempest"),
        settings=_settings(reader),
        localrc=absolute(folder, reader.text("localrc") or str(grenade / "localrc")),
        pluginrc=absolute(folder, reader.text("pluginrc") or str(grenade / "pluginrc")),
        plugin_dir=absolute(folder, given) if (given := reader.text("plugin_dir")) else None,
        free_gib=reader.count("free_gib") or 10,
        by=cast(By, reader.choice("by", ("project", "node"))),
    )
    reader.close()
    _require_words(reader, read)
    return read


def dangerous(stack_root: Path) -> str | None:
    """Why a folder must not be a STACK_ROOT; None where it may be one."""
    text = str(stack_root)
    if text in _SYSTEM_FOLDERS or any(text == tree or text.startswith(f"{tree}/") for tree in _SYSTEM_TREES):
        return "is a folder of the system"
    home = Path(os.path.expanduser("~"))  # noqa: PTH111 - Path.home() raises where there is none
    if home == stack_root or home.is_relative_to(stack_root):
        return "is, or holds, the home folder of this account"
    return None


def _word(reader: OptionReader, key: str, value: str) -> str:
    if not _WORD.fullmatch(value):
        raise reader.wrong(key, f"holds {value!r}, which is no plain name")
    return value


def _stack_root(reader: OptionReader, text: str) -> Path:
    path = Path(os.path.normpath(text))
    if not path.is_absolute() or not _PLAIN.fullmatch(text):
        raise reader.wrong("stack_root", f"must be an absolute path without blanks or quotes, not {text!r}")
    if (why := dangerous(path)) is not None:
        hint = "Grenade changes the owner of everything below STACK_ROOT on every start. Name a folder of its own."
        raise reader.wrong("stack_root", f"must not be {text}: it {why}", hint)
    return path


def _on(reader: OptionReader, options: Mapping[str, Any], key: str) -> bool:
    """A switch that is on unless the operator turns it off."""
    return reader.flag(key) or options.get(key) is None


def _projects(reader: OptionReader) -> tuple[str, ...]:
    names = tuple(_word(reader, "projects", name) for name in reader.texts("projects"))
    if not names or len(set(names)) != len(names):
        hint = 'In its order, for example projects = ["keystone", "placement", "glance", "neutron", "nova", "cinder"].'
        raise reader.wrong("projects", "must name what Grenade upgrades on this node, each once", hint)
    return names


def _release_name(reader: OptionReader, key: str, default: str) -> str:
    value = _template(reader, key, default)
    if "/" in value:
        raise reader.wrong(key, f"must be the name of a folder below stack_root, not {value!r}")
    return value


def _devstack(reader: OptionReader, key: str, release: Path) -> str:
    value = _template(reader, key, str(release / "devstack"))
    if not value.startswith("/"):
        raise reader.wrong(key, f"must be an absolute path, not {value!r}")
    return os.path.normpath(value)


def _template(reader: OptionReader, key: str, default: str) -> str:
    """A plain text that may hold the releases of the hop."""
    value = reader.text(key) or default
    filled = value
    for place in _PLACES:
        filled = filled.replace(f"{{{place}}}", "1")
    if not _PLAIN.fullmatch(filled):
        known = ", ".join(f"{{{place}}}" for place in _PLACES)
        raise reader.wrong(key, f"holds {value!r}, which is no plain path or name", f"It may hold {known}.")
    return value


def _plugins(reader: OptionReader) -> Iterator[Plugin]:
    for words in reader.texts("plugins"):
        name, *rest = words.split() or [""]
        if not 1 <= len(rest) <= 2 or not all(_PLAIN.fullmatch(word) for word in rest):
            hint = 'As enable_grenade_plugin takes it: plugins = ["heat https://opendev.org/openstack/heat"].'
            raise reader.wrong("plugins", f"holds {words!r}, which is not NAME URL [BRANCH]", hint)
        reader.refuse_secrets("plugins", rest, "Let git read it from its credential store.")
        yield Plugin(_word(reader, "plugins", name), rest[0], rest[1] if len(rest) > 1 else None)


def _settings(reader: OptionReader) -> Mapping[str, str]:
    """Further lines of the generated localrc."""
    table = reader.table("settings")
    for name, value in table.items():
        if not _SETTING.fullmatch(name) or name in _OWN_SETTINGS:
            raise reader.wrong("settings", f"must not hold {name}: it is no name of a variable, or set by the strategy")
        if _SECRET_NAME.search(name):
            raise reader.wrong(
                "settings", f"holds {name}, which looks like a secret", "Keep it in localrc or local.conf."
            )
        if not isinstance(value, str) or any(ord(character) < 32 for character in value):
            raise reader.wrong("settings", f"{name} must be a text of one line")
        reader.refuse_secrets("settings", (value,), "Keep it in localrc or local.conf.")
    return {name: str(value) for name, value in table.items()}


def _require_words(reader: OptionReader, read: GrenadeOptions) -> None:
    """Paths that shell files must be able to name."""
    for key, path in (("grenade", read.grenade), ("localrc", read.localrc), ("pluginrc", read.pluginrc)):
        if not _PLAIN.fullmatch(str(path)):
            raise reader.wrong(
                key, f"names {path}, a path that the driver's scripts cannot take", "No blanks, no quotes."
            )


def filled(template: str, step: Step) -> str:
    """A template with the releases of a step's hop. UsageError for a release that nobody knows the codename of."""
    values = {"from": str(step.source), "to": str(step.target)}
    if "_name}" in template:
        values |= {"from_name": _codename(step.source), "to_name": _codename(step.target)}
    for place, value in values.items():
        template = template.replace(f"{{{place}}}", value)
    return template


def _codename(release: Release) -> str:
    return series(release).codename.casefold()


def wrong_file(key: str, what: str, resolution: str) -> UsageError:
    """The error about something that an option names."""
    return UsageError(code="strategy.file", brief=f"strategy 'grenade': {key} {what}", resolution=resolution)
