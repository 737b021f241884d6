"""Sources that gave nothing: whether a plan can do without them, and what to do."""

from collections.abc import Iterable

from stairlift.knowledge.binaries import SOURCE_OF_REGISTRY
from stairlift.model.cloud import Cloud
from stairlift.model.errors import Trouble
from stairlift.model.finding import Finding
from stairlift.model.observation import EndpointRecord, Observation

_TROUBLES: dict[Trouble, tuple[str, str]] = {
    Trouble.DENIED: (
        "is not permitted to us",
        "correct user and password, or use a project-scoped admin token, or a policy that lets this user read it",
    ),
    Trouble.TIMEOUT: ("did not answer in time", "try again when the service is not under load"),
    Trouble.UNREACHABLE: ("cannot be reached", "check the address of the endpoint and the way to it from here"),
    Trouble.SERVER_ERROR: ("answered with an error of its own", "look at that service's log and at its database"),
    Trouble.MALFORMED: ("sent an answer that cannot be read", "attach `stairlift discover --save DIR` to a bug report"),
    Trouble.REFUSED: ("refused what it was told", "what it says itself is the reason"),
    Trouble.EMPTY: ("names no host at all", "check the path; an inventory file that is missing reads as an empty one"),
}
#: What keeps a source off the hosts themselves is no matter of tokens and endpoints.
_SHELLS = frozenset({Trouble.DENIED, Trouble.UNREACHABLE, Trouble.TIMEOUT})
#: They tell of no service, so no step is missing without them; what they do tell.
_NO_SERVICES = {
    "octavia-amphorae": "how many amphorae there are",
    "masakari-hosts": "which hosts Masakari may evacuate while they restart",
    "blazar-hosts": "which hosts Blazar may reserve",
}
#: Registries of what not every cloud has; each is called after its project.
_FURTHER = {
    source: registry for registry, source in SOURCE_OF_REGISTRY.items() if registry not in {"nova", "neutron", "cinder"}
}


def troubles(observations: Iterable[Observation], cloud: Cloud) -> tuple[Finding, ...]:
    """One finding for each source that gave nothing. What a catalog that was read does not have needs no word."""
    seen = tuple(observations)
    listed = any(isinstance(fact, EndpointRecord) for o in seen for fact in o.facts)
    absent = {Trouble.NOT_DEPLOYED} if listed else set()
    projects = frozenset(service.project for service in cloud.services)
    return tuple(_trouble(o, o.trouble, projects) for o in seen if o.trouble and o.trouble not in absent)


def _trouble(observation: Observation, trouble: Trouble, projects: frozenset[str]) -> Finding:
    """`projects` have services that another source knows."""
    source = observation.source
    if trouble is Trouble.NOT_DEPLOYED:
        return Finding("source.not-deployed", "info", source, f"{source} is not deployed here", "nothing to do")
    if trouble is Trouble.EMPTY and source == "neutron-agents":
        return _no_agents(observation)
    said, resolution = _TROUBLES[trouble]
    if source.startswith("hosts:") and trouble in _SHELLS:
        resolution = "try `ssh` by hand; [sources] ssh holds what the inventory does not say"
    if source in _NO_SERVICES or source in _FURTHER:
        resolution = _without(source, trouble, projects)
    detail = f": {observation.detail}" if observation.detail else ""
    return Finding(
        code=f"source.{trouble.value}",
        severity="warning" if _may_lack(source, projects) else "error",
        subject=source,
        message=f"{source} {said}{detail}",
        resolution=resolution,
    )


def _may_lack(source: str, projects: frozenset[str]) -> bool:
    """Whether a plan has the same steps without it: the API of a project that gets none must not refuse one."""
    return source in _NO_SERVICES or (source in _FURTHER and _FURTHER[source] not in projects)


def _without(source: str, trouble: Trouble, projects: frozenset[str]) -> str:
    """What to do about a source that not every cloud has, and what a plan does without it."""
    denied = trouble is Trouble.DENIED
    remedy = "let this user read it" if denied else "look at its API, and try again"
    if source in _NO_SERVICES:
        return f"{remedy}; no step depends on it, but nobody tells {_NO_SERVICES[source]}"
    if (project := _FURTHER[source]) not in projects:
        return f"{remedy}, or name its hosts by another source; as it is, {project} gets no step"
    waiver = f"; or --waive source.denied:{source}: whether its services report again after a restart is then not seen"
    return remedy + (waiver if denied else "")


def _no_agents(observation: Observation) -> Finding:
    """Neutron hides agents from who may not see them instead of refusing; and a young cloud has none."""
    return Finding(
        code="source.empty",
        severity="warning",
        subject=observation.source,
        message="neutron-agents lists no agent at all: there is none, or our user may not see them",
        resolution="if there are agents, use a project-scoped admin token; as it is, the plan has no step for them",
    )
