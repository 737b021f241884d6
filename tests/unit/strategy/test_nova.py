"""Cordon and uncordon against a Nova of a few lines; `tests/real` and the testbed have the real one."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from stairlift.model.effect import Effect
from stairlift.model.errors import SourceTrouble, StairliftError, Trouble
from stairlift.model.work import Assignment, Outcome
from stairlift.ports import Affecting, Answer
from stairlift.run.effects import intended
from stairlift.strategy.before import Before
from stairlift.strategy.nova import NovaUpgradeStrategy
from stairlift.strategy.nova import __main__ as program
from stairlift.strategy.nova.cordon import put_back
from stairlift.strategy.nova.masakari import Maintenance
from stairlift.strategy.nova.request import Request
from stairlift.strategy.nova.services import ComputeServices
from stairlift.strategy.own_job import Notes, judge_own
from stairlift.strategy.own_program import Errand
from stairlift.testing.plans import a_step
from stairlift.testing.strategy_contract import an_assignment

NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
MARK = "stairlift r1 cordon-cmp1"


class Nova:
    """Keeps the rows of os-services and Masakari's hosts, and changes them as it is told. Its clock goes with requests.

    The real ones are asked by `tests/real/test_upgrade.py`; what is refused here was seen refused there.
    """

    cloud_name = "lab"

    def __init__(self, *hosts: str, newest: str = "2.96") -> None:
        self.newest = newest
        self.now = NOON
        self.reports = True
        self.rows: list[dict[str, Any]] = [
            {"id": f"u-{host}", "host": host, "binary": "nova-compute", "status": "enabled", "state": "up"}
            | {"updated_at": "2026-05-04T11:59:55.000000", "disabled_reason": None}
            for host in hosts
        ]
        self.watched: dict[str, bool] = {}
        self.told: list[tuple[str, Any, str | None]] = []

    def versions(self, _service_type: str) -> Answer:
        return Answer({"versions": [{"id": "v2.0", "version": ""}, {"id": "v2.1", "version": self.newest}]})

    def catalog(self) -> Answer:
        return Answer({"catalog": []})

    def get(self, service_type: str, path: str, microversion: str | None = None) -> Answer:
        if service_type == "instance-ha":
            return Answer({"body": self._masakari(path)})
        assert path == "/os-services?binary=nova-compute"
        self.now += timedelta(seconds=10)
        if self.reports:
            for row in self.rows:
                row["updated_at"] = (self.now - timedelta(seconds=5)).replace(tzinfo=None).isoformat()
        return Answer({"body": {"services": [dict(row) for row in self.rows]}}, self.now)

    def _masakari(self, path: str) -> Mapping[str, Any]:
        if path == "/v1/segments":
            return {"segments": [{"uuid": "s1", "name": "one"}]}
        hosts = [{"uuid": f"m-{name}", "name": name, "on_maintenance": on} for name, on in self.watched.items()]
        return {"hosts": hosts}

    def send(
        self,
        method: str,
        service_type: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        microversion: str | None = None,
    ) -> Answer:
        assert method == "PUT"
        assert body is not None
        self.told.append((path, dict(body), microversion))
        if service_type == "instance-ha":
            self.watched[path.rpartition("m-")[2]] = body["host"]["on_maintenance"]
            return Answer({"body": None})
        what = path.rpartition("/")[2]
        row = next(r for r in self.rows if r["id"] == what or r["host"] == body.get("host"))
        enables = what == "enable" or body.get("status") == "enabled"
        row["status"] = "enabled" if enables else "disabled"
        row["disabled_reason"] = None if enables else body["disabled_reason"]
        return Answer({"body": {"service": row}})

    def row(self, host: str) -> dict[str, Any]:
        return next(row for row in self.rows if row["host"] == host)

    def disable(self, host: str, reason: str | None) -> None:
        self.row(host).update(status="disabled", disabled_reason=reason)


class Slept:
    """A sleep that takes no time."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self, seconds: float) -> None:
        self.seconds += seconds


@pytest.fixture
def sleep(monkeypatch: pytest.MonkeyPatch) -> Slept:
    slept = Slept()
    monkeypatch.setattr(program.time, "sleep", slept)
    return slept


def at(action: str, *, undo: bool = False, effects: tuple[Effect, ...] = (), folder: Path = Path("/a/1")) -> Assignment:
    step = a_step(f"{action}-cmp1", action=action, services=["nova-compute"], hosts=["cmp1"])
    return Assignment("r1", step, 1, folder, undo, effects)


def carried_out(
    nova: Nova, assignment: Assignment, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, **options: Any
) -> Any:
    """The job of an attempt with this Nova in place of a real one, and its strategy's verdict."""
    folder = tmp_path / "attempts" / str(assignment.attempt)
    folder.mkdir(parents=True, exist_ok=True)
    strategy = NovaUpgradeStrategy(options)
    placed = Assignment("r1", assignment.step, 1, folder, assignment.undo, assignment.effects)
    rows = intended({effect.id: effect for effect in placed.effects}, strategy.effects(placed), placed.step, NOON)
    job = strategy.job(Assignment("r1", placed.step, 1, folder, placed.undo, (*placed.effects, *rows)))
    (folder / "request.json").write_text(job.files["request.json"])
    monkeypatch.setattr(program.sys, "argv", [job.argv[2], job.argv[3]])
    monkeypatch.setenv("STAIRLIFT_PROGRESS", str(folder / "progress.jsonl"))
    monkeypatch.setattr(program.SessionCloudClient, "from_config", lambda _cloud: nova)
    code = program.main()
    return strategy.judge(placed, Outcome(code, (folder / "progress.jsonl").read_text()))


@pytest.fixture
def does(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, sleep: Slept):
    return lambda nova, assignment, **options: carried_out(nova, assignment, monkeypatch, tmp_path, **options)


def an_effect(state: str = "made", **details: Any) -> Effect:
    return Effect("cordon:cmp1", "cordon", "cmp1", "cordon-cmp1", "nova", state, NOON, {"reason": MARK, **details})


# Cordon


def test_a_cordon_disables_with_the_run_and_the_step_as_its_reason(does) -> None:
    nova = Nova("cmp1", "cmp2")
    verdict = does(nova, at("cordon"))
    assert (verdict.result, verdict.effects) == ("done", {"cordon:cmp1": "made"})
    assert nova.told == [("/os-services/u-cmp1", {"status": "disabled", "disabled_reason": MARK}, "2.53")]
    assert nova.row("cmp2")["status"] == "enabled"


def test_a_nova_of_before_2_53_is_told_by_name(does) -> None:
    nova = Nova("cmp1", newest="2.25")
    does(nova, at("cordon"))
    does(nova, at("uncordon", effects=(an_effect(),)))
    assert nova.told == [
        (
            "/os-services/disable-log-reason",
            {"host": "cmp1", "binary": "nova-compute", "disabled_reason": MARK},
            None,
        ),
        ("/os-services/enable", {"host": "cmp1", "binary": "nova-compute"}, None),
    ]


def test_a_cordon_that_is_done_again_is_ours(does) -> None:
    nova = Nova("cmp1")
    does(nova, at("cordon"))
    assert does(nova, at("cordon")).effects == {"cordon:cmp1": "made"}
    assert len(nova.told) == 1


@pytest.mark.parametrize("reason", ["broken fan", None, "", "a stairlift of another kind"])
def test_what_somebody_else_disabled_is_foreign_and_stays(does, reason: str | None) -> None:
    nova = Nova("cmp1")
    nova.disable("cmp1", reason)
    assert does(nova, at("cordon")).effects == {"cordon:cmp1": "foreign"}
    verdict = does(nova, at("uncordon", effects=(an_effect("foreign"),)))
    assert (verdict.result, verdict.effects) == ("done", {"cordon:cmp1": "foreign"})
    assert nova.told == []
    assert nova.row("cmp1")["disabled_reason"] == reason


def test_what_another_run_of_ours_has_left_is_taken_over(does) -> None:
    nova = Nova("cmp1")
    nova.disable("cmp1", "stairlift r0 cordon-cmp1")
    assert does(nova, at("cordon")).effects == {"cordon:cmp1": "made"}
    assert nova.row("cmp1")["disabled_reason"] == MARK


def test_the_mark_is_the_one_on_record_so_that_whoever_puts_it_back_finds_it(does) -> None:
    nova = Nova("cmp1")
    does(nova, at("cordon"))
    on_record = an_effect("made")
    does(nova, at("drain", effects=(on_record,)))
    assert nova.row("cmp1")["disabled_reason"] == MARK
    assert put_back(ComputeServices(nova), "cmp1", on_record.details["reason"]) == ""
    assert nova.row("cmp1")["status"] == "enabled"


def test_a_reason_is_never_longer_than_nova_keeps() -> None:
    step = a_step("c" * 400, action="cordon", services=["nova-compute"], hosts=["cmp1"])
    request = json.loads(NovaUpgradeStrategy({}).job(Assignment("r1", step, 1, Path("/a"))).files["request.json"])
    assert len(request["options"]["reason"]) == 255


def test_a_host_goes_by_the_name_that_nova_has(does) -> None:
    nova = Nova("cmp1.example.com", "cmp10.example.com")
    assert does(nova, at("cordon")).result == "done"
    assert nova.row("cmp1.example.com")["status"] == "disabled"


@pytest.mark.parametrize(
    ("hosts", "why"), [(["cmp2"], "Nova lists none"), (["cmp1.a", "cmp1.b"], "it has several: cmp1.a, cmp1.b")]
)
def test_a_host_that_cannot_be_told_is_an_error(does, hosts: list[str], why: str) -> None:
    verdict = does(Nova(*hosts), at("cordon"))
    assert verdict.result == "failed"
    assert why in verdict.reason
    assert not verdict.temporary


def test_a_nova_that_does_not_answer_is_tried_again(does, monkeypatch: pytest.MonkeyPatch) -> None:
    def down(*_: Any) -> Answer:
        raise SourceTrouble(Trouble.SERVER_ERROR, "nova failed with 503")

    monkeypatch.setattr(Nova, "get", down)
    verdict = does(Nova("cmp1"), at("cordon"))
    assert (verdict.result, verdict.temporary, verdict.reason) == ("failed", True, "nova failed with 503")
    assert verdict.effects == {}


# Uncordon


def test_an_uncordon_enables_what_is_ours_once_it_reports(does, sleep: Slept) -> None:
    nova = Nova("cmp1")
    nova.disable("cmp1", MARK)
    assert does(nova, at("uncordon", effects=(an_effect(),))).effects == {"cordon:cmp1": "restored"}
    assert nova.row("cmp1")["status"] == "enabled"
    assert sleep.seconds == 0


def test_and_not_before(does, sleep: Slept) -> None:
    nova = Nova("cmp1")
    nova.disable("cmp1", MARK)
    nova.row("cmp1")["state"] = "down"
    verdict = does(nova, at("uncordon", effects=(an_effect(),)), up_within=20)
    assert verdict.result == "failed"
    assert verdict.reason == "cmp1 is not enabled, since its nova-compute is down after 20 s"
    assert (nova.told, sleep.seconds) == ([], 20)


def test_a_service_that_is_up_and_silent_is_not_enabled(does) -> None:
    nova = Nova("cmp1")
    nova.disable("cmp1", MARK)
    nova.reports = False
    nova.now += timedelta(seconds=30)
    verdict = does(nova, at("uncordon", effects=(an_effect(),)), up_within=2)
    assert "its nova-compute has said nothing for" in verdict.reason
    assert nova.told == []


def test_a_nova_that_tells_no_time_proves_it_by_a_new_report(
    does, sleep: Slept, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As that of the testbed, behind uwsgi."""
    get, nova = Nova.get, Nova("cmp1")
    monkeypatch.setattr(Nova, "get", lambda *given: Answer(get(*given).documents))
    nova.disable("cmp1", MARK)
    assert does(nova, at("uncordon", effects=(an_effect(),))).effects == {"cordon:cmp1": "restored"}
    nova.disable("cmp1", MARK)
    nova.reports = False
    verdict = does(nova, at("uncordon", effects=(an_effect(),)), up_within=2)
    assert "its nova-compute has said nothing since we look" in verdict.reason


def test_the_mark_of_the_run_whose_place_was_taken_is_ours(does) -> None:
    nova = Nova("cmp1")
    nova.disable("cmp1", "stairlift r0 cordon-cmp1")
    effect = an_effect("kept", reason="stairlift r0 cordon-cmp1")
    assert does(nova, at("uncordon", effects=(effect,))).effects == {"cordon:cmp1": "restored"}
    assert nova.row("cmp1")["status"] == "enabled"


def test_but_not_that_of_any_other_run(does) -> None:
    nova = Nova("cmp1")
    nova.disable("cmp1", "stairlift r12 cordon-cmp1")
    assert does(nova, at("uncordon", effects=(an_effect(),))).effects == {"cordon:cmp1": "foreign"}
    assert nova.told == []


# Back


def test_taking_an_uncordon_back_is_a_cordon_and_the_other_way_round(does) -> None:
    nova = Nova("cmp1")
    assert does(nova, at("uncordon", undo=True)).effects == {"cordon:cmp1": "made"}
    assert nova.row("cmp1")["disabled_reason"] == "stairlift r1 uncordon-cmp1"
    assert does(nova, at("cordon", undo=True)).effects == {"cordon:cmp1": "restored"}
    assert nova.row("cmp1")["status"] == "enabled"


def test_a_rollback_does_not_wait_for_a_cloud_that_is_ill(does) -> None:
    verdict = does(Nova("cmp9"), at("uncordon", undo=True))
    assert verdict.result == "done"
    assert does(Nova(), at("drain", undo=True)).result == "done"


def test_put_back_enables_just_what_carries_the_mark() -> None:
    nova = Nova("cmp1")
    services = ComputeServices(nova)
    for reason in ("broken fan", None, "stairlift r1 another-step"):
        nova.disable("cmp1", reason)
        assert put_back(services, "cmp1", MARK) == ""
    assert nova.told == []
    nova.disable("cmp1", MARK)
    assert put_back(services, "cmp1", MARK) == ""
    assert put_back(services, "cmp1", MARK) == ""
    assert [body for _, body, _ in nova.told] == [{"status": "enabled"}]


def test_restore_goes_to_the_cloud_of_the_options(monkeypatch: pytest.MonkeyPatch) -> None:
    nova, asked = Nova("cmp1"), []
    nova.disable("cmp1", MARK)
    monkeypatch.setattr(program.SessionCloudClient, "from_config", lambda cloud: (asked.append(cloud), nova)[1])
    strategy = NovaUpgradeStrategy({"os_cloud": "lab"})
    assert isinstance(strategy, Affecting)
    assert strategy.restore(an_effect()) == ""
    assert (asked, nova.row("cmp1")["status"]) == (["lab"], "enabled")


# Masakari


def test_masakari_is_told_where_the_cloud_has_it(does) -> None:
    nova = Nova("cmp1")
    nova.watched = {"cmp1": False, "cmp2": False}
    verdict = does(nova, at("cordon"), masakari=True)
    assert verdict.effects == {"cordon:cmp1": "made", "masakari:cmp1": "made"}
    assert nova.watched == {"cmp1": True, "cmp2": False}
    assert nova.told[-1][0] == "/v1/segments/s1/hosts/m-cmp1"
    made = Effect("masakari:cmp1", "masakari", "cmp1", "cordon-cmp1", "nova", "made", NOON)
    verdict = does(nova, at("uncordon", effects=(an_effect(), made)), masakari=True)
    assert verdict.effects == {"cordon:cmp1": "restored", "masakari:cmp1": "restored"}
    assert nova.watched == {"cmp1": False, "cmp2": False}


def test_a_host_that_masakari_left_alone_before_us_stays_so(does) -> None:
    nova = Nova("cmp1")
    nova.watched = {"cmp1": True}
    assert does(nova, at("cordon"), masakari=True).effects["masakari:cmp1"] == "foreign"
    foreign = Effect("masakari:cmp1", "masakari", "cmp1", "cordon-cmp1", "nova", "foreign", NOON)
    does(nova, at("uncordon", effects=(an_effect(), foreign)), masakari=True)
    assert nova.watched == {"cmp1": True}


def test_a_host_that_masakari_does_not_watch_needs_nothing(does) -> None:
    assert does(Nova("cmp1"), at("cordon"), masakari=True).effects["masakari:cmp1"] == "foreign"


def test_a_host_goes_by_the_name_that_masakari_has(does) -> None:
    nova = Nova("cmp1.example.com")
    nova.watched = {"cmp1.example.com": False, "cmp10.example.com": False}
    assert does(nova, at("cordon"), masakari=True).effects["masakari:cmp1"] == "made"
    assert nova.watched == {"cmp1.example.com": True, "cmp10.example.com": False}
    nova.watched = {"cmp1.a": False, "cmp1.b": False}
    assert "cannot be told" in does(nova, at("cordon"), masakari=True).reason


def test_what_a_run_has_taken_over_it_gives_back(tmp_path: Path) -> None:
    nova = Nova("cmp1")
    nova.watched = {"cmp1": False}
    for folder in ("old/1", "new/1"):
        (tmp_path / folder).mkdir(parents=True)
    details = {"attempts": str(tmp_path / "old")}
    effect = Effect("masakari:cmp1", "masakari", "cmp1", "cordon-cmp1", "nova", "made", NOON, details)
    progress = tmp_path / "progress.jsonl"
    for folder in ("old/1", "new/1"):
        Maintenance(nova).begin(effect, Before(tmp_path / folder), Notes(str(progress)))
        assert judge_own(Outcome(0, progress.read_text())).effects == {"masakari:cmp1": "made"}
    Maintenance(nova).end(effect)
    assert nova.watched == {"cmp1": False}


def test_an_attempt_that_died_after_its_change_leaves_word_of_what_was_before(tmp_path: Path) -> None:
    nova = Nova("cmp1")
    nova.watched = {"cmp1": False}
    (tmp_path / "1").mkdir()
    (tmp_path / "2").mkdir()
    details = {"attempts": str(tmp_path)}
    effect = Effect("masakari:cmp1", "masakari", "cmp1", "cordon-cmp1", "nova", "intended", NOON, details)
    progress = tmp_path / "progress.jsonl"
    for attempt in ("1", "2"):
        Maintenance(nova).begin(effect, Before(tmp_path / attempt), Notes(str(progress)))
    assert nova.watched == {"cmp1": True}
    assert judge_own(Outcome(0, progress.read_text())).effects == {"masakari:cmp1": "made"}
    Maintenance(nova).end(effect)
    assert nova.watched == {"cmp1": False}
    nova.watched = {"cmp1": True}
    untouched = Effect("masakari:cmp1", "masakari", "cmp1", "cordon-cmp1", "nova", "intended", NOON)
    Maintenance(nova).end(untouched)
    assert nova.watched == {"cmp1": True}, "of what no attempt has looked at nothing was changed"


# Jobs


def test_a_request_comes_back_as_it_went() -> None:
    job = NovaUpgradeStrategy({}).job(at("uncordon", effects=(an_effect("kept"),)))
    request = Request.of(Errand.of(json.loads(job.files["request.json"])))
    assert request.errand.kind == "uncordon"
    assert request.errand.hosts == ("cmp1",)
    assert request.errand.known() == {"cordon:cmp1": an_effect("kept")}
    assert (request.os_cloud, request.masakari, request.up_within, request.drain) == (None, False, 180, {})


def test_files_with_credentials_are_named_and_not_copied(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "clouds.yaml").write_text("clouds: {lab: {auth: {password: hunter2}}}")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("OS_CLIENT_CONFIG_FILE", raising=False)
    job = NovaUpgradeStrategy({"os_cloud": "lab"}).job(at("cordon"))
    assert job.env == {"OS_CLIENT_CONFIG_FILE": str(tmp_path / "clouds.yaml")}
    assert "hunter2" not in str(job)


def test_an_action_of_others_is_refused() -> None:
    with pytest.raises(StairliftError, match="cordon, drain and uncordon, not upgrade"):
        NovaUpgradeStrategy({}).job(an_assignment())


def test_the_runbook_is_what_a_person_types() -> None:
    strategy = NovaUpgradeStrategy({})
    assert strategy.runbook(at("cordon").step) == (
        "openstack compute service set --disable --disable-reason 'stairlift RUN cordon-cmp1' cmp1 nova-compute",
    )
    assert strategy.runbook(at("uncordon").step) == ("openstack compute service set --enable cmp1 nova-compute",)
