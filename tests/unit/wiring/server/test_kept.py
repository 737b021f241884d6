"""What is dear is made once, also by many at a time; only the newest few stay."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from stairlift.wiring.server.kept import Kept


def test_it_is_made_by_the_first_who_asks_and_the_others_wait():
    kept: Kept[object] = Kept(2)
    made, begun, go_on = [], Event(), Event()

    def make() -> object:
        begun.set()
        assert go_on.wait(60)
        made.append(object())
        return made[-1]

    with ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(kept.get, "a", make) for _ in range(4)]
        assert begun.wait(60)
        assert kept.get("b", lambda: "another") == "another", "who asks for something else does not wait"
        go_on.set()
        found = [one.result() for one in asked]
    assert len(made) == 1
    assert set(map(id, found)) == {id(made[0])}


def test_the_newest_few_stay():
    kept: Kept[str] = Kept(2)
    for key in ("a", "b", "a", "c"):
        kept.get(key, lambda: "it")
    assert [key in kept for key in "abc"] == [True, False, True]


def test_what_could_not_be_made_is_tried_again():
    kept: Kept[str] = Kept(2)
    with pytest.raises(ZeroDivisionError):
        kept.get("a", lambda: str(1 / 0))
    assert kept.get("a", lambda: "it") == "it"
