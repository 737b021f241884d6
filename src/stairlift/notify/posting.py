"""Posts something to an address and judges the answer. Of the address nobody is told more than its host."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from stairlift import __version__
from stairlift.model.notice import NotDelivered
from stairlift.notify.exchange import Exchange, within
from stairlift.notify.secrets import read_secret

if TYPE_CHECKING:  # who only reads settings has no use for it
    from requests import PreparedRequest, Response

#: Redirects that keep method and body (RFC 9110, 15.4.8 and 15.4.9), and so many of them.
_KEEP, _MOST = frozenset({307, 308}), 3
#: Answers that say that this very notice will never be taken; every other one may change once somebody has mended it.
_FOR_GOOD = frozenset({400, 405, 406, 410, 411, 413, 414, 415, 422})
#: So much of an answer is looked at, in bytes.
_LOOKED_AT = 64
_WORD = re.compile(r"[a-z][a-z0-9_]{1,40}")
_NOWHERE = "the address leads nowhere"
_REASONS = (
    ("CERTIFICATE_VERIFY_FAILED", "its certificate is not trusted"),
    ("NameResolutionError", "its name is not known"),
    ("Connection refused", "it refuses the connection"),
    ("unreachable", "no way leads there"),
    ("UnicodeEncodeError", "a header has letters that HTTP does not carry"),
    ("InvalidURL", _NOWHERE),
    ("LocationParseError", _NOWHERE),
    ("Invalid IPv6 URL", _NOWHERE),
)


@dataclass(frozen=True, slots=True)
class Address:
    """Where to post to: a URL, or a file that holds one because whoever knows it may post.

    `timeout`: so many seconds may all of it take, with redirects.
    """

    url: str = ""
    url_file: Path | None = None
    timeout: float = 10.0
    ca_file: Path | None = None

    def read(self) -> str:
        """The URL. Raises NotDelivered where the file has none."""
        found = read_secret(self.url_file) if self.url_file else self.url
        if not _is_of_the_web(found):
            raise NotDelivered(
                f"{self.url_file or 'url'} does not hold an address that begins with https:// or http://"
            )
        return found


def _is_of_the_web(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:  # half of an IPv6 address
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)


@dataclass(frozen=True, slots=True)
class Parcel:
    """What is posted. The values of `headers` may be secret."""

    body: bytes
    content_type: str
    headers: Mapping[str, str] = field(default_factory=dict)


def post(address: Address, parcel: Parcel) -> str:
    """Post it, and say what was answered. Raises NotDelivered for anything but 2xx.

    A redirect is followed where it stays with the same host and scheme: nobody else is to get it.
    """
    url = address.read()
    with within(address.timeout) as exchange:
        for _ in range(_MOST):
            with _posted(url, address, parcel, exchange) as answer:
                if answer.status_code not in _KEEP or (onward := _onward(url, answer)) is None:
                    return _judged(answer, url)
                url = onward
    raise NotDelivered(f"{_host(url)} redirects again and again")


def _posted(url: str, address: Address, parcel: Parcel, exchange: Exchange) -> "Response":
    import requests

    from stairlift.notify.bounded_http import bounded_session

    headers = {"Content-Type": parcel.content_type, "User-Agent": f"stairlift/{__version__}", **parcel.headers}
    try:
        with bounded_session() as session:
            answer = session.post(
                url,
                data=parcel.body,
                headers=headers,
                timeout=address.timeout,
                verify=str(address.ca_file) if address.ca_file else True,
                allow_redirects=False,
                stream=True,
                auth=_nobody,
            )
    except (requests.RequestException, OSError, ValueError) as wrong:  # the file of certificates; an address, a header
        if exchange.over or isinstance(wrong, requests.Timeout):
            raise _late(url, address) from wrong
        raise NotDelivered(f"{_host(url)} cannot be reached: {_reason(wrong)}") from wrong
    if exchange.over:  # its head was cut off, which passes for a whole one
        raise _late(url, address)
    return answer


def _late(url: str, address: Address) -> NotDelivered:
    return NotDelivered(f"{_host(url)} did not answer within {address.timeout:g} s")


def _nobody(request: "PreparedRequest") -> "PreparedRequest":
    """Nothing is taken from a .netrc."""
    return request


def _onward(url: str, answer: "Response") -> str | None:
    onward = urljoin(url, answer.headers.get("Location", ""))
    same = urlsplit(onward)[:2] == urlsplit(url)[:2]
    return onward if same and onward != url else None


def _judged(answer: "Response", url: str) -> str:
    status = answer.status_code
    if 200 <= status < 300:
        return f"HTTP {status}"
    told = f"{_host(url)} answered HTTP {status}{_word(answer)}"
    if 300 <= status < 400:
        told += "; redirects to another host are not followed"
    raise NotDelivered(told, for_good=status in _FOR_GOOD, after=_after(answer))


def _word(answer: "Response") -> str:
    """What some receivers say of themselves in one word (`invalid_token`); anything longer might repeat a secret."""
    import requests

    try:
        found = next(answer.iter_content(_LOOKED_AT), b"").decode("ascii", "replace").strip()
    except (requests.RequestException, OSError):
        return ""
    return f" ({found})" if _WORD.fullmatch(found) else ""


def _after(answer: "Response") -> float | None:
    told = answer.headers.get("Retry-After", "")
    return float(told) if told.isascii() and told.isdigit() and len(told) < 7 else None


def _reason(wrong: BaseException) -> str:
    """In words of ours: those of the library hold the address."""
    said = f"{type(wrong).__name__} {wrong}"
    return next((words for sign, words in _REASONS if sign in said), "the connection broke")


def _host(url: str) -> str:
    """All that is shown of an address."""
    return urlsplit(url).hostname or "the receiver"
