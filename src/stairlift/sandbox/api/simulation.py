"""One running sandbox: the cloud, its clock, the load balancer in front of it and what has been asked of it."""

import time
from collections import deque
from collections.abc import Mapping
from itertools import count
from typing import Any

from stairlift.sandbox.api.balancer import Balancer
from stairlift.sandbox.api.doors import Door
from stairlift.sandbox.api.faults import BackendTroubles, HttpTroubles
from stairlift.sandbox.api.tokens import Tokens
from stairlift.sandbox.api.wire import Backend
from stairlift.sandbox.binaries import APIS
from stairlift.sandbox.guests.fleet import Fleet
from stairlift.sandbox.records.cinder import CinderRecords
from stairlift.sandbox.records.networks import Networks
from stairlift.sandbox.records.neutron import NeutronRecords
from stairlift.sandbox.records.nova import NovaRecords
from stairlift.sandbox.records.registered import Registered
from stairlift.sandbox.scenario import Scenario
from stairlift.sandbox.versions import maximum
from stairlift.sandbox.world.hearing import Key
from stairlift.sandbox.world.world import World

#: How many requests the log keeps.
LOG_LENGTH = 20_000


class Simulation:
    """Everything that the handlers share. Used by one thread, the server's."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self._ahead = 0.0
        self.world = World(scenario, self.now())
        self.nova = NovaRecords(self.world)
        self.fleet = Fleet(self.world, self.nova)
        self.neutron = NeutronRecords(self.world)
        self.networks = Networks(self.world, self.neutron)
        self.cinder = CinderRecords(self.world)
        self.registered = Registered(self.world)
        self.tokens = Tokens()
        self.numbers = count(1)
        self.troubles = HttpTroubles(self.numbers)
        self.backend_troubles = BackendTroubles(self.numbers)
        self.ailments: dict[int, Mapping[str, Any]] = {}
        self.log: deque[dict[str, Any]] = deque(maxlen=LOG_LENGTH)
        #: Masakari's hosts that are on maintenance, by id.
        self.on_maintenance: set[str] = set()
        #: Processes with an address of their own, by its port.
        self.doors: Mapping[int, Door] = {}
        self.balancer = Balancer(self.world)

    def now(self) -> float:
        """The time in the cloud, in seconds since the epoch."""
        return time.time() + self._ahead

    def advance(self, seconds: float) -> None:
        """Put the cloud's clock forward."""
        self._ahead += seconds

    def deployed(self, api: str) -> bool:
        """Whether the cloud has this API at all."""
        return any(self.world.places(binary) for binary in APIS.get(api, ()))

    def next_backend(self, api: str) -> Backend | None:
        """The process whose turn it is to answer, as the load balancer picks it; None if none is left."""
        key = self.balancer.pick(api, self.now())
        return None if key is None else self._backend(api, key)

    def behind(self, door: Door) -> Backend | None:
        """The process behind a door; None if it is not up."""
        running = door.key in self.world.running(door.key[1], self.now())
        return self._backend(door.api, door.key) if running else None

    def _backend(self, api: str, key: Key) -> Backend:
        return Backend(key[0], maximum(api, self.world.lives[key].release), key)
