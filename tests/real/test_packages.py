"""The packages strategy on a real host: apt, dpkg, maintainer scripts, init scripts and real Ansible over SSH.

The packages are small ones of our own (debs.py), because the archives hold no two releases in a row; their shape is
Debian's.
"""

import dataclasses
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from stairlift.model.work import Assignment, Outcome, Verdict
from stairlift.strategy.packages import PackagesUpgradeStrategy
from stairlift.testing.strategy_contract import a_step

from . import debs, node

pytestmark = [pytest.mark.real, pytest.mark.timeout(540)]

ROOT = Path(__file__).resolve().parents[2]
CONTROL = ("nova-conductor", "nova-scheduler")
RESOURCE = ("neutron-openvswitch-agent", "nova-compute")
EVERYTHING = (*CONTROL, *RESOURCE)
PORT = 8099
#: Called so that the globs of the operating system's packages fit it.
HYPERVISOR = "libvirt-small"
NEWER = debs.Deb(HYPERVISOR, "10.0.0-1", "libvirt")


@dataclass
class Site:
    """The host, the strategy as stairlift.toml would make it, and what its attempts left."""

    host: node.Node
    folder: Path
    url: str
    attempts: int = 0

    def options(self, **more: Any) -> dict[str, Any]:
        return {
            "folder": str(self.folder),
            "command": [str(ROOT / ".venv" / "bin" / "ansible-playbook")],
            "inventory": "hosts.ini",
            "source": f"deb [trusted=yes] {self.url}/{{to}} ./",
            "source_file": "openstack.list",
            "settle": 1,
            **more,
        }

    def take(self, action: str, services: tuple[str, ...], project: str | None = None, **more: Any) -> Verdict:
        """One step of the plan, as an executor would start it."""
        strategy = PackagesUpgradeStrategy(self.options(**more))
        step = a_step(action=action, services=services, project=project, hosts=("node1",))
        self.attempts += 1
        attempt = self.folder / f"attempt-{self.attempts}"
        attempt.mkdir()
        assignment = Assignment("r1", step, self.attempts, attempt)
        job, progress = strategy.job(assignment), attempt / "progress.jsonl"
        env = {**os.environ, **job.env, "STAIRLIFT_PROGRESS": str(progress)}
        with (attempt / "log").open("wb") as log:
            code = subprocess.run(job.argv, cwd=job.cwd, env=env, stdout=log, stderr=log, timeout=300, check=False)
        told = progress.read_text() if progress.exists() else ""
        return strategy.judge(assignment, Outcome(code.returncode, told, self.log))

    @property
    def log(self) -> str:
        """What the last attempt wrote."""
        return (self.folder / f"attempt-{self.attempts}" / "log").read_text()

    def started(self) -> list[str]:
        """Every start of a daemon, with the version of its code, in the order in which it happened."""
        return self.host.run("cat /var/log/*/started.log").splitlines()

    def versions(self) -> set[str]:
        """The versions of all packages of ours."""
        return set(
            self.host.run("dpkg-query -W -f '${Version}\\n' 'nova-*' 'neutron-*' python3-nova python3-neutron").split()
        )


def _lifting(deb: debs.Deb) -> debs.Deb:
    """A nova-compute that asks for a newer hypervisor."""
    needs = f"{deb.depends}, {HYPERVISOR} (>= 10)"
    return dataclasses.replace(deb, depends=needs) if deb.name == "nova-compute" else deb


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A host with Nova and Neutron of 2025.1 on it, and an archive that has 2026.1."""
    lacking = node.why_not_here()
    if lacking:
        pytest.skip(lacking)
    folder = tmp_path_factory.mktemp("packages")
    hypervisor = debs.Deb(HYPERVISOR, "8.0.0-1", "libvirt")
    debs.archive(folder / "www" / "2025.1", [*debs.release("3:31.0.0-1", "2:26.0.0-1"), hypervisor])
    debs.archive(folder / "www" / "2026.1", debs.release("3:33.0.0-1", "2:28.0.0-1"))
    debs.archive(folder / "www" / "mixed", debs.release("3:33.0.0-1", "2:26.0.1-1"))
    debs.archive(folder / "www" / "lifting", [*map(_lifting, debs.release("3:33.0.1-1", "2:28.0.1-1")), NEWER])
    with node.started(folder, "node1") as host, node.served(folder / "www", PORT) as url:
        ssh = " ".join(host.ssh_options)
        (folder / "ansible.cfg").write_text(f"[ssh_connection]\npipelining = true\ncontrol_path_dir = {folder}/cp\n")
        (folder / "hosts.ini").write_text(
            f"node1 ansible_host={node.ADDRESS} ansible_user=root ansible_python_interpreter=/usr/bin/python3\n"
            f'[all:vars]\nansible_ssh_common_args="{ssh}"\n'
        )
        host.run(
            f"echo 'deb [trusted=yes] {url}/2025.1 ./' >/etc/apt/sources.list.d/openstack.list\n"
            "apt-get update -q >/dev/null\n"
            f"DEBIAN_FRONTEND=noninteractive apt-get install -y -q {' '.join(EVERYTHING)} {HYPERVISOR} >&2\n"
            "echo '# as the operator has it' >/etc/nova/nova.conf\n"
        )
        yield Site(host, folder, url)


@pytest.fixture(scope="module")
def upgraded(site: Site) -> Site:
    """The way of a node, step by step; what must hold after each step is asked at once."""
    at_first = site.started()
    assert [line.split()[0] for line in sorted(at_first)] == sorted(EVERYTHING), "the packages start their daemons"
    _refuses_what_is_not_whole(site)
    _refuses_another_release(site)
    _leaves_the_hypervisor_alone(site)
    _prepares(site)
    _migrates_with_target_code(site)
    assert site.started() == at_first, "nothing has been restarted so far"
    done = site.take("upgrade", EVERYTHING)
    assert done.result == "done", f"{done}\n{site.log}"
    return site


def _refuses_what_is_not_whole(site: Site) -> None:
    half = "/^Package: nova-compute$/,/^$/s/ok installed/ok half-configured/"
    site.host.run(f"cd /var/lib/dpkg; cp status whole; sed -i '{half}' status")
    refused = site.take("prepare", CONTROL)
    assert refused.result == "failed"
    assert "No package is half installed" in refused.reason
    site.host.run("cd /var/lib/dpkg; mv whole status")


def _refuses_another_release(site: Site) -> None:
    refused = site.take("prepare", RESOURCE, source=f"deb [trusted=yes] {site.url}/mixed ./")
    assert refused.result == "failed"
    assert "neutron-openvswitch-agent is 2:26.0.1-1, which is not of 2026.1" in refused.reason
    held = site.take("prepare", RESOURCE, hold="nova-comp*")
    assert held.result == "failed"
    assert "apt would change nova-compute, which `hold` keeps" in held.reason


def _leaves_the_hypervisor_alone(site: Site) -> None:
    lifted = f"deb [trusted=yes] {site.url}/lifting ./"
    refused = site.take("prepare", RESOURCE, source=lifted)
    assert refused.result == "failed"
    assert f"apt would change {HYPERVISOR}" in refused.reason
    assert "which belongs to the operating system" in refused.reason
    assert site.take("prepare", RESOURCE, source=lifted, along=f"{HYPERVISOR}*").result == "done", site.log
    assert site.host.run(f"dpkg-query -W -f '${{Version}}' {HYPERVISOR}") == "8.0.0-1"


def _prepares(site: Site) -> None:
    prepared = site.take("prepare", EVERYTHING)
    assert prepared.result == "done", f"{prepared}\n{site.log}"
    assert site.versions() == {"3:31.0.0-1", "2:26.0.0-1"}
    assert "nova-compute_3%3a33.0.0-1_all.deb" in site.host.run("ls /var/lib/stairlift/2026.1/archives")
    assert "2025.1" in site.host.run("cat /etc/apt/sources.list.d/*; apt-cache policy nova-compute")
    assert "2026.1" not in site.host.run("cat /etc/apt/sources.list.d/*; apt-cache policy nova-compute")


def _migrates_with_target_code(site: Site) -> None:
    expanded = site.take("db-expand", ("nova-conductor",), "nova")
    assert expanded.result == "done", f"{expanded}\n{site.log}"
    assert site.host.run("cat /var/log/nova/manage.log").splitlines() == [
        "3:33.0.0-1 nova nova-manage api_db sync",
        "3:33.0.0-1 nova nova-manage db sync",
        "3:33.0.0-1 nova nova-manage cell_v2 list_cells",
        "3:33.0.0-1 nova nova-status upgrade check",
    ]
    assert site.versions() == {"3:31.0.0-1", "2:26.0.0-1"}, "what is installed is not touched"


def test_all_packages_of_the_node_are_upgraded_and_restarted_once_in_our_order(upgraded: Site) -> None:
    assert upgraded.versions() == {"3:33.0.0-1", "2:28.0.0-1"}
    nova = [line for line in upgraded.host.run("cat /var/log/nova/started.log").splitlines() if " 3:33" in line]
    assert nova == [f"{name} 3:33.0.0-1" for name in ("nova-conductor", "nova-scheduler", "nova-compute")]
    assert upgraded.host.run("grep -c 28.0.0 /var/log/neutron/started.log").strip() == "1"


def test_the_operators_configuration_stays_and_the_other_lies_beside_it(upgraded: Site) -> None:
    assert upgraded.host.run("cat /etc/nova/nova.conf") == "# as the operator has it\n"
    assert upgraded.host.run("cat /etc/nova/nova.conf.dpkg-dist") == "# as 3:33.0.0-1 ships it\n"
    kept = upgraded.host.run("tar -xzOf /var/lib/stairlift/2026.1/etc-before.tgz nova/nova.conf")
    assert kept == "# as the operator has it\n"
    assert upgraded.host.run("cat /etc/neutron/neutron.conf") == "# as 2:28.0.0-1 ships it\n", "nobody had changed it"


def test_nothing_is_left_that_holds_services_off(upgraded: Site) -> None:
    assert upgraded.host.run("ls /usr/sbin/policy-rc.d* 2>/dev/null", check=False) == ""


def test_a_second_time_only_starts_what_has_died(upgraded: Site) -> None:
    upgraded.host.run("service nova-scheduler stop")
    before = upgraded.started()
    again = upgraded.take("upgrade", EVERYTHING)
    assert again.result == "done", f"{again}\n{upgraded.log}"
    assert sorted(upgraded.started()) == sorted([*before, "nova-scheduler 3:33.0.0-1"])


def test_a_project_that_stands_still_is_stopped_and_starts_with_its_upgrade(upgraded: Site) -> None:
    """In its order, and with nothing left of it; twice is once. Only its upgrade starts it again."""
    order = ("nova-scheduler", "nova-conductor")
    before = upgraded.started()
    for _ in range(2):
        assert upgraded.take("drain", order, "nova").result == "done", upgraded.log
        assert upgraded.host.run("pgrep -cf '/usr/bin/nova-(scheduler|conductor)'", check=False).strip() == "0"
    assert upgraded.take("upgrade", CONTROL, "nova").result == "done", upgraded.log
    assert upgraded.started()[len(before) :] or sorted(upgraded.started()) != sorted(before)
    assert len(upgraded.started()) == len(before) + len(CONTROL)


def test_what_does_not_run_any_more_is_not_verified(upgraded: Site) -> None:
    assert upgraded.take("verify", RESOURCE).result == "done", upgraded.log
    upgraded.host.run("service nova-scheduler stop")
    assert upgraded.take("verify", CONTROL).result == "failed"


def test_unpinning_restarts_what_is_named(upgraded: Site) -> None:
    upgraded.host.run("service nova-scheduler start")
    before = upgraded.started()
    assert upgraded.take("unpin", CONTROL, "nova").result == "done", upgraded.log
    assert len(upgraded.started()) == len(before) + len(CONTROL)
