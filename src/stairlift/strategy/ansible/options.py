"""The options of `use = "ansible"`, read and checked without asking Ansible anything."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

from stairlift.model.plan import Concurrency
from stairlift.strategy.options import OptionReader, absolute

#: A playbook of an installed collection, such as openstack.osa.nova, which is no path.
_IN_COLLECTION = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*){2,}")
_KEEP_SECRETS = 'Keep it in a file that ansible-vault encrypted, and pass that: args = ["-e", "@secrets.yml"].'
#: Options of ansible-playbook whose value is a file with a password or a key.
_SECRET_FILE_FLAG = re.compile(r"--([a-z-]*pass[a-z-]*-file|vault-id|private-key|key-file)")
_VAULT_FLAGS = ("--vault-id", "--vault-password-file", "--vault-pass-file")
#: Options that are the strategy's own to give: who is touched, and whether anything is.
_OWN_OPTIONS = ("--limit", "--check")
_SHORT_OWN = "lC"
#: Short options of ansible-playbook that take a value; what follows them in a word is not an option.
_SHORT_WITH_VALUE = "MTcefitu"


@dataclass(frozen=True, slots=True)
class VaultSource:
    """Where a vault's password comes from: a file or a program, as written, and the vault id it is for."""

    flag: str
    label: str
    source: str


@dataclass(frozen=True, slots=True)
class AnsibleOptions:
    """What the operator says about the playbooks. `directory` is where Ansible starts, and so finds its ansible.cfg."""

    folder: Path
    directory: Path
    command: tuple[str, ...]
    playbook: str
    undo_playbook: str | None
    inventory: tuple[str, ...]
    config: Path | None
    tags: tuple[str, ...]
    skip_tags: tuple[str, ...]
    extra_vars: Mapping[str, Any]
    vault: tuple[VaultSource, ...]
    args: tuple[str, ...]
    limit: Literal["host", "short"]
    names: Mapping[str, str]
    forks: int | None
    check: bool
    concurrency: Concurrency

    def path(self, text: str) -> Path:
        """A path of stairlift.toml, made absolute."""
        return absolute(self.folder, text)

    def shown(self, text: str) -> str:
        """A path as an argument: as the operator wrote it where Ansible starts in the folder that it is relative to."""
        return text if self.directory == self.folder and not text.startswith("~") else str(self.path(text))

    def shown_playbook(self, playbook: str) -> str:
        """A playbook as an argument."""
        return self.shown(playbook) if is_file_name(playbook) else playbook

    def inventory_name(self, host: str) -> str:
        """What Ansible calls a host of the plan."""
        if host in self.names:
            return self.names[host]
        return host.partition(".")[0] if self.limit == "short" else host


def is_file_name(playbook: str) -> bool:
    """Whether a playbook is a file of its own; one of a collection goes by its dotted name."""
    return playbook.endswith((".yml", ".yaml", ".json")) or not _IN_COLLECTION.fullmatch(playbook)


def is_host_list(inventory: str) -> bool:
    """Whether an inventory is a list of hosts, such as `localhost,`, and not a path."""
    return "," in inventory


def read_options(use: str, options: Mapping[str, Any]) -> AnsibleOptions:
    """The options as the operator wrote them; UsageError `strategy.option` for the first that is wrong."""
    reader = OptionReader(use, options)
    folder = reader.folder()
    read = AnsibleOptions(
        folder=folder,
        directory=absolute(folder, reader.text("directory") or "."),
        command=_command(reader, folder),
        playbook=reader.required_text("playbook"),
        undo_playbook=reader.text("undo_playbook"),
        inventory=reader.text_or_texts("inventory"),
        config=absolute(folder, config) if (config := reader.text("config")) else None,
        tags=reader.text_or_texts("tags"),
        skip_tags=reader.text_or_texts("skip_tags"),
        extra_vars=_extra_vars(reader),
        vault=tuple(_vault(reader)),
        args=_args(reader),
        limit=cast(Literal["host", "short"], reader.choice("limit", ("host", "short"))),
        names=_names(reader),
        forks=reader.count("forks"),
        check=reader.flag("check"),
        concurrency=cast(Concurrency, reader.choice("concurrency", ("host", "batch", "cloud"))),
    )
    reader.close()
    return read


def public_words(words: Sequence[str]) -> Iterator[str]:
    """The words without those that name a file with a password or a key."""
    previous = ""
    for word in words:
        if not _SECRET_FILE_FLAG.fullmatch(previous) and not _SECRET_FILE_FLAG.fullmatch(word.partition("=")[0]):
            yield word
        previous = word


def _command(reader: OptionReader, folder: Path) -> tuple[str, ...]:
    program, *words = reader.command("command") or ("ansible-playbook",)
    return (str(absolute(folder, program)) if "/" in program else program, *words)


def _names(reader: OptionReader) -> Mapping[str, str]:
    names = reader.table("names")
    if not all(isinstance(name, str) and name for name in names.values()):
        raise reader.wrong("names", "must map hosts of the plan to hosts of the inventory")
    return names


def _extra_vars(reader: OptionReader) -> Mapping[str, Any]:
    variables = reader.table("extra_vars")
    for name in variables:
        if name.startswith("stairlift_"):
            raise reader.wrong("extra_vars", f"must not set {name}: the step does")
    reader.refuse_secrets("extra_vars", tuple(_settings(variables)), _KEEP_SECRETS)
    return variables


def _settings(variables: Mapping[str, Any]) -> Iterator[str]:
    for name, value in variables.items():
        if isinstance(value, Mapping):
            yield from _settings(value)
        else:
            yield f"{name}={value}"


def _args(reader: OptionReader) -> tuple[str, ...]:
    words = reader.texts("args")
    for word in words:
        if _is_own(word):
            raise reader.wrong("args", f"must not hold {word}: the strategy sets whom it touches and whether it does")
    reader.refuse_secrets("args", words, _KEEP_SECRETS)
    return words


def _is_own(word: str) -> bool:
    name = word.partition("=")[0]
    if name.startswith("--"):
        # ansible-playbook takes abbreviations, too.
        return len(name) > 2 and any(own.startswith(name) for own in _OWN_OPTIONS)
    return name.startswith("-") and any(letter in _SHORT_OWN for letter in _short_options(name))


def _short_options(word: str) -> Iterator[str]:
    for letter in word[1:]:
        yield letter
        if letter in _SHORT_WITH_VALUE:
            return


def _vault(reader: OptionReader) -> Iterator[VaultSource]:
    words = iter(part for word in reader.texts("vault") for part in _split_flag(word))
    for flag in words:
        if flag not in _VAULT_FLAGS:
            raise reader.wrong("vault", f"must hold pairs such as --vault-password-file FILE, not {flag!r}")
        value = next(words, "")
        label, _, source = value.rpartition("@") if flag == "--vault-id" else ("", "", value)
        if not source or source == "prompt":
            raise reader.wrong("vault", f"must name a file or a program after {flag}; nobody is there to be asked")
        yield VaultSource(flag, label, source)


def _split_flag(word: str) -> tuple[str, ...]:
    flag, equals, value = word.partition("=")
    return (flag, value) if equals and flag in _VAULT_FLAGS else (word,)
