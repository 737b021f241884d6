"""The gates behind a step: what each asks, and what the run's loop makes of what they miss."""

import asyncio
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from labs import Lab, play
from stairlift.drive.gates.on_hosts import LogGate, ProcessGate
from stairlift.drive.gates.through_ports import ApiGate, CheckedGate, Lacking
from stairlift.knowledge.checks import info
from stairlift.model.check import CheckResult, Judgement, Reply
from stairlift.model.errors import SourceTrouble, Trouble
from stairlift.model.finding import Finding
from stairlift.model.observation import HostRecord, ProcessRecord
from stairlift.model.run import RunState, StepState
from stairlift.ports import Inquiry, Looked, RemoteOutput
from stairlift.run import Board, graph
from stairlift.run.orders import Circumstances
from stairlift.run.why import why
from stairlift.testing.clouds import NOON
from stairlift.testing.doubles import FastClock, ScriptedFreshness
from stairlift.testing.plans import a_plan, a_rollout, a_step


@dataclass
class Scripted:
    """A gate that misses something so many times, or raises; wiring/gating.py makes the real ones."""

    misses: int = 0
    name: str = "process"
    unknown: tuple[str, ...] = ()
    trouble: int = 0
    asked: list[Inquiry] = field(default_factory=list)

    def concerns(self, step):
        return step.action == "upgrade"

    async def look(self, inquiry):
        self.asked.append(inquiry)
        if len(self.asked) <= self.trouble:
            raise SourceTrouble(Trouble.TIMEOUT, "nobody answers")
        left = self.misses - len(self.asked)
        return Looked(
            (f"nova-compute on {inquiry.step.hosts[0]} is old, {left} to go",) if left >= 0 else (), self.unknown
        )


class GatedLab(Lab):
    """A lab whose run has gates."""

    gates: tuple = ()

    def tools(self, **changes):
        return replace(super().tools(**changes), gates=self.gates)


def gated(plan, *gates, **given):
    lab = GatedLab(plan, **given)
    lab.gates = gates
    return lab


def test_a_step_is_done_once_no_gate_misses_anything():
    gate = Scripted(misses=3)
    lab = gated(a_rollout(1, actions=("cordon", "upgrade")), gate)
    assert play(lab.go()).state is RunState.DONE
    status = lab.status("cmp1-upgrade")
    assert len(gate.asked) == 4
    assert {(one.since, one.parts) for one in gate.asked} == {(status.worked_at, (("nova-compute", "cmp1"),))}
    assert "step.verifying" in lab.kinds()


def test_the_next_step_waits_for_the_gate():
    lab = gated(a_rollout(2, actions=("upgrade",), window=1), Scripted(misses=2))
    assert play(lab.go()).state is RunState.DONE
    assert lab.status("cmp2-upgrade").started_at >= lab.status("cmp1-upgrade").ended_at


def test_a_gate_that_never_holds_fails_the_step_and_says_what_it_misses():
    lab = gated(a_rollout(2, actions=("upgrade",), window=1), Scripted(misses=10**6))
    assert play(lab.go()).state is RunState.FAILED
    status = lab.status("cmp1-upgrade")
    assert status.state is StepState.FAILED
    assert "gate process did not hold within 180 s: nova-compute on cmp1 is old" in status.reason
    assert lab.status("cmp2-upgrade").state is StepState.PENDING, "the batch behind it does not start"


def test_what_is_missing_is_on_record_once_while_it_is_waited_for():
    lab = gated(a_plan(a_step("cmp1")), Scripted(misses=10**6))
    play(lab.go())
    told = [event for event in lab.store.events(lab.run.id) if event.kind == "step.missing"]
    assert [event.data["gate"] for event in told] == ["process"], "numbers that go on are nothing new"
    assert "nova-compute on cmp1 is old" in told[0].data["reason"]


def test_why_a_step_is_waited_for_is_told_by_its_gate():
    plan = a_plan(a_step("cmp1"))
    lab = gated(plan, Scripted(misses=10**6))
    play(lab.go())
    verifying = replace(lab.status("cmp1"), state=StepState.VERIFYING, ended_at=None, reason="cmp1 is old")
    board = Board(graph(plan), [verifying])
    run = replace(lab.store.run(lab.run.id), state=RunState.RUNNING)
    (first, *_) = why(board, Circumstances(run, attended=True), "cmp1")
    assert (first.kind, first.said) == ("gate", "cmp1 is old")


def test_a_gate_that_cannot_be_asked_is_asked_again():
    gate = Scripted(trouble=3)
    lab = gated(a_plan(a_step("cmp1")), gate)
    assert play(lab.go()).state is RunState.DONE
    assert len(gate.asked) == 4


def test_what_nobody_can_tell_is_told_and_keeps_nobody_waiting():
    lab = gated(
        a_plan(a_step("cmp1")), Scripted(unknown=("code of nova-compute on cmp1: its release is not to be seen",))
    )
    assert play(lab.go()).state is RunState.DONE
    (done,) = [event for event in lab.store.events(lab.run.id) if event.kind == "step.done"]
    assert done.data["unknown"] == ["code of nova-compute on cmp1: its release is not to be seen"]


def test_the_registries_are_asked_before_anything_dearer():
    gate = Scripted()
    lab = gated(a_plan(a_step("cmp1")), gate, freshness=ScriptedFreshness({"cmp1": 5}))
    assert play(lab.go()).state is RunState.DONE
    assert len(gate.asked) == 1


def test_a_step_without_a_restart_has_no_gates():
    gate = Scripted(misses=10**6)
    lab = gated(a_plan(a_step("x", action="cordon")), gate)
    assert play(lab.go()).state is RunState.DONE
    assert gate.asked == []


# The gates themselves

INQUIRY = Inquiry(a_step("s", hosts=("cmp1", "cmp2")), (("nova-compute", "cmp1"), ("nova-compute", "cmp2")), NOON, NOON)


def asked(gate, inquiry=INQUIRY):
    return asyncio.run(gate.look(inquiry))


def test_processes_are_looked_at_on_every_host_that_lets_us_in():
    def look(host):
        record = ProcessRecord("nova-compute", host, "systemd", "x", "up", version="31.0.0")
        return (HostRecord(host), record)

    gate = ProcessGate(look, {"cmp1"})
    assert gate.concerns(INQUIRY.step)
    assert not gate.concerns(a_step("y"))
    looked = asked(gate)
    assert looked.missing == ("nova-compute on cmp1 runs 31.0.0 (2025.1), which is not of 2026.1",)
    assert looked.unknown == ("cmp2: there is no shell on it",)


def test_a_host_that_does_not_answer_is_unknown():
    def look(host):
        raise SourceTrouble(Trouble.UNREACHABLE, "it closed the connection")

    looked = asked(ProcessGate(look, {"cmp1", "cmp2"}))
    assert looked.missing == ()
    assert looked.unknown == ("cmp1: it closed the connection", "cmp2: it closed the connection")


class Shell:
    """Fills ports.Remote with one output for every script; tests/real/test_checks.py has real ones."""

    def __init__(self, out):
        self.out, self.scripts = out, []

    def run(self, host, script, *, timeout):
        self.scripts.append(script)
        return RemoteOutput(0, self.out.encode())


def test_logs_are_compared_with_the_time_before_the_work():
    shell = Shell("log\tnova-compute\t/x\t0\t0\tRPCVersionCapError\n@end\n")
    clock = FastClock(1)
    since = clock.now() - timedelta(seconds=30)
    looked = asked(LogGate(shell, {"cmp1"}, clock), replace(INQUIRY, began=since - timedelta(seconds=60), since=since))
    assert looked.missing == ("nova-compute on cmp1 logs RPCVersionCapError",)
    assert f"SINCE={int(since.timestamp())}" in shell.scripts[0]


class Urls:
    def __init__(self, **replies):
        self.replies = replies

    def get(self, url, *, timeout):
        return self.replies[url]


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        (Reply(returncode=200), ()),
        (Reply(returncode=401), ()),
        (Reply(returncode=503), ("nova-compute on cmp1 answers with 503 at http://a",)),
        (
            Reply(trouble=Trouble.UNREACHABLE, detail="nobody is there"),
            ("nova-compute on cmp1 does not answer at http://a: nobody is there",),
        ),
    ],
)
def test_an_api_server_has_to_answer_by_itself(reply, told):
    gate = ApiGate(Urls(**{"http://a": reply}), {("nova-compute", "cmp1"): "http://a"})
    assert gate.concerns(INQUIRY.step)
    assert not gate.concerns(a_step("other"))
    assert asked(gate).missing == told


def result(*subjects, unknown="", severity="error"):
    found = tuple(Finding("guests.missing", severity, s, f"server {s} is in an error", "look") for s in subjects)
    return CheckResult(info("guests.missing"), "failed", NOON, Judgement(found, unknown=unknown))


def test_only_what_is_worse_than_before_counts():
    gate = CheckedGate("counts", lambda: [result("old", "new")], {"guests.missing": ["old"]}, lambda _: True)
    assert asked(gate).missing == ("server new is in an error",)
    assert asked(CheckedGate("counts", lambda: [result("x", severity="info")], {}, lambda _: True)) == Looked()
    assert asked(CheckedGate("counts", lambda: [result(unknown="no answer")], {}, lambda _: True)).unknown == (
        "the guests: no answer",
    )


def test_what_was_asked_for_and_is_not_to_be_had_is_told():
    assert asked(Lacking("api", "no load balancer was asked")).unknown == ("gate api: no load balancer was asked",)
