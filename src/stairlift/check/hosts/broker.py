"""RabbitMQ: its nodes, its feature flags, its queues."""

import json
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from stairlift.check.answers import Unanswered
from stairlift.check.hosts.asking import every_host, hosts_of, look, survey_of_hosts
from stairlift.check.hosts.reading import Survey, few, survey_of
from stairlift.check.hosts.shell_check import About, ShellCheck, Told, by_sections
from stairlift.knowledge.checks import rule
from stairlift.model.check import CheckInfo, Judgement, Question, Reply, Scene
from stairlift.model.finding import Finding, Severity

#: How oslo.config writes true (oslo_config.types.Boolean).
TRUE = frozenset({"true", "1", "on", "yes"})


def _brokers(scene: Scene) -> Mapping[str, Question]:
    return look(hosts_of(scene, "rabbitmq"), "broker.sh")


def _first(scene: Scene) -> Mapping[str, Question]:
    """Of a cluster any node will do for what they have in common."""
    asked = _brokers(scene)
    one = min(asked, key=lambda host: (host not in scene.shells, host), default=None)
    return {one: asked[one]} if one else {}


def _json(seen: Survey, section: str) -> Any:
    try:
        return json.loads("\n".join(seen.lines(section)))
    except ValueError:
        raise Unanswered(f"rabbitmqctl does not tell its {section}") from None


def _health(about: About, seen: Survey) -> Told:
    if seen.first("running") != "0":
        yield about.found(f"RabbitMQ on {about.subject} does not run", "start it, and find out why it had stopped")
        return
    if seen.first("alarms") != "0":
        message = f"RabbitMQ on {about.subject} has an alarm: {few(seen.lines('alarms')[1:])}"
        yield about.found(message, "make room: with an alarm nobody can publish")
    cluster = _json(seen, "cluster")
    if partitions := cluster.get("partitions"):
        message = f"the cluster of {about.subject} is partitioned: {few(sorted(map(str, partitions)))}"
        yield about.found(message, "heal the partition first: rabbitmqctl cluster_status")
    running, disks = cluster.get("running_nodes", []), cluster.get("disk_nodes", [])
    if away := sorted(set(disks) - set(running)):
        yield about.found(f"{few(away)} of the cluster are not running", "start them, or remove them from the cluster")
    yield f"{len(running)} of {len(disks)} nodes run"


def _flags(about: About, seen: Survey) -> Told:
    """A newer broker refuses to start beside a stable flag that was never enabled."""
    rows = _json(seen, "flags")
    off = [row["name"] for row in rows if row.get("stability", "stable") == "stable" and row.get("state") == "disabled"]
    if off:
        severity: Severity | None = None if _upgraded(about.scene) else "warning"
        message = f"stable feature flags are not enabled: {few(sorted(off))}"
        yield about.found(message, "rabbitmqctl enable_feature_flag all", severity=severity)
    yield f"{len(rows)} feature flags, {len(off)} stable ones off"


def _upgraded(scene: Scene) -> bool:
    """Whether the plan upgrades the broker itself."""
    return scene.plan is not None and any("rabbitmq" in step.services for step in scene.plan.steps)


def _queues(seen: Survey) -> list[tuple[str, str, str, int, int]]:
    """Name, type, durable, messages, consumers; of one that is down nobody counts any."""
    rows = (row for row in seen.rows("queues") if len(row) == 6)
    return [(name, kind, durable, _number(count), _number(readers)) for _, name, kind, durable, count, readers in rows]


def _number(text: str) -> int:
    return int(text) if text.isdecimal() else 0


def _backlog(about: About, seen: Survey) -> Told:
    most = about.rule.limit("messages")
    queues = _queues(seen)
    for name, _, _, messages, consumers in queues:
        if messages > most or (
            messages and not consumers and not name.startswith(("reply_", "notifications", "versioned_"))
        ):
            message = f"{messages} messages wait in {name}, which has {consumers} consumers"
            yield about.found(message, "find out who should read them; purge a queue of what is gone", subject=name)
    yield f"{len(queues)} queues, {sum(row[3] for row in queues)} messages wait"


def _quorum(about: About, seen: Survey) -> Told:
    """Asked of each node: a plan that leaves the broker alone stops none of them."""
    if seen.first("quorum") != "0":
        severity: Severity | None = None if _upgraded(about.scene) else "warning"
        message = f"stopping RabbitMQ on {about.subject} would take a quorum with it: {few(seen.lines('quorum')[1:])}"
        yield about.found(message, "wait until the other members are online and in step", severity=severity)
    yield f"exit code {seen.first('quorum')}"


def _types(scene: Scene) -> Mapping[str, Question]:
    """What the broker has, and what the services are configured to ask for."""
    first = _first(scene)
    return {
        **{f"rabbitmq on {host}": question for host, question in first.items()},
        **(survey_of_hosts(every_host(scene)) if first else {}),
    }


def _demanded(about: About, reply: Reply) -> Told:  # noqa: ARG001
    survey_of(reply)
    return ()


def _match(about: About, replies: Mapping[str, Reply]) -> Told:
    """Services that ask for quorum queues cannot declare classic ones of the same name anew (PRECONDITION_FAILED)."""
    asked = {key: survey_of(reply) for key, reply in replies.items()}
    options = [row for key, seen in asked.items() if " on " not in key for row in seen.rows("options") if len(row) == 4]
    wants = {row[2] for row in options if row[1] == "oslo_messaging_rabbit" and row[3].strip().casefold() in TRUE}
    queues = [row for key, seen in asked.items() if " on " in key for row in _queues(seen)]
    services = [row for row in queues if not row[0].startswith(("reply_", "amq.")) and "_fanout" not in row[0]]
    classic = [row[0] for row in services if row[1] == "classic"]
    passing = [row[0] for row in services if row[1] == "classic" and row[2] != "true"]
    if "rabbit_quorum_queue" in wants and classic:
        yield _mixed(about, "quorum queues", classic)
    elif "amqp_durable_queues" in wants and passing:
        yield _mixed(about, "durable queues", passing)
    yield f"{len(classic)} classic of {len(services)} queues; asked for: {few(sorted(wants)) or 'the defaults'}"


def _mixed(about: About, wanted: str, names: list[str]) -> Any:
    message = f"services ask for {wanted}, and {len(names)} queues are not: {few(sorted(names))}"
    return about.found(message, "stop the services, delete these queues and start them again, in a step of its own")


HEALTH = partial(ShellCheck, "rabbitmq.health", _brokers, by_sections(_health))
FLAGS = partial(ShellCheck, "rabbitmq.flags", _first, by_sections(_flags))
BACKLOG = partial(ShellCheck, "rabbitmq.backlog", _first, by_sections(_backlog))
QUORUM = partial(ShellCheck, "rabbitmq.quorum", _brokers, by_sections(_quorum))
QUEUE_TYPES = partial(ShellCheck, "rabbitmq.queue_types", _types, _demanded, _match)


class Bus:
    """Queues, connections and threads are as they were before the run: who has lost the bus is not told by its log.

    Before the run it notes how many there are.
    """

    info: CheckInfo = rule("bus.unsteady").info

    def applies(self, scene: Scene) -> bool:
        """There is a broker on a host that is known."""
        return bool(_first(scene))

    def asks(self, scene: Scene) -> Mapping[str, Question]:
        """One node of the broker, and one database server."""
        databases = look(hosts_of(scene, "mariadb")[:1], "databases.sh", MOST="0")
        return {f"rabbitmq on {host}": q for host, q in _first(scene).items()} | {
            f"mariadb on {host}": q for host, q in databases.items()
        }

    def judge(self, scene: Scene, replies: Mapping[str, Reply]) -> Judgement:
        """A database that does not let us in hides nothing of the broker, and says so."""
        counts: dict[str, int] = {}
        unknown = []
        for key, reply in replies.items():
            try:
                counts |= _counted(survey_of(reply))
            except Unanswered as why:
                unknown.append(f"{key}: {why}")
        findings = tuple(self._compared(scene, counts, scene.baseline.get(self.info.code, {})))
        evidence = ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))
        return Judgement(findings, evidence, "; ".join(unknown), counts)

    def _compared(self, scene: Scene, now: Mapping[str, int], before: Mapping[str, int]) -> Iterator[Finding]:
        about, limit = About(self.info.code, scene, "rabbitmq"), rule(self.info.code).limit
        if now.get("threads", 0) * 100 > now.get("most threads", 1 << 30) * limit("threads_percent"):
            message = f"{now['threads']} of {now['most threads']} connections of the database are taken"
            yield about.found(
                message, "find out who has opened so many, before more services restart", subject="mariadb"
            )
        if "messages" in before and now.get("messages", 0) > before["messages"] + limit("more_messages"):
            message = f"{now['messages']} messages wait, {before['messages']} did before the run"
            yield about.found(message, "find out who should read them")
        if now.get("connections", 1 << 30) * 100 < before.get("connections", 0) * limit("connections_percent"):
            message = f"the broker has {now['connections']} connections, {before['connections']} before the run"
            yield about.found(message, "find out which services have lost it")


def _counted(seen: Survey) -> dict[str, int]:
    """What the sections of a broker or of a database server count."""
    found = {}
    if "queues" in seen.sections:
        found = {"messages": sum(row[3] for row in _queues(seen)), "connections": int(seen.first("connections") or 0)}
    rows = {row[0]: row[1] for name in ("status", "variables") for row in seen.rows(name) if len(row) == 2}
    if "Threads_connected" in rows and "max_connections" in rows:
        found |= {"threads": int(rows["Threads_connected"]), "most threads": int(rows["max_connections"])}
    return found
