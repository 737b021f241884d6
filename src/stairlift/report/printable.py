"""What programs printed as text that is safe to show: colours are left out, what cannot be seen becomes visible."""

import re

#: Escape sequences of terminals (ECMA-48): CSI, OSC up to its end, and the short ones.
_ESCAPES = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[PX^_][^\x1b]*(?:\x1b\\)?|[ -/]*[0-~])"
)
#: Control characters, and those that turn the direction of what stands behind them (CVE-2021-42574).
_HIDDEN = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
#: So many characters of a line are shown.
LONGEST = 4000


def printable(text: str) -> str:
    """A line as it can be shown; tabs stay what they are, a carriage return at its end is none of it."""
    return _HIDDEN.sub(lambda found: _visible(found[0]), _ESCAPES.sub("", text.removesuffix("\r")))


def cut(text: str) -> tuple[str, int]:
    """As much of a line as is shown, and how many characters are left out."""
    return text[:LONGEST], max(0, len(text) - LONGEST)


def _visible(character: str) -> str:
    code = ord(character)
    if code < 0x20:
        return chr(0x2400 + code)
    return "\u2421" if code == 0x7F else f"<U+{code:04X}>"
