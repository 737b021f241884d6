"""Settings that change while a server serves: those that can are taken over, and a mistake changes nothing."""

from dataclasses import replace

import pytest

from houses import settings_in
from stairlift.model.errors import UsageError
from stairlift.model.policy import Policy
from stairlift.wiring.config.in_force import InForce
from stairlift.wiring.config.serve import ServeSettings


def test_what_may_change_is_taken_over_and_where_the_server_is_stays(tmp_path) -> None:
    began = settings_in(tmp_path, serve=ServeSettings(host="::1", port=9000))
    said = ServeSettings(host="0.0.0.0", port=1, trusted_proxies=("10.0.0.0/8",), four_eyes=True, session_hours=1.0)
    edited = replace(began, policy=Policy(canary=5), database_url="sqlite:///elsewhere", serve=said)
    held = InForce(began, lambda: edited)
    assert held.fresh() == replace(edited, database_url=began.database_url, serve=began.serve)
    assert held.settings is began
    serve = replace(said, host="::1", port=9000, trusted_proxies=())
    assert held.take_over() == held.settings == replace(edited, database_url=began.database_url, serve=serve)
    assert held.fresh().serve.four_eyes


def test_a_mistake_changes_nothing(tmp_path) -> None:
    began = settings_in(tmp_path)

    def wrong():
        raise UsageError(code="config.invalid", brief="stairlift.toml: no")

    held = InForce(began, wrong)
    with pytest.raises(UsageError):
        held.take_over()
    assert held.settings is began
