"""Where the credentials come from, and what is said when they cannot."""

import subprocess
import sys

import pytest

from stairlift.model.errors import UsageError
from stairlift.openstack.client import SessionCloudClient
from stairlift.openstack.settings import cloud_region, display_name

TWO_CLOUDS = """
clouds:
  north:
    region_name: RegionOne
    interface: internal
    auth: {auth_url: "https://north.example.com:5000/v3", username: ops, password: hush, project_name: admin}
  south:
    auth: {auth_url: "https://south.example.com/identity", username: ops, project_name: admin}
"""


def refusal(*args):
    with pytest.raises(UsageError) as caught:
        SessionCloudClient.from_config(*args)
    error = caught.value
    return f"{error.brief} {error.details} {error.resolution}"


@pytest.fixture
def clouds_yaml(tmp_path):
    path = tmp_path / "clouds.yaml"
    path.write_text(TWO_CLOUDS)
    return path


def test_a_cloud_of_the_file(clouds_yaml):
    client = SessionCloudClient.from_config("north")
    assert client.cloud_name == "north"


def test_os_cloud_chooses(clouds_yaml, tmp_path, no_settings):
    (tmp_path / "secure.yaml").write_text("clouds:\n  south:\n    auth: {password: hush}\n")
    no_settings.setenv("OS_CLOUD", "south")
    assert cloud_region().name == "south"
    assert cloud_region("north").name == "north"


def test_secure_yaml_adds_the_password(clouds_yaml, tmp_path):
    (tmp_path / "secure.yaml").write_text("clouds:\n  south:\n    auth: {password: from-secure}\n")
    assert cloud_region("south").get_auth_args()["password"] == "from-secure"


def test_os_client_config_file(tmp_path, no_settings):
    elsewhere = tmp_path / "other.yaml"
    elsewhere.write_text(TWO_CLOUDS.replace("north:", "west:", 1))
    no_settings.setenv("OS_CLIENT_CONFIG_FILE", str(elsewhere))
    assert cloud_region("west").name == "west"


def test_a_named_file_that_is_missing_is_not_stepped_over(clouds_yaml, no_settings):
    no_settings.setenv("OS_CLIENT_CONFIG_FILE", "/nowhere/clouds.yaml")
    assert "/nowhere/clouds.yaml" in refusal("north")


@pytest.mark.parametrize(
    "content",
    [
        "clouds:\n  north:\n    auth: {password: hush, : }\n",
        "clouds: [north]",
        "just words",
        "",
        "clouds: {north: 5}",
        "\tx",
    ],
)
def test_a_broken_file_is_named_and_not_quoted(tmp_path, content):
    (tmp_path / "clouds.yaml").write_text(content)
    said = refusal("north")
    assert str(tmp_path / "clouds.yaml") in said
    assert "hush" not in said


def test_a_broken_line_is_named(tmp_path):
    (tmp_path / "clouds.yaml").write_text("clouds:\n  north:\n    auth: hush: hush\n")
    said = refusal("north")
    assert "line 3" in said
    assert "hush" not in said


def test_a_broken_secure_file_is_named(clouds_yaml, tmp_path):
    (tmp_path / "secure.yaml").write_text("clouds: {")
    assert str(tmp_path / "secure.yaml") in refusal("north")


def test_an_unknown_cloud_is_told_with_the_file_and_the_known_ones(clouds_yaml):
    said = refusal("east")
    assert "'east'" in said
    assert str(clouds_yaml) in said
    assert "north, south" in said


def test_several_clouds_and_no_choice(clouds_yaml):
    assert "north, south" in refusal()


def test_no_settings_at_all():
    said = refusal()
    assert "clouds.yaml" in said
    assert "OS_CLOUD" in said


def test_settings_without_an_address(no_settings):
    no_settings.setenv("OS_USERNAME", "ops")
    no_settings.setenv("OS_PASSWORD", "hush")
    said = refusal()
    assert "auth_url" in said
    assert "hush" not in said


def test_a_password_is_missing(clouds_yaml):
    assert "password" in refusal("south")


def test_an_unknown_kind_of_credentials(clouds_yaml, no_settings):
    clouds_yaml.write_text(TWO_CLOUDS.replace("region_name", "auth_type: sorcery\n    region_name"))
    assert "sorcery" in refusal("north")


def test_credentials_without_a_catalog(clouds_yaml):
    clouds_yaml.write_text('clouds: {metal: {auth_type: none, auth: {endpoint: "http://ironic:6385"}}}')
    assert "auth_url" in refusal("metal")


def test_a_certificate_that_is_not_there(clouds_yaml):
    clouds_yaml.write_text(TWO_CLOUDS.replace("region_name", "cacert: /nowhere/ca.pem\n    region_name"))
    assert "/nowhere/ca.pem" in refusal("north")


def test_an_unknown_setting_of_auth(clouds_yaml):
    clouds_yaml.write_text(TWO_CLOUDS.replace("username: ops,", "username: ops, nickname: op,", 1))
    assert "nickname" in refusal("north")


def test_region_and_interface_of_the_environment_choose_within_the_file(clouds_yaml, no_settings):
    clouds_yaml.write_text(TWO_CLOUDS.replace("region_name: RegionOne", ""))
    no_settings.setenv("OS_CLOUD", "north")
    no_settings.setenv("OS_REGION_NAME", "RegionTwo")
    no_settings.setenv("OS_INTERFACE", "public")
    region = cloud_region()
    assert (region.get_region_name(), region.get_interface()) == ("RegionTwo", "public")


def test_a_region_that_the_file_does_not_offer(clouds_yaml, no_settings):
    no_settings.setenv("OS_REGION_NAME", "RegionTwo")
    assert "RegionTwo" in refusal("north")


def test_the_interface_is_public_unless_told(clouds_yaml):
    clouds_yaml.write_text(TWO_CLOUDS.replace("interface: internal", ""))
    assert cloud_region("north").get_interface() == "public"


@pytest.mark.parametrize(
    ("url", "region", "name"),
    [
        ("http://keystone.example.com:5000/v3", "RegionOne", "keystone.example.com:5000/RegionOne"),
        ("https://ops:hush@cloud.example.com/identity", "R", "cloud.example.com/R"),
        ("http://[fd00::5]:5000/v3", "", "[fd00::5]:5000"),
    ],
)
def test_credentials_of_the_environment_are_named_by_their_address(no_settings, url, region, name):
    given = {"AUTH_URL": url, "USERNAME": "u", "PASSWORD": "p", "PROJECT_NAME": "admin", "REGION_NAME": region}
    for key, value in given.items():
        no_settings.setenv(f"OS_{key}", value)
    assert display_name(cloud_region()) == name


def test_the_rest_of_the_sdk_is_loaded_only_when_asked_for():
    """Half of the processor time of a discovery went into proxies that nobody uses."""
    code = (
        "import sys, stairlift.openstack.client\n"
        "assert 'openstack.connection' not in sys.modules\n"
        "import openstack\n"
        "assert callable(openstack.connect)\n"
        "from openstack import config, exceptions\n"
        "assert openstack.connection.Connection and config.OpenStackConfig and exceptions.SDKException\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_sdk_may_have_been_loaded_before():
    code = "import openstack, sys; import stairlift.openstack.client; assert openstack.connection.Connection"
    subprocess.run([sys.executable, "-c", code], check=True)
