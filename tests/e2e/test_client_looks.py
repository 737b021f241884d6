"""Looks at a cloud over a server: tables, documents and exit codes are those of the server's own machine."""

import json
import re

import pytest

from client_desks import desk_at
from half_upgraded import half_done
from operating import Answer, small_cloud
from servers import Served
from stairlift.sandbox.api.tokens import PASSWORD
from stairlift.sandbox.server import Sandbox

WAY = "--from 2025.1 --to 2025.2"
#: What differs because time goes on between two looks.
MOVES = re.compile(r"\d+\.\d+ ?s|\d+ (s|ms|min)\b|\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?( ?UTC|Z|\+00:00)?")
LOOKS = [
    "discover",
    "discover -o wide",
    "discover -o json",
    "discover -o csv -c HOST",
    "discover -i nova",
    "discover -i ansible:/etc/hosts",
    "check",
    "check -o json",
    f"check {WAY}",
    f"check {WAY} -o json",
    f"check {WAY} -o value -c CODE -c STATE",
    f"check {WAY} --strict",
    f"check {WAY} --waive endpoint.silent",
    "check --to nowhere",
    "check --waive x",
    f"plan {WAY}",
    f"plan {WAY} -o json",
    f"plan {WAY} --commands",
    f"plan {WAY} --hosts nobody",
]
#: Of these a server with sources of its own refuses what the command line reads for whoever sits there.
THERE_ALONE = {"discover -i ansible:/etc/hosts": (4, "access.inventory")}


@pytest.fixture
def server(operator):
    with Served(operator) as it:
        yield it


@pytest.fixture
def both(server, tmp_path):
    """A command on the server's machine, and the same at a desk."""
    desk = desk_at(server, tmp_path / "desk")

    def typed(words: str) -> tuple[Answer, Answer]:
        here, there = server.operator.types(*words.split()), desk.types(*words.split())
        assert not (desk.operator.folder / "state").exists(), "there is a journal where none was meant"
        return here, there

    return typed


def alike(here: Answer, there: Answer) -> None:
    assert there.code == here.code, there.err
    assert MOVES.sub("#", there.err) == MOVES.sub("#", here.err)
    assert MOVES.sub("#", there.out) == MOVES.sub("#", here.out)


def test_what_is_looked_at_is_shown_alike(both):
    for words in LOOKS:
        here, there = both(words)
        if words in THERE_ALONE:
            code, said = THERE_ALONE[words]
            assert (there.code, f"[{said}]" in there.err) == (code, True), words
        else:
            alike(here, there)


def test_a_plan_that_findings_refuse_is_printed_all_the_same(both, server, cloud):
    cloud.fault("host-dies", host="cmp1")
    cloud.advance(3600)
    try:
        for form in ("", " -o json"):
            alike(*both(f"check {WAY}{form}"))
            alike(*both(f"plan {WAY}{form} --out plan.json"))
        here, there = both("plan --to 2025.2 -o json")
        alike(here, there)
        assert (there.code, there.document["hash"]) == (4, None), "where from is not known"
        _, waived = both(f"plan {WAY} -o json --waive record.stale --waive x.y")
        assert "--waive x.y waives nothing" in waived.err
    finally:
        cloud.clear_faults()


def test_no_source_answers(both, server):
    file = server.operator.folder / "clouds.yaml"
    file.write_text(file.read_text().replace(PASSWORD, "hunter2"))
    for words in ("discover", "check", "check -o json", f"plan {WAY} -o json"):
        here, there = both(words)
        alike(here, there)
        assert (there.code, "[sources.silent]" in there.err) == (1, True)


class TestReplan:
    @pytest.fixture
    def half(self, tmp_path):
        """A run that has failed half-way, its cloud, and a server that has its journal."""
        folder = tmp_path / "home"
        folder.mkdir()
        with Sandbox(small_cloud(3)) as cloud:
            operator = half_done(folder, cloud)
            with Served(operator) as server:
                yield cloud, operator, desk_at(server, tmp_path / "desk")

    def test_nothing_has_drifted(self, half):
        _, operator, desk = half
        for words in (["replan"], ["replan", "-o", "json"]):
            alike(operator.types(*words), desk.types(*words))
        assert desk.types("replan", "nobody").code == operator.types("replan", "nobody").code == 2

    def test_what_has_drifted_is_seen_approved_and_takes_the_old_ones_place(self, half):
        _, operator, desk = half
        careful = "[policy]\nmax_unavailable = { resource = 2 }\n"
        operator.write("stairlift.toml", (operator.folder / "stairlift.toml").read_text() + careful)
        for words in (["replan"], ["replan", "-o", "json"], ["replan", "--approve", "sha256:0"]):
            here, there = operator.types(*words), desk.types(*words)
            alike(here, there)
        assert (there.code, "[plan.other_hash]" in there.err) == (4, True)
        shown = desk.types("replan", "-o", "json", "--out", "new.json")
        assert shown.code == 6, shown.err
        assert json.loads((desk.operator.folder / "new.json").read_text())["hash"] == shown.document["hash"]
        old = shown.document["run"]
        taken = desk.types("replan", "--approve", shown.document["hash"])
        assert taken.code == 0, taken.err
        run = operator.status()["run"]
        assert f"run {run} takes the place of {old}" in taken.err
        assert run != old
        assert operator.status(old)["state"] == "cancelled"
        assert operator.status(run)["plan"] == shown.document["hash"]

    def test_what_refuses_it_is_shown_with_it(self, half):
        cloud, operator, desk = half
        toml = operator.folder / "stairlift.toml"
        whole = toml.read_text()
        toml.write_text(whole.replace("match = {}", 'match = { host = "ctl1" }'))
        for words in (["replan"], ["replan", "--yes", "-o", "json", "--out", "new.json"]):
            here, there = operator.types(*words), desk.types(*words)
            alike(here, there)
            assert (there.code, "[plan.no_strategy]" in there.err) == (4, True)
        assert (desk.operator.folder / "new.json").read_text() == (operator.folder / "new.json").read_text()
        toml.write_text(whole)
        cloud.fault("host-dies", host="cmp3")
        cloud.advance(3600)
        for words in (["replan", "--yes"], ["replan", "--yes", "-o", "json"]):
            here, there = operator.types(*words), desk.types(*words)
            alike(here, there)
            assert there.code == 4
