"""When a meter has nothing more to do."""

import os

from stairlift.probe.order import ALIVE, OVER
from stairlift.probe.probing import over

LINGER = 60.0


def at(seconds):
    return lambda: seconds


def test_it_goes_on_while_somebody_gives_a_sign_of_life_and_a_while_longer(tmp_path):
    (tmp_path / ALIVE).touch()
    os.utime(tmp_path / ALIVE, (1000, 1000))
    assert over(tmp_path, LINGER, at(1059)) == ""
    assert "no orchestrator was there for 61 s" in over(tmp_path, LINGER, at(1061))


def test_it_ends_with_its_run(tmp_path):
    (tmp_path / ALIVE).touch()
    (tmp_path / OVER).touch()
    assert over(tmp_path, LINGER, at(0)) == "its run is over"


def test_it_ends_where_its_folder_was_cleared_away(tmp_path):
    """Also where the folder itself is there still, or again, since it went on writing while files were taken away."""
    assert over(tmp_path, LINGER, at(0)) == over(tmp_path / "gone", LINGER, at(0)) == "its folder was cleared away"
