"""Steps carried out by `grenade.sh`: the base half stops everything, then one project after the other starts anew."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from stairlift.model.cloud import Cloud
from stairlift.model.errors import Refusal
from stairlift.model.finding import Finding
from stairlift.model.plan import ONCE_ACTIONS, Manner, Opening, Step
from stairlift.model.work import Assignment, Capabilities, Frozen, Job, Outcome, Traits, Verdict
from stairlift.strategy.grenade import review, tree, verdict
from stairlift.strategy.grenade.options import filled, read_options
from stairlift.strategy.grenade.rcfiles import PLUGIN, RESOURCES, SETTINGS, UPGRADE, localrc, pluginrc
from stairlift.strategy.grenade.runner.task import Half, Task
from stairlift.strategy.words import required_hosts, required_services

#: Starts the runner as a program that needs the standard library only; its folder comes last on the path.
_START = "import runpy, sys; sys.path.append(sys.argv.pop(1)); runpy.run_module('runner', run_name='__main__')"
#: What a DevStack is configured by.
_LOCAL = ("local.conf", "localrc")
_HERE = str(Path(__file__).parent)


class GrenadeUpgradeStrategy:
    """OpenStack's own upgrade test, for one DevStack node. For DevStack and test clouds; never for production.

    Grenade stops the whole node, upgrades project after project, and has neither a rollback nor a way to one host of
    several. The operator's trees stay as they are: the driver runs from a working copy in the attempt's folder.
    """

    name: ClassVar[str] = "grenade"
    traits: ClassVar[Traits] = Traits(("cloud",))

    def __init__(self, options: Mapping[str, Any]) -> None:
        self._options = read_options(self.name, options)

    @classmethod
    def lacking(cls) -> tuple[str, ...]:
        """Programs that an attempt starts on this machine."""
        return tuple(f"no {program} on the PATH: install it" for program in tree.missing_programs())

    def capabilities(self) -> Capabilities:
        """One process for the node. What other tools do to databases in steps, its projects' scripts do themselves."""
        stopping = f"everything on {self._options.host} stops: Grenade upgrades a node as a whole, and has no way back"
        manner = Manner(
            projects="together" if self._options.by == "project" else "",
            absorbs={"*": tuple(sorted(ONCE_ACTIONS))},
            whole_node=True,
            opening=Opening("drain", stopping, one_way=True),
            order=self._options.projects,
        )
        return Capabilities(concurrency="cloud", manner=manner)

    def freeze(self) -> Frozen:
        """Grenade's scripts, and the git commits of Grenade and both DevStacks.

        Of files that may hold passwords, a digest of the rest. Raises UsageError where the node is not one that
        Grenade could work on.
        """
        tree.require_tree(self._options)
        checkouts = {"grenade": self._options.grenade, **self._devstacks()}
        commits = {what: found for what, path in checkouts.items() if (found := tree.commit(path)) is not None}
        return Frozen(
            files=tuple(str(file) for file in tree.scripts(self._options.grenade)),
            versions={**commits, **tree.digests(self._configuration())},
        )

    def review(self, steps: Sequence[Step], cloud: Cloud) -> tuple[Finding, ...]:
        """What Grenade would not do. Raises UsageError where a DevStack that a hop needs is missing."""
        if self._options.external:
            for step in steps:
                tree.require_devstack("base_devstack", Path(filled(self._options.base_devstack, step)))
                tree.require_devstack("target_devstack", Path(filled(self._options.target_devstack, step)))
        return tuple(review.review(self._options, steps, cloud))

    def job(self, assignment: Assignment) -> Job:
        """The runner with its task, and shell files for the driver. Raises Refusal for a step that Grenade lacks."""
        step = assignment.step
        if assignment.undo:
            raise Refusal(
                code="strategy.no-undo",
                brief=f"step {step.id} cannot be undone: Grenade has no way back",
                resolution="Stack the base anew; the database dumps of the base half lie in STACK_ROOT/save.",
            )
        task = self._task(step)
        return Job(
            argv=(sys.executable, "-I", "-S", "-c", _START, _HERE, str(assignment.folder / "task.json")),
            cwd=str(self._options.folder),
            files={
                "task.json": task.text(),
                "localrc": localrc(self._options, step, task),
                "pluginrc": pluginrc(self._options, task),
                "settings": SETTINGS,
                "upgrade.sh": UPGRADE,
                "resources.sh": RESOURCES,
            },
        )

    def runbook(self, step: Step) -> tuple[str, ...]:
        """What a person would type on the node.

        A single project takes the plugin that shortens Grenade's list, which the base half's attempt leaves there.
        """
        task = self._task(step)
        clean = ("env", "-i", 'PATH="$PATH"', 'HOME="$HOME"', "LANG=C.UTF-8", "TERM=dumb")
        words = (*clean, *_told(task), "./grenade.sh", "-b" if task.half == "base" else "-t", "-q")
        return (f"cd {self._options.grenade} && {' '.join(words)} </dev/null  # on {task.hosts[0]}",)

    def judge(self, assignment: Assignment, outcome: Outcome) -> Verdict:
        """See `verdict.judge`."""
        return verdict.judge(self._task(assignment.step), assignment.step, outcome)

    def _task(self, step: Step) -> Task:
        options, hosts = self._options, required_hosts(step)
        _require_step(step, options.host)
        half: Half = "base" if step.action == "drain" else "target"
        upgrade = self._upgraded_by(step) if half == "target" else ()
        last = half == "base" or options.projects[-1] in upgrade
        return Task(
            half=half,
            hop=str(step.target),
            hosts=hosts,
            services=required_services(step),
            projects=options.projects,
            upgrade=upgrade,
            grenade=str(options.grenade),
            stack_root=str(options.stack_root),
            plugin_dir=str(options.cloned_to),
            plugin=PLUGIN,
            target_release=filled(options.target_release, step),
            external=options.external,
            verify=options.verify and last,
            smoke=options.smoke and last,
            tempest=options.tempest and last,
            free_gib=options.free_gib,
            config=tuple(str(path) for path in self._configuration(step).values()),
        )

    def _upgraded_by(self, step: Step) -> tuple[str, ...]:
        if self._options.by == "node" or step.project is None:
            return self._options.projects
        if step.project not in self._options.projects:
            raise Refusal(
                code="strategy.grenade-step",
                brief=f"step {step.id} is about {step.project}, which Grenade does not upgrade here",
                resolution="Add it to projects, or give it to another strategy, and make a new plan.",
            )
        return (step.project,)

    def _devstacks(self, step: Step | None = None) -> Mapping[str, Path]:
        """Both DevStacks; without a step only where they are the same for every hop."""
        named = {"base DevStack": self._options.base_devstack, "target DevStack": self._options.target_devstack}
        known = {what: filled(path, step) if step else path for what, path in named.items()}
        return {what: Path(path) for what, path in known.items() if "{" not in path}

    def _configuration(self, step: Step | None = None) -> Mapping[str, Path]:
        """The files that may hold passwords."""
        files = {"localrc": self._options.localrc, "pluginrc": self._options.pluginrc}
        files |= {f"{what}'s {name}": path / name for what, path in self._devstacks(step).items() for name in _LOCAL}
        return dict(sorted(files.items()))


def _told(task: Task) -> Iterator[str]:
    """What our plugin reads, where a step is about a part of the node."""
    if task.half == "target" and task.upgrade != task.projects:
        yield f"VERIFY_RESOURCES={task.verify}"
        yield f"STAIRLIFT_PROJECTS='{' '.join(task.projects)}'"
        yield f"STAIRLIFT_UPGRADE='{' '.join(task.upgrade)}'"
        yield f"STAIRLIFT_REST='{' '.join(task.rest)}'"


def _require_step(step: Step, host: str) -> None:
    if step.hosts != (host,):
        raise Refusal(
            code="strategy.grenade-step",
            brief=f"step {step.id} is about {', '.join(step.hosts)}, and Grenade upgrades {host} only",
            resolution="Give other hosts to another strategy, or exclude them, and make a new plan.",
        )
    if not review.carried_out(step):
        raise Refusal(
            code="strategy.grenade-step",
            brief=f"step {step.id} is to {step.action}, which Grenade does not do by itself",
            resolution="Give the step to another strategy, and make a new plan.",
        )
