"""Builders of what checks are asked about, and ways to ask on which nobody answers."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Literal

from stairlift.drive.questions import Ways
from stairlift.knowledge.releases import parse_series
from stairlift.model.check import ApiQuestion, Question, Reply, Scene
from stairlift.model.errors import SourceTrouble, Trouble
from stairlift.ports import Answer, RemoteOutput
from stairlift.reconcile import reconcile
from stairlift.testing.clouds import NOON, CloudBuilder


def scene_of(builder: CloudBuilder, *, source: str = "2025.1", target: str | None = "2025.2") -> Scene:
    """What checks are asked about a built cloud, with a shell on every host of it and an address of every API."""
    seen = reconcile(builder.observations(), name="built")
    return Scene(
        cloud=seen.cloud,
        now=NOON,
        source=parse_series(source),
        target=parse_series(target) if target else None,
        observations=builder.observations(),
        backends={(s.binary, s.host): f"http://{s.host}:80/" for s in seen.cloud.services if s.registry is None},
        shells=frozenset(host.name for host in seen.cloud.hosts),
        findings=seen.findings,
    )


def replied(questions: Mapping[str, Question], bodies: Mapping[str, object]) -> dict[str, Reply]:
    """Replies to questions by a part of their path or address; to all others an empty list, or nothing at all."""

    def body(question: Question) -> object:
        path = question.path if isinstance(question, ApiQuestion) else getattr(question, "url", "")
        empty: object = [] if isinstance(question, ApiQuestion) and question.collection else {}
        return next((given for part, given in bodies.items() if part in path), empty)

    return {key: Reply(body=body(question), returncode=200) for key, question in questions.items()}


def ago(minutes: float) -> str:
    """A time so long before the one at which built clouds are looked at, as APIs write it."""
    return (NOON - timedelta(minutes=minutes)).replace(tzinfo=None).isoformat() + "Z"


def nobody_answers() -> Ways:
    """Ways on which nobody answers."""
    return Ways(api=_Silent, remote=_NoShell(), urls=_NoUrl())


class _Silent:
    """A cloud that keeps silent. That a real client tells it so is in tests/unit/openstack/test_client.py."""

    @property
    def cloud_name(self) -> str:
        return "built"

    def get(self, service_type: str, path: str, microversion: str | None = None) -> Answer:
        raise SourceTrouble(Trouble.TIMEOUT, f"{service_type} {path} {microversion}: no answer")

    def send(
        self,
        method: Literal["POST", "PUT", "DELETE"],
        service_type: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        microversion: str | None = None,
    ) -> Answer:
        raise SourceTrouble(Trouble.TIMEOUT, f"{method} {service_type} {path} {body} {microversion}: no answer")

    def catalog(self) -> Answer:
        raise SourceTrouble(Trouble.TIMEOUT, "the catalog: no answer")

    def versions(self, service_type: str) -> Answer:
        raise SourceTrouble(Trouble.TIMEOUT, f"{service_type}: no answer")


class _NoShell:
    """Hosts of which none lets us in. That a real one says so is in tests/unit/remote/test_ssh.py."""

    def run(self, host: str, script: str, *, timeout: float) -> RemoteOutput:
        raise SourceTrouble(Trouble.DENIED, f"{host} lets nobody in for {len(script)} bytes, {timeout:g} s")


class _NoUrl:
    """Addresses at which nobody is."""

    def get(self, url: str, *, timeout: float) -> Reply:
        return Reply(trouble=Trouble.UNREACHABLE, detail=f"{url}: nobody is there after {timeout:g} s")
