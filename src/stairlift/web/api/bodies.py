"""What requests bring, field by field: words that nobody knows are refused, and nothing is longer than it has to be."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from stairlift.web.api.parameters import NO_NUL
from stairlift.wiring.planning import Wishes
from stairlift.wiring.server.asking import Sources

_Word = Annotated[str, Field(max_length=1000, pattern=NO_NUL)]
_Words = Annotated[list[_Word], Field(max_length=1000)]
_Reason = Annotated[
    str, Field(max_length=2000, pattern=NO_NUL, description="Goes on record, for whoever reads it later.")
]


class Body(BaseModel):
    """Exactly these fields, and of these kinds: the text "false" is no false."""

    model_config = ConfigDict(extra="forbid", strict=True)


class WantedLook(Body):
    """Which cloud, and by which of the server's sources."""

    os_cloud: _Word | None = Field(default=None, description="Its name in the server's clouds.yaml.")
    inventory: _Words = Field(
        default=[], description="SPECs as of --inventory; with an argument only the server's own."
    )

    def sources(self) -> Sources:
        """As the house takes it."""
        return Sources(self.os_cloud, tuple(self.inventory))


class WantedCheck(WantedLook):
    """The same, and the way that is to be looked at."""

    to: _Word | None = Field(default=None, description="Number or codename: look at the way to this release, too.")
    source: _Word | None = Field(default=None, alias="from")
    waive: _Words = []
    strict: bool = Field(default=False, description="A check that nobody gave the means for is an error, too.")


class WantedPlan(WantedLook):
    """What somebody says behind `stairlift plan`."""

    to: _Word
    source: _Word | None = Field(default=None, alias="from")
    stages: _Words = []
    hosts: _Words = []
    exclude: _Words = []
    waive: _Words = []
    policy: dict[str, Any] | None = Field(default=None, description="The keys of [policy]; else the server's own.")

    def wishes(self) -> Wishes:
        """As the house takes them."""
        return Wishes(self.to, self.source, self.stages, self.hosts, self.exclude, self.waive)


class WantedRun(Body):
    """What somebody says behind `stairlift run`."""

    plan: _Word = Field(description="The hash of a plan that is kept here.")
    approve: bool = Field(default=False, description="The plan is approved as a whole; needs the right to approve.")
    yes: bool = Field(default=False, description="Every gate and one-way step, too.")
    again: bool = Field(default=False, description="Also a plan that was carried out before.")
    stages: _Words = []
    stop_after: _Word = ""


class WantedReplan(WantedLook):
    """What somebody says behind `stairlift replan`."""

    approve: _Word = Field(default="", description="The hash of the new plan, once it was read.")
    yes: bool = False
    waive: _Words = []
    policy: dict[str, Any] | None = None


class WantedAction(Body):
    """What a run is told."""

    action: Literal["pause", "stop-after", "resume", "cancel", "rollback", "retry", "skip"]
    step: _Word = Field(default="", description="Of retry and skip.")
    stage: _Word = Field(default="", description="Of stop-after.")
    now: bool = Field(default=False, description="Of cancel: what is in flight is ended by force.")
    yes: bool = Field(
        default=False, description="Of resume: the plan and every gate are approved; needs the right to approve."
    )
    reason: _Reason = ""


class WantedSettling(Body):
    """What somebody says behind `stairlift ledger RUN ID...`: exactly one of `restore` and `settle`."""

    restore: bool = Field(default=False, description="Put back these effects, or all that are open.")
    settle: bool = Field(default=False, description="Nothing is left of these effects; needs a reason.")
    effects: _Words = []
    reason: _Reason = ""


class WantedApproval(Body):
    """What is approved."""

    step: _Word = Field(description="A step that waits, or the hash of the plan as a whole.")
    reason: _Reason = ""
