import pytest

from stairlift.model.errors import UsageError
from stairlift.model.policy import Policy, Share
from stairlift.wiring.policy import read_policy_file


@pytest.mark.parametrize("heading", ["", "[policy]\n"])
def test_with_or_without_the_heading_of_the_table(tmp_path, heading):
    (tmp_path / "careful.toml").write_text(f"{heading}canary = 2\nmax_unavailable = 3\n")
    assert read_policy_file(tmp_path / "careful.toml") == Policy(
        canary=2, max_unavailable={"control": Share(3), "resource": Share(3)}
    )


@pytest.mark.parametrize(
    ("text", "told"), [("canary = \n", "line 1"), ("bananas = 1\n", "'bananas'"), ("policy = 1\n", "is a table")]
)
def test_what_is_wrong_is_said_with_the_file(tmp_path, text, told):
    (tmp_path / "p.toml").write_text(text)
    with pytest.raises(UsageError, match=told) as wrong:
        read_policy_file(tmp_path / "p.toml")
    assert str(tmp_path / "p.toml") in wrong.value.brief


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(UsageError, match="No such file") as wrong:
        read_policy_file(tmp_path / "p.toml")
    assert wrong.value.exit_code == 2
