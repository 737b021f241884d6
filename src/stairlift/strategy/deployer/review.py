"""What is wrong with the deployers of a plan's hops, as findings, before the first step."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from stairlift.knowledge.versions import project_version, releases_of_version
from stairlift.model.errors import StairliftError
from stairlift.model.finding import Finding
from stairlift.model.plan import Step
from stairlift.model.release import Release
from stairlift.strategy.deployer.hops import DeployerHop, More
from stairlift.strategy.deployer.inventory import Groups
from stairlift.strategy.deployer.names import HostNames
from stairlift.strategy.deployer.record import Deployer, is_program


def hops_of(
    deployer: Deployer[More], hops: Mapping[Release, DeployerHop[More]], steps: Sequence[Step]
) -> tuple[list[DeployerHop[More]], list[Finding]]:
    """The hops that steps go to and whose deployer is usable, and the findings about the others."""
    findings: list[Finding] = []
    usable: list[DeployerHop[More]] = []
    for hop in (hops[release] for release in sorted({step.target for step in steps}) if release in hops):
        found = list(_of_hop(deployer, hop))
        findings += found
        if not any(f.code in ("deployer.missing", "deployer.file") for f in found):
            usable.append(hop)
    return usable, findings


def unknown_hosts(hop: DeployerHop[More], groups: Groups, names: HostNames, steps: Iterable[Step]) -> Iterator[Finding]:
    """The hosts of steps that the inventory does not have: a limit that names one of them ends the deployer."""
    mine = (step for step in steps if step.target == hop.release)
    for host in dict.fromkeys(host for step in mine for host in step.hosts):
        if not groups.holds(called := names.inventory_name(host)):
            yield Finding(
                "deployer.host",
                "error",
                host,
                f"{hop.place}: the inventory has no host {called}",
                'Say what it is called there: names = { "HOST" = "NAME" } or limit = "short" in its [[strategy]].',
            )


def told(wrong: StairliftError, subject: str) -> Finding:
    """An error that was met while looking, as a finding."""
    return Finding(wrong.code, "error", subject, " ".join(filter(None, (wrong.brief, wrong.details))), wrong.resolution)


def _of_hop(deployer: Deployer[More], hop: DeployerHop[More]) -> Iterator[Finding]:
    version = deployer.version(hop)
    if version is None:
        yield _missing(hop, f"{' '.join(hop.command)} does not say its version: it is not there, or does not work")
    elif hop.release not in releases_of_version(deployer.name, version):
        yield _wrong_version(deployer, hop, version)
    if not is_program(hop, program := deployer.ansible(hop)[0]):
        yield _missing(hop, f"{program} is not there, which {deployer.name} starts")
    for path in _absent_files(hop):
        yield Finding(
            "deployer.file",
            "error",
            str(path),
            f"{hop.place}: {path} does not exist",
            "Paths are relative to the folder of stairlift.toml.",
        )


def _missing(hop: DeployerHop[More], what: str) -> Finding:
    return Finding(
        "deployer.missing",
        "error",
        str(hop.release),
        f"{hop.place}: {what}",
        "Name the command of the virtual environment in which it is installed.",
    )


def _wrong_version(deployer: Deployer[More], hop: DeployerHop[More], version: str) -> Finding:
    belongs = ", ".join(map(str, releases_of_version(deployer.name, version))) or "no release that is known"
    wanted = project_version(deployer.name, hop.release)
    return Finding(
        "deployer.version",
        "error",
        str(hop.release),
        f"{hop.place}: {' '.join(hop.command)} is {deployer.name} {version}, which belongs to {belongs}",
        f"Name the command of {deployer.name} {wanted or 'of that release'}.",
    )


def _absent_files(hop: DeployerHop[More]) -> Iterator[Path]:
    named = (*hop.inventory, hop.config_dir, hop.ansible_config, hop.directory)
    return (path for path in named if path is not None and not path.exists())
