"""The clients that people have connect to the sandbox: keystoneauth, openstacksdk, python-openstackclient and Ansible."""

import json
import os
import subprocess
import sys
from pathlib import Path

import openstack
import pytest
from keystoneauth1 import adapter, discover, exceptions, session
from keystoneauth1.identity import v3

from stairlift.sandbox.api.tokens import APPLICATION_CREDENTIAL, PASSWORD
from stairlift.sandbox.client import CLOUD_NAME
from stairlift.sandbox.deployer import Deployer, write_deployer
from stairlift.sandbox.process import SandboxProcess
from stairlift.sandbox.scenario_file import load
from stairlift.sandbox.server import Sandbox

BIN = Path(sys.executable).parent


@pytest.fixture(scope="module", params=["demo", "founding", "ovn", "cinder"])
def cloud(request):
    with Sandbox(request.param) as it:
        yield it


@pytest.fixture(scope="module")
def clouds_yaml(cloud, tmp_path_factory) -> Path:
    return cloud.clouds_yaml(tmp_path_factory.mktemp("config") / "clouds.yaml")


def environment(**more: str) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("OS_", "ANSIBLE_"))}
    return kept | {"PATH": f"{BIN}:{os.environ['PATH']}"} | more


def programs(cloud, *binaries: str) -> set[tuple[str, str]]:
    """(binary, host) of these programs, by the scenario."""
    return {(p.binary, host.name) for host in cloud.scenario.hosts for p in host.programs if p.binary in binaries}


NOVA = ("nova-conductor", "nova-scheduler", "nova-cert", "nova-consoleauth", "nova-compute")


class TestKeystoneauth:
    def test_password(self, cloud):
        auth = v3.Password(
            auth_url=cloud.auth_url,
            username="admin",
            password=PASSWORD,
            project_name="admin",
            user_domain_name="Default",
            project_domain_name="Default",
        )
        compute = adapter.Adapter(session.Session(auth), service_type="compute", interface="internal")
        answer = compute.get("/os-services", microversion="2.11")
        assert {(s["binary"], s["host"]) for s in answer.json()["services"]} == programs(cloud, *NOVA)

    def test_application_credential(self, cloud):
        name, secret = APPLICATION_CREDENTIAL
        auth = v3.ApplicationCredential(
            auth_url=cloud.auth_url, application_credential_id=name, application_credential_secret=secret
        )
        assert session.Session(auth).get_project_id()

    def test_wrong_password(self, cloud):
        auth = v3.Password(auth_url=cloud.auth_url, username="admin", password="no", user_domain_name="Default")
        with pytest.raises(exceptions.Unauthorized):
            session.Session(auth).get_token()

    def test_an_expired_token_is_replaced_without_a_word(self, cloud, clouds_yaml, monkeypatch):
        monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(clouds_yaml))
        compute = openstack.connect(cloud=CLOUD_NAME).compute
        assert compute.get("/os-services").status_code == 200
        cloud.expire_tokens()
        assert compute.get("/os-services").status_code == 200

    def test_version_documents_are_discovered(self, cloud):
        found = discover.Discover(session.Session(), f"{cloud.url}/compute").version_data()
        expected = "2.25" if cloud.scenario.name == "founding" else "2.100"
        assert discover.version_to_string(found[-1]["max_microversion"]) == expected


@pytest.mark.filterwarnings("ignore::openstack.warnings.RemovedFieldWarning")  # Mitaka has the usage of hypervisors
def test_openstacksdk(cloud, clouds_yaml, monkeypatch):
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(clouds_yaml))
    connection = openstack.connect(cloud=CLOUD_NAME)
    services = {(s.binary, s.host) for s in connection.compute.services()}
    hypervisors = list(connection.compute.hypervisors(details=True))
    agents = list(connection.network.agents())
    servers = list(connection.compute.servers(all_projects=True))
    assert services == programs(cloud, *NOVA)
    assert len(hypervisors) == len(programs(cloud, "nova-compute"))
    assert {h.state for h in hypervisors} == {"up"}
    assert {a.is_alive for a in agents} <= {True}
    assert len(servers) == 2 * len(hypervisors)
    assert {s.status for s in servers} == {"ACTIVE"}


def openstack_says(cloud, clouds_yaml, command: str) -> list[dict[str, object]]:
    """The rows that the `openstack` command prints."""
    env = environment(OS_CLIENT_CONFIG_FILE=str(clouds_yaml), OS_CLOUD=CLOUD_NAME)
    argv = [str(BIN / "openstack"), *command.split(), "-f", "json"]
    done = subprocess.run(argv, env=env, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_openstackclient(tmp_path):
    with Sandbox("cinder") as cloud:
        config = cloud.clouds_yaml(tmp_path / "clouds.yaml")
        services = openstack_says(cloud, config, "compute service list")
        agents = openstack_says(cloud, config, "network agent list")
        hypervisors = openstack_says(cloud, config, "hypervisor list")
        volumes = openstack_says(cloud, config, "volume service list")
    assert {(r["Binary"], r["Host"]) for r in services} == programs(cloud, *NOVA)
    assert {r["Host"]: (r["Agent Type"], r["Alive"]) for r in agents} == {
        "cmp1": ("Open vSwitch agent", True),
        "cmp2": ("Open vSwitch agent", True),
    }
    assert {(r["Hypervisor Hostname"], r["State"]) for r in hypervisors} == {("cmp1", "up"), ("cmp2", "up")}
    backends = {r["Host"] for r in volumes if r["Binary"] == "cinder-volume"}
    assert backends == {"stor1@rbd", "stor1@ssd", "stor2@rbd", "stor2@ssd"}


def test_openstackclient_with_a_mitaka_cloud(tmp_path):
    with Sandbox("founding") as cloud:
        rows = openstack_says(cloud, cloud.clouds_yaml(tmp_path / "clouds.yaml"), "compute service list")
    assert {(r["Binary"], r["Host"]) for r in rows} == programs(cloud, *NOVA)
    assert sorted(r["ID"] for r in rows) == list(range(1, 8))


class Playbook:
    """Runs the sandbox's playbook as a strategy would."""

    def __init__(self, cloud: SandboxProcess, files: Deployer) -> None:
        self.cloud = cloud
        self._files = files

    def run(self, limit: str, action: str, services: str = "", **more: str) -> subprocess.CompletedProcess[str]:
        given = {"action": action, "services": services, "hosts": limit, "from": "2025.1", "to": "2026.1"} | more
        extra = [word for key, value in given.items() for word in ("-e", f"stairlift_{key}={value}")]
        argv = [str(BIN / "ansible-playbook"), "-i", str(self._files.inventory), str(self._files.playbook)]
        env = environment(ANSIBLE_CONFIG=str(self._files.configuration))
        whole = [*argv, "--limit", limit, *extra]
        return subprocess.run(whole, env=env, capture_output=True, text=True, timeout=60, check=False)

    def release(self, host: str, binary: str) -> str:
        return self.cloud.state()["hosts"][host]["programs"][binary]["release"]


@pytest.fixture(scope="module")
def playbook(tmp_path_factory):
    folder = tmp_path_factory.mktemp("playbook")
    with SandboxProcess("demo", folder) as it:
        yield Playbook(it, write_deployer(folder / "deployer", load("demo"), it.url))


class TestAnsible:
    def test_a_step_is_done_on_its_hosts_and_no_others(self, playbook):
        refused = playbook.run("ctl1", "upgrade", "nova-conductor")
        assert refused.returncode == 2
        assert "expand it to 2026.1 first" in refused.stdout
        assert playbook.run("ctl1", "db-expand", "nova-conductor", project="nova").returncode == 0
        done = playbook.run("ctl1,ctl2", "upgrade", "nova-conductor,nova-scheduler", project="nova", stage="control")
        assert done.returncode == 0, done.stdout
        found = {
            h: {playbook.release(h, b) for b in ("nova-conductor", "nova-scheduler")} for h in ("ctl1", "ctl2", "ctl3")
        }
        assert found == {"ctl1": {"2026.1"}, "ctl2": {"2026.1"}, "ctl3": {"2025.1"}}
        again = playbook.run("ctl1", "upgrade", "nova-conductor,nova-scheduler", project="nova")
        assert "changed=0" in again.stdout

    def test_an_action_that_nobody_knows_fails(self, playbook):
        done = playbook.run("cmp1", "drain", "nova-compute", project="nova")
        assert done.returncode == 2
        assert "cannot do" in done.stdout

    def test_a_program_that_crashes_fails_the_run(self, playbook):
        playbook.cloud.fault("crash", host="net1", binary="neutron-l3-agent")
        done = playbook.run("net1", "upgrade", "neutron-l3-agent")
        assert done.returncode == 2
        assert "has left while it started" in done.stdout

    def test_the_inventory_is_read_without_a_word(self, playbook):
        argv = [str(BIN / "ansible-inventory"), "-i", str(playbook._files.inventory), "--list", "--export"]
        env = environment(ANSIBLE_CONFIG=str(playbook._files.configuration))
        done = subprocess.run(argv, env=env, capture_output=True, text=True, timeout=60, check=True)
        assert json.loads(done.stdout)["keystone"]["hosts"] == ["ctl1", "ctl2", "ctl3"]
        assert done.stderr == ""


class TestProcess:
    def test_the_port_is_written_when_requests_are_answered_and_a_signal_ends_it(self, tmp_path):
        with SandboxProcess("founding", tmp_path) as it:
            assert it.state()["scenario"] == "founding"
        with pytest.raises(OSError, match="refused"):
            it.state()

    def test_a_large_cloud_is_served_by_size(self, tmp_path):
        with SandboxProcess("large", tmp_path, hosts=30) as it:
            assert len(it.state()["hosts"]) == 33

    def test_an_unknown_scenario_leaves_with_2_and_names_the_known(self):
        argv = [sys.executable, "-m", "stairlift.sandbox", "nothing"]
        done = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 2
        assert "half-upgraded" in done.stderr
        assert "Traceback" not in done.stderr
