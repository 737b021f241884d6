"""Story 14: a new RabbitMQ ended with BOOT FAILED, since a feature flag had never been enabled."""

import json

from planning import ANY, binding, planned
from stairlift.testing.clouds import a_cloud
from stories import checked, sections, sentences

CAUGHT_BY = ("rabbitmq.flags",)

CLOUD = a_cloud(control=1, network=0, compute=1).placed("mq1", "rabbitmq")


def broker(**states: str) -> dict[str, str]:
    rows = [{"name": name, "state": state, "stability": "stable"} for name, state in states.items()]
    return {"mq1": sections(running="0", alarms="0", flags=json.dumps(rows))}


def test_before_the_broker_itself_is_upgraded_a_flag_that_is_off_refuses():
    plan = planned(CLOUD, bindings=(binding("infra-1", "cloud", stage="infra"), ANY))
    result = checked("rabbitmq.flags", CLOUD, broker(feature_flags_v2="disabled", quorum_queue="enabled"), plan=plan)
    (found,) = result.findings
    assert (result.state, found.severity) == ("failed", "error")
    assert "feature_flags_v2" in found.message
    assert "rabbitmqctl enable_feature_flag all" in found.resolution


def test_where_the_broker_stays_it_is_a_warning():
    result = checked("rabbitmq.flags", CLOUD, broker(feature_flags_v2="disabled"), plan=planned(CLOUD))
    assert [found.severity for found in result.findings] == ["warning"]


def test_with_all_of_them_on_it_passes():
    assert checked("rabbitmq.flags", CLOUD, broker(feature_flags_v2="enabled")).state == "passed"
    assert sentences(checked("rabbitmq.flags", CLOUD, broker(feature_flags_v2="enabled"))) == ""
