"""Whether database migrations are at their end, by the projects' own commands and the code that runs.

Online migrations have no dry run: asking whether any rows are left migrates them. So they are run in sessions that the
database holds to reading: what has nothing to do ends well, and what would write fails and says so.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from stairlift.check.answers import Unanswered
from stairlift.check.hosts.asking import program, projects_of
from stairlift.check.hosts.reading import Ran, few, ran_of
from stairlift.check.hosts.shell_check import About, ShellCheck, Told
from stairlift.knowledge.procedures import meaning_of
from stairlift.model.check import Question, Reply, Scene

#: What the commands print of a migration that failed.
_TRIED = re.compile(r"^Error attempting to run <(?:function|bound method) (?:\w+\.)*(\w+)", re.MULTILINE)
_SYMPTOM = re.compile(r"^WARNING: (.+)$", re.MULTILINE)
#: oslo.db puts these behind the address of the database; PyMySQL sends init_command when it connects.
_READ_ONLY = "init_command=SET+SESSION+TRANSACTION+READ+ONLY"


@dataclass(frozen=True, slots=True)
class Online:
    """A project's online migrations, a command that only reads the database, and oslo.db's groups of options.

    `always` are the migrations that write however little they have to do, so that failing says nothing of them;
    placement's own are told by placement-status.
    """

    command: str
    trial: str
    groups: tuple[str, ...] = ("database",)
    always: tuple[str, ...] = ()

    @property
    def environ(self) -> Mapping[str, str]:
        """The variables by which oslo.config is told to read only."""
        return {f"OS_{group.upper()}__CONNECTION_PARAMETERS": _READ_ONLY for group in self.groups}


_ONLINE = {
    "nova": Online(
        "nova-manage db online_data_migrations",
        "db version",
        ("database", "api_database"),
        ("fill_virtual_interface_list",),
    ),
    "placement": Online(
        "placement-manage db online_data_migrations",
        "db version",
        ("placement_database",),
        ("set_root_provider_ids", "create_incomplete_consumers"),
    ),
    "cinder": Online("cinder-manage db online_data_migrations", "db version"),
    "ironic": Online("ironic-dbsync online_data_migrations", "version"),
}
#: Commands whose exit code says whether a schema is where it should be, and what to do where it is not.
_SCHEMAS = {
    "keystone": ("keystone-manage db_sync --check", "run the missing phase of keystone-manage db_sync"),
    "glance": ("glance-manage db check", "run the missing phase of glance-manage db"),
    "neutron": (
        "neutron-db-manage has_offline_migrations",
        "run neutron-db-manage upgrade --contract while every neutron server is stopped",
    ),
}
#: Neutron's heads are asked beside its contraction, under a key of their own.
_HEADS, _REVISION = "neutron-heads", re.compile(r"^([0-9a-f]{12})\b(.*)$", re.MULTILINE)


def _online_of(scene: Scene, *projects: str) -> Mapping[str, Question]:
    known = {p: _ONLINE[p] for p in projects_of(scene) if p in projects}
    asked = {p: program(scene, p, one.command, environ=one.environ, trial=one.trial) for p, one in known.items()}
    return {project: question for project, question in asked.items() if question}


def _schemas_of(scene: Scene, *projects: str) -> Mapping[str, Question]:
    asked = {p: program(scene, p, _SCHEMAS[p][0]) for p in projects_of(scene) if p in projects}
    if "neutron" in asked:
        asked[_HEADS] = program(scene, "neutron", "neutron-db-manage current")
    return {project: question for project, question in asked.items() if question}


def _all_of(scene: Scene) -> Mapping[str, Question]:
    """What has to be at its end before the next hop."""
    schemas = {f"{project} schema": question for project, question in _schemas_of(scene, *_SCHEMAS).items()}
    return {**schemas, **_online_of(scene, *_ONLINE)}


def _online(about: About, reply: Reply) -> Told:
    ran, asked = ran_of(reply), _ONLINE[about.subject]
    meaning, _ = meaning_of(asked.command, ran.code)
    tried = {match[1] for match in _TRIED.finditer(ran.said)}
    if meaning != "ok" and not tried:
        raise Unanswered(f"{asked.command} ended with {ran.code}: {ran.brief}")
    left = sorted(tried.difference(asked.always))
    if left:
        message = f"online migrations of {about.subject} have rows left to write: {few(left)}"
        yield about.found(message, f"run `{asked.command}` with the code that runs, until it ends with 0")
    yield f"{few(left)} would write" if left else "nothing would be written"


def _schema(about: About, reply: Reply) -> Told:
    project = about.subject.removesuffix(" schema")
    ran = ran_of(reply)
    if project == _HEADS:
        yield from _heads(about, ran)
        return
    command, resolution = _SCHEMAS[project]
    meaning, words = meaning_of(command, ran.code)
    if meaning == "pending":
        yield about.found(f"{command}: {words}", resolution, subject=project)
    elif meaning != "ok":
        raise Unanswered(f"{command} ended with {ran.code}: {ran.brief}")
    yield f"exit code {ran.code}"


def _heads(about: About, ran: Ran) -> Told:
    """Alembic writes "(head)" behind a revision that is one."""
    revisions = _REVISION.findall(ran.said)
    if ran.code or not revisions:
        raise Unanswered(f"neutron-db-manage current ended with {ran.code}: {ran.brief}")
    behind = [name for name, rest in revisions if "(head)" not in rest]
    if behind:
        message = f"the schema of neutron is at {few(behind)}, which is no head"
        yield about.found(message, "finish the migrations of the code that runs first", subject="neutron")
    yield few(name for name, _ in revisions)


def _either(about: About, reply: Reply) -> Told:
    return _online(about, reply) if about.subject in _ONLINE else _schema(about, reply)


def _keystone(scene: Scene) -> Mapping[str, Question]:
    question = program(scene, "keystone", "keystone-manage doctor")
    return {"keystone": question} if question else {}


def _doctor(about: About, reply: Reply) -> Told:
    """Most of what it says is advice."""
    ran = ran_of(reply)
    symptoms = _SYMPTOM.findall(ran.said)
    if ran.code and not symptoms:
        raise Unanswered(f"keystone-manage doctor ended with {ran.code}: {ran.brief}")
    for symptom in dict.fromkeys(symptoms):
        message = f"keystone-manage doctor: {symptom}"
        yield about.found(message, "read what it advises; waive what does not apply", subject=symptom.rstrip("."))
    yield f"exit code {ran.code}"


def _only(asked: Callable[..., Mapping[str, Question]], *projects: str) -> Callable[[Scene], Mapping[str, Question]]:
    return lambda scene: asked(scene, *projects)


KEYSTONE_SCHEMA = partial(ShellCheck, "keystone.schema", _only(_schemas_of, "keystone"), _schema)
NOVA = partial(ShellCheck, "nova.migrations", _only(_online_of, "nova"), _online)
OTHERS = partial(ShellCheck, "migrations.pending", _only(_online_of, "cinder", "placement", "ironic"), _online)
HEADS = partial(ShellCheck, "schema.heads", _only(_schemas_of, "glance", "neutron"), _schema)
FINISHED = partial(ShellCheck, "migrations.finished", _all_of, _either)
DOCTOR = partial(ShellCheck, "keystone.doctor", _keystone, _doctor)
