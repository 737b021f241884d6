"""An `openstack-ansible` as bootstrap-ansible.sh leaves it: it names its version, and answers as the real one lists.

The inventory is the sample of 50 hosts, through its real script; tests/e2e/test_openstack_ansible.py puts a wrapper
shaped like the real one in front of the real ansible-playbook.
"""

import base64
import json
import subprocess

from deployers import OSA_INVENTORY
from unit.strategy.stand_in import stand_in


def groups():
    """The groups of the sample, as `groups` holds them in a play: with the hosts of their children, and `all`."""
    listed = json.loads(subprocess.run([OSA_INVENTORY], capture_output=True, check=True).stdout)
    hosts = listed.pop("_meta")["hostvars"]
    return {name: _members(listed, name) for name in listed} | {"all": list(hosts)}


def _members(listed, name):
    below = [host for child in listed[name].get("children", []) for host in _members(listed, child)]
    return list(dict.fromkeys([*listed[name].get("hosts", []), *below]))


def wrapper(folder, version="33.1.0", known=None):
    """Make it in `folder`, and give back its path; `known` are other groups than the sample's."""
    folder.mkdir(parents=True, exist_ok=True)
    stand_in(folder)
    told = base64.b64encode(json.dumps(known or groups()).encode()).decode()
    (folder / "groups").write_text(f"  play #1 (all): stairlift-listed {told} end TAGS: []\n")
    program = folder / "openstack-ansible"
    program.write_text(
        f'#!/bin/sh\nexport OSA_VERSION="{version}"\nexport OSA_CLONE_ROOT="/opt/openstack-ansible"\n'
        f'case "$*" in *groups.yml*) cat "{folder}/groups" ;; *) exec "{folder}/ansible-playbook" ;; esac\n'
    )
    program.chmod(0o755)
    return str(program)
