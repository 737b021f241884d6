"""What a bench found: a table that reads in a terminal and in Markdown, and the ratios that count."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Ratio:
    """How many times the one costs what the other does; `at_most` is the target, where there is one."""

    what: str
    value: float
    at_most: float | None = None

    def __str__(self) -> str:
        """For people: `a / b: 1.85 (at most 2)`."""
        target = "" if self.at_most is None else f" (at most {self.at_most:g})"
        return f"{self.what}: {self.value:.2f}{target}"


@dataclass(frozen=True)
class Table:
    """The first column is text, the others are numbers that were made text."""

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    ratios: tuple[Ratio, ...]

    @property
    def missed(self) -> tuple[Ratio, ...]:
        """The ratios that are not within their targets."""
        return tuple(r for r in self.ratios if r.at_most is not None and not r.value <= r.at_most)

    def __str__(self) -> str:
        """Title, table, ratios."""
        widths = [max(map(len, column)) for column in zip(self.heads, *self.rows, strict=True)]
        rule = tuple("-" * width if n == 0 else "-" * (width - 1) + ":" for n, width in enumerate(widths))
        lines = [_line(row, widths) for row in (self.heads, rule, *self.rows)]
        return "\n".join((self.title, "", *lines, "", *map(str, self.ratios)))


def _line(cells: tuple[str, ...], widths: list[int]) -> str:
    first, *others = zip(cells, widths, strict=True)
    return "| " + " | ".join((first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in others))) + " |"
