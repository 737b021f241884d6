"""A release is a number that sorts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stairlift.model.errors import UsageError
from stairlift.model.release import Release

releases = st.builds(Release, st.integers(2010, 2099), st.sampled_from((1, 2)))


@given(releases)
def test_what_is_written_reads_back(release):
    assert Release.parse(str(release)) == release


@given(releases, releases)
def test_it_sorts_by_year_then_half(a, b):
    assert (a < b) == ((a.year, a.half) < (b.year, b.half))


def test_zed_comes_before_antelope():
    assert Release(2022, 2) < Release(2023, 1) < Release(2023, 2) < Release(2024, 1)


@pytest.mark.parametrize(
    "text", ["", "epoxy", "2025", "2025.3", "2025.0", "2025.10", "25.1", "2009.2", "2025.1.0", "-2025.1"]
)
def test_anything_but_a_number_is_refused(text):
    with pytest.raises(UsageError) as refused:
        Release.parse(text)
    assert refused.value.code == "release.unknown"
    assert refused.value.exit_code == 2
    assert repr(text) in refused.value.brief
    assert refused.value.resolution


@pytest.mark.parametrize(("year", "half"), [(2009, 1), (2025, 0), (2025, 3)])
def test_a_number_that_no_release_has_cannot_be_made(year, half):
    with pytest.raises(ValueError, match="not the number of a release"):
        Release(year, half)
