"""Pages as a server draws them: what they say, to whom, how often, and that nothing of a cloud becomes markup."""

import re
from datetime import timedelta
from urllib.parse import quote

import pytest

import houses
from flights import a_flight
from stairlift.model.errors import Refusal
from stairlift.model.run import FINAL_RUN_STATES, Command, RunState
from stairlift.model.shelf import Sighting
from stairlift.testing.plans import a_plan, a_rollout, a_step
from stairlift.web.pages.assets import assets
from stairlift.wiring.clock import now
from stairlift.wiring.server.attendance import Attending
from stairlift.wiring.server.commissions import keep_plan

HTML = {"Accept": "text/html"}


@pytest.fixture
def house(tmp_path):
    return houses.a_house(tmp_path)


def asks(house, *rights, name="ada"):
    client = houses.client(house, *rights, name=name, follow_redirects=False)
    client.headers["Accept"] = "text/html"
    return client


def text_of(answer) -> str:
    """What a person reads, without markup and with single blanks."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", answer.text))


def regions(html: str) -> list[str]:
    return re.findall(r'<section id="(\w+)"[^>]* data-live', html)


# The frame


def test_every_page_has_a_place_to_skip_to_a_banner_and_says_what_it_is(house):
    run = houses.a_run(house).run
    for path in ("/", "/plans", "/hosts", f"/runs/{run.id}", f"/runs/{run.id}/plan", "/clouds/lab/hosts"):
        answer = asks(house).get(path)
        assert answer.status_code == 200, path
        assert '<a class="skip" href="#main">' in answer.text
        assert '<main id="main"' in answer.text
        assert regions(answer.text)[0] == "banner"
        assert "<script>" not in answer.text
        assert " style=" not in answer.text


def test_what_pages_are_dressed_in_is_kept_for_ever_and_changes_its_address_with_its_content(house):
    client = asks(house)
    found = re.findall(r'(?:href|src)="(/static/[^"]+)"', client.get("/").text)
    assert len(found) >= 4
    for path in found:
        answer = client.get(path)
        assert (answer.status_code, "immutable" in answer.headers["cache-control"]) == (200, True)
    assert client.get("/static/0000000000000000/stairlift.css").status_code == 404
    assert client.get("/static/..%2f..%2fapp.py/stairlift.css").status_code == 404


def test_all_of_it_together_is_small():
    assert sum(len(asset.content) for asset in assets().values()) <= 60_000


def test_a_part_has_the_same_regions_as_its_page_and_no_frame(house):
    run = houses.a_run(house).starts("cmp1-cordon").run
    client = asks(house)
    whole, part = (client.get(f"/runs/{run.id}", headers=h).text for h in ({}, {"X-Part": "1"}))
    assert regions(part) == regions(whole)
    assert "<nav aria-label" not in part
    assert len(part) < len(whole)


# Runs


def test_runs_that_need_somebody_come_first_and_can_be_shown_alone(house):
    houses.a_run(house, a_rollout(1, cloud="quiet")).rests(RunState.CANCELLED)
    run = houses.a_run(house, a_rollout(1, cloud="loud")).fails("cmp1-cordon").rests(RunState.FAILED).run
    page = text_of(asks(house).get("/"))
    assert page.index("loud") < page.index("quiet 2025")
    assert "Needs you: 1 step not well" in page
    alone = asks(house).get("/?needs=true").text
    assert run.id in alone
    assert "Needs you" in alone
    assert "cancelled" not in alone


def test_without_a_run_it_says_how_to_begin(house):
    assert "No run yet. Make a plan and begin it" in text_of(asks(house).get("/"))


def test_more_runs_than_a_page_bears_are_one_click_away(house):
    for number in range(23):
        houses.a_run(house, a_rollout(1), at=now() - timedelta(hours=number)).rests(RunState.CANCELLED)
    client = asks(house)
    assert client.get("/").text.count('class="card ') == 20
    assert 'href="/?page=2"' in client.get("/").text
    assert client.get("/?page=2").text.count('class="card ') == 3


# A run


def test_the_page_of_a_run_says_what_it_does_what_is_amiss_and_what_to_do(house):
    plan = a_flight(2)
    ledger = houses.a_run(house, plan, at=now() - timedelta(minutes=20))
    ledger.does(*[s.id for s in plan.steps[:8]]).fails(plan.steps[8].id, "exit status 3: disk full")
    page = text_of(asks(house).get(f"/runs/{ledger.rests(RunState.FAILED).run.id}"))
    assert "Stopped with 1 step not well" in page
    assert "50 % · 8 of 16 steps" in page
    assert "exit status 3: disk full" in page
    assert f"stairlift retry {ledger.run.id} 2026.1-drain@cmp001" in page
    assert "control ✔ done" in page


def test_it_is_whole_for_every_state_of_a_run(house):
    plan = a_flight(1)
    for state in (RunState.DONE, RunState.PAUSED, RunState.WAITING, RunState.FAILED, RunState.CANCELLED):
        ledger = houses.a_run(house, plan).does(*[s.id for s in plan.steps[:3]]).rests(state, "a reason")
        answer = asks(house).get(f"/runs/{ledger.run.id}")
        assert answer.status_code == 200
        assert ("data-bell" in answer.text) is (state not in FINAL_RUN_STATES)


def test_buttons_say_why_they_are_disabled(house):
    run = houses.a_run(house).rests(RunState.PAUSED).run
    page = text_of(asks(house).get(f"/runs/{run.id}"))
    assert f"Pause run {run.id} is paused already" in page
    mine = text_of(asks(house, "read", name="eve").get(f"/runs/{run.id}"))
    assert "Resume your token has no right to operate" in mine


def test_beside_a_button_stands_only_why(house):
    run = houses.a_run(house).rests(RunState.FAILED).run
    assert "Pause it is failed" in text_of(asks(house).get(f"/runs/{run.id}"))


def test_a_run_that_is_over_leads_to_its_report_instead_of_buttons_that_nobody_can_press(house):
    answer = asks(house).get(f"/runs/{houses.a_run(house).rests(RunState.CANCELLED).run.id}")
    assert "The run is over: nothing can be told it any more. Read the report" in text_of(answer)
    assert "disabled" not in answer.text
    assert "Carried on by" not in answer.text


def test_what_is_approved_while_a_run_is_paused_waits_for_somebody_to_resume_it(house):
    plan = a_flight(1)
    ledger = houses.a_run(house, plan).does(*[s.id for s in plan.steps[:-1]]).asks(plan.steps[-1].id)
    run = ledger.rests(RunState.WAITING).run
    assert "Approved here, this server carries the run on" in text_of(asks(house).get(f"/runs/{run.id}"))
    ledger.rests(RunState.PAUSED)
    house.office.store.tell(Command("c1", run.id, "approve", plan.steps[-1].id, "bob", "", now()))
    page = text_of(asks(house).get(f"/runs/{run.id}"))
    assert "it takes effect once the run is resumed" in page
    assert "this server carries the run on" not in page


def test_between_resume_and_the_first_event_it_says_that_somebody_sets_to_work(house):
    run = houses.a_run(house, at=now() - timedelta(minutes=9)).rests(RunState.PAUSED).run
    assert "resume it to go on" in text_of(asks(house).get(f"/runs/{run.id}"))
    house.attendance.attending = Attending("here", since=now())
    page = text_of(asks(house).get(f"/runs/{run.id}"))
    assert "it is being taken up again" in page
    assert "Needs you Nothing." in page
    assert "resume it to go on" not in page
    house.attendance.attending = Attending("here", since=run.created_at)  # on its way out, after the pause
    assert "resume it to go on" in text_of(asks(house).get(f"/runs/{run.id}"))


def test_who_cannot_take_it_up_says_so_in_the_banner(house):
    trouble = Refusal(code="plan.drift", brief="the cloud is not as planned", resolution="stairlift replan")
    house.attendance.attending = Attending("nobody", trouble, now())
    page = text_of(asks(house).get(f"/runs/{houses.a_run(house).run.id}"))
    assert "This server cannot carry the run on: the cloud is not as planned plan.drift stairlift replan" in page


def test_html_in_the_names_of_a_cloud_stays_text(house):
    evil = "<img src=x onerror=alert(1)>\"'&amp;"
    plan = a_plan(a_step(evil, hosts=(evil,)), cloud=evil)
    run = houses.a_run(house, plan).fails(evil, evil).prints(evil, evil).rests(RunState.FAILED, evil).run
    a_sighting(house, evil)
    client = asks(house)
    of_run = ("", "/plan?stage=compute", "/rollback", "/timeline", "/log", "/report", f"/steps/{quote(evil)}")
    for path in ("/", "/hosts", "/clouds/lab/hosts", *(f"/runs/{run.id}{behind}" for behind in of_run)):
        answer = client.get(path)
        assert answer.status_code == 200
        assert "<img" not in answer.text
        assert "&lt;img" in answer.text, path


def test_of_two_hundred_who_look_at_the_same_the_page_is_drawn_once(house, monkeypatch):
    run, drawn = houses.a_run(house).run, []
    from stairlift.web.pages import run as page

    whole = page.values
    monkeypatch.setattr(page, "values", lambda *given: drawn.append(1) or whole(*given))
    monkeypatch.setattr("stairlift.web.pages.courses._FRESH", 3600.0)
    client, other = asks(house), asks(house, "read", name="eve")
    for _ in range(5):
        client.get(f"/runs/{run.id}", headers={"X-Part": "1"})
    assert len(drawn) == 1
    other.get(f"/runs/{run.id}", headers={"X-Part": "1"})
    assert len(drawn) == 2  # who may do less sees other buttons


def test_an_event_or_a_word_draws_it_anew_at_once(house, monkeypatch):
    monkeypatch.setattr("stairlift.web.pages.courses._FRESH", 3600.0)
    ledger, client = houses.a_run(house), asks(house)
    assert "In flight 0" in text_of(client.get(f"/runs/{ledger.run.id}"))
    ledger.starts("cmp1-cordon")
    assert "In flight 1" in text_of(client.get(f"/runs/{ledger.run.id}"))
    house.office.store.tell(Command("c1", ledger.run.id, "pause", "", "bob", "", now()))
    assert "Pause: told by bob" in text_of(client.get(f"/runs/{ledger.run.id}"))


def test_who_is_not_known_is_asked_to_sign_in(house):
    client = asks(house)
    del client.headers["Authorization"]
    answer = client.get("/")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=%2F")


def test_an_unknown_run_is_a_page_that_says_so(house):
    answer = asks(house).get("/runs/nothing")
    assert answer.status_code == 404
    assert "nothing" in text_of(answer)


def test_from_a_form_that_was_refused_it_leads_back_to_where_the_form_is(house):
    ledger, client = houses.a_run(house), asks(house)
    path = f"/runs/{ledger.run.id}"
    refused = client.post(f"{path}/actions", data={"action": "dance"}).text
    assert f'<a class="button" href="{path}">Back</a>' in refused
    assert f'<a class="button" href="{path}">Back</a>' in client.get(f"{path}/actions").text
    assert '<a class="button" href="/runs/nothing">Look again</a>' in client.get("/runs/nothing").text


# Buttons


def forms(html: str, action: str) -> list[dict[str, str]]:
    found = re.findall(r'<form[^>]*action="([^"]+)"[^>]*>(.*?)</form>', html, re.DOTALL)
    fields = [dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form)) for _, form in found]
    return [one for one in fields if one.get("action") == action or (action == "approve" and "match" in one)]


def test_a_button_tells_the_run_and_leads_back(house):
    run, client = houses.a_run(house).run, asks(house)
    (form,) = forms(client.get(f"/runs/{run.id}").text, "pause")
    answer = client.post(f"/runs/{run.id}/actions", data=form)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/runs/{run.id}")
    (command,) = house.office.store.commands(run.id)
    assert (command.kind, command.actor) == ("pause", "ada")
    assert house.attendance.nudged == [run.id]


def test_resume_has_the_server_take_it_up(house):
    run, client = houses.a_run(house).rests(RunState.PAUSED).run, asks(house)
    (form,) = forms(client.get(f"/runs/{run.id}").text, "resume")
    assert client.post(f"/runs/{run.id}/actions", data=form).status_code == 303
    assert house.attendance.taken == [(run.id, "ada", False)]


def test_a_stale_page_tells_nothing_and_says_who_did_what_meanwhile(house):
    run = houses.a_run(house).run
    ada, bob = asks(house), asks(house, name="bob")
    (form,) = forms(ada.get(f"/runs/{run.id}").text, "pause")
    (other,) = [f for f in forms(bob.get(f"/runs/{run.id}").text, "cancel") if "now" not in f]
    assert bob.post(f"/runs/{run.id}/actions", data=other).status_code == 303
    answer = ada.post(f"/runs/{run.id}/actions", data=form)
    assert answer.status_code == 412
    page = text_of(answer)
    assert "Not done: the page was not of this moment any more." in page
    assert "bob told it to cancel" in page
    assert [c.kind for c in house.office.store.commands(run.id)] == ["cancel"]


def test_an_approval_names_what_it_covers_and_takes_the_right_to(house):
    plan = a_flight(1)
    steps = [s.id for s in plan.steps]
    ledger = houses.a_run(house, plan).does(*steps[:-1]).asks(steps[-1]).rests(RunState.WAITING)
    client = asks(house)
    html = client.get(f"/runs/{ledger.run.id}").text
    assert "ONE-WAY db-contract of nova-conductor on ctl1" in html
    assert "your token" in text_of(asks(house, "operate", name="eve").get(f"/runs/{ledger.run.id}"))
    approving = next(f for f in forms(html, "approve") if f.get("step") == steps[-1] and "action" not in f)
    refused = asks(house, "operate", name="eve").post(f"/runs/{ledger.run.id}/approvals", data=approving)
    assert refused.status_code == 403
    assert client.post(f"/runs/{ledger.run.id}/approvals", data=approving).status_code == 303
    (command,) = house.office.store.commands(ledger.run.id)
    assert (command.kind, command.step, command.actor) == ("approve", steps[-1], "ada")


def test_what_a_run_cannot_be_told_and_a_skip_without_a_reason_are_refused(house):
    ledger, client = houses.a_run(house).fails("cmp1-cordon").rests(RunState.FAILED), asks(house)
    assert client.post(f"/runs/{ledger.run.id}/actions", data={"action": "dance"}).status_code == 400
    (form,) = forms(client.get(f"/runs/{ledger.run.id}").text, "skip")
    answer = client.post(f"/runs/{ledger.run.id}/actions", data=form)
    assert (answer.status_code, "run.no_reason" in answer.text) == (400, True)
    assert house.office.store.commands(ledger.run.id) == ()


def test_a_rollback_is_shown_first_and_wants_the_cloud_s_name(house):
    ledger, client = houses.a_run(house).does("cmp1-cordon").rests(RunState.PAUSED), asks(house)
    page = text_of(client.get(f"/runs/{ledger.run.id}/rollback"))
    assert "undo cmp1-cordon" in page
    assert "no database is restored" in page
    wrong = client.post(f"/runs/{ledger.run.id}/actions", data={"action": "rollback", "cloud": "other"})
    assert (wrong.status_code, "plan.other_cloud" in wrong.text) == (400, True)


# Plans


def kept(house, plan):
    keep_plan(house.library, plan, "ada")
    return f"/plans/{plan.hash}"


def test_a_plan_shows_its_hash_marks_tree_and_steps_of_a_stage(house):
    path, client = kept(house, a_flight(40)), asks(house)
    page = text_of(client.get(path))
    assert a_flight(40).hash in page
    assert "ONE-WAY 2026.1-nova-contract" in page
    assert "compute: 160 steps on 40 hosts" in page
    steps = client.get(f"{path}?hop=2026.1&stage=compute&page=2")
    assert "101 to 160 of 160" in text_of(steps)
    assert "no new servers while its nova-compute restarts" in steps.text
    assert "1 to 4 of 4" in text_of(client.get(f"{path}?host=cmp007"))


def test_against_another_plan_it_says_what_is_otherwise(house):
    kept(house, a_flight(2))
    page = text_of(asks(house).get(f"{kept(house, a_flight(3))}?with={a_flight(2).hash}"))
    assert "new 2026.1-cordon@cmp003: cordon nova-compute on cmp003" in page


def test_who_begins_a_run_and_approves_it_types_the_cloud_s_name(house):
    path, client = kept(house, a_flight(1)), asks(house)
    wrong = client.post(f"{path}/runs", data={"approve": "plan", "cloud": "elsewhere"})
    assert (wrong.status_code, "plan.other_cloud" in wrong.text) == (400, True)
    assert house.office.store.runs() == ()


def test_the_list_of_plans_and_the_form_for_the_next(house):
    path, client = kept(house, a_flight(1)), asks(house)
    page = client.get("/plans").text
    assert path in page
    assert '<option value="2026.1">2026.1 Gazpacho' in page
    assert "no right to operate" in text_of(asks(house, "read", name="eve").get("/plans"))


# Hosts


def a_sighting(house, *hosts):
    document = {
        "release": {"series": "2025.1"},
        "hosts": [{"name": name, "roles": ["compute"], "zone": "az1"} for name in hosts],
        "services": [
            {"host": h, "binary": "nova-compute", "state": "up", "status": "enabled", "version": None, "releases": []}
            for h in hosts
        ],
    }
    house.library.keep_sighting(Sighting("s1", "lab", "2025.1", len(hosts), len(hosts), now(), "ada"), document)


def test_the_map_has_every_host_and_its_table_twin_says_which_it_shows(house):
    a_sighting(house, *(f"cmp{n:04}" for n in range(2000)))
    client = asks(house)
    answer = client.get("/clouds/lab/hosts")
    assert answer.text.count('<i class="good"') == 2000
    assert "1 to 200 of 2000 hosts; the map above has all." in text_of(answer)
    assert len(answer.content) < 300_000
    filtered = text_of(client.get("/clouds/lab/hosts?host=cmp001"))
    assert "10 of 2000 hosts" in filtered


def test_clouds_are_known_from_looks_and_from_runs(house):
    a_sighting(house, "cmp1")
    houses.a_run(house, a_rollout(1, cloud="other"))
    page = text_of(asks(house).get("/hosts"))
    assert "lab 2025.1 1" in page
    assert "other never by this server" in page
    assert asks(house).get("/clouds/none/hosts").status_code == 404


@pytest.mark.parametrize("name", ["prod/RegionOne", "/prod", "a/hosts", "50% & <more>?#"])
def test_a_cloud_is_reached_whatever_it_is_called(house, name):
    houses.a_run(house, a_rollout(1, cloud=name))
    client = asks(house)
    (link,) = re.findall(r'<th scope="row"><a href="([^"]*)">', client.get("/hosts").text)
    assert client.get(link).status_code == 200
    assert client.get(f"/v1/clouds/{quote(name, safe='')}").json()["name"] == name
