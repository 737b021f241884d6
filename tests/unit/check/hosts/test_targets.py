"""Hosts without code of the target: what they say of how they were installed, and what stairlift.toml is to say then."""

import os
import subprocess
import tomllib
from dataclasses import replace

import pytest

from stairlift.check.hosts.targets import remedy
from stairlift.drive.check_registry import installed
from stairlift.drive.checks import judged, with_state
from stairlift.knowledge.scripts import script
from stairlift.model.check import CheckResult, Programs, Reply
from stairlift.report.checked import Checked, check_pastes, check_rows
from stairlift.testing.clouds import NOON, a_cloud
from stairlift.testing.scenes import scene_of
from stairlift.wiring.config.checks import read_checks

STATUS = next(check for check in installed().checks if check.info.code == "status.upgrade_check")
SCENE = scene_of(a_cloud(), target="2026.1")
NONE = "@none no nova-status of 2026.1 was found here; command and target_command of [checks] say where it is\n"
IMAGE = "hub.lab:4000/openstack.kolla/nova-conductor:2025.1-debian-bookworm"
KOLLA = f"@seen kolla podman nova-conductor {IMAGE}\n{NONE}"
TABLE = """+-------+
| Upgrade Check Results |
| Check: Cells v2 |
| Result: Success |
| Details: None |
+-------+
"""


def settings(text: str):
    """The `[checks]` that a remedy wants to be pasted, as they are read from a file."""
    return read_checks(tomllib.loads(text.partition("\n")[2])["checks"], "pasted").programs


def test_what_is_pasted_for_kolla_is_complete():
    words = settings(remedy(KOLLA, SCENE)).target
    assert words[:2] == ("podman", "run")
    assert "hub.lab:4000/openstack.kolla/{service}:{release}-debian-bookworm" in words
    assert "type=bind,source=/etc/kolla/{service},target=/var/lib/kolla/config_files,readonly" in words
    assert words[-1] == "{command}"


@pytest.mark.parametrize(
    ("image", "template"),
    [
        ("lab/nova-conductor:blue", "lab/{service}:CORRECT"),
        ("lab:5000/nova-conductor", "lab:5000/{service}:CORRECT"),
        ("lab/nova-conductor@sha256:2025.1", "lab/{service}:CORRECT"),
        ("lab/debian-source-nova-conductor:2025.1", "lab/debian-source-{service}:{release}"),
        ("lab/compute:2025.1", "lab/compute:{release}"),
    ],
)
def test_what_an_image_does_not_tell_is_for_the_operator_to_correct(image, template):
    assert template in settings(remedy(KOLLA.replace(IMAGE, image), SCENE)).target


def test_services_on_the_host_itself_have_an_environment_of_their_own():
    words = settings(remedy(f"@seen host\n{NONE}", SCENE)).target
    assert words == ("runuser", "-u", "{project}", "--", "/opt/openstack-{release}/bin/{command}")


@pytest.mark.parametrize("out", [NONE, f"@seen\n{NONE}", f"@seen something new\n{NONE}", f"@seen a b c d e\n{NONE}"])
def test_hosts_that_say_nothing_of_it_get_no_advice(out):
    assert remedy(out, SCENE) == ""


def result_of(out: str) -> CheckResult:
    replies = {key: Reply(out=out, returncode=0) for key in STATUS.asks(SCENE)}
    return with_state(CheckResult(STATUS.info, "unknown", NOON, judged(STATUS, SCENE, replies)), ())


def test_the_finding_holds_all_of_it_and_the_table_a_line():
    (finding,) = (result := result_of(KOLLA)).findings
    assert settings(finding.resolution).target
    checked = Checked("lab", None, None, (), (finding, replace(finding, code="another")), (), (result,))
    told = check_rows(checked)[0][-1]
    assert "no nova-status of 2026.1 was found" in told
    assert "put this into stairlift.toml" in told
    assert "--waive status.upgrade_check if you answer for it" in told
    assert "\n" not in told
    (paste,) = check_pastes(checked)
    assert paste.startswith("for another, status.upgrade_check:\n\n[checks]\n")
    assert settings(paste.partition("\n")[2]).target == settings(finding.resolution).target


@pytest.mark.parametrize("code", [125, 126, 127])
def test_what_could_not_be_run_has_not_said_that_it_is_too_early(code):
    """Nova's own belongs after db-expand; before it, it may miss tables. That is no excuse for an image that is away."""
    (finding,) = result_of(f"@ran docker run\nUnable to find image\n\n@ended {code}\n").findings
    assert f"it was not run ({code}): Unable to find image" in finding.message


# On a host


def program(folder, name: str, text: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\n{text}\n")
    (folder / name).chmod(0o755)


def fed(text: str, folder) -> str:
    environ = {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}"}
    done = subprocess.run(["sh", "-s"], input=text, text=True, capture_output=True, timeout=60, check=True, env=environ)
    return done.stdout


def test_a_host_says_that_kolla_installed_it_and_from_which_image(tmp_path):
    """The stand-in answers as `docker ps --format` does; that `nova_conductor_old` runs, too, is no matter."""
    (tmp_path / "kolla" / "nova-conductor").mkdir(parents=True)
    program(tmp_path, "docker", f"printf 'nova_conductor_old x\\nnova_conductor {IMAGE}\\n'")
    text = script("program.sh").replace("/etc/kolla", str(tmp_path / "kolla"))
    out = fed(f"SERVICES='nova-api nova-conductor'\n{text}\ninstalled\n", tmp_path)
    assert out == f"@seen kolla docker nova-conductor {IMAGE}\n"


def test_what_is_pasted_for_kolla_sets_the_files_up_as_its_images_do_and_runs_the_command(tmp_path):
    """The stand-in of podman drops all words up to the image; kolla's own image is nowhere in these tests."""
    program(tmp_path, "podman", 'for word; do shift; case $word in */nova-conductor:2026.1*) exec "$@" ;; esac; done')
    for name in ("sudo", "mkdir"):
        program(tmp_path, name, f'echo "{name} $*"')
    program(tmp_path, "nova-status", f"[ \"$*\" = 'upgrade check' ] && cat <<'END'\n{TABLE}END")
    scene = replace(SCENE, programs=Programs(target=settings(remedy(KOLLA, SCENE)).target))
    out = fed(STATUS.asks(scene)["nova"].script, tmp_path)
    assert "sudo -E kolla_set_configs\nsudo kolla_copy_cacerts\nmkdir -p /var/log/kolla/nova\n" in out
    told = judged(STATUS, scene, {"nova": Reply(out=out, returncode=0)})
    assert (told.findings, told.unknown, told.evidence) == ((), "", "nova: exit code 0 (nothing to say)")


def test_files_that_cannot_be_set_up_leave_it_unknown(tmp_path):
    program(tmp_path, "podman", 'for word; do shift; case $word in */nova-conductor:2026.1*) exec "$@" ;; esac; done')
    program(tmp_path, "sudo", "echo there is no config.json; exit 2")
    scene = replace(SCENE, programs=Programs(target=settings(remedy(KOLLA, SCENE)).target))
    out = fed(STATUS.asks(scene)["nova"].script, tmp_path)
    assert "it was not run (125)" in judged(STATUS, scene, {"nova": Reply(out=out, returncode=0)}).unknown
