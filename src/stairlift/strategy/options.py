"""Reading the keys of a `[[strategy]]` table: each is asked for once, and what nobody asked for is a mistake."""

import os
import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from stairlift.model.errors import UsageError

#: `db_password=...`, also in JSON. A switch or a number is no secret: rotate_secrets=true, token_days=3.
_SECRET = re.compile(
    r"""(\w*(?:passw(?:or)?d|secret|token|private_key)\w*)["']?\s*[=:]\s*["']?(?!(?:true|false|yes|no|\d+)\b)[^\s"']""",
    re.IGNORECASE,
)
#: `--db-password hunter2`; a placeholder, a file or another option behind it is none, nor is `--ask-...`.
_SECRET_OPTION = re.compile(r"(?<!\S)(?!--ask)(--?[\w-]*(?:passw(?:or)?d|secret|token))\s+(?![-{@/])\S", re.IGNORECASE)
_PASSWORD_IN_URL = re.compile(r"://[^/\s:@]*:[^/\s@]+@")


def absolute(folder: Path, text: str) -> Path:
    """A path of stairlift.toml, relative to its folder, made absolute; the home of nobody known stays as written."""
    return Path(os.path.normpath(folder / os.path.expanduser(text)))  # noqa: PTH111 - that of pathlib raises


class OptionReader:
    """The options of one strategy. Every method raises UsageError `strategy.option`, naming the key.

    The caller knows the file that they stand in and adds its name.
    """

    def __init__(self, use: str, options: Mapping[str, Any]) -> None:
        self._use = use
        self._options = options
        self._asked: set[str] = set()

    def wrong(self, key: str, what: str, resolution: str = "") -> UsageError:
        """The error to raise about a key."""
        brief = f"strategy {self._use!r}: {key} {what}"
        return UsageError(code="strategy.option", brief=brief, resolution=resolution)

    def _value(self, key: str) -> Any:
        self._asked.add(key)
        return self._options.get(key)

    def folder(self) -> Path:
        """The folder of stairlift.toml, which argv and paths are relative to; the caller supplies it."""
        value = self._value("folder")
        if not isinstance(value, str) or not Path(value).is_absolute():
            raise self.wrong("folder", "must be an absolute path")
        return Path(value)

    def text(self, key: str) -> str | None:
        """A text that is not empty, or None where the key is absent."""
        value = self._value(key)
        if value is None:
            return None
        if not isinstance(value, str) or not value.strip():
            raise self.wrong(key, "must be a text")
        return self._printable(key, value)

    def lines(self, key: str) -> str:
        """A text of any number of lines; "" where the key is absent."""
        value = self._value(key)
        if value is None:
            return ""
        if not isinstance(value, str) or not value.strip():
            raise self.wrong(key, "must be a text")
        return "\n".join(self._printable(key, line) for line in value.splitlines())

    def required_text(self, key: str) -> str:
        """A text that must be there."""
        value = self.text(key)
        if value is None:
            raise self.wrong(key, "is missing")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts; empty where the key is absent."""
        value = self._value(key)
        if value is None:
            return ()
        if not isinstance(value, list | tuple) or not all(isinstance(item, str) for item in value):
            raise self.wrong(key, "must be a list of texts", f'For example {key} = ["a", "b"].')
        return tuple(self._printable(key, item) for item in value)

    def command(self, key: str) -> tuple[str, ...]:
        """A list of texts whose first names a program; empty where the key is absent."""
        words = self.texts(key)
        if self._options.get(key) is not None and (not words or not words[0].strip()):
            raise self.wrong(key, "must name a program first")
        return words

    def text_or_texts(self, key: str) -> tuple[str, ...]:
        """One text, or a list of them."""
        if isinstance(self._options.get(key), str):
            return (self.required_text(key),)
        return self.texts(key)

    def choice(self, key: str, choices: tuple[str, ...]) -> str:
        """One of `choices`; the first is the default."""
        value = self.text(key) or choices[0]
        if value not in choices:
            raise self.wrong(key, f"must be one of {', '.join(choices)}, not {value!r}")
        return value

    def flag(self, key: str) -> bool:
        """True or false; false where the key is absent."""
        value = self._value(key)
        if not isinstance(value, bool | None):
            raise self.wrong(key, "must be true or false")
        return bool(value)

    def count(self, key: str) -> int | None:
        """A whole number of at least one, or None where the key is absent."""
        value = self._value(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise self.wrong(key, "must be a whole number of at least 1")
        return value

    def table(self, key: str) -> Mapping[str, Any]:
        """A table; empty where the key is absent."""
        value = self._value(key)
        if value is None:
            return {}
        if not isinstance(value, Mapping) or not all(isinstance(name, str) for name in value):
            raise self.wrong(key, "must be a table", f"For example {key} = {{ name = value }}.")
        return dict(value)

    def close(self) -> None:
        """Nothing more will be asked for: what is left over is unknown."""
        for key in sorted(set(self._options) - self._asked):
            near = get_close_matches(key, self._asked, n=1)
            known = ", ".join(sorted(self._asked - {"folder"}))
            hint = f"Did you mean {near[0]}? " if near else ""
            raise self.wrong(key, "is not an option", f"{hint}Known are: {known}.")

    def refuse_secrets(self, key: str, words: Sequence[str], resolution: str) -> None:
        """Plans and argument lists are read by many; what looks like a secret is refused, and not repeated."""
        for word in words:
            if (found := _SECRET.search(word)) is not None:
                raise self.wrong(key, f"holds {found[1]}, which looks like a secret", resolution)
            if _PASSWORD_IN_URL.search(word) is not None:
                raise self.wrong(key, "holds a URL with a password, which is a secret", resolution)
        if (found := _SECRET_OPTION.search(" ".join(words))) is not None:
            raise self.wrong(key, f"holds {found[1]} and what looks like a secret", resolution)

    def _printable(self, key: str, value: str) -> str:
        if any(ord(character) < 32 or ord(character) == 127 for character in value):
            raise self.wrong(key, "must not hold control characters")
        return value
