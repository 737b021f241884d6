"""Posts notices to an incoming webhook of Slack, or of what speaks the same (Mattermost, Rocket.Chat, Zulip)."""

import re
from dataclasses import dataclass
from typing import Any

from stairlift.model.notice import ENDS, Notice
from stairlift.notify.posting import Address, Parcel, post
from stairlift.report.notice import body_of

#: The most that a section takes (Slack's reference of blocks), and a little less.
_LONGEST = 2_900
_HALF = re.compile(r"&[a-z]{0,3}$")
_SIGNS = {"finished": "✔", "rolled_back": "✔", "failed": "✘", "step_failed": "✘", "approval_requested": "?"}


@dataclass(frozen=True, slots=True)
class Slack:
    """Fills ports.Notifier."""

    address: Address

    def send(self, notice: Notice) -> str:
        """See ports.Notifier."""
        import orjson

        return post(self.address, Parcel(orjson.dumps(message(notice)), "application/json; charset=utf-8"))


def message(notice: Notice) -> dict[str, Any]:
    """The body: `text` is what a notification shows, `blocks` what the channel does. Names are only names in it."""
    title = _cut(_escaped(f"{_sign(notice)}{notice.content['title']}"))
    blocks = [_section(f"*{title}*")]
    if body := body_of(notice):
        blocks.append(_section(f"```{_cut(_escaped(body))}```"))
    return {"text": title, "blocks": blocks}


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def _sign(notice: Notice) -> str:
    sign = _SIGNS.get(notice.kind, "■" if notice.kind in ENDS else "")
    return f"{sign} " if sign else ""


def _cut(text: str) -> str:
    """No longer than Slack takes it, with no half of an escaped character at its end."""
    return text if len(text) <= _LONGEST else _HALF.sub("", text[:_LONGEST]) + " ..."


def _escaped(text: str) -> str:
    """What Slack asks to be escaped, so that no name of a host mentions a whole channel or ends the quotation."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("`", "'")
