"""Sources that gave nothing: what is judged by their word is not well only because nobody complains."""

from collections.abc import Collection

from stairlift.knowledge.binaries import SOURCE_OF_REGISTRY
from stairlift.model.check import Scene
from stairlift.model.finding import Finding

REGISTRIES = frozenset({*SOURCE_OF_REGISTRY.values(), "nova-hypervisors"})
BALANCERS = ("haproxy:",)


def silent(scene: Scene, sources: Collection[str] = REGISTRIES) -> tuple[Finding, ...]:
    """What was found of these sources that did not answer; a waiver of that holds here as well."""
    return tuple(finding for finding in scene.findings if _is_silence(finding) and _is_of(finding, sources))


def _is_silence(finding: Finding) -> bool:
    return finding.code.startswith("source.") and finding.severity != "info"


def _is_of(finding: Finding, sources: Collection[str]) -> bool:
    """A source whose name has an argument is meant by what is in front of it."""
    return any(finding.subject == name or (name.endswith(":") and finding.subject.startswith(name)) for name in sources)
