"""What entries of stairlift.toml have to say to a plan, before anything runs."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib.metadata import EntryPoint
from typing import Any, ClassVar

import pytest

from planning import codes, finding, seen
from stairlift.model.cloud import Cloud
from stairlift.model.errors import Refusal, UsageError
from stairlift.model.finding import Finding
from stairlift.model.plan import Plan, Step
from stairlift.model.policy import Policy
from stairlift.model.work import Assignment, Capabilities, Frozen, Job, Outcome, Verdict
from stairlift.plan import plan_hash, refuse
from stairlift.strategy.registry import StrategyRegistry
from stairlift.testing.clouds import CloudBuilder, a_cloud
from stairlift.wiring.config.settings import Settings, StrategyEntry
from stairlift.wiring.look import Look, Where
from stairlift.wiring.planning import Wishes, make_plan


class Quiet:
    """A strategy of somebody's that says nothing of its steps."""

    name: ClassVar[str] = "theirs"

    def __init__(self, options: Mapping[str, Any]) -> None:
        self.options = options

    def capabilities(self) -> Capabilities:
        return Capabilities("host")

    def freeze(self) -> Frozen:
        return Frozen()

    def job(self, assignment: Assignment) -> Job:
        return Job(("true",), "/")

    def runbook(self, step: Step) -> tuple[str, ...]:
        return ("true",)

    def judge(self, assignment: Assignment, outcome: Outcome) -> Verdict:
        return Verdict("done")


class Reviewing(Quiet):
    """One that knows a host which it cannot reach."""

    def review(self, steps: Sequence[Step], cloud: Cloud) -> tuple[Finding, ...]:
        wrong = self.options.get("wrong")
        if wrong == "usage":
            raise UsageError(code="strategy.option", brief="the playbook has no such tag", resolution="Correct it.")
        if wrong == "answer":
            return ("it is wrong",)
        if wrong:
            raise RuntimeError("out of cheese")
        assert cloud.host("cmp1")
        hosts = sorted({host for step in steps for host in step.hosts})
        return tuple(Finding("theirs.host", "error", host, f"{host} is out of reach", "go there") for host in hosts)


class PerHop(Reviewing):
    """A deployer with another version for each release."""

    per_hop = True

    def review(self, steps: Sequence[Step], cloud: Cloud) -> tuple[Finding, ...]:
        known = set(self.options["hops"])
        return tuple(Finding("theirs.hop", "error", s.id, "asked", "") for s in steps if str(s.target) not in known)


@pytest.fixture(autouse=True)
def installed(monkeypatch):
    """The classes of this module, as packages would bring them."""
    classes = {"quiet": Quiet, "reviewing": Reviewing, "perhop": PerHop}
    points = tuple(_Point(name, f"theirs:{name}", "stairlift.strategies") for name in classes)
    monkeypatch.setattr(_Point, "load", lambda point: classes[point.name])
    monkeypatch.setattr(StrategyRegistry, "installed", classmethod(lambda cls: cls(points)))


class _Point(EntryPoint):
    """An entry point whose class needs no module of its own to be imported from."""


def entry(use: str, number: int = 1, match: Mapping[str, tuple[str, ...]] | None = None, **options) -> StrategyEntry:
    return StrategyEntry(f"/etc/s.toml: [[strategy]] number {number}", use, match or {}, {"folder": "/"} | options)


def made(
    *entries: StrategyEntry,
    to: str = "2025.2",
    hops: Mapping[str, Any] | None = None,
    built: CloudBuilder | None = None,
    **wishes,
) -> Plan:
    built = built or a_cloud(control=1, network=1, compute=1)
    request = Wishes(to, "2025.1", **wishes).request(Policy())
    look = Look((), built.observations(), seen(built))
    return make_plan(look, request, Where(("recording:x",)), Settings(strategies=entries, hops=hops or {}))


class TestUnused:
    def test_a_match_that_catches_nothing_is_named_with_its_place(self):
        plan = made(entry("quiet", match={"service": ("nova-computer",)}), entry("quiet", 2))
        told = finding(plan.findings, "strategy.unused")
        assert (told.severity, told.subject) == ("warning", "quiet-1")
        assert "/etc/s.toml: [[strategy]] number 1" in told.message
        assert "service = nova-computer" in told.message

    def test_so_is_an_entry_behind_one_that_takes_all(self):
        assert finding(made(entry("quiet"), entry("quiet", 2)).findings, "strategy.unused").subject == "quiet-2"

    def test_a_plan_for_a_part_does_not_tell(self):
        entries = (entry("quiet", match={"stage": ("control",)}), entry("quiet", 2))
        assert "strategy.unused" not in codes(made(*entries, stages=("compute",)).findings)

    def test_an_entry_with_steps_is_not_named(self):
        assert "strategy.unused" not in codes(made(entry("quiet")).findings)


class TestReviews:
    def test_what_a_strategy_says_of_its_own_steps_is_in_the_plan_and_refuses_it(self):
        plan = made(entry("reviewing", match={"plane": ("resource",)}), entry("quiet", 2))
        assert {f.subject for f in plan.findings if f.code == "theirs.host"} == {"cmp1", "net1"}
        with pytest.raises(Refusal) as refused:
            refuse(plan)
        assert {f.code for f in refused.value.findings} == {"theirs.host"}

    def test_they_can_be_waived_by_name(self):
        plan = made(entry("reviewing", match={"host": ("cmp1",)}), entry("quiet", 2), waive=["theirs.host:cmp1"])
        refuse(plan)
        assert finding(plan.findings, "theirs.host").subject == "cmp1", "it is told all the same"
        with pytest.raises(Refusal) as refused:
            refuse(replace(plan, waivers=()))
        assert codes(refused.value.findings) == {"theirs.host"}

    def test_they_are_no_part_of_the_hash(self):
        plan = made(entry("reviewing"))
        assert plan.findings != ()
        assert plan_hash(plan) == plan_hash(replace(plan, findings=())) == plan.hash

    def test_a_plug_in_that_raises_is_named_and_not_the_end(self):
        told = finding(made(entry("reviewing", wrong="yes")).findings, "strategy.broken")
        assert (told.severity, told.subject) == ("error", "reviewing-1")
        assert "'reviewing'" in told.message
        assert "/etc/s.toml: [[strategy]] number 1" in told.message
        assert "RuntimeError: out of cheese" in told.message

    def test_an_answer_that_is_no_finding_is_the_plug_ins_fault(self):
        told = finding(made(entry("reviewing", wrong="answer")).findings, "strategy.broken")
        assert "'it is wrong' is no finding" in told.message

    def test_wrong_options_that_only_a_review_finds_are_usage_errors_with_their_place(self):
        with pytest.raises(UsageError) as wrong:
            made(entry("reviewing", wrong="usage"))
        assert wrong.value.code == "strategy.option"
        assert wrong.value.brief == "/etc/s.toml: [[strategy]] number 1: the playbook has no such tag"

    def test_without_steps_nobody_is_asked(self):
        plan = made(entry("reviewing", match={"service": ("none",)}, wrong="yes"), entry("quiet", 2))
        assert "strategy.broken" not in codes(plan.findings)


class TestHops:
    def test_a_deployer_is_told_of_all_hops(self):
        plan = made(entry("perhop"), hops={"2025.2": {"folder": "/etc", "command": ["k"]}})
        assert plan.bindings[0].options["hops"] == {"2025.2": {"folder": "/etc", "command": ["k"]}}
        assert "hop.missing" not in codes(plan.findings)

    def test_others_are_not(self):
        assert "hops" not in made(entry("quiet"), hops={"2025.2": {"folder": "/etc"}}).bindings[0].options

    def test_a_hop_that_nobody_named_refuses_the_plan(self):
        plan = made(entry("perhop"), hops={"2025.2": {"folder": "/"}}, to="2026.2")
        assert [str(hop) for hop in plan.hops] == ["2026.1", "2026.2"]
        told = {f.subject: f for f in plan.findings if f.code == "hop.missing"}
        assert set(told) == {"2026.1", "2026.2"}
        assert '[[hop]] to = "2026.1"' in told["2026.1"].resolution
        assert "/etc/s.toml: [[strategy]] number 1" in told["2026.1"].message

    def test_the_strategy_is_only_asked_about_hops_that_it_knows(self):
        plan = made(entry("perhop"), hops={"2026.1": {"folder": "/"}}, to="2026.2")
        assert codes(plan.findings, "error") == {"hop.missing"}
        assert [f.subject for f in plan.findings if f.code == "hop.missing"] == ["2026.2"]

    def test_a_deployer_without_steps_needs_none(self):
        plan = made(entry("perhop", match={"service": ("none",)}), entry("quiet", 2))
        assert "hop.missing" not in codes(plan.findings)
