"""Options that go with an upgrade: what files of the testbed set, and what the validators of both releases said of it.

The recorded answers (tests/data/checks/options-*.txt) are those of oslo-config-validator 9.7 (2025.1) and 10.3 (2026.1).
"""

import re
import subprocess
import sys
from dataclasses import replace

import pytest

from pages import ROOT
from planning import seen
from stairlift.check.hosts.options import Options
from stairlift.drive.checks import judged
from stairlift.knowledge.releases import parse_series
from stairlift.knowledge.scripts import script
from stairlift.model.check import Programs, Reply, Scene
from stairlift.model.errors import Trouble
from stairlift.testing.clouds import NOON, CloudBuilder

CHECK = Options()
PROJECTS = ("glance", "keystone", "neutron", "nova", "placement")
TESTBED = CloudBuilder().control("ctl1", "ctl2").compute("cmp1", "cmp2", "cmp3")


def recorded(name):
    return (ROOT / "tests" / "data" / "checks" / f"options-{name}.txt").read_text()


HOSTS = {
    **dict.fromkeys(("ctl1", "ctl2"), recorded("control")),
    **dict.fromkeys(("cmp1", "cmp2", "cmp3"), recorded("compute")),
}
SAID = {
    f"{project} {when}": recorded(f"{project}-{release}")
    for project in PROJECTS
    for when, release in (("now", "2025.1"), ("then", "2026.1"))
}
NONE = (
    "@none no oslo-config-validator of 2026.1 was found here; command and target_command of [checks] say where it is\n"
)


def a_scene(built=TESTBED, target="2026.1", **changes):
    cloud = seen(built).cloud
    hosts = frozenset(host.name for host in cloud.hosts)
    made = Scene(cloud, NOON, parse_series("2025.1"), parse_series(target) if target else None, shells=hosts)
    return replace(made, **changes)


def look(scene=None, **answers):
    """How the check judges what was recorded, but for what is answered otherwise, by the question's key."""
    scene = scene or a_scene()
    given = {**HOSTS, **SAID, **{key.replace("_", " "): text for key, text in answers.items()}}
    replies = {key: Reply(out=given[key], returncode=0) for key in CHECK.asks(scene)}
    further = CHECK.asks_next(scene, replies)
    replies |= {key: Reply(out=given[key], returncode=0) for key in further}
    return judged(CHECK, scene, replies)


def told(found, severity="warning"):
    return [finding.subject for finding in found.findings if finding.severity == severity]


def test_what_the_target_has_taken_away_is_named_with_its_file_and_nothing_else_is():
    """The validators complain of fourteen more, which are in no sample and well all the same."""
    found = look()
    (gone,) = [finding for finding in found.findings if finding.severity != "info"]
    assert (gone.severity, gone.subject) == ("warning", "nova:api/auth_strategy")
    assert gone.message == (
        "2026.1 has no option [api] auth_strategy of nova; "
        "it is in /etc/nova/nova.conf on cmp1, cmp2, cmp3, ctl1, and 1 more"
    )
    assert not found.unknown
    assert "nova: 78 options, 8 of them in no sample" in found.evidence
    complaints = [line for text in SAID.values() for line in text.splitlines() if "is not part of the sample" in line]
    assert len(complaints) > 30


def test_an_option_that_has_another_name_by_now_is_told_and_keeps_nobody():
    (old,) = [finding for finding in look().findings if finding.severity == "info"]
    assert (old.subject, "ml2/tenant_network_types" in old.message, "2026.1" in old.message) == ("neutron", True, True)


def test_of_an_old_name_that_goes_it_is_said_where_the_new_one_is():
    now = SAID["nova now"].replace("@ended", "WARNING:root:Deprecated opt api/auth_strategy found\n@ended")
    (gone,) = [finding for finding in look(nova_now=now).findings if finding.severity == "warning"]
    assert "# Deprecated group/name - [api]/auth_strategy" in gone.resolution


def test_without_the_targets_code_that_is_said_and_what_is_old_already():
    now = SAID["nova now"].replace("@ended", "WARNING:root:Deprecated opt api/auth_strategy found\n@ended")
    found = look(nova_now=now, **{f"{project}_then": NONE for project in PROJECTS})
    assert told(found) == []
    assert not found.unknown
    assert told(found, "info") == [*PROJECTS[:4], "nova", "placement"]
    words = " ".join(finding.message for finding in found.findings)
    assert "nova is configured by names that the code that runs calls deprecated: api/auth_strategy" in words
    assert "whether the code of 2026.1 has the 78 options that nova is set by was not asked: no oslo-config" in words
    assert "asked of the code that runs alone" in found.evidence


def test_without_any_code_nobody_knows():
    found = look(nova_now=NONE, nova_then=NONE)
    assert "nova: no oslo-config-validator" in found.unknown
    assert told(found) == []


def test_on_no_way_only_the_code_that_runs_is_asked():
    scene = a_scene(target=None)
    assert all(key.endswith(" now") for key in CHECK.asks_next(scene, {h: Reply(out=t) for h, t in HOSTS.items()}))
    assert told(look(scene)) == []


def test_a_validator_that_read_nothing_has_not_passed_anything():
    """`docker exec` without -i gives it no input: it ends with 0 and not a word."""
    silent = re.sub("ERROR:root:.*\n", "", SAID["nova then"]).replace("@ended 1", "@ended 0")
    found = look(nova_then=silent)
    assert (
        "nova: with the code of 2026.1: oslo-config-validator has not read what it was given (exit code 0)"
        in found.unknown
    )
    assert told(found) == []
    assert "has not read what it was given" in look(nova_now=silent).unknown


def test_a_validator_of_another_projects_code_knows_nothing_of_this_one():
    """Every option is unknown to it, which must not read like an upgrade that takes all of them away."""
    other = SAID["placement then"].replace("no.code.has.this", "nova.conf, no.code.has.this")
    found = look(nova_then=other)
    assert "has no options of nova" in found.unknown
    assert told(found) == []


@pytest.mark.parametrize("key", ["nova_now", "nova_then"])
def test_a_validator_that_crashes_is_no_answer(key):
    crash = "@ran x\nTraceback (most recent call last):\nModuleNotFoundError: No module named 'oslo_config'\n@ended 1\n"
    assert "No module named 'oslo_config'" in look(**{key: crash}).unknown


def test_an_image_without_a_validator_is_one_without_the_code():
    found = look(nova_then="@ran docker run x\nexec: oslo-config-validator: executable file not found\n@ended 127\n")
    assert not found.unknown
    assert "executable file not found" in " ".join(finding.message for finding in found.findings)


def test_sections_are_found_whatever_their_case():
    """oslo.config reads [API] as [api]."""
    hosts = {host: text.replace("\tapi\tauth_strategy", "\tAPI\tauth_strategy") for host, text in HOSTS.items()}
    now, then = (text.replace("@ended", "ERROR:root:API/auth_strategy is not part of the sample config\n@ended")
                 for text in (SAID["nova now"], SAID["nova then"]))  # fmt: skip
    assert told(look(**hosts, nova_now=now, nova_then=then)) == ["nova:API/auth_strategy"]


def test_older_validators_have_other_words():
    then = SAID["nova then"].replace("is not part of the sample config", "not found")
    assert told(look(nova_then=then)) == ["nova:api/auth_strategy"]


def test_names_leave_a_host_and_no_values():
    scene = a_scene(programs=Programs(("{command}",), ("/venvs/{release}/bin/{command}",)))
    asked = CHECK.asks_next(scene, {h: Reply(out=t) for h, t in HOSTS.items()})
    text = asked["nova then"].script
    assert "[api]\nauth_strategy =\n" in text
    assert "[glance]\npassword =\n" in text
    assert "given /venvs/2026.1/bin/oslo-config-validator --namespace nova.conf" in text
    assert "--input-file /dev/stdin" in text
    assert "given oslo-config-validator" in asked["nova now"].script


def test_a_host_that_hides_its_files_hides_nothing_of_the_others():
    found = look(cmp1="@options\n@hidden\nnova:/etc/nova/nova.conf\n@end\n", cmp2="@options\n@hidden\n@end\n")
    assert "cmp1: nobody lets us read /etc/nova/nova.conf" in found.unknown
    assert "cmp2: no configuration of neutron, nova is where it is looked for" in found.unknown
    assert told(found) == ["nova:api/auth_strategy"]


def test_a_host_that_lets_nobody_in_is_told():
    scene = a_scene()
    replies = {host: Reply(trouble=Trouble.DENIED, detail="it lets nobody in") for host in CHECK.asks(scene)}
    assert CHECK.asks_next(scene, replies) == {}
    assert "it lets nobody in" in judged(CHECK, scene, replies).unknown


# A key that a program does not start with

HEAT = CloudBuilder().serving("identity", "orchestration").placed("ctl1", "heat-api").reporting("ctl1", "heat-engine")


@pytest.mark.parametrize(
    ("size", "severity"), [(32, None), (31, "error"), (16, "warning"), (24, "warning"), ("", None)]
)
def test_the_key_of_heat_has_32_characters(size, severity):
    heat = f"@options\nheat\t/etc/heat/heat.conf\tDEFAULT\tauth_encryption_key\t{size}\n@hidden\n@end\n"
    validator = "@ran x\nERROR:root:DEFAULT/no_code_has_this_option is not part of the sample config\n@ended 1\n"
    found = look(a_scene(HEAT), ctl1=heat, heat_now=validator, heat_then=validator)
    assert [(f.severity, f.subject) for f in found.findings] == (
        [(severity, "ctl1:DEFAULT/auth_encryption_key")] if severity else []
    )


# The script


def fed(tmp_path, files, measured=""):
    """What the script prints of files below a folder, as if it were /etc."""
    text = script("settings.sh").replace("/etc/", f"{tmp_path}/")
    head = f"FILES='{files}'\nMEASURED='{measured}'\n"
    done = subprocess.run(["sh", "-s"], input=head + text, text=True, capture_output=True, timeout=60, check=True)
    assert done.stderr == ""
    return done.stdout.replace(f"{tmp_path}/", "/etc/")


CONF = """\
# password = commented
[DEFAULT]
transport_url = rabbit://openstack:geheim@infra1:5672/
long = geheim
  geheim = goes on
colon: geheim
auth_encryption_key = "0123456789abcdef"
[keystone_authtoken]
password=geheim
[empty]
"""


def test_a_host_tells_names_and_of_one_value_its_length(tmp_path):
    (tmp_path / "heat").mkdir()
    (tmp_path / "heat" / "heat.conf").write_text(CONF)
    out = fed(tmp_path, "heat:heat.conf heat:*.conf.d/*.conf", "heat:DEFAULT:auth_encryption_key")
    assert out.splitlines() == [
        "@options",
        "heat\t/etc/heat/heat.conf\t\t\t",
        "heat\t/etc/heat/heat.conf\tDEFAULT\ttransport_url\t",
        "heat\t/etc/heat/heat.conf\tDEFAULT\tlong\t",
        "heat\t/etc/heat/heat.conf\tDEFAULT\tcolon\t",
        "heat\t/etc/heat/heat.conf\tDEFAULT\tauth_encryption_key\t16",
        "heat\t/etc/heat/heat.conf\tkeystone_authtoken\tpassword\t",
        "@hidden",
        "@end",
    ]


def test_files_are_found_beside_the_others_and_in_the_folders_of_containers(tmp_path):
    for name in ("nova/nova.conf", "nova/nova-cpu.conf", "nova/nova.conf.d/10 more.conf", "kolla/nova-api/nova.conf",
                 "nova/api-paste.ini", "kolla/nova-api/config.json", "glance/glance-api.conf"):  # fmt: skip
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("[DEFAULT]\nx = 1\n")
    out = fed(tmp_path, "nova:nova.conf nova:nova-*.conf nova:*.conf.d/*.conf")
    assert {line.split("\t")[1] for line in out.splitlines() if "\t" in line} == {
        "/etc/nova/nova.conf", "/etc/nova/nova-cpu.conf", "/etc/nova/nova.conf.d/10 more.conf",
        "/etc/kolla/nova-api/nova.conf",
    }  # fmt: skip


def test_a_container_is_given_its_input(tmp_path):
    """By a pipe of the user that the program runs as: /dev/stdin cannot be opened otherwise."""
    (tmp_path / "docker").write_text(
        '#!/bin/sh\n[ "$1" = ps ] && echo nova_api && exit\n'
        '[ "$1 $2 $3" = "exec -i nova_api" ] && shift 3 && exec "$@"\necho "$@"; exit 9\n'
    )
    (tmp_path / "oslo-config-validator").write_text(
        f"#!{sys.executable}\nimport sys\nprint('read', open(sys.argv[-1]).read())\nsys.exit(1)\n"
    )
    for name in ("docker", "oslo-config-validator"):
        (tmp_path / name).chmod(0o755)
    head = "PROJECT=nova SERVICES=nova-api RELEASE=2025.1 SOURCE=2025.1 WITHIN=60 WITH= TRIAL= ARGUMENTS=2\nINPUT='[a]\nb =\n'\n"
    text = (
        f"PATH={tmp_path}:$PATH\n{head}{script('program.sh')}\nprogram oslo-config-validator --input-file /dev/stdin\n"
    )
    done = subprocess.run(["sh", "-s"], input=text, text=True, capture_output=True, timeout=60, check=True)
    assert "read [a]\nb =\n" in done.stdout
    assert "@ended 1" in done.stdout
