"""What a client has a server do that looks at the cloud: what is said behind a command, as the server takes it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stairlift.client.records import at
from stairlift.model.cloud import Cloud
from stairlift.model.difference import Difference
from stairlift.model.errors import Refusal, StairliftError
from stairlift.model.finding import Finding
from stairlift.model.plan import Plan
from stairlift.model.run import Run
from stairlift.report.checked import Checked
from stairlift.report.checked_read import checked_of
from stairlift.report.cloud_read import cloud_of
from stairlift.report.plan_difference import difference_of
from stairlift.wiring.branch import Branch
from stairlift.wiring.config.policy import read_policy_file
from stairlift.wiring.config.toml import read_toml
from stairlift.wiring.files import plan_of
from stairlift.wiring.planning import Wishes

#: What `--os-cloud`, `--inventory` and `--policy` say.
By = tuple[str | None, Sequence[str], Path | None]
#: Told each thing that a person should know on the way.
Note = Callable[[str], None]
_ITS_PLAN = "the server's plan"
#: What a server says of every look, and nobody has to know.
_ASKS = "asks "


@dataclass(frozen=True, slots=True)
class Proposal:
    """What came of planning a run anew there. `refused` is what stands against the new plan, which is not kept then."""

    run: Run
    plan: Plan
    difference: Difference
    refused: Refusal | None = None


@dataclass(frozen=True, slots=True)
class NoPlan:
    """Why a plan cannot be made, and as a document, where the server has got as far as to look at the cloud."""

    wrong: StairliftError
    document: Mapping[str, Any] | None


def look_there(branch: Branch, by: By, note: Note) -> tuple[Cloud, tuple[Finding, ...]]:
    """A look by the server's sources, which it keeps. Raises as the server does."""
    found = branch.errands(_remarks(note)).done("/v1/observations", _sources(by))
    return cloud_of(branch.observation(found["observation"]))


def check_there(
    branch: Branch, wishes: Wishes | None, by: By, *, strict: bool
) -> tuple[Checked | None, StairliftError | None]:
    """What the server finds, and what it was ended by: where no source answered both are there."""
    way = {"to": wishes.to, "from": wishes.source, "waive": list(wishes.waive)} if wishes else {}
    asked = {**_sources(by), **way, "strict": strict}
    document, wrong = branch.errands(_unheard).ended("/v1/checks", asked)
    return (checked_of(document) if document else None), wrong


def plan_there(branch: Branch, wishes: Wishes, by: By, note: Note) -> Plan | NoPlan:
    """A plan that the server has made, refused or not; it keeps it where nothing refuses it.

    Raises as the server does before it looks, and UsageError (config.*) for a policy.
    """
    asked = {
        **_sources(by),
        "to": wishes.to,
        "from": wishes.source,
        "stages": list(wishes.stages),
        "hosts": list(wishes.hosts),
        "exclude": list(wishes.exclude),
        "waive": list(wishes.waive),
        "policy": _policy(by[2]),
    }
    made, wrong = branch.errands(_remarks(note)).ended("/v1/plans", asked)
    if wrong is None:
        return plan_of(branch.kept_plan(made["hash"]), _ITS_PLAN)
    document = made.get("document")
    return plan_of(document, _ITS_PLAN) if document and document["hash"] else NoPlan(wrong, document)


def replan_there(run: Run, branch: Branch, by: By, waive: Sequence[str]) -> Proposal:
    """What remains of a run, planned anew; nothing is approved. Raises as the server does where there is no plan."""
    asked = {**_sources(by), "waive": list(waive), "policy": _policy(by[2])}
    found, wrong = branch.errands(_unheard).ended(_anew(run), asked)
    if wrong is None:
        plan = plan_of(branch.kept_plan(found["hash"]), _ITS_PLAN)
        return Proposal(run, plan, difference_of(found, (branch.plan(run), plan)))
    if not found or not isinstance(wrong, Refusal):
        raise wrong
    plan = plan_of(found["document"], _ITS_PLAN)
    return Proposal(run, plan, difference_of(found["difference"], (branch.plan(run), plan)), wrong)


def take_place_there(new: Proposal, branch: Branch, by: By, waive: Sequence[str], *, approve_all: bool) -> Run:
    """The run that takes the old one's place. The server plans once more: what has changed since is refused."""
    asked = {**_sources(by), "waive": list(waive), "policy": _policy(by[2])}
    word = {"approve": new.plan.hash, "yes": approve_all}
    found = branch.errands(_unheard).done(_anew(new.run), asked | word)
    return branch.store.run(found["replaced_by"])


def settled_there(
    run: Run, branch: Branch, effects: Sequence[str], word: Mapping[str, Any], note: Note
) -> StairliftError | None:
    """Have the server put side effects back, or take a word for them. What is left, if anything; raises as it does."""
    _, wrong = branch.errands(note).ended(at(run.id, "ledger"), {"effects": list(effects), **word})
    if wrong is not None and wrong.code != "ledger.left":
        raise wrong
    return wrong


def _anew(run: Run) -> str:
    return at(run.id, "replan")


def _sources(by: By) -> dict[str, Any]:
    os_cloud, inventory, _ = by
    return {"os_cloud": os_cloud, "inventory": list(inventory)}


def _policy(file: Path | None) -> Mapping[str, Any] | None:
    """The table as it was written, once it was seen to be one."""
    if file is None:
        return None
    read_policy_file(file)
    content = read_toml(file)
    found: Mapping[str, Any] = content.get("policy", content)
    return found


def _unheard(_note: str) -> None:
    """What comes of it tells as much."""


def _remarks(note: Note) -> Note:
    def hear(text: str) -> None:
        if not text.startswith(_ASKS):
            note(text)

    return hear
