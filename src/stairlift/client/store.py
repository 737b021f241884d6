"""A server's journal as `ports.Store` has it: what a person tells a run goes there, and only the server writes it."""

from contextlib import AbstractContextManager
from typing import Any

from stairlift.client.documents import command_of
from stairlift.client.records import ServerRecords, at
from stairlift.model.errors import StairliftError
from stairlift.model.run import Command
from stairlift.ports import Journal


class ServerStore(ServerRecords):
    """Fills `ports.Store`. What is told has been seen in the same breath: whoever was quicker is told of (412)."""

    def tell(self, command: Command) -> Command:
        """Put a command on record, under the name of the token; it comes back with the id that the server gave it."""
        _, seen = self.connection.tagged(at(command.run, "actions"))
        where, body = _said(command)
        told = self.connection.post(at(command.run, where), body, match=seen, key=command.id)
        return command_of(command.run, told)

    def resume(self, run_id: str, key: str, *, yes: bool = False) -> Command:
        """Have the server take a run up, with `yes` every gate approved.

        Not recorded: that somebody sets to work is an event of its own.
        """
        _, seen = self.connection.tagged(at(run_id, "actions"))
        word = {"action": "resume", "yes": yes}
        told = self.connection.post(at(run_id, "actions"), word, match=seen, key=key)
        return command_of(run_id, told)

    def hold(self, cloud: str) -> AbstractContextManager[Journal]:
        """Nobody here writes: whoever carries runs out sits where the journal is."""
        raise StairliftError(
            code="client.no_writer",
            brief=f"runs of the cloud {cloud} are carried out by the server alone",
            resolution="Leave STAIRLIFT_URL out on the machine of the journal, where no server is at work.",
        )

    def close(self) -> None:
        """Let the connection go."""
        self.connection.close()


def _said(command: Command) -> tuple[str, dict[str, Any]]:
    if command.kind == "approve":
        return "approvals", {"step": command.step, "reason": command.reason}
    details = {name: command.details[name] for name in ("now", "stage") if command.details.get(name)}
    return "actions", {"action": command.kind, "step": command.step, "reason": command.reason, **details}
