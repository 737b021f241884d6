"""Failed hosts count once in each of their budgets, until none of their steps is failed any more."""

from hypothesis import given
from hypothesis import strategies as st

from stairlift.run.budgets import Budgets, Overspent
from stairlift.testing.plans import a_step

KEYS = st.lists(st.sampled_from(["x", "y"]), max_size=2, unique=True)
HOSTS = st.lists(st.sampled_from(["h1", "h2", "h3"]), min_size=1, max_size=2, unique=True)
STEPS = st.lists(st.tuples(HOSTS, KEYS), min_size=1, max_size=6)


@given(steps=STEPS, turns=st.lists(st.integers(0, 5), max_size=20))
def test_what_is_spent_is_what_the_steps_that_are_failed_now_say(steps, turns) -> None:
    allowed = {"x": 1, "y": 0}
    budgets, failed = Budgets(allowed), set()
    for turn in turns:
        number = turn % len(steps)
        failed ^= {number}
        hosts, keys = steps[number]
        budgets.blame(a_step("s", hosts=hosts, budgets=keys), 1 if number in failed else -1)
    failing = [(key, host) for n in failed for key in steps[n][1] or [""] for host in steps[n][0]]
    hosts_of = {key: sorted({host for one, host in failing if one == key}) for key in ("x", "y", "")}
    assert budgets.overspent() == [
        Overspent(key, allowed.get(key, 0), tuple(hosts))
        for key, hosts in hosts_of.items()
        if len(hosts) > allowed.get(key, 0)
    ]


def test_it_says_who_failed_and_how_many_may() -> None:
    assert str(Overspent("role:compute", 1, ("a", "b"))) == "a, b; the failure budget of role:compute is 1"
    assert str(Overspent("", 0, tuple("abcde"))) == "a, b, c and 2 more; the failure budget is 0"
