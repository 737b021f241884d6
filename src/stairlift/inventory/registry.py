"""What most projects have: a list of their own services, each with a heartbeat; only the words differ.

A project's module says how it is asked and what a row means, as a `Registry`; its entry point is that value.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from stairlift.inventory.context import SourceContext
from stairlift.inventory.microversion import highest
from stairlift.inventory.paging import Paging, pages
from stairlift.inventory.rows import Row, paged, records, sensible
from stairlift.model.errors import SourceTrouble, Trouble
from stairlift.model.observation import Fact, ServiceRecord
from stairlift.ports import Answer, CloudClient

#: A row of a list, and the cloud's own time when it was given.
Record = Callable[[Row, datetime | None], ServiceRecord]
#: Which of the rows count; a service may keep rows of processes that ended.
Sifted = Callable[[Iterable[Row]], Iterable[Row]]
ADMINISTRATOR = "the administrator of a project"


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of an API: a path below its endpoint, the key of the rows in the answer, and how they are paged.

    `paging` is None where the whole list comes at once.
    """

    path: str
    key: str
    paging: Paging | None = None
    microversion: str | None = None


@dataclass(frozen=True, slots=True)
class Registry:
    """How the services of one project are listed. `name` is the source's; `role` is who may ask by default.

    `ask` chooses the question by the API's highest microversion where that matters; it raises SourceTrouble.
    """

    name: str
    service_type: str
    question: Question
    record: Record
    sifted: Sifted = lambda rows: rows
    role: str = ADMINISTRATOR
    ask: Callable[[tuple[int, int] | None], Question] | None = None

    def from_spec(self, _argument: str, context: SourceContext) -> "RegistryInventory":
        """The source, as `inventory.specs` builds it."""
        return RegistryInventory(self, context.client())


@contextmanager
def asked_as(role: str) -> Iterator[None]:
    """Adds who may ask by default where this user may not (403). A sign-in that failed stays as it is."""
    try:
        yield
    except SourceTrouble as trouble:
        if trouble.trouble is not Trouble.DENIED or "(403)" not in trouble.brief:
            raise
        raise SourceTrouble(trouble.trouble, trouble.brief, f"By default {role} may ask.") from None


class RegistryInventory:
    """The services of one project as its own API lists them.

    Nothing is sent where the catalog has no such service: the client says so by itself (NOT_DEPLOYED).
    """

    def __init__(self, registry: Registry, client: CloudClient) -> None:
        self.name = registry.name
        self._registry = registry
        self._client = client

    def fetch(self) -> Answer:
        with asked_as(self._registry.role):
            return self._asked(self._question())

    def _question(self) -> Question:
        if self._registry.ask is None:
            return self._registry.question
        answer = self._client.versions(self._registry.service_type)
        with sensible(f"the version document of {self._registry.service_type}"):
            offered = highest(answer.documents["versions"])
        return self._registry.ask(offered)

    def _asked(self, question: Question) -> Answer:
        kind = self._registry.service_type
        if question.paging is None:
            whole = self._client.get(kind, question.path, question.microversion)
            return Answer({"pages": [whole.documents["body"]]}, whole.cloud_time)
        path, _, query = question.path.partition("?")
        asked = dict(pair.split("=", 1) for pair in query.split("&") if pair)
        return pages(
            self._client,
            kind,
            path,
            question.key,
            microversion=question.microversion,
            paging=question.paging,
            **asked,
        )

    def read(self, answer: Answer) -> tuple[Fact, ...]:
        registry = self._registry
        with sensible(self.name):
            rows = registry.sifted(paged(answer.documents["pages"], registry.question.key))
            return records(lambda row: registry.record(row, answer.cloud_time), rows)
