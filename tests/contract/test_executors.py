"""Every executor keeps the contract; and what only real processes can get wrong."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from stairlift.execute import supervisor
from stairlift.execute.attempt_folder import folder_of
from stairlift.execute.inprocess import InProcessExecutor, NoopExecutor
from stairlift.execute.local import LocalExecutor
from stairlift.model.errors import StairliftError
from stairlift.model.run import AttemptId, Ended, Lost, NotStarted
from stairlift.model.work import Job, Outcome
from stairlift.testing.executor_contract import ATTEMPT, ExecutorContract, Lab


class _LocalLab:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def executor(self) -> LocalExecutor:
        return LocalExecutor(self._folder / "attempts", grace=0.3)

    def job(self, returncode: int, *, lasting: float = 0.0) -> Job:
        script = f"echo x >> begun; sleep {lasting}; exit {returncode}"
        return Job(("sh", "-c", script), str(self._folder))

    def hopeless(self) -> Job:
        return Job(("./no-such-program",), str(self._folder))

    def begun(self) -> int:
        file = self._folder / "begun"
        return len(file.read_text().splitlines()) if file.exists() else 0


class _InProcessLab:
    def __init__(self) -> None:
        self._begun = 0
        self._executor = InProcessExecutor(self._work)

    async def _work(self, _attempt: AttemptId, job: Job) -> Outcome:
        if job.argv[0] == "hopeless":
            raise StairliftError(code="test", brief="there is no such program")
        self._begun += 1
        await asyncio.sleep(float(job.argv[1]))
        return Outcome(int(job.argv[0]))

    def executor(self) -> InProcessExecutor:
        return self._executor

    def job(self, returncode: int, *, lasting: float = 0.0) -> Job:
        return Job((str(returncode), str(lasting)), "/")

    def hopeless(self) -> Job:
        return Job(("hopeless",), "/")

    def begun(self) -> int:
        return self._begun


class TestLocalExecutor(ExecutorContract):
    @pytest.fixture
    def lab(self, tmp_path: Path) -> Lab:
        return _LocalLab(tmp_path)


class TestInProcessExecutor(ExecutorContract):
    @pytest.fixture
    def lab(self) -> Lab:
        return _InProcessLab()


def test_the_noop_executor_is_done_at_once() -> None:
    ending = asyncio.run(NoopExecutor().run(ATTEMPT, lambda: Job(("true",), "/")))
    assert isinstance(ending, Ended)
    assert ending.outcome == Outcome(0)


# What a job sees


def _shell(folder: Path, script: str, **job) -> Job:
    return Job(("sh", "-c", script), str(folder), **job)


def _carry(folder: Path, job: Job, attempt: AttemptId = ATTEMPT):
    executor = LocalExecutor(folder / "attempts", grace=0.3)
    return asyncio.run(asyncio.wait_for(executor.run(attempt, lambda: job), 30))


def test_a_job_finds_its_environment_its_files_and_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPERATORS_OWN", "kept")
    script = """
    echo "$OPERATORS_OWN $STAIRLIFT_HOST $PWD"; echo oops >&2
    cat "$(dirname "$STAIRLIFT_PROGRESS")/extra.yml" && echo '{"task": 1}' >> "$STAIRLIFT_PROGRESS"
    read line || echo "no input"
    """
    job = _shell(tmp_path, script, env={"STAIRLIFT_HOST": "cmp1"}, files={"extra.yml": "a: 1\n"})
    ending = _carry(tmp_path, job)
    assert isinstance(ending, Ended)
    assert ending.outcome.progress == '{"task": 1}\n'
    assert ending.outcome.log_tail == f"kept cmp1 {tmp_path}\noops\na: 1\nno input\n"


def test_a_long_log_is_given_from_its_end_in_whole_lines(tmp_path: Path) -> None:
    ending = _carry(tmp_path, _shell(tmp_path, "seq 100000"))
    assert isinstance(ending, Ended)
    lines = ending.outcome.log_tail.splitlines()
    assert lines[-1] == "100000"
    assert lines == [str(n) for n in range(int(lines[0]), 100001)]
    assert len(ending.outcome.log_tail) <= 16 * 1024


@pytest.mark.parametrize("name", ["../escape", "a/b", "", ".."])
def test_a_file_stays_in_the_folder(tmp_path: Path, name: str) -> None:
    ending = _carry(tmp_path, _shell(tmp_path, "true", files={name: "x"}))
    assert isinstance(ending, NotStarted)
    assert "name of a file" in ending.reason


def test_a_job_gets_its_signals_unblocked(tmp_path: Path) -> None:
    ending = _carry(tmp_path, Job(("grep", "-E", "SigBlk|SigIgn", "/proc/self/status"), "/"))  # a shell unblocks them
    assert isinstance(ending, Ended)
    blocked, ignored = (int(line.split()[1], 16) for line in ending.outcome.log_tail.splitlines())
    assert blocked == 0
    assert not ignored & (1 << (signal.SIGCHLD - 1))
    assert not ignored & (1 << (signal.SIGPIPE - 1))


def test_a_job_killed_by_a_signal_says_which(tmp_path: Path) -> None:
    ending = _carry(tmp_path, _shell(tmp_path, "kill -9 $$"))
    assert isinstance(ending, Ended)
    assert ending.outcome.returncode == -9


def test_its_lock_is_not_inherited(tmp_path: Path) -> None:
    """ssh masters outlive ansible by minutes; an attempt that waited for them would never end."""
    ending = _carry(tmp_path, _shell(tmp_path, "setsid sleep 30 >/dev/null 2>&1 & echo $!"))
    assert isinstance(ending, Ended)
    daemon = psutil.Process(int(ending.outcome.log_tail))
    assert daemon.is_running()
    executor = LocalExecutor(tmp_path / "attempts")
    assert asyncio.run(executor.remains(ATTEMPT)) == (), "what a job left running on purpose is not the attempt"
    daemon.kill()


# What cannot be started


@pytest.mark.parametrize(
    ("argv", "cwd", "named"),
    [
        (("./gone",), "", "./gone: No such file"),
        (("/etc/passwd",), "", "/etc/passwd: Permission denied"),
        (("true",), "gone", "working directory"),
    ],
)
def test_why_a_job_cannot_be_started(tmp_path: Path, argv: tuple[str, ...], cwd: str, named: str) -> None:
    ending = _carry(tmp_path, Job(argv, str(tmp_path / cwd)))
    assert isinstance(ending, NotStarted)
    assert named in ending.reason


def test_arguments_too_long_for_the_kernel_are_a_reason(tmp_path: Path) -> None:
    ending = _carry(tmp_path, Job(("true", "x" * 200_000), str(tmp_path)))
    assert isinstance(ending, NotStarted)
    assert "too long" in ending.reason


def test_a_full_disk_is_a_reason(tmp_path: Path) -> None:
    ending = _carry(Path("/dev/full"), _shell(tmp_path, "true"))
    assert isinstance(ending, NotStarted)
    assert "cannot be prepared" in ending.reason


def test_a_supervisor_without_room_for_the_result_starts_nothing(tmp_path: Path) -> None:
    """With no room for a thousand bytes there is none for a result: better not to begin."""
    folder = folder_of(tmp_path / "attempts", ATTEMPT)
    folder.prepare({})
    (folder.path / (supervisor.RESULT + ".tmp")).symlink_to("/dev/full")
    ending = _carry(tmp_path, _shell(tmp_path, "touch ran"))
    assert isinstance(ending, NotStarted)
    assert "No space left" in ending.reason
    assert not (tmp_path / "ran").exists()
    assert not folder.has_begun()


# Lost attempts


def _begin(folder: Path, script: str, grace: float = 0.3) -> tuple[LocalExecutor, AttemptId]:
    """An attempt that runs by itself: the orchestrator that started it is gone."""
    executor = LocalExecutor(folder / "attempts", grace=grace)

    async def leave() -> None:
        task = asyncio.create_task(executor.run(ATTEMPT, lambda: _shell(folder, f"touch ran; {script}")))
        while not (folder / "ran").exists():  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.wait([task])

    asyncio.run(leave())
    return executor, ATTEMPT


def _adopt(folder: Path):
    def never() -> Job:
        raise AssertionError("started twice")

    return asyncio.run(asyncio.wait_for(LocalExecutor(folder / "attempts").run(ATTEMPT, never), 30))


def _supervisor(folder: Path) -> int:
    pid = folder_of(folder / "attempts", ATTEMPT).supervisor()
    assert pid is not None
    return pid


def test_a_killed_supervisor_makes_an_attempt_lost_and_its_job_is_named(tmp_path: Path) -> None:
    executor, attempt = _begin(tmp_path, "sleep 60")
    os.kill(_supervisor(tmp_path), signal.SIGKILL)
    ending = _adopt(tmp_path)
    assert isinstance(ending, Lost)
    assert "half-way" in ending.reason
    left = asyncio.run(executor.remains(attempt))
    assert any("sleep 60" in sentence for sentence in left)
    asyncio.run(executor.end(attempt))
    assert asyncio.run(executor.remains(attempt)) == ()


def test_what_has_cleared_its_environment_is_found_by_its_session(tmp_path: Path) -> None:
    """As below sudo."""
    executor, attempt = _begin(tmp_path, "exec env -i sleep 64")
    os.kill(_supervisor(tmp_path), signal.SIGKILL)
    assert isinstance(_adopt(tmp_path), Lost)
    assert any("sleep 64" in sentence for sentence in asyncio.run(executor.remains(attempt)))
    asyncio.run(executor.end(attempt))
    assert asyncio.run(executor.remains(attempt)) == ()


def test_only_a_session_of_this_boot_and_of_a_job_counts(tmp_path: Path) -> None:
    """The kernel's threads are of session 0, and after a reboot the numbers are given out anew."""
    folder = folder_of(tmp_path / "attempts", ATTEMPT)
    folder.prepare({})
    session = folder.path / supervisor.SESSION
    assert list(folder.processes()) == []
    for nobody in ("0", "1", "-1", "", "x"):
        session.write_text(nobody)
        assert list(folder.processes()) == []
    stranger = subprocess.Popen(["sleep", "65"], start_new_session=True)
    session.write_text(str(stranger.pid))
    assert [pid for pid, _ in folder.processes()] == [stranger.pid]
    os.utime(session, (1, 1))
    assert list(folder.processes()) == []
    stranger.kill()
    stranger.wait()


def test_a_run_that_was_begun_elsewhere_is_not_taken_up_here(tmp_path: Path) -> None:
    executor = LocalExecutor(tmp_path / "attempts")
    with pytest.raises(StairliftError) as caught:
        executor.open_run("r1", begun=True)
    assert caught.value.code == "execute.attempts_gone"
    executor.open_run("r1", begun=False)
    executor.open_run("r1", begun=True)


def test_a_place_for_attempts_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "attempts").touch()
    with pytest.raises(StairliftError, match=str(tmp_path)) as caught:
        LocalExecutor(tmp_path / "attempts").open_run("r1", begun=False)
    assert caught.value.code == "execute.unwritable"


def test_a_torn_result_is_a_lost_attempt(tmp_path: Path) -> None:
    executor, _ = _begin(tmp_path, "sleep 0.1")
    folder = folder_of(tmp_path / "attempts", ATTEMPT)
    _adopt(tmp_path)
    result = folder.path / supervisor.RESULT
    for torn in (b"", result.read_bytes()[:9], b"\0" * 1024, b"[]", b'{"returncode": 0}'):
        result.write_bytes(torn)
        ending = _adopt(tmp_path)
        assert isinstance(ending, Lost), torn
        assert "torn" in ending.reason
    assert isinstance(asyncio.run(executor.run(ATTEMPT, lambda: _shell(tmp_path, "false"))), Lost)


def test_an_intent_without_a_beginning_is_carried_out(tmp_path: Path) -> None:
    """Killed between its record and its start, an orchestrator leaves a folder or not even that."""
    folder_of(tmp_path / "attempts", ATTEMPT).prepare({"extra.yml": "half"})
    assert isinstance(_carry(tmp_path, _shell(tmp_path, "true")), Ended)


# Stopped by force


def _until(holds: Callable[[], object]) -> None:
    deadline = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


_FAMILY = """
trap '' TERM
setsid sh -c 'trap "" TERM; echo $$ >> pids; sleep 61 & echo $! >> pids; wait' &
(trap "" TERM; echo $BASHPID >> pids; sleep 62) &
sh -c 'setsid sleep 63 & echo $! >> pids' &
echo $$ >> pids
wait; wait
"""


def test_force_reaches_every_descendant(tmp_path: Path) -> None:
    """Also those that ignore SIGTERM, have a session of their own, or lost their parent."""
    (tmp_path / "family").write_text(_FAMILY)
    executor, attempt = _begin(tmp_path, "exec bash family")
    _until(lambda: (tmp_path / "pids").exists() and len((tmp_path / "pids").read_text().split()) == 5)
    pids = [int(pid) for pid in (tmp_path / "pids").read_text().split()]
    assert all(psutil.pid_exists(pid) for pid in pids)
    asyncio.run(executor.end(attempt))
    assert not [pid for pid in pids if psutil.pid_exists(pid)]
    assert isinstance(_adopt(tmp_path), Lost)


def test_a_job_that_obeys_is_not_killed(tmp_path: Path) -> None:
    executor, attempt = _begin(tmp_path, "sleep 60 & trap 'echo tidied > tidy; exit 0' TERM; touch set; wait", grace=30)
    _until((tmp_path / "set").exists)
    began = time.monotonic()
    asyncio.run(executor.end(attempt))
    assert time.monotonic() - began < 20
    assert (tmp_path / "tidy").read_text() == "tidied\n"


def test_a_child_that_is_born_while_the_job_ends_is_asked_too(tmp_path: Path) -> None:
    """It has missed the word to its group, and is not kept waiting until the grace is over."""
    last = "setsid sh -c \"trap 'touch asked; exit 0' TERM; echo born > born; while :; do sleep 0.05; done\" &"
    wait = "while [ ! -e born ]; do sleep 0.01; done"
    script = "trap '. ./last' TERM; touch set; while :; do sleep 0.05; done"
    (tmp_path / "last").write_text(f"{last}\n{wait}\nexit 0\n")
    executor, attempt = _begin(tmp_path, script, grace=60)
    _until((tmp_path / "set").exists)
    began = time.monotonic()
    asyncio.run(executor.end(attempt))
    assert time.monotonic() - began < 30
    assert (tmp_path / "asked").exists()


def test_how_long_an_attempt_has_run_is_known_to_whoever_adopts_it(tmp_path: Path) -> None:
    """By clocks that nobody sets: not by the times of files, which move with the machine's clock."""
    begun = time.monotonic()
    executor, attempt = _begin(tmp_path, "sleep 60")
    for file in folder_of(tmp_path / "attempts", attempt).path.iterdir():
        os.utime(file, (0, 0))
    _until(lambda: (LocalExecutor(tmp_path / "attempts").age(attempt) or 0) > 0.2)
    age = LocalExecutor(tmp_path / "attempts").age(attempt)
    assert age is not None
    assert age <= time.monotonic() - begun
    asyncio.run(executor.end(attempt))
    assert executor.age(attempt) is None
    assert executor.age(AttemptId("r1", "never begun", 1)) is None


# Many


def test_a_hundred_attempts_leave_no_process_and_no_descriptor(tmp_path: Path) -> None:
    executor = LocalExecutor(tmp_path / "attempts")
    myself = psutil.Process()

    async def all_of_them() -> list:
        attempts = [AttemptId("r1", f"step{n}", 1) for n in range(100)]
        return [
            ending
            for start in range(0, 100, 20)
            for ending in await asyncio.gather(
                *(executor.run(a, lambda: Job(("true",), "/")) for a in attempts[start : start + 20])
            )
        ]

    before, family = myself.num_fds(), set(myself.children(recursive=True))
    endings = asyncio.run(all_of_them())
    assert [type(ending) for ending in endings] == [Ended] * 100
    assert myself.num_fds() <= before
    assert set(myself.children(recursive=True)) <= family


def test_a_result_is_whole_and_in_its_place(tmp_path: Path) -> None:
    _carry(tmp_path, _shell(tmp_path, "exit 7"))
    folder = folder_of(tmp_path / "attempts", ATTEMPT).path
    assert json.loads((folder / supervisor.RESULT).read_text())["returncode"] == 7
    assert sorted(file.name for file in folder.iterdir()) == ["lock", "log", "result.json", "session", "started"]
    assert folder.stat().st_mode & 0o077 == 0
    assert (folder / "log").stat().st_mode & 0o077 == 0


def test_any_name_of_a_step_makes_a_folder_of_its_own(tmp_path: Path) -> None:
    names = ["..", ".", "a/b", "a%2Fb", "nova-compute@cmp1:8774", "é" * 100, "x" * 500, "x" * 501, "CON", "a b"]
    folders = [folder_of(tmp_path, AttemptId("r1", name, 1)).path for name in names]
    assert len(set(folders)) == len(names)
    for folder in folders:
        folder.mkdir(parents=True)
        assert folder.resolve().is_relative_to(tmp_path / "r1")


def test_a_supervisor_that_finds_the_attempt_taken_leaves_it(tmp_path: Path) -> None:
    _begin(tmp_path, "sleep 0.5")
    folder = folder_of(tmp_path / "attempts", ATTEMPT).path
    argv = [sys.executable, "-I", "-S", supervisor.__file__, str(folder), "1", "/", "true"]
    assert subprocess.run(argv, check=False).returncode == supervisor.BUSY
    _adopt(tmp_path)
    assert subprocess.run(argv, check=False).returncode == supervisor.BEGUN
