"""What happens once in a hop: copies and expansion first, online migrations, unpinning and contraction last."""

from collections.abc import Iterable, Sequence
from functools import partial

from stairlift.knowledge.order import project_order
from stairlift.knowledge.procedures import Procedure, procedure
from stairlift.model.cloud import Service
from stairlift.model.plan import Action, Step
from stairlift.plan.cold import Standstill, contracts_first, database_step
from stairlift.plan.crews import Crew, Ordering
from stairlift.plan.hop import Gate, Hop, Kind, crew_steps, in_a_row, once
from stairlift.plan.manners import absorbed
from stairlift.plan.matching import asked_for

_BACKUP = "a copy of {project}'s database as it was on {source}"
_EXPAND = "{project}'s schema grows once, with the code of {target}; the code of {source} keeps running on it"
_MIGRATE = "{project}'s rows are rewritten now that every process runs {target}"
_CONTRACT = "{project}'s schema sheds what only the code of {source} needed"


def databases_first(
    hop: Hop, services: Sequence[Service], still: Iterable[Standstill], gate: Gate
) -> tuple[list[Step], Gate]:
    """Copies, for who asked for them, and the expansion of every schema but of those projects that are stopped for it.

    Where old code must not meet the new schema and nobody stops it, its database step is here, and one-way.
    """
    owners = [known for known in _procedures(services) if known.has_database]
    backup = [m for known in owners for m in _database(hop, known, services, ("backup", _BACKUP))]
    standing = {one.project: one for one in still}
    expand: list[partial[list[Step]]] = []
    for known in (known for known in owners if known.db_expand):
        one = standing.get(known.project)
        if one is None:
            expand += _database(hop, known, services, ("db-expand", _EXPAND))
        elif not one.stopped:
            expand.append(partial(database_step, hop, one))
    return in_a_row([*(backup if asked_for("backup", hop.bindings) else []), *expand], gate)


def finish(hop: Hop, gate: Gate) -> tuple[list[Step], Gate]:
    """The one-way steps. They are for a cloud in which nothing old is left, so a part of one has none.

    What runs the target already takes part: whoever began an upgrade may have left just these steps undone.
    """
    if "finish" not in hop.stages or not hop.whole:
        return [], gate
    services = [s for s in hop.fleet.at(hop.target).services if s.plane == "control"]
    makers: list[partial[list[Step]]] = []
    for known in _procedures(services):
        makers += _unpin(hop, known, services)
        if known.db_migrate:
            makers += _database(hop, known, services, ("db-migrate", _MIGRATE))
        if known.db_contract and not contracts_first(hop, known):
            makers += _database(hop, known, services, ("db-contract", _CONTRACT))
    return in_a_row(makers, gate)


def _database(
    hop: Hop, known: Procedure, services: Sequence[Service], what: tuple[Action, str]
) -> list[partial[list[Step]]]:
    """How to make a once-only step of a project, if a host is known that could do it and no deployer absorbs it."""
    action, reason = what
    last = action in ("db-migrate", "db-contract")
    owner = known.owner_among(services)
    if owner is None or absorbed(hop, owner, "finish" if last else "control", action):
        return []
    told = reason.format(project=known.project, source=hop.source, target=hop.target)
    kind = Kind("finish" if last else "control", action, told, known.project, "no-return" if last else None)
    return [partial(once, hop, owner, kind)]


def _procedures(services: Iterable[Service]) -> list[Procedure]:
    found = (procedure(p) for p in project_order({s.project for s in services}))
    return [known for known in found if known]


def _unpin(hop: Hop, known: Procedure, services: Sequence[Service]) -> list[partial[list[Step]]]:
    """A restart host by host: two schedulers restarted at once lose messages (testbed, server left in ERROR).

    Hosts of what comes last in the project's own order come last.
    """
    mine = [s for s in services if s.binary in known.unpin and not absorbed(hop, s, "finish", "unpin")]
    kind = Kind("finish", "unpin", f"{known.project}: {known.unpin_how}", known.project, "no-return")
    crews = hop.assembly("finish", "unpin", _as_listed(known.unpin)).crews(hop.machines(mine))
    in_order = sorted(crews, key=lambda crew: max(known.unpin.index(n) for run in crew.runs for n in run.names))
    return [partial(_behind, hop, crew, kind) for crew in in_order]


def _behind(hop: Hop, crew: Crew, kind: Kind, gate: Gate) -> list[Step]:
    return crew_steps(hop, [crew], gate, kind)


def _as_listed(names: Sequence[str]) -> Ordering:
    return lambda services: tuple(sorted(services, key=lambda s: names.index(s.binary)))
