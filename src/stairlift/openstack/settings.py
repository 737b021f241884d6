"""Which cloud, with which credentials: clouds.yaml, secure.yaml and OS_*, read by openstacksdk's own loader.

The loader steps over a file that it cannot read, and then says that the cloud is unknown; so the files are looked
at here first, and what is wrong with them is said with their name.
"""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml
from keystoneauth1.exceptions import ClientException
from openstack.config import OpenStackConfig, loader
from openstack.config.cloud_region import CloudRegion
from openstack.exceptions import ConfigException

from stairlift import __version__
from stairlift.model.errors import UsageError

#: Settings of the environment that choose among what a file offers, as the openstack command reads them.
_CHOICES = {"OS_REGION_NAME": "region_name", "OS_INTERFACE": "interface", "OS_CACERT": "cacert"}
_STRANGER = re.compile(r"unexpected keyword argument '(\w+)'")
_HOW = "Set OS_CLOUD to a cloud of clouds.yaml, or source an openrc file."


def cloud_region(cloud: str | None = None) -> CloudRegion:
    """The settings of one cloud and region; `cloud` outdoes OS_CLOUD. UsageError says what is wrong, and where."""
    files = _files_in_use()
    with _told_as_usage(files):
        config = OpenStackConfig(app_name="stairlift", app_version=__version__)
        chosen = cloud or config.default_cloud
        if chosen is None:
            raise _unchosen(config.get_cloud_names(), files)
        if chosen not in config.get_cloud_names():
            raise _unknown(chosen, config.get_cloud_names(), files)
        region = config.get_one(cloud=chosen, **_choices(chosen, config.envvar_key))
    if missing := _missing(region.get_auth_args(), str(region.config.get("auth_type"))):
        raise _no_credentials(files, f"there is no {missing}")
    _check_certificates(region)
    return region


def _missing(auth: dict[str, Any], kind: str) -> str | None:
    """What keystoneauth1 would only miss on its way to Keystone."""
    needed = ("auth_url", "password") if kind.endswith("password") else ("auth_url",)
    return next((name for name in needed if not auth.get(name)), None)


def display_name(region: CloudRegion) -> str:
    """The name in clouds.yaml; for credentials from OS_*, host:port of the identity service and the region."""
    if region.name and region.name not in (os.environ.get("OS_CLOUD_NAME", "envvars"), "defaults"):
        return region.name
    address = urlsplit(str(region.get_auth_args().get("auth_url", ""))).netloc.rpartition("@")[2]
    named = region.get_region_name()
    return f"{address}/{named}" if named else address


def _choices(cloud: str, from_environment: str | None) -> dict[str, Any]:
    if cloud == from_environment:
        return {}  # the loader has taken all of OS_* already
    return {option: os.environ[name] for name, option in _CHOICES.items() if os.environ.get(name)}


def _files_in_use() -> tuple[Path, ...]:
    """The file of each kind that the loader will take, proven to be one."""
    kinds = (
        (os.environ.get("OS_CLIENT_CONFIG_FILE"), "OS_CLIENT_CONFIG_FILE", loader.CONFIG_FILES),
        (os.environ.get("OS_CLIENT_SECURE_FILE"), "OS_CLIENT_SECURE_FILE", loader.SECURE_FILES),
    )
    found = []
    for named, variable, usual in kinds:
        if named and not Path(named).exists():
            raise _wrong_file(Path(named), f"{variable} names it, and it does not exist")
        path = next((Path(p) for p in ((named,) if named else usual) if Path(p).exists()), None)
        if path is not None:
            _prove(path)
            found.append(path)
    return tuple(found)


def _check_certificates(region: CloudRegion) -> None:
    verify, certificate = region.get_requests_verify_args()
    named = (verify, *(certificate if isinstance(certificate, tuple) else (certificate,)))
    for path in named:
        if isinstance(path, str) and not Path(path).exists():
            raise _wrong_file(Path(path), "cacert, cert or key names it, and it does not exist")


def _prove(path: Path) -> None:
    try:
        content = yaml.safe_load(path.read_text())
    except yaml.MarkedYAMLError as error:  # its text quotes the line, which may hold a password
        mark = error.problem_mark or error.context_mark
        where = f", line {mark.line + 1}" if mark else ""
        raise _wrong_file(path, f"it is not valid YAML{where}: {error.problem or 'syntax error'}") from None
    except (yaml.YAMLError, UnicodeDecodeError):
        raise _wrong_file(path, "it is not valid YAML") from None
    except OSError as error:
        raise _wrong_file(path, error.strerror or "it cannot be read") from None
    clouds = content.get("clouds", {}) if isinstance(content, dict) else None
    if not isinstance(clouds, dict) or not all(isinstance(cloud, dict) for cloud in clouds.values()):
        raise _wrong_file(path, "it has no mapping 'clouds' from names to settings")


@contextmanager
def _told_as_usage(files: tuple[Path, ...]) -> Iterator[None]:
    """Every complaint of the loader and of the authentication plugins, without the values that they are about."""
    try:
        yield
    except UsageError:
        raise
    except (ConfigException, ClientException) as error:
        raise _no_credentials(files, str(error).splitlines()[0]) from None
    except (AttributeError, LookupError, RuntimeError, TypeError, ValueError) as error:
        stranger = _STRANGER.search(str(error))
        problem = f"auth does not know {stranger[1]}" if stranger else type(error).__name__
        raise _no_credentials(files, f"the settings make no sense ({problem})") from None


def _wrong_file(path: Path, problem: str) -> UsageError:
    return UsageError(code="usage.clouds-file", brief=f"{path}: {problem}.", resolution="Correct the file.")


def _unknown(cloud: str, known: Any, files: tuple[Path, ...]) -> UsageError:
    return UsageError(
        code="usage.cloud-unknown",
        brief=f"There is no cloud {cloud!r} in {_named(files)}.",
        details=f"Known are: {', '.join(sorted(known)) or 'none'}.",
        resolution=_HOW,
    )


def _unchosen(known: Any, files: tuple[Path, ...]) -> UsageError:
    return UsageError(
        code="usage.cloud-unchosen",
        brief=f"{_named(files)} has several clouds and none is chosen.",
        details=f"Known are: {', '.join(sorted(known))}.",
        resolution="Give --os-cloud or set OS_CLOUD.",
    )


def _no_credentials(files: tuple[Path, ...], problem: str) -> UsageError:
    return UsageError(
        code="usage.credentials",
        brief=f"The credentials from {_named(files)} and OS_* are of no use: {problem.rstrip('.')}.",
        resolution=_HOW,
    )


def _named(files: tuple[Path, ...]) -> str:
    return " and ".join(str(path) for path in files) or "clouds.yaml (none was found)"
