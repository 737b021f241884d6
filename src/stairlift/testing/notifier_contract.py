"""What every ports.Notifier promises. Subclass it as a pytest class and give it the fixtures.

`notifier` sends to a receiver that takes everything; `told` gives what has arrived there, as texts; `silent` and
`refusing` send to receivers that never answer, and that say no for now.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import pytest

from stairlift.model.notice import KINDS, NotDelivered, Notice
from stairlift.ports import Notifier
from stairlift.report.notice import SCHEMA, trial_of

NOON = datetime(2026, 5, 4, 12, 0, 0, tzinfo=UTC)


def a_notice(kind: str = "paused", *, seq: int = 41, title: str = "lab: run r1 is paused", again: int = 0) -> Notice:
    """Something that happened to run r1 of the cloud lab."""
    step = {"id": "compute@cmp1", "action": "upgrade", "hosts": ["cmp1"], "one_way": True, "state": "waiting"}
    content = {
        "schema": SCHEMA,
        "run": "r1",
        "cloud": "lab",
        "title": title,
        "reason": "somebody <looks> & waits",
        "steps": [{**step, "reason": "a test asked for it"}],
        "steps_total": 1,
        "progress": {"done": 2, "pending": 3},
        "commands": ["stairlift status r1"],
    }
    return Notice("r1", seq, kind, NOON, content, again)


class NotifierContract:
    """The promises."""

    def test_what_is_told_arrives(self, notifier: Notifier, told: Callable[[], Sequence[str]]) -> None:
        assert notifier.send(a_notice())
        [text] = told()
        assert "lab: run r1 is paused" in text

    @pytest.mark.parametrize("kind", KINDS)
    def test_every_kind_arrives(self, notifier: Notifier, told: Callable[[], Sequence[str]], kind: str) -> None:
        notifier.send(a_notice(kind))
        assert len(told()) == 1

    def test_a_try_arrives(self, notifier: Notifier, told: Callable[[], Sequence[str]]) -> None:
        notifier.send(trial_of("ops", NOON))
        assert "ops" in told()[0]

    def test_the_same_may_be_sent_twice(self, notifier: Notifier, told: Callable[[], Sequence[str]]) -> None:
        notifier.send(a_notice())
        notifier.send(a_notice())
        assert len(told()) == 2

    def test_names_with_ends_of_lines_and_control_characters(
        self, notifier: Notifier, told: Callable[[], Sequence[str]]
    ) -> None:
        notifier.send(a_notice(title="lab\r\nBcc: eve@example.com\x1b[2J"))
        assert len(told()) == 1

    def test_texts_of_any_length_and_script(self, notifier: Notifier, told: Callable[[], Sequence[str]]) -> None:
        notifier.send(a_notice(title="日本 zürich " + "<&>" * 4000))
        assert "日本 zürich" in told()[0]

    def test_who_never_answers_is_not_waited_for(self, silent: Notifier) -> None:
        with pytest.raises(NotDelivered) as failed:
            silent.send(a_notice())
        assert not failed.value.for_good

    def test_who_says_no_for_now_is_asked_again(self, refusing: Notifier) -> None:
        with pytest.raises(NotDelivered) as failed:
            refusing.send(a_notice())
        assert failed.value.reason
        assert not failed.value.for_good
