"""`use = "haproxy"`: drain and uncordon of API backends, through the runtime API of one or more HAProxys."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from stairlift.model.cloud import Cloud
from stairlift.model.effect import Effect, Intention
from stairlift.model.errors import SourceTrouble, StairliftError
from stairlift.model.finding import Finding
from stairlift.model.plan import Step
from stairlift.model.work import Assignment, Capabilities, Frozen, Job, Outcome, Traits, Verdict
from stairlift.remote.ssh import SshRemote
from stairlift.strategy.before import details
from stairlift.strategy.haproxy.balancer import Balancer, Server
from stairlift.strategy.haproxy.finding import Finder, Part
from stairlift.strategy.haproxy.options import HaproxyOptions, read_options
from stairlift.strategy.haproxy.places import Door
from stairlift.strategy.haproxy.request import PROGRAM
from stairlift.strategy.haproxy.work import Crew, put_back
from stairlift.strategy.own_job import Notes, judge_own
from stairlift.strategy.own_program import CAPABILITIES, TRAITS
from stairlift.strategy.words import required_hosts


class HaproxyUpgradeStrategy:
    """Takes API backends out of HAProxy before they are upgraded, and lets them in again once they answer.

    A server that was out before us stays out. The last server of a section that is UP is never taken.
    """

    name: ClassVar[str] = PROGRAM.name
    traits: ClassVar[Traits] = TRAITS

    def __init__(self, options: Mapping[str, Any]) -> None:
        self._given = dict(options)
        self._options = read_options(self.name, options)

    def capabilities(self) -> Capabilities:
        """Those of every program of ours."""
        return CAPABILITIES

    def freeze(self) -> Frozen:
        """What of the connections the operator has named. Raises UsageError where that is not there."""
        by_ssh = any(place.host and place.path for place in self._options.places)
        return Frozen(files=self._options.reach.files() if by_ssh else ())

    def effects(self, assignment: Assignment) -> tuple[Intention, ...]:
        """A drain for every service of every host."""
        if PROGRAM.kind_of(assignment) != "drain":
            return ()
        folder = details(assignment.folder)
        return tuple(Intention("drain", f"{binary}@{host}", folder) for binary, host in _parts(assignment.step))

    def job(self, assignment: Assignment) -> Job:
        """A process that asks HAProxy. Raises Refusal for an action of others, or a step without hosts."""
        target = "" if assignment.undo else str(assignment.step.target)
        return PROGRAM.job(assignment, {"given": self._given, "target": target})

    def runbook(self, step: Step) -> tuple[str, ...]:
        """The same by socat; sections and servers are guessed where the options do not name them."""
        required_hosts(step)
        back = step.action == "uncordon"
        states = ("ready",) if back else ("drain", "maint")
        commands = [f"set server {path} state {state}" for state in states for path in self._paths(step)]
        return tuple(
            place.typed(command, self._options.reach) for command in commands for place in self._options.places
        )

    def _paths(self, step: Step) -> list[str]:
        said = self._options.servers
        return [path for b, h in _parts(step) for path in said.get(f"{b}@{h}", (f"{b}/{h}",))]

    def judge(self, assignment: Assignment, outcome: Outcome) -> Verdict:  # noqa: ARG002
        """As the process has told."""
        return judge_own(outcome)

    def restore(self, effect: Effect) -> str:
        """Let in again what we have taken out. Raises SourceTrouble where a load balancer does not answer."""
        return put_back(crew_of(self._options, Notes("")), effect)

    def review(self, steps: Sequence[Step], cloud: Cloud) -> tuple[Finding, ...]:
        """Whether every server can be told, and is not the only one of its section."""
        crew = crew_of(self._options, Notes(""))
        try:
            seen = [(balancer, balancer.servers()) for balancer in crew.balancers]
        except SourceTrouble as trouble:
            resolution = "see that it answers here, and plan again"
            return (Finding("balancer.silent", "error", self.name, trouble.brief, resolution),)
        known = {host.name: (*host.aliases, *([host.address] if host.address else [])) for host in cloud.hosts}
        finder = Finder(self._options.servers, self._options.reach.names)
        guess = Finder(self._options.servers, self._options.reach.names, known)
        parts = dict.fromkeys(part for step in steps if step.action != "uncordon" for part in _parts(step))
        found = (_reviewed(part, balancer, servers, (finder, guess)) for part in parts for balancer, servers in seen)
        return tuple(dict.fromkeys(finding for finding in found if finding))


def crew_of(options: HaproxyOptions, notes: Notes) -> Crew:
    """What a job works with."""
    remote = SshRemote(options.reach.options)
    balancers = [Balancer(Door(place, remote)) for place in options.places]
    return Crew(balancers, Finder(options.servers, options.reach.names), options, notes)


def _parts(step: Step) -> tuple[Part, ...]:
    return tuple((binary, host) for host in step.hosts for binary in step.services)


def _reviewed(
    part: Part, balancer: Balancer, servers: Iterable[Server], finders: tuple[Finder, Finder]
) -> Finding | None:
    subject, listed = f"{part[0]}@{part[1]}", tuple(servers)
    try:
        mine = finders[0].of(part, listed)
    except StairliftError as error:
        resolution = _suggested(part, listed, finders[1]) or error.resolution
        return Finding(error.code, "error", subject, f"{balancer.place}: {error.brief}", resolution)
    alone = next((s for s in mine if not [o for o in listed if o.section == s.section and o.path != s.path]), None)
    if alone is None:
        return None
    message = f"{balancer.place}: {alone.path} is the only server of its section"
    resolution = "let no drain step match this service, or give it a second backend"
    return Finding("balancer.last", "error", subject, message, resolution)


def _suggested(part: Part, servers: Iterable[Server], guess: Finder) -> str:
    """What the option would say by what else is known of the host; "" where that leads nowhere."""
    try:
        paths = [server.path for server in guess.of(part, servers)]
    except StairliftError:
        return ""
    return f'its address says: servers = {{ "{part[0]}@{part[1]}" = {paths!r} }}'.replace("'", '"')
