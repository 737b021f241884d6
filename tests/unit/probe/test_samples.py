"""The file of a meter: what is written comes back, a torn end and a full disk cost lines and nothing else."""

import errno
import os

from hypothesis import given
from hypothesis import strategies as st

from meters import BACKEND, NOVA, TARGETS, answers, session
from stairlift.model.availability import Bucket, Failure, Session, Tally
from stairlift.probe import samples
from stairlift.probe.samples import SampleFile, SampleReader, totals

FAILED = Failure(3.5, NOVA.id, 0.25, "HTTP 503")
TALLIES = st.dictionaries(
    st.sampled_from([target.id for target in TARGETS]),
    st.builds(
        Tally,
        st.dictionaries(st.integers(0, 300), st.integers(1, 9), max_size=4),
        st.dictionaries(st.sampled_from(["failed", "denied", "throttled", "own"]), st.integers(1, 9)),
    ),
    max_size=3,
)


def a_file(path, **given) -> SampleFile:
    return SampleFile(path / "samples.jsonl", TARGETS, **given)


def read(path) -> list:
    return list(SampleReader(path / "samples.jsonl").pieces())


def test_what_is_written_comes_back(tmp_path):
    file = a_file(tmp_path)
    bucket = Bucket(3.0, 1.0, {NOVA.id: Tally({40: 2}, {"failed": 1, "own": 3}), BACKEND.id: Tally({7: 1})})
    file.begin(session())
    file.put(bucket, [FAILED])
    assert read(tmp_path) == [session(), FAILED, bucket]


@given(TALLIES)
def test_any_second_comes_back(tallies):
    line = samples.orjson.loads(
        samples.orjson.dumps(
            samples._Line(1.0).bucket(Bucket(1.0, 1.0, tallies), {t.id: n for n, t in enumerate(TARGETS)}, {}, {}, 0),
            option=samples.orjson.OPT_NON_STR_KEYS,
        )
    )
    assert samples.piece_of(line, TARGETS) == Bucket(1.0, 1.0, tallies)


def test_a_reader_goes_on_where_it_was(tmp_path):
    file, reader = a_file(tmp_path), SampleReader(tmp_path / "samples.jsonl")
    assert list(reader.pieces()) == []
    file.begin(session())
    assert list(reader.pieces()) == [session()]
    file.put(answers(1.0), [])
    assert [type(piece) for piece in reader.pieces()] == [Bucket]
    assert list(reader.pieces()) == []


def test_a_line_that_is_being_written_is_waited_for(tmp_path):
    file, path = a_file(tmp_path), tmp_path / "samples.jsonl"
    file.begin(session())
    whole = path.read_bytes()
    path.write_bytes(whole[:-20])
    reader = SampleReader(path)
    assert list(reader.pieces()) == []
    path.write_bytes(whole)
    assert list(reader.pieces()) == [session()]


def test_a_torn_end_costs_that_line_alone(tmp_path):
    file, path = a_file(tmp_path), tmp_path / "samples.jsonl"
    file.begin(session())
    file.put(answers(1.0), [])
    os.truncate(path, path.stat().st_size - 9)
    again = a_file(tmp_path)
    again.begin(session(9.0))
    again.put(answers(10.0), [FAILED])
    assert [type(piece) for piece in read(tmp_path)] == [Session, Session, Failure, Bucket]


def test_where_it_stands_is_in_the_last_line(tmp_path):
    file, path = a_file(tmp_path), tmp_path / "samples.jsonl"
    assert totals(path) is None
    file.begin(session())
    file.put(
        Bucket(1.0, 1.0, {NOVA.id: Tally({3: 4}, {"failed": 1, "own": 5}), BACKEND.id: Tally({}, {"failed": 7})}), []
    )
    found = totals(path)
    assert (found.at, found.requests, found.failed) == (2.0, {"nova": 5}, {"nova": 1}), "as users felt it"
    again = a_file(tmp_path)
    again.put(answers(2.0, NOVA), [])
    assert totals(path).requests == {"nova": 7}, "the next process goes on counting"
    os.truncate(path, path.stat().st_size - 3)
    assert totals(path).requests == {"nova": 5}, "a torn line is none"


def test_a_full_disk_is_survived_and_counted(tmp_path, monkeypatch):
    file = a_file(tmp_path)
    file.begin(session())
    write = os.write

    def full(descriptor, text):
        write(descriptor, text[:5])
        raise OSError(errno.ENOSPC, "no space")

    monkeypatch.setattr(samples.os, "write", lambda descriptor, text: write(descriptor, text[:5]))
    file.put(answers(1.0), [FAILED])
    monkeypatch.setattr(samples.os, "write", full)
    file.put(answers(2.0), [])
    monkeypatch.undo()
    file.put(answers(3.0), [])
    *_, last = read(tmp_path)
    assert (last.at, last.dropped) == (3.0, 3)
    assert [type(piece) for piece in read(tmp_path)] == [Session, Bucket]
    assert totals(tmp_path / "samples.jsonl").requests["nova"] == 6, "what was lost is counted in the totals"


def test_it_grows_more_slowly_and_never_beyond_its_bound(tmp_path):
    file = a_file(tmp_path, limit=6000)
    file.begin(session())
    spans, listed = [], 0
    for at in range(200):
        spans.append(file.span)
        file.put(answers(float(at)), [Failure(float(at), NOVA.id, 0.1, "HTTP 503")])
    pieces = read(tmp_path)
    listed = sum(isinstance(piece, Failure) for piece in pieces)
    assert (tmp_path / "samples.jsonl").stat().st_size <= 6000
    assert spans[0] == 1.0
    assert spans[-1] == 60.0
    assert spans == sorted(spans)
    assert 0 < listed < len([piece for piece in pieces if isinstance(piece, Bucket)]), "then they are only counted"
    assert any(piece.unlisted for piece in pieces if isinstance(piece, Bucket))
    assert file.dropped > 0
