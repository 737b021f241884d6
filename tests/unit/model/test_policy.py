"""Shares of hosts."""

import pytest

from stairlift.model.policy import Policy, Share


@pytest.mark.parametrize(
    ("share", "hosts", "least", "expected"),
    [
        (Share(10, percent=True), 500, 1, 50),
        (Share(10, percent=True), 9, 1, 1),
        (Share(10, percent=True), 9, 0, 0),
        (Share(2.5, percent=True), 200, 0, 5),
        (Share(2.3, percent=True), 1000, 0, 23),
        (Share(0.57, percent=True), 10000, 0, 57),
        (Share(7), 3, 1, 7),
        (Share(0), 3, 1, 1),
    ],
)
def test_a_share_of_hosts(share, hosts, least, expected):
    assert share.of(hosts, least=least) == expected


@pytest.mark.parametrize(
    ("share", "text"), [(Share(10, percent=True), "10%"), (Share(2.5, percent=True), "2.5%"), (Share(3), "3")]
)
def test_a_share_in_words(share, text):
    assert str(share) == text


def test_the_defaults_of_the_contract():
    policy = Policy()
    assert (policy.canary, policy.on_failure, policy.order) == (1, "stop", None)
    assert not policy.max_unavailable
    assert not policy.failure_budget
