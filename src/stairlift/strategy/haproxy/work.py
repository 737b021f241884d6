"""Backends out of their load balancers, and in again: what is under way ends well, and nothing comes to what is out."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stairlift.model.effect import Effect, EffectState
from stairlift.model.errors import StairliftError
from stairlift.strategy.before import Before
from stairlift.strategy.haproxy.answering import Answered, direct, outdated
from stairlift.strategy.haproxy.balancer import Balancer, Server, Told
from stairlift.strategy.haproxy.finding import Finder, Part
from stairlift.strategy.haproxy.options import HaproxyOptions
from stairlift.strategy.haproxy.request import Request, effect_id
from stairlift.strategy.own_job import Notes
from stairlift.strategy.patience import Pause, in_time

_BETWEEN = 0.5
_FORGOTTEN = "how it was before is not known here: see the folder of its attempt"

#: A server in one load balancer.
Seat = tuple[Balancer, Server]
Ask = Callable[[str, int], Answered]


@dataclass(frozen=True, slots=True)
class Crew:
    """What a job works with: load balancers, options, and where it notes what it does."""

    balancers: Sequence[Balancer]
    finder: Finder
    options: HaproxyOptions
    notes: Notes
    sleep: Callable[[float], None] = time.sleep
    ask: Ask = direct

    def seats(self, part: Part) -> list[Seat]:
        """Its servers in all load balancers. StairliftError (balancer.unknown) where one of them has none."""
        return [(one, server) for one in self.balancers for server in self.finder.of(part, one.servers())]

    def now(self, seats: Iterable[Seat]) -> list[Seat]:
        """How they are now, each load balancer asked once; one that is gone is as it was last."""
        seen: dict[str, dict[str, Server]] = {}
        found = []
        for balancer, server in seats:
            if balancer.place not in seen:
                seen[balancer.place] = {one.path: one for one in balancer.servers()}
            found.append((balancer, seen[balancer.place].get(server.path, server)))
        return found

    def in_time(self, seconds: float, why: Callable[[], str]) -> str:
        """Ask until there is no reason any more; the last one where the time is over."""
        return in_time(seconds, why, Pause(_BETWEEN, self.sleep))


def key(seat: Seat) -> str:
    """A server as it is written down."""
    return f"{seat[0].place} {seat[1].path}"


# Out


def drain(crew: Crew, request: Request, before: Before) -> None:
    """Take every service of the request out: no new requests, those under way come to their end, then maintenance."""
    effects = request.errand.known()
    mine = {part: _ours(effects[effect_id(part)], crew.seats(part), before) for part in request.parts()}
    seats = [seat for found in mine.values() for seat in found]
    _demand_others(seats)
    _tell(crew, seats, "drain")
    late = crew.in_time(crew.options.drain_within, lambda: _under_way(crew, seats))
    if late and crew.options.overtime == "fail":
        _tell(crew, seats, "ready")
        raise StairliftError(code="balancer.sessions", brief=f"{late}; nothing was cut off, and it is back in")
    if late:
        crew.notes.fact("cut off", f'{late}; they are cut off, as overtime = "go-on" says')
    _tell(crew, seats, "maint")
    for part, found in mine.items():
        state: EffectState = "made" if found else "foreign"
        said = ", ".join(key(seat) for seat in found) or "out before us, and stays so"
        crew.notes.effect(effect_id(part), state, f"{part[0]} on {part[1]} is out: {said}")


def _ours(effect: Effect, seats: Iterable[Seat], before: Before) -> list[Seat]:
    """Those that had requests before us. How each was is on the disk before anything is changed."""
    listed = list(seats)
    was = before.known(effect)
    if was is None:
        was = {key(seat): seat[1].told for seat in listed}
        before.keep(effect, was, time.time())
    return [seat for seat in listed if was.get(key(seat)) == "ready"]


def _demand_others(seats: Sequence[Seat]) -> None:
    """The last server of a section never goes: its users would be told 503. Nor where HAProxy believes all are down."""
    going = {(balancer.place, server.path) for balancer, server in seats}
    listed = {balancer.place: balancer.servers() for balancer, _ in seats}
    for balancer, server in seats:
        section = [s for s in listed[balancer.place] if s.section == server.section]
        staying = [s for s in section if (balancer.place, s.path) not in going]
        if server.told == "ready" and not any(s.up for s in staying):
            raise _last(balancer, server, staying)


def _last(balancer: Balancer, server: Server, staying: Sequence[Server]) -> StairliftError:
    others = ", ".join(f"{s.name} is {s.status}" for s in staying) or "it has no other"
    return StairliftError(
        code="balancer.last",
        brief=f"no other server of its section is UP at {balancer.place} than {server.path} ({others})",
        resolution="Bring another one up, or upgrade this service without a drain step.",
    )


def _under_way(crew: Crew, seats: Iterable[Seat]) -> str:
    busy = [(seat, seat[1].sessions) for seat in crew.now(seats) if seat[1].sessions]
    return ", ".join(f"{key(seat)} has {sessions} request{'s' * (sessions > 1)} under way" for seat, sessions in busy)


# In


def give_back(crew: Crew, request: Request) -> None:
    """Let every service that we have taken out have requests again, once it answers with the target's code."""
    for part in request.parts():
        effect = request.errand.known().get(effect_id(part))
        if effect is None or not effect.open:
            crew.notes.say(f"{part[0]} on {part[1]} was not taken out by us: nothing to do")
            continue
        seats = _those(crew, part, _was(effect))
        _tell_of_reload(crew, effect, seats)
        for seat in seats:
            _give_back(crew, seat, (part[0], request))
        crew.notes.effect(effect.id, "restored", f"{part[0]} on {part[1]} is in again")


def _was(effect: Effect) -> Mapping[str, Any]:
    """How its servers were; of what is only intended nothing was changed. StairliftError where nobody knows."""
    was = Before.of(effect).known(effect)
    if was is None and effect.state != "intended":
        raise StairliftError(
            code="balancer.unknown",
            brief=f"{effect.subject} was taken out, and {_FORGOTTEN}",
            resolution="Let it in by hand (`set server SECTION/SERVER state ready`), and skip the step.",
        )
    return was or {}


def _those(crew: Crew, part: Part, was: Mapping[str, Any]) -> list[Seat]:
    return [seat for seat in crew.seats(part) if was.get(key(seat)) == "ready"]


def _tell_of_reload(crew: Crew, effect: Effect, seats: Iterable[Seat]) -> None:
    """HAProxy forgets on a reload who was out: then users were sent to what was being worked on."""
    back = [key(seat) for seat in seats if seat[1].told == "ready"]
    if back and effect.state != "intended":
        names = ", ".join(back)
        crew.notes.fact(
            "reloaded", f"{names} had requests in the meantime: HAProxy was reloaded, and forgot that it was out"
        )


def _give_back(crew: Crew, seat: Seat, about: tuple[str, Request]) -> None:
    """By its own answer and by HAProxy's checks, which run for a server that is drained, and not in maintenance."""
    balancer, server = seat
    if server.told == "maint":
        balancer.tell(server, "drain")
    why = crew.in_time(crew.options.up_within, lambda: _not_well(crew, seat, about))
    if why:
        balancer.tell(server, server.told if server.told != "ready" else "maint")
        raise StairliftError(
            code="balancer.not_up",
            brief=f"{key(seat)} stays out, since {why} after {crew.options.up_within} s",
            resolution="See the service's log, then retry the step.",
        )
    balancer.tell(server, "ready")
    if why := crew.in_time(crew.options.up_within, lambda: _not_up(crew, seat)):
        raise StairliftError(code="balancer.not_up", brief=f"{key(seat)} was given back, and {why}")


def _not_well(crew: Crew, seat: Seat, about: tuple[str, Request]) -> str:
    binary, request = about
    ((_, server),) = crew.now([seat])
    answer = crew.ask(server.address, server.port)
    if answer.seen and answer.why:
        return f"{server.address}:{server.port} does not serve: {answer.why}"
    if server.checks and not server.well:
        return f"HAProxy says {server.status} ({server.checked or 'not looked at yet'})"
    if not answer.seen and not server.checks:
        return f"nobody can tell: it has no check, and from here {server.address}:{server.port} {answer.why}"
    return outdated(binary, request.release, answer.document) if request.release else ""


def _not_up(crew: Crew, seat: Seat) -> str:
    ((_, server),) = crew.now([seat])
    return "" if server.up else f"HAProxy says {server.status}"


def put_back(crew: Crew, effect: Effect) -> str:
    """Give back what an effect says that we have taken out, whatever it answers; HAProxy's checks keep requests off."""
    binary, _, host = effect.subject.partition("@")
    was = Before.of(effect).known(effect)
    if was is None:
        return "" if effect.state == "intended" else _FORGOTTEN
    _tell(crew, [seat for seat in _those(crew, (binary, host), was) if seat[1].told != "ready"], "ready")
    return ""


def _tell(crew: Crew, seats: Iterable[Seat], state: Told) -> None:
    for balancer, server in seats:
        balancer.tell(server, state)
        crew.notes.say(f"{balancer.place}: set server {server.path} state {state}")
