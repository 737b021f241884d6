"""What is offered to be told to a run, held against what it would say if somebody told it."""

from dataclasses import dataclass

from stairlift.drive.commands import tell
from stairlift.model.choice import Ask, Choice, Choices
from stairlift.model.errors import Refusal
from stairlift.model.plan import STAGES, Plan
from stairlift.model.run import Command
from stairlift.ports import Store
from stairlift.testing.clouds import NOON


@dataclass
class Tried:
    """The journal of somebody who only wants to know what it would say: nothing is put on record."""

    store: Store

    def __getattr__(self, name: str):
        return getattr(self.store, name)

    def tell(self, command: Command) -> Command:
        return command


def answer(store: Store, plan: Plan, found: Choice | Ask, run: str, stage: str = "") -> str:
    """What `tell` says to it: "" where it would be on record."""
    verb = "approve" if isinstance(found, Ask) else found.verb
    details = {"stage": stage} if stage else {"now": True} if getattr(found, "now", False) else {}
    command = Command("c", run, verb, found.step, "ada", "because", NOON, details=details)
    try:
        told = tell(Tried(store), plan, command)
    except Refusal as refused:
        return refused.brief
    return told.answer


def agree(store: Store, plan: Plan, found: Choices) -> None:
    for one in (*found.actions, *found.approvals):
        if getattr(one, "verb", "") == "resume":
            continue
        if getattr(one, "verb", "") == "stop-after":
            _stages_agree(store, plan, one, found)
        else:
            assert answer(store, plan, one, found.run.id) == one.why_not


def _stages_agree(store: Store, plan: Plan, one: Choice, found: Choices) -> None:
    said = {stage: answer(store, plan, one, found.run.id, stage) for stage in STAGES}
    assert {stage for stage, why in said.items() if not why} == set(one.stages)
    assert one.allowed is bool(one.stages)
    if not one.allowed:
        assert one.why_not == said[STAGES[-1]]
