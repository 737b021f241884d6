"""Sources that gave nothing: which of them a plan can do without."""

import pytest

from planning import codes, finding, planned
from stairlift.inventory.context import SourceContext
from stairlift.inventory.specs import EVERY_API, sources
from stairlift.model.errors import Trouble
from stairlift.model.finding import unwaived_errors
from stairlift.reconcile import reconcile
from stairlift.testing.clouds import CloudBuilder, a_cloud

EVERYBODY_S = {"nova-services", "nova-hypervisors", "neutron-agents", "cinder-services", "keystone-catalog"}
APIS = [source.manager.name for source in sources(EVERY_API, SourceContext(client=lambda: None))]
FURTHER = sorted(set(APIS) - EVERYBODY_S)
SILENT = [trouble for trouble in Trouble if trouble is not Trouble.NOT_DEPLOYED]


def seen(built):
    return reconcile(built.observations(), name="lab")


@pytest.mark.parametrize("source", FURTHER)
@pytest.mark.parametrize("trouble", SILENT)
def test_an_api_whose_project_gets_no_step_refuses_no_plan(source, trouble):
    built = a_cloud().failing(source, trouble, "does not permit this (403)")
    hint = finding(seen(built).findings, f"source.{trouble}")
    assert (hint.severity, hint.subject) == ("warning", source)
    assert "403" in hint.message
    plan = planned(built, to="2025.2", source="2025.1")
    assert list(unwaived_errors(plan.findings, ())) == []


def test_what_it_costs_is_said():
    denied = finding(seen(a_cloud().failing("heat-services", Trouble.DENIED)).findings, "source.denied")
    assert "heat gets no step" in denied.resolution
    assert "let this user read it" in denied.resolution
    watched = finding(seen(a_cloud().failing("masakari-hosts", Trouble.TIMEOUT)).findings, "source.timeout")
    assert "evacuate" in watched.resolution


@pytest.mark.parametrize("binary", ["heat-engine", "heat-api"])
def test_the_registry_of_what_gets_steps_is_missed(binary):
    built = a_cloud().placed("ctl1", binary).serving("orchestration").failing("heat-services", Trouble.DENIED)
    hint = finding(seen(built).findings, "source.denied")
    assert hint.severity == "error"
    assert "--waive source.denied:heat-services" in hint.resolution


def test_waiving_a_silence_that_passes_is_not_advised():
    """A step of theirs would wait for records all the same."""
    built = a_cloud().placed("ctl1", "heat-engine").serving("orchestration").failing("heat-services", Trouble.TIMEOUT)
    assert "--waive" not in finding(seen(built).findings, "source.timeout").resolution


@pytest.mark.parametrize("source", [*sorted(EVERYBODY_S), "ansible:/etc/hosts", "haproxy:/run/x", "a-plug-in-s"])
def test_what_every_cloud_has_or_the_operator_named_is_missed(source):
    assert finding(seen(CloudBuilder().failing(source, Trouble.DENIED)).findings, "source.denied").severity == "error"


def test_what_answers_is_no_trouble():
    assert not any(code.startswith("source.") for code in codes(seen(a_cloud()).findings))
