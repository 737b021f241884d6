"""Desks from which a server is asked: a folder, an address and a token, without journal and credentials."""

from dataclasses import dataclass
from pathlib import Path

from operating import Answer, Operator
from servers import Served


@dataclass
class Desk:
    """Somebody with a folder, an address and a token, and nothing else."""

    operator: Operator
    url: str
    token: str

    def environ(self) -> dict[str, str]:
        return {"STAIRLIFT_URL": self.url, "STAIRLIFT_TOKEN": self.token}

    def types(self, *words: object) -> Answer:
        return self.operator.types(*words, **self.environ())

    def plans(self, *words: object) -> str:
        """Have a plan made; its hash."""
        made = self.types("plan", "--to", "2025.2", "--from", "2025.1", "--out", "plan.json", *words)
        assert made.code == 0, made.err
        return self.types("plan", "--to", "2025.2", "--from", "2025.1", "-o", "json", *words).document["hash"]

    def approves_what_waits(self, run: str) -> str:
        """Approve each one-way step that waits by now; how the run stood."""
        status = self.status()
        for waiting in status["waiting_for"]:
            self.types("approve", run, waiting["step"])
        return status["state"]

    def status(self, *words: object):
        return self.types("status", *words, "-o", "json").document


def desk_at(server: Served, folder: Path) -> Desk:
    folder.mkdir()
    with server.asks() as client:
        return Desk(Operator(folder), server.url, client.headers["Authorization"].partition(" ")[2])
