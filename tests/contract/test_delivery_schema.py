"""The task queue's tables in the journal's database: made once, brought along, and left alone where they are right."""

from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy import Engine

from postgres import Server
from stairlift.execute.queue.delivery import Courier, scripts
from stairlift.model.errors import StairliftError
from stairlift.model.run import AttemptId
from stairlift.store.delivery_schema import upgrade_deliveries
from stairlift.store.opening import open_engine
from stairlift.store.server import reach


@pytest.fixture
def url(postgres: Server) -> str:
    return postgres.journal()


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    opened = open_engine(url)
    yield opened
    opened.dispose()


def _tables(url: str) -> set[str]:
    with psycopg.connect(url) as connection:
        rows = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
    return {name for (name,) in rows}


def test_it_is_made_once(engine: Engine, url: str) -> None:
    upgrade_deliveries(engine, *scripts())
    made = _tables(url)
    assert "procrastinate_jobs" in made
    upgrade_deliveries(engine, *scripts())
    assert _tables(url) == made


def test_only_scripts_that_are_new_are_run(engine: Engine, url: str) -> None:
    whole, steps = scripts()
    upgrade_deliveries(engine, whole, steps)
    upgrade_deliveries(
        engine, whole, {**steps, "99.00.00_01_next.sql": "CREATE TABLE next_one (n int); SELECT '100%';"}
    )
    assert "next_one" in _tables(url)
    upgrade_deliveries(engine, whole, {**steps, "99.00.00_01_next.sql": "CREATE TABLE next_one (n int)"})


def test_a_script_that_fails_leaves_nothing_behind(engine: Engine, url: str) -> None:
    with pytest.raises(StairliftError):
        upgrade_deliveries(engine, "CREATE TABLE half (n int); SELECT no_such()", {})
    assert "half" not in _tables(url)


def test_one_order_is_told_of_once_as_long_as_nobody_has_heard(engine: Engine, url: str) -> None:
    upgrade_deliveries(engine, *scripts())
    courier = Courier(reach(engine))
    for _ in range(3):
        courier.deliver(AttemptId("r1", "cmp1", 1), "az1")
    courier.deliver(AttemptId("r1", "cmp1", 2), "az1")
    courier.close()
    with psycopg.connect(url) as connection:
        told = connection.execute("SELECT queue_name, args ->> 'number' FROM procrastinate_jobs ORDER BY id").fetchall()
    assert told == [("az1", "1"), ("az1", "2")]


def test_a_courier_without_tables_or_server_says_so(engine: Engine, url: str) -> None:
    for way, code in ((reach(engine), "queue.no_schema"), ({**reach(engine), "port": 1}, "queue.unavailable")):
        with pytest.raises(StairliftError) as told:
            Courier({**way, "connect_timeout": 2}).deliver(AttemptId("r1", "cmp1", 1), "az1")
        assert told.value.code == code
        assert "not-a-secret" not in f"{told.value.brief}{told.value.details}"
