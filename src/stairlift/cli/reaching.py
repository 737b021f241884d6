"""Which commands no server is asked for: said before they do anything, so that none works on a journal nobody meant."""

import os
from collections.abc import Mapping
from typing import Any

from stairlift.cli.here import here_only
from stairlift.cli.shaping import TabularCommand

_UNSET = "Leave STAIRLIFT_URL out (`env -u STAIRLIFT_URL stairlift ...`)"
#: Commands that work on this machine, with what to do about it.
HERE_ONLY: Mapping[str, str] = {
    "serve": f"{_UNSET}: a server is started where its journal is to be.",
    "worker": f"{_UNSET}: a worker is started near the hosts, with the journal's STAIRLIFT_DATABASE_URL.",
    "guard": f"{_UNSET} where the journal is: a deployer's command is guarded by who may lock the cloud there.",
    "demo": f"{_UNSET}: the demo has a cloud and a journal of its own.",
    "db upgrade": f"{_UNSET} on the machine of the journal, once its server has left.",
}


class ReachingCommand(TabularCommand):
    """A command, which is refused where it would work on this machine and a server is named."""

    def invoke(self, ctx: Any) -> Any:
        """Do what it does. Raises UsageError (client.here_only)."""
        name = ctx.command_path.partition(" ")[2]
        if os.environ.get("STAIRLIFT_URL") and name in HERE_ONLY:
            raise here_only(f"`{name}`", HERE_ONLY[name])
        return super().invoke(ctx)
