"""Which release runs: candidates with their evidence, never a guess."""

import pytest

from planning import codes, finding, seen
from stairlift.model.cloud import Evidence
from stairlift.model.release import Release
from stairlift.reconcile.release import unfinished
from stairlift.testing.clouds import CloudBuilder


def release(built):
    return seen(built).cloud.release


def candidates(built):
    return [str(c) for c in release(built).candidates]


@pytest.mark.parametrize(
    ("service_type", "maximum", "expected"),
    [
        ("compute", "2.103", ["2026.1"]),
        ("compute", "2.100", ["2025.1", "2025.2"]),
        ("compute", "2.25", ["2016.1"]),
        ("shared-file-system", "2.89", ["2025.1"]),
        ("sharev2", "2.89", ["2025.1"]),
        ("baremetal", "1.96", ["2025.1"]),
        ("compute", "2.9999", []),
    ],
)
def test_what_an_api_that_counts_leaves(service_type, maximum, expected):
    assert candidates(CloudBuilder().offering(service_type, maximum)) == expected


def test_without_evidence_there_is_no_candidate():
    assert candidates(CloudBuilder().compute("cmp1")) == []
    assert release(CloudBuilder()).series is None


def test_the_series_is_known_when_one_candidate_is_left():
    assert str(release(CloudBuilder().offering("compute", "2.103")).series) == "2026.1"
    assert release(CloudBuilder().offering("compute", "2.100")).series is None


def test_two_proofs_narrow_each_other():
    built = CloudBuilder().offering("compute", "2.100").offering("shared-file-system", "2.91")
    assert candidates(built) == ["2025.2"]


def test_a_version_on_a_host_decides_where_the_api_does_not():
    built = CloudBuilder().offering("compute", "2.100").compute("c").running("c", "3:31.2.0-0ubuntu1", "nova-compute")
    assert candidates(built) == ["2025.1"]
    assert not codes(seen(built).findings, "error")


@pytest.mark.parametrize(
    ("service_type", "maximum"), [("image", "2.3"), ("image", "2.17"), ("identity", "3.14"), ("volumev3", "3.70")]
)
def test_a_hint_never_contradicts(service_type, maximum):
    built = CloudBuilder().offering("compute", "2.103").offering(service_type, maximum)
    made = seen(built)
    assert candidates(built) == ["2026.1"]
    assert not {c for c in codes(made.findings) if c.startswith("release.")}
    hint = next(e for e in made.cloud.release.evidence if service_type in e.text)
    assert not hint.proof
    assert maximum in hint.text


def test_proofs_that_no_single_upgrade_explains_are_an_error():
    built = CloudBuilder().offering("compute", "2.103").offering("shared-file-system", "2.78")
    made = seen(built)
    hint = finding(made.findings, "release.contradiction")
    assert hint.severity == "error"
    assert "2.103" in hint.message
    assert "2.78" in hint.message
    assert candidates(built) == ["2023.1", "2026.1"]
    assert made.cloud.release.unfinished == ()


def test_an_upgrade_that_was_not_finished():
    built = (
        CloudBuilder().compute("a", "b").running("a", "31.0.0", "nova-compute").running("b", "33.0.0", "nova-compute")
    )
    made = seen(built)
    hint = finding(made.findings, "release.unfinished")
    assert hint.severity == "warning"
    assert [tuple(map(str, hop)) for hop in made.cloud.release.unfinished] == [("2025.1", "2026.1")]
    assert candidates(built) == ["2025.1", "2026.1"]
    assert "--to 2026.1" in hint.resolution


def test_an_unfinished_upgrade_from_one_of_two_releases():
    built = CloudBuilder().offering("compute", "2.100").compute("b").running("b", "33.0.0", "nova-compute")
    made = seen(built)
    hops = [tuple(map(str, hop)) for hop in made.cloud.release.unfinished]
    assert hops == [("2025.1", "2026.1"), ("2025.2", "2026.1")]
    assert "--from 2025.1" in finding(made.findings, "release.unfinished").resolution


def test_three_releases_side_by_side_are_no_unfinished_upgrade():
    built = CloudBuilder().compute("a", "b", "c")
    for host, version in (("a", "29.0.0"), ("b", "31.0.0"), ("c", "33.0.0")):
        built = built.running(host, version, "nova-compute")
    assert "release.contradiction" in codes(seen(built).findings)


def test_evidence_counts_hosts():
    built = (
        CloudBuilder().compute("a", "b").running("a", "31.0.0", "nova-compute").running("b", "31.0.0", "nova-compute")
    )
    assert [e.text for e in release(built).evidence] == ["nova 31.0.0 on 2 hosts"]


def test_hops_that_lead_to_different_releases_explain_nothing():
    either = [Evidence("one", tuple(map(Release.parse, ("2023.1", "2024.1"))), proof=True)]
    either.append(Evidence("other", tuple(map(Release.parse, ("2023.2", "2024.2"))), proof=True))
    assert unfinished(either) == ()
    assert unfinished(either[:1] * 2 + [Evidence("third", (Release(2025, 1),), proof=True)]) == (
        (Release(2024, 1), Release(2025, 1)),
    )
