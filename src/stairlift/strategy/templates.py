"""Command lines of the operator's with placeholders in braces, and what they read for a step."""

from collections.abc import Callable, Mapping, Sequence
from string import Formatter

from stairlift.model.plan import Step
from stairlift.strategy.options import OptionReader
from stairlift.strategy.words import required_hosts, required_services

#: How each placeholder reads for a step; `{run}` is known only to a run.
_PLACEHOLDERS: Mapping[str, Callable[[Step], str]] = {
    "action": lambda step: step.action,
    "service": lambda step: ",".join(required_services(step)),
    "host": lambda step: ",".join(required_hosts(step)),
    "from": lambda step: str(step.source),
    "to": lambda step: str(step.target),
    "project": lambda step: step.project or "",
    "stage": lambda step: step.stage,
    "step": lambda step: step.id,
}


def read_template(reader: OptionReader, key: str, known: Sequence[str] = (*_PLACEHOLDERS, "run")) -> tuple[str, ...]:
    """The words of an option with their placeholders; UsageError for an unknown one, or what looks like a secret."""
    words = reader.command(key)
    reader.refuse_secrets(key, words, "Let the program read it from a file that only its account can read.")
    for field in (field for word in words for field in _fields(reader, key, word)):
        if field not in known:
            named = ", ".join(f"{{{name}}}" for name in known)
            raise reader.wrong(key, f"holds the unknown placeholder {{{field}}}", f"Known are {named}.")
    return words


def _fields(reader: OptionReader, key: str, word: str) -> tuple[str, ...]:
    hint = "A placeholder is a name in braces; {{ and }} are braces that are meant as such."
    try:
        parsed = tuple(Formatter().parse(word))
    except ValueError as wrong:
        raise reader.wrong(key, f"holds {word!r}: {wrong}", hint) from wrong
    if any(spec or conversion for _, _, spec, conversion in parsed):
        raise reader.wrong(key, f"holds {word!r}, whose placeholder asks for a format", hint)
    return tuple(field for _, field, _, _ in parsed if field is not None)


def render(template: tuple[str, ...], step: Step, run: str) -> tuple[str, ...]:
    """The words for a step. Refusal where it names no host, or a name that would be read as something else."""
    required_hosts(step)
    return tuple(_render(word, step, run) for word in template)


def _render(word: str, step: Step, run: str) -> str:
    return "".join(text + _value(field, step, run) for text, field, _, _ in Formatter().parse(word))


def _value(field: str | None, step: Step, run: str) -> str:
    if field is None:
        return ""
    return run if field == "run" else _PLACEHOLDERS[field](step)


def filled(template: Sequence[str], values: Mapping[str, str]) -> tuple[str, ...]:
    """The words with these values in place of their placeholders."""
    parsed = (Formatter().parse(word) for word in template)
    return tuple("".join(text + (values[field] if field else "") for text, field, _, _ in word) for word in parsed)


def names(template: Sequence[str], field: str) -> bool:
    """Whether this placeholder is in one of the words."""
    return any(field == found for word in template for _, found, _, _ in Formatter().parse(word))


def literal(word: str) -> str | None:
    """What the word says at any step, or None where that depends on the step."""
    parsed = list(Formatter().parse(word))
    return "".join(text for text, *_ in parsed) if all(field is None for _, field, *_ in parsed) else None
