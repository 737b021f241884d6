"""What a client has a server do that looks at the cloud: what is said behind a command, as the server takes it."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from stairlift.model.plan import Plan
from stairlift.wiring.branch import Branch
from stairlift.wiring.files import plan_of
from stairlift.wiring.planning import Wishes
from stairlift.wiring.policy import read_policy_file
from stairlift.wiring.toml import read_toml

#: What `--os-cloud`, `--inventory` and `--policy` say.
By = tuple[str | None, Sequence[str], Path | None]
#: What a server says of every look, and nobody has to know.
_ASKS = "asks "


def plan_there(branch: Branch, wishes: Wishes, by: By, note: Callable[[str], None]) -> Plan:
    """A plan that the server has made and keeps. Raises as the server does, and UsageError (config.*) for a policy."""
    os_cloud, inventory, policy = by
    asked = {
        "to": wishes.to,
        "from": wishes.source,
        "os_cloud": os_cloud,
        "inventory": list(inventory),
        "stages": list(wishes.stages),
        "hosts": list(wishes.hosts),
        "exclude": list(wishes.exclude),
        "waive": list(wishes.waive),
        "policy": _policy(policy) if policy else None,
    }
    made = branch.errands(_remarks(note)).done("/v1/plans", asked)
    return plan_of(branch.kept_plan(made["hash"]), "the server's plan")


def _policy(file: Path) -> Mapping[str, Any]:
    """The table as it was written, once it was seen to be one."""
    read_policy_file(file)
    content = read_toml(file)
    found: Mapping[str, Any] = content.get("policy", content)
    return found


def _remarks(note: Callable[[str], None]) -> Callable[[str], None]:
    def hear(text: str) -> None:
        if not text.startswith(_ASKS):
            note(text)

    return hear
