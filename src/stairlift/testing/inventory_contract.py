"""What every InventoryManager must keep, as tests for pytest.

    class TestMySource(InventoryContract):
        def manager(self):
            return MySource(...)

`manager` is called for each test anew and must reach something that answers; where that is slow, `answer` may give a
kept answer instead. Nothing but the standard library is needed.
"""

import json
import random
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import fields
from datetime import datetime
from typing import Any, NoReturn, get_args
from unittest import mock

from stairlift.model.errors import SourceTrouble, Trouble
from stairlift.model.observation import Fact
from stairlift.ports import Answer, InventoryManager

FACTS = get_args(Fact)
NONSENSE: tuple[Any, ...] = (None, True, -1, 2.5, "", "nonsense", [], [None], {}, {"": {}}, [[]], "\x00", 10**30)
SPOILT = 300  # variants of an answer that are tried


class InventoryContract:
    """The promises of `ports.InventoryManager`; subclass it as `Test...` and say how a manager is made."""

    def manager(self) -> InventoryManager:
        """A new manager of the kind under test."""
        raise NotImplementedError

    def answer(self) -> Answer:
        """An answer to read; the manager's own unless a test class has a kept one."""
        return self.manager().fetch()

    def test_name_is_stable(self) -> None:
        """The name is the key of recordings and the `source` of every fact."""
        first, second = self.manager().name, self.manager().name
        assert isinstance(first, str)
        assert first == second != ""

    def test_an_answer_is_json(self) -> None:
        """Recordings keep answers as JSON and must give the same back."""
        documents = self.answer().documents
        assert _replayed(documents) == documents

    def test_the_cloud_s_clock_has_a_zone(self) -> None:
        """Ages of heartbeats are reckoned on it."""
        time = self.answer().cloud_time
        assert time is None or time.tzinfo is not None

    def test_facts_are_facts(self) -> None:
        """Whoever compares sources relies on their types, on hashing them and on times having a zone."""
        facts = self.manager().read(self.answer())
        assert isinstance(facts, tuple)
        for fact in facts:
            assert isinstance(fact, FACTS), f"{fact!r} is not a fact"
            hash(fact)
            times = [getattr(fact, f.name) for f in fields(fact) if isinstance(getattr(fact, f.name), datetime)]
            assert all(time.tzinfo is not None for time in times), f"{fact!r} has a time without a zone"

    def test_reading_twice_tells_the_same(self) -> None:
        """Reading depends on the answer alone: not on the manager's past, not on the time."""
        answer, manager = self.answer(), self.manager()
        assert manager.read(answer) == manager.read(answer) == self.manager().read(answer)

    def test_reading_leaves_the_answer_alone(self) -> None:
        """It may be saved after it has been read."""
        answer = self.answer()
        before = deepcopy(dict(answer.documents))
        self.manager().read(answer)
        assert answer.documents == before

    def test_a_recording_tells_the_same(self) -> None:
        """What a user attaches to a bug report shows what the user saw."""
        answer, manager = self.answer(), self.manager()
        replayed = Answer(_replayed(answer.documents), answer.cloud_time)
        assert manager.read(replayed) == manager.read(answer)

    def test_reading_goes_nowhere(self) -> None:
        """Only fetch may open connections or start programs."""
        answer, manager = self.answer(), self.manager()
        with nothing_outside():
            manager.read(answer)

    def test_an_empty_answer_is_malformed(self) -> None:
        """No documents at all are not an empty cloud."""
        assert _trouble(self.manager(), Answer({})) is Trouble.MALFORMED

    def test_spoilt_answers_are_troubles(self) -> None:
        """Whatever a broken server sends, reading gives facts or a SourceTrouble: MALFORMED, or EMPTY."""
        answer, manager = self.answer(), self.manager()
        for documents in spoilt(answer.documents):
            assert _trouble(manager, Answer(documents, answer.cloud_time)) in {None, Trouble.MALFORMED, Trouble.EMPTY}


def spoilt(documents: Any, variants: int = SPOILT) -> Iterator[Any]:
    """Variants of a JSON document with something wrong in one to three places: always the same ones."""
    chance = random.Random(0)  # noqa: S311
    for _ in range(variants):
        variant = _replayed(documents)
        for _ in range(chance.randint(1, 3)):
            _spoil(variant, chance)
        yield variant


def _spoil(document: Any, chance: random.Random) -> None:
    """Walk down at random and replace, remove or double what is found there."""
    while isinstance(document, dict | list) and document:
        keys = list(document) if isinstance(document, dict) else range(len(document))
        key = chance.choice(keys)
        inner = document[key]
        if not isinstance(inner, dict | list) or not inner or chance.random() < 0.25:
            _damage(document, key, chance)
            return
        document = inner


def _damage(document: Any, key: Any, chance: random.Random) -> None:
    match chance.randrange(3):
        case 0:
            del document[key]
        case 1 if isinstance(document, list):
            document.append(deepcopy(document[key]))
        case _:
            document[key] = deepcopy(chance.choice(NONSENSE))


def _replayed(documents: Any) -> Any:
    return json.loads(json.dumps(documents, default=dict))


def _trouble(manager: InventoryManager, answer: Answer) -> Trouble | None:
    try:
        manager.read(answer)
    except SourceTrouble as trouble:
        return trouble.trouble
    return None


@contextmanager
def nothing_outside() -> Iterator[None]:
    """Connections and programs fail as long as this lasts."""

    def refuse(*_: Any, **__: Any) -> NoReturn:
        raise AssertionError("reading an answer must not go out")

    with mock.patch.object(socket.socket, "connect", refuse), mock.patch.object(subprocess, "Popen", refuse):
        yield
