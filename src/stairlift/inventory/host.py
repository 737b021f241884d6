"""The hosts themselves: which programs of the cloud run there, kept running by what, and of which version."""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from stairlift.inventory.context import AnsibleSettings, SourceContext
from stairlift.inventory.host_facts import facts
from stairlift.inventory.host_script import rows, script
from stairlift.inventory.host_targets import demand_spec, targets
from stairlift.inventory.rows import sensible
from stairlift.model.errors import SourceTrouble, Trouble
from stairlift.model.observation import Fact, HostRecord
from stairlift.ports import Answer, Remote, RemoteOutput
from stairlift.remote.lacking import lacking_ssh
from stairlift.remote.many import Ended, on_all
from stairlift.remote.ssh import SshRemote, Target
from stairlift.remote.words import SshOptions

#: Seconds for one host, and for all of them: less than all sources are waited for.
_TIMEOUT = 60.0
_WITHIN = 270.0

Reaching = Callable[[Mapping[str, Target]], Remote]


class HostInventory:
    """`hosts:SPEC`: an Ansible inventory's machines, or a list of hosts. One connection each, some dozens at a time.

    What is kept of an answer are the lines of the script (`host_look.sh`), without what may be a secret.
    """

    def __init__(
        self,
        spec: str,
        *,
        ssh: SshOptions | None = None,
        ansible: AnsibleSettings | None = None,
        reaching: Reaching = lambda found: SshRemote(targets=found),
    ) -> None:
        self.name = f"hosts:{spec}"
        self._spec = spec
        self._ssh = ssh or SshOptions()
        self._ansible = ansible or AnsibleSettings()
        self._reaching = reaching

    @classmethod
    def from_spec(cls, argument: str, context: SourceContext) -> "HostInventory":
        """Built from `hosts:SPEC`. UsageError where that names no hosts."""
        demand_spec(argument, context)
        return cls(argument, ssh=context.ssh, ansible=context.ansible)

    @classmethod
    def lacking(cls) -> tuple[str, ...]:
        """OpenSSH's client, or a key."""
        return lacking_ssh()

    def fetch(self) -> Answer:
        """One answer for each host, or its trouble. SourceTrouble where not one host let us look."""
        found = targets(self._spec, self._ssh, self._ansible)
        ended = on_all(self._reaching(found), tuple(found), script(), timeout=_TIMEOUT, within=_WITHIN)
        told = {host: _told(host, ending, found[host]) for host, ending in ended.items()}
        troubles = [host["trouble"] for host in told.values() if host["trouble"]]
        if len(troubles) == len(told):
            raise _nobody(troubles)
        return Answer({"hosts": told})

    def read(self, answer: Answer) -> tuple[Fact, ...]:
        with sensible(self.name):
            hosts = answer.documents["hosts"]
            return tuple(fact for host in sorted(hosts) for fact in _facts(host, hosts[host]))


def _told(host: str, ending: Ended, target: Target) -> dict[str, Any]:
    """What is kept of a host. One whose lines make no sense is in trouble itself, and not the source."""
    address = None if target.address == host else target.address
    try:
        kept = _rows(ending)
        with sensible(host):
            facts(host, address, kept)
    except SourceTrouble as trouble:
        return {"address": address, "rows": [], "trouble": {"kind": trouble.trouble.value, "brief": trouble.brief}}
    return {"address": address, "rows": kept, "trouble": None}


def _rows(ending: Ended) -> list[list[str]]:
    """The script's lines. A host whose sudo or shell refuses is one that denies."""
    if isinstance(ending, SourceTrouble):
        raise ending
    try:
        return rows(ending.out)
    except ValueError as error:
        raise _unfinished(ending, str(error)) from None


def _unfinished(ending: RemoteOutput, why: str) -> SourceTrouble:
    if "sudo" in ending.err or "doas" in ending.err:
        return SourceTrouble(Trouble.DENIED, "sudo does not let this user run sh without a password")
    if ending.returncode:
        return SourceTrouble(Trouble.MALFORMED, f"its shell ended with {ending.returncode}")
    return SourceTrouble(Trouble.MALFORMED, why)


def _nobody(troubles: list[dict[str, str]]) -> SourceTrouble:
    """All hosts failed; most often it is for one reason."""
    (kind, brief), _ = Counter((trouble["kind"], trouble["brief"]) for trouble in troubles).most_common(1)[0]
    count = "The one host does not" if len(troubles) == 1 else f"None of {len(troubles)} hosts"
    return SourceTrouble(Trouble(kind), f"{count} let us look: {brief}")


def _facts(host: str, told: Mapping[str, Any]) -> tuple[Fact, ...]:
    trouble, address = told["trouble"], told["address"]
    if not isinstance(address, str | None):
        raise TypeError("the address of a host is no text")
    if trouble:
        return (HostRecord(host, address=address, trouble=Trouble(trouble["kind"]), detail=str(trouble["brief"])),)
    return facts(host, address, told["rows"])
