"""Which rows a timeline has: hosts, services or stages, chosen, sorted and cut into pages by what its address says."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Literal

from stairlift.model.outline import Outline
from stairlift.model.run import StepState, StepStatus
from stairlift.report.signs import FOREMOST
from stairlift.report.text import span

Kind = Literal["hosts", "services", "stages", "groups"]
Sort = Literal["plan", "name", "trouble", "newest"]
#: More hosts than this are shown in groups, unless somebody asks for hosts.
MANY = 150
#: A row of more steps than this tells of them by sorts.
DENSE = 60
#: What fits on a page: so many rows, so many bars; a row of sorts counts for so many.
ROWS, BARS, _SORTS = 100, 800, 12


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address of a timeline says. `rows` is "" where it leaves that to us.

    `zoom` is how many times wider than the page it is; `begin` and `end` cut the axis.
    """

    rows: Kind | Literal[""] = ""
    group: str = ""
    host: str = ""
    stage: str = ""
    state: StepState | None = None
    sort: Sort = "plan"
    zoom: int = 1
    begin: datetime | None = None
    end: datetime | None = None
    page: int = 1


@dataclass(frozen=True, slots=True)
class Row:
    """A name and the places of its steps in the plan. `hosts` is how many it stands for, of a group."""

    key: str
    name: str
    places: tuple[int, ...]
    hosts: int = 1

    @property
    def dense(self) -> bool:
        """Whether its steps are too many to be shown each."""
        return len(self.places) > DENSE


@dataclass(frozen=True, slots=True)
class Chosen:
    """The rows of one page. `of` is how many there are on all `pages`; `first` counts from 1."""

    kind: Kind
    rows: tuple[Row, ...]
    first: int
    of: int
    page: int
    pages: int

    def steps(self) -> tuple[int, ...]:
        """The places of the steps that are shown each, in the order of the plan."""
        return tuple(sorted({place for row in self.rows if not row.dense for place in row.places}))


def choose(outline: Outline, statuses: Mapping[str, StepStatus], asked: Asked) -> Chosen:
    """The rows of the page that is asked for; of one behind the last, the last."""
    kind = asked.rows or _kind(outline, asked)
    rows = _sorted(_matching(_rows(outline, kind, asked), outline, statuses, asked), outline, statuses, asked.sort)
    pages = cut([_SORTS if row.dense else max(1, len(row.places)) for row in rows])
    page = min(max(1, asked.page), len(pages))
    begin, end = pages[page - 1]
    return Chosen(kind, tuple(rows[begin:end]), begin + 1, len(rows), page, len(pages))


def _kind(outline: Outline, asked: Asked) -> Kind:
    return "groups" if len(outline.by_host) > MANY and not (asked.group or asked.host) else "hosts"


def cut(weights: Sequence[int]) -> list[tuple[int, int]]:
    """Pages as (first, behind the last): as many rows as fit with their bars, at least one where there is any."""
    pages, begin, bars = list[tuple[int, int]](), 0, 0
    for place, weight in enumerate(weights):
        if place > begin and (place - begin >= ROWS or bars + weight > BARS):
            pages.append((begin, place))
            begin, bars = place, 0
        bars += weight
    return [*pages, (begin, len(weights))]


# Rows


def _rows(outline: Outline, kind: Kind, asked: Asked) -> Iterable[Row]:
    if kind == "groups":
        return groups(outline)
    if kind == "hosts" and asked.group:
        group = outline.groups.get(asked.group)
        return (Row(host, host, outline.by_host[host]) for host in (group.hosts if group else ()))
    by = {"hosts": outline.by_host, "services": outline.by_service, "stages": outline.by_stage}[kind]
    gates = set(outline.gates)  # they have a row of their own
    return (Row(name, name, tuple(place for place in places if place not in gates)) for name, places in by.items())


def groups(outline: Outline) -> tuple[Row, ...]:
    """Hosts that have something in common, a page of them at a time."""
    return tuple(
        Row(key, f"{key.rpartition('/')[0]}: {span(group.hosts, shown=2)}", group.steps, len(group.hosts))
        for key, group in outline.groups.items()
    )


def _matching(rows: Iterable[Row], outline: Outline, statuses: Mapping[str, StepStatus], asked: Asked) -> Iterable[Row]:
    for row in rows:
        some = asked.stage or asked.host
        places = tuple(place for place in row.places if _meant(outline, place, asked)) if some else row.places
        if places and (asked.state is None or asked.state in states(places, outline, statuses)):
            yield Row(row.key, row.name, places, row.hosts)


def _meant(outline: Outline, place: int, asked: Asked) -> bool:
    step = outline.steps[place]
    return (not asked.stage or step.stage == asked.stage) and (
        not asked.host or any(fnmatchcase(host, asked.host) for host in step.hosts)
    )


def states(places: Iterable[int], outline: Outline, statuses: Mapping[str, StepStatus]) -> Counter[StepState]:
    """How many of these steps are in each state."""
    return Counter([status.state if status else StepState.PENDING for status in of(places, outline, statuses)])


def of(places: Iterable[int], outline: Outline, statuses: Mapping[str, StepStatus]) -> list[StepStatus | None]:
    """Where the steps at these places stand; a list at once, since there may be 80,000."""
    steps = outline.steps
    return [statuses.get(steps[place].id) for place in places]


def _sorted(rows: Iterable[Row], outline: Outline, statuses: Mapping[str, StepStatus], sort: Sort) -> Sequence[Row]:
    keys: dict[Sort, Callable[[Row], object]] = {
        "plan": lambda row: row.places[0],
        "name": lambda row: row.name,
        "trouble": lambda row: _trouble(states(row.places, outline, statuses)),
        "newest": lambda row: _newest(row, outline, statuses),
    }
    return sorted(rows, key=keys[sort])  # type: ignore[arg-type]


def _trouble(counts: Mapping[StepState, int]) -> int:
    return next((place for place, state in enumerate(FOREMOST) if counts.get(state)), len(FOREMOST))


def _newest(row: Row, outline: Outline, statuses: Mapping[str, StepStatus]) -> float:
    found = of(row.places, outline, statuses)
    return -max((status.started_at.timestamp() for status in found if status and status.started_at), default=0.0)
