import json

from hypothesis import given
from hypothesis import strategies as st

from stairlift.strategy.progress import events

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(st.lists(VALUES))
def test_objects_come_back_in_order_and_nothing_else_does(values):
    progress = "\n".join(map(json.dumps, values))
    assert list(events(progress)) == [value for value in values if isinstance(value, dict)]


@given(st.text())
def test_no_text_breaks_it(text):
    assert all(isinstance(event, dict) for event in events(text))


def test_a_torn_line_costs_itself_only():
    assert list(events('{"a": 1}\n{"b": \n' + "[" * 200_000 + '\n{"c": 3}')) == [{"a": 1}, {"c": 3}]
