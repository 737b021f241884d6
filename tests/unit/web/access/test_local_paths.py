"""Nobody is sent to another site."""

import pytest

from stairlift.web.access.local_paths import local


@pytest.mark.parametrize("path", ["/", "/runs/261122-5d34fa", "/runs/x/log?step=a%20b&lines=5#L3", "/a//b", "/é"[:1]])
def test_ours(path):
    assert local(path) == path


@pytest.mark.parametrize(
    "path",
    [
        "",
        "runs",
        "//evil.example",
        "/\\evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        "\\/evil.example",
        "https://evil.example/",
        "javascript:alert(1)",
        " /runs",
        "/\x00",
        "/é",
        "/" + "a" * 2001,
        "/sign-in",
        "/sign-in?next=/sign-in",
        "/sign-out",
    ],
)
def test_not_ours(path):
    assert local(path) == "/"
