"""Pages offer what a terminal is told to type."""

import pytest

from stairlift.report.offers import offered_sources


@pytest.mark.parametrize(
    ("resolution", "offered"),
    [
        ("--from 2025.1 or --from 2025.2, as the hosts have it installed", ("2025.1", "2025.2")),
        ("pass --from epoxy or --from 2025.1, or look at what says otherwise", ("2025.1",)),
        ("say it with --from SERIES", ()),
        ("pass --from 1999.1", ()),
        ("", ()),
    ],
)
def test_each_release_is_offered_once(resolution, offered):
    assert offered_sources(resolution) == offered
