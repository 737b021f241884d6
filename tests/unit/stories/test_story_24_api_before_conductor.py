"""Story 24: Nova's services were rolled side by side; a new API sent objects that an old conductor cannot read."""

from planning import codes, planned, policy, upgraded
from stairlift.testing.clouds import a_cloud

CAUGHT_BY = ("conductors before APIs", "order.mixed")


def test_service_by_service_every_conductor_is_new_before_the_first_api():
    order = upgraded(planned(a_cloud(control=3), policy=policy(order="service")))
    conductors = [n for n, (name, _) in enumerate(order) if name == "nova-conductor"]
    apis = [n for n, (name, _) in enumerate(order) if name == "nova-api"]
    assert len(conductors) == len(apis) == 3
    assert max(conductors) < min(apis)


def test_on_each_node_too():
    order = upgraded(planned(a_cloud(control=3), policy=policy(order="node")))
    for host in ("ctl1", "ctl2", "ctl3"):
        mine = [name for name, where in order if where == host]
        assert mine.index("nova-conductor") < mine.index("nova-scheduler") < mine.index("nova-api")


def test_where_nodes_go_one_by_one_the_plan_says_what_is_mixed_meanwhile():
    plan = planned(a_cloud(control=3), policy=policy(order="node"))
    assert "order.mixed" in codes(plan.findings)
