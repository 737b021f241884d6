"""What both sides of a queue do by themselves: judging silence, sending output, reading another's paths, choosing."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stairlift.execute import lifeline
from stairlift.execute.local import LocalExecutor
from stairlift.execute.queue.carrying import Workplace, translated
from stairlift.execute.queue.copying import copy_output
from stairlift.execute.queue.executor import QueueExecutor
from stairlift.execute.queue.following import Patience
from stairlift.execute.queue.streaming import AT_ONCE, LARGEST, Stream
from stairlift.execute.routing import RoutingExecutor
from stairlift.execute.supervisor import RESULT, STARTED
from stairlift.model.dispatch import Dispatched, Order, Output, WorkerSeen
from stairlift.model.errors import StairliftError
from stairlift.model.run import AttemptId, Ended, Lost, NotStarted
from stairlift.model.work import Job, Outcome

ATTEMPT = AttemptId("r1", "cmp1", 1)
JOB = Job(("true",), "/", queue="az1")


class Desk:
    """Orders in memory, whose states a test sets. `tests/contract/test_dispatch.py` holds the real ones to it."""

    def __init__(self) -> None:
        self.orders: dict[AttemptId, Dispatched] = {}
        self.given_up: list[AttemptId] = []
        self.ends: list[AttemptId] = []
        self.forgotten = 0
        self.broken = False

    def put(self, order: Order) -> Dispatched:
        return self.orders.setdefault(order.attempt, Dispatched(order.attempt, order.job.queue, "queued"))

    def find(self, attempts) -> Mapping[AttemptId, Dispatched]:
        if self.broken:
            raise StairliftError(code="store.unavailable", brief="the journal cannot be used")
        return {attempt: self.orders[attempt] for attempt in attempts if attempt in self.orders}

    def without_order(self, run_id: str) -> Sequence[AttemptId]:
        return []

    def output(self, attempt: AttemptId, have: Mapping[str, int]) -> Sequence[Output]:
        return []

    def give_up(self, seen: Dispatched) -> bool:
        if self.orders[seen.attempt] != seen:
            return False
        self.given_up.append(seen.attempt)
        self.orders[seen.attempt] = replace(seen, state="lost")
        return True

    def ask_end(self, attempt: AttemptId) -> None:
        self.ends.append(attempt)

    def forget(self) -> None:
        self.forgotten += 1

    def workers(self) -> Sequence[WorkerSeen]:
        return []

    def claimed(self, beats: int = 1, gone_after: float = 0.3) -> None:
        """A worker has it and was heard of so often."""
        heard = datetime(2026, 11, 22, 12, tzinfo=UTC)
        self.orders[ATTEMPT] = Dispatched(ATTEMPT, "az1", "claimed", "w1", "id1", beats, heard, gone_after)


@pytest.fixture
def desk() -> Desk:
    return Desk()


def _executor(root: Path, desk: Desk, delivered: list[AttemptId] | None = None, **patience: float) -> QueueExecutor:
    told = delivered if delivered is not None else []
    pace = Patience(**{"look": 0.02, "again": 30.0, **patience})
    return QueueExecutor(root, desk, lambda attempt, _: told.append(attempt), frozen=lambda _: {}, patience=pace)


def _run(work):
    return asyncio.run(asyncio.wait_for(work, 30))


# The orchestrator's side


def test_a_silent_worker_is_lost_after_its_time_and_not_before(tmp_path: Path, desk: Desk) -> None:
    """However long ago the database says that it was: clocks can be set, so what counts is what we saw ourselves."""

    async def lost() -> tuple[float, object]:
        begin = asyncio.get_running_loop().time()
        ending = await _executor(tmp_path, desk).run(ATTEMPT, lambda: JOB)
        return asyncio.get_running_loop().time() - begin, ending

    desk.claimed(gone_after=0.5)
    took, ending = _run(lost())
    assert took >= 0.5
    assert isinstance(ending, Lost)
    assert "worker w1 has not been heard of since 2026-11-22 12:00:00 UTC" in ending.reason
    assert desk.given_up == [ATTEMPT]


def test_a_worker_that_is_heard_of_is_never_lost(tmp_path: Path, desk: Desk) -> None:
    async def kept() -> object:
        task = asyncio.create_task(_executor(tmp_path, desk).run(ATTEMPT, lambda: JOB))
        for beats in range(1, 11):
            desk.claimed(beats, gone_after=0.4)
            await asyncio.sleep(0.1)
        desk.orders[ATTEMPT] = replace(desk.orders[ATTEMPT], state="ended", ending=Ended(Outcome(3), datetime.now(UTC)))
        return await task

    ending = _run(kept())
    assert isinstance(ending, Ended)
    assert desk.given_up == []


def test_an_order_that_nobody_takes_is_delivered_again(tmp_path: Path, desk: Desk) -> None:
    delivered: list[AttemptId] = []

    async def taken_late() -> object:
        task = asyncio.create_task(_executor(tmp_path, desk, delivered, again=0.1).run(ATTEMPT, lambda: JOB))
        while len(delivered) < 3:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        desk.orders[ATTEMPT] = replace(desk.orders[ATTEMPT], state="ended", ending=NotStarted("no such file"))
        return await task

    assert _run(taken_late()) == NotStarted("no such file")


def test_whoever_waits_hears_that_the_database_is_gone(tmp_path: Path, desk: Desk) -> None:
    async def broken() -> None:
        task = asyncio.create_task(_executor(tmp_path, desk).run(ATTEMPT, lambda: JOB))
        await asyncio.sleep(0.1)
        desk.broken = True
        with pytest.raises(StairliftError, match="cannot be used"):
            await task

    _run(broken())


@pytest.mark.parametrize(("state", "named"), [("queued", "queue az1"), ("claimed", "w1"), ("ended", ""), ("lost", "")])
def test_what_remains(tmp_path: Path, desk: Desk, state: str, named: str) -> None:
    desk.claimed(gone_after=60)
    desk.orders[ATTEMPT] = replace(desk.orders[ATTEMPT], state=state)
    left = _run(_executor(tmp_path, desk).remains(ATTEMPT))
    assert bool(left) == bool(named)
    assert named in "".join(left)


def test_output_that_cannot_be_kept_stops_the_run_and_not_the_attempt(tmp_path: Path, desk: Desk) -> None:
    desk.output = lambda attempt, have: [Output(attempt, "log", 0, b"x")]
    (tmp_path / "file").write_text("")
    with pytest.raises(StairliftError) as told:
        copy_output(desk, ATTEMPT, tmp_path / "file" / "folder")
    assert told.value.code == "execute.unwritable"


@pytest.mark.parametrize("name", ["../escape", "/etc/passwd", "started", "result.json", "lock"])
def test_output_stays_in_the_folder_and_is_no_state(tmp_path: Path, desk: Desk, name: str) -> None:
    pieces = [Output(ATTEMPT, name, 0, b"x")]
    desk.output = lambda _attempt, have: [] if name in have else pieces
    copy_output(desk, ATTEMPT, tmp_path / "a")
    assert list((tmp_path / "a").iterdir()) == []
    assert not (tmp_path / "escape").exists()


# Choosing


def _router(root: Path, desk: Desk, elsewhere: Sequence[AttemptId] = ()) -> RoutingExecutor:
    queues = {"cmp1": "az1"}
    return RoutingExecutor(
        LocalExecutor(root),
        _executor(root, desk),
        elsewhere=lambda _run_id: elsewhere,
        queue_of=lambda attempt: queues.get(attempt.step, ""),
    )


def test_an_attempt_goes_where_its_job_says_and_stays_there(tmp_path: Path, desk: Desk) -> None:
    """Whatever the job would say the next time."""
    here = AttemptId("r1", "ctl1", 1)
    assert isinstance(_run(_router(tmp_path, desk).run(here, lambda: replace(JOB, queue=""))), Ended)
    assert isinstance(_run(_router(tmp_path, desk).run(here, lambda: JOB)), Ended)
    assert desk.orders == {}
    desk.orders[ATTEMPT] = Dispatched(ATTEMPT, "az1", "ended", ending=NotStarted("by its worker"))
    assert _run(_router(tmp_path, desk).run(ATTEMPT, lambda: replace(JOB, queue=""))) == NotStarted("by its worker")


def test_a_run_of_workers_alone_needs_no_folder(tmp_path: Path, desk: Desk) -> None:
    """An attempt that was begun and has no order yet is one of theirs, too, if the plan says so."""
    _router(tmp_path, desk).open_run("r1", begun=True)
    _router(tmp_path / "x", desk, [ATTEMPT]).open_run("r1", begun=True)
    with pytest.raises(StairliftError) as gone:
        _router(tmp_path / "y", desk, [ATTEMPT, AttemptId("r1", "ctl1", 1)]).open_run("r1", begun=True)
    assert gone.value.code == "execute.attempts_gone"
    assert desk.forgotten == 0
    _router(tmp_path / "y", desk).open_run("r2", begun=False)
    assert desk.forgotten == 1


# The worker's side


def test_a_job_reads_our_folder_where_it_names_the_orchestrators() -> None:
    root = "/var/lib/stairlift/attempts"
    job = Job(("sh", f"{root}/r1/do.sh"), root, {"FACTS": f"x:{root}/r1"}, {"do.sh": f"cat '{root}/r1/a b'"}, "az1")
    ours = translated(Order(ATTEMPT, job, root), "/w")
    assert ours == Job(("sh", "/w/r1/do.sh"), "/w", {"FACTS": "x:/w/r1"}, {"do.sh": "cat '/w/r1/a b'"}, "az1")


def test_of_a_result_that_cannot_be_read_the_orchestrator_is_told(tmp_path: Path) -> None:
    """Else the order would stay with a worker that does not carry it any more."""
    place = Workplace(tmp_path, LocalExecutor(tmp_path), lambda _file, _recorded: None, 60)
    folder = place.executor.folder(ATTEMPT)
    (folder / RESULT).mkdir(parents=True)
    (folder / STARTED).touch()
    ending = _run(place.carry(Order(ATTEMPT, JOB, "/elsewhere"), lifeline.instant))
    assert isinstance(ending, Lost)
    assert f"cannot be read from {folder}" in ending.reason


def _drained(stream: Stream, seen: Mapping[str, bytes] = {}) -> dict[str, bytes]:
    """What it sends, behind what was seen of it before."""
    found = dict(seen)
    while pieces := stream.pieces():
        assert sum(len(piece.data) for piece in pieces) <= AT_ONCE
        for piece in pieces:
            assert piece.offset == len(found.get(piece.file, b""))
            found[piece.file] = found.get(piece.file, b"") + piece.data
        stream.went(pieces)
    return found


@given(st.lists(st.tuples(st.sampled_from(["log", "progress.jsonl"]), st.binary(max_size=50)), max_size=8))
def test_every_byte_is_sent_once_and_in_order(tmp_path_factory, writes) -> None:
    folder = tmp_path_factory.mktemp("attempt")
    stream = Stream(ATTEMPT, folder, ())
    stream.starts_at({})
    seen: dict[str, bytes] = {}
    for file, data in writes:
        with (folder / file).open("ab") as out:
            out.write(data)
        seen = _drained(stream, seen)
    expected = {name: b"".join(data for file, data in writes if file == name) for name in ("log", "progress.jsonl")}
    assert seen == {name: data for name, data in expected.items() if data}


def test_a_large_log_goes_in_pieces_and_what_a_job_left_goes_at_its_end(tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(bytes(3 * AT_ONCE + 5))
    (tmp_path / "difference.json").write_bytes(b"left")
    (tmp_path / "vars.json").write_bytes(b"brought")
    (tmp_path / "started").write_bytes(b"")
    (tmp_path / "link").symlink_to("/etc/passwd")
    with (tmp_path / "huge").open("wb") as huge:
        huge.truncate(LARGEST + 1)
    stream = Stream(ATTEMPT, tmp_path, ("vars.json",))
    stream.starts_at({})
    assert {name: len(data) for name, data in _drained(stream).items()} == {"log": 3 * AT_ONCE + 5}
    stream.finished()
    assert _drained(stream) == {"difference.json": b"left"}
    stream.starts_at({"log": 3 * AT_ONCE, "difference.json": 4})
    assert [(piece.file, piece.offset, piece.data) for piece in stream.pieces()] == [("log", 3 * AT_ONCE, bytes(5))]
