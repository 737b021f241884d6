"""Pages of jobs: what came of it, or why nothing did and how to ask better."""

import re
from typing import get_args
from urllib.parse import urlencode

import pytest

import houses
from stairlift.model.errors import Refusal
from stairlift.model.finding import Finding
from stairlift.wiring.clock import now
from stairlift.wiring.server.jobs import Job, JobKind

BRIEF = "the cloud runs 2025.1 or 2025.2: the evidence does not tell which"
OFFER = "--from 2025.1 or --from 2025.2, as the hosts have it installed"


def seen(tmp_path, path: str, *jobs: Job) -> str:
    house = houses.a_house(tmp_path, jobs=houses.AtOnce({job.id: job for job in jobs}))
    answer = houses.client(house, follow_redirects=False).get(path, headers={"Accept": "text/html"})
    assert answer.status_code == 200, answer.text
    return answer.text


def refused(*findings: Finding) -> Job:
    error = Refusal(code="release.ambiguous", brief=BRIEF, resolution=OFFER, findings=findings)
    return Job("j1", "plan", "ada", now(), state="failed", ended_at=now(), error=error)


def addresses(page: str) -> list[str]:
    return [found.replace("&amp;", "&") for found in re.findall(r'href="(/plans\?[^"]*)"', page)]


def forms(page: str) -> list[str]:
    """What each form for a plan would send, but for its token."""
    found = re.findall(r'<form method="post" action="/plans">(.*?)</form>', page, re.DOTALL)
    fields = (re.findall(r'name="(\w+)" value="([^"]*)"', form) for form in found)
    return [urlencode([(name, value) for name, value in given if name != "csrf"]) for given in fields]


@pytest.mark.parametrize("kind", get_args(JobKind))
def test_a_job_of_every_kind_has_a_page(tmp_path, kind):
    assert "at work" in seen(tmp_path, "/jobs/j1", Job("j1", kind, "ada", now()))


def test_where_a_plan_starts_is_offered_with_all_that_was_wished_for(tmp_path):
    wished = "to=2026.1&hosts=cmp1&stages=compute&stages=network"
    page = seen(tmp_path, f"/jobs/j1?{wished}", refused())
    assert addresses(page) == [f"/plans?{wished}"]
    assert forms(page) == [f"{wished}&source=2025.1", f"{wished}&source=2025.2"]
    assert OFFER not in page, "what to type at a terminal is no help here"


def test_a_release_that_was_wished_for_gives_way_to_the_one_that_is_offered(tmp_path):
    first, *_ = forms(seen(tmp_path, "/jobs/j1?to=2026.1&source=2023.1", refused()))
    assert first == "to=2026.1&source=2025.1"


def test_what_the_error_says_already_is_not_said_twice(tmp_path):
    other = Finding("plan.host_down", "error", "cmp1", "cmp1 is down", "look at it")
    page = seen(tmp_path, "/jobs/j1", refused(Finding("release.ambiguous", "error", "release", BRIEF, OFFER), other))
    assert page.count(BRIEF) == 1
    assert "cmp1 is down" in page


def test_the_form_has_what_was_wished_for_before(tmp_path):
    page = seen(tmp_path, "/plans?to=2025.2&source=2025.1&hosts=cmp*&stages=compute")
    assert '<option value="2025.2" selected>' in page
    assert '<option value="2025.1" selected>' in page
    assert 'name="hosts" value="cmp*"' in page
    assert 'name="stages" value="compute" checked' in page
    assert "<details open>" in page


def test_nobody_is_led_to_a_release_that_is_only_planned(tmp_path):
    chosen = re.findall(r"<option[^>]* selected>([^<]*)", seen(tmp_path, "/plans"))
    assert len(chosen) == 1
    assert "planned" not in chosen[0]
