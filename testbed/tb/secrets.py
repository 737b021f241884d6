"""Keys made for this testbed, once: the SSH pair that opens its hosts, and Keystone's Fernet keys."""

import base64
import os

from tb.commands import run
from tb.layout import Layout


def ensure(layout: Layout) -> dict[str, str]:
    """The contents that hosts need, by file name."""
    layout.secrets.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not layout.ssh_key.exists():
        run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "stairlift-testbed", "-f", str(layout.ssh_key)])
    for name in ("fernet-0", "fernet-1"):
        path = layout.secrets / name
        if not path.exists():
            path.touch(mode=0o600)
            path.write_bytes(base64.urlsafe_b64encode(os.urandom(32)))
    shared = ("id_ed25519.pub", "fernet-0", "fernet-1")
    return {name: (layout.secrets / name).read_text(encoding="ascii") for name in shared}
