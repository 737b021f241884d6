"""What somebody asks a server for: the cloud and the sources that are meant, as far as they are the server's to show.

A SPEC with an argument is a file to be read, or an address to be reached, by the server's own user: whoever may send
requests must not choose it freely. So there are those of the server's own configuration, and words that mean the APIs
of a cloud whose credentials are there.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from stairlift.model.errors import Refusal
from stairlift.model.policy import Policy
from stairlift.wiring.config.policy import read_policy
from stairlift.wiring.config.settings import Settings
from stairlift.wiring.look import Where


@dataclass(frozen=True, slots=True)
class Sources:
    """Which cloud, and by which sources: what `--os-cloud` and `--inventory` say at a terminal."""

    os_cloud: str | None = None
    inventory: tuple[str, ...] = ()

    def where(self, settings: Settings) -> Where:
        """Where to look. Raises Refusal (access.inventory) for what this server does not read for others."""
        known = (*settings.inventories, *settings.serve.inventories)
        for spec in self.inventory:
            if ":" in spec and spec not in known:
                raise _not_ours(spec, known)
        return Where.by(settings, self.inventory, self.os_cloud)


def _not_ours(spec: str, known: tuple[str, ...]) -> Refusal:
    named = ", ".join(one for one in known if ":" in one)
    return Refusal(
        code="access.inventory",
        brief=f"{spec} is none of this server's own sources",
        details="a file or an address is read for others only where the server's configuration names it",
        resolution=f"Ask for {named}" if named else "Leave inventory out, or have the server's [sources] name it.",
    )


def policy_of(table: Mapping[str, Any] | None, settings: Settings) -> Policy:
    """The policy that somebody sent, with the keys of `[policy]`; the server's own where nothing was sent.

    Raises UsageError (config.invalid) naming the key.
    """
    return settings.policy if table is None else read_policy(dict(table), "policy")
