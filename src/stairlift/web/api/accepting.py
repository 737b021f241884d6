"""Which of several forms of an answer a client would rather have (RFC 9110, 12.5.1)."""

from collections.abc import Sequence

from fastapi import Request


def preferred(request: Request, *offered: str) -> str:
    """Of the media types that are offered the one that Accept likes best; the first where it does not care."""
    wanted = [_range(text) for text in ",".join(request.headers.getlist("Accept")).split(",") if text.strip()]
    return max(offered, key=lambda media: (_quality(media, wanted), -offered.index(media)))


def _range(text: str) -> tuple[str, float]:
    media, *parameters = (part.strip().lower() for part in text.split(";"))
    given = next((value.removeprefix("q=") for value in parameters if value.startswith("q=")), "1")
    try:
        return media, float(given)
    except ValueError:
        return media, 0.0


def _quality(media: str, wanted: Sequence[tuple[str, float]]) -> float:
    """As the most exact range has it that fits."""
    kind = media.partition("/")[0]
    for fitting in (media, f"{kind}/*", "*/*"):
        found = [quality for one, quality in wanted if one == fitting]
        if found:
            return max(found)
    return 0.0
