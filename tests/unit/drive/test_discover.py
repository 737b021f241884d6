"""Asking all sources: whatever one of them does, the others are heard, in order and in time."""

import subprocess
import sys
import threading
import time
from datetime import UTC, datetime

import pytest

from stairlift.drive.discover import SIDE_BY_SIDE, observe, observe_all
from stairlift.model.errors import SourceTrouble, Trouble, UsageError
from stairlift.model.observation import EndpointRecord, Observation
from stairlift.ports import Answer

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
FACT = EndpointRecord("compute", "public", "http://nova")


def clock():
    return NOW


class Told:
    """A source that answers, or does whatever it is told to."""

    def __init__(self, name="told", fetch=None, facts=(FACT,), read=None, **documents):
        self.name = name
        self._fetch = fetch
        self._read = read
        self._facts = facts
        self._documents = documents

    def fetch(self):
        if self._fetch:
            self._fetch()
        return Answer(self._documents, NOW)

    def read(self, answer):
        if self._read:
            self._read()
        return self._facts


def raising(error):
    def act():
        raise error

    return act


def test_facts_keep_their_source_and_times():
    assert observe_all([Told()], clock) == (Observation("told", NOW, (FACT,), cloud_time=NOW),)


def test_no_sources_no_observations():
    assert observe_all([], clock) == ()


def test_the_order_is_that_of_the_sources():
    sources = [Told(str(n), fetch=lambda n=n: time.sleep(0.05 * (5 - n))) for n in range(5)]
    assert [o.source for o in observe_all(sources, clock)] == list("01234")


def test_sources_are_asked_side_by_side():
    meeting = threading.Barrier(SIDE_BY_SIDE, timeout=5)
    sources = [Told(str(n), fetch=meeting.wait) for n in range(SIDE_BY_SIDE)]
    assert all(o.trouble is None for o in observe_all(sources, clock))


def test_but_not_all_at_once():
    busy, most, lock = [0], [0], threading.Lock()

    def fetch():
        with lock:
            busy[0] += 1
            most[0] = max(most[0], busy[0])
        time.sleep(0.02)
        with lock:
            busy[0] -= 1

    observations = observe_all([Told(str(n), fetch=fetch) for n in range(3 * SIDE_BY_SIDE)], clock)
    assert len(observations) == 3 * SIDE_BY_SIDE
    assert most[0] == SIDE_BY_SIDE


@pytest.mark.parametrize("trouble", list(Trouble))
def test_a_trouble_is_kept_as_it_is(trouble):
    error = SourceTrouble(trouble, "In a word", "And more.")
    assert observe(Told(fetch=raising(error)), clock) == Observation(
        "told", NOW, trouble=trouble, detail="In a word. And more."
    )
    assert observe(Told(read=raising(error)), clock).trouble is trouble


@pytest.mark.parametrize(
    ("error", "trouble"),
    [
        (ZeroDivisionError("x"), Trouble.MALFORMED),
        (TimeoutError(), Trouble.TIMEOUT),
        (ConnectionRefusedError(), Trouble.UNREACHABLE),
        (SystemExit(3), Trouble.MALFORMED),
        (KeyboardInterrupt(), Trouble.MALFORMED),
        (MemoryError(), Trouble.MALFORMED),
        (UsageError(code="x", brief="the file is wrong"), Trouble.MALFORMED),
    ],
)
def test_whatever_a_source_raises_is_its_own_trouble(error, trouble):
    broken, sound = observe_all([Told("broken", fetch=raising(error)), Told("sound")], clock)
    assert (broken.source, broken.trouble, broken.facts) == ("broken", trouble, ())
    assert sound.facts == (FACT,)


def test_an_exception_is_named_with_its_place_and_without_its_text():
    detail = observe(Told(fetch=raising(ValueError("password=hunter2"))), clock).detail
    assert "ValueError" in detail
    assert "test_discover.py" in detail
    assert "hunter2" not in detail


@pytest.mark.parametrize("facts", [("a fact",), (FACT, None), 5, None])
def test_facts_that_are_none_are_malformed(facts):
    assert observe(Told(facts=facts), clock).trouble is Trouble.MALFORMED


def test_what_a_source_left_out_is_told():
    observation = observe(Told(notes=["no version of image", "no version of dns"]), clock)
    assert observation.trouble is None
    assert observation.detail == "no version of image; no version of dns"


def test_a_clock_without_a_zone_is_utc():
    source = Told()
    source.fetch = lambda: Answer({}, NOW.replace(tzinfo=None))
    assert observe(source, clock).cloud_time == NOW


def test_a_source_that_hangs_is_left_alone():
    forever = threading.Event()
    started = time.monotonic()
    hanging, sound = observe_all([Told("hangs", fetch=forever.wait), Told("sound")], clock, patience=0.3)
    assert time.monotonic() - started < 2
    assert (hanging.source, hanging.trouble) == ("hangs", Trouble.TIMEOUT)
    assert "0.3 seconds" in hanging.detail
    assert sound.facts == (FACT,)
    forever.set()


def test_and_does_not_keep_the_process_alive():
    code = (
        "import threading\n"
        "from datetime import UTC, datetime\n"
        "from stairlift.drive.discover import observe_all\n"
        "class Hanging:\n"
        "    name = 'hangs'\n"
        "    def fetch(self): threading.Event().wait()\n"
        "    def read(self, answer): return ()\n"
        "print(observe_all([Hanging()], lambda: datetime.now(UTC), patience=0.1)[0].trouble)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=20, check=True)
    assert done.stdout == "timeout\n"
