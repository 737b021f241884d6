"""The second look: what has changed since the plan stops a run, unless the run has brought it about itself."""

import signal

import pytest

from operating import Operator, small_cloud, until
from stairlift.sandbox.api.tokens import PASSWORD
from stairlift.sandbox.server import Sandbox

CONTROL, FIRST, SECOND, THIRD, UNPIN = (
    "2025.2-control@ctl1",
    "2025.2-compute@cmp1",
    "2025.2-compute@cmp2",
    "2025.2-compute@cmp3",
    "2025.2-unpin-nova@ctl1",
)


@pytest.fixture
def lab(tmp_path):
    """A cloud of one's own, with three hypervisors, and an operator of it."""
    with Sandbox(small_cloud(3)) as cloud:
        yield cloud, Operator(tmp_path).at(cloud).with_strategy()


def runs(operator) -> list:
    return operator.types("list", "-o", "json").document


def states(operator) -> dict[str, str]:
    return {s["id"]: s["state"] for s in operator.status("--steps")["step_list"]}


def refused(operator, *codes: str, words=("run", "plan.json", "--yes")):
    before = operator.calls
    answer = operator.types(*words)
    assert (answer.code, answer.out) == (4, ""), answer.err
    assert "[plan.drift]" in answer.err
    assert all(f" {code} " in answer.err for code in codes), answer.err
    assert operator.calls == before
    return answer


class TestBeforeTheRun:
    @pytest.mark.parametrize(("computes", "code"), [(2, "drift.gone"), (4, "drift.new")])
    def test_hosts_that_have_gone_or_come(self, lab, computes, code):
        _, operator = lab
        operator.plans()
        with Sandbox(small_cloud(computes)) as later:
            refused(operator.at(later), code)
        assert runs(operator) == []

    def test_credentials_of_another_cloud(self, lab):
        cloud, operator = lab
        operator.environ = {
            "OS_AUTH_URL": cloud.auth_url,
            "OS_USERNAME": "admin",
            "OS_PASSWORD": PASSWORD,
            "OS_PROJECT_NAME": "admin",
            "OS_USER_DOMAIN_NAME": "Default",
            "OS_PROJECT_DOMAIN_NAME": "Default",
            "OS_REGION_NAME": "RegionOne",
            "OS_INTERFACE": "internal",
        }
        plan = operator.plans()
        assert plan["cloud"] == f"{cloud.url.removeprefix('http://')}/RegionOne"
        with Sandbox(small_cloud(3)) as other:
            operator.environ["OS_AUTH_URL"] = other.auth_url
            answer = refused(operator, "drift.cloud")
            assert plan["cloud"] in answer.err
        assert runs(operator) == []

    def test_a_release_that_somebody_else_has_upgraded(self, lab):
        cloud, operator = lab
        operator.plans(to="2026.1")
        cloud.database("nova", "expand", "2026.1")
        cloud.upgrade("ctl1", "nova-conductor", "2026.1")
        cloud.upgrade("ctl1", "nova-api", "2026.1")
        refused(operator, "drift.release")
        assert runs(operator) == []

    def test_a_host_that_has_died(self, lab):
        cloud, operator = lab
        operator.plans()
        cloud.fault("host-dies", host="cmp2")
        cloud.advance(3600)
        refused(operator, "record.stale")

    def test_a_source_that_has_failed(self, lab):
        cloud, operator = lab
        operator.plans()
        cloud.fault("http", path="/os-services", status=503)
        refused(operator, "source.server-error", "drift.gone")


class TestOnTheWay:
    def detached(self, operator, at: str, more=""):
        """A run that was left while the step of a host was at work, which has ended since."""
        operator.with_strategy(more)
        operator.plans()
        operator.write("slow", at)
        process = operator.begins("run", "plan.json", "--yes")
        until(lambda: any(f" {at} " in call for call in operator.calls))
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 143
        process.stderr.close()
        process.stdout.close()
        (operator.folder / "slow").unlink()

    def test_a_host_that_has_gone_while_its_step_remains(self, lab):
        _, operator = lab
        self.detached(operator, "cmp1")
        with Sandbox(small_cloud(2)) as later:
            refused(operator.at(later), "drift.gone", words=("resume",))
        assert operator.status()["state"] == "running", "it stays as it was left"

    def test_a_host_that_died_is_set_aside_within_the_budget_and_blocks_only_the_finish(self, lab):
        cloud, operator = lab
        policy = "[policy]\nmax_unavailable = { resource = 2 }\nfailure_budget = { resource = 1 }\n"
        self.detached(operator, "cmp1", policy)
        cloud.fault("host-dies", host="cmp2")
        cloud.advance(7200)
        operator.write("fail", "upgrade cmp2\n")
        answer = operator.types("resume")
        assert answer.code == 5, answer.err
        found = states(operator)
        assert (found[FIRST], found[SECOND], found[THIRD]) == ("done", "failed", "done")
        assert found[UNPIN] == "pending"

    def test_an_api_that_is_away_because_its_own_upgrade_is_half_done(self, lab):
        """Otherwise nobody could finish it with us. Afterwards the services must be heard of all the same."""
        cloud, operator = lab
        operator.plans("--stage", "control")
        operator.write("fail", "upgrade ctl1\n")
        assert operator.types("run", "plan.json", "--yes").code == 5
        (operator.folder / "fail").unlink()
        cloud.fault("http", path="/os-services", status=503, times=2)
        assert operator.types("retry", operator.status()["run"], CONTROL).code == 0
        before = len(cloud.log())
        answer = operator.types("resume")
        assert answer.code == 0, answer.err
        asked = [e["status"] for e in cloud.log()[before:] if e["path"].endswith("/os-services")]
        assert asked[:2] == [503, 503], "at the second look, and when the conductor was to be heard of"
        assert asked[-1] == 200

    def test_the_same_api_between_two_steps_is_a_reason_to_stop(self, lab):
        cloud, operator = lab
        operator.plans("--stage", "compute")
        operator.write("fail", "upgrade cmp1\n")
        assert operator.types("run", "plan.json", "--yes").code == 5
        cloud.fault("http", path="/os-services", status=503)
        refused(operator, "source.server-error", words=("resume",))

    def test_a_service_that_does_not_come_back_is_not_done(self, lab):
        """Its record says "up" for a while; only a heartbeat after the restart counts."""
        cloud, operator = lab
        operator.plans("--stage", "compute", "--hosts", "cmp1")
        step = (operator.folder / "step").read_text()
        operator.write("step", step.replace("exit 0", "touch ended"))
        operator.plans("--stage", "compute", "--hosts", "cmp1")
        cloud.stop("cmp1", "nova-compute")
        process = operator.begins("run", "plan.json", "--yes")
        until((operator.folder / "ended").exists)
        until(lambda: states(operator) == {FIRST: "verifying"})
        cloud.start("cmp1", "nova-compute")
        assert process.wait(30) == 0
        process.communicate()
        assert states(operator) == {FIRST: "done"}
