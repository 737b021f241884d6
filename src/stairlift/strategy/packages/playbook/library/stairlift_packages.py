"""Ansible module: which OpenStack packages a host has, and what apt would do to bring them up.

It looks and changes nothing. It runs on the host, with the Python that is there.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule  # type: ignore[import-untyped]

DOCUMENTATION = """
module: stairlift_packages
short_description: tells which OpenStack packages a host has, and what apt would do to bring them up
options:
  source_packages: {type: list, elements: str, required: true, description: what OpenStack's packages are built from}
  libraries: {type: list, elements: str, default: [], description: globs of further package names}
  apt_options: {type: list, elements: str, default: [], description: options of apt-get for the simulation}
  simulate: {type: bool, default: false, description: whether to ask apt}
  hold: {type: list, elements: str, default: [], description: globs of packages that apt must leave alone}
  system: {type: list, elements: str, default: [], description: the same, of the operating system and what runs guests}
  along: {type: list, elements: str, default: [], description: globs of what of the system may change all the same}
"""

_FORMAT = "${Package}\\t${Version}\\t${source:Package}\\t${db:Status-Abbrev}\\n"
_INSTALL = re.compile(r"^Inst (\S+)(?: \[\S+\])? \((\S+) ")
_REMOVE = re.compile(r"^Remv (\S+)")
_INFO = Path("/var/lib/dpkg/info")


def installed(listing: str, source_packages: list[str], libraries: list[str]) -> list[dict[str, Any]]:
    """The rows of dpkg-query that belong to OpenStack; `ii` and `hi` are what is wholly there."""
    rows = [line.split("\t") for line in listing.splitlines() if line.count("\t") == 3]
    return [
        {"name": name, "version": version, "source": source}
        for name, version, source, status in rows
        if status[1:2] == "i" and (source in source_packages or any(fnmatch.fnmatch(name, g) for g in libraries))
    ]


def transaction(simulation: str) -> dict[str, Any]:
    """What `apt-get --simulate` would install, by name and version, and remove."""
    lines = simulation.splitlines()
    return {
        "install": {found[1]: found[2] for line in lines if (found := _INSTALL.match(line))},
        "remove": [found[1] for line in lines if (found := _REMOVE.match(line))],
    }


def held(names: Iterable[str], globs: list[str]) -> list[str]:
    """The names that one of the globs fits."""
    return [name for name in names if any(fnmatch.fnmatch(name, glob) for glob in globs)]


def kept(names: Iterable[str], given: dict[str, list[str]]) -> list[str]:
    """What must not change: what is held, and of the system what nobody lets go along."""
    found = list(names)
    along = held(found, given["along"])
    own = [name for name in held(found, given["system"]) if name not in along]
    return sorted({*held(found, given["hold"]), *own})


def unpacked_at(name: str, info: Path = _INFO) -> float:
    """When dpkg last unpacked a package, in seconds since 1970; 0 where it does not tell."""
    lists = [*info.glob(f"{name}.list"), *info.glob(f"{name}:*.list")]
    return max((file.stat().st_mtime for file in lists), default=0.0)


def main() -> None:
    """Run as Ansible runs modules."""
    texts = {"type": "list", "elements": "str"}
    module = AnsibleModule(
        argument_spec={
            "source_packages": {**texts, "required": True},
            "libraries": {**texts, "default": []},
            "apt_options": {**texts, "default": []},
            "simulate": {"type": "bool", "default": False},
            "hold": {**texts, "default": []},
            "system": {**texts, "default": []},
            "along": {**texts, "default": []},
        },
        supports_check_mode=True,
    )
    given = module.params
    _, listing, _ = module.run_command(["dpkg-query", "-W", "-f", _FORMAT], check_rc=True)
    found = installed(listing, given["source_packages"], given["libraries"])
    answer: dict[str, Any] = {
        "packages": found,
        "versions": {row["name"]: row["version"] for row in found},
        "unpacked": max((unpacked_at(row["name"]) for row in found), default=0.0),
        "install": {},
        "remove": [],
        "held": [],
    }
    if given["simulate"] and found:
        names = [row["name"] for row in found]
        ask = ["apt-get", "--simulate", *given["apt_options"], "--only-upgrade", "install", *names]
        _, simulation, _ = module.run_command(ask, check_rc=True, environ_update={"LC_ALL": "C"})
        answer.update(transaction(simulation))
        answer["held"] = kept((*answer["install"], *answer["remove"]), given)
    module.exit_json(changed=False, **answer)


if __name__ == "__main__":
    main()
