"""Which releases a plan goes through, and what it refuses before anything else."""

import pytest

from planning import codes, finding, ids, planned, seen, upgraded
from stairlift.model.errors import Refusal
from stairlift.plan import refuse
from stairlift.testing.clouds import CloudBuilder, a_cloud

#: A cloud whose control plane shows 2026.1 for sure.
NEW = a_cloud(microversion="2.103")


def refused(built, to, source=None, **given):
    """The code of a Refusal, of the plan itself or of its findings; its findings all say what to do."""
    with pytest.raises(Refusal) as wrong:
        refuse(planned(built, to, source, **given))
    assert wrong.value.findings
    assert all(f.resolution and f.severity == "error" for f in wrong.value.findings)
    assert wrong.value.exit_code == 4
    return {f.code for f in wrong.value.findings}


def hops(plan):
    return list(map(str, plan.hops))


@pytest.mark.parametrize(
    ("source", "to", "expected"),
    [
        ("2023.1", "2026.1", ["2024.1", "2025.1", "2026.1"]),
        ("2023.2", "2026.1", ["2024.1", "2025.1", "2026.1"]),
        ("2025.1", "2025.2", ["2025.2"]),
        ("2024.1", "2025.2", ["2025.1", "2025.2"]),
        ("2022.1", "2023.1", ["2022.2", "2023.1"]),
    ],
)
def test_the_shortest_chain_of_supported_hops(source, to, expected):
    plan = planned(a_cloud().without("keystone-catalog"), to, source)
    assert hops(plan) == expected
    assert (str(plan.source), str(plan.target)) == (source, to)


def test_a_hop_that_skips_a_release_says_so():
    skips = [f for f in planned(a_cloud(), "2026.1").findings if f.code == "path.slurp_skip"]
    assert [(f.subject, f.severity) for f in skips] == [("2025.1->2026.1", "info")]
    assert "path.slurp_skip" not in codes(planned(a_cloud(), "2025.2").findings)


def test_the_release_is_taken_from_the_evidence_when_it_leaves_one():
    assert str(planned(NEW, "2026.2", None).source) == "2026.1"


@pytest.mark.parametrize("to", ["2026.1", "2025.2", "2025.1"])
def test_the_same_or_a_lower_release(to):
    assert refused(NEW, to) == {"plan.not_an_upgrade"}


def test_a_lower_release_is_no_question_of_which_one_runs():
    assert refused(a_cloud(), "2024.1") == {"plan.not_an_upgrade"}
    assert refused(a_cloud(), "2025.1") == {"plan.not_an_upgrade"}


def test_a_release_outside_the_table_has_no_way():
    assert refused(a_cloud().without("keystone-catalog"), "2016.1", "2014.1") == {"plan.no_path"}
    assert refused(NEW, "2039.1") == {"plan.no_path"}


def test_several_candidates_and_the_word_that_settles_it():
    with pytest.raises(Refusal) as wrong:
        planned(a_cloud(), "2026.1", None)
    [hint] = wrong.value.findings
    assert hint.code == "release.ambiguous"
    assert hint.resolution.startswith("--from 2025.1 or --from 2025.2")
    for source in ("2025.1", "2025.2"):
        refuse(planned(a_cloud(), "2026.1", source))


def test_no_evidence_at_all_and_the_word_that_settles_it():
    built = a_cloud().without("keystone-catalog")
    assert refused(built, "2026.1") == {"release.ambiguous"}
    refuse(planned(built, "2026.1", "2025.2"))


def test_from_against_the_evidence():
    assert refused(a_cloud(), "2026.1", "2024.2") == {"release.contradicted"}
    hint = finding(planned(a_cloud(), "2026.1", "2024.1").findings, "release.contradicted")
    assert "--from 2025.1 or --from 2025.2" in hint.resolution


def test_from_against_the_evidence_can_be_waived_and_is_then_believed():
    plan = planned(a_cloud(), "2025.1", "2024.1", waive=("release.contradicted",))
    refuse(plan)
    assert str(plan.source) == "2024.1"


def test_an_upgrade_that_is_done_is_no_upgrade():
    hint = finding(planned(NEW, "2026.1", "2025.1").findings, "release.contradicted")
    assert hint.severity == "error"
    assert "nothing remains" in hint.resolution


def test_the_rest_of_an_upgrade_expects_the_control_plane_to_show_the_target():
    plan = planned(NEW, "2026.1", "2025.1", stages=("network", "compute"))
    assert finding(plan.findings, "release.contradicted").severity == "info"
    refuse(plan)
    for narrowed in ({"stages": ("compute",)}, {"hosts": ("cmp*",)}, {"exclude": ("ctl*",)}):
        refuse(planned(NEW, "2026.1", "2025.1", **narrowed))


def test_the_rest_of_the_first_of_several_hops_expects_that_hops_release():
    built = a_cloud(microversion="2.96")
    plan = planned(built, "2026.1", "2023.1", stages=("compute",))
    assert finding(plan.findings, "release.contradicted").severity == "info"
    assert hops(plan) == ["2024.1"]


def test_an_empty_cloud_cannot_be_planned_for_nor_waived():
    for source in ("2025.1", None):
        assert refused(CloudBuilder().serving("identity"), "2026.1", source) == {"cloud.empty"}
        assert refused(CloudBuilder(), "2026.1", source, waive=("cloud.empty",)) == {"cloud.empty"}


def unfinished():
    """One hypervisor of four is on 2026.1 already, and one control node of two."""
    built = a_cloud(control=2, network=1, compute=4, microversion="2.100")
    for host, version in (("ctl1", "33.0.1"), ("ctl2", "31.2.0"), ("cmp1", "33.0.1"), ("cmp2", "31.2.0")):
        names = ("nova-conductor", "nova-scheduler", "nova-api") if host.startswith("ctl") else ("nova-compute",)
        built = built.running(host, version, *names)
    return built


def test_an_unfinished_upgrade_becomes_a_plan_for_the_remainder_without_a_word():
    plan = planned(unfinished(), "2026.1", None)
    refuse(plan)
    assert (str(plan.source), hops(plan)) == ("2025.1", ["2026.1"])
    assert "release.unfinished" in codes(plan.findings, "warning")
    done = {("nova-conductor", "ctl1"), ("nova-scheduler", "ctl1"), ("nova-api", "ctl1"), ("nova-compute", "cmp1")}
    everything = {(s.binary, s.host) for s in seen(unfinished()).cloud.services}
    assert set(upgraded(plan)) == everything - done
    assert "nova-compute on cmp1: runs 33.0.1 already, no step to 2026.1" in plan.left_out


def test_what_was_done_already_is_still_unpinned_and_migrated():
    built = a_cloud(control=1, network=0, compute=1).running(
        "ctl1", "33.0.0", "nova-conductor", "nova-scheduler", "nova-api"
    )
    plan = planned(built.running("cmp1", "31.0.0", "nova-compute"), "2026.1", None)
    assert {"2026.1-unpin-nova@ctl1", "2026.1-db-migrate-nova"} <= set(ids(plan))
    assert "2026.1-db-expand-nova" not in ids(plan)
    assert "2026.1-db-expand-glance" in ids(plan)


def test_an_unfinished_upgrade_is_finished_before_the_next_hop():
    built = a_cloud(control=1).running("ctl1", "32.0.0", "nova-conductor").running("cmp1", "31.0.0", "nova-compute")
    assert hops(planned(built, "2026.1", None)) == ["2025.2", "2026.1"]
    assert hops(planned(built, "2026.1", "2025.1")) == ["2025.2", "2026.1"]


def test_an_unfinished_upgrade_goes_nowhere_below_its_target():
    built = a_cloud(control=1).running("ctl1", "33.0.0", "nova-conductor").running("cmp1", "31.0.0", "nova-compute")
    assert refused(built, "2025.2") == {"plan.not_an_upgrade"}


def test_the_target_of_an_unfinished_upgrade_is_no_place_to_start_from():
    assert refused(unfinished(), "2026.2", "2026.1") == {"release.contradicted"}


def test_an_unfinished_upgrade_from_one_of_two_releases_needs_a_word():
    built = a_cloud().running("cmp1", "33.0.0", "nova-compute")
    assert refused(built, "2026.1") == {"release.ambiguous"}
    for source in ("2025.1", "2025.2"):
        refuse(planned(built, "2026.1", source))


def test_proofs_that_contradict_each_other_refuse_a_plan_until_they_are_waived():
    built = a_cloud(microversion="2.103").offering("shared-file-system", "2.78")
    assert refused(built, "2026.2", "2026.1") == {"release.contradiction"}
    refuse(planned(built, "2026.2", "2026.1", waive=("release.contradiction",)))
