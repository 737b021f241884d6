"""One-time codes: they hold for ten minutes, once, and are easily typed."""

import re
from datetime import timedelta

from stairlift.testing.clouds import NOON
from stairlift.wiring.server.codes import Codes

TEN_MINUTES = timedelta(minutes=10)


def test_who_was_shown_one_is_known_by_it_once():
    codes = Codes()
    code = codes.issue("ada", NOON)
    assert codes.redeem(code, NOON) == "ada"
    assert codes.redeem(code, NOON) is None


def test_however_it_is_typed():
    codes = Codes()
    for typed in (str.lower, lambda code: code.replace("-", " "), lambda code: f" {code.replace('-', '')}\n"):
        assert codes.redeem(typed(codes.issue("ada", NOON)), NOON) == "ada"


def test_its_time_is_over_after_ten_minutes():
    codes = Codes()
    code = codes.issue("ada", NOON)
    assert codes.redeem(code, NOON + TEN_MINUTES) is None
    code = codes.issue("ada", NOON)
    assert codes.redeem(code, NOON + TEN_MINUTES - timedelta(seconds=1)) == "ada"


def test_several_hold_at_once():
    codes = Codes()
    first, second = codes.issue("ada", NOON), codes.issue("bob", NOON)
    assert [codes.redeem(code, NOON) for code in (second, first)] == ["bob", "ada"]


def test_nothing_is_none():
    codes = Codes()
    codes.issue("ada", NOON)
    for nothing in ("", "-", "nope", "\x00", "\ud800"):
        assert codes.redeem(nothing, NOON) is None


def test_its_letters_are_not_taken_for_others_and_it_is_never_the_same():
    issued = {Codes().issue("ada", NOON) for _ in range(200)}
    assert len(issued) == 200
    assert all(re.fullmatch(r"[2-9A-HJKMNP-Z]{5}-[2-9A-HJKMNP-Z]{5}", code) for code in issued)


def test_it_is_not_kept_itself():
    codes = Codes()
    code = codes.issue("ada", NOON)
    assert code.replace("-", "") not in repr(vars(codes))
