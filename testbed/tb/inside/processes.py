"""Runs on a host: which programs supervisord keeps, and which release each of their processes really runs.

A link or a command line says what was meant (uWSGI even renames its processes); the files that are mapped into a
process say what it runs. Standard library only: a host runs this with Debian's Python, from stdin.
Argument: the directory of the releases. Prints JSON.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path


def supervised() -> dict[str, tuple[str, int | None]]:
    """Program to (state, pid or None)."""
    lines = subprocess.run(["supervisorctl", "status"], capture_output=True, check=False, text=True).stdout.splitlines()
    found = {}
    for line in lines:
        name, state = line.split()[:2]
        pid = re.search(r"pid (\d+)", line)
        found[name] = (state, int(pid.group(1)) if pid else None)
    return found


def mapped_releases(pid: int, releases_dir: str) -> set[str]:
    try:
        maps = Path(f"/proc/{pid}/maps").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return set()
    return set(re.findall(re.escape(releases_dir) + r"/([^/\s]+)/", maps))


def process_group(pid: int) -> int | None:
    """Supervisord makes every program the leader of a group; helpers that outlive their parent stay in it."""
    try:
        return os.getpgid(pid)
    except ProcessLookupError:
        return None


def report(releases_dir: str) -> dict[str, object]:
    programs = supervised()
    leaders = {pid: name for name, (state, pid) in programs.items() if pid}
    releases: dict[str, set[str]] = {name: set() for name in programs}
    strays = []
    for pid in (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()):
        mapped = mapped_releases(pid, releases_dir)
        owner = leaders.get(process_group(pid) or 0)
        if owner:
            releases[owner] |= mapped
        elif mapped:
            strays.append({"pid": pid, "releases": sorted(mapped)})
    rows = [
        {"program": name, "state": state, "pid": pid, "releases": sorted(releases[name])}
        for name, (state, pid) in sorted(programs.items())
    ]
    return {"programs": rows, "strays": strays}


if __name__ == "__main__":
    print(json.dumps(report(sys.argv[1])))
