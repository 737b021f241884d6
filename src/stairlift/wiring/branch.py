"""An office that is elsewhere: the same journal, attempts and reports, as a server gives them."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from stairlift.client.address import Address
from stairlift.client.connection import Connection
from stairlift.client.documents import totals_of
from stairlift.client.felt import availability_of
from stairlift.client.jobs import Errands
from stairlift.client.patience import Patience
from stairlift.client.problems import error_of
from stairlift.client.records import at
from stairlift.client.store import ServerStore
from stairlift.client.told import delivery_of, source_of, strategy_of, token_of, worker_of
from stairlift.model.access import Token
from stairlift.model.availability import Totals
from stairlift.model.dispatch import WorkerSeen
from stairlift.model.errors import StairliftError, UsageError
from stairlift.model.notice import Delivery
from stairlift.model.plan import Plan
from stairlift.model.run import Attempt, AttemptId, Run
from stairlift.report.announcement import Occasion
from stairlift.report.figures import Availability
from stairlift.report.installed import InstalledSource, InstalledStrategy
from stairlift.wiring.admitting import Wish
from stairlift.wiring.archive import Archive
from stairlift.wiring.reporting import Form

#: So many steps are asked after at once.
_FEW = 100


@dataclass(frozen=True, slots=True)
class Branch:
    """What commands need of an office; see `Office`. Everything raises as `client.connection.Connection` does."""

    store: ServerStore
    connection: Connection

    @property
    def archive(self) -> Archive:
        """What is on record, to be read and shown."""
        return Archive(self.store, self.tasks, self.queued, self.metered)

    def plan(self, run: Run) -> Plan:
        """The plan that a run carries out."""
        return self.archive.plan(run)

    def doing(self, run_id: str, steps: Iterable[str]) -> Mapping[str, str]:
        """What the newest attempts of these steps do, for a screen that is drawn anew: it waits for nobody."""
        return _at_hand(self.connection.hurried, run_id, list(steps), "doing")

    def tasks(self, attempts: Sequence[AttemptId]) -> Mapping[str, str]:
        """The task at hand of these attempts of one run, by step."""
        return self._of(attempts, "doing")

    def queued(self, attempts: Sequence[AttemptId]) -> Mapping[str, str]:
        """Of these attempts, the steps of those that no worker has taken yet, with the reason if there is one."""
        return self._of(attempts, "queued")

    def _of(self, attempts: Sequence[AttemptId], what: str) -> Mapping[str, str]:
        return _at_hand(self.connection, attempts[0].run, [a.step for a in attempts], what) if attempts else {}

    def metered(self, run_id: str) -> Totals | None:
        """Where the meter of a run stands."""
        found = self.connection.get(at(run_id, "status")).get("meter")
        return totals_of(found) if found else None

    def printed(self, attempt: Attempt, offset: int) -> Iterator[bytes]:
        """What an attempt has printed from a byte on, line by line."""
        step, number = quote(attempt.id.step, safe=""), attempt.id.number
        path = f"{at(attempt.id.run)}/steps/{step}/attempts/{number}/log"
        yield from self.connection.raw(path, "text/plain", offset).splitlines(keepends=True)

    def trouble(self, run_id: str) -> StairliftError | None:
        """Why the server could not take a run up the last time it tried."""
        found = self.connection.get(at(run_id))["attending"]["trouble"]
        return error_of(found) if found else None

    def felt(self, run_id: str) -> tuple[Availability, Mapping[str, Any]]:
        """What users felt while a run went on, and the same as a document. Raises UsageError (availability.none)."""
        document = self.connection.get(at(run_id, "availability"))
        return availability_of(document), document

    def report(self, run_id: str, form: Form) -> bytes:
        """The report on a run as it stands."""
        return self.connection.raw(at(run_id, "report"), "*/*", format=form)

    def announcement(self, run_id: str, occasion: Occasion) -> str:
        """What users are told when a run begins, or when it has come to rest."""
        text: str = self.connection.get(at(run_id, "announcement"), occasion=occasion)["text"]
        return text

    def deliveries(self, run_id: str, limit: int) -> tuple[Delivery, ...]:
        """The delivery log of a run, the newest first."""
        return tuple(map(delivery_of, self.connection.pages("/v1/notices", "notices", limit, run=run_id)))

    def workers(self) -> tuple[WorkerSeen, ...]:
        """Every worker there is."""
        return tuple(map(worker_of, self.connection.get("/v1/workers")["workers"]))

    def strategies(self) -> tuple[InstalledStrategy, ...]:
        """The strategies that the server has."""
        return tuple(map(strategy_of, self.connection.get("/v1/strategies")["strategies"]))

    def sources(self) -> tuple[InstalledSource, ...]:
        """The sources that the server has."""
        return tuple(map(source_of, self.connection.get("/v1/inventories")["inventories"]))

    def tokens(self) -> tuple[Token, ...]:
        """Every token that was made, the newest first."""
        return tuple(map(token_of, self.connection.get("/v1/tokens")["tokens"]))

    def issue(self, wish: Wish, expires: str | None) -> tuple[Token, str]:
        """Make a token: what is on record of it, and itself."""
        wanted = {"name": wish.name, "rights": list(wish.rights), "expires": expires}
        made = self.connection.post("/v1/tokens", wanted)
        return token_of(made), made["token"]

    def revoke(self, name: str) -> None:
        """Let a token hold no longer."""
        self.connection.delete(f"/v1/tokens/{quote(name, safe='')}")

    def errands(self, note: Callable[[str], None]) -> Errands:
        """Has the server do what takes longer than an answer."""
        return Errands(self.connection, note)

    def keeps(self, plan_hash: str) -> bool:
        """Whether the server has this plan."""
        try:
            self.connection.get(f"/v1/plans/{quote(plan_hash, safe='')}/findings")
        except UsageError as unknown:
            if unknown.code != "plan.unknown":
                raise
            return False
        return True

    def observation(self, name: str) -> Mapping[str, Any]:
        """The document of a look that the server keeps."""
        found: Mapping[str, Any] = self.connection.get(f"/v1/observations/{quote(name, safe='')}")
        return found

    def kept_plan(self, plan_hash: str) -> Mapping[str, Any]:
        """The document of a plan that the server keeps. Raises UsageError (plan.unknown)."""
        found: Mapping[str, Any] = self.connection.get(f"/v1/plans/{quote(plan_hash, safe='')}")
        return found


def _at_hand(connection: Connection, run_id: str, steps: Sequence[str], what: str) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for first in range(0, len(steps), _FEW):
        found |= connection.get(at(run_id, "doing"), step=steps[first : first + _FEW])[what]
    return found


def open_branch(address: Address, note: Callable[[str], None]) -> Branch:
    """The office of the server at this address; it is asked once something is wanted.

    One that is started anew meanwhile is waited for, for a minute, which `note` is told.
    """
    connection = Connection(address, patience=Patience(note))
    return Branch(ServerStore(connection), connection)
