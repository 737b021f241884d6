import os

import pytest

from stairlift.strategy.files import files_below, fingerprint, named_files


def test_a_files_fingerprint_is_its_content(tmp_path):
    (tmp_path / "a").write_text("x")
    (tmp_path / "b").write_text("x")
    assert fingerprint(tmp_path / "a") == fingerprint(tmp_path / "b")
    assert fingerprint(tmp_path / "a") == "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"


@pytest.mark.parametrize("change", ["content", "name", "new", "gone"])
def test_a_folders_fingerprint_changes_with_anything_in_it(tmp_path, change):
    roles = tmp_path / "roles"
    (roles / "nova").mkdir(parents=True)
    file = roles / "nova" / "main.yml"
    file.write_text("one")
    (roles / "other.yml").write_text("other")
    before = fingerprint(roles)
    assert fingerprint(roles) == before
    {
        "content": lambda: file.write_text("two"),
        "name": lambda: file.rename(file.with_name("renamed.yml")),
        "new": lambda: (roles / "new.yml").write_text(""),
        "gone": file.unlink,
    }[change]()
    assert fingerprint(roles) != before


def test_litter_counts_for_nothing(tmp_path):
    (tmp_path / "main.yml").write_text("")
    before = fingerprint(tmp_path)
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "x.pyc").write_text("")
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "HEAD").write_text("")
    for name in ("upgrade.retry", "run.log", "main.yml~", ".main.yml.swp"):
        (tmp_path / name).write_text("")
    assert fingerprint(tmp_path) == before


def test_links_are_followed_once(tmp_path):
    shared, roles = tmp_path / "shared", tmp_path / "roles"
    shared.mkdir()
    roles.mkdir()
    (shared / "main.yml").write_text("")
    (shared / "round").symlink_to(shared)
    (roles / "nova").symlink_to(shared)
    assert [str(file.relative_to(roles)) for file in files_below(roles)] == ["nova/main.yml"]


def test_what_is_no_file_is_passed_over(tmp_path):
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "dangling").symlink_to(tmp_path / "absent")
    assert list(files_below(tmp_path)) == []


def test_files_are_recognised_in_words(tmp_path):
    for name in ("step", "vars.yml", "conf"):
        (tmp_path / name).write_text("")
    words = ["./step", "step", "-e", "@vars.yml", f"--conf={tmp_path}/conf", "absent", "", "=", "a\0b", "x" * 5000]
    assert named_files(words, tmp_path) == tuple(tmp_path / name for name in ("step", "vars.yml", "conf"))


def test_a_file_that_cannot_be_read_says_so(tmp_path):
    with pytest.raises(OSError, match="gone"):
        fingerprint(tmp_path / "gone")
    os.mkfifo(tmp_path / "fifo")
    assert named_files(["fifo"], tmp_path) == ()
