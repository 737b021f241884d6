"""The script itself, run by this machine's own shell on processes of this test."""

import os
import shutil
import stat
import subprocess
import sys
import time

import pytest

from stairlift.inventory.host_facts import facts
from stairlift.inventory.host_script import rows, script
from stairlift.model.observation import HostRecord, ProcessRecord, VersionRecord
from stairlift.remote.ssh import SshRemote, Target
from stairlift.remote.words import SshOptions

HERE = {"here": Target("here", SshOptions(), local=True)}
PROGRAM = "import sys, time; print('up', flush=True); time.sleep(60)"


@pytest.fixture
def site(tmp_path):
    """An environment with a link to it, as a deployer switches them; and a nova-compute that was started from it."""
    for version in ("31.0.0", "33.0.0"):
        modules = tmp_path / version / "lib" / "python3.11" / "site-packages"
        (modules / f"nova-{version}.dist-info").mkdir(parents=True)
        _old(modules / f"nova-{version}.dist-info")
        (tmp_path / version / "bin").mkdir()
        (tmp_path / version / "bin" / "nova-compute").write_text(PROGRAM)
    (tmp_path / "nova").symlink_to(tmp_path / "31.0.0")
    return tmp_path


@pytest.fixture
def start():
    started = []

    def run(*argv):
        process = subprocess.Popen(argv, stdout=subprocess.PIPE)
        started.append(process)
        assert process.stdout.readline() == b"up\n"
        return process

    yield run
    for process in started:
        process.kill()
        process.communicate()


def _old(path):
    long_ago = time.time() - 100_000
    os.utime(path, (long_ago, long_ago))


def look(**environ):
    return SshRemote(targets=HERE).run("here", _exports(environ) + script(), timeout=60)


def _exports(environ):
    return "".join(f"export {name}='{value}'\n" for name, value in environ.items())


def mine(site, **environ):
    """What was found of the processes that run from this test's folder."""
    found = rows(look(**environ).out)
    pids = {row[1] for row in found if row[0] == "process" and str(site) in row[-1]}
    kept = [row for row in found if row[0] not in {"process", "runs", "starts", "wsgi"} or row[1] in pids]
    return facts("here", None, kept)


def test_a_process_is_found_with_its_version_and_what_a_restart_would_run(site, start):
    start(sys.executable, f"{site}/nova/bin/nova-compute", "--config-file", "/etc/nova/nova.conf")
    found = mine(site)
    [one] = [f for f in found if isinstance(f, ProcessRecord) and f.binary == "nova-compute"]
    assert (one.state, one.version, one.evidence, one.installed) == ("up", "31.0.0", "venv", "31.0.0")
    assert abs(one.started_at.timestamp() - time.time()) < 120
    assert VersionRecord("nova-compute", "here", "31.0.0", "venv") in found


def test_what_is_installed_after_the_start_shows(site, start):
    start(sys.executable, f"{site}/nova/bin/nova-compute")
    info = site / "31.0.0" / "lib" / "python3.11" / "site-packages"
    shutil.rmtree(info / "nova-31.0.0.dist-info")
    (info / "nova-33.0.0.dist-info").mkdir()
    later = time.time() + 3600
    os.utime(info / "nova-33.0.0.dist-info", (later, later))
    [one] = [f for f in mine(site) if isinstance(f, ProcessRecord)]
    assert (one.version, one.installed, one.stale) == (None, "33.0.0", True)


def test_a_renamed_copy_without_a_known_program_is_nobody_s(site, start):
    (site / "nova" / "bin" / "nova-report").write_text(PROGRAM)
    start(sys.executable, f"{site}/nova/bin/nova-report")
    assert [f for f in mine(site) if isinstance(f, ProcessRecord)] == []


def test_secrets_of_a_command_line_do_not_come_back_as_rows(site, start):
    start(sys.executable, f"{site}/nova/bin/nova-compute", "--password", "hunter2", "--db=mysql://u:hunter3@h/x")
    kept = repr(rows(look().out))
    assert "nova-compute" in kept
    assert "hunter" not in kept


def test_the_host_tells_its_name_and_who_looked():
    found = rows(look().out)
    assert ["host", os.uname().nodename] in found
    assert ["user", str(os.geteuid())] in found
    assert isinstance(facts("here", None, found)[0], HostRecord)


@pytest.fixture
def tools(tmp_path):
    """Programs of a host that this machine does not have; the formats are those of systemd 252 and docker 27."""

    def put(name, body):
        program = tmp_path / "tools" / name
        program.parent.mkdir(exist_ok=True)
        program.write_text(f"#!/bin/sh\n{body}\n")
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        return f"{program.parent}:{os.environ['PATH']}"

    return put


def test_units_and_containers_are_asked_for(tools):
    tools("docker", """printf 'container\\tdocker\\tabc\\tnova_api\\tkolla/nova-api:2025.1-x\\texited\\n'""")
    path = tools(
        "systemctl",
        """case $1 in
        list-units) printf 'nova-compute.service loaded failed failed x\\nssh.service loaded active running x\\n' ;;
        show) printf 'Id=%s\\nActiveState=failed\\nSubState=failed\\nUnitFileState=enabled\\nMainPID=0\\n' nova-compute.service
              printf 'ExecStart={ path=/usr/bin/nova-compute ; argv[]=/usr/bin/nova-compute --password s3cret ; x }\\n' ;;
        esac""",
    )
    found = rows(look(PATH=path).out)
    assert [row for row in found if row[0] == "unit"] == [
        ["unit", "nova-compute.service", "failed", "failed", "enabled", "0", "/usr/bin/nova-compute"]
    ]
    assert [row[4] for row in found if row[0] == "container"] == ["kolla/nova-api:2025.1-x"]


@pytest.fixture
def proc(tmp_path):
    """A /proc whose files are of this test: the formats are proc(5)'s."""
    (tmp_path / "proc" / "self" / "ns").mkdir(parents=True)
    (tmp_path / "proc" / "self" / "ns" / "mnt").symlink_to("mnt:[1]")
    (tmp_path / "proc" / "stat").write_text("cpu 1 2 3\nbtime 1790000000\n")

    def put(words, group, *, space, maps, root):
        folder = tmp_path / "proc" / "70"
        (folder / "ns").mkdir(parents=True)
        (folder / "ns" / "mnt").symlink_to(space)
        (folder / "root").symlink_to(root)
        (folder / "cmdline").write_bytes(words.replace(" ", "\0").encode() + b"\0")
        (folder / "stat").write_text(f"70 (a b) c) S 1 {'0 ' * 17}5000 0\n")
        (folder / "cgroup").write_text(f"0::{group}\n")
        (folder / "maps").write_text(f"7f00-7f01 r-xp 0000 08:01 42    {maps}\n")

    return put


def _installed(root, modules):
    folder = root / modules[1:] / "nova-31.0.1.dist-info"
    folder.mkdir(parents=True)
    os.utime(folder, (1_700_000_000, 1_700_000_000))


def told(tmp_path, path):
    found = facts("here", None, rows(look(PATH=path, PROC=str(tmp_path / "proc")).out))
    return {one.binary: one for one in found if isinstance(one, ProcessRecord) and one.state == "up"}


@pytest.mark.parametrize(("engine", "scope"), [("docker", "system.slice/docker-"), ("podman", "machine.slice/libpod-")])
def test_a_process_in_a_container_is_read_through_its_own_root(tools, proc, tmp_path, engine, scope):
    """As kolla-ansible runs it: the code lies in the image, and the host has none of it."""
    number, modules = "0123456789abcdef" * 4, "/var/lib/kolla/venv/lib/python3.12/site-packages"
    _installed(tmp_path / "image", modules)
    command = "/var/lib/kolla/venv/bin/python3 /var/lib/kolla/venv/bin/nova-compute --config-file /etc/nova/nova.conf"
    proc(command, f"/{scope}{number}.scope", space="mnt:[2]", maps=f"{modules}/x.so", root=tmp_path / "image")
    listed = (
        f"container\\t{engine}\\t{number}\\tnova_compute\\timages.example.com/kolla/nova-compute:2025.2-x\\trunning\\n"
    )
    one = told(tmp_path, tools(engine, f"printf '{listed}'"))["nova-compute"]
    assert (one.manager, one.unit, one.version, one.evidence) == (engine, "nova_compute", "31.0.1", "process")


def test_a_process_of_a_snap_is_found_with_its_unit(tools, proc, tmp_path):
    modules = "/snap/openstack-hypervisor/7/lib/python3.12/site-packages"
    _installed(tmp_path / "snap", modules)
    command = "/snap/openstack-hypervisor/7/bin/python3 /snap/openstack-hypervisor/7/bin/nova-compute"
    unit = "snap.openstack-hypervisor.nova-compute.service"
    proc(command, f"/system.slice/{unit}", space="mnt:[2]", maps=f"{modules}/x.so", root=tmp_path / "snap")
    one = told(tmp_path, tools("true", "exit 0"))["nova-compute"]
    assert (one.manager, one.unit, one.version, one.evidence) == ("systemd", unit, "31.0.1", "process")


def test_it_is_posix():
    """The shells of distributions differ; dash is the strictest that is at hand."""
    shell = shutil.which("dash") or "sh"
    assert subprocess.run([shell, "-n"], input=script(), text=True, check=False).returncode == 0


def test_a_supervisor_s_file_is_not_taken_from_the_words_of_another_user(tools, tmp_path):
    """Root would run what it says (supervisor's ctlplugin sections)."""
    path = tools(
        "supervisorctl", f"""echo "$*" >>{tmp_path}/asked; echo 'nova-compute RUNNING pid 77, uptime 1:00:00'"""
    )
    for pid, uid in ((5, os.getuid()), (6, 4242)):
        (tmp_path / "proc" / str(pid)).mkdir(parents=True)
        (tmp_path / "proc" / str(pid) / "cmdline").write_bytes(f"supervisord\0-c\0/etc/{pid}.conf\0".encode())
        (tmp_path / "proc" / str(pid) / "status").write_text(f"Name:\tsupervisord\nUid:\t{uid}\t0\t0\t0\n")
    found = rows(look(PATH=path, PROC=str(tmp_path / "proc")).out)
    assert ["program", "nova-compute", "RUNNING", "77"] in found
    assert (tmp_path / "asked").read_text().split() == ["-c", "/etc/5.conf", "status"]


def test_a_folder_s_name_makes_no_lines_of_its_own(site, start):
    modules = site / "31.0.0" / "lib" / "python3.11" / "site-packages"
    (modules / "nova-9\nname\tcmp9\n.dist-info").mkdir()
    start(sys.executable, f"{site}/nova/bin/nova-compute")
    found = rows(look().out)
    assert ["name", "cmp9"] not in found
    assert any(row[0] == "dist" and row[3] == "nova-31.0.0.dist-info" for row in found)


def test_what_a_process_calls_itself_makes_no_lines_and_moves_no_cursor():
    told = "process\t7\t1\t100\t/x\tnova-compute \x0cend\u2028end\x1b[2J\n".encode()
    with pytest.raises(ValueError, match="cut off"):
        rows(told)
    [row] = rows(b"container\tdocker\tabc\tnova\x1b]0;x\x07\tkolla/nova-api\trunning\nend\n")
    assert row[3] == "nova?]0;x?"


def test_half_an_answer_is_none():
    with pytest.raises(ValueError, match="cut off"):
        rows(b"host\tcmp1\n")
    assert rows(b"Welcome to cmp1\nhost\tcmp1\nend\n") == [["host", "cmp1"]]
