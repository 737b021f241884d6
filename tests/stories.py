"""What the tests of the failure stories share: a desk in front of a staged cloud, and checks asked of staged hosts.

A story is one module, `test_story_NN_NAME.py`. Its `CAUGHT_BY` names what catches it: codes of checks and findings, and
rules in words. docs/explanation/failure-stories.md names the same (tests/unit/stories/test_the_page.py).
"""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import requests

from operating import Operator
from planning import seen
from stairlift.drive.check_registry import installed
from stairlift.drive.checks import run_checks
from stairlift.drive.questions import Ways
from stairlift.model.check import CheckResult, Scene
from stairlift.model.release import Release
from stairlift.ports import Answer, RemoteOutput
from stairlift.sandbox.api.tokens import PASSWORD, PROJECT_NAME
from stairlift.sandbox.client import SandboxClient
from stairlift.testing.clouds import NOON, CloudBuilder

#: A step that does to the sandbox what it is told, and fails where the sandbox refuses.
STEP = """\
import json, sys, urllib.error, urllib.request
action, services, hosts, to = sys.argv[1:5]
for host in hosts.split(","):
    body = {{"action": action, "services": services, "project": services.partition("-")[0], "to": to}}
    url = "{url}/_sandbox/hosts/" + host + "/steps"
    try:
        print(urllib.request.urlopen(urllib.request.Request(url, json.dumps(body).encode()), timeout=60).read())
    except urllib.error.HTTPError as error:
        sys.exit(error.read().decode())
"""
TOML = """\
[[strategy]]
match = {{}}
use = "command"
argv = ["{python}", "-I", "./step.py", "{{action}}", "{{service}}", "{{host}}", "{{to}}"]
{more}
"""


class Desk(Operator):
    """An operator whose steps really change the sandbox."""

    def with_steps(self, cloud: SandboxClient, more: str = "") -> "Desk":
        self.write("step.py", STEP.format(url=cloud.url))
        self.write("stairlift.toml", TOML.format(python=sys.executable, more=more))
        return self

    def finds(self, *words: str, to: str = "2025.2", source: str = "2025.1") -> dict[str, list[dict]]:
        """What `stairlift check` finds, by code."""
        document = self.types("check", "--to", to, "--from", source, "-o", "json", *words).document
        found: dict[str, list[dict]] = {}
        for one in document["findings"]:
            found.setdefault(one["code"], []).append(one)
        return found

    def refused(self, *words: str, to: str = "2025.2", source: str = "2025.1") -> str:
        """Why `stairlift plan` refuses."""
        answer = self.types("plan", "--from", source, "--to", to, *words)
        assert answer.code == 4, (answer.code, answer.err)
        return answer.err + answer.out

    def step_states(self) -> dict[str, str]:
        return {step["id"]: step["state"] for step in self.status("--steps")["step_list"]}


def a_desk(folder: Path, cloud: SandboxClient, more: str = "") -> Desk:
    desk = Desk(folder)
    desk.at(cloud)
    return desk.with_steps(cloud, more)


@dataclass(frozen=True)
class StagedHosts:
    """Fills ports.Remote: each host answers with the sections or the program's end that it is given.

    The real ones are the scripts of stairlift.knowledge.scripts over SSH (tests/real/test_checks_on_hosts.py).
    """

    answers: Mapping[str, str]

    def run(self, host: str, script: str, *, timeout: float) -> RemoteOutput:
        return RemoteOutput(0, self.answers.get(host, self.answers.get("", "")).encode(), "")


@dataclass(frozen=True)
class StagedApi:
    """Fills ports.CloudClient as far as questions go: what is below a path, by the path without its query.

    The real one is stairlift.openstack.client, which tests/e2e asks a sandbox with.
    """

    bodies: Mapping[str, object]
    cloud_name: str = "lab"

    def get(self, service_type: str, path: str, microversion: str | None = None) -> Answer:
        return Answer({"body": self.bodies[path.partition("?")[0]]})


def sections(**lines: str | Sequence[str]) -> str:
    """What a look at a host prints: `-` of a section's name is written as `_`."""
    told = []
    for name, given in lines.items():
        told += [f"@{name.replace('_', '-')}", *([given] if isinstance(given, str) else given)]
    return "\n".join([*told, "@end"]) + "\n"


def ended(code: int, said: str = "") -> str:
    """What running a project's program on a host prints."""
    return f"@ran the program\n{said}\n@ended {code}\n"


def checked(
    code: str,
    built: CloudBuilder,
    answers: Mapping[str, str],
    *,
    to: str = "2025.2",
    source: str = "2025.1",
    phase: str = "before",
    api: Mapping[str, object] | None = None,
    **scene,
) -> CheckResult:
    """How one check comes out about a built cloud whose hosts answer this, and whose API gives `api` by path."""
    cloud = seen(built).cloud
    hosts = frozenset(host.name for host in cloud.hosts)
    about = Scene(cloud, NOON, Release.parse(source), Release.parse(to), shells=hosts, **scene)
    (check,) = [one for one in installed().checks if one.info.code == code]
    ways = Ways(api=(lambda: StagedApi(api)) if api is not None else None, remote=StagedHosts(answers))
    (result,) = run_checks([check], about, ways, phase=phase)
    return result


def sentences(result: CheckResult) -> str:
    """What a check found, and what to do, in one text."""
    return " ".join(f"{f.subject}: {f.message}; {f.resolution}" for f in result.findings)


def migrations(cloud: SandboxClient) -> list[dict]:
    """All migrations that a sandbox knows of."""
    who = {"name": "admin", "domain": {"id": "default"}, "password": PASSWORD}
    scope = {"project": {"name": PROJECT_NAME, "domain": {"id": "default"}}}
    auth = {"identity": {"methods": ["password"], "password": {"user": who}}, "scope": scope}
    token = requests.post(f"{cloud.auth_url}/auth/tokens", json={"auth": auth}, timeout=20).headers["X-Subject-Token"]
    headers = {"X-Auth-Token": token, "OpenStack-API-Version": "compute 2.80"}
    return requests.get(f"{cloud.url}/compute/v2.1/os-migrations", headers=headers, timeout=20).json()["migrations"]
