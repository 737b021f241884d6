"""Asking what checks want to know: every question once, many side by side, each answer a Reply and never an error."""

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from queue import Empty, SimpleQueue
from threading import Event, Thread
from time import monotonic
from typing import Any
from urllib.parse import urlencode

from stairlift.model.check import ApiQuestion, HostQuestion, Question, Reply, UrlQuestion
from stairlift.model.errors import SourceTrouble, StairliftError, Trouble
from stairlift.ports import Answer, CloudClient, Remote, UrlReader

#: As many as a session of the API keeps connections; shells in all, and on one host.
SIDE_BY_SIDE, HOSTS, PER_HOST = 10, 32, 3
PATIENCE = 600.0  # seconds for all questions together; on a busy host a program of OpenStack takes half a minute
USUAL = 300.0  # seconds that one of them takes at most, unless it says so
LIMIT = 1000  # rows of a page; the usual maximum of the services
_MOST_PAGES = 1000
_NOT_FOUND = 404

Pile = tuple[Question, ...]
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Ways:
    """What questions are asked through; None where nobody gave it. `api` connects when it is first called."""

    api: Callable[[], CloudClient] | None = None
    remote: Remote | None = None
    urls: UrlReader | None = None


def ask_all(questions: Iterable[Question], ways: Ways, *, patience: float = PATIENCE) -> Mapping[Question, Reply]:
    """A reply to every question. Few go to one host at a time, so that nobody meets its limit of logins (MaxStartups).

    What has not been answered after `patience` seconds is a timeout: its thread keeps no process alive. Where one may
    take longer than usual, so much longer is waited for all of them, as others stand behind it.
    """
    asked = tuple(dict.fromkeys(questions))
    heard: SimpleQueue[tuple[Question, Reply]] = SimpleQueue()
    over = Event()
    shells = [question for question in asked if isinstance(question, HostQuestion)]
    beside = partial(_answer, ways=ways, heard=heard, over=over)
    _begin(_piles(shells), beside, HOSTS)
    _begin([(q,) for q in asked if not isinstance(q, HostQuestion)], beside, SIDE_BY_SIDE)
    replies: dict[Question, Reply] = {}
    patience += max(0.0, max((question.timeout for question in shells), default=0.0) - USUAL)
    until = monotonic() + patience
    with suppress(Empty):
        while len(replies) < len(asked):
            question, reply = heard.get(timeout=max(0.0, until - monotonic()))
            replies[question] = reply
    over.set()
    return {question: replies.get(question, _late(patience)) for question in asked}


def _begin(piles: Iterable[Pile], answer: Callable[[Pile], None], threads: int) -> None:
    """Start so many threads, which take one pile after the other."""
    waiting: SimpleQueue[Pile] = SimpleQueue()
    for pile in piles:
        waiting.put(pile)

    def work() -> None:
        with suppress(Empty):
            while True:
                answer(waiting.get_nowait())

    for number in range(min(threads, waiting.qsize())):
        Thread(target=work, name=f"question {number}", daemon=True).start()


def _answer(pile: Pile, ways: Ways, heard: SimpleQueue[tuple[Question, Reply]], over: Event) -> None:
    """Ask one after the other, as long as somebody waits for it."""
    for question in pile:
        if not over.is_set():
            heard.put((question, ask(question, ways)))


def _piles(questions: Iterable[HostQuestion]) -> list[Pile]:
    """Questions to the same host, in a few piles; those of a pile are asked one after the other."""
    of_host: dict[str, list[Question]] = defaultdict(list)
    for question in questions:
        of_host[question.host].append(question)
    return [tuple(pile) for asked in of_host.values() for n in range(PER_HOST) if (pile := asked[n::PER_HOST])]


def _late(patience: float) -> Reply:
    return Reply(trouble=Trouble.TIMEOUT, detail=f"there was no answer within {patience:g} seconds")


def ask(question: Question, ways: Ways) -> Reply:
    """The reply to one question; whatever goes wrong is a trouble of it."""
    try:
        match question:
            case ApiQuestion():
                return _api(question, ways)
            case HostQuestion():
                return _host(question, ways)
            case UrlQuestion():
                return _url(question, ways)
    except SourceTrouble as trouble:
        return _silent(trouble)
    except StairliftError as error:
        return Reply(trouble=Trouble.UNREACHABLE, detail=_words(error))
    except Exception as error:  # noqa: BLE001
        _LOG.debug("question %r", question, exc_info=error)
        return Reply(trouble=Trouble.MALFORMED, detail=f"asking failed with {type(error).__name__}")


def _silent(trouble: SourceTrouble) -> Reply:
    """Why there is no answer. An API that has no such resource (404) has none of what is looked for."""
    kind = Trouble.NOT_DEPLOYED if trouble.status == _NOT_FOUND else trouble.trouble
    return Reply(trouble=kind, detail=_words(trouble), returncode=trouble.status)


def _words(error: StairliftError) -> str:
    return f"{error.brief.rstrip('.')}. {error.details.rstrip('.')}" if error.details else error.brief.rstrip(".")


def _api(question: ApiQuestion, ways: Ways) -> Reply:
    if ways.api is None:
        return Reply(trouble=Trouble.UNREACHABLE, detail="no way to the cloud's API was given")
    client = ways.api()
    if not question.collection:
        answer = client.get(question.service_type, question.path, question.microversion)
        return Reply(body=answer.documents["body"], cloud_time=answer.cloud_time)
    return _collected(question, client)


def _collected(question: ApiQuestion, client: CloudClient) -> Reply:
    rows: list[Any] = []
    marker: str | None = None
    for _ in range(_MOST_PAGES):
        answer = _page(question, client, marker)
        body = answer.documents["body"]
        page = body.get(question.collection) if isinstance(body, Mapping) else None
        if not isinstance(page, list):
            raise SourceTrouble(Trouble.MALFORMED, f"{question.path} gives no list of {question.collection}")
        rows += page
        onward = _marker(page) if question.paged and page and _announced(body, question.collection) else None
        if onward is None or onward == marker:
            return Reply(body=rows, cloud_time=answer.cloud_time)
        marker = onward
    raise SourceTrouble(Trouble.MALFORMED, f"{question.path} has no end")


def _page(question: ApiQuestion, client: CloudClient, marker: str | None) -> Answer:
    path = question.path
    if question.paged:
        query = urlencode({"limit": LIMIT} | ({"marker": marker} if marker else {}))
        path += ("&" if "?" in path else "?") + query
    return client.get(question.service_type, path, question.microversion)


def _marker(page: list[Any]) -> str | None:
    last = page[-1]
    found = last.get("id") or last.get("uuid") if isinstance(last, Mapping) else None
    return str(found) if found else None


def _announced(body: Mapping[str, Any], key: str) -> bool:
    """Whether another page follows: KEY_links (Nova, Neutron, Cinder), links (Heat, Designate), next (Ironic)."""
    links = body.get(f"{key}_links") or body.get("links") or ()
    if isinstance(links, Mapping):
        return bool(links.get("next"))
    return bool(body.get("next")) or any(isinstance(one, Mapping) and one.get("rel") == "next" for one in links)


def _host(question: HostQuestion, ways: Ways) -> Reply:
    if ways.remote is None:
        return Reply(trouble=Trouble.UNREACHABLE, detail="no way to the hosts was given")
    asked_at, begun = datetime.now(UTC), monotonic()
    ended = ways.remote.run(question.host, question.script, timeout=question.timeout)
    return Reply(
        returncode=ended.returncode,
        out=ended.out.decode(errors="replace"),
        err=ended.err,
        asked_at=asked_at,
        seconds=monotonic() - begun,
    )


def _url(question: UrlQuestion, ways: Ways) -> Reply:
    if ways.urls is None:
        return Reply(trouble=Trouble.UNREACHABLE, detail="no way to other addresses was given")
    return ways.urls.get(question.url, timeout=question.timeout)
