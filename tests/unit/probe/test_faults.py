"""Whose fault it is."""

import errno
import socket
import ssl
from http.client import IncompleteRead

import pytest

from stairlift.model.errors import SourceTrouble, Trouble
from stairlift.probe.faults import of_error, of_status


@pytest.mark.parametrize(
    ("status", "state"),
    [(200, "ok"), (300, "ok"), (401, "denied"), (403, "denied"), (429, "throttled"), (404, "failed"), (500, "failed")],
)
def test_a_status(status, state):
    assert of_status(status) == state


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENETUNREACH, errno.EADDRNOTAVAIL, errno.EPERM])
def test_what_this_machine_lacks_is_its_own_fault(number):
    assert of_error(OSError(number, "x"))[0] == "own"


def test_a_name_that_cannot_be_resolved_here():
    assert of_error(socket.gaierror(socket.EAI_AGAIN, "x"))[0] == "own"


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (TimeoutError(), "timed out"),
        (ConnectionRefusedError(errno.ECONNREFUSED, "x"), "Connection refused"),
        (OSError(errno.EHOSTUNREACH, "x"), "No route to host"),
        (IncompleteRead(b""), "broke off in the middle of its answer"),
        (ValueError("secret"), "ValueError"),
        (ssl.SSLCertVerificationError(1, "expired"), "TLS failed"),
        (ssl.SSLEOFError(8, "cut"), "TLS failed"),
    ],
)
def test_all_else_is_the_clouds(error, why):
    assert of_error(error) == ("failed", why)


def test_it_is_found_below_what_libraries_make_of_it():
    def trouble():
        try:
            raise OSError(errno.EMFILE, "too many")  # noqa: TRY301
        except OSError:
            raise SourceTrouble(Trouble.UNREACHABLE, "Keystone is not reachable") from None

    with pytest.raises(SourceTrouble) as found:
        trouble()
    assert of_error(found.value)[0] == "own"
