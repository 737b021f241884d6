"""Documents that a server gives are shown by the same words as what they were made of: nothing is lost on the way."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from anyclouds import clouds
from planning import seen
from stairlift.model.check import UNKNOWN, CheckInfo, CheckResult, Judgement
from stairlift.model.cloud import Cloud, Evidence, RunningRelease
from stairlift.model.difference import Changed, Difference, Other
from stairlift.model.finding import Finding, Waiver, in_order, unwaived_errors
from stairlift.model.observation import ProcessRecord
from stairlift.model.release import Release
from stairlift.report.checked import (
    Checked,
    CheckedEntry,
    check_document,
    check_line,
    check_pastes,
    check_rows,
)
from stairlift.report.checked_read import checked_of
from stairlift.report.cloud import (
    cloud_document,
    host_rows,
    infrastructure_rows,
    release_line,
    service_rows,
    summary_line,
    wide_rows,
)
from stairlift.report.cloud_read import cloud_of
from stairlift.report.plan_difference import difference_document, difference_lines, difference_of
from stairlift.testing.clouds import NOON, a_cloud, an_ovn_cloud, the_founding_cloud
from stairlift.testing.plans import a_plan, a_step

WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=12)
NAMES = st.sampled_from(["record.stale", "units.stop_timeout", "drain.stays", "x.y"])
RELEASES = st.sampled_from([Release(2025, 1), Release(2025, 2), Release(2026, 1)])
FINDINGS = st.builds(
    Finding,
    NAMES,
    st.sampled_from(["error", "warning", "info"]),
    st.sampled_from(["cmp1", "nova-compute@cmp1", "a:b"]),
    WORDS,
    st.builds("{}{}".format, WORDS, st.sampled_from(["", "\n[checks]\nx = 1"])),
    st.dictionaries(WORDS, WORDS, max_size=2),
)
WAIVERS = st.one_of(
    st.builds(Waiver, NAMES),
    st.builds(Waiver, NAMES, st.sampled_from(["cmp1", "cmp*", "a:b"])),
    st.builds(Waiver, NAMES, st.none(), st.just("ada"), WORDS, st.none() | st.dates()),
)


def shown_of(cloud: Cloud) -> list[object]:
    rows = (service_rows(cloud), infrastructure_rows(cloud), wide_rows(cloud), host_rows(cloud))
    return [release_line(cloud), summary_line(cloud), *map(list, rows)]


def comes_back(cloud: Cloud, findings: tuple[Finding, ...]) -> None:
    document = cloud_document(cloud, findings)
    found, told = cloud_of(document)
    assert told == findings
    assert cloud_document(found, told) == document
    assert shown_of(found) == shown_of(cloud)


@st.composite
def releases(draw) -> RunningRelease:
    texts = draw(st.lists(WORDS, max_size=4, unique=True))
    evidence = tuple(Evidence(text, (), proof=draw(st.booleans())) for text in texts)
    return RunningRelease(tuple(draw(st.lists(RELEASES, max_size=3, unique=True))), evidence)


@given(clouds("2025.1"), releases(), st.lists(FINDINGS, max_size=3))
def test_any_cloud_comes_back(built, release, findings):
    cloud = seen(built).cloud
    comes_back(replace(cloud, release=release), in_order(findings))


def test_clouds_with_versions_and_infrastructure_come_back():
    versions = a_cloud(control=1, network=0, compute=1).saying(
        "hosts:/etc/site/hosts.ini",
        ProcessRecord("nova-compute", "cmp1", "systemd", "nova-compute", "up", "31.0.0", "process", "33.0.0"),
        ProcessRecord("haproxy", "lb1", "systemd", "haproxy", "up", "2.6.12", "package"),
    )
    for built in (versions, the_founding_cloud(), an_ovn_cloud()):
        found = seen(built)
        comes_back(found.cloud, found.findings)


def test_a_look_of_an_older_program_says_nothing_of_proof():
    document = cloud_document(seen(a_cloud()).cloud, ())
    del document["release"]["proof"]
    assert "nothing that was found tells" in release_line(cloud_of(document)[0])


@st.composite
def results(draw) -> CheckResult:
    info = CheckInfo(
        draw(NAMES), draw(WORDS), (), draw(st.sampled_from(["error", "warning"])), draw(WORDS), "", number=draw(PLACES)
    )
    states = st.sampled_from(["passed", "failed", "unknown", "waived", "skipped"])
    judgement = Judgement(
        findings=tuple(draw(st.lists(FINDINGS, max_size=2))),
        evidence=draw(WORDS),
        unknown=draw(WORDS),
        remedy=draw(st.one_of(st.just(""), st.builds("{}\n{}".format, WORDS.filter(_one_line), WORDS))),
    )
    return CheckResult(info, draw(states), NOON, judgement, draw(st.sampled_from(["", "ada: it is known"])))


PLACES = st.integers(0, 30)


def _one_line(text: str) -> bool:
    return "\n" not in text


@st.composite
def checks(draw) -> Checked:
    found, waivers = tuple(draw(st.lists(results(), max_size=4))), tuple(draw(st.lists(WAIVERS, max_size=3)))
    findings = in_order((*draw(st.lists(FINDINGS, max_size=4)), *(one for result in found for one in result.findings)))
    entry = st.builds(CheckedEntry, WORDS, WORDS, st.booleans(), st.none() | st.integers(0, 9))
    return Checked(
        cloud=draw(WORDS),
        source=draw(st.none() | RELEASES),
        target=draw(st.none() | RELEASES),
        entries=tuple(draw(st.lists(entry, max_size=2))),
        findings=findings,
        refusing=unwaived_errors(findings, waivers),
        checks=found,
        waivers=waivers,
        over=tuple(draw(st.lists(WORDS, max_size=2))),
    )


@given(checks())
def test_whatever_was_checked_comes_back(checked):
    document = check_document(checked)
    found = checked_of(document)
    assert check_document(found) == document
    assert list(check_rows(found)) == list(check_rows(checked))
    assert (check_line(found), check_pastes(found)) == (check_line(checked), check_pastes(checked))
    assert (found.refusing, found.over) == (checked.refusing, checked.over)


def test_what_a_check_could_not_find_out_is_unknown_still():
    info = CheckInfo("x.y", "The clock", (), "error", "it is right", "")
    result = CheckResult(info, "unknown", NOON, Judgement(unknown="no shell", remedy="give one\n[checks]\nshells = 1"))
    checked = Checked("lab", None, None, (), result.findings, result.findings, (result,))
    [row] = check_rows(checked_of(check_document(checked)))
    assert row[2:4] == (UNKNOWN, "unknown")
    [again] = checked_of(check_document(checked)).checks
    assert again.judgement.remedy == "give one\n[checks]\nshells = 1"


def test_what_has_drifted_comes_back():
    old, new = a_plan(a_step("a"), a_step("b"), a_step("c")), a_plan(a_step("b"), a_step("c"), a_step("d"))
    moved = Changed(new.steps[0], (Other("hosts", ["cmp1"], ["cmp2"]),))
    others = (Other("option argv", None, ["true"]),)
    difference = Difference((old.steps[0],), (new.steps[2],), (new.steps[1],), (moved,), others, ("c",))
    document = difference_document(difference, (old, new), ("r1", None))
    found = difference_of(document, (old, new))
    assert found == difference
    assert difference_lines(found) == difference_lines(difference)
