"""Carrying checks out: one question however many ask, troubles as unknowns, what is waived, what nobody could ask."""

import threading
from collections.abc import Mapping
from dataclasses import replace

import pytest

from stairlift.drive import questions
from stairlift.drive.checks import run_checks
from stairlift.drive.questions import Ways, ask_all
from stairlift.model.check import ApiQuestion, CheckInfo, HostQuestion, Judgement, Reply, UrlQuestion
from stairlift.model.errors import SourceTrouble, Trouble
from stairlift.model.finding import Finding, Waiver
from stairlift.ports import Answer, RemoteOutput
from stairlift.testing.clouds import a_cloud
from stairlift.testing.scenes import scene_of

SCENE = scene_of(a_cloud())
SERVERS = ApiQuestion("compute", "/servers", collection="servers")


class Cloud:
    """A client whose answers a test gives by path. The real one's are in tests/unit/openstack/test_client.py."""

    def __init__(self, answers: Mapping[str, object]) -> None:
        self.answers = answers
        self.asked: list[str] = []

    def get(self, service_type, path, microversion=None):
        self.asked.append(path)
        answer = next(a for part, a in self.answers.items() if part in path)
        if isinstance(answer, Exception):
            raise answer
        return Answer({"body": answer})


class Asks:
    """A check that asks what it is told to and judges as a test says."""

    def __init__(self, code="lab.it", judge=lambda _scene, _replies: Judgement(), asks=None, **given):
        given = {"phases": ("before",), "severity": "error", "needs": "api"} | given
        self.info = CheckInfo(code=code, title="it", passes="it is so", source="the lab", **given)
        self._judge, self._asks = judge, asks or {}

    def applies(self, scene):
        return True

    def asks(self, scene):
        return self._asks

    def judge(self, scene, replies):
        return self._judge(scene, replies)


def through(cloud):
    return Ways(api=lambda: cloud)


def run(*checks, ways=None, waivers=()):
    return run_checks(checks, SCENE, ways or through(Cloud({})), phase="before", waivers=waivers)


def failing(severity="error"):
    return lambda _scene, _replies: Judgement((Finding("lab.it", severity, "cmp1", "it is not", "mend it"),))


def test_what_two_checks_ask_is_asked_once():
    cloud = Cloud({"/servers": {"servers": []}})
    run(Asks("a.a", asks={"x": SERVERS}), Asks("b.b", asks={"y": SERVERS}), ways=through(cloud))
    assert len(cloud.asked) == 1


def test_a_host_of_the_cloud_that_nobody_gave_a_way_to_is_not_tried_by_its_name():
    tried = []

    class Shells:
        def run(self, host, script, *, timeout):
            tried.append(host)
            return RemoteOutput(0, b"", "")

    asks = {name: HostQuestion(name, "true") for name in ("cmp1", "cmp2", "backups")}
    seen = {}
    check = Asks(asks=asks, needs="shell", judge=lambda _scene, replies: seen.update(replies) or Judgement())
    scene = replace(SCENE, shells=frozenset({"cmp1"}))
    run_checks([check], scene, Ways(remote=Shells()), phase="before")
    assert sorted(tried) == ["backups", "cmp1"], "what is no host of the cloud is reached by its name"
    assert "no shell" in seen["cmp2"].detail


def test_all_pages_are_asked_for():
    full = {"servers": [{"id": "1"}], "servers_links": [{"rel": "next"}]}
    cloud = Cloud({"marker=1": {"servers": [{"id": "2"}]}, "/servers": full})
    assert ask_all([SERVERS], through(cloud))[SERVERS].body == [{"id": "1"}, {"id": "2"}]
    assert [path.partition("?")[0] for path in cloud.asked] == ["/servers", "/servers"]


def test_a_list_without_end_is_a_trouble_and_not_for_ever():
    cloud = Cloud({"/servers": {"servers": [{"id": "1"}], "servers_links": [{"rel": "next"}]}})
    assert ask_all([SERVERS], through(cloud))[SERVERS].body == [{"id": "1"}] * 2


@pytest.mark.parametrize(
    ("trouble", "state"),
    [
        (SourceTrouble(Trouble.DENIED, "not for you", status=403), "unknown"),
        (SourceTrouble(Trouble.TIMEOUT, "too late"), "unknown"),
        (RuntimeError("a defect"), "unknown"),
        (SourceTrouble(Trouble.MALFORMED, "no such page", status=404), "passed"),
        (SourceTrouble(Trouble.NOT_DEPLOYED, "no such service"), "passed"),
    ],
)
def test_troubles_are_unknown_and_absence_is_an_answer(trouble, state):
    from stairlift.check.answers import rows

    check = Asks(asks={"x": SERVERS}, judge=lambda _, replies: Judgement(evidence=str(list(rows(replies["x"])))))
    (result,) = run(check, ways=through(Cloud({"/servers": trouble})))
    assert result.state == state
    assert [(f.code, f.severity, f.subject) for f in result.findings] == (
        [("lab.it", "error", "unknown")] if state == "unknown" else []
    )


def test_who_does_not_answer_in_time_keeps_nobody_waiting():
    free = threading.Event()

    class Slow(Cloud):
        def get(self, *words):
            free.wait(60)
            return super().get(*words)

    reply = ask_all([SERVERS], through(Slow({"/servers": {"servers": []}})), patience=0.05)[SERVERS]
    free.set()
    assert (reply.trouble, "0.05 seconds" in reply.detail) == (Trouble.TIMEOUT, True)


def test_what_nobody_waits_for_any_more_is_not_asked():
    free, asked = threading.Event(), []

    class Shells:
        def run(self, host, script, *, timeout):
            asked.append(script)
            free.wait(60)
            return RemoteOutput(0, b"")

    ask_all([HostQuestion("ctl1", str(n)) for n in range(4 * questions.PER_HOST)], Ways(remote=Shells()), patience=0.3)
    free.set()
    for thread in threading.enumerate():
        if thread.name.startswith("question"):
            thread.join(60)
    assert len(asked) == questions.PER_HOST


def test_who_may_take_longer_than_usual_is_waited_for():
    """And whoever stands behind it on the same host."""

    class Shells:
        def run(self, host, script, *, timeout):
            threading.Event().wait(0.3)
            return RemoteOutput(0, b"at last")

    asked = [HostQuestion("ctl1", str(n), questions.USUAL + 60) for n in range(2 * questions.PER_HOST)]
    replies = ask_all(asked, Ways(remote=Shells()), patience=0.05)
    assert {reply.out for reply in replies.values()} == {"at last"}


def test_a_host_is_asked_few_things_at_a_time_and_all_hosts_side_by_side():
    at_once, most, lock = {"cmp1": 0, "cmp2": 0}, {"cmp1": 0, "cmp2": 0}, threading.Lock()
    together = threading.Barrier(2 * questions.PER_HOST, timeout=60)

    class Shells:
        def run(self, host, script, *, timeout):
            with lock:
                at_once[host] += 1
                most[host] = max(most[host], at_once[host])
            if int(script) < questions.PER_HOST:
                together.wait()
            with lock:
                at_once[host] -= 1
            return RemoteOutput(0, script.encode())

    asked = [HostQuestion(host, str(n)) for host in most for n in range(20)]
    replies = ask_all(asked, Ways(remote=Shells()))
    assert most == {"cmp1": questions.PER_HOST, "cmp2": questions.PER_HOST}
    assert [replies[question].out for question in asked] == [question.script for question in asked]


def test_no_more_are_asked_side_by_side_than_a_session_bears():
    busy, most, lock = [0], [0], threading.Lock()

    class Urls:
        def get(self, url, *, timeout):
            with lock:
                busy[0] += 1
                most[0] = max(most[0], busy[0])
            with lock:
                busy[0] -= 1
            return Reply(returncode=200)

    ask_all([UrlQuestion(f"http://x/{n}") for n in range(200)], Ways(urls=Urls()))
    assert 1 <= most[0] <= questions.SIDE_BY_SIDE


@pytest.mark.parametrize("broken", ["applies", "asks", "judge"])
def test_a_check_that_raises_hides_no_other(broken):
    check = Asks("a.a")
    setattr(check, broken, lambda *_: 1 / 0)
    states = {result.info.code: result.state for result in run(check, Asks("b.b"))}
    assert states == {"a.a": "unknown", "b.b": "passed"}


def test_what_a_check_asks_once_it_knows_more():
    class Follows(Asks):
        def asks_next(self, scene, replies):
            return {row["id"]: ApiQuestion("compute", f"/one/{row['id']}") for row in replies["x"].body}

    cloud = Cloud({"/servers": {"servers": [{"id": "7"}]}, "/one/7": {"name": "seven"}})
    check = Follows(asks={"x": SERVERS}, judge=lambda _, r: Judgement(evidence=r["7"].body["name"]))
    assert run(check, ways=through(cloud))[0].judgement.evidence == "seven"


@pytest.mark.parametrize(
    ("judge", "waiver", "state"),
    [
        (failing(), "lab.it", "waived"),
        (failing(), "lab.it:cmp*", "waived"),
        (failing(), "lab.it:cmp2", "failed"),
        (failing("warning"), None, "failed"),
        (failing("info"), None, "passed"),
        (lambda *_: Judgement(unknown="nobody there"), "lab.it", "waived"),
        (lambda *_: Judgement(unknown="nobody there"), "lab.it:cmp1", "unknown"),
    ],
)
def test_what_is_waived_by_name(judge, waiver, state):
    (result,) = run(Asks(judge=judge), waivers=[Waiver.parse(waiver)] if waiver else [])
    assert result.state == state
    assert result.waived_by == (waiver if state == "waived" else "")


def test_what_nobody_gave_the_means_for_is_skipped_with_its_reason():
    shell, api = run(Asks("a.a", needs="shell"), Asks("b.b"), ways=Ways())
    assert (shell.state, api.state) == ("skipped", "skipped")
    assert "hosts:" in shell.judgement.unknown
    assert shell.findings == ()


def test_only_the_checks_of_the_phase_are_asked():
    assert run(Asks(phases=("gate",))) == ()
