import getpass

import pytest

from grenade_site import DATA
from stairlift.model.errors import UsageError
from stairlift.strategy.grenade import GrenadeUpgradeStrategy
from stairlift.strategy.grenade.options import dangerous, read_options
from stairlift.testing.strategy_contract import a_step, an_assignment

GIVEN = {
    "folder": "/etc/stairlift",
    "grenade": "/opt/grenade",
    "stack_root": "/opt/stack",
    "host": "devstack-1",
    "projects": ["keystone", "nova"],
}


def wrong(**options) -> str:
    with pytest.raises(UsageError) as refused:
        read_options("grenade", {**GIVEN, **options})
    return f"{refused.value.brief} {refused.value.resolution}"


@pytest.mark.parametrize(
    "root", ["/", "/etc", "/etc/stack", "/usr/local", "/home", "/opt", "/var", "stack", "/opt/stack/../..", "/opt/a b"]
)
def test_a_stack_root_that_would_ruin_the_machine_is_refused(root):
    assert "stack_root" in wrong(stack_root=root)


def test_the_home_folder_is_no_stack_root(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path / "people" / "me"))
    assert "home folder" in (dangerous(tmp_path / "people" / "me") or "")
    assert "home folder" in (dangerous(tmp_path / "people") or "")
    assert dangerous(tmp_path / "stack") is None


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"projects": []}, "projects must name what Grenade upgrades"),
        ({"projects": ["nova", "nova"]}, "each once"),
        ({"projects": ["nova; rm -rf /"]}, "no plain name"),
        ({"host": "-x"}, "no plain name"),
        ({"plugins": ["heat"]}, "NAME URL [BRANCH]"),
        ({"plugins": ["heat $(id)"]}, "NAME URL [BRANCH]"),
        ({"plugins": ["heat https://me:hunter2@example.org/heat"]}, "a URL with a password"),
        ({"settings": {"GIT_BASE": "https://me:hunter2@example.org"}}, "a URL with a password"),
        ({"settings": {"STACK_ROOT": "/"}}, "must not hold STACK_ROOT"),
        ({"settings": {"RUN_BASE": "True"}}, "must not hold RUN_BASE"),
        ({"settings": {"ADMIN_PASSWORD": "x"}}, "looks like a secret"),
        ({"settings": {"A": "x\ny"}}, "one line"),
        ({"base_branch": "stable/{series}"}, "no plain path or name"),
        ({"base_release": "a/b"}, "name of a folder below stack_root"),
        ({"target_devstack": "devstack"}, "must be an absolute path"),
        ({"localrc": "my localrc"}, "cannot take"),
        ({"by": "host"}, "project, node"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(options, says):
    assert says in wrong(**options)


@pytest.fixture
def node(tmp_path):
    """Options of a node whose Grenade tree is there."""
    (tmp_path / "stack").mkdir()
    return {**GIVEN, "folder": str(tmp_path), "grenade": str(DATA / "grenade"), "stack_root": str(tmp_path / "stack")}


def refused(options) -> str:
    with pytest.raises(UsageError) as found:
        GrenadeUpgradeStrategy({**options}).freeze()
    return found.value.brief


def test_freezing_looks_at_the_node(node, tmp_path):
    node["projects"] = ["keystone"]
    assert "has no grenade.sh" in refused({**node, "grenade": str(tmp_path)})
    assert "is no folder" in refused({**node, "stack_root": str(tmp_path / "none")})
    assert "neither in Grenade's tree nor a plugin" in refused({**node, "projects": ["keystone", "heat"]})
    assert "at /proc/self/mem cannot be read" in refused({**node, "pluginrc": "/proc/self/mem"})
    assert f"user is somebody, and this is {getpass.getuser()}" in refused({**node, "user": "somebody"})


def test_programs_that_are_missing_are_told_beforehand(node, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert GrenadeUpgradeStrategy.lacking() == (
        "no bash on the PATH: install it",
        "no git on the PATH: install it",
    )
    assert "no bash on the PATH" in refused(node)


def test_a_stack_root_that_leads_elsewhere_is_refused(node, tmp_path):
    (tmp_path / "link").symlink_to("/usr")
    assert "is a folder of the system" in refused({**node, "stack_root": str(tmp_path / "link")})


def test_a_pluginrc_of_the_operators_makes_its_projects_known(node, tmp_path):
    (tmp_path / "pluginrc").write_text("enable_grenade_plugin heat https://example.org/heat\n")
    strategy = GrenadeUpgradeStrategy({**node, "projects": ["keystone", "heat"], "pluginrc": "pluginrc"})
    names = {file.rpartition("/")[2] for file in strategy.freeze().files}
    assert {"grenade.sh", "outfilter.py", "settings"} <= names


def test_a_password_changes_no_digest_and_stands_in_no_plan(node, tmp_path):
    there = tmp_path / "stack" / "old" / "devstack"
    there.mkdir(parents=True)
    seen = []
    for text in ("ADMIN_PASSWORD=one\nX=1\n", "ADMIN_PASSWORD=two\nX=1\n", "ADMIN_PASSWORD=two\nX=2\n"):
        (there / "local.conf").write_text(text)
        strategy = GrenadeUpgradeStrategy({**node, "projects": ["keystone"]})
        seen.append(strategy.freeze().versions["base DevStack's local.conf"])
    assert seen[0] == seen[1] != seen[2]


def files(node, step, **options):
    return GrenadeUpgradeStrategy({**node, **options}).job(an_assignment(step)).files


def nova(**changes):
    return a_step(hosts=("devstack-1",), stage="control", project="nova", **changes)


def test_what_the_strategy_decides_comes_last_in_localrc(node, tmp_path):
    (tmp_path / "own").write_text("STACK_ROOT=/elsewhere\n")
    text = files(node, nova(), localrc="own", settings={"GIT_BASE": "file:///x y"})["localrc"]
    lines = text.splitlines()
    assert lines[1] == f"source {tmp_path}/own"
    assert lines[2] == "export GIT_BASE='file:///x y'"
    assert lines.index(f"STACK_ROOT={tmp_path}/stack") > 1


def test_branches_follow_the_hop_and_a_release_that_is_left_out_is_told_to_nova(node):
    text = files(node, nova(), base_branch="stable/{from_name}")["localrc"]
    assert "BASE_DEVSTACK_BRANCH=stable/epoxy\nTARGET_DEVSTACK_BRANCH=stable/2026.1\n" in text
    assert "NOVA_ENABLE_UPGRADE_WORKAROUND=True\n" in text


def test_only_the_last_project_verifies(node):
    first = files(node, a_step(hosts=("devstack-1",), stage="control", project="keystone"))["localrc"]
    assert "VERIFY_RESOURCES=False\n" in first
    assert "VERIFY_RESOURCES=True\n" in files(node, nova())["localrc"]
    assert "VERIFY_RESOURCES=False\n" in files(node, nova(), verify=False)["localrc"]


def test_our_plugin_is_listed_last(node):
    text = files(node, nova(), plugins=["heat https://example.org/heat"])["pluginrc"].splitlines()
    assert text[1] == "enable_grenade_plugin heat https://example.org/heat"
    assert text[-1].startswith("enable_grenade_plugin stairlift-")
