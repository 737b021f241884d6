"""The signature is as an independent implementation has it, and what is documented verifies it."""

import hashlib
import hmac
import re
import time

import pytest

from pages import read
from stairlift.notify.signature import signature

SECRET, BODY = b"s3cret", b'{"id":"41"}'


def test_by_hand():
    digest = hmac.new(SECRET, b'1700000000.{"id":"41"}', hashlib.sha256).hexdigest()
    assert signature(SECRET, BODY, 1_700_000_000) == f"t=1700000000,v1={digest}"


@pytest.fixture
def verified():
    """The snippet that the guide gives to whoever writes a receiver."""
    [snippet] = re.findall(r"```python\n(import hmac.*?)```", read("docs/how-to/get-notices.md"), re.DOTALL)
    names = {}
    exec(snippet, names)  # what the reader would do
    return names["verified"]


def test_what_is_documented_verifies_it(verified):
    assert verified(SECRET, signature(SECRET, BODY, int(time.time())), BODY)


#: Each is made when it is tried: times in the names of tests would differ between workers.
WRONG = {
    "another secret": lambda at: (signature(b"another", BODY, at), BODY),
    "another body": lambda at: (signature(SECRET, BODY, at), BODY + b" "),
    "an hour old": lambda at: (signature(SECRET, BODY, at - 3600), BODY),
    "another time": lambda at: (signature(SECRET, BODY, 1).replace("t=1,", f"t={at},"), BODY),
    "none": lambda _: ("", BODY),
    "no number": lambda _: ("t=x,v1=", BODY),
    "no time": lambda _: ("v1=abc", BODY),
}


@pytest.mark.parametrize("how", WRONG)
def test_and_nothing_else(verified, how):
    header, body = WRONG[how](int(time.time()))
    assert not verified(SECRET, header, body)
