"""The `[meter]` table, the downtime budget, and whose meter is kept."""

from datetime import UTC, datetime

import pytest

from planning import planned
from stairlift.model.errors import UsageError
from stairlift.model.observation import BackendRecord, Observation
from stairlift.model.plan_document import from_document, to_document
from stairlift.model.policy import Policy
from stairlift.model.run import RunState
from stairlift.probe.order import BackendAddress, MeterOrder, MeterSettings, WriteSettings, folder_of
from stairlift.testing.clouds import a_cloud
from stairlift.wiring.config.policy import read_policy
from stairlift.wiring.config.settings import read_settings
from stairlift.wiring.meter import backends, end_those_of, kept, metered, read_meter
from standings import a_run


def read(text: str, tmp_path):
    (tmp_path / "stairlift.toml").write_text(text)
    return read_settings({"HOME": str(tmp_path)}, tmp_path, tmp_path / "etc")


def test_nobody_measures_unless_it_is_asked_for(tmp_path):
    assert read("", tmp_path).meter is None
    assert read("[meter]", tmp_path).meter == MeterSettings()


def test_every_key(tmp_path):
    text = """
        [meter]
        rate = 40
        baseline = "1m"
        timeout = 5
        linger = "2h"
        interface = "internal"
        backends = false
        canaries = ["10.0.0.5:22", "10.0.0.6"]
        off = ["keystone.token", "heat.*"]
        write = { cloud = "probe", network = "net", image = "cirros", flavor = "m1.tiny", every = "2m", server = false }
    """
    assert read(text, tmp_path).meter == MeterSettings(
        rate=40,
        baseline=60,
        timeout=5,
        linger=7200,
        interface="internal",
        backends=False,
        canaries=("10.0.0.5:22", "10.0.0.6"),
        off=("keystone.token", "heat.*"),
        write=WriteSettings("probe", "net", "cirros", "m1.tiny", 120, server=False),
    )


@pytest.mark.parametrize(
    ("table", "what"),
    [
        ({"rat": 1}, "did you mean rate"),
        ({"rate": 0}, "rate is a number"),
        ({"rate": 1000}, "rate is a number"),
        ({"rate": True}, "rate is a number"),
        ({"baseline": 0}, "at least a second"),
        ({"linger": "soon"}, "linger is a number of seconds"),
        ({"interface": "private"}, "interface is"),
        ({"backends": "yes"}, "true or false"),
        ({"canaries": "10.0.0.5"}, "list of texts"),
        ({"off": [""]}, "list of texts"),
        ({"write": True}, "at least cloud"),
        ({"write": {"cloud": "probe", "every": "10s"}}, "at least 60 s"),
        ({"write": {"cloud": "probe", "image": 3}}, "name or the id"),
        ({"write": {"cloud": "probe", "imag": "x"}}, "did you mean image"),
        ("on", "is a table"),
    ],
)
def test_a_slip_is_told(table, what):
    with pytest.raises(UsageError, match=what):
        read_meter(table, "stairlift.toml: [meter]")


def test_settings_survive_a_run_and_an_order_its_folder(tmp_path):
    settings = MeterSettings(canaries=("a:1",), write=WriteSettings("probe"))
    assert MeterSettings.of(settings.document()) == settings
    order = MeterOrder("r1", "lab", settings, (BackendAddress("compute", "ctl1", "10.0.0.1", 8774),))
    order.write(tmp_path)
    assert MeterOrder.read(tmp_path) == order


def test_a_budget():
    given = {"downtime_budget": {"nova": "2m", "requests": 5, "*": 10}}
    assert read_policy(given, "x").downtime_budget == {"nova": 120.0, "requests": 5.0, "*": 10.0}
    assert read_policy({"downtime_budget": "3s"}, "x").downtime_budget == {"*": 3.0}
    assert read_policy({}, "x").downtime_budget == {}


@pytest.mark.parametrize(
    "budget", [{"nvoa": "1s"}, {"nova": -1}, {"nova": "soon"}, {"requests": "1s"}, {"requests": 1.5}, [1]]
)
def test_a_budget_that_makes_no_sense(budget):
    with pytest.raises(UsageError):
        read_policy({"downtime_budget": budget}, "stairlift.toml: [policy]")


def test_it_is_in_the_plan_only_where_it_is_used():
    usual, strict = planned(a_cloud()), planned(a_cloud(), policy=Policy(downtime_budget={"nova": 0.0}))
    assert "downtime_budget" not in usual.policy
    assert strict.policy["downtime_budget"] == {"nova": 0.0}
    assert strict.hash != usual.hash
    assert from_document(to_document(strict)).policy["downtime_budget"] == {"nova": 0.0}


def test_a_run_is_measured_where_the_table_or_a_budget_wants_it(tmp_path):
    usual, strict = planned(a_cloud()), planned(a_cloud(), policy=Policy(downtime_budget={"nova": 0.0}))
    assert kept(None, usual) == {}
    run = a_run(RunState.PENDING, options=kept(None, strict))
    place = metered(run, strict, tmp_path, ())
    assert (place.budget, place.order.settings) == ({"nova": 0.0}, MeterSettings())
    assert place.folder == folder_of(tmp_path, run.id)
    assert metered(a_run(RunState.PENDING), usual, tmp_path, ()) is None


def backend(binary: str | None, server: str, port: int | None = 8774) -> BackendRecord:
    return BackendRecord("proxy", server, "10.0.0.1", binary, "up", "enabled", port)


def test_backends_are_those_that_a_user_asks_for_something():
    facts = (
        backend("nova-api", "ctl1"),
        backend("mariadb", "db1"),
        backend(None, "x"),
        backend("glance-api", "y", None),
    )
    seen = Observation("haproxy", datetime(2026, 11, 23, tzinfo=UTC), facts)
    assert backends([seen]) == (BackendAddress("compute", "ctl1", "10.0.0.1", 8774),)


class Runs:
    """The runs of a cloud; a store of the contract suite has the real ones."""

    def __init__(self, *runs) -> None:
        self._runs = runs

    def runs(self, _cloud):
        return self._runs


def test_meters_of_runs_that_are_over_end(tmp_path):
    over, paused = a_run(RunState.CANCELLED, id="over"), a_run(RunState.PAUSED, id="paused")
    end_those_of(Runs(over), tmp_path, "lab")
    for run in (over, paused):
        folder_of(tmp_path, run.id).mkdir(parents=True)
    end_those_of(Runs(over, paused, a_run(RunState.DONE, id="elsewhere")), tmp_path, "lab")
    assert (folder_of(tmp_path, "over") / "over").exists()
    assert not (folder_of(tmp_path, "paused") / "over").exists()
    assert not folder_of(tmp_path, "elsewhere").exists()
