"""Steps carried out by `ansible-playbook --limit`, and what is asked of Ansible around it."""

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from stairlift.model.cloud import Cloud
from stairlift.model.errors import Refusal, UsageError
from stairlift.model.finding import Finding
from stairlift.model.plan import Step
from stairlift.model.work import Assignment, Capabilities, Frozen, Job, Outcome, Traits, Verdict
from stairlift.strategy.ansible import review, verdict
from stairlift.strategy.ansible.arguments import command_line, inventory_hosts
from stairlift.strategy.ansible.content import inventory_content, one_by_one, playbook_content
from stairlift.strategy.ansible.options import is_file_name, is_host_list, public_words, read_options
from stairlift.strategy.ansible.settings import AnsibleSettings, ask_ansible, remembered_settings
from stairlift.strategy.files import named_files
from stairlift.strategy.words import shell_line

_CALLBACK_FOLDER = str(Path(__file__).with_name("callback"))
#: Steps that change nothing in the cloud, so that a run in check mode can carry them out.
_HARMLESS_ACTIONS = ("prepare", "verify")


class AnsibleUpgradeStrategy:
    """Any playbook, limited to the step's hosts, through the operator's own Ansible and its configuration.

    A callback plug-in is added to the operator's for the time of the attempt; it reports what every host did, and that
    with the return code makes the verdict. Nothing of the operator's is edited.
    """

    name: ClassVar[str] = "ansible"
    traits: ClassVar[Traits] = Traits(
        ("host", "batch", "cloud"), undo="undo_playbook", dry_run="check", repeatable="always"
    )

    def __init__(self, options: Mapping[str, Any]) -> None:
        self._options = read_options(self.name, options)

    @classmethod
    def lacking(cls) -> tuple[str, ...]:
        """Ansible, unless its entries name one by `command`."""
        found = shutil.which("ansible-playbook")
        return () if found else ("no ansible-playbook on the PATH: install it or set command",)

    def capabilities(self) -> Capabilities:
        """A dry run is a playbook in check mode (option `check`). What a play says is to be so may be said again."""
        undo = self._options.undo_playbook is not None
        return Capabilities(concurrency=self._options.concurrency, undo=undo, dry_run=True, repeatable=True)

    def freeze(self) -> Frozen:
        """The playbooks with what they use, the inventory, the effective ansible.cfg, and the version of ansible-core.

        Raises UsageError where a file is missing or Ansible does not accept its configuration.
        """
        self._require_files()
        settings = ask_ansible(self._options.command, self._options.directory, self._options.config)
        secret = frozenset((*map(Path, settings.vault_sources), *self._vault_sources()))
        try:
            files = one_by_one(self._content(settings), secret)
        except OSError as wrong:
            raise _unusable(
                "playbook or inventory", f"{wrong.filename}, which cannot be read: {wrong.strerror}"
            ) from wrong
        return Frozen(files=files, versions={"ansible-core": settings.version})

    def job(self, assignment: Assignment) -> Job:
        """The command line of the runbook, with the callback plug-in added by the environment.

        Raises Refusal for a step that must not run: no host, a name that is a pattern, nothing to undo it with,
        or check mode for a step that is to change something.
        """
        playbook = self._undo_playbook(assignment.step) if assignment.undo else self._options.playbook
        return Job(
            argv=self._command_line(playbook, assignment.step),
            cwd=str(self._options.directory),
            env={**self._chosen_config(), "ANSIBLE_CALLBACK_PLUGINS": self._callback_path()},
        )

    def runbook(self, step: Step) -> tuple[str, ...]:
        """The command that a person would type; it needs nothing of Stairlift."""
        argv = self._command_line(self._options.playbook, step)
        return (shell_line(str(self._options.directory), argv, self._chosen_config()),)

    def judge(self, assignment: Assignment, outcome: Outcome) -> Verdict:
        """See `verdict.judge`."""
        return verdict.judge(inventory_hosts(self._options, assignment.step), outcome, check=self._options.check)

    def review(self, steps: Sequence[Step], cloud: Cloud) -> tuple[Finding, ...]:
        """See `review.review`, and whether check mode is asked to change something."""
        return (*self._in_check_mode(steps), *review.review(self._options, steps, cloud))

    def _in_check_mode(self, steps: Sequence[Step]) -> Iterator[Finding]:
        harmful = [s.id for s in steps if s.action not in _HARMLESS_ACTIONS] if self._options.check else []
        if harmful:
            yield Finding(
                code="ansible.check_mode",
                severity="error",
                subject=harmful[0],
                message="it is to change something, and its entry has check = true, which changes nothing",
                resolution='match the entry that has `check = true` with action = "prepare" only',
            )

    def _command_line(self, playbook: str, step: Step) -> tuple[str, ...]:
        if self._options.check and step.action not in _HARMLESS_ACTIONS:
            raise Refusal(
                code="strategy.check-mode",
                brief=f"step {step.id} is to {step.action}, and check mode changes nothing",
                resolution='Match the entry that has `check = true` with action = "prepare" only.',
            )
        return command_line(self._options, playbook, step)

    def _undo_playbook(self, step: Step) -> str:
        if self._options.undo_playbook is None:
            raise Refusal(
                code="strategy.no-undo",
                brief=f"step {step.id} cannot be undone: its strategy gives no undo_playbook",
                resolution="Take it back by hand, or add undo_playbook to the [[strategy]] entry and make a new plan.",
            )
        return self._options.undo_playbook

    def _chosen_config(self) -> Mapping[str, str]:
        return {"ANSIBLE_CONFIG": str(self._options.config)} if self._options.config else {}

    def _callback_path(self) -> str:
        """The operator's folders of callback plug-ins and ours: the variable replaces what ansible.cfg says."""
        settings = remembered_settings(self._options.command, self._options.directory, self._options.config)
        return os.pathsep.join((*settings.callbacks, _CALLBACK_FOLDER))

    def _content(self, settings: AnsibleSettings) -> Iterator[Path]:
        for playbook in self._playbook_files():
            yield from playbook_content(playbook)
        used = self._inventory_files() if self._options.inventory else tuple(map(Path, settings.inventory))
        for inventory in filter(Path.exists, used):
            yield from inventory_content(inventory)
        yield from (folder for role_path in settings.roles if (folder := Path(role_path)).is_dir())
        yield from (Path(settings.config),) if settings.config else ()
        yield from named_files(public_words(self._options.args), self._options.directory)

    def _playbook_files(self) -> tuple[Path, ...]:
        playbooks = (self._options.playbook, self._options.undo_playbook)
        return tuple(self._options.path(p) for p in playbooks if p is not None and is_file_name(p))

    def _inventory_files(self) -> tuple[Path, ...]:
        return tuple(self._options.path(i) for i in self._options.inventory if not is_host_list(i))

    def _vault_sources(self) -> tuple[Path, ...]:
        return tuple(self._options.path(vault.source) for vault in self._options.vault)

    def _require_files(self) -> None:
        """What Ansible would pass over in silence (a missing inventory or ansible.cfg) or say only in the run."""
        options = self._options
        if not options.directory.is_dir():
            raise _missing("directory", options.directory)
        named = {
            "playbook": self._playbook_files(),
            "inventory": self._inventory_files(),
            "config": (options.config,) if options.config else (),
            "vault": self._vault_sources(),
        }
        for key, paths in named.items():
            if (absent := next((path for path in paths if not path.exists()), None)) is not None:
                raise _missing(key, absent)


def _missing(key: str, path: Path) -> UsageError:
    return _unusable(key, f"{path}, which does not exist")


def _unusable(key: str, what: str) -> UsageError:
    return UsageError(
        code="strategy.file",
        brief=f"strategy 'ansible': {key} names {what}",
        resolution="Paths are relative to the folder of stairlift.toml.",
    )
