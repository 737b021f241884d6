"""Story 16: a playbook for "hosts" restarted RabbitMQ; Nova did not find it again for over an hour."""

from planning import ANY, binding, planned
from stairlift.testing.clouds import a_cloud

CAUGHT_BY = ("databases, brokers and load balancers are left alone unless asked for",)
BELOW = {"mariadb", "rabbitmq", "haproxy", "keepalived", "memcached"}


def built():
    made = a_cloud(control=3, network=1, compute=2)
    for host in ("ctl1", "ctl2", "ctl3"):
        made = made.placed(host, "mariadb", "rabbitmq", "memcached", "haproxy", "keepalived")
    return made


def test_no_step_of_a_host_touches_what_openstack_stands_on():
    plan = planned(built(), bindings=(ANY,))
    assert not BELOW & {name for step in plan.steps for name in step.services}


def test_whoever_asks_for_it_gets_a_stage_of_its_own_with_an_approval_before_it():
    plan = planned(built(), bindings=(binding("infra-1", "cloud", stage="infra"), ANY))
    below = [step for step in plan.steps if BELOW & set(step.services)]
    assert {step.stage for step in below} == {"infra"}
    first = next(step for step in plan.steps if step.stage == "infra")
    assert first.action == "approve"
    others = {name for step in below for name in step.services} - BELOW
    assert not others, "no service of OpenStack shares a step with them"
