"""Who works, as people and programs see it; and which queue has nobody."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from stairlift.model.dispatch import WorkerSeen
from stairlift.model.run import AttemptId
from stairlift.report.workers import COLUMNS, queue_trouble, worker_document, worker_rows

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
ATTEMPTS = tuple(AttemptId("r1", f"cmp{n}", 1) for n in range(1, 6))
BUSY = WorkerSeen("w1", "node1", 42, ("az1", "az2"), 10, NOON, 2.0, ATTEMPTS)
SILENT = replace(BUSY, name="w2", queues=("az3",), seen_at=NOON - timedelta(hours=1), silence=3600.0, attempts=())


def test_one_row_each() -> None:
    busy, silent = worker_rows([BUSY, SILENT], 30, NOON + timedelta(seconds=2))
    assert len(busy) == len(COLUMNS)
    assert busy == ("w1", "node1", "az1, az2", "alive", "2s ago", "5 of 10: cmp1, cmp2, cmp3 and 2 more")
    assert silent[3:] == ("silent", "1h 00m ago", "0 of 10")


def test_the_same_for_programs() -> None:
    document = worker_document([BUSY, SILENT], 30)
    first, second = document["workers"]
    assert first["attempts"][0] == {"run": "r1", "step": "cmp1", "number": 1}
    assert (first["state"], second["state"], second["attempts"]) == ("alive", "silent", [])


def test_a_queue_that_nobody_serves_says_since_when() -> None:
    assert queue_trouble("az1", [BUSY, SILENT], 30) == ""
    told = queue_trouble("az3", [BUSY, SILENT, replace(SILENT, name="w0", seen_at=NOON - timedelta(days=1))], 30)
    assert told.startswith("no worker of queue az3 has been heard of since 2026-11-22 11:00:00 UTC (w2 on node1)")
    assert told.endswith("stairlift worker --queue az3 --name w2")
    assert "has ever been heard of" in queue_trouble("az4", [BUSY], 30)


def test_clocks_that_disagree_make_no_negative_time() -> None:
    assert worker_rows([BUSY], 30, NOON - timedelta(seconds=5))[0][4] == "0s ago"
