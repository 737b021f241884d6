"""What is running, looked up on the hosts themselves, and what the APIs say of it."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from rich.console import Console
from rich.table import Table

from tb import cloud as clouds
from tb import hosts, topology
from tb.layout import HERE, Layout
from tb.topology import Host


def _look(layout: Layout, host: Host) -> dict[str, Any]:
    if not hosts.pid_of(layout, host):
        return {"host": host.name, "running": False, "programs": [], "strays": []}
    script = (HERE / "tb" / "inside" / "processes.py").read_text(encoding="utf-8")
    seen = json.loads(hosts.run_on(layout, host, "/usr/bin/python3", "-", str(layout.venvs), feed=script))
    return {"host": host.name, "running": True, **seen}


def _records(layout: Layout) -> dict[str, Any]:
    """The API's view; where an API does not answer, why."""
    cloud = clouds.connect(layout)
    view: dict[str, Any] = {}
    for name, ask in (("services", clouds.services), ("agents", clouds.agents)):
        try:
            view[name] = [
                {
                    "binary": r.binary,
                    "host": r.host,
                    "state": r.state,
                    "age": round(r.age, 1),
                    "fresh": r.fresh,
                    "disabled": r.disabled,
                }
                for r in sorted(ask(cloud), key=lambda record: (record.host, record.binary))
            ]
        except clouds.ERRORS as error:
            view[name], view[f"{name}_error"] = [], str(error)
    return view


def collect(layout: Layout) -> dict[str, Any]:
    with ThreadPoolExecutor(max_workers=len(topology.HOSTS)) as pool:
        seen = list(pool.map(lambda host: _look(layout, host), topology.HOSTS))
    up = all(host["running"] for host in seen)
    return {"up": up, "hosts": seen, **(_records(layout) if up else {"services": [], "agents": []})}


def _programs_table(view: dict[str, Any]) -> Table:
    table = Table("host", "program", "state", "pid", "runs", title="on the hosts")
    for host in view["hosts"]:
        if not host["running"]:
            table.add_row(host["host"], "", "OFF", "", "")
        for row in host["programs"]:
            table.add_row(host["host"], row["program"], row["state"], str(row["pid"] or ""), "+".join(row["releases"]))
        for stray in host["strays"]:
            table.add_row(host["host"], "(no program)", "STRAY", str(stray["pid"]), "+".join(stray["releases"]))
    return table


def _records_table(view: dict[str, Any]) -> Table:
    table = Table("host", "record", "state", "age (s)", "fresh", title="in the APIs")
    for row in view["services"] + view["agents"]:
        state = f"{row['state']}, disabled" if row["disabled"] else row["state"]
        table.add_row(row["host"], row["binary"], state, str(row["age"]), "yes" if row["fresh"] else "NO")
    for name in ("services", "agents"):
        if f"{name}_error" in view:
            table.add_row("", name, "no answer", "", view[f"{name}_error"])
    return table


def show(view: dict[str, Any]) -> None:
    console = Console()
    console.print(_programs_table(view))
    if view["up"]:
        console.print(_records_table(view))
