"""One shift of an orchestrator on a server: a run carried on in a thread of its own, until it rests or we leave."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from threading import Thread

from stairlift.model.errors import StairliftError
from stairlift.model.run import Run
from stairlift.run.unattended import Need
from stairlift.wiring.clock import now
from stairlift.wiring.defects import defect_of
from stairlift.wiring.office import Office
from stairlift.wiring.orders import Orders
from stairlift.wiring.running import bring_to_rest, resume
from stairlift.wiring.signals import Dismissal

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Duty:
    """What is to be done about which run, and who goes on record for it."""

    run: Run
    need: Need
    actor: str
    approve_all: bool = False


class Shift:
    """A duty that is being done. `ended` is told, in the shift's own thread, why it could not be; None where it was."""

    def __init__(self, duty: Duty, office: Office, leave: Dismissal) -> None:
        self.duty = duty
        self.began_at = now()
        self._office = office
        self._leave = leave
        self._thread: Thread | None = None

    def begin(self, ended: Callable[["Shift", StairliftError | None], None]) -> None:
        """Start it. The thread keeps nobody from leaving: what it does is safe to be cut off at any instant."""
        name = f"run {self.duty.run.id}"
        self._thread = Thread(target=lambda: ended(self, self._carried()), name=name, daemon=True)
        self._thread.start()

    def join(self, seconds: float) -> bool:
        """Wait for its end; whether it came."""
        if self._thread is not None:
            self._thread.join(seconds)
        return self._thread is None or not self._thread.is_alive()

    def _carried(self) -> StairliftError | None:
        """Carry it on; why it could not be."""
        duty = self.duty
        _LOG.info("run %s is taken up to %s, for %s", duty.run.id, duty.need, duty.actor)
        try:
            carried = (bring_to_rest if duty.need == "rest" else resume)(duty.run, self._office, self._orders())
        except StairliftError as trouble:
            _LOG.warning("run %s could not be carried on: %s [%s]", duty.run.id, trouble.brief, trouble.code)
            return trouble
        except BaseException as bug:  # of this run: the others and the server go on  # noqa: BLE001
            return defect_of(bug, f"run {duty.run.id}")
        _LOG.info("run %s is let go of: it is %s", duty.run.id, carried.run.state)
        return None

    def _orders(self) -> Orders:
        return Orders(
            actor=self.duty.actor,
            approve_all=self.duty.approve_all,
            on_event=lambda _: None,
            note=lambda words: _LOG.info("run %s: %s", self.duty.run.id, words),
            listening=self._leave.listening,
        )
