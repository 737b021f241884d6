"""Which releases there are, and which way leads from one to another."""

from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stairlift.knowledge import releases
from stairlift.knowledge.document import Entry
from stairlift.model.errors import Refusal, StairliftError, UsageError
from stairlift.model.release import Release

words = str.split

R = Release.parse
KNOWN = [one.release for one in releases.all_series()]
known = st.sampled_from(KNOWN)


def chain(a, b):
    return [str(release) for release in releases.shortest_chain(releases.parse_series(a), releases.parse_series(b))]


def breadth_first(a, b):
    """The number of hops, worked out another way: levels of everything that can be reached."""
    level, hops = {a}, 0
    while b not in level:
        level = {later for earlier in level for later in KNOWN if releases.edge_exists(earlier, later)}
        hops += 1
    return hops


def test_the_table_runs_from_liberty_to_indri():
    names = "liberty mitaka newton ocata pike queens rocky stein train ussuri victoria wallaby xena yoga zed antelope "
    names += "bobcat caracal dalmatian epoxy flamingo gazpacho hibiscus indri"
    assert [one.codename.casefold() for one in releases.all_series()] == words(names)
    assert (KNOWN[0], KNOWN[-1]) == (R("2015.2"), R("2027.1"))


@pytest.mark.parametrize(
    ("number", "codename", "released", "slurp"),
    [
        ("2016.1", "Mitaka", date(2016, 4, 7), False),
        ("2019.2", "Train", date(2019, 10, 16), False),
        ("2022.2", "Zed", date(2022, 10, 5), False),
        ("2023.1", "Antelope", date(2023, 3, 22), True),
        ("2025.1", "Epoxy", date(2025, 4, 2), True),
        ("2025.2", "Flamingo", date(2025, 10, 1), False),
        ("2026.1", "Gazpacho", date(2026, 4, 1), True),
    ],
)
def test_dates_and_slurps(number, codename, released, slurp):
    one = releases.series(R(number))
    assert (one.codename, one.released, one.slurp, one.planned) == (codename, released, slurp, False)
    assert str(one) == f"{number} {codename}"
    assert releases.describe(R(number)) == f"{number} {codename}"


def test_slurps_are_every_first_release_of_a_year_from_2023_on():
    assert [one.release for one in releases.all_series() if one.slurp] == [Release(y, 1) for y in range(2023, 2028)]


def test_what_has_not_happened_is_marked():
    assert [str(one.release) for one in releases.all_series() if one.planned] == ["2027.1"]


def test_every_series_has_a_source_and_comes_later_than_the_one_before():
    dates = [one.released for one in releases.all_series()]
    assert dates == sorted(dates)
    assert all(one.source for one in releases.all_series())


@pytest.mark.parametrize("text", ["2025.1", "epoxy", "Epoxy", " EPOXY "])
def test_numbers_and_codenames_both_parse(text):
    assert releases.parse_series(text) == R("2025.1")
    assert releases.known_series(text) == R("2025.1")


@pytest.mark.parametrize(("text", "near"), [("epoxi", "epoxy"), ("mitakka", "mitaka"), ("2025.3", "2025.1")])
def test_an_unknown_series_names_what_comes_near(text, near):
    with pytest.raises(UsageError) as refused:
        releases.parse_series(text)
    assert refused.value.code == "release.unknown"
    assert near in refused.value.resolution


@pytest.mark.parametrize("text", ["", "kilo", "2015.1", "2030.1", "master"])
def test_what_is_not_in_the_table_is_unknown(text):
    assert releases.known_series(text) is None
    with pytest.raises(UsageError):
        releases.parse_series(text)


def test_a_release_outside_the_table_has_no_series_but_a_name():
    with pytest.raises(UsageError):
        releases.series(R("2015.1"))
    assert releases.describe(R("2015.1")) == "2015.1"


@pytest.mark.parametrize(
    ("a", "b", "hops"),
    [
        ("2023.1", "2026.1", ["2024.1", "2025.1", "2026.1"]),
        ("2023.2", "2026.1", ["2024.1", "2025.1", "2026.1"]),
        ("mitaka", "newton", ["2016.2"]),
        ("2025.1", "2026.1", ["2026.1"]),
        ("2025.1", "2025.2", ["2025.2"]),
        ("2025.1", "2026.2", ["2026.1", "2026.2"]),
        ("yoga", "2024.1", ["2022.2", "2023.1", "2024.1"]),
        ("2024.2", "2027.1", ["2025.1", "2026.1", "2027.1"]),
    ],
)
def test_chains(a, b, hops):
    assert chain(a, b) == hops


@pytest.mark.parametrize(
    ("a", "b"),
    [("2023.2", "2024.2"), ("2023.1", "2025.1"), ("2022.1", "2023.1"), ("2024.2", "2026.1"), ("2025.1", "2024.1")],
)
def test_edges_that_do_not_exist(a, b):
    assert not releases.edge_exists(R(a), R(b))
    assert not releases.is_slurp_skip(R(a), R(b))


def test_the_edges_are_next_and_next_slurp_and_nothing_else():
    after = dict(pairwise(KNOWN))
    slurps = {Release(year, 1): Release(year + 1, 1) for year in range(2023, 2027)}
    allowed = {(a, b) for a in KNOWN for b in KNOWN if releases.edge_exists(a, b)}
    assert allowed == set(after.items()) | set(slurps.items())
    assert {(a, b) for a, b in allowed if releases.is_slurp_skip(a, b)} == set(slurps.items())


@given(known, known)
def test_a_chain_takes_allowed_edges_and_as_few_as_there_can_be(a, b):
    if b <= a:
        with pytest.raises(Refusal) as refused:
            releases.shortest_chain(a, b)
        assert refused.value.code == "plan.not_an_upgrade"
        return
    hops = releases.shortest_chain(a, b)
    assert hops[-1] == b
    assert all(releases.edge_exists(x, y) for x, y in zip((a, *hops), hops, strict=False))
    assert len(hops) == breadth_first(a, b)


@pytest.mark.parametrize(("a", "b"), [("2015.1", "2016.1"), ("2026.1", "2029.1")])
def test_no_way_leads_beyond_the_table(a, b):
    with pytest.raises(Refusal) as refused:
        releases.shortest_chain(R(a), R(b))
    assert refused.value.code == "plan.no_path"
    assert "2015.2 Liberty" in refused.value.details


def entry(number, **more):
    content = {"release": number, "codename": "X", "released": date(2020, 1, 1), "source": "s", **more}
    return {key: value for key, value in content.items() if value is not None}


@pytest.mark.parametrize(
    ("series", "said"),
    [
        ([entry("2020.1"), entry("2021.1")], "does not follow"),
        ([entry("2020.2"), entry("2020.1")], "does not follow"),
        ([entry("2020.1", source=None)], "source"),
        ([entry("2020.1", source="nowhere")], "nowhere"),
        ([entry("2020.1", slrup=True)], "slrup"),
        ([entry("2020.1", slurp="yes")], "true or false"),
        ([entry("2020.1", released="soon")], "a date"),
        ([entry(2020.1)], "quoted"),
        ([entry(None)], "a release"),
        ([entry("2020.1", codename=7)], "a text"),
    ],
)
def test_a_wrong_table_does_not_load(series, said):
    with pytest.raises(StairliftError, match=said) as refused:
        releases.series_of(Entry({"sources": {"s": "somewhere"}, "series": series}, "releases.yaml"))
    assert refused.value.code == "knowledge.invalid"
