"""What a server says is wrong is the error that it was there: same code, same words, same exit code."""

from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest

from stairlift.client.problems import error_of
from stairlift.model.errors import NoAnswer, Refusal, StairliftError, UsageError
from stairlift.model.finding import Finding
from stairlift.web.problems import document

STAYS = Finding("drain.stays", "error", "s1", "it stays", "ask its owner", {"project": "shop"})


@dataclass
class Asked:
    """As much of a request as a problem tells of."""

    url: SimpleNamespace = field(default_factory=lambda: SimpleNamespace(path="/v1/runs"))
    state: SimpleNamespace = field(default_factory=SimpleNamespace)


@pytest.mark.parametrize(
    ("sort", "code"),
    [
        (UsageError, "config.invalid"),
        (UsageError, "run.unknown"),
        (UsageError, "access.unknown"),
        (UsageError, "request.too_large"),
        (UsageError, "request.other_body"),
        (NoAnswer, "sources.silent"),
        (Refusal, "run.cloud_busy"),
        (Refusal, "plan.refused"),
        (Refusal, "access.too_many"),
        (Refusal, "job.too_many"),
        (StairliftError, "store.locked"),
        (StairliftError, "stream.too_many"),
        (StairliftError, "job.defect"),
    ],
)
def test_an_error_comes_back_as_it_went(sort, code):
    error = sort(code=code, brief="one sentence", details="more", resolution="do this")
    found = error_of(document(Asked(), error))
    assert type(found) is sort
    assert (found.code, found.exit_code) == (code, error.exit_code)
    assert (found.brief, found.details, found.resolution) == ("one sentence", "more", "do this")


def test_findings_come_back_whole():
    refusal = Refusal(code="plan.refused", brief="no", findings=[STAYS])
    assert error_of(document(Asked(), refusal)).findings == (STAYS,)


def test_a_refusal_that_http_has_a_number_for_like_no_other_is_still_one():
    """Between client and server there may be a version in which a code has another status."""
    assert isinstance(error_of({"code": "x.y", "title": "no", "status": 500, "exit_code": 4}), Refusal)
