"""The life of the testbed: up, reset, down."""

import contextlib
import fcntl
import shutil
import subprocess
from collections.abc import Iterator

from tb import bus, catalogue, databases, hosts, packages, render, secrets, supervisor, topology, venvs
from tb import cloud as clouds
from tb.commands import say, side_by_side, wait_until
from tb.errors import TestbedError
from tb.layout import Layout

_KEYSTONE, *_OTHER_APIS = topology.APIS


@contextlib.contextmanager
def locked(layout: Layout) -> Iterator[None]:
    """Raises TestbedError if another command is changing this testbed. A dead holder holds nothing."""
    layout.state.mkdir(parents=True, exist_ok=True)
    with (layout.state / "lock").open("w", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise TestbedError(f"another command is at work on {layout.state}; wait for it") from None
        yield


def up(layout: Layout) -> None:
    """Starts everything at the base release. A testbed that runs already is left as it is."""
    running = hosts.running(layout)
    if len(running) == len(topology.HOSTS) and layout.ready.exists():
        say("already up")
        return
    if running:
        raise TestbedError("not all that should run does, see `testbed status`; `testbed reset` starts afresh")
    if hosts.bridge_exists():
        raise TestbedError(f"the bridge {topology.BRIDGE} exists: is a testbed with another state directory up?")
    packages.ensure()
    venvs.ensure(layout)
    _start(layout)


def reset(layout: Layout) -> None:
    """Back to the base release, from the dump: hosts, links, configuration and databases start afresh."""
    down(layout)
    up(layout)


def down(layout: Layout) -> None:
    """Ends everything that `up` started and removes what the hosts wrote; environments, keys and dump stay."""
    _close_ssh(layout)
    side_by_side(lambda host: hosts.power_off(layout, host), topology.HOSTS)
    hosts.remove_bridge()
    for leftovers in (layout.hosts, layout.images, layout.run):
        shutil.rmtree(leftovers, ignore_errors=True)
    say("down")


def purge(layout: Layout) -> None:
    """Everything `down` keeps goes as well."""
    down(layout)
    shutil.rmtree(layout.state)


def _close_ssh(layout: Layout) -> None:
    """Ansible keeps connections open for its next run; they would outlive the hosts for a while."""
    for socket in layout.control_sockets.glob("*"):
        subprocess.run(["ssh", "-o", f"ControlPath={socket}", "-O", "exit", "none"], capture_output=True, check=False)


def _start(layout: Layout) -> None:
    keys = secrets.ensure(layout)
    for directory in (layout.run, layout.images, layout.control_sockets):
        directory.mkdir(parents=True, exist_ok=True)
    for file in render.client_files(layout):
        render.write_file(file)
    hosts.add_bridge()
    side_by_side(lambda host: hosts.power_on(layout, host, keys), topology.HOSTS)
    say("hosts run")
    _fill_databases(layout)
    say("databases filled, Keystone answers")
    _start_services(layout)
    layout.ready.touch()
    say("up: every service reports fresh")


def _fill_databases(layout: Layout) -> None:
    """Ends with Keystone running: the catalogue is filled through it."""
    databases.wait_for_server(layout)
    databases.create(layout)
    if layout.dump.exists():
        databases.restore(layout)
        _start_keystone(layout)
        return
    say("running the migrations")
    databases.migrate(layout)
    _start_keystone(layout)
    catalogue.fill(clouds.connect(layout))
    databases.save(layout)


def _start_keystone(layout: Layout) -> None:
    """Before all others: nova-conductor and nova-scheduler give up where there is no Keystone."""
    supervisor.start(layout, lambda program: program.project == "keystone")
    clouds.wait_for_apis([_KEYSTONE])
    wait_until("the load balancer finds Keystone", lambda: clouds.answers(_KEYSTONE, topology.LOADBALANCER), 60)


def _start_services(layout: Layout) -> None:
    bus.wait_for_broker()
    supervisor.start(layout, lambda program: program.plane == "control")
    clouds.wait_for_apis(_OTHER_APIS)
    bus.wait_for_servers(layout)
    say("the control plane runs")
    supervisor.start(layout, lambda program: program.plane == "resource")
    clouds.wait_until_ready(clouds.connect(layout))
