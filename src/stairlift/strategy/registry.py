"""Which strategies are installed: classes found by their entry points, the built-in ones among them."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import Any, cast

from stairlift.model.errors import StairliftError, UsageError
from stairlift.ports import UpgradeStrategy

GROUP = "stairlift.strategies"
_METHODS = ("capabilities", "freeze", "job", "runbook", "judge")


@dataclass(frozen=True, slots=True)
class StrategyRegistry:
    """The entry points of the group `stairlift.strategies`; a class is imported when it is first used."""

    found: tuple[EntryPoint, ...]

    @classmethod
    def installed(cls) -> "StrategyRegistry":
        """What the packages of this interpreter offer."""
        return cls(tuple(entry_points(group=GROUP)))

    def names(self) -> tuple[str, ...]:
        """What `use` may say."""
        return tuple(sorted({point.name for point in self.found}))

    def load(self, use: str) -> type[UpgradeStrategy]:
        """The class behind a name; UsageError for an unknown or ambiguous name, or a plug-in that is broken."""
        point = self._entry_point(use)
        try:
            loaded = point.load()
        except (Exception, SystemExit) as wrong:
            raise _broken(point, f"{type(wrong).__name__}: {wrong}") from wrong
        lacking = [method for method in _METHODS if not callable(getattr(loaded, method, None))]
        if not isinstance(loaded, type) or lacking:
            raise _broken(point, f"It is no strategy class: it lacks {', '.join(lacking) or 'a constructor'}.")
        return cast(type[UpgradeStrategy], loaded)

    def build(self, use: str, options: Mapping[str, Any]) -> UpgradeStrategy:
        """A strategy made from its options; UsageError where they are wrong."""
        strategy_class = self.load(use)
        try:
            return strategy_class(options)
        except StairliftError:
            raise
        except Exception as wrong:
            raise self.broken(use, wrong) from wrong

    def broken(self, use: str, wrong: BaseException) -> UsageError:
        """The error to raise where a strategy raises what is none of ours."""
        return _broken(self._entry_point(use), f"{type(wrong).__name__}: {wrong}")

    def _entry_point(self, use: str) -> EntryPoint:
        named = {point.value: point for point in self.found if point.name == use}
        if not named:
            raise UsageError(
                code="strategy.unknown",
                brief=f"there is no strategy {use!r}",
                details=f"Installed are: {', '.join(self.names()) or 'none'}.",
                resolution="Correct `use`, or install the package that brings it.",
            )
        if len(named) > 1:
            raise UsageError(
                code="strategy.ambiguous",
                brief=f"several packages bring a strategy {use!r}",
                details=", ".join(sorted(named)),
                resolution="Uninstall all but one of them.",
            )
        return next(iter(named.values()))


def _broken(point: EntryPoint, details: str) -> UsageError:
    package = point.dist.name if point.dist else point.value
    return UsageError(
        code="strategy.broken",
        brief=f"the strategy {point.name!r} of {package} does not work",
        details=details,
        resolution=f"Repair or uninstall {package}.",
    )
