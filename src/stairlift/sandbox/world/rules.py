"""Why a program of some release does not start: the interlocks of the real code, as far as they are cheap. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from stairlift.knowledge.binaries import binary as known_binary
from stairlift.knowledge.releases import all_series
from stairlift.model.release import Release
from stairlift.sandbox.binaries import KINDS
from stairlift.sandbox.world.databases import Database

#: They look up the service catalog while they start and leave with 1 when nobody answers.
NEED_KEYSTONE = frozenset({"nova-conductor", "nova-scheduler"})


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a starting program finds: its database, the releases on record of its kind and of the computes, Keystone."""

    database: Database | None
    same_binary: frozenset[Release]
    computes: frozenset[Release]
    keystone: bool


def refusal(binary: str, release: Release, around: Surroundings) -> str | None:
    """Why this program does not come up with the code of this release, or None if it does."""
    reasons = (
        _gone(binary, release),
        _schema(binary, release, around.database),
        _too_old_itself(binary, release, around.same_binary),
        _computes_too_old(binary, release, around.computes),
        None if around.keystone or binary not in NEED_KEYSTONE else f"{binary} finds no keystone",
    )
    return next((reason for reason in reasons if reason), None)


def oldest_compute(release: Release) -> Release | None:
    """The oldest compute that Nova of this release works with: the SLURP before it (nova/objects/service.py).

    None where no SLURP came before: the sandbox knows no floor of the releases up to 2023.1.
    """
    return max((s.release for s in all_series() if s.slurp and s.release < release), default=None)


def _gone(binary: str, release: Release) -> str | None:
    """A program that ended before this release; one that was replaced goes on under its old name here."""
    known = known_binary(binary)
    if known is None or known.last is None or release <= known.last:
        return None
    goes_on = any(not successor.absorbed for successor in known.replaced_by)
    return None if goes_on else f"{binary} does not exist after {known.last}"


def _schema(binary: str, release: Release, database: Database | None) -> str | None:
    kind = KINDS.get(binary)
    if kind is None or not kind.database or database is None:
        return None
    return database.refuses(kind.project, release)


def _too_old_itself(binary: str, release: Release, same: Iterable[Release]) -> str | None:
    """Nova's ServiceTooOld: no program starts below the minimum on record of its kind, its own last record included."""
    oldest = min(same, default=None)
    if not binary.startswith("nova-") or oldest is None or release >= oldest:
        return None
    return f"ServiceTooOld: every {binary} on record is at {oldest} or later, {release} is older"


def _computes_too_old(binary: str, release: Release, computes: Iterable[Release]) -> str | None:
    """Nova's TooOldComputeService; disabled and silent records count, those forced down do not."""
    oldest, floor = min(computes, default=None), oldest_compute(release)
    if not binary.startswith("nova-") or binary == "nova-compute" or floor is None or oldest is None or oldest >= floor:
        return None
    return f"TooOldComputeService: computes at {oldest} are on record, {release} needs {floor} or later"
