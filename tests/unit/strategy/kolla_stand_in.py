"""A virtual environment with a `kolla-ansible` that only tells its version, and an `ansible-playbook` that lists.

Its playbooks are skeletons made of the facts on file. tests/real/test_kolla.py holds both against the real package:
what `--version` prints, that the playbooks lie where these do, and what listing them answers.
"""

import base64
import json

from kolla_facts import DATA, VERSIONS
from unit.strategy.stand_in import stand_in

INVENTORY = {
    "all": ["ctl1", "ctl2", "cmp1", "cmp2"],
    "keystone": ["ctl1", "ctl2"],
    "nova-api": ["ctl1", "ctl2"],
    "nova-conductor": ["ctl1", "ctl2"],
    "compute": ["cmp1", "cmp2"],
}


def virtual_environment(folder, release="2026.1", version=None, groups=None, off=()):
    """Make it in `folder`, and give back the path of its kolla-ansible; `off` are variables that are false."""
    programs = folder / "bin"
    programs.mkdir(parents=True, exist_ok=True)
    _program(programs / "kolla-ansible", f'echo "kolla-ansible {version or VERSIONS[release]}"')
    stand_in(programs)
    (programs / "ansible-playbook").rename(programs / "settings")
    told = base64.b64encode(json.dumps(groups or INVENTORY).encode()).decode()
    false = base64.b64encode(json.dumps([[name, False] for name in off]).encode()).decode()
    _program(
        programs / "ansible-playbook",
        f'case "$*" in *groups.yml*) echo "  play #1 (all): stairlift-listed {told} end TAGS: []" ;;\n'
        f'*enabled.yml*) echo "  play #1 (all): stairlift-listed {false} end TAGS: []" ;;\n'
        f'*) exec "{programs}/settings" ;; esac',
    )
    playbooks = folder / "share" / "kolla-ansible" / "ansible"
    playbooks.mkdir(parents=True, exist_ok=True)
    plays = json.loads((DATA / f"{VERSIONS[release]}.json").read_text())["plays"]
    site = [
        {
            "name": p["name"],
            "hosts": [*p["groups"], *(f"&enable_{name}_True" for name in p["groups"])],
            "tags": p["tags"],
        }
        for p in plays
    ]
    (playbooks / "site.yml").write_text(json.dumps(site))
    return str(programs / "kolla-ansible")


def _program(path, script):
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
