"""The command line: parse, call, print. Data goes to stdout, progress to stderr."""

import argparse
import json
import os
import sys
import time
from typing import Any

from rich.console import Console
from rich.table import Table

from tb import balancer, bed, guest, hosts, render, seed, status, topology
from tb import cloud as clouds
from tb.errors import TestbedError
from tb.layout import Layout


def _up(layout: Layout, options: argparse.Namespace) -> int:
    with bed.locked(layout):
        bed.up(layout)
    return _env(layout, options)


def _reset(layout: Layout, _options: argparse.Namespace) -> int:
    with bed.locked(layout):
        bed.reset(layout)
    return 0


def _down(layout: Layout, options: argparse.Namespace) -> int:
    with bed.locked(layout):
        (bed.purge if options.purge else bed.down)(layout)
    return 0


def _status(layout: Layout, options: argparse.Namespace) -> int:
    view = status.collect(layout)
    if options.output == "json":
        print(json.dumps(view, indent=2))
    else:
        status.show(view)
    return 0 if view["up"] else 3


def _env(layout: Layout, _options: argparse.Namespace) -> int:
    """Lines that a shell can read with eval."""
    print(f"export OS_CLIENT_CONFIG_FILE={layout.clouds_yaml}")
    print(f"export OS_CLOUD={topology.CLOUD}")
    print(f"export ANSIBLE_CONFIG={layout.ansible_cfg}")
    print(f"export ANSIBLE_INVENTORY={layout.inventory}")
    return 0


def _run(layout: Layout, options: argparse.Namespace) -> int:
    try:
        host = topology.host_named(options.host)
    except KeyError:
        raise TestbedError(f"no host {options.host}; there are {', '.join(h.name for h in topology.HOSTS)}") from None
    if not hosts.pid_of(layout, host):
        raise TestbedError(f"{host.name} is off")
    argv = hosts.command(layout, host, *options.command)
    os.execvp(argv[0], argv)


def _seed(layout: Layout, options: argparse.Namespace) -> int:
    _print_servers(seed.boot(clouds.connect(layout), options.count), options.output)
    return 0


def _servers(layout: Layout, options: argparse.Namespace) -> int:
    _print_servers(clouds.servers(clouds.connect(layout)), options.output)
    return 0


def _balancer(layout: Layout, options: argparse.Namespace) -> int:
    if options.way:
        with bed.locked(layout):
            balancer.switch(layout, options.way)
    print(render.balancer(layout))
    return 0


def _guest(layout: Layout, options: argparse.Namespace) -> int:
    if options.follow:
        for one in guest.follow(layout, clouds.connect(layout), options.server):
            print(json.dumps({"at": time.time(), "host": one.host.name, "address": one.address}), flush=True)
    plugged = guest.plug(layout, clouds.connect(layout), options.server)
    if options.command:
        argv = guest.inside(layout, plugged, *options.command)
        os.execvp(argv[0], argv)
    print(plugged.address)
    return 0


def _print_servers(rows: list[dict[str, str]], output: str) -> None:
    if output == "json":
        print(json.dumps(rows, indent=2))
        return
    table = Table("name", "status", "host", "id")
    for row in rows:
        table.add_row(row["name"], row["status"], row["host"], row["id"])
    Console().print(table)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="testbed", description=sys.modules["tb"].__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, do: Any, about: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=about, description=about)
        added.set_defaults(do=do)
        return added

    def output(added: argparse.ArgumentParser) -> None:
        added.add_argument("-o", "--output", choices=("table", "json"), default="table")

    command("up", _up, "install what is missing and start everything at the base release")
    output(command("status", _status, "what runs on each host, of which release, and what the APIs say"))
    command("reset", _reset, "back to the base release, from the dump")
    down = command("down", _down, "end everything; keep environments, keys and the dump")
    down.add_argument("--purge", action="store_true", help="delete these as well")
    run = command("run", _run, "run a command on a host as root, without SSH")
    run.add_argument("host")
    run.add_argument("command", nargs=argparse.REMAINDER)
    command("env", _env, "where clouds.yaml, the inventory and ansible.cfg are, as shell exports")
    boot = command("seed", _seed, "boot servers and wait until they are ACTIVE")
    boot.add_argument("count", type=int)
    output(boot)
    way = command("balancer", _balancer, "how the load balancer treats a request that a backend drops; or set it")
    way.add_argument("way", nargs="?", choices=render.BALANCERS)
    inside = command("guest", _guest, "plug a network namespace in as a server's port; run a command in it")
    inside.add_argument("--follow", action="store_true", help="stay, and move it along with its server")
    inside.add_argument("server")
    inside.add_argument("command", nargs=argparse.REMAINDER)
    output(command("servers", _servers, "the cloud's servers, with status and host"))
    return parser


def main() -> int:
    options = _parser().parse_args()
    if os.geteuid() != 0:
        print("testbed: needs root, for namespaces and mounts", file=sys.stderr)
        return 2
    try:
        return int(options.do(Layout.from_environment(), options))
    except TestbedError as error:
        print(f"testbed: {error}", file=sys.stderr)
    except clouds.ERRORS as error:
        print(f"testbed: the cloud did not answer as it should: {error}", file=sys.stderr)
    return 1
