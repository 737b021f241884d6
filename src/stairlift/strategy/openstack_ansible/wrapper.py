"""Which release of openstack-ansible a hop's wrapper and checkout are of: the wrapper's --version is Ansible's."""

import re
import shutil
from pathlib import Path

from stairlift.strategy.deployer.inventory import environment
from stairlift.strategy.openstack_ansible.options import Hop

#: bootstrap-ansible.sh writes it into the wrapper (scripts/openstack-ansible.sh).
_IN_WRAPPER = re.compile(r'^export OSA_VERSION="?v?(\d[\w.+-]*)', re.MULTILINE)
_IN_CHECKOUT = re.compile(r"^openstack_release:\s*[\"']?v?(\d[\w.+-]*)", re.MULTILINE)
_RELEASE_FILE = Path("inventory", "group_vars", "all", "all.yml")


def version(hop: Hop) -> str | None:
    """The version that the wrapper was installed for, else that of the checkout; None where neither tells."""
    wrapper = shutil.which(hop.command[0], path=environment(hop)["PATH"])
    if wrapper is None:
        return None
    return _found(_IN_WRAPPER, Path(wrapper)) or _found(_IN_CHECKOUT, hop.directory / _RELEASE_FILE)


def _found(pattern: re.Pattern[str], file: Path) -> str | None:
    try:
        found = pattern.search(file.read_text(errors="replace"))
    except OSError:
        return None
    return found[1] if found else None
