"""The command lines of Puppet: the run itself, and the one that tells where its summary is."""

import shlex
from collections.abc import Iterator, Sequence

from stairlift.strategy.on_host import script
from stairlift.strategy.puppet.options import PuppetOptions

#: How often an agent looks whether another one still runs, in seconds; the option wait_for_lock says how long.
_LOOK_EVERY = 5
#: What `agent --test` stands for, but for show_diff, which prints secrets and which --no-show_diff beside --test does
#: not surely take back. A cached catalog would be that of the release before.
_ONE_AGENT_RUN = ("--onetime", "--no-daemonize", "--no-splay", "--no-usecacheonfailure", "--no-use_cached_catalog")
#: Without detailed exit codes a failed resource leaves 0, without verbose there is no trace of the evaluation. noop is
#: always said, because puppet.conf may say otherwise.
_TOLD = ("--detailed-exitcodes", "--verbose", "--evaltrace", "--no-show_diff", "--color=false", "--logdest", "console")


def run_words(options: PuppetOptions, environment: str | None, tags: Sequence[str], *, noop: bool) -> tuple[str, ...]:
    """One run of Puppet; without tags, the whole catalog."""
    return (
        *options.command,
        options.mode,
        *(_agent_words(options) if options.mode == "agent" else ()),
        *_TOLD,
        "--noop" if noop else "--no-noop",
        *(("--environment", environment) if environment else ()),
        *(("--tags", ",".join(tags)) if tags else ()),
        *_paths(options),
        *_settings(options),
        *((options.path(options.manifest),) if options.manifest else ()),
    )


def on_host_words(options: PuppetOptions, tags: Sequence[str], run: Sequence[str]) -> tuple[str, ...]:
    """The run as the host does it: our script around it prints the summary, and how much each tag has caught."""
    files = shlex.join((*options.command, *_where_files_are(options)))
    text = script("on_host.sh", "stairlift.strategy.puppet")
    return ("sh", "-c", text, "stairlift-puppet", ",".join(tags), files, *run)


def _where_files_are(options: PuppetOptions) -> Iterator[str]:
    section = "agent" if options.mode == "agent" else "user"
    yield from ("config", "print", "lastrunfile", "lastrunreport", "--section", section)
    yield from _settings(options)


def _agent_words(options: PuppetOptions) -> Iterator[str]:
    yield from _ONE_AGENT_RUN
    yield from ("--waitforlock", str(_LOOK_EVERY), "--maxwaitforlock", str(options.wait))


def _paths(options: PuppetOptions) -> Iterator[str]:
    if options.modulepath is not None:
        yield from ("--modulepath", ":".join(map(options.path, options.modulepath.split(":"))))
    if options.hiera_config is not None:
        yield from ("--hiera_config", options.path(options.hiera_config))


def _settings(options: PuppetOptions) -> Iterator[str]:
    for name, value in sorted(options.settings.items()):
        if isinstance(value, bool):
            yield f"--{name}" if value else f"--no-{name}"
        else:
            yield from (f"--{name}", str(value))
