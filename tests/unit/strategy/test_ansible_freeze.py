import pytest

from stairlift.model.errors import UsageError
from stairlift.strategy.ansible import AnsibleUpgradeStrategy
from unit.strategy.stand_in import stand_in


@pytest.fixture
def site(tmp_path):
    """A folder as an operator might keep it."""
    texts = {
        "upgrade.yml": "- import_playbook: nova.yml\n- import_playbook: more/neutron.yml\n- import_playbook: gone.yml\n",
        "nova.yml": "- hosts: all\n  vars_files: [site.yaml]\n",
        "site.yaml": "a: 1\n",
        "unrelated.yml": "",
        "plan.json": "",
        "clouds.yaml": "",
        "more/neutron.yml": "- import_playbook: ../upgrade.yml\n",
        "more/tasks/agent.yml": "",
        "roles/nova/tasks/main.yml": "",
        "roles/nova/tasks/passwords.yml": "",
        "roles/nova/files/vault-pass.txt": "hunter2",
        "roles/nova/files/db_password": "hunter2",
        "filter_plugins/x.py": "",
        "group_vars/all.yml": "",
        "inventory/hosts.ini": "cmp1\n",
        "inventory/group_vars/compute.yml": "",
        "inventory/host_vars/cmp1/main.yml": "",
        "pw": "hunter2",
        "secrets.yml": "x: 1",
    }
    for name, text in texts.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


PLAYBOOKS = {
    "upgrade.yml",
    "nova.yml",
    "site.yaml",
    "more/neutron.yml",
    "more/tasks/agent.yml",
    "roles/nova/tasks/main.yml",
    "roles/nova/tasks/passwords.yml",
    "filter_plugins/x.py",
    "group_vars/all.yml",
}


def freeze(site, settings=None, **options):
    command = [stand_in(site, **(settings or {}))]
    given = {"folder": str(site), "playbook": "upgrade.yml", "command": command, **options}
    frozen = AnsibleUpgradeStrategy(given).freeze()
    return {file.removeprefix(f"{site}/") for file in frozen.files}, frozen.versions


def test_a_playbook_is_frozen_with_what_it_uses_and_nothing_else(site):
    assert freeze(site) == (PLAYBOOKS, {"ansible-core": "2.19.14"})


def test_an_inventory_is_frozen_with_its_variables(site):
    files, _ = freeze(site, inventory=["inventory/hosts.ini", "extra,"])
    assert files - PLAYBOOKS == {
        "inventory/hosts.ini",
        "inventory/group_vars/compute.yml",
        "inventory/host_vars/cmp1/main.yml",
    }


def test_a_list_of_hosts_is_no_file_and_replaces_the_default_inventory(site):
    assert freeze(site, {"inventory": [f"{site}/inventory"]}, inventory="cmp1,cmp2")[0] == PLAYBOOKS


def test_an_inventory_may_be_a_folder(site):
    assert freeze(site, inventory="inventory")[0] == freeze(site, inventory="inventory/hosts.ini")[0]


def test_what_the_effective_configuration_names_is_frozen(site):
    (site / "ansible.cfg").write_text("")
    (site / "shared").mkdir()
    (site / "shared" / "main.yml").write_text("")
    settings = {
        "config": str(site / "ansible.cfg"),
        "inventory": [str(site / "inventory"), "/nonexistent/hosts"],
        "roles": [str(site / "shared"), "/nonexistent/roles"],
    }
    files, _ = freeze(site, settings)
    assert {"ansible.cfg", "shared/main.yml", "inventory/hosts.ini"} <= files


def test_files_in_the_arguments_are_frozen(site):
    assert "secrets.yml" in freeze(site, args=["-e", "@secrets.yml"])[0]


def test_no_password_is_fingerprinted(site):
    (site / "roles" / "nova" / "files" / "quiet").write_text("hunter2")
    files, _ = freeze(
        site,
        {
            "vault_password_file": str(site / "roles/nova/files/quiet"),
            "vault_identities": [f"dev@{site}/group_vars/all.yml"],
        },
        vault=["--vault-password-file", "filter_plugins/x.py"],
        args=["--become-password-file=pw", "--private-key", "secrets.yml", "--diff"],
    )
    assert files == PLAYBOOKS - {"group_vars/all.yml", "filter_plugins/x.py"}


def test_a_large_folder_is_one_fingerprint(site):
    for number in range(300):
        (site / "roles" / f"{number}.yml").write_text("")
    files, _ = freeze(site)
    assert str(site / "roles").removeprefix(f"{site}/") in files
    assert not any(file.startswith("roles/") for file in files)


def test_a_playbook_of_a_collection_is_no_file(site):
    assert freeze(site, playbook="openstack.osa.nova")[0] == set()


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("playbook", "absent.yml"),
        ("undo_playbook", "absent.yml"),
        ("inventory", ["inventory/hosts.ini", "absent.ini"]),
        ("config", "absent.cfg"),
        ("directory", "absent"),
        ("vault", ["--vault-password-file", "absent"]),
    ],
)
def test_what_ansible_would_pass_over_is_refused(site, key, value):
    with pytest.raises(UsageError) as caught:
        freeze(site, **{key: value})
    assert caught.value.code == "strategy.file"
    assert key.removeprefix("undo_") in caught.value.brief
    assert "absent" in caught.value.brief
