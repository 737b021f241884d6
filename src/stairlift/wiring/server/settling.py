"""The ledger of a run, seen to by a server for somebody: put back, or taken as settled by a person's word."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stairlift.model.errors import UsageError
from stairlift.model.run import Event
from stairlift.report.events import event_line
from stairlift.report.ledger import ledger_document
from stairlift.wiring.ledgering import demand_word, left_over, put_back, settle
from stairlift.wiring.server.house import House
from stairlift.wiring.server.jobs import Fruitless, Note, Work


@dataclass(frozen=True, slots=True)
class Settling:
    """What somebody wants of side effects of a run, as behind `stairlift ledger`: see `ledgering`."""

    run: str
    actor: str
    effects: Sequence[str] = ()
    restore: bool = False
    settle: bool = False
    reason: str = ""


def see_to(house: House, wanted: Settling) -> Work:
    """The work notes what happens, and gives the ledger as it stands then.

    Raises UsageError (run.unknown, ledger.settle, usage.options). The work raises as `put_back` and `settle` do, and
    Refusal (ledger.left), which has the ledger, where something could not be put back.
    """
    run = house.office.store.run(wanted.run)
    demand_word(wanted.effects, wanted.reason, settle=wanted.settle, restore=wanted.restore)
    if not (wanted.settle or wanted.restore):
        raise UsageError(code="usage.options", brief="what is to be done of it: restore or settle?")

    def work(note: Note) -> tuple[Mapping[str, Any], str]:
        def hear(event: Event) -> None:
            note(event_line(event, {}))

        office = house.office
        if wanted.settle:
            settle(run, office, wanted.effects, actor=wanted.actor, reason=wanted.reason, on_event=hear)
        left = put_back(run, office, wanted.effects, wanted.actor, hear) if wanted.restore else ()
        document = ledger_document(run, office.store.effects(run.id))
        if left:
            raise Fruitless(left_over(run, left), document)
        return document, ""

    return work
