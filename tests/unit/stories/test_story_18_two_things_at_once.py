"""Story 18: a new OpenStack on an OS that its libraries were not made for; guests came up without network."""

from planning import planned
from stairlift.testing.clouds import a_cloud
from stories import checked, sections, sentences

CAUGHT_BY = ("os.unsupported", "no step touches the operating system")

CLOUD = a_cloud(control=1, network=0, compute=1)


def machine(name: str, version: str, python: str) -> str:
    return sections(os=[f"ID={name}", f"VERSION_ID={version}"], python=f"Python {python}")


def test_an_os_that_the_target_was_not_tested_on_refuses_and_asks_for_a_run_of_its_own():
    result = checked("os.unsupported", CLOUD, {"": machine("ubuntu", "22.04", "3.10.12")}, to="2026.1")
    assert result.state == "failed"
    assert "22.04" in sentences(result)
    assert "in a run of its own" in sentences(result)


def test_one_that_it_was_tested_on_passes():
    answers = {"": machine("ubuntu", "24.04", "3.12.3")}
    assert checked("os.unsupported", CLOUD, answers, to="2026.1").state == "passed"


def test_no_plan_brings_a_host_to_another_os():
    plan = planned(CLOUD, to="2026.1", source="2025.1")
    known = {"approve", "prepare", "backup", "db-expand", "db-migrate", "db-contract", "upgrade", "unpin", "drain"}
    assert {step.action for step in plan.steps} <= known | {"cordon", "uncordon", "verify"}
    assert not {"kernel", "linux", "systemd", "dist-upgrade"} & {name for step in plan.steps for name in step.services}
