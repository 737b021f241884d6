"""What changed since the plan was made, as far as it matters to what remains; the run's own doing does not."""

from dataclasses import replace
from datetime import timedelta

from planning import planned, seen
from stairlift.plan.drift import drift
from stairlift.testing.clouds import a_cloud, an_ovn_cloud

PLAN = planned(a_cloud())


def found(plan, built, remaining=None):
    steps = plan.steps if remaining is None else remaining
    return [(f.code, f.subject) for f in drift(plan, seen(built).cloud, steps)]


def without(built, host):
    """The cloud after a host has gone for good."""

    def there(fact):
        return host not in (
            getattr(fact, "host", None),
            getattr(fact, "name", None),
            getattr(fact, "service_host", None),
        )

    return replace(built, facts=tuple(pair for pair in built.facts if there(pair[1])))


def test_the_same_cloud_has_not_drifted():
    assert found(PLAN, a_cloud()) == []
    assert found(planned(an_ovn_cloud()), an_ovn_cloud()) == []


def test_a_host_that_is_gone_matters_while_it_has_steps():
    assert found(PLAN, without(a_cloud(), "cmp3")) == [
        ("drift.gone", "neutron-openvswitch-agent@cmp3"),
        ("drift.gone", "nova-compute@cmp3"),
    ]
    rest = [s for s in PLAN.steps if "cmp3" not in s.hosts]
    assert found(PLAN, without(a_cloud(), "cmp3"), rest) == []


def test_a_host_that_is_merely_down_is_still_there():
    built = without(a_cloud(), "cmp3").down("cmp3", "nova-compute", timedelta(hours=1))
    assert ("drift.gone", "nova-compute@cmp3") not in found(PLAN, built)


def test_a_new_host_matters_while_steps_of_its_kind_remain():
    assert found(PLAN, a_cloud().compute("cmp7")) == [
        ("drift.new", "neutron-openvswitch-agent@cmp7"),
        ("drift.new", "nova-compute@cmp7"),
    ]
    control = [s for s in PLAN.steps if s.stage == "control"]
    assert found(PLAN, a_cloud().compute("cmp7"), control) == []


def test_a_new_service_on_an_old_host_matters_too():
    assert found(PLAN, a_cloud().reporting("net1", "nova-compute")) == [("drift.new", "nova-compute@net1")]


def test_a_service_of_another_kind_does_not():
    assert found(PLAN, a_cloud().reporting("net1", "neutron-metering-agent")) == []


def test_every_drift_says_what_to_do():
    for finding in drift(PLAN, seen(without(a_cloud(), "cmp3").compute("cmp7")).cloud, PLAN.steps):
        assert finding.severity == "error"
        assert finding.resolution


def replaced(built):
    """The cloud once neutron-server has given way to the programs that took over."""
    for host in ("ctl1", "ctl2", "ctl3"):
        built = without_service(built, host, "neutron-server")
        built = built.placed(host, "neutron-api", "neutron-rpc-server", "neutron-periodic-workers")
    return built


def without_service(built, host, binary):
    def kept(fact):
        if getattr(fact, "name", None) == host and binary in getattr(fact, "services", ()):
            return replace(fact, services=tuple(s for s in fact.services if s != binary))
        return fact

    return replace(built, facts=tuple((source, kept(fact)) for source, fact in built.facts))


def test_programs_that_took_over_are_the_runs_own_doing():
    plan = planned(a_cloud(), "2025.2", "2025.1")
    assert found(plan, replaced(a_cloud())) == []


def test_names_of_later_hops_are_none_before_their_time():
    built = a_cloud().without("keystone-catalog")
    plan = planned(built, "2026.2", "2024.1")
    assert {"neutron-api", "neutron-rpc-server"} <= {name for s in plan.steps for name in s.services}
    assert found(plan, built) == []
    assert found(plan, replaced(built)) == []
    last = [s for s in plan.steps if str(s.target) == "2026.2"]
    assert found(plan, built, last) == []


def test_an_inventory_that_knows_only_the_new_api_will_do():
    built = a_cloud().without("keystone-catalog")
    plan = planned(built, "2026.2", "2025.1")
    now = built
    for host in ("ctl1", "ctl2", "ctl3"):
        now = without_service(now, host, "neutron-server").placed(host, "neutron-api")
    assert "neutron-rpc-server" in {name for s in plan.steps for name in s.services}
    assert found(plan, now) == []


def test_a_service_that_vanished_in_a_chain_of_hops_is_gone():
    built = a_cloud().without("keystone-catalog")
    plan = planned(built, "2026.2", "2024.1")
    assert ("drift.gone", "neutron-server@ctl2") in found(plan, without_service(built, "ctl2", "neutron-server"))


def test_a_narrowed_plan_is_not_surprised_by_what_it_left_out():
    plan = planned(a_cloud(), hosts=("cmp1", "cmp2"))
    assert found(plan, a_cloud()) == []
    assert found(plan, without(a_cloud(), "cmp5")) == []
    assert found(plan, a_cloud().compute("cmp7")) != []


def test_what_a_waiver_left_out_is_not_new():
    built = a_cloud().down("cmp9", "nova-compute", timedelta(hours=1))
    plan = planned(built, waive=("record.stale",))
    assert found(plan, a_cloud().reporting("cmp9", "nova-compute")) == []
