"""The load balancer's two ways with a request that a backend drops, switched while it runs."""

from tb import hosts, render, topology
from tb.commands import say, wait_until
from tb.layout import Layout

_CONFIG = "/etc/haproxy/haproxy.cfg"
#: The one file of a load balancer that holds a key is SSH's, which stays as it is.
_NO_KEYS = {"id_ed25519.pub": ""}


def switch(layout: Layout, way: str) -> None:
    """Sets it for now and for later starts. Not for the middle of an upgrade: a reload forgets who was drained."""
    layout.balancer.write_text(f"{way}\n", encoding="ascii")
    if not hosts.pid_of(layout, topology.LOADBALANCER):
        return
    files = render.host_files(layout, topology.LOADBALANCER, _NO_KEYS)
    text = next(file.text for file in files if file.path == _CONFIG)
    _on(layout, "sh", "-c", f"cat >{_CONFIG} && haproxy -c -q -f {_CONFIG}", feed=text)
    _on(layout, "supervisorctl", "signal", "USR2", "haproxy")
    wait_until("the load balancer finds every backend", lambda: _all_up(layout), 60)
    say(f"the load balancer is {way}")


def _all_up(layout: Layout) -> bool:
    said = _on(layout, "sh", "-c", f"echo 'show stat' | socat - {topology.HAPROXY_SOCKET} || true")
    rows = [line.split(",") for line in said.splitlines() if line and not line.startswith("#")]
    names = {host.name for host in topology.CONTROLS}
    backends = [row for row in rows if row[1] in names]
    return len(backends) == len(names) * len(topology.APIS) and all(row[17] == "UP" for row in backends)


def _on(layout: Layout, *argv: str, feed: str = "") -> str:
    return hosts.run_on(layout, topology.LOADBALANCER, *argv, feed=feed)
