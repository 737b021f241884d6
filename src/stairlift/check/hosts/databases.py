"""The database servers: their cluster, their collations, what lies in them that an upgrade stumbles over."""

from collections import defaultdict
from collections.abc import Mapping
from functools import partial

from stairlift.check.answers import Unanswered
from stairlift.check.hosts.asking import hosts_of, look, next_release
from stairlift.check.hosts.reading import Survey, few, survey_of
from stairlift.check.hosts.shell_check import About, ShellCheck, Told, by_sections
from stairlift.knowledge.checks import rule
from stairlift.knowledge.platforms import platform
from stairlift.model.check import Question, Reply, Scene

#: Levels at which all statements of a transaction see what the first one saw.
_AS_OF_BEGIN = frozenset({"REPEATABLE-READ", "SERIALIZABLE"})
_ISOLATE = (
    "SET GLOBAL TRANSACTION ISOLATION LEVEL READ COMMITTED, an hour ([database] connection_recycle_time) before the "
    "run, with row-based or mixed binary logs; or waive it: few requests meet such a moment"
)
_WELL = {"wsrep_cluster_status": "Primary", "wsrep_local_state_comment": "Synced", "wsrep_ready": "ON"}


def _every(scene: Scene) -> Mapping[str, Question]:
    most = rule("database.rows").limit("rows") + 1
    return look(hosts_of(scene, "mariadb"), "databases.sh", MOST=str(most))


def _one(scene: Scene) -> Mapping[str, Question]:
    """Of a cluster any member will do: they hold the same."""
    asked = _every(scene)
    first = min(asked, key=lambda host: (host not in scene.shells, host), default=None)
    return {first: asked[first]} if first else {}


def _every_on_a_way(scene: Scene) -> Mapping[str, Question]:
    """Cells may have databases of their own."""
    return _every(scene) if platform(next_release(scene)) else {}


def _values(seen: Survey, section: str) -> Mapping[str, str]:
    return {row[0]: row[1] for row in seen.rows(section) if len(row) == 2}


def _galera(about: About, seen: Survey) -> Told:
    """A server without a cluster is well where it answers."""
    status, variables = _values(seen, "status"), _values(seen, "variables")
    if not seen.first("version"):
        raise Unanswered("the database does not answer")
    if variables.get("wsrep_on") != "ON":
        yield f"{seen.first('version')}, no cluster"
        return
    for name, value in _WELL.items():
        if status.get(name) != value:
            message = f"{name} of {about.subject} is {status.get(name, 'unknown')}, not {value}"
            yield about.found(message, "bring the cluster into order before anything is upgraded")
    paused = float(status.get("wsrep_flow_control_paused", 0)) * 100
    if paused > about.rule.limit("flow_control_percent"):
        message = f"{about.subject} is held back by flow control {paused:.0f}% of the time"
        yield about.found(message, "find out which member is slow")
    yield f"{status.get('wsrep_cluster_size')} members, {status.get('wsrep_local_state_comment')}"


def _collations(about: About, seen: Survey) -> Told:
    """A foreign key between tables of two collations cannot be made: a migration would fail half-way (LP 2084562).

    Those for binary comparison and the latin1 of some tables are the projects' own choice.
    """
    schemas: dict[str, set[str]] = defaultdict(set)
    for row in (*seen.rows("collations"), *seen.rows("columns")):
        if len(row) == 3 and row[1].startswith("utf8") and row[1].endswith("_ci"):
            schemas[row[0]].add(row[1])
    if not seen.first("version") or not schemas:
        raise Unanswered("the database tells nothing of its schemas")
    for schema, found in sorted(schemas.items()):
        if len(found) > 1:
            message = f"schema {schema} mixes the collations {few(sorted(found))}"
            resolution = f"convert its tables to one: ALTER TABLE ... CONVERT TO CHARACTER SET, schema {schema}"
            yield about.found(message, resolution, subject=schema)
    yield f"{seen.first('version')}, {len(schemas)} schemas"


def _isolation(about: About, seen: Survey) -> Told:
    """Where a transaction reads as of its begin, it fails at a table that was altered since (MariaDB's error 1412).

    No project tries it again: its user gets a 500.
    """
    variables = _values(seen, "variables")
    level = variables.get("transaction_isolation") or variables.get("tx_isolation")
    if level is None:
        raise Unanswered("the database does not tell how it isolates transactions")
    if level in _AS_OF_BEGIN:
        message = f"{about.subject} isolates by {level}: requests that are under way while a table is changed may fail"
        yield about.found(message, _ISOLATE)
    yield level


def _minimum(about: About, seen: Survey) -> Told:
    """A nova of the target does not start beside a nova-compute that is older; disabled ones count, too."""
    target = next_release(about.scene)
    needed = platform(target)
    rows = [row for row in seen.rows("services") if len(row) == 3 and row[1].isdecimal()]
    for schema, least, _ in rows:
        if needed and int(least) < needed.nova_floor:
            message = f"{schema} has a nova-compute of version {least}; {target} needs {needed.nova_floor}"
            resolution = "delete the records of hosts that are gone, and upgrade the others to the release before first"
            yield about.found(message, resolution, subject=schema)
    yield few(f"{schema}: {least} of {count}" for schema, least, count in rows) or "no cell"


def _any_cell(about: About, replies: Mapping[str, Reply]) -> Told:  # noqa: ARG001
    if replies and not any(survey_of(reply).lines("services") for reply in replies.values()):
        raise Unanswered("no database of a cell was found")
    return ()


def _deleted(about: About, seen: Survey) -> Told:
    """Migrations read and rewrite them as well."""
    most = about.rule.limit("rows")
    counts = [(row[0], int(row[1])) for row in seen.rows("deleted") if len(row) == 2]
    for table, count in counts:
        if count > most:
            message = f"{table} holds more than {most} rows that are only marked as deleted"
            yield about.found(message, "archive and purge them in batches, days before the upgrade", subject=table)
    yield few(f"{table}: {count}" for table, count in counts) or "nothing is marked as deleted"


def _duplicates(about: About, seen: Survey) -> Told:
    bindings, segments = seen.rows("bindings"), seen.rows("segments")
    if not seen.first("version"):
        raise Unanswered("the database does not answer")
    for port, *_ in bindings:
        message = f"port {port} is bound to more than one host at a time"
        yield about.found(message, "neutron-remove-duplicated-port-bindings", subject=port)
    for kind, physical, number, *_ in segments:
        message = f"segment {number} of {kind} on {physical} is there more than once"
        yield about.found(message, "delete the network that does not use it", subject=f"{kind}:{physical}:{number}")
    yield f"{len(bindings)} bindings and {len(segments)} segments are there twice"


def _agree(about: About, replies: Mapping[str, Reply]) -> Told:
    """All servers of a cluster see each other, and are of one version. There may be several clusters."""
    clusters: dict[str, dict[str, Survey]] = defaultdict(dict)
    for host, reply in replies.items():
        seen = survey_of(reply)
        clusters[_values(seen, "status").get("wsrep_cluster_state_uuid", "")][host] = seen
    for members in clusters.values():
        yield from _one_version(about, members)
        yield from _all_seen(about, members)


def _one_version(about: About, members: Mapping[str, Survey]) -> Told:
    versions: dict[str, list[str]] = defaultdict(list)
    for host, seen in members.items():
        versions[seen.first("version")].append(host)
    if len(versions) > 1:
        told = "; ".join(f"{version}: {few(hosts)}" for version, hosts in sorted(versions.items()))
        yield about.found(f"the database servers are of several versions: {told}", "bring them to one first")


def _all_seen(about: About, members: Mapping[str, Survey]) -> Told:
    """A size that is larger is no loss: an arbitrator counts in it, too."""
    for host, seen in members.items():
        size = _values(seen, "status").get("wsrep_cluster_size", "")
        if _values(seen, "variables").get("wsrep_on") == "ON" and size.isdecimal() and int(size) < len(members):
            message = f"{host} sees a cluster of {size}, and {len(members)} servers are of it: {few(members)}"
            yield about.found(message, "find out which member is away", subject=host)


GALERA = partial(ShellCheck, "galera.health", _every, by_sections(_galera), _agree)
COLLATIONS = partial(ShellCheck, "database.collations", _one, by_sections(_collations))
NOVA_MINIMUM = partial(ShellCheck, "nova.minimum_version", _every_on_a_way, by_sections(_minimum), _any_cell)
ISOLATION = partial(ShellCheck, "database.isolation", _every, by_sections(_isolation))
ROWS = partial(ShellCheck, "database.rows", _one, by_sections(_deleted))
DUPLICATES = partial(ShellCheck, "network.duplicates", _one, by_sections(_duplicates))
