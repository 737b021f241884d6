"""Small Debian packages with the shape of OpenStack's, and an archive of them that apt reads over HTTP.

Shaped after Debian 12's nova and neutron: a program per package, an init script with a pid file, a postinst that
restarts it through invoke-rc.d, code in a python3 package that the others need in the same version.
"""

import hashlib
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

_INIT = """#!/bin/sh
### BEGIN INIT INFO
# Provides:          {name}
# Required-Start:    $local_fs
# Required-Stop:     $local_fs
# Default-Start:     2 3 4 5
# Default-Stop:      0 1 6
### END INIT INFO
pidfile=/var/run/{project}/{name}.pid
case "$1" in
  start)
    install -d -o {project} /var/run/{project}
    start-stop-daemon --start --background --chuid {project} --make-pidfile --pidfile $pidfile --startas /usr/bin/{name}
    ;;
  stop) start-stop-daemon --stop --oknodo --retry 10 --pidfile $pidfile && rm -f $pidfile ;;
  restart) $0 stop; $0 start ;;
  status) start-stop-daemon --status --pidfile $pidfile ;;
esac
"""
_DAEMON = """#!/usr/bin/python3
import sys, time
from {module} import VERSION
with open("/var/log/{project}/started.log", "a") as log:
    print("{name}", VERSION, file=log)
time.sleep(10000)
"""
_MANAGE = """#!/usr/bin/python3
import getpass, sys
from {module} import VERSION
with open("/var/log/{project}/manage.log", "a") as log:
    print(VERSION, getpass.getuser(), "{name}", *sys.argv[1:], file=log)
"""
_ADD_USER = """#!/bin/sh
set -e
adduser --system --group --quiet --no-create-home --home /var/lib/{project} {project}
install -d -o {project} /var/log/{project} /var/run/{project}
"""
_RESTART = """#!/bin/sh
set -e
update-rc.d {name} defaults >/dev/null
if [ -n "$2" ]; then invoke-rc.d {name} restart || true; else invoke-rc.d {name} start || true; fi
"""


@dataclass(frozen=True)
class Deb:
    """A binary package; `files` are texts by path, and those under etc are conffiles."""

    name: str
    version: str
    source: str
    depends: str = ""
    files: dict[str, str] = field(default_factory=dict)
    postinst: str = ""


def release(nova: str, neutron: str) -> list[Deb]:
    """Nova and Neutron of one release, by their versions as Debian writes them."""
    return [
        *_project("nova", nova, ["nova-conductor", "nova-scheduler", "nova-compute"], ["nova-manage", "nova-status"]),
        *_project("neutron", neutron, ["neutron-openvswitch-agent"], ["neutron-db-manage", "neutron-status"]),
    ]


def _project(project: str, version: str, daemons: list[str], tools: list[str]) -> list[Deb]:
    module, library = f"{project}_small", f"python3-{project}"
    code = {f"usr/lib/python3/dist-packages/{module}.py": f'VERSION = "{version}"\n'}
    common = {f"usr/bin/{tool}": _MANAGE.format(module=module, name=tool, project=project) for tool in tools}
    common[f"etc/{project}/{project}.conf"] = f"# as {version} ships it\n"
    same = f"(= {version})"
    needs = f"{library} {same}, adduser"
    debs = [
        Deb(library, version, project, "python3", code),
        Deb(f"{project}-common", version, project, needs, common, _ADD_USER.format(project=project)),
    ]
    return debs + [_daemon(project, name, version, f"{project}-common {same}") for name in daemons]


def _daemon(project: str, name: str, version: str, depends: str) -> Deb:
    files = {
        f"usr/bin/{name}": _DAEMON.format(module=f"{project}_small", name=name, project=project),
        f"etc/init.d/{name}": _INIT.format(name=name, project=project),
    }
    return Deb(name, version, project, depends, files, _RESTART.format(name=name))


def archive(folder: Path, debs: list[Deb]) -> None:
    """Build the packages into `folder`, with the index that `deb [trusted=yes] URL ./` reads."""
    folder.mkdir(parents=True)
    (folder / "Packages").write_text("\n".join(_entry(deb, _build(folder, deb)) for deb in debs))


def _build(folder: Path, deb: Deb) -> Path:
    tree = folder / "trees" / deb.name
    for path, text in deb.files.items():
        file = tree / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        file.chmod(0o755 if text.startswith("#!") else 0o644)
    control = tree / "DEBIAN"
    control.mkdir(parents=True)
    (control / "control").write_text(_control(deb))
    (control / "conffiles").write_text("".join(f"/{path}\n" for path in deb.files if path.startswith("etc/")))
    if deb.postinst:
        (control / "postinst").write_text(deb.postinst)
        (control / "postinst").chmod(0o755)
    file = folder / f"{deb.name}_{deb.version.partition(':')[2]}_all.deb"
    subprocess.run(["dpkg-deb", "--root-owner-group", "--build", tree, file], check=True, stdout=subprocess.DEVNULL)
    return file


def _control(deb: Deb) -> str:
    needs = f"Depends: {deb.depends}\n" if deb.depends else ""
    return (
        f"Package: {deb.name}\nSource: {deb.source}\nVersion: {deb.version}\nArchitecture: all\n"
        f"Maintainer: The Stairlift authors <nobody@example.com>\n{needs}Description: a small {deb.name}\n"
    )


def _entry(deb: Deb, file: Path) -> str:
    content = file.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    return f"{_control(deb)}Filename: ./{file.name}\nSize: {len(content)}\nSHA256: {digest}\n"
