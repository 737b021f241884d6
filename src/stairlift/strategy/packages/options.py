"""The options of `use = "packages"`: its own here, those of Ansible handed on to the Ansible strategy."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from string import Formatter
from typing import Any

from stairlift.knowledge.releases import series
from stairlift.model.release import Release
from stairlift.strategy.options import OptionReader

#: What the Ansible strategy reads; `playbook`, tags and check mode are not for the operator to choose here.
_OF_ANSIBLE = ("folder", "directory", "command", "inventory", "config", "vault", "args", "limit", "names", "forks")
_OWN = ("source", "source_file", "pin", "hold", "along", "cells", "become", "settle", "concurrency")
_FIELDS = ("to", "codename")
#: apt reads only such names in sources.list.d.
_SOURCE_FILE = re.compile(r"[A-Za-z0-9_.-]+\.(list|sources)")
_DEFAULT_FILE = "stairlift-openstack"
_SETTLE_SECONDS = 5


@dataclass(frozen=True, slots=True)
class PackagesOptions:
    """What the operator says about packages.

    `source` is the text of an apt source with `{to}` and `{codename}`, "" where the operator switches sources himself;
    it replaces `source_file` on each host. `pin` is a line such as "release o=site". `hold` are globs of packages that
    must not change, `along` of those of the system that may all the same. `cells` are configuration files of Nova's
    further cells. `settle` is for how many seconds a restarted service must stay up before it counts.
    """

    source: str
    source_file: str
    pin: str
    hold: tuple[str, ...]
    along: tuple[str, ...]
    cells: tuple[str, ...]
    become: bool
    settle: int
    ansible: Mapping[str, Any] = field(default_factory=dict)

    def apt(self, release: Release) -> Mapping[str, Any]:
        """What the playbook is told about apt, for a target release."""
        words = {"to": str(release), "codename": series(release).codename.lower()}
        source = self.source.format(**words)
        return {
            "source": f"{source.rstrip()}\n" if source else "",
            "file": self.source_file,
            "pin": self.pin.format(**words),
            "hold": list(self.hold),
            "along": list(self.along),
        }


def read_options(use: str, options: Mapping[str, Any]) -> PackagesOptions:
    """The options as the operator wrote them; UsageError `strategy.option` for the first of ours that is wrong."""
    own = {key: value for key, value in options.items() if key not in _OF_ANSIBLE}
    reader = OptionReader(use, own)
    source = _source(reader)
    read = PackagesOptions(
        source=source,
        source_file=_source_file(reader, source),
        pin=_template(reader, "pin", reader.text("pin") or ""),
        hold=reader.text_or_texts("hold"),
        along=reader.text_or_texts("along"),
        cells=reader.text_or_texts("cells"),
        become=_become(reader, own),
        settle=reader.count("settle") or _SETTLE_SECONDS,
        ansible={key: options[key] for key in (*_OF_ANSIBLE, "concurrency") if key in options},
    )
    reader.choice("concurrency", ("host", "batch", "cloud"))
    _close(reader, options)
    return read


def _close(reader: OptionReader, options: Mapping[str, Any]) -> None:
    """Refuse what neither we nor Ansible ask for, naming all that there is."""
    unknown = sorted(set(options) - {*_OF_ANSIBLE, *_OWN})
    if unknown:
        known = ", ".join(sorted({*_OF_ANSIBLE, *_OWN} - {"folder"}))
        raise reader.wrong(unknown[0], "is not an option", f"Known are: {known}.")


def _source(reader: OptionReader) -> str:
    """A source may have several lines (deb822), which no other option may."""
    lines = reader.lines("source")
    text = _template(reader, "source", lines)
    reader.refuse_secrets("source", (text,), "Keep it in /etc/apt/auth.conf.d on the hosts.")
    return text


def _source_file(reader: OptionReader, source: str) -> str:
    deb822 = not source.lstrip().startswith(("deb ", "deb-src "))
    name = reader.text("source_file") or f"{_DEFAULT_FILE}{'.sources' if deb822 else '.list'}"
    if not _SOURCE_FILE.fullmatch(name):
        raise reader.wrong("source_file", "must be a file name that apt reads: NAME.list or NAME.sources")
    if source and name.endswith(".sources") != deb822:
        raise reader.wrong("source_file", "must end in .list for one-line sources, in .sources for others")
    return name


def _template(reader: OptionReader, key: str, text: str) -> str:
    try:
        fields = {name for _, name, _, _ in Formatter().parse(text) if name is not None}
    except ValueError as wrong:
        raise reader.wrong(key, f"cannot be read: {wrong}", "{{ and }} are braces that are meant as such.") from wrong
    if unknown := sorted(fields - set(_FIELDS)):
        raise reader.wrong(key, f"holds the unknown placeholder {{{unknown[0]}}}", "Known are {to} and {codename}.")
    return text


def _become(reader: OptionReader, options: Mapping[str, Any]) -> bool:
    return reader.flag("become") if "become" in options else True
