"""An `ansible-playbook` that only answers what its settings are; tests/e2e/test_ansible_strategy.py asks the real one."""

import base64
import json


def stand_in(folder, **settings):
    """Write the program into `folder` and return its path; `settings` replace what it answers."""
    answer = {
        "version": "2.19.14",
        "config": None,
        "callbacks": ["/usr/share/ansible/plugins/callback"],
        "inventory": [],
        "roles": [],
        "vault_password_file": None,
        "vault_identities": [],
        **settings,
    }
    encoded = base64.b64encode(json.dumps(answer).encode()).decode()
    program = folder / "ansible-playbook"
    program.write_text(f"#!/bin/sh\necho '  play #1 (localhost): stairlift-settings {encoded} end\tTAGS: []'\n")
    program.chmod(0o755)
    return str(program)
