"""Story 23: Heat of the new release did not start: auth_encryption_key must be 32 characters."""

from dataclasses import replace

from stairlift.model.release import Release
from stairlift.sandbox.builders import QUICK, hosts
from stairlift.sandbox.scenario import Scenario
from stairlift.testing.clouds import CloudBuilder
from stories import checked, ended, sections, sentences

CAUGHT_BY = ("config.options", "status.upgrade_check", "a step that fails stops the rest")
SAID = "ERROR: heat.common.exception.Error: auth_encryption_key must be 32 characters"
HEAT = CloudBuilder().serving("identity", "orchestration").placed("ctl1", "heat-api").reporting("ctl1", "heat-engine")
VALIDATED = "ERROR:root:DEFAULT/no_code_has_this_option is not part of the sample config"


def test_a_key_that_heat_would_not_start_with_is_found_by_its_length_and_never_shown():
    key = "heat\t/etc/heat/heat.conf\tDEFAULT\tauth_encryption_key\t{}"
    said = {size: sections(options=key.format(size), hidden=()) + ended(1, VALIDATED) for size in (20, 32)}
    result = checked("config.options", HEAT, {"": said[20]})
    assert result.state == "failed"
    assert [finding.severity for finding in result.findings] == ["error"], "which refuses the plan and the run"
    assert "has 20 characters: heat-engine does not start with anything but 32" in sentences(result)
    assert checked("config.options", HEAT, {"": said[32]}).state == "passed"


def test_the_targets_own_code_is_asked_before_anything_is_done_and_its_crash_is_no_warning():
    result = checked("status.upgrade_check", HEAT, {"": ended(255, SAID)})
    assert result.state == "unknown", "which refuses like an error"
    assert "auth_encryption_key must be 32 characters" in result.judgement.unknown


def test_if_it_comes_up_on_the_first_node_only_that_one_has_failed(staged):
    programs = ("keystone", "heat-api", "heat-engine")
    scenario = Scenario("heat", Release(2025, 1), hosts("ctl", 3, programs), timing=replace(QUICK, start=0.1))
    cloud, desk = staged(scenario)
    cloud.fault("crash", host="ctl1", binary="heat-engine", times=9)
    desk.plans()
    answer = desk.types("run", "plan.json", "--yes")
    assert answer.code == 5, answer.err
    assert "heat-engine on ctl1 is not running" in answer.err
    engines = {name: host["programs"]["heat-engine"]["release"] for name, host in cloud.state()["hosts"].items()}
    assert engines == {"ctl1": "2025.2", "ctl2": "2025.1", "ctl3": "2025.1"}
