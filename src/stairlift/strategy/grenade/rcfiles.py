"""The shell files that an attempt adds to its working copy of Grenade: localrc, pluginrc, and a plugin of our own.

The driver has no option for a single project. What it has is plugins, whose `settings` it sources in its own shell once
all projects are registered; one that is listed last can shorten the list (`UPGRADE_PROJECTS`).
"""

import hashlib
import shlex
from collections.abc import Iterator

from stairlift.knowledge.releases import all_series
from stairlift.model.plan import Step
from stairlift.strategy.grenade.options import GrenadeOptions, filled
from stairlift.strategy.grenade.runner.task import Task

#: Sourced by the driver. In the base half it only compares; `STAIRLIFT_PROJECTS` is what the operator said there is.
SETTINGS = """\
# Written by Stairlift for one attempt. STAIRLIFT_UPGRADE shortens the list of projects, STAIRLIFT_REST names those that
# are new already and whose resources this attempt verifies and removes.
stairlift_found=$(echo $UPGRADE_PROJECTS)
if [[ -n "$STAIRLIFT_PROJECTS" && "$stairlift_found" != "$STAIRLIFT_PROJECTS" ]]; then
    die $LINENO "Grenade would upgrade '$stairlift_found' here, and stairlift.toml says '$STAIRLIFT_PROJECTS'"
fi
if [[ -n "$STAIRLIFT_UPGRADE" ]]; then
    UPGRADE_PROJECTS=""
    if [[ -n "$STAIRLIFT_REST" ]]; then
        export STAIRLIFT_REST_DIRS=""
        for stairlift_project in $STAIRLIFT_REST; do
            STAIRLIFT_REST_DIRS+=" ${PLUGIN_DIR[$stairlift_project]}"
        done
        register_project_for_upgrade stairlift
    fi
    UPGRADE_PROJECTS+=" $STAIRLIFT_UPGRADE"
fi
"""
UPGRADE = """\
#!/usr/bin/env bash
# The projects that this stands for are new already.
exit 0
"""
RESOURCES = """\
#!/usr/bin/env bash
# The resources of the projects that earlier attempts upgraded: looked at in their order, removed in the reverse of it.
case "$1" in
    verify) ;;
    destroy)
        reversed=""
        for dir in $STAIRLIFT_REST_DIRS; do reversed="$dir $reversed"; done
        STAIRLIFT_REST_DIRS=$reversed
        ;;
    *) exit 0 ;;
esac
for dir in $STAIRLIFT_REST_DIRS; do
    if [[ -e $dir/resources.sh ]]; then
        echo "Stairlift: $dir/resources.sh $*"
        "$dir/resources.sh" "$@" || exit $?
    fi
done
"""
#: The driver never updates a plugin that it has: another content is another plugin.
PLUGIN = "stairlift-" + hashlib.sha256((SETTINGS + UPGRADE + RESOURCES).encode()).hexdigest()[:8]
PLUGIN_BRANCH = "stairlift"


def localrc(options: GrenadeOptions, step: Step, task: Task) -> str:
    """The operator's localrc, then what he set in stairlift.toml, then what the strategy decides: the last one wins."""
    lines = [f"source {options.localrc}"] if options.localrc.is_file() else []
    lines += [f"export {name}={shlex.quote(value)}" for name, value in sorted(options.settings.items())]
    lines += [f"{name}={value}" for name, value in _decided(options, step, task)]
    return "\n".join(("# Written by Stairlift for one attempt.", *lines)) + "\n"


def _decided(options: GrenadeOptions, step: Step, task: Task) -> Iterator[tuple[str, str]]:
    yield "STACK_ROOT", str(options.stack_root)
    yield "BASE_RELEASE", filled(options.base_release, step)
    yield "TARGET_RELEASE", task.target_release
    yield "BASE_DEVSTACK_DIR", filled(options.base_devstack, step)
    yield "TARGET_DEVSTACK_DIR", filled(options.target_devstack, step)
    yield "BASE_DEVSTACK_BRANCH", filled(options.base_branch, step)
    yield "TARGET_DEVSTACK_BRANCH", filled(options.target_branch, step)
    yield "GRENADE_USE_EXTERNAL_DEVSTACK", str(options.external)
    yield "VERIFY_RESOURCES", str(task.verify)
    yield "ENABLE_TEMPEST", str(task.tempest)
    yield "RUN_SMOKE", str(task.smoke)
    yield "BASE_RUN_SMOKE", str(task.smoke)
    yield "TARGET_RUN_SMOKE", str(task.smoke)
    yield "NOVA_ENABLE_UPGRADE_WORKAROUND", str(_skips(step))
    if options.plugin_dir:
        yield "PLUGIN_DIR", str(options.plugin_dir)


def _skips(step: Step) -> bool:
    """Whether the hop leaves a release out, which Nova's new control plane refuses unless told (nova, workarounds)."""
    order = [one.release for one in all_series()]
    return step.target in order and step.source in order and order.index(step.target) - order.index(step.source) > 1


def pluginrc(options: GrenadeOptions, task: Task) -> str:
    """The operator's pluginrc and plugins, and ours as the last."""
    lines = [f"source {options.pluginrc}"] if options.pluginrc.is_file() else []
    lines += [f"enable_grenade_plugin {p.name} {p.url}{f' {p.branch}' if p.branch else ''}" for p in options.plugins]
    lines.append(f"enable_grenade_plugin {PLUGIN} file://{task.plugin_dir}/{PLUGIN} {PLUGIN_BRANCH}")
    return "\n".join(("# Written by Stairlift for one attempt.", *lines)) + "\n"
