import pytest

from stairlift.model.errors import UsageError
from stairlift.strategy.options import OptionReader


def reader(**options):
    return OptionReader("mine", {"folder": "/etc/stairlift", **options})


@pytest.mark.parametrize(
    ("read", "value", "says"),
    [
        (lambda r: r.text("key"), 3, "must be a text"),
        (lambda r: r.text("key"), " ", "must be a text"),
        (lambda r: r.text("key"), "a\nb", "control characters"),
        (lambda r: r.required_text("key"), None, "is missing"),
        (lambda r: r.texts("key"), "a b", "must be a list of texts"),
        (lambda r: r.texts("key"), ["a", 1], "must be a list of texts"),
        (lambda r: r.texts("key"), ["a\0"], "control characters"),
        (lambda r: r.command("key"), [], "must name a program"),
        (lambda r: r.command("key"), ["", "x"], "must name a program"),
        (lambda r: r.choice("key", ("host", "batch")), "all", "must be one of host, batch"),
        (lambda r: r.flag("key"), "yes", "must be true or false"),
        (lambda r: r.count("key"), 0, "whole number"),
        (lambda r: r.count("key"), True, "whole number"),
        (lambda r: r.table("key"), ["a"], "must be a table"),
    ],
)
def test_a_wrong_value_is_refused_by_the_name_of_its_key(read, value, says):
    with pytest.raises(UsageError) as caught:
        read(reader(key=value))
    assert caught.value.code == "strategy.option"
    assert "'mine': key" in caught.value.brief
    assert says in caught.value.brief


def test_what_is_absent_has_a_default():
    r = reader()
    assert (r.text("a"), r.texts("b"), r.command("c"), r.flag("d"), r.count("e"), r.table("f")) == (
        None,
        (),
        (),
        False,
        None,
        {},
    )
    assert r.choice("g", ("host", "batch")) == "host"


def test_one_text_does_for_a_list_of_one():
    assert reader(tags="nova").text_or_texts("tags") == ("nova",)
    assert reader(tags=["nova", "db"]).text_or_texts("tags") == ("nova", "db")


@pytest.mark.parametrize("folder", [None, "etc", 3])
def test_the_folder_is_absolute(folder):
    with pytest.raises(UsageError, match="folder"):
        OptionReader("mine", {"folder": folder}).folder()


def test_an_unknown_key_is_refused_with_the_one_that_was_meant():
    r = reader(playbok="x.yml")
    r.folder()
    r.text("playbook")
    with pytest.raises(UsageError) as caught:
        r.close()
    assert "playbok is not an option" in caught.value.brief
    assert "Did you mean playbook?" in caught.value.resolution
    assert "folder" not in caught.value.resolution


@pytest.mark.parametrize(
    "words",
    [
        ("--password=hunter2",),
        ('{"db_password": "hunter2"}',),
        ("x", "--db-password", "hunter2"),
        ("nova-manage --token hunter2",),
        ("https://me:hunter2@example.org/x",),
        ("deb https://:hunter2@example.org x",),
    ],
)
def test_what_looks_like_a_secret_is_refused_and_not_repeated(words):
    with pytest.raises(UsageError) as caught:
        reader().refuse_secrets("argv", words, "Keep it in a file.")
    assert "argv holds" in caught.value.brief
    assert "secret" in caught.value.brief
    assert "hunter2" not in str(vars(caught.value))


@pytest.mark.parametrize(
    "words",
    [
        ("rotate_secrets=true", "token_days=3"),
        ("--password-file", "p.txt"),
        ("--password", "@p.txt"),
        ("--token", "{run}"),
        ("--ask-vault-password", "site.yml"),
        ("--secret", "--verbose"),
        ("http://proxy:3128/path@x", "ssh://git@example.org:22/x"),
    ],
)
def test_what_only_sounds_like_a_secret_is_none(words):
    reader().refuse_secrets("argv", words, "")
