"""A server at work: what is said before, while and after it serves."""

import gc
import logging
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

from stairlift.cli.here import actor
from stairlift.cli.output import say
from stairlift.model.errors import StairliftError
from stairlift.web.server import Entrance, serve
from stairlift.wiring.clock import now
from stairlift.wiring.config.settings import Settings
from stairlift.wiring.notifying import Sender
from stairlift.wiring.server.house import House, open_house
from stairlift.wiring.server.listening import address_of, certificate, listen, only_here, raise_file_limit

#: A server lives long: what a command never searches for garbage would pile up.
_COLLECT = (10_000, 20, 20)
_BARE = (
    "warning: others reach it without TLS: tokens and pages can be read and changed on the way; give --tls-cert, or "
    "listen at 127.0.0.1 behind a proxy that has a certificate"
)
_CHATTY = ("procrastinate", "psycopg")
#: Seconds for notices that are due once a signal came; the next server has the others.
_LAST_NOTICES = 2.0
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Welcome:
    """What is said to whoever starts a server, and at its end: with `sign_in`, how to do so without a token."""

    sign_in: bool
    words: str = "serving on {address} until Ctrl-C"
    farewell: str = "the server has left; runs under way are taken up by the next one, or by `stairlift resume`"


def keep_serving(settings: Settings, again: Callable[[], Settings], welcome: Welcome) -> None:
    """Serve until a signal says to leave, and hand over what is under way. Raises as `listen` and `open_house` do."""
    gc.set_threshold(*_COLLECT)
    raise_file_limit()
    _log_to_stderr()
    wanted = settings.serve
    secure = certificate(wanted)
    listening = listen(wanted)
    house = open_house(settings, again)
    address = address_of(listening[0], secure=secure is not None)
    if secure is None and not only_here(wanted):
        say(_BARE, style="yellow")
    sender = Sender(house.office.store, _LOG.warning, _LAST_NOTICES)
    hang_up = None if _has_terminal() else lambda: _read_again(house, sender)
    try:
        sender.go_by(settings)
        entrance = Entrance(listening, secure, wanted.trusted_proxies, hang_up)
        serve(house, entrance, lambda: _greet(house, address, welcome))
    finally:
        sender.end()
        left = house.close()
    if not left:
        _LOG.warning("an orchestrator hangs, and is left behind: what it had begun is adopted as after a crash")
    say(welcome.farewell)


def _has_terminal() -> bool:
    """Whether there is one that could be lost, wherever our output goes: that is what SIGHUP means then (tty(4))."""
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return False
    return True


def _read_again(house: House, sender: Sender) -> None:
    """Go by the settings as they are in the files now; where these are wrong, by those of before."""
    try:
        found = house.in_force.take_over()
    except StairliftError as wrong:
        _LOG.error("the settings stay as they were: %s [%s]", wrong.brief, wrong.code)
        return
    sender.go_by(found)
    files, channels = ", ".join(map(str, found.files)), ", ".join(one.name for one in found.notify)
    _LOG.info("the settings were read again (%s); channels: %s", files or "no file", channels or "none")


def _greet(house: House, address: str, welcome: Welcome) -> None:
    say(welcome.words.format(address=address), style="bold")
    if welcome.sign_in:
        code = house.codes.issue(actor(), now())
        say(f"  sign in there with the code {code}, once, within ten minutes, or by this link:")
        say(f"  {address}/sign-in#{code}")
    if not any(token.holds(now()) for token in house.keys.tokens()):
        say(
            "  there is no token yet; people and programs get one by: stairlift token create NAME --rights read,operate"
        )


def _log_to_stderr() -> None:
    """Lines with the time, which the journal of systemd has already."""
    times = "" if "JOURNAL_STREAM" in os.environ else "%(asctime)s "
    logging.basicConfig(
        stream=sys.stderr, level=logging.WARNING, format=f"{times}%(message)s", datefmt="%Y-%m-%dT%H:%M:%SZ"
    )
    logging.Formatter.converter = time.gmtime
    logging.getLogger("stairlift").setLevel(logging.INFO)
    for name in _CHATTY:  # of what troubles them we tell ourselves, once
        logging.getLogger(name).setLevel(logging.CRITICAL)
