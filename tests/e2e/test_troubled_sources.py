"""Clouds that answer badly or not at all, and words that lead nowhere: an error that names its cause, never more."""

import pytest

from operating import Operator
from stairlift.model.release import Release
from stairlift.sandbox.api.tokens import PASSWORD
from stairlift.sandbox.builders import QUICK, hosts
from stairlift.sandbox.scenario import Scenario
from stairlift.sandbox.server import Sandbox

PLAN = ("plan", "--from", "2025.1", "--to", "2025.2", "--out", "plan.json")


def altered(operator, old, new):
    file = operator.folder / "clouds.yaml"
    file.write_text(file.read_text().replace(old, new))


class TestCredentials:
    def test_a_wrong_password_is_one_trouble_and_not_five(self, operator, cloud):
        altered(operator, PASSWORD, "hunter2")
        before = sum(entry["method"] == "POST" for entry in cloud.log())
        answer = operator.types("discover", "-o", "json")
        assert (answer.code, answer.out) == (1, "")
        assert "[sources.silent]" in answer.err
        assert "(401)" in answer.err
        assert len(answer.err.splitlines()) == 4
        assert "hunter2" not in answer.err
        assert sum(entry["method"] == "POST" for entry in cloud.log()) == before + 1, "or the account is locked"

    def test_a_user_who_may_see_nothing(self, cloud, tmp_path):
        operator = Operator(tmp_path).at(cloud).with_strategy()
        cloud.clouds_yaml(tmp_path / "clouds.yaml", user="reader")
        answer = operator.types("discover")
        assert answer.code == 0, "the catalog answered"
        assert "source.denied nova-services" in answer.err
        assert operator.types(*PLAN).code == 4

    def test_a_cloud_that_no_file_has(self, operator):
        for words, environ in ((("--os-cloud", "nope"), {}), ((), {"OS_CLOUD": "nope"})):
            answer = operator.types("discover", *words, **environ)
            assert (answer.code, answer.out) == (2, "")
            assert "'nope'" in answer.err
            assert str(operator.folder / "clouds.yaml") in answer.err

    def test_a_file_that_is_not_there(self, operator):
        answer = operator.types("discover", OS_CLIENT_CONFIG_FILE="/nowhere/clouds.yaml")
        assert (answer.code, "/nowhere/clouds.yaml" in answer.err) == (2, True)

    def test_no_file_and_no_word(self, operator):
        (operator.folder / "clouds.yaml").unlink()
        operator.environ.clear()
        answer = operator.types_to_a_process("discover")
        assert (answer.code, answer.out) == (2, "")
        assert "OS_CLOUD" in answer.err

    def test_flag_environment_file(self, operator):
        altered(operator, "  sandbox:", "  mine:")
        toml = operator.folder / "stairlift.toml"
        toml.write_text(toml.read_text() + '[sources]\nos_cloud = "mine"\n')
        del operator.environ["OS_CLOUD"]
        assert operator.types("discover", "-o", "json").document["cloud"] == "mine"
        assert operator.types("discover", OS_CLOUD="theirs").code == 2
        assert operator.types("discover", "--os-cloud", "mine", OS_CLOUD="theirs").code == 0


class TestEndpoints:
    def test_nobody_there(self, operator, cloud):
        altered(operator, cloud.url, "http://127.0.0.1:1")
        answer = operator.types("discover")
        assert answer.code == 1
        assert "http://127.0.0.1:1/identity/v3" in answer.err
        assert "refused" in answer.err
        assert operator.types(*PLAN).code == 1

    @pytest.mark.parametrize(
        ("fault", "code"),
        [
            ({"status": 403}, "source.denied"),
            ({"status": 401}, "source.denied"),
            ({"status": 500}, "source.server-error"),
            ({"status": 503}, "source.server-error"),
            ({"status": 404}, "source.malformed"),
            ({"damage": "truncate"}, "source.malformed"),
            ({"damage": "reset"}, "source.unreachable"),
        ],
    )
    def test_one_source_that_fails_is_named_and_the_others_go_on(self, operator, cloud, fault, code):
        cloud.fault("http", path="/os-hypervisors", **fault)
        found = operator.types("discover", "-o", "json")
        assert found.code == 0
        assert len(found.document["services"]) == 3
        [finding] = [f for f in found.document["findings"] if f["severity"] == "error"]
        assert (finding["code"], finding["subject"]) == (code, "nova-hypervisors")
        refused = operator.types(*PLAN)
        assert refused.code == 4
        assert f"{code} nova-hypervisors" in refused.err
        assert not (operator.folder / "plan.json").exists()

    def test_who_waives_it_gets_a_plan(self, operator, cloud):
        cloud.fault("http", path="/os-hypervisors", status=500)
        assert operator.types(*PLAN, "--waive", "source.server-error:nova-hypervisors").code == 0

    def test_a_document_with_half_of_its_services(self, operator, cloud):
        cloud.fault("http", path="/os-services", damage="truncate")
        answer = operator.types(*PLAN, "-o", "json")
        assert answer.code == 4
        assert {"cloud.empty", "source.malformed"} <= {f["code"] for f in answer.document["findings"]}


@pytest.mark.parametrize("programs", [("keystone",), ("keystone", "nova-api")])
def test_an_empty_cloud(tmp_path, programs):
    bare = Scenario("bare", Release(2025, 1), hosts("ctl", 1, programs), timing=QUICK)
    with Sandbox(bare) as cloud:
        operator = Operator(tmp_path).at(cloud).with_strategy()
        found = operator.types("discover")
        assert found.code == 0
        assert "0 hosts, 0 services" in found.out
        refused = operator.types(*PLAN, "-o", "json")
        assert refused.code == 4
        assert "cloud.empty" in {f["code"] for f in refused.document["findings"]}
        assert refused.document["steps"] == []


def test_an_inventory_without_a_host_is_no_empty_cloud(operator):
    operator.write("hosts.ini", "")
    answer = operator.types("discover", "--inventory", "ansible:hosts.ini")
    assert answer.code == 1
    assert "names no host at all" in answer.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--inventory", "foo:bar"), "'foo:bar'"),
        (("--inventory", ""), "''"),
        (("--inventory", "ansible"), "ansible: needs the path"),
        (("--inventory", "ansible:/nowhere"), "/nowhere"),
        (("--inventory", "recording:/nowhere"), "/nowhere"),
        (("--inventory", "recording:"), "recording:"),
        (("--policy", "/nowhere.toml"), "/nowhere.toml"),
        (("--stage", "computer"), "'computer'"),
        (("--hosts", "nothing*"), "nothing*"),
        (("--exclude", "nothing*"), "nothing*"),
        (("--out", "/nowhere/plan.json"), "/nowhere/plan.json"),
        (("--out", "."), ". cannot be written"),
    ],
)
def test_words_that_lead_nowhere_are_2_and_named(operator, words, said):
    answer = operator.types("plan", "--from", "2025.1", "--to", "2025.2", *words)
    assert answer.code == 2
    assert said in answer.err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[strategy]\n", "line 1"),
        ("[policy]\ncanari = 1\n", "canari"),
        ("[[strategy]]\nuse = 'nothing'\n", "[[strategy]] number 1: there is no strategy 'nothing'"),
        ("[[strategy]]\nuse = 'command'\nargv = ['./nothing']\n", "./nothing is not a program"),
        ("[[strategy]]\nuse = 'command'\nargv = ['true']\nargs = 1\n", "args is not an option"),
        ("[[strategy]]\nuse = 'command'\nargv = ['true', '{hots}']\n", "{hots}"),
        ("[[strategy]]\nuse = 'ansible'\nplaybook = 'nothing.yml'\ninventory = 'hosts.ini'\n", "nothing.yml"),
    ],
)
def test_a_configuration_that_is_wrong_is_2_and_names_the_file(operator, text, said):
    file = operator.write("stairlift.toml", text)
    answer = operator.types(*PLAN)
    assert (answer.code, answer.out) == (2, "")
    assert str(file) in answer.err
    assert said in answer.err


def test_a_cloud_called_otherwise_by_its_registries(tmp_path):
    """The larger sick cloud of the scenarios: discovered without a slip, and refused with all its reasons."""
    with Sandbox("sick") as cloud:
        operator = Operator(tmp_path).at(cloud).with_strategy()
        assert operator.types("discover").code == 0
        refused = operator.types("plan", "--from", "2025.1", "--to", "2025.2", "-o", "json")
        assert refused.code == 4
        errors = {f["code"] for f in refused.document["findings"] if f["severity"] == "error"}
        assert {"record.stale", "record.forced_down", "cell.unreachable"} <= errors
        assert refused.document["steps"], "what would be done is there to be read"
        assert all(code in refused.err for code in errors)


def test_names_are_shared_by_two_operators_of_one_cloud(cloud, tmp_path):
    """Each has a journal of their own; neither sees the other's runs."""
    desks = []
    for name in ("ada", "bob"):
        (tmp_path / name).mkdir()
        desks.append(Operator(tmp_path / name).at(cloud).with_strategy())
    desks[0].plans("--stage", "finish")
    assert desks[0].types("run", "plan.json", "--yes").code == 0
    assert desks[1].types("list", "-o", "json").document == []
