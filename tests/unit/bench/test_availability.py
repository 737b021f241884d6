"""The harness of the availability proof, away from any testbed: what it reads, how it judges, what it publishes."""

import json
from dataclasses import replace

import pytest
from bench.availability import __main__ as proof
from bench.availability import results
from bench.availability.faults import FAULTS, Place
from bench.availability.meter import felt_in
from bench.availability.pinging import checksum
from bench.availability.publishing import markdown
from bench.availability.results import Result, kept
from bench.availability.scenarios import SCENARIOS
from bench.availability.tenants import Tenants
from bench.measuring import Failed

from stairlift.model.availability import Bucket, Failure, Session, Tally, Target, grade
from stairlift.probe.samples import SampleFile

NOVA = Target("nova.servers", "nova", "public", "http://10.77.0.5:8774/servers")
BEHIND = Target("nova@ctl1", "nova", "backend", "http://10.77.0.11:8774/")
WHERE = {"commit": "abc1234", "date": "2026-11-23T01:00Z", "machine": "2 cores"}
RESULT = Result("ansible-serial-plain", "plain", "service", True, 300, 6000, {"nova": 3}, {"nova": 2.5}, where=WHERE)


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
    assert "| ansible-serial-plain | plain | 6,000 | 3 | nova 2.5 s | 0 | 0 | 5 | yes |" in table
    assert "| stairlift-node-retrying-1 | plain | 6,000 | 0 | none | 0 | 0 | 5 | **no** |" in table
    assert "- stairlift-node-retrying-1: x is y" in table


def test_what_was_carried_out_is_not_carried_out_again(folder, monkeypatch):
    done = []
    monkeypatch.setattr(proof, "carry_out", lambda scenario: done.append(scenario.name))
    monkeypatch.setattr(proof.os, "geteuid", lambda: 0)
    RESULT.write()
    assert proof.main(["ansible-serial-plain", "ansible-serial-retrying"]) == 0
    assert done == ["ansible-serial-retrying"]


def test_one_that_could_not_be_carried_out_is_told_and_the_others_go_on(folder, monkeypatch, capsys):
    def carry_out(scenario):
        if "plain" in scenario.name:
            raise Failed("the testbed did not come up")
        RESULT.write()

    monkeypatch.setattr(proof, "carry_out", carry_out)
    monkeypatch.setattr(proof.os, "geteuid", lambda: 0)
    assert proof.main(["ansible-serial-plain", "ansible-serial-retrying"]) == 2
    assert "ansible-serial-plain: the testbed did not come up" in capsys.readouterr().err


def test_markdown_names_every_balancer_and_machine():
    text = markdown([RESULT, replace(RESULT, scenario="b", balancer="retrying")])
    assert [line.split("|")[2].strip() for line in text.splitlines()[2:4]] == ["plain", "retrying"]
    assert "Measured on abc1234, 2 cores." in text
