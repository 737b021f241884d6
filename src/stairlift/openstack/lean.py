"""openstacksdk's configuration without the SDK around it.

`import openstack.config` first runs `openstack/__init__.py`, which loads every proxy and resource there is: half of
the processor time that a whole discovery of a middle-sized cloud takes. Here the package is put in its place unrun,
and runs when somebody asks it for something that is not one of its modules (`openstack.connect`).
"""

import importlib
import sys
from importlib.util import find_spec, module_from_spec
from types import ModuleType
from typing import Any


def without_proxies(package: str = "openstack") -> None:
    """Make `import openstack.config` cost what it is worth. Without effect where the package is loaded already."""
    spec = find_spec(package) if package not in sys.modules else None
    if spec is None or spec.loader is None:
        return
    module, loader = module_from_spec(spec), spec.loader

    def __getattr__(name: str) -> Any:  # noqa: N807
        if name.startswith("__"):
            raise AttributeError(name)
        if submodule := _submodule(package, name):
            return submodule
        del vars(module)["__getattr__"]
        loader.exec_module(module)
        return getattr(module, name)

    vars(module)["__getattr__"] = __getattr__
    sys.modules[package] = module


def _submodule(package: str, name: str) -> ModuleType | None:
    try:
        return importlib.import_module(f"{package}.{name}")
    except ModuleNotFoundError:
        return None
