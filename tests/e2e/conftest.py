"""Operators of a small simulated cloud, which is shared by the tests of a module that leave it as it is; and browsers."""

from collections.abc import Callable, Iterator

import pytest

from operating import Operator, small_cloud
from stairlift.sandbox.server import Sandbox


@pytest.fixture(scope="module")
def chromium() -> Iterator:
    """A browser for the tests of a module; `browsers` skips those where there is none."""
    from browsers import a_chromium

    with a_chromium() as browser:
        yield browser


@pytest.fixture
def person(chromium, house, home) -> Iterator[Callable]:
    """People with browsers who sign in at the `home` of a `house`; none of them complains."""
    import houses
    from browsers import Person

    came = []

    def comes(*rights, name: str = "ada", **given) -> Person:
        came.append(Person(chromium, home, houses.a_token(house, *rights, name=name), **given))
        return came[-1]

    yield comes
    for one in came:
        one.leaves()


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    """A server that has seen something, for the tests of a module that leave it as it is."""
    from served import served

    return served(tmp_path_factory.mktemp("house"))


@pytest.fixture(scope="module")
def url(scene) -> Iterator[str]:
    """Where it is asked over HTTP."""
    from browsers import served
    from stairlift.web.app import the_app

    with served(the_app(scene.house)) as address:
        yield address


@pytest.fixture(scope="module")
def cloud():
    with Sandbox(small_cloud()) as it:
        yield it


@pytest.fixture
def operator(cloud, tmp_path) -> Operator:
    """Somebody with credentials and a strategy, and no plan yet."""
    yield Operator(tmp_path).at(cloud).with_strategy()
    cloud.clear_faults()
