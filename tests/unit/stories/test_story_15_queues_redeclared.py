"""Story 15: services asked for quorum queues where classic ones were: PRECONDITION_FAILED, inequivalent arg."""

from stairlift.testing.clouds import a_cloud
from stories import checked, sections, sentences

CAUGHT_BY = ("rabbitmq.queue_types",)

CLOUD = a_cloud(control=1, network=0, compute=1).placed("mq1", "rabbitmq")
OPTION = "/etc/nova/nova.conf\toslo_messaging_rabbit\trabbit_quorum_queue\ttrue"


def answers(kind: str, option: str = "") -> dict[str, str]:
    queues = [f"/\tconductor\t{kind}\ttrue\t0\t3", "/\treply_1234\tclassic\tfalse\t0\t1"]
    return {"mq1": sections(queues=queues, options=[]), "": sections(options=[option] if option else [])}


def test_classic_queues_where_quorum_queues_are_asked_for_refuse_and_need_a_step_of_their_own():
    result = checked("rabbitmq.queue_types", CLOUD, answers("classic", OPTION), to="2026.1")
    assert result.state == "failed"
    assert "conductor" in sentences(result)
    assert "in a step of its own" in sentences(result)


def test_queues_as_they_are_asked_for_pass():
    assert checked("rabbitmq.queue_types", CLOUD, answers("quorum", OPTION), to="2026.1").state == "passed"
    assert checked("rabbitmq.queue_types", CLOUD, answers("classic"), to="2026.1").state == "passed"
