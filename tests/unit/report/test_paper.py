"""One report, three ways to see it: each says all of it, and no name in it becomes markup."""

import re
from html.parser import HTMLParser

import orjson
from hypothesis import example, given
from hypothesis import strategies as st

from stairlift.report.paper import Grid, Listing, Paper, Section, Typed, Words, grid, listing, section, words
from stairlift.report.paper_html import body, page
from stairlift.report.paper_words import SHOWN, cut, markdown, plain, report_document

NASTY = '<img src=x onerror=alert(1)>|`a`\n# *b* [c](javascript:d) & "e"'


def a_paper(text: str = "cmp1") -> Paper:
    parts = (Words(text), Words(text, "alert"), Listing((text,)), Grid(("Host", text), ((text, "x"),)), Typed((text,)))
    return Paper(
        "before", text, (("Cloud", text),), (Section("scope", text, parts),), {"steps": 3, "expected_p50": None}
    )


class _Seen(HTMLParser):
    """What a browser would make of it: its tags, attributes and text."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.text = ""

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data):
        self.text += data


def seen(html: str) -> _Seen:
    parser = _Seen()
    parser.feed(html)
    return parser


_OWN = {
    "html",
    "head",
    "meta",
    "title",
    "style",
    "body",
    "main",
    "h1",
    "h2",
    "dl",
    "dt",
    "dd",
    "section",
    "p",
    "ul",
    "li",
}
_OWN |= {"table", "div", "thead", "tbody", "tr", "th", "td", "pre"}


@given(st.text())
@example(NASTY)
def test_no_name_becomes_a_tag_or_an_attribute(text):
    found = seen(page(a_paper(text)))
    assert found.tags <= _OWN
    assert found.attributes <= {"lang", "charset", "name", "content", "aria-labelledby", "id", "scope", "class"} | {
        "role",
        "aria-label",
        "tabindex",
    }


def test_a_page_needs_nothing_from_elsewhere():
    html = page(a_paper())
    assert not re.search(r"https?:|src=|href=|<script|@import|url\(", html)
    assert "@media print" in html


def test_what_is_a_part_of_another_page_says_the_same():
    assert body(a_paper(NASTY)) in page(a_paper(NASTY))
    assert NASTY.partition("\n")[0] in seen(body(a_paper(NASTY))).text


@given(st.text(min_size=1))
@example(NASTY)
def test_no_name_becomes_a_row_a_heading_or_a_tag_in_markdown(text):
    lines = markdown(a_paper(text)).splitlines()
    assert sum(line.startswith("#") for line in lines) == 2
    assert len([line for line in lines if line.startswith("|")]) == 3
    assert not re.search(r"(?<!\\)(\\\\)*<", "\n".join(line for line in lines if not line.startswith("    ")))


def test_what_begins_a_line_stays_text():
    assert [plain(text) for text in ("1. host", "- host", "# host", "cmp1", "a_b", "2025.1")] == [
        "1\\. host",
        "\\- host",
        "\\# host",
        "cmp1",
        "a_b",
        "2025\\.1",
    ]


def test_programs_get_all_and_people_the_first():
    many = tuple(f"cmp{n}" for n in range(100))
    paper = Paper(
        "before", "x", (), (section("scope", "x", listing(many), grid(("Host",), [(name,) for name in many])),)
    )
    assert len(report_document(paper)["sections"][0]["parts"][0]["items"]) == 100
    text = markdown(paper)
    assert f"cmp{SHOWN - 1}" in text
    assert f"cmp{SHOWN}\n" not in text
    assert text.count("... and 85 more; -o json has all") == 2
    assert "... and 85 more; -o json has all" in page(paper)


def test_one_more_than_are_shown_is_shown():
    assert cut(range(SHOWN + 1)) == (range(SHOWN + 1), "")


def test_the_document_says_everything():
    document = orjson.loads(orjson.dumps(report_document(a_paper())))
    assert (document["schema"], document["kind"], document["facts"]) == (
        "stairlift.report/1",
        "before",
        {"Cloud": "cmp1"},
    )
    assert document["numbers"] == {"steps": 3, "expected_p50": None}
    parts = document["sections"][0]["parts"]
    assert [sorted(part) for part in parts] == [["text", "weight"]] * 2 + [["items"], ["columns", "rows"], ["commands"]]


def test_what_there_is_not_takes_no_room():
    assert section("left", "x", words(""), listing([]), grid(("a",), [])) == Section("left", "x", ())
