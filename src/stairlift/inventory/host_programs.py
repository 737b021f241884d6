"""Which program of a cloud a command line is. Renamed processes and API servers under uWSGI or Apache are told too."""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache

from stairlift.knowledge.binaries import all_binaries, binaries_of_group, binary

#: Programs of others that carry a cloud, by the names of their executables.
_INFRASTRUCTURE: Mapping[str, str] = {
    "mariadbd": "mariadb",
    "mysqld": "mariadb",
    "haproxy": "haproxy",
    "memcached": "memcached",
    "keepalived": "keepalived",
    "etcd": "etcd",
    "valkey-server": "valkey",
    "redis-server": "valkey",
    "proxysql": "proxysql",
    "ovs-vswitchd": "openvswitch",
}
#: OVN's databases are ovsdb-server, too: their files and schemas tell them apart (ovn-ctl(8)).
_DATABASES = (
    (re.compile(r"relay.*OVN_Southbound"), "ovn-sb-db-relay"),
    (re.compile(r"ovnsb|OVN_Southbound|ovn-sb"), "ovn-sb-db"),
    (re.compile(r"ovnnb|OVN_Northbound|ovn-nb"), "ovn-nb-db"),
)
_PYTHON = re.compile(r"python[\d.]*")
_SERVERS = re.compile(r"uwsgi(?:[-_].*)?|gunicorn\d*|apache2|httpd", re.IGNORECASE)
#: What tells several APIs of one project apart in the names of their modules and scripts.
_KINDS = ("metadata", "cfn", "cloudwatch")
_PARTS = re.compile(r"[^a-z0-9]+")


def program_of(words: Sequence[str]) -> str | None:
    """The program that a command line runs, whatever it is called; None for what belongs to no cloud."""
    if not words:
        return None
    first = _base(words[0])
    renamed = next((n for n, word in enumerate(words) if n and word.startswith("(/")), None)
    if renamed is not None:  # setproctitle: "neutron-server: rpc worker (/venv/bin/python /venv/bin/neutron-rpc-server"
        return program_of([words[renamed].lstrip("("), *words[renamed + 1 :]])
    if _PYTHON.fullmatch(first):
        return program_of(words[1:]) if len(words) > 1 and "/" in words[1] else None
    if first == "ovsdb-server":
        return database_of(words)
    if first == "beam.smp":
        return "rabbitmq" if "rabbit" in " ".join(words) else None
    return _INFRASTRUCTURE.get(first) or (first if binary(first) else None)


def serves_apis(words: Sequence[str]) -> bool:
    """Whether it is a server of WSGI applications, which says nothing about the API that it serves."""
    return any(_SERVERS.fullmatch(_base(word)) for word in words[:3]) or " ".join(words).startswith("(wsgi:")


def database_of(words: Iterable[str]) -> str:
    """Which database an ovsdb-server keeps; Open vSwitch's own is part of that."""
    text = " ".join(words)
    return next((name for pattern, name in _DATABASES if pattern.search(text)), "openvswitch")


@cache
def api_of(text: str) -> str | None:
    """The API that a WSGI module or script is: `nova.wsgi.osapi_compute:application`, `keystone-wsgi-public`."""
    parts = _PARTS.split(text.lower().rpartition("/")[2] or text.lower())
    if "openstack_dashboard" in text:
        return "horizon"
    apis = [one for one in all_binaries() if one.kind == "api" and one.project.replace("-", "") in {*parts}]
    wanted = [kind for kind in _KINDS if kind in parts]
    if wanted:
        return next((one.name for one in apis if one.name.endswith(wanted[0])), None)
    plain = [one.name for one in apis if not one.name.endswith(_KINDS)]
    return next((name for name in plain if name.endswith("-api")), plain[0] if plain else None)


def named(unit: str) -> str | None:
    """The program that a unit, a supervised program or a container is called after."""
    bare = _base(unit).removesuffix(".service").removesuffix("-container")
    for prefix in ("devstack@", "openstack-", "kolla-"):
        bare = bare.removeprefix(prefix)
    bare = bare.replace("_", "-")
    if bare in _INFRASTRUCTURE or binary(bare):
        return _INFRASTRUCTURE.get(bare, bare)
    called = binaries_of_group(bare, "kolla") or binaries_of_group(bare, "plain")
    return called[0] if len(called) == 1 else None


def image_of(image: str) -> tuple[str, str]:
    """The name and the tag of an image: `images.example.com/openstack.kolla/nova-compute:2025.1-debian-bookworm`."""
    name, _, tag = image.partition("@")[0].rpartition("/")[2].partition(":")
    return name, tag


def _base(word: str) -> str:
    return word.rpartition("/")[2].rstrip(":)")
