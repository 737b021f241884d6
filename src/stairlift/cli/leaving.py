"""How a command leaves that has carried a run on, or followed one."""

from signal import Signals
from typing import TYPE_CHECKING, NoReturn

import typer

from stairlift.cli.output import say
from stairlift.model.run import RunState

if TYPE_CHECKING:  # what is imported for a command alone is imported by it
    from stairlift.wiring.orders import Result

#: The Contract's exit codes for how a run stands when its orchestrator leaves.
EXIT = {
    RunState.DONE: 0,
    RunState.ROLLED_BACK: 0,
    RunState.FAILED: 5,
    RunState.WAITING: 6,
    RunState.PAUSED: 7,
    RunState.CANCELLED: 8,
}


def leave(result: "Result") -> NoReturn:
    """Say how to go on, and leave with the Contract's code."""
    if result.idle:
        say(f"nothing to do: run {result.run.id} has carried out this plan; --again does it once more")
    if result.signal is not None:
        say(f"detached by {Signals(result.signal).name}")
        raise typer.Exit(128 + result.signal)
    raise typer.Exit(EXIT.get(result.run.state, 1))
