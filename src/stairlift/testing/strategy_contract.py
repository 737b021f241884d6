"""What every strategy promises, as tests for whoever writes one.

Subclass StrategyContract in a test file, under a name that pytest collects, and fill in the class and its options:

    class TestMine(StrategyContract):
        strategy = MyUpgradeStrategy

        def options(self, folder):
            return {"folder": str(folder), "playbook": "upgrade.yml"}
"""

import dataclasses
import json
import re
import shlex
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path, PurePath
from typing import Any, ClassVar

from stairlift.model.errors import StairliftError, UsageError
from stairlift.model.plan import Step
from stairlift.model.release import Release
from stairlift.model.work import Assignment, Job, Outcome, Traits
from stairlift.ports import UpgradeStrategy

_PLACEHOLDER = re.compile(r"\{\w+\}")
#: Stands in the environment for everything that a strategy must not pass on.
_MARKER = "stairlift-contract-secret"


def a_step(**changes: Any) -> Step:
    """An upgrade of nova-compute and its Open vSwitch agent on one host; `changes` replace fields."""
    step = Step(
        id="2026.1/compute/upgrade/cmp1",
        action="upgrade",
        stage="compute",
        plane="resource",
        project="nova",
        services=("neutron-openvswitch-agent", "nova-compute"),
        hosts=("cmp1.example.com",),
        strategy="mine-1",
        needs=(),
        reason="compute follows control",
        reversibility="undo",
        source=Release(2025, 1),
        target=Release(2026, 1),
    )
    return dataclasses.replace(step, **changes)


def an_assignment(step: Step | None = None, **changes: Any) -> Assignment:
    """The first attempt at a step; `changes` replace fields."""
    first = Assignment(run="r1", step=step or a_step(), attempt=1, folder=PurePath("/nonexistent/r1/attempt"))
    return dataclasses.replace(first, **changes)


class StrategyContract:
    """The promises. Each test builds its own objects; none starts a program, but `freeze` and `job` may."""

    strategy: ClassVar[type[UpgradeStrategy]]

    def options(self, folder: Path) -> dict[str, Any]:
        """Options that are right, `folder` among them; what they name may be written into it."""
        raise NotImplementedError

    def success(self, assignment: Assignment) -> Outcome:  # noqa: ARG002
        """How a process ends that has done what the step asked for."""
        return Outcome(returncode=0)

    def step(self, **changes: Any) -> Step:
        """A step that the strategy can carry out; override it where not every action will do."""
        return a_step(**changes)

    def build(self, folder: Path) -> UpgradeStrategy:
        """A new object from the options."""
        return self.strategy(self.options(folder))

    def assignment(self, **changes: Any) -> Assignment:
        """An attempt at the step."""
        return an_assignment(self.step(**changes))

    # Options

    def test_has_a_name(self) -> None:
        assert re.fullmatch(r"[a-z][a-z0-9-]*", self.strategy.name), "a name is what `use` says: lower case, no blanks"

    def test_refuses_an_unknown_option_by_name(self, tmp_path: Path) -> None:
        options = {**self.options(tmp_path), "no_such_option": 1}
        error = _raised(UsageError, lambda: self.strategy(options))
        assert "no_such_option" in f"{error.brief} {error.details}"

    def test_refuses_options_of_a_wrong_type(self, tmp_path: Path) -> None:
        right = self.options(tmp_path)
        for key in right:
            options = {**right, key: object()}
            error = _raised(UsageError, lambda options=options: self.strategy(options))  # type: ignore[misc]
            assert key in f"{error.brief} {error.details}"

    def test_options_survive_a_plan(self, tmp_path: Path) -> None:
        options = self.options(tmp_path)
        thawed = self.strategy(json.loads(json.dumps(options)))
        planned = self.strategy(options)
        assert thawed.capabilities() == planned.capabilities()
        assert thawed.freeze() == planned.freeze()
        assert thawed.job(self.assignment()) == planned.job(self.assignment())

    def test_capabilities_are_known_words(self, tmp_path: Path) -> None:
        assert self.build(tmp_path).capabilities().concurrency in ("host", "batch", "cloud")

    def test_says_whether_a_step_may_be_repeated(self, tmp_path: Path) -> None:
        """What it lists of itself and what it can do are one: a step that was lost is begun anew on its word."""
        repeatable = self.build(tmp_path).capabilities().repeatable
        assert isinstance(repeatable, bool)
        traits = getattr(self.strategy, "traits", None)
        if isinstance(traits, Traits):
            assert traits.repeatable or not repeatable

    # Freezing

    def test_freezes_files_that_exist_by_absolute_path(self, tmp_path: Path) -> None:
        for file in self.build(tmp_path).freeze().files:
            assert Path(file).is_absolute()
            assert Path(file).exists()

    def test_freezes_the_same_twice(self, tmp_path: Path) -> None:
        strategy = self.build(tmp_path)
        assert strategy.freeze() == strategy.freeze()

    # Jobs

    def test_the_same_assignment_gives_the_same_job(self, tmp_path: Path) -> None:
        strategy = self.build(tmp_path)
        first = strategy.job(self.assignment())
        strategy.job(self.assignment(hosts=("other.example.com",)))
        assert strategy.job(self.assignment()) == first
        assert self.build(tmp_path).job(self.assignment()) == first

    def test_a_job_names_every_host_and_service(self, tmp_path: Path) -> None:
        hosts, services = ("cmp1", "cmp2.example.com"), ("nova-compute", "neutron-l3-agent")
        job = self.build(tmp_path).job(self.assignment(hosts=hosts, services=services))
        told = "\n".join(_texts(job))
        assert all(name.partition(".")[0] in told for name in hosts)
        assert all(name in told for name in services)

    def test_a_job_is_complete(self, tmp_path: Path) -> None:
        job = self.build(tmp_path).job(self.assignment())
        assert job.argv
        assert job.argv[0]
        assert Path(job.cwd).is_absolute()
        for word in job.argv:
            assert "\0" not in word
            assert not _PLACEHOLDER.search(word), f"{word!r} holds a placeholder that was not filled in"
        assert all(PurePath(name).name == name for name in job.files), "files lie in the attempt's own folder"

    def test_a_step_without_hosts_is_refused(self, tmp_path: Path) -> None:
        strategy = self.build(tmp_path)
        _raised(StairliftError, lambda: strategy.job(self.assignment(hosts=())))
        _raised(StairliftError, lambda: strategy.runbook(self.step(hosts=())))

    def test_a_host_that_reads_as_an_option_or_a_list_is_refused(self, tmp_path: Path) -> None:
        strategy = self.build(tmp_path)
        for name in ("", "-rf", "--all", "cmp1 cmp2", "cmp1,cmp2", "cmp1\ncmp2"):
            _raised(StairliftError, lambda name=name: strategy.job(self.assignment(hosts=(name,))))  # type: ignore[misc]

    def test_nothing_secret_is_passed_on(self, tmp_path: Path, monkeypatch: Any) -> None:
        monkeypatch.setenv("OS_PASSWORD", _MARKER)
        strategy = self.build(tmp_path)
        job = strategy.job(self.assignment())
        assert all(_MARKER not in text for text in (*_texts(job), *strategy.runbook(self.step())))
        assert _MARKER not in str(strategy.freeze())

    def test_undo_is_given_exactly_where_it_is_declared(self, tmp_path: Path) -> None:
        strategy = self.build(tmp_path)
        back = dataclasses.replace(self.assignment(), undo=True)
        if strategy.capabilities().undo:
            job = strategy.job(back)
            assert job != strategy.job(self.assignment())
            assert job == self.build(tmp_path).job(back)
            assert all(host.partition(".")[0] in "\n".join(_texts(job)) for host in back.step.hosts)
        else:
            _raised(StairliftError, lambda: strategy.job(back))

    # Runbook

    def test_the_runbook_can_be_pasted_into_a_shell(self, tmp_path: Path) -> None:
        lines = self.build(tmp_path).runbook(self.step())
        assert lines
        for line in lines:
            assert shlex.split(line), f"{line!r} says nothing"
        assert any(host.partition(".")[0] in line for line in lines for host in self.step().hosts)

    # Verdicts

    def test_success_is_done(self, tmp_path: Path) -> None:
        assignment = self.assignment()
        assert self.build(tmp_path).judge(assignment, self.success(assignment)).result == "done"

    def test_failure_is_not_done_and_has_a_reason(self, tmp_path: Path) -> None:
        strategy, assignment = self.build(tmp_path), self.assignment()
        for code in (1, 2, 4, 75, 99, 127, 137, 143, 255, -1, -2, -9, -11, -15):
            worked = self.success(assignment)
            verdict = strategy.judge(assignment, dataclasses.replace(worked, returncode=code))
            assert verdict.result in ("failed", "unknown"), f"return code {code} was taken for success"
            assert verdict.reason, f"return code {code} gives a person no reason"

    def test_a_torn_report_is_judged(self, tmp_path: Path) -> None:
        """A full disk, or a kill in the middle of a line."""
        strategy, assignment = self.build(tmp_path), self.assignment()
        for torn in (
            '{"kind":"sta',
            "\ufffd\ufffd\n",
            "null\n[]\n3\n",
            '{"kind":"stats"}\n{"kind":"host","result":"failed"}\n',
        ):
            verdict = strategy.judge(assignment, Outcome(returncode=1, progress=torn, log_tail=torn))
            assert verdict.result in ("failed", "unknown")


def _raised(kind: type[StairliftError], act: Callable[[], object]) -> StairliftError:
    try:
        act()
    except kind as error:
        return error
    raise AssertionError(f"no {kind.__name__} was raised")


def _texts(job: Job) -> Iterator[str]:
    yield from job.argv
    yield job.cwd
    settings: tuple[Mapping[str, str], ...] = (job.env, job.files)
    for mapping in settings:
        for key, value in mapping.items():
            yield from (key, value)
