"""Whether the processes of a step run the code that they should run now."""

from collections.abc import Sequence

from stairlift.knowledge.binaries import binary
from stairlift.knowledge.versions import releases_of_version
from stairlift.model.observation import Fact, HostRecord, ProcessRecord
from stairlift.model.release import Release


def judge_processes(
    host: str, services: Sequence[str], facts: Sequence[Fact], release: Release
) -> tuple[list[str], list[str]]:
    """Sentences of what does not run, or runs other code; and of what nobody could tell."""
    told = {fact.host: fact for fact in facts if isinstance(fact, HostRecord)}.get(host)
    if told is not None and told.trouble:
        return [], [f"processes on {host}: {told.detail or told.trouble}"]
    seen = [fact for fact in facts if isinstance(fact, ProcessRecord)]
    missing: list[str] = []
    unknown: list[str] = []
    for name in services:
        wrong, unseen = _judge(name, host, [one for one in seen if one.binary == name], release)
        missing += wrong
        unknown += unseen
    return missing, unknown


def _judge(name: str, host: str, records: Sequence[ProcessRecord], release: Release) -> tuple[list[str], list[str]]:
    if not records:
        return [], [f"process of {name} on {host}: none was seen"]
    down = [one for one in records if one.state == "down"]
    if len(down) == len(records):
        return [f"{name} on {host} does not run ({down[0].manager} {down[0].unit})"], []
    stale = [one for one in records if one.stale]
    if stale:
        return [f"{name} on {host} runs files that have been replaced since it started: {stale[0].unit}"], []
    return _versions(name, host, [one for one in records if one.state == "up"], release)


def _versions(name: str, host: str, records: Sequence[ProcessRecord], release: Release) -> tuple[list[str], list[str]]:
    """Of several processes one that is wrong counts, whatever is not to be seen of the others."""
    known = binary(name)
    told = [(one, releases_of_version(known.project, one.version) if known and one.version else ()) for one in records]
    wrong = next(((one, releases) for one, releases in told if releases and release not in releases), None)
    if wrong is not None:
        return [f"{name} on {host} runs {wrong[0].version} ({wrong[1][-1]}), which is not of {release}"], []
    unseen = not all(releases for _, releases in told)
    return [], [f"code of {name} on {host}: its release is not to be seen"] if unseen else []
