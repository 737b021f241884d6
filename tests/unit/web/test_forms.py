"""Every form of every template that changes something carries the word of its session; to sign in there is none yet."""

import re
from importlib import resources

import pytest

TEMPLATES = resources.files("stairlift.web") / "templates"
FORMS = [
    (file.name, form)
    for file in TEMPLATES.iterdir()
    if file.name.endswith(".html")
    for form in re.findall(r"<form\b.*?</form>", file.read_text(encoding="utf-8"), re.DOTALL)
    if re.search(r'method="post"', form, re.IGNORECASE)
]


def test_there_are_some():
    assert len(FORMS) >= 5


def test_the_fields_that_forms_share_have_it():
    parts = (TEMPLATES / "_parts.html").read_text(encoding="utf-8")
    assert "{{ csrf }}" in parts.partition("{% macro fields(")[2].partition("{% endmacro %}")[0]


@pytest.mark.parametrize(("name", "form"), FORMS)
def test_a_form_shows_that_it_is_ours(name, form):
    assert ("{{ csrf }}" in form or "{{ fields(" in form) == (name != "sign_in.html"), form
    assert not re.search(r'action="(https?:)?//', form)
