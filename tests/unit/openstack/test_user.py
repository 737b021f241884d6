"""A user who sends requests by himself: tokens, addresses, certificates, against a sandbox."""

from datetime import UTC, datetime

import pytest
from requests.utils import DEFAULT_CA_BUNDLE_PATH

from stairlift.model.errors import SourceTrouble, Trouble
from stairlift.openstack.user import CloudUser
from stairlift.sandbox.server import Sandbox


@pytest.fixture(scope="module")
def cloud():
    with Sandbox("demo") as it:
        yield it


@pytest.fixture
def user(cloud, tmp_path, monkeypatch) -> CloudUser:
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(cloud.clouds_yaml(tmp_path / "clouds.yaml")))
    cloud.clear_faults()
    return CloudUser.from_config("sandbox", interface="public", timeout=5)


def test_each_time_it_gets_another_token(user):
    first, second = user.sign_in(), user.sign_in()
    assert first.token != second.token
    assert first.expires_at > datetime.now(UTC)
    assert user.cloud_name == "sandbox"


def test_addresses_are_those_of_the_chosen_interface(cloud, user):
    ticket = user.sign_in()
    assert user.url(ticket, "compute", "/servers") == f"{cloud.url}/compute/v2.1/servers"
    assert user.url(ticket, "network", "/ports") == f"{cloud.url}/network/v2.0/ports"
    with pytest.raises(SourceTrouble) as missing:
        user.url(ticket, "dns", "/zones")
    assert missing.value.trouble is Trouble.NOT_DEPLOYED


def test_no_address_has_a_password_in_it(user, tmp_path):
    file = tmp_path / "clouds.yaml"
    file.write_text(file.read_text().replace("auth_url: http://", "auth_url: http://ada:secret@"))
    again = CloudUser.from_config("sandbox", interface="public", timeout=5)
    assert again.auth_url == user.auth_url
    assert "secret" in file.read_text()


@pytest.mark.parametrize("status", [401, 503])
def test_what_keystone_says_is_told_by_its_status_and_nothing_is_tried_again(cloud, user, status):
    cloud.fault("http", path="/identity/v3/auth/tokens", status=status)
    before = len(cloud.log())
    with pytest.raises(SourceTrouble) as refused:
        user.sign_in()
    assert refused.value.status == status
    assert len(cloud.log()) == before + 1


def test_certificates_are_checked_unless_the_file_says_otherwise(user, cloud, tmp_path, monkeypatch):
    assert user.certificates().verify
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    monkeypatch.delenv("CURL_CA_BUNDLE", raising=False)
    assert user.certificates().authorities == DEFAULT_CA_BUNDLE_PATH, "as the session that signs in"
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/etc/site.pem")
    assert user.certificates().authorities == "/etc/site.pem"
    file = tmp_path / "clouds.yaml"
    file.write_text(file.read_text().replace("    region_name:", "    verify: false\n    region_name:"))
    assert not CloudUser.from_config("sandbox", interface="public", timeout=5).certificates().verify
