"""A report as HTML: a page by itself that needs nothing from elsewhere, and the same as a part of another page."""

from collections.abc import Iterable, Sequence
from html import escape

from stairlift.model.naming import printable
from stairlift.report.paper import Grid, Listing, Paper, Part, Section, Typed, Words
from stairlift.report.paper_words import cut

#: Black on white, no line of a table cut in two. On paper it is small: a change board gets one sheet or two.
_STYLE = """\
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem; color: #1a1a1a; }
h1 { font-size: 1.5rem; }
h2 { font-size: 1.1rem; margin-top: 1.8rem; border-bottom: 1px solid #bbb; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1rem; }
dt { font-weight: 600; }
dd { margin: 0; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .25rem .6rem; border-bottom: 1px solid #ddd; }
td:last-child { overflow-wrap: anywhere; min-width: 12rem; }
.wide { overflow-x: auto; }
.alert { font-weight: 700; }
pre { overflow-x: auto; white-space: pre-wrap; overflow-wrap: anywhere; }
@page { margin: 11mm; }
@media print {
  body { font-size: 8pt; line-height: 1.3; margin: 0; max-width: none; }
  h1 { font-size: 13pt; margin: 0 0 4pt; }
  h2 { font-size: 9.5pt; margin: 8pt 0 3pt; break-after: avoid; }
  p, ul, pre, dl { margin: 3pt 0; }
  th, td { padding: 1pt 5pt 1pt 0; }
  td:last-child { min-width: 0; }
  tr, pre, dl { break-inside: avoid; }
}
"""


def page(paper: Paper) -> str:
    """A whole document, without a script and without anything from another place; it prints well."""
    title = _text(paper.title)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n<style>\n{_STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n"
        f"{body(paper)}\n</main>\n</body>\n</html>\n"
    )


def body(paper: Paper) -> str:
    """What stands below the title: facts and sections. Every name in it is escaped."""
    facts = "".join(f"<dt>{_text(label)}</dt><dd>{_text(value)}</dd>" for label, value in paper.facts)
    return "\n".join((f"<dl>{facts}</dl>", *map(_section, paper.sections)))


def _section(one: Section) -> str:
    parts = "\n".join(text for part in one.parts for text in _part(part, one.title))
    name = f"report-{escape(one.key)}"
    return f'<section aria-labelledby="{name}">\n<h2 id="{name}">{_text(one.title)}</h2>\n{parts}\n</section>'


def _part(part: Part, title: str) -> Iterable[str]:
    match part:
        case Words():
            yield f'<p class="alert">{_text(part.text)}</p>' if part.weight else f"<p>{_text(part.text)}</p>"
        case Listing():
            items, more = cut(part.items)
            yield f"<ul>{''.join(f'<li>{_text(item)}</li>' for item in [*items, *filter(None, [more])])}</ul>"
        case Grid():
            rows, more = cut(part.rows)
            head = "".join(f'<th scope="col">{_text(column)}</th>' for column in part.columns)
            label = _text(f"{title}: {', '.join(part.columns)}")
            table = f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{_rows(rows)}\n</tbody>\n</table>"
            yield f'<div class="wide" role="region" aria-label="{label}" tabindex="0">\n{table}\n</div>'
            yield from (f"<p>{_text(more)}</p>" for more in filter(None, [more]))
        case Typed():
            yield f"<pre>{escape(chr(10).join(map(printable, part.lines)))}</pre>"


def _rows(rows: Iterable[Sequence[str]]) -> str:
    return "\n".join(f"<tr>{''.join(f'<td>{_text(cell)}</td>' for cell in row)}</tr>" for row in rows)


def _text(text: str) -> str:
    return escape(printable(text))
