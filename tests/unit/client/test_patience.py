"""Who waits for a server that is away, for what, and for how long."""

import pytest

from stairlift.client.patience import Patience
from stairlift.model.errors import StairliftError, UsageError

AWAY = StairliftError(code="client.unreachable", brief="it cannot be reached: it refuses the connection")


class Server:
    """Answers each question with the next of these."""

    def __init__(self, *answers: object) -> None:
        self.answers = list(answers)

    def __call__(self) -> object:
        answer = self.answers.pop(0)
        if isinstance(answer, StairliftError):
            raise answer
        return answer


@pytest.fixture
def notes() -> list[str]:
    return []


def test_a_server_that_comes_back_is_waited_for_and_that_is_said_once(notes):
    waited: list[float] = []
    server = Server("one", AWAY, AWAY, "two", "three", AWAY, "four")
    patience = Patience(notes.append, wait=waited.append)
    assert [patience.outlast(server) for _ in range(4)] == ["one", "two", "three", "four"]
    assert notes == ["it cannot be reached: it refuses the connection; waiting for it"] * 2
    assert len(waited) == 3


def test_one_that_never_answered_is_not(notes):
    with pytest.raises(StairliftError) as away:
        Patience(notes.append).outlast(Server(AWAY))
    assert (away.value, notes) == (AWAY, [])


def test_nor_one_that_stays_away(notes):
    patience = Patience(notes.append, seconds=0.0, wait=lambda _: None)
    server = Server("one", *[AWAY] * 1000)
    patience.outlast(server)
    with pytest.raises(StairliftError, match="cannot be reached"):
        patience.outlast(server)


def test_what_it_refuses_is_no_reason_to_wait(notes):
    refused = UsageError(code="access.unknown", brief="the token holds no longer")
    patience = Patience(notes.append)
    server = Server("one", refused)
    patience.outlast(server)
    with pytest.raises(UsageError):
        patience.outlast(server)
    assert notes == []
