from golden_text import assert_golden
from stairlift.model.finding import Finding, Waiver, in_order
from stairlift.report.findings import finding_lines


def a_finding(severity="warning", code="api.unplaced", subject="nova-api", resolution="give an inventory"):
    return Finding(code, severity, subject, f"something about {subject}", resolution)


def text(findings, waivers=(), **given):
    return "\n".join(line.text for line in finding_lines(findings, waivers, **given)) + "\n"


MANY = in_order(
    [
        *(a_finding(subject=f"service-{n:02}") for n in range(12)),
        *(a_finding("error", "record.stale", f"nova-compute@cmp{n:02}", f"delete cmp{n:02}") for n in range(12)),
        a_finding("error", "source.denied", "nova-services", "use an admin"),
        a_finding("info", "path.slurp_skip", "2025.1->2026.1", "read the notes"),
    ]
)


def test_errors_come_first_and_many_of_a_kind_are_cut_short():
    assert_golden("findings.txt", text(MANY, [Waiver("source.denied")], all_in="-o json"))


def test_what_is_left_out_is_counted_and_where_it_is():
    told = text(MANY, all_in="-o json")
    assert "... and 9 more findings api.unplaced; -o json has all" in told
    assert "... and 2 more findings record.stale; -o json has all" in told
    assert "has all" not in text(MANY)


def test_no_code_hides_another():
    assert {line.text.split()[1] for line in finding_lines(MANY) if line.weight != "hint"} == {f.code for f in MANY}


def test_a_waived_error_is_shown_as_waived_and_by_which_word():
    error = a_finding("error", "record.stale", "nova-compute@cmp1")
    [line, hint] = finding_lines([error], [Waiver("record.stale", "nova-compute@*")])
    assert (line.weight, line.text.split()[0]) == ("waived", "waived")
    assert "--waive record.stale:nova-compute@*" in hint.text


def test_a_waiver_of_another_subject_waives_nothing():
    [line, hint] = finding_lines([a_finding("error", subject="a")], [Waiver("api.unplaced", "b")])
    assert (line.weight, hint.text.strip()) == ("error", "give an inventory")


def test_a_warning_needs_no_waiver():
    assert finding_lines([a_finding()], [Waiver("api.unplaced")])[0].weight == "warning"


def test_what_to_do_is_said_once_for_all_that_want_the_same():
    lines = finding_lines([a_finding(subject="a"), a_finding(subject="b")])
    assert [line.weight for line in lines] == ["warning", "warning", "hint"]


def test_nothing_to_tell():
    assert finding_lines([]) == ()
