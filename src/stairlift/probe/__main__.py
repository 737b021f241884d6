"""`python -m stairlift.probe FOLDER`: the meter of one run, which outlives its orchestrators.

Leaves with 0 when its run is over, or another process has this folder already; with 2 where it makes no sense.
"""

import fcntl
import os
import sys
import time
from pathlib import Path

from stairlift.model.errors import SourceTrouble, StairliftError, UsageError
from stairlift.openstack.client import SessionCloudClient
from stairlift.openstack.user import CloudUser, Ticket
from stairlift.probe.asking import Asker
from stairlift.probe.order import GIVEN_UP, LOCK, MeterOrder
from stairlift.probe.probing import Probing, over
from stairlift.probe.tokens import TokenKeeper
from stairlift.probe.ways import Way, find_ways, freeze, frozen
from stairlift.probe.web import Web
from stairlift.probe.writing import WriteProbe, tag_of

#: Seconds between two tries to sign in, before there is anything to ask.
_AGAIN = 5.0


def main(folder: Path) -> int:
    """Measure until the run is over."""
    lock = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        print("another process measures for this run", file=sys.stderr)  # noqa: T201
        return 0
    try:
        print(_measure(folder, MeterOrder.read(folder)), file=sys.stderr)  # noqa: T201
    except (StairliftError, OSError, ValueError) as error:
        print(f"it cannot measure: {error}", file=sys.stderr)  # noqa: T201
        return 2
    return 0


def _measure(folder: Path, order: MeterOrder) -> str:
    settings = order.settings
    user = CloudUser.from_config(order.cloud, interface=settings.interface, timeout=settings.timeout)
    web = Web(user.certificates(), settings.timeout)
    ways, ticket = frozen(folder), None
    if ways is None:
        ticket = _signed_in(user, folder, settings.linger)
        if ticket is None:
            return over(folder, settings.linger, time.time)
        ways = _found(user, ticket, order, web)
        if not ways:
            raise UsageError(code="config.invalid", brief="[meter] off: there is nothing left that could be asked")
        freeze(folder, ways)
    asker = Asker(TokenKeeper(user, ticket), web, settings.timeout)
    return Probing(folder, settings, ways, asker, writer=_writer(folder, order)).until_over()


def _writer(folder: Path, order: MeterOrder) -> WriteProbe | None:
    """None where it has no credentials, which is no reason not to measure."""
    write = order.settings.write
    if write is None:
        return None
    try:
        return WriteProbe(SessionCloudClient.from_config(write.cloud), write, tag_of(order.run))
    except UsageError as error:
        print(f"nothing is written: {error}", file=sys.stderr)  # noqa: T201
        (folder / GIVEN_UP).touch()
        return None


def _found(user: CloudUser, ticket: Ticket, order: MeterOrder, web: Web) -> tuple[Way, ...]:
    return find_ways(user, ticket, order.settings, order.backends, web)


def _signed_in(user: CloudUser, folder: Path, linger: float) -> Ticket | None:
    """The first token; None where the run was over before there was one."""
    while not over(folder, linger, time.time):
        try:
            return user.sign_in()
        except SourceTrouble as trouble:
            print(f"cannot sign in: {trouble.brief}", file=sys.stderr)  # noqa: T201
            time.sleep(_AGAIN if trouble.status != 401 else 6 * _AGAIN)  # which might lock the account
    return None


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
