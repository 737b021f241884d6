"""Requests to a server: with the token, for as long as one may wait, again where that harms nobody."""

import json
import uuid
from collections.abc import Iterator, Mapping
from copy import copy
from typing import TYPE_CHECKING, Any

from stairlift import __version__
from stairlift.client.address import Address
from stairlift.client.patience import Patience
from stairlift.client.problems import error_of, is_problem
from stairlift.model.errors import StairliftError

if TYPE_CHECKING:  # who only reads settings has no use for it
    from requests import PreparedRequest, Response, Session

#: So often something is asked once more, after so many seconds (doubled each time), for answers that pass.
_AGAIN, _PAUSE, _PASSES = 2, 0.3, (502, 503, 504)
#: Seconds for a connection to come about.
_CONNECT = 10.0
#: What to do about a problem here, where the server's own words are for whoever asks it by other means.
_TO_TYPE = {
    "access.unknown": {
        "resolution": "Set STAIRLIFT_TOKEN_FILE, or STAIRLIFT_TOKEN, to one that holds; `stairlift token create NAME` "
        "on the server's machine makes it."
    }
}
_REASONS = (
    ("CERTIFICATE_VERIFY_FAILED", "its certificate is not trusted; STAIRLIFT_CACERT names who signed it"),
    ("WRONG_VERSION_NUMBER", "it does not speak TLS; is it http://?"),
    ("NameResolutionError", "its name is not known"),
    ("Connection refused", "it refuses the connection"),
    ("unreachable", "no way leads there"),
)


class Connection:
    """Somebody who asks one server. Whatever the server says is wrong is raised as the error that it was there.

    `again` is how often something is asked once more that nobody heard; with `patience` a server is waited for.

    Beside these: StairliftError (client.unreachable, client.late, client.answer).
    """

    def __init__(self, address: Address, *, again: int = _AGAIN, patience: Patience | None = None) -> None:
        self.address = address
        self._session = _session(address, again)
        self.patience = patience

    @property
    def hurried(self) -> "Connection":
        """The same without patience: for who would rather know nothing than wait."""
        other = copy(self)
        other.patience = None
        return other

    def get(self, path: str, **parameters: Any) -> Any:
        """A JSON document."""
        return _json(self._got(path, parameters), self.address)

    def tagged(self, path: str) -> tuple[Any, str]:
        """A JSON document and its tag, to be shown by who acts on it."""
        answer = self._got(path)
        return _json(answer, self.address), self._tag(answer)

    def since(self, path: str, tag: str) -> tuple[Any, str]:
        """A document and its tag; None for it where it is still that of this tag. "*" asks for the tag alone."""
        answer = self._got(path, headers={"If-None-Match": tag})
        found = None if answer.status_code == _AS_BEFORE else _json(answer, self.address)
        return found, self._tag(answer)

    def pages(self, path: str, name: str, most: int | None = None, **parameters: Any) -> Iterator[Any]:
        """The rows of a list, page by page; the first so many."""
        found = self.get(path, **{"limit": min(most or _PAGE, _PAGE), **parameters})
        left = most
        while True:
            rows = found[name][:left]
            yield from rows
            left = None if left is None else left - len(rows)
            onward = next((link["href"] for link in found.get("links", ()) if link["rel"] == "next"), None)
            if onward is None or left == 0:
                return
            found = self.get(onward)

    def raw(self, path: str, accept: str, first: int = 0, **parameters: Any) -> bytes:
        """What is no JSON; of a file what is behind its `first` bytes."""
        headers = {"Accept": accept} | ({"Range": f"bytes={first}-"} if first else {})
        answer = self._got(path, parameters, headers)
        return b"" if answer.status_code == _NOTHING_BEHIND else answer.content

    def post(self, path: str, body: Any, *, match: str = "", key: str = "") -> Any:
        """Have something done, once, and give what is said of it: asked again under the same key it is not done again.

        `match` is the tag of what was seen before.
        """
        headers = {"Content-Type": "application/json", "Idempotency-Key": key or uuid.uuid4().hex}
        headers |= {"If-Match": match} if match else {}
        text = body if isinstance(body, bytes) else json.dumps(body).encode()
        return _json(self._asked("POST", path, headers=headers, data=text), self.address)

    def delete(self, path: str) -> None:
        """Have something taken away."""
        self._asked("DELETE", path)

    def close(self) -> None:
        """Let the connection go."""
        self._session.close()

    def _got(
        self, path: str, parameters: Mapping[str, Any] | None = None, headers: Mapping[str, str] | None = None
    ) -> "Response":
        """The one way of asking that changes nothing, and may be tried for as long as one likes."""
        given = {name: value for name, value in (parameters or {}).items() if value is not None}

        def ask() -> "Response":
            return self._asked("GET", path, params=given, headers=headers)

        return self.patience.outlast(ask) if self.patience else ask()

    def _asked(self, method: str, path: str, **given: Any) -> "Response":
        import requests

        address = self.address
        try:
            answer = self._session.request(
                method,
                f"{address.url}{path}",
                timeout=(min(_CONNECT, address.timeout), address.timeout),
                verify=str(address.ca_file) if address.ca_file else True,
                proxies={"no_proxy": address.host} if address.here else None,  # none sees what stays on this machine
                allow_redirects=False,
                **given,
            )
        except requests.RequestException as wrong:
            raise _failed(wrong, address) from wrong
        _demand_good(answer, address)
        return answer

    def _tag(self, answer: "Response") -> str:
        """As the server gave it: a proxy that compresses makes it a weak one, which is none to act by."""
        tag = answer.headers.get("ETag", "").removeprefix("W/")
        if not tag:
            raise _strange(self.address, "an answer whose tag is lost")
        return tag


#: The most that a page of a list takes.
_PAGE = 1000
#: What is said where a document is the one that is known, and where a file has no more bytes.
_AS_BEFORE, _NOTHING_BEHIND = 304, 416


def _session(address: Address, again: int) -> "Session":
    import requests
    from requests.adapters import HTTPAdapter
    from urllib3.util import Retry

    session = requests.Session()
    session.headers.update({"Accept": "application/json", "User-Agent": f"stairlift/{__version__}"})
    session.auth = _bearer(address)
    retry = Retry(
        total=again,
        connect=again,
        read=min(again, 1),
        status=again,
        other=0,
        allowed_methods=None,  # each POST has a key under which it is done once
        status_forcelist=_PASSES,
        backoff_factor=_PAUSE,
        respect_retry_after_header=False,  # it may tell of minutes, and there is somebody who waits
        raise_on_status=False,
    )
    session.mount(address.url, HTTPAdapter(max_retries=retry))
    session.mount(f"{address.url}/v1/tokens", HTTPAdapter())  # a token is shown once and by one answer
    return session


class _Bearer:
    """Shows the token, and that alone: nothing is taken from a .netrc."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: "PreparedRequest") -> "PreparedRequest":
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


def _bearer(address: Address) -> _Bearer:
    return _Bearer(address.token)


def _demand_good(answer: "Response", address: Address) -> None:
    if 200 <= answer.status_code < 300 or answer.status_code in {_AS_BEFORE, _NOTHING_BEHIND}:
        return
    problem = _problem(answer)
    if problem is not None:
        raise error_of({**problem, "status": answer.status_code, **_TO_TYPE.get(problem["code"], {})})
    if answer.status_code in _PASSES:
        raise _unreachable(address, f"a proxy answers in its place, with HTTP {answer.status_code}")
    raise _strange(address, f"HTTP {answer.status_code}")


def _problem(answer: "Response") -> Mapping[str, Any] | None:
    """What one of ours says is wrong; None of others."""
    try:
        found = json.loads(answer.content)
    except ValueError:
        return None
    return found if is_problem(found) else None


def _json(answer: "Response", address: Address) -> Any:
    try:
        return json.loads(answer.content)
    except ValueError as broken:
        raise _strange(address, "an answer that is no JSON") from broken


def _strange(address: Address, what: str) -> StairliftError:
    return StairliftError(
        code="client.answer",
        brief=f"{address.place} answers, but not as a stairlift server: {what}",
        resolution="See whether STAIRLIFT_URL names the server, and what its proxy says.",
    )


def _failed(wrong: BaseException, address: Address) -> StairliftError:
    import requests

    if isinstance(wrong, requests.ReadTimeout) or "Read timed out" in str(wrong):
        return StairliftError(
            code="client.late",
            brief=f"{address.place} did not answer within {address.timeout:g} s",
            details="What it was told may have been done all the same.",
            resolution="Ask again; STAIRLIFT_TIMEOUT lets it take longer.",
        )
    return _unreachable(address, _reason(wrong))


def _unreachable(address: Address, why: str) -> StairliftError:
    return StairliftError(
        code="client.unreachable",
        brief=f"{address.place} cannot be reached: {why}",
        resolution="See whether it runs (`stairlift serve`), and whether STAIRLIFT_URL names it. A run that it carries "
        "out does not need you.",
    )


def _reason(wrong: BaseException) -> str:
    """In words of ours: those of the library hold addresses and objects."""
    said = f"{type(wrong).__name__} {wrong}"
    return next((words for sign, words in _REASONS if sign in said), "the connection broke")
