"""The option `hops`: which deployer, with which inventory and configuration, leads to which release."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from stairlift.model.errors import Refusal, UsageError
from stairlift.model.plan import Step
from stairlift.model.release import Release
from stairlift.strategy.options import OptionReader, absolute

More = TypeVar("More")


@dataclass(frozen=True, slots=True)
class DeployerHop(Generic[More]):
    """One `[[hop]]` table. `directory` is where the command starts, and so finds its ansible.cfg.

    `more` is what the strategy has read of the keys that only it knows.
    """

    release: Release
    folder: Path
    directory: Path
    command: tuple[str, ...]
    inventory: tuple[Path, ...]
    config_dir: Path | None
    ansible_config: Path | None
    args: tuple[str, ...]
    more: More

    @property
    def place(self) -> str:
        """Where it is written, for messages."""
        return f'{self.folder / "stairlift.toml"}, [[hop]] to = "{self.release}"'

    @property
    def bin(self) -> Path | None:
        """The folder of its programs (a virtual environment's bin), where the command is named by a path."""
        return Path(self.command[0]).parent if "/" in self.command[0] else None

    def beside(self, program: str) -> str:
        """A program of the same virtual environment, else one that PATH finds."""
        return str(self.bin / program) if self.bin else program


def read_hops(
    use: str, reader: OptionReader, own: tuple[str, ...], more: Callable[[OptionReader, Path], More]
) -> Mapping[Release, DeployerHop[More]]:
    """The table `hops`, by release. `own` are arguments that the strategy sets itself, `more` reads further keys.

    UsageError `strategy.option` for the first that is wrong, naming its hop.
    """
    return {release: _read_hop(use, release, table, own, more) for release, table in _by_release(reader.table("hops"))}


def hop_of(use: str, hops: Mapping[Release, DeployerHop[More]], step: Step) -> DeployerHop[More]:
    """The deployer for a step; Refusal `hop.missing` where nobody named one for its target."""
    if (found := hops.get(step.target)) is not None:
        return found
    raise Refusal(
        code="hop.missing",
        brief=f"step {step.id}: nothing says which {use} leads to {step.target}",
        resolution=f'Add to stairlift.toml: [[hop]], to = "{step.target}", command, inventory and config_dir.',
    )


def _by_release(table: Mapping[str, Any]) -> list[tuple[Release, Any]]:
    return sorted((Release.parse(key), value) for key, value in table.items())


def _read_hop(
    use: str, release: Release, table: Any, own: tuple[str, ...], more: Callable[[OptionReader, Path], More]
) -> DeployerHop[More]:
    if not isinstance(table, Mapping):
        raise UsageError(code="strategy.option", brief=f"strategy {use!r}: the hop to {release} must be a table")
    reader = OptionReader(f"{use}, hop to {release}", table)
    folder = reader.folder()
    reader.text("to")
    hop = DeployerHop(
        release=release,
        folder=folder,
        directory=absolute(folder, reader.text("directory") or "."),
        command=_command(reader, folder),
        inventory=_inventory(reader, folder),
        config_dir=_path(reader, "config_dir", folder),
        ansible_config=_path(reader, "ansible_config", folder),
        args=_args(reader, own),
        more=more(reader, folder),
    )
    reader.close()
    return hop


def _command(reader: OptionReader, folder: Path) -> tuple[str, ...]:
    words = reader.command("command")
    if not words:
        raise reader.wrong("command", "is missing", 'For example command = ["/opt/kolla-2026.1/bin/kolla-ansible"].')
    reader.refuse_secrets("command", words, "Keep it in the deployer's own configuration.")
    program, *rest = words
    return (str(absolute(folder, program)) if "/" in program else program, *rest)


def _inventory(reader: OptionReader, folder: Path) -> tuple[Path, ...]:
    texts = reader.text_or_texts("inventory")
    if not all(text.strip() for text in texts):
        raise reader.wrong("inventory", "must not be empty")
    return tuple(absolute(folder, text) for text in texts)


def _path(reader: OptionReader, key: str, folder: Path) -> Path | None:
    text = reader.text(key)
    return absolute(folder, text) if text else None


def _args(reader: OptionReader, own: tuple[str, ...]) -> tuple[str, ...]:
    words = reader.texts("args")
    for word in words:
        if any(_is(word, option) for option in own):
            raise reader.wrong("args", f"must not hold {word}: the strategy says whom it touches, and with what")
    reader.refuse_secrets("args", words, "Keep it in the deployer's own passwords file.")
    return words


def _is(word: str, option: str) -> bool:
    """Whether a word of a command line is this option, abbreviated or with its value attached."""
    name = word.partition("=")[0]
    if option.startswith("--"):
        return len(name) > 2 and name.startswith("--") and option.startswith(name)
    return word.startswith(option) and not word.startswith("--")
