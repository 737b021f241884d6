"""What is missing on this machine for SSH to get anywhere."""

import os
import shutil
from pathlib import Path


def lacking_ssh() -> tuple[str, ...]:
    """No client, or nothing to log in with: no agent and no key. Whether a host takes the key, only the host can say.

    A configuration in ~/.ssh may name a key elsewhere, so it counts as one.
    """
    if not shutil.which("ssh"):
        return ("no ssh on the PATH: install OpenSSH's client",)
    folder = Path("~/.ssh").expanduser()
    if os.environ.get("SSH_AUTH_SOCK") or any(folder.glob("id_*")) or (folder / "config").exists():
        return ()
    return ("no ssh key: no agent, and neither id_* nor config in ~/.ssh; make one, or name it as `key` of `ssh`",)
