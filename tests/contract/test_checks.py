"""The shipped contract on every check that is installed."""

import tomllib

import pytest

from pages import read
from stairlift.drive.check_registry import installed
from stairlift.knowledge.checks import catalogue
from stairlift.testing.check_contract import CheckContract

CHECKS = {check.info.code: check for check in installed().checks}


def test_none_is_broken():
    assert installed().broken == ()


def test_they_go_by_their_codes():
    named = tomllib.loads(read("pyproject.toml"))["project"]["entry-points"]["stairlift.checks"]
    assert set(named) == set(CHECKS)


def test_what_they_say_of_themselves_is_in_the_catalogue():
    assert {code: check.info for code, check in CHECKS.items()} == {
        code: rule.info for code, rule in catalogue().items() if code in CHECKS
    }


@pytest.mark.parametrize("code", sorted(CHECKS))
class TestEveryCheck(CheckContract):
    """Each by its code."""

    @pytest.fixture(autouse=True)
    def _which(self, code):
        self._check = CHECKS[code]

    def check(self):
        return self._check
