"""Story 22: the tool looked at one host's registration and took all for registered."""

from operating import small_cloud

CAUGHT_BY = ("service.fresh",)
MORE = '[policy]\nmax_unavailable = {compute = 3}\ncanary = 0\n[gates]\nwithin = "10s"\n'


def test_the_one_host_that_does_not_report_is_named_whatever_the_others_do(staged):
    cloud, desk = staged(small_cloud(computes=3, name="silent"), MORE)
    cloud.fault("mute", host="cmp2", binary="nova-compute", times=9)
    desk.plans()
    answer = desk.types("run", "plan.json", "--yes")
    assert answer.code == 5, answer.err
    assert "nova-compute on cmp2" in answer.err
    states = desk.step_states()
    assert {host: states[f"2025.2-compute@{host}"] for host in ("cmp1", "cmp2", "cmp3")} == {
        "cmp1": "done",
        "cmp2": "failed",
        "cmp3": "done",
    }
