"""Taking hypervisors out of Nova's choice, and giving them back: only what is marked as ours."""

from collections.abc import Callable

from stairlift.model.effect import Effect
from stairlift.model.errors import StairliftError
from stairlift.strategy.nova.request import Request
from stairlift.strategy.nova.services import ComputeServices, Row, disabled, reason
from stairlift.strategy.own_job import Notes
from stairlift.strategy.patience import Pause, in_time

#: How every mark of ours begins, whatever the run.
OURS = "stairlift "
#: Seconds of silence after which a compute is not called fresh: three of its reports (nova.conf, report_interval = 10).
_FRESH = 30.0
_BETWEEN = 2.0


def effect_id(host: str) -> str:
    """The id of the effect that a cordon is."""
    return f"cordon:{host}"


def cordon(services: ComputeServices, request: Request, notes: Notes) -> None:
    """Disable the nova-compute of every host, unless somebody else has.

    With the mark that the ledger has of it, which may be an earlier step's: what carries another is not put back.
    """
    known = request.errand.known()
    for host in request.errand.hosts:
        row, mark = services.of(host), _mark(known.get(effect_id(host)), request)
        if disabled(row) and not reason(row).startswith(OURS):
            said = reason(row) or "without a reason"
            notes.effect(effect_id(host), "foreign", f"{host} was disabled before us ({said}): it stays so")
            continue
        if not disabled(row) or reason(row) != mark:
            services.disable(row, mark)
        notes.effect(effect_id(host), "made", f"{host} gets no new servers: {mark}")


def _mark(effect: Effect | None, request: Request) -> str:
    return str(effect.details.get("reason") or request.reason) if effect else request.reason


def uncordon(services: ComputeServices, request: Request, notes: Notes, sleep: Callable[[float], None]) -> None:
    """Enable what we have disabled, once it reports. StairliftError where it does not in time."""
    for host in request.errand.hosts:
        row = services.of(host)
        if not disabled(row):
            notes.effect(effect_id(host), "restored", f"{host} is enabled")
        elif not is_ours(row, request):
            said = reason(row) or "without a reason"
            notes.effect(effect_id(host), "foreign", f"{host} is disabled by somebody else ({said}): it stays so")
        else:
            enable_once_fresh(services, request, host, sleep)
            notes.effect(effect_id(host), "restored", f"{host} gets new servers again")


def is_ours(row: Row, request: Request) -> bool:
    """Whether a run of ours disabled it: this one, or another whose place it took."""
    mine = " ".join(request.reason.split()[:2]) + " "
    marks = {effect.details.get("reason") for effect in request.errand.effects}
    return reason(row).startswith(mine) or reason(row) in marks


def enable_once_fresh(services: ComputeServices, request: Request, host: str, sleep: Callable[[float], None]) -> None:
    """Enable a nova-compute that is up and has reported lately."""
    before = services.of(host)
    if why := in_time(request.up_within, lambda: _silent(services, host, before), Pause(_BETWEEN, sleep)):
        raise StairliftError(
            code="nova.not_up",
            brief=f"{host} is not enabled, since {why} after {request.up_within} s",
            resolution="See its log, then retry the step.",
        )
    row = services.of(host)
    if disabled(row) and is_ours(row, request):
        services.enable(row)


def _silent(services: ComputeServices, host: str, before: Row) -> str:
    """Why it is not called fresh. Behind uwsgi Nova tells no time; then a report newer than `before` proves it."""
    row = services.of(host)
    age = services.age(row)
    if row.get("state") != "up":
        return f"its nova-compute is {row.get('state') or 'unknown'}"
    if row.get("updated_at") != before.get("updated_at") or (age is not None and age <= _FRESH):
        return ""
    return "its nova-compute has said nothing" + (f" for {age:.0f} s" if age is not None else " since we look")


def put_back(services: ComputeServices, host: str, mark: str) -> str:
    """Enable a nova-compute that carries just this mark; "" where nothing of it is left."""
    row = services.of(host)
    if disabled(row) and reason(row) == mark:
        services.enable(row)
    return ""
