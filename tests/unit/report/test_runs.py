from stairlift.model.finding import Finding
from stairlift.model.release import Release
from stairlift.model.run import RunState
from stairlift.report.refused import refused_document
from stairlift.report.runs import COLUMNS, run_documents, run_rows
from standings import NOON, a_run


def test_a_row_per_run():
    runs = [a_run(RunState.RUNNING), a_run(RunState.DONE, ended_at=NOON), a_run(RunState.PENDING, started_at=None)]
    rows = run_rows(runs, NOON)
    assert rows[0] == (
        "261122-abc123",
        "running",
        "lab",
        "2025.1",
        "2026.1",
        "2026-05-04 11:56:40Z",
        "3m 20s",
        "ada",
    )
    assert rows[2][5:7] == ("", "")
    assert {len(row) for row in rows} == {len(COLUMNS)}


def test_a_document_per_run():
    [document] = run_documents([a_run(RunState.DONE, ended_at=NOON)])
    assert document["state"] == "done"
    assert document["ended_at"] == "2026-05-04T12:00:00Z"
    assert (document["from"], document["to"]) == ("2025.1", "2026.1")


def test_a_plan_that_cannot_be_made_is_a_document_of_the_same_shape():
    found = [
        Finding("source.denied", "error", "nova-services", "m", "r"),
        Finding("release.ambiguous", "error", "release", "m", "r"),
        Finding("release.ambiguous", "error", "release", "m", "r"),
    ]
    document = refused_document("lab", (None, Release(2026, 1)), found)
    assert document["schema"] == "stairlift.plan/1"
    assert (document["hash"], document["from"], document["to"]) == (None, None, "2026.1")
    assert (document["hops"], document["steps"]) == ([], [])
    assert [f["code"] for f in document["findings"]] == ["release.ambiguous", "source.denied"]


def test_it_says_where_from_if_that_is_known():
    assert refused_document("lab", (Release(2025, 1), Release(2024, 2)), [])["from"] == "2025.1"
