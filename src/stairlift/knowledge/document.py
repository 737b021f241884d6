"""Strict reading of the data files: every key is known, every entry names its source, nothing is said twice."""

from collections.abc import Iterable, Mapping
from datetime import date
from importlib import resources
from typing import Any

import yaml

from stairlift.model.errors import StairliftError
from stairlift.model.release import Release

try:  # libyaml reads ten times faster; PyYAML can be built without it
    from yaml import CSafeLoader as SafeLoader
except ImportError:
    from yaml import SafeLoader  # type: ignore[assignment]


class _Loader(SafeLoader):
    """YAML's safe loader, except that a key given twice is an error and not the loss of the first."""


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict[Any, Any]:
    found: dict[Any, Any] = {}
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        if key in found:
            raise invalid(f"line {key_node.start_mark.line + 1}", f"{key!r} is given twice")
        found[key] = loader.construct_object(value_node, deep=True)
    return found


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def invalid(where: str, what: str) -> StairliftError:
    """The error of a data file that cannot be right: a fault of the package, not of its user."""
    return StairliftError(
        code="knowledge.invalid",
        brief=f"stairlift's own data is wrong at {where}: {what}",
        resolution="Reinstall stairlift; if that does not help, report this message.",
    )


def parse(text: str) -> Any:  # whatever YAML holds
    """The content of a YAML text, read safely; `knowledge.invalid` for a key given twice."""
    return yaml.load(text, Loader=_Loader)  # derived from the safe loader  # noqa: S506


def read(name: str) -> "Entry":
    """The data file of this name in this package."""
    text = (resources.files("stairlift.knowledge") / name).read_text(encoding="utf-8")
    return Entry(parse(text), name)


class Entry:
    """A mapping of a data file whose every key must be taken once: what is left when it is closed is an error."""

    def __init__(self, content: object, where: str, sources: Mapping[str, str] | None = None) -> None:
        if not isinstance(content, dict):
            raise invalid(where, "a mapping is expected")
        self.where = where
        self._left: dict[str, Any] = {str(key): value for key, value in content.items()}
        self._sources = sources if sources is not None else self._take_sources()

    def _take_sources(self) -> Mapping[str, str]:
        """The public documents of a file, by the short names that its entries cite."""
        return {str(key): str(text) for key, text in self._left.pop("sources", {}).items()}

    def close(self) -> None:
        """Refuse keys that nobody asked for: a misspelt one must not be silently without effect."""
        if self._left:
            raise invalid(self.where, f"unknown keys {sorted(self._left)}")

    def source(self, *, inherited: str | None = None) -> str:
        """The public document that this entry rests on; required, unless the entry's parent gives one."""
        name = self._left.pop("source", None)
        if name is None and inherited is not None:
            return inherited
        if name not in self._sources:
            raise invalid(self.where, f"source {name!r} is not one of {sorted(self._sources)}")
        return self._sources[name]

    def finish(self) -> None:
        """Close an entry whose source is there for the reader of the file only; it must be there all the same."""
        self.source()
        self.close()

    def text(self, key: str, default: str | None = None, *, among: Iterable[str] | None = None) -> str:
        """A string; without a default it must be there, and it must be one of `among` if that is given."""
        value = self._left.pop(key, default)
        if not isinstance(value, str):
            raise invalid(f"{self.where}.{key}", f"a text is expected, not {value!r}")
        if among is not None and value not in among:
            raise invalid(f"{self.where}.{key}", f"{value!r} is not one of {sorted(among)}")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of strings, empty if it is not there; a single string counts as a list of one."""
        value = self._left.pop(key, [])
        values = [value] if isinstance(value, str) else value
        if not isinstance(values, list) or not all(isinstance(item, str) for item in values):
            raise invalid(f"{self.where}.{key}", f"a list of texts is expected, not {value!r}")
        return tuple(values)

    def flag(self, key: str) -> bool:
        """A truth value, false if it is not there."""
        value = self._left.pop(key, False)
        if not isinstance(value, bool):
            raise invalid(f"{self.where}.{key}", f"true or false is expected, not {value!r}")
        return value

    def number(self, key: str, default: int | None = None) -> int:
        """A whole number; without a default it must be there."""
        value = self._left.pop(key, default)
        if not isinstance(value, int) or isinstance(value, bool):
            raise invalid(f"{self.where}.{key}", f"a whole number is expected, not {value!r}")
        return value

    def amount(self, key: str) -> float:
        """A number that is not below 0, which must be there."""
        value = self._left.pop(key, None)
        if type(value) not in (int, float) or value < 0:
            raise invalid(f"{self.where}.{key}", f"a number is expected, not {value!r}")
        return float(value)

    def numbers(self, key: str) -> tuple[float, ...]:
        """A list of numbers, empty if it is not there."""
        value = self._left.pop(key, [])
        if not isinstance(value, list) or not all(type(item) in (int, float) for item in value):
            raise invalid(f"{self.where}.{key}", f"a list of numbers is expected, not {value!r}")
        return tuple(value)

    def counts(self, key: str) -> tuple[int, ...]:
        """A list of whole numbers, empty if it is not there."""
        values = self._left.pop(key, [])
        if not isinstance(values, list) or not all(isinstance(n, int) and not isinstance(n, bool) for n in values):
            raise invalid(f"{self.where}.{key}", f"a list of whole numbers is expected, not {values!r}")
        return tuple(values)

    def date(self, key: str) -> date:
        """A day that must be there."""
        value = self._left.pop(key, None)
        if not isinstance(value, date):
            raise invalid(f"{self.where}.{key}", f"a date is expected, not {value!r}")
        return value

    def release(self, key: str) -> Release | None:
        """A release by number, or None if it is not there."""
        value = self._left.pop(key, None)
        return None if value is None else release_at(f"{self.where}.{key}", value)

    def mapping(self, key: str) -> dict[str, Any]:
        """A mapping by strings, empty if it is not there."""
        value = self._left.pop(key, {})
        if not isinstance(value, dict):
            raise invalid(f"{self.where}.{key}", "a mapping is expected")
        return {str(name): item for name, item in value.items()}

    def entries(self, key: str) -> "tuple[Entry, ...]":
        """The entries of a list, empty if it is not there."""
        value = self._left.pop(key, [])
        if not isinstance(value, list):
            raise invalid(f"{self.where}.{key}", "a list is expected")
        return tuple(Entry(item, f"{self.where}.{key}[{n}]", self._sources) for n, item in enumerate(value))

    def child(self, key: str) -> "Entry | None":
        """The entry under a key, or None if it is not there."""
        value = self._left.pop(key, None)
        return None if value is None else Entry(value, f"{self.where}.{key}", self._sources)

    def children(self, key: str) -> "dict[str, Entry]":
        """The entries of a mapping, by their names, in the order of the file."""
        named = self.mapping(key)
        return {name: Entry(item or {}, f"{self.where}.{key}.{name}", self._sources) for name, item in named.items()}


def release_at(where: str, value: object) -> Release:
    """A release written as a quoted number; a bare 2025.1 is refused, since YAML reads it as a float."""
    if not isinstance(value, str):
        raise invalid(where, f"a quoted release number is expected, not {value!r}")
    return Release.parse(value)
