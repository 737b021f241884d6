"""Ansible module: whether service units run, and whether what runs is older than the files it was started from.

It looks and changes nothing, under systemd as well as under init scripts. It runs on the host, with the Python there.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule  # type: ignore[import-untyped]

DOCUMENTATION = """
module: stairlift_units
short_description: tells of each service unit whether it runs, and since when
options:
  units: {type: list, elements: str, required: true, description: units, of which those count that the host has}
  otherwise: {type: list, elements: str, default: [], description: units where the host has none of those}
  since: {type: float, default: 0, description: what started before this second since 1970 is stale}
  settle: {type: int, default: 0, description: for how many seconds what is not stale must stay the same processes}
"""

_SYSTEMD = Path("/run/systemd/system")
_PROPERTIES = ("LoadState", "UnitFileState", "ActiveState", "MainPID")


def properties(shown: str) -> dict[str, str]:
    """The lines of `systemctl show`."""
    return dict(line.split("=", 1) for line in shown.splitlines() if "=" in line)


def started_at(pid: int) -> float:
    """When a process started, in seconds since 1970; 0 for one that is gone.

    By the boot clock itself: /proc/uptime may be a container's own while /proc/PID/stat counts from the boot.
    """
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return 0.0
    ticks = int(stat.rpartition(")")[2].split()[19])
    age = time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")
    return time.time() - age


def state(unit: str, pid: int, active: bool, since: float) -> dict[str, Any]:
    """One unit's answer. Without a process to look at, what is active counts as stale."""
    started = started_at(pid) if pid else 0.0
    return {"name": unit, "active": active, "pid": pid, "started": started, "stale": not active or started < since}


def since_then(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    """The second look; another process means that the first one died, which is no better than old code."""
    return {**second, "stale": second["stale"] or second["pid"] != first["pid"]}


class Units:
    """How the host's service manager is asked."""

    def __init__(self, module: Any) -> None:
        self._module = module
        self._systemd = _SYSTEMD.is_dir()

    def there(self, unit: str) -> bool:
        """Whether the host has the unit and nobody masked it."""
        if not self._systemd:
            return Path("/etc/init.d", unit).exists()
        return self._shown(unit)["LoadState"] == "loaded"

    def look(self, unit: str, since: float) -> dict[str, Any]:
        """The unit's state now."""
        if self._systemd:
            shown = self._shown(unit)
            return state(unit, int(shown.get("MainPID") or 0), shown["ActiveState"] == "active", since)
        code, _, _ = self._module.run_command(["service", unit, "status"])
        return state(unit, _pid_of(unit), code == 0, since)

    def _shown(self, unit: str) -> dict[str, str]:
        ask = ["systemctl", "show", "-p", ",".join(_PROPERTIES), f"{unit}.service"]
        _, shown, _ = self._module.run_command(ask, check_rc=True)
        return properties(shown)


def _pid_of(unit: str, run: Path = Path("/run")) -> int:
    """The process of an init script, by the file in which Debian's scripts keep its number."""
    for file in (*run.glob(f"{unit}.pid"), *run.glob(f"*/{unit}.pid")):
        text = file.read_text().strip()
        if text.isdecimal():
            return int(text)
    return 0


def main() -> None:
    """Run as Ansible runs modules."""
    texts = {"type": "list", "elements": "str"}
    module = AnsibleModule(
        argument_spec={
            "units": {**texts, "required": True},
            "otherwise": {**texts, "default": []},
            "since": {"type": "float", "default": 0.0},
            "settle": {"type": "int", "default": 0},
        },
        supports_check_mode=True,
    )
    given, host = module.params, Units(module)
    names = [u for u in given["units"] if host.there(u)] or [u for u in given["otherwise"] if host.there(u)]
    states = [host.look(unit, given["since"]) for unit in names]
    if given["settle"] and names and not any(one["stale"] for one in states):
        time.sleep(given["settle"])
        states = [since_then(one, host.look(one["name"], given["since"])) for one in states]
    module.exit_json(changed=False, units=states, stale=[one["name"] for one in states if one["stale"]])


if __name__ == "__main__":
    main()
