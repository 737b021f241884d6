"""What somebody may ask a server to look at, and with which settings it looks."""

from dataclasses import replace

import pytest

from houses import a_house, settings_in
from stairlift.model.errors import Refusal, UsageError
from stairlift.model.policy import Policy
from stairlift.wiring.config.serve import ServeSettings
from stairlift.wiring.config.settings import Settings
from stairlift.wiring.server.asking import Sources, policy_of
from stairlift.wiring.server.house import open_house

OURS = Settings(
    inventories=("openstack", "ansible:/srv/hosts.ini"),
    serve=ServeSettings(inventories=("haproxy:/srv/haproxy.cfg",)),
)


@pytest.mark.parametrize(
    "spec",
    [
        "ansible:/etc/passwd",
        "ansible:/srv/hosts.ini/../../../etc/shadow",
        "ansible:/srv/./hosts.ini",
        "haproxy:http://169.254.169.254/latest/meta-data",
        "hosts:ssh://root@ctl1",
        "recording:/srv",
        "ansible:",
        ":",
    ],
)
def test_what_the_server_does_not_name_itself_is_not_looked_at(spec: str) -> None:
    with pytest.raises(Refusal) as refused:
        Sources(inventory=("nova", spec)).where(OURS)
    assert refused.value.code == "access.inventory"
    assert "ansible:/srv/hosts.ini, haproxy:/srv/haproxy.cfg" in refused.value.resolution


def test_its_own_sources_and_the_apis_of_its_clouds_are() -> None:
    asked = ("nova", "ansible:/srv/hosts.ini", "haproxy:/srv/haproxy.cfg")
    assert Sources("prod", asked).where(OURS).specs == asked
    assert Sources("prod").where(OURS).os_cloud == "prod"
    assert Sources().where(OURS).specs == OURS.inventories


def test_a_policy_that_was_sent_is_read_as_a_file_is() -> None:
    assert policy_of(None, replace(OURS, policy=Policy(canary=3))).canary == 3
    assert policy_of({"canary": 2}, OURS) == Policy(canary=2)
    with pytest.raises(UsageError) as wrong:
        policy_of({"canaries": 2}, OURS)
    assert "did you mean canary?" in wrong.value.brief


def test_settings_are_read_again_but_for_where_the_server_is(tmp_path) -> None:
    settings = settings_in(tmp_path)
    edited = replace(settings, policy=Policy(canary=5), database_url="sqlite:///elsewhere", serve=OURS.serve)
    house = open_house(settings, again=lambda: edited)
    found = house.fresh_settings()
    assert (found.policy.canary, found.database_url, found.serve) == (5, settings.database_url, settings.serve)
    assert a_house(tmp_path, settings=settings).fresh_settings() is settings
    house.close()
