"""What a server keeps before there is a run: the plans that were made, and the looks at clouds."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class KeptPlan:
    """A plan on the shelf, known by its hash; its document is fetched by itself. `steps` is how many it has."""

    hash: str
    cloud: str
    source: str
    target: str
    steps: int
    made_at: datetime
    actor: str


@dataclass(frozen=True, slots=True)
class Sighting:
    """One look at a whole cloud; its document is `discover`'s. `release` is "" where it is not clear."""

    id: str
    cloud: str
    release: str
    hosts: int
    services: int
    at: datetime
    actor: str
