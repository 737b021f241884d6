"""The harness of the availability proof, away from any testbed: what it reads, how it judges, what it publishes."""

import json
import signal
import subprocess
from dataclasses import dataclass, replace
from types import SimpleNamespace

import pytest
from bench.availability import __main__ as proof
from bench.availability import breaking, carrying_out, creating, results, upgrading
from bench.availability.bed import Bed
from bench.availability.creating import Tenant
from bench.availability.faults import FAULTS, Place
from bench.availability.meter import Felt, felt_in
from bench.availability.pinging import checksum
from bench.availability.publishing import markdown, summary
from bench.availability.results import Result, kept
from bench.availability.scenarios import SCENARIOS
from bench.availability.tenants import Tenants, at_work
from bench.measuring import Failed
from openstack.exceptions import NotFoundException

from stairlift.model.availability import Bucket, Failure, Session, Tally, Target, grade
from stairlift.probe.order import OVER, folder_of
from stairlift.probe.samples import SampleFile

NOVA = Target("nova.servers", "nova", "public", "http://10.77.0.5:8774/servers")
BEHIND = Target("nova@ctl1", "nova", "backend", "http://10.77.0.11:8774/")
WHERE = {"commit": "abc1234", "date": "2026-11-23T01:00Z", "machine": "2 cores"}
RESULT = Result(
    "ansible-serial-plain",
    "plain",
    "service",
    True,
    300,
    6000,
    {"nova": 3},
    {"nova": 2.5},
    slowest_ms=4000,
    where=WHERE,
)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(results, "FOLDER", tmp_path)
    monkeypatch.setattr(proof, "FOLDER", tmp_path)
    return tmp_path


def samples(path, *failures):
    file = SampleFile(path, [NOVA, BEHIND])
    file.begin(Session(0.0, (NOVA, BEHIND), 20.0, 0.0))
    lost = {name: sum(one.target == name for one in failures) for name in (NOVA.id, BEHIND.id)}
    tallies = {name: Tally({grade(250.0): 10}, {"failed": number} if number else {}) for name, number in lost.items()}
    file.put(Bucket(0.0, 1.0, tallies), failures)
    return path


def test_what_users_felt_is_told_apart_from_what_a_backend_did(tmp_path):
    lost = [Failure(at, NOVA.id, 0.1, "HTTP 503") for at in (1.0, 2.5)]
    felt = felt_in(samples(tmp_path / "samples.jsonl", *lost, Failure(1.0, BEHIND.id, 0.1, "refused")))
    assert (felt.requests, felt.failed, felt.downtime, felt.at_backends) == (
        12,
        {"nova": 2},
        {"nova": 1.5},
        {"nova": 1},
    )
    assert felt.slowest_ms == pytest.approx(250, rel=0.05)


def test_a_meter_that_measured_nothing_proves_nothing(tmp_path):
    with pytest.raises(Failed):
        felt_in(tmp_path / "samples.jsonl")


def write(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows) + '{"torn')


def test_a_silence_of_a_guest_counts_unless_it_was_moved_then(tmp_path):
    lost = {11.0, 12.2, 50.0, 51.2, 52.4, 80.0}
    write(
        tmp_path / "g.pings",
        [{"at": at, "ms": None if at in lost else 0.3} for at in sorted({*lost, 10.0, 13.4, 53.6, 80.9})],
    )
    write(tmp_path / "g.moves", [{"at": 1.0, "host": "cmp1"}, {"at": 15.0, "host": "cmp2"}])
    tenants = Tenants(tmp_path)
    assert [round(one.seconds, 1) for one in tenants.silences("g")] == [2.4, 3.6, 0.9]
    assert [one.at for one in tenants.unmoved_silences("g", around=10)] == [50.0]
    assert tenants.moves("g") == [15.0]


def test_a_guest_that_never_comes_back_is_silent_to_the_end_whoever_moved_it(tmp_path):
    write(tmp_path / "g.pings", [{"at": float(at), "ms": 0.3 if at < 20 else None} for at in range(200)])
    write(tmp_path / "g.moves", [{"at": 1.0, "host": "cmp1"}, {"at": 21.0, "host": "cmp2"}])
    assert [(one.at, one.seconds) for one in Tenants(tmp_path).unmoved_silences("g")] == [(20.0, 180.0)]


def test_a_guest_that_has_not_come_up_yet_is_not_silent(tmp_path):
    write(tmp_path / "g.pings", [{"at": 1.0, "ms": None}, {"at": 2.2, "ms": None}])
    assert not Tenants(tmp_path).answers("g")
    write(tmp_path / "g.pings", [{"at": 1.0, "ms": None}, {"at": 2.2, "ms": None}, {"at": 3.4, "ms": 0.3}])
    assert Tenants(tmp_path).answers("g")
    assert Tenants(tmp_path).silences("g") == []


def bed_with(tmp_path, tenants: str) -> Bed:
    """A testbed of which only the tenants are there, each of them a program of ours; the real one is in tests/real."""

    class Tenanted(Bed):
        def spawn(self, argv, *, log, cwd=None):
            process = subprocess.Popen(["sh", "-c", tenants])
            if tenants.startswith("exit"):
                process.wait(30)
            return process

    return Tenanted({}, tmp_path)


@pytest.mark.parametrize("tenants", ["exit 0", "exit 1"])
def test_a_tenant_that_left_has_noticed_nothing(tmp_path, tenants):
    (tmp_path / "tenants.log").touch()
    with pytest.raises(Failed, match="has left"), at_work(bed_with(tmp_path, tenants), tmp_path) as found:
        assert found.creates == []


def test_a_tenant_that_stays_to_the_end_is_waited_for(tmp_path):
    staying = f"until [ -e {tmp_path}/enough ]; do sleep 0.05; done"
    with at_work(bed_with(tmp_path, staying), tmp_path) as found:
        pass
    assert found.failed == []


def test_creates_that_failed_are_counted_with_their_reasons(tmp_path):
    write(tmp_path / "creates.jsonl", [{"ok": True, "reason": ""}, {"ok": False, "reason": "No valid host was found."}])
    assert len(Tenants(tmp_path).creates) == 2
    assert [row["reason"] for row in Tenants(tmp_path).failed] == ["No valid host was found."]


def test_the_checksum_of_an_echo_makes_its_sum_all_ones():
    packet = bytes.fromhex("0800000012340001")
    whole = packet[:2] + checksum(packet).to_bytes(2, "big") + packet[4:]
    assert checksum(whole) == 0


def test_both_orders_are_gone_three_times_and_every_fault_once():
    names = list(SCENARIOS)
    assert [sum(name.startswith(f"stairlift-{order}-retrying") for name in names) for order in ("node", "service")] == [
        3,
        3,
    ]
    assert [s.fault.name for s in SCENARIOS.values() if s.fault] == [fault.name for fault in FAULTS]
    assert {(s.at_once, s.drain, s.balancer) for s in SCENARIOS.values() if s.by == "ansible"} == {
        (at_once, drain, balancer)
        for at_once, drain in (("1", True), ("1", False), ("100%", False))
        for balancer in ("retrying", "plain")
    }


def test_the_place_of_a_fault_is_found_whatever_the_order():
    step = {"action": "upgrade", "services": ["keystone", "nova-api"], "hosts": ["ctl1"], "id": "2026.1-control@ctl1"}
    assert Place("upgrade", "nova-api", "ctl1").step_in({"steps": [step]}) == step["id"]
    with pytest.raises(Failed, match="no step unpin nova-api on ctl1"):
        Place("unpin", "nova-api", "ctl1").step_in({"steps": [step]})


def test_results_are_kept_and_make_the_table(folder, capsys):
    assert kept(RESULT.scenario) is None
    RESULT.write()
    replace(
        RESULT, scenario="stairlift-node-retrying-1", failed={}, downtime={}, expected=False, notes=("x is y",)
    ).write()
    assert kept(RESULT.scenario).failed == {"nova": 3}
    assert proof.main(["--table"]) == 1
    table = (folder / "table.md").read_text()
    assert capsys.readouterr().out.strip() == table.strip()
    assert "| ansible-serial-plain | plain | 6,000 | 3 | nova 2.5 s | 4.0 s | 0 | 0 | 5 | yes |" in table
    assert "| stairlift-node-retrying-1 | plain | 6,000 | 0 | none | 4.0 s | 0 | 0 | 5 | **no** |" in table
    assert "- stairlift-node-retrying-1: x is y" in table


def test_what_was_carried_out_is_not_carried_out_again(folder, monkeypatch):
    done = []
    monkeypatch.setattr(proof, "carry_out", lambda scenario: done.append(scenario.name))
    monkeypatch.setattr(proof.os, "geteuid", lambda: 0)
    RESULT.write()
    assert proof.main(["ansible-serial-plain", "ansible-serial-retrying"]) == 0
    assert done == ["ansible-serial-retrying"]


@pytest.mark.parametrize("trouble", [Failed("the testbed did not come up"), OSError("the testbed did not come up")])
def test_one_that_could_not_be_carried_out_is_told_and_the_others_go_on(folder, monkeypatch, capsys, trouble):
    def carry_out(scenario):
        if "plain" in scenario.name:
            raise trouble
        RESULT.write()

    monkeypatch.setattr(proof, "carry_out", carry_out)
    monkeypatch.setattr(proof.os, "geteuid", lambda: 0)
    assert proof.main(["ansible-serial-plain", "ansible-serial-retrying"]) == 2
    assert "ansible-serial-plain: " in (said := capsys.readouterr().err)
    assert "the testbed did not come up" in said
    assert kept(RESULT.scenario)


def test_a_scenario_begins_with_a_testbed_that_knows_nothing_of_the_last_one(monkeypatch, tmp_path):
    told = []

    class Recorder(Bed):
        def testbed(self, *arguments, timeout=0.0):
            told.append(" ".join(arguments))
            if arguments[0] == "seed":
                raise Failed("no server boots")

    monkeypatch.setattr(carrying_out.Bed, "found", lambda state: Recorder({}, state))
    monkeypatch.setattr(carrying_out.tempfile, "mkdtemp", lambda prefix: str(tmp_path))
    with pytest.raises(Failed, match=f"no server boots; see {tmp_path}"):
        carrying_out.carry_out(SCENARIOS["ansible-serial-plain"])
    assert told == ["down", "balancer plain", "up", "seed 3"]


def test_giving_up_leaves_nothing_at_work(monkeypatch, tmp_path):
    class Alone(Bed):
        def stairlift(self, *arguments, code=0):
            raise Failed("there is no run to cancel")

        def start(self, *arguments, log):
            return subprocess.Popen(["sleep", "600"])

    monkeypatch.setattr(upgrading, "_TO_LEAVE", 0.1)
    folder_of(tmp_path / "state", "r1").mkdir(parents=True)
    journey = upgrading.Journey(Alone({}, tmp_path / "state"), tmp_path)
    orchestrator = journey.resume()
    journey.give_up()
    assert orchestrator.wait(30) == -signal.SIGKILL
    assert (folder_of(tmp_path / "state", "r1") / OVER).exists()


@dataclass
class Stopped:
    """An upgrade that stopped; whole ones are in tests/real."""

    code: int
    reason: str = "users lost 1 request of nova"

    def run(self, _plan):
        return self

    def ended(self, _orchestrator, *_codes):
        return self.code

    @property
    def bed(self):
        return self

    def status(self):
        return {"reason": self.reason}


@dataclass
class Broken(Stopped):
    """One that stopped at a fault; what it says is what the real ones say."""

    kept: str = "drain:nova-api@ctl1"
    recovered: str | None = None

    def status(self):
        blocked = [{"step": "2026.1-nova-api@ctl1"}]
        return {"reason": "failed", "blocked_by": blocked, "why": "ctl1: task 'Start nova-api': non-zero return code"}

    def open_effects(self):
        return [{"id": self.kept, "state": "kept"}]

    def stairlift(self, *_arguments):
        backend = {"name": "nova@ctl1", "outages": [{"recovered": "10:00:00Z"}, {"recovered": self.recovered}]}
        return json.dumps({"backends": [backend]})


def test_a_fault_is_judged_by_place_words_meter_and_ledger():
    fault, step = FAULTS[0], "2026.1-nova-api@ctl1"
    assert breaking._judged(Broken(7), fault, step) == []
    assert len(breaking._judged(Broken(7), fault, "2026.1-keystone@ctl1")) == 1
    assert breaking._judged(Broken(7, kept="cordon:cmp1"), fault, step) == [
        "the ledger does not keep drain:nova-api@ctl1"
    ]
    assert breaking._judged(Broken(7, recovered="10:01:00Z"), fault, step) == [
        "the meter does not see that nova@ctl1 is gone"
    ]


@dataclass
class Interrupted(Stopped):
    """One that was stopped by what users felt, so often, before a step stopped it; what it says is what the real says."""

    code: int = 7
    before: int = 1
    resumed: int = 0

    def status(self):
        return {"blocked_by": [{"step": "2026.1-nova-api@ctl1"}] if self.resumed >= self.before else []}

    def until(self, _orchestrator, _reached):
        if self.resumed < self.before:
            raise Failed("it ended before")

    def poll(self):
        return self.code

    def resume(self):
        self.resumed += 1
        return self


def test_what_users_felt_before_is_not_where_a_fault_has_stopped_it():
    journey = Interrupted()
    assert breaking._until_a_step_stops_it(journey, journey) == 7
    assert journey.resumed == 1


def test_nor_does_it_keep_a_fault_from_its_place():
    journey = Interrupted(before=2)
    assert breaking._until_it_may_break(journey, journey, "2026.1-keystone@ctl1") is journey
    assert journey.resumed == 2
    with pytest.raises(Failed, match="ended before"):
        breaking._until_it_may_break(Interrupted(code=5), Interrupted(code=5), "2026.1-keystone@ctl1")


def test_an_upgrade_that_stopped_is_a_result_and_not_one_to_be_repeated_until_it_is_better(tmp_path):
    assert carrying_out._without_fault(Stopped(0), tmp_path) == ()
    [note] = carrying_out._without_fault(Stopped(7), tmp_path)
    assert note == "stairlift ended with 7: users lost 1 request of nova"


@pytest.mark.parametrize(
    ("users", "creates", "wrong", "expected"),
    [
        (Felt(5000, 0, {}, {}, {}, 30.0), 12, (), True),
        (Felt(5000, 0, {"nova": 1}, {}, {}, 30.0), 12, (), False),
        (Felt(5000, 0, {}, {}, {}, 30.0), 12, ("nova-api of ctl1 runs 2025.1",), False),
        (Felt(5000, 0, {}, {}, {}, 30.0), 0, (), False),
        (Felt(100, 0, {}, {}, {}, 30.0), 12, (), False),
        (Felt(5000, 600, {}, {}, {}, 30.0), 12, (), False),
    ],
)
def test_ours_is_as_expected_where_nobody_lost_anything_and_enough_was_asked(tmp_path, users, creates, wrong, expected):
    write(tmp_path / "creates.jsonl", [{"ok": True, "reason": "", "deleted": True}] * creates)
    scenario = SCENARIOS["stairlift-node-retrying-1"]
    assert carrying_out._result(scenario, wrong, users, Tenants(tmp_path), 600.0).expected is expected


def test_markdown_names_every_balancer_and_machine():
    text = markdown([RESULT, replace(RESULT, scenario="b", balancer="retrying")])
    assert [line.split("|")[2].strip() for line in text.splitlines()[2:4]] == ["plain", "retrying"]
    assert "Measured on abc1234, 2 cores." in text


class Forgetful:
    """Nova whose message bus loses the first deletion: the server is left in ERROR, and in the books. Of its real
    likeness the proof tells: `bench/proof availability fault-bus-away`."""

    def __init__(self):
        self.asked = 0

    def delete_server(self, _server):
        self.asked += 1

    def get_server(self, server):
        if self.asked > 1:
            raise NotFoundException
        return SimpleNamespace(id=server, status="ERROR")


def test_a_tenant_whose_deletion_was_lost_asks_again(monkeypatch):
    monkeypatch.setattr(creating.time, "sleep", lambda _: None)
    tenant, nova = Tenant.__new__(Tenant), Forgetful()
    tenant._compute = nova
    assert tenant._delete("a")
    assert nova.asked == 2


def test_the_summary_adds_up_what_is_alike_and_leaves_out_what_was_broken_on_purpose():
    again = replace(RESULT, scenario="ansible-serial-retrying", balancer="retrying", failed={}, creates=4)
    ours = replace(again, scenario="stairlift-node-retrying-1", failed_creates=1)
    fault = replace(again, scenario="fault-bus-away")
    told = summary([fault, RESULT, again, ours, replace(ours, scenario="stairlift-node-retrying-2")]).splitlines()[2:]
    assert told == [
        "| Stairlift, node by node | retrying | 2 | 12,000 | 0 | 8 | 2 |",
        "| the same playbooks, one host at a time | retrying | 1 | 6,000 | 0 | 4 | 0 |",
        "| the same playbooks, one host at a time | plain | 1 | 6,000 | 3 | 0 | 0 |",
    ]


def test_the_page_about_the_proof_says_what_the_proof_found():
    page = (results.ROOT / "docs" / "explanation" / "availability-proof.md").read_text(encoding="utf-8")
    assert summary(found for name in SCENARIOS if (found := kept(name))) in page
