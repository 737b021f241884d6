"""From an entry of stairlift.toml to what a plan records of it, and back at the run."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from stairlift.model.errors import StairliftError, UsageError
from stairlift.model.plan import Binding
from stairlift.model.work import Capabilities, Frozen
from stairlift.ports import UpgradeStrategy
from stairlift.strategy.files import fingerprint
from stairlift.strategy.registry import StrategyRegistry

T = TypeVar("T")


def freeze_binding(
    index: int,
    match: Mapping[str, tuple[str, ...]],
    use: str,
    options: Mapping[str, Any],
    *,
    registry: StrategyRegistry | None = None,
) -> Binding:
    """What a plan records of the entry at `index` (the first is 0; its id counts from 1, as people do).

    Raises UsageError where the options are wrong, name what does not exist, or are no JSON values.
    """
    found = registry or StrategyRegistry.installed()
    recorded = {key: _as_json(value, key) for key, value in options.items()}
    strategy = found.build(use, recorded)
    frozen = _frozen(strategy, use, found)
    able = _said(strategy.capabilities, Capabilities, use, found)
    return Binding(
        id=f"{use}-{index + 1}",
        use=use,
        match={key: tuple(globs) for key, globs in match.items()},
        options=recorded,
        concurrency=able.concurrency,
        can_undo=able.undo,
        files={file: _fingerprint(use, file) for file in sorted(frozen.files)},
        versions=dict(frozen.versions),
        manner=able.manner,
    )


def thaw(binding: Binding, *, registry: StrategyRegistry | None = None) -> UpgradeStrategy:
    """The strategy that a plan froze; UsageError where it is no longer installed."""
    return (registry or StrategyRegistry.installed()).build(binding.use, binding.options)


def changed_files(binding: Binding, *, registry: StrategyRegistry | None = None) -> tuple[str, ...]:
    """What is no longer as the plan recorded it, one sentence each; empty means that nothing has changed.

    Compared are the recorded files, the files that the strategy would record now, and the versions of its tools.
    """
    differences = tuple(text for file, recorded in binding.files.items() if (text := changed_file(file, recorded)))
    try:
        return (*differences, *changed_around(binding, registry=registry))
    except StairliftError as wrong:
        return differences or (wrong.brief,)


def changed_around(binding: Binding, *, registry: StrategyRegistry | None = None) -> tuple[str, ...]:
    """The files that the strategy would record now and did not, and the versions that its tools say.

    Raises UsageError where it cannot say, as `freeze` does.
    """
    found = registry or StrategyRegistry.installed()
    frozen = _frozen(thaw(binding, registry=found), binding.use, found)
    new = sorted(set(frozen.files) - set(binding.files))
    return (*(f"{file} is new" for file in new), *_versions(binding.versions, frozen.versions))


def changed_file(file: str, recorded: str) -> str | None:
    """How a file differs from the fingerprint that was recorded of it; None where it does not."""
    try:
        return None if fingerprint(Path(file)) == recorded else f"{file} has changed"
    except FileNotFoundError:
        return f"{file} is missing"
    except OSError as wrong:
        return f"{file} cannot be read: {wrong.strerror or wrong}"


def _frozen(strategy: UpgradeStrategy, use: str, registry: StrategyRegistry) -> Frozen:
    """What it would record now."""
    return _said(strategy.freeze, Frozen, use, registry)


def _said(ask: Callable[[], T], kind: type[T], use: str, registry: StrategyRegistry) -> T:
    """What a strategy says. It may be anybody's code, so what it raises or says amiss is told as a UsageError."""
    try:
        said = ask()
    except StairliftError:
        raise
    except (Exception, SystemExit) as wrong:
        raise registry.broken(use, wrong) from wrong
    if not isinstance(said, kind):
        raise registry.broken(use, TypeError(f"it gives a {type(said).__name__} where a {kind.__name__} is expected"))
    return said


def _versions(then: Mapping[str, str], now: Mapping[str, str]) -> Iterator[str]:
    for tool in sorted({*then, *now}):
        if then.get(tool) != now.get(tool):
            yield f"{tool} is {now.get(tool, 'absent')}, the plan was made with {then.get(tool, 'none')}"


def _fingerprint(use: str, file: str) -> str:
    try:
        return fingerprint(Path(file))
    except OSError as wrong:
        raise UsageError(
            code="strategy.unreadable-file",
            brief=f"strategy {use!r}: {file} cannot be read: {wrong.strerror or wrong}",
            resolution="Make it readable for the account that plans and runs.",
        ) from wrong


def _as_json(value: Any, key: str) -> Any:
    """The value as it comes back from a plan's JSON, so that planning and running build the same strategy."""
    if isinstance(value, Mapping):
        return {str(name): _as_json(item, key) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_as_json(item, key) for item in value]
    if value is None or isinstance(value, str | int | float | bool):
        return value
    raise UsageError(
        code="strategy.option",
        brief=f"{key} holds a {type(value).__name__}, which a plan cannot record",
        resolution="Write it as a text.",
    )
