from dataclasses import replace
from pathlib import Path

import pytest

from planning import seen
from stairlift.model.errors import UsageError
from stairlift.model.policy import Policy
from stairlift.model.release import Release
from stairlift.testing.clouds import a_cloud
from stairlift.wiring.config.settings import Settings, StrategyEntry, read_settings
from stairlift.wiring.files import plan_document
from stairlift.wiring.look import Look, Where
from stairlift.wiring.planning import Wishes, absolute, bindings, commands_of, make_plan, strategies_of


def settings_with(tmp_path, **options) -> Settings:
    entry = {"argv": ["true", "{host}"], "folder": str(tmp_path)} | options
    return Settings(strategies=(StrategyEntry(f"{tmp_path}/stairlift.toml: number 1", "command", {}, entry),))


def planned(settings, where=Where(("recording:x",)), **wishes):  # noqa: B008
    built = a_cloud()
    request = Wishes("2025.2", "epoxy", **wishes).request(Policy())
    return make_plan(Look((), built.observations(), seen(built)), request, where, settings)


def test_words_become_a_request():
    request = Wishes("gazpacho", "2025.1", ["compute"], ["cmp*"], ["cmp1"], ["record.stale:a:b"]).request(
        Policy(canary=2)
    )
    assert (request.target, request.source) == (Release(2026, 1), Release(2025, 1))
    assert (request.stages, request.hosts, request.exclude) == (("compute",), ("cmp*",), ("cmp1",))
    assert [str(w) for w in request.waivers] == ["record.stale:a:b"]
    assert request.policy.canary == 2


@pytest.mark.parametrize(
    ("wishes", "code"),
    [
        (Wishes("zappa"), "release.unknown"),
        (Wishes("2026.1", "2025.9"), "release.unknown"),
        (Wishes("2026.1", stages=["computer"]), "plan.unknown_stage"),
    ],
)
def test_words_that_nobody_knows(wishes, code):
    with pytest.raises(UsageError) as wrong:
        wishes.request(Policy())
    assert (wrong.value.code, wrong.value.exit_code) == (code, 2)


def test_a_plan_keeps_how_it_was_looked_at(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    plan = planned(settings_with(tmp_path), Where(("openstack", "ansible:hosts.ini", "ansible:a,b,"), "prod"))
    assert plan.sources == ("openstack", f"ansible:{tmp_path}/hosts.ini", "ansible:a,b,")
    assert plan.os_cloud == "prod"


def test_a_plan_keeps_how_long_an_entry_says_that_it_takes(tmp_path):
    settings = settings_with(tmp_path)
    told = replace(settings, strategies=(replace(settings.strategies[0], takes=(60, 90)),))
    assert [one.takes for one in planned(told).bindings] == [(60, 90)]
    assert planned(told).hash == planned(settings).hash


def test_an_absolute_path_stays():
    assert absolute("ansible:/etc/hosts.ini") == "ansible:/etc/hosts.ini"


def test_strategies_come_back_as_they_were_frozen(tmp_path, monkeypatch):
    plan = planned(settings_with(tmp_path))
    strategies = strategies_of(plan)
    step = next(s for s in plan.steps if s.hosts == ("cmp1",))
    assert commands_of(step, strategies) == (f"cd {tmp_path} && true cmp1",)
    assert commands_of(step, {}) == ()
    monkeypatch.setattr(type(strategies[step.strategy]), "runbook", lambda *_: 1 / 0)
    with pytest.raises(UsageError) as caught:
        commands_of(step, strategies)
    assert (caught.value.code, step.id in caught.value.brief) == ("strategy.broken", True)


def test_a_strategy_that_is_wrong_is_named_with_its_file(tmp_path):
    with pytest.raises(UsageError) as wrong:
        bindings(settings_with(tmp_path, argv=["./nothing"]))
    assert wrong.value.brief.startswith(f"{tmp_path}/stairlift.toml: number 1: ")


def test_hops_stand_in_tables_of_their_own(tmp_path):
    (tmp_path / "stairlift.toml").write_text('[[strategy]]\nuse = "kolla-ansible"\nhops = {}\n')
    with pytest.raises(UsageError, match=r"stairlift\.toml:1.*hops is not an option of an entry") as wrong:
        bindings(read_settings({}, tmp_path))
    assert "[[hop]]" in wrong.value.resolution


def test_a_source_whose_name_a_plan_cannot_keep(tmp_path):
    with pytest.raises(UsageError) as wrong:
        planned(settings_with(tmp_path), Where(("ansible:/h\udce4sts.ini",)))
    assert wrong.value.code == "plan.not_json"
    wrong.value.brief.encode()


def test_a_folder_whose_name_a_plan_cannot_keep(tmp_path):
    folder = Path(str(tmp_path), "h\udce4ge")
    folder.mkdir()
    with pytest.raises(UsageError) as wrong:
        bindings(settings_with(folder))
    assert wrong.value.code == "plan.not_json"
    wrong.value.brief.encode()


def test_what_is_kept_can_be_written(tmp_path):
    assert plan_document(planned(settings_with(tmp_path)))["strategies"][0]["options"]["argv"] == ["true", "{host}"]
