"""The `[[notify]]` tables: what they mean, and that a secret in one is refused."""

from datetime import timedelta
from pathlib import Path

import pytest

from stairlift.model.errors import UsageError
from stairlift.model.notice import ENDS, KINDS
from stairlift.notify.email import Email, MailServer
from stairlift.notify.posting import Address
from stairlift.notify.slack import Slack
from stairlift.notify.webhook import Webhook
from stairlift.wiring.config.settings import read_settings

HOOK = '[[notify]]\nname = "ops"\nuse = "webhook"\nurl = "https://hooks.example.com/x"\n'
MAIL = """
[[notify]]
name = "mail"
use = "email"
host = "mail.example.com"
from = "stairlift@example.com"
to = "Ops <ops@example.com>"
"""


@pytest.fixture
def read(tmp_path):
    def reading(text: str):
        (tmp_path / "stairlift.toml").write_text(text)
        return read_settings({"HOME": str(tmp_path)}, tmp_path, tmp_path / "etc").notify

    return reading


def test_nobody_is_told_unless_somebody_says_so(read):
    assert read("") == ()


def test_a_webhook(read, tmp_path):
    [one] = read(f'{HOOK}secret_file = "ops.secret"\nheaders = {{ X-Team = "a", Authorization = {{ file = "/b" }} }}')
    assert (one.name, one.use, one.clouds, one.announce) == ("ops", "webhook", ("*",), False)
    assert one.kinds == set(KINDS)
    assert one.remind == timedelta(minutes=30)
    address = Address("https://hooks.example.com/x")
    assert one.notifier == Webhook(address, tmp_path / "ops.secret", {"X-Team": "a", "Authorization": Path("/b")})


def test_what_is_told_of_whom(read):
    [one] = read(f'{HOOK}on = ["paused"]\ncloud = ["prod-*", "lab"]\nremind = "2h"\n')
    assert (one.kinds, one.clouds, one.remind) == ({"paused"}, ("prod-*", "lab"), timedelta(hours=2))
    assert read(f"{HOOK}remind = 0\n")[0].remind is None


def test_a_chat(read, tmp_path):
    [one] = read('[[notify]]\nname = "c"\nuse = "slack"\nurl_file = "c.url"\ntimeout = 3\nca_file = "/ca.pem"\n')
    assert one.notifier == Slack(Address("", tmp_path / "c.url", 3.0, Path("/ca.pem")))


def test_mail(read, tmp_path):
    [one] = read(f'{MAIL}user = "s"\npassword_file = "p"\n')
    server = MailServer("mail.example.com", 587, True, False, "s", tmp_path / "p")
    assert one.notifier == Email(server, "stairlift@example.com", ("Ops <ops@example.com>",))
    assert read(f"{MAIL}tls = true\n")[0].notifier.server.port == 465
    assert read(f"{MAIL}starttls = false\nport = 25\n")[0].notifier.server.port == 25


def test_a_channel_for_tenants_is_told_the_beginning_and_every_end(read):
    [one] = read(f'{HOOK}announce = true\non = ["paused"]\n')
    assert one.kinds == {"started"} | ENDS


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('notify = "ops"', "[[notify]], in double brackets"),
        ('[notify]\nname = "ops"', "[[notify]], in double brackets"),
        ('[[notify]]\nname = "ops"', "use is webhook, slack, email"),
        ('[[notify]]\nname = "ops"\nuse = "pager"', "use is webhook, slack, email, not 'pager'"),
        (HOOK.replace("ops", "o p s"), "needs name ="),
        (HOOK.replace('name = "ops"\n', ""), "needs name ="),
        (HOOK + HOOK, "two channels 'ops'"),
        (HOOK.replace("https", "gopher"), "begins with https"),
        (HOOK.replace("hooks.example.com", "[::1"), "url is no address"),
        (HOOK.replace("hooks.example.com", "hooks.example.com:99999"), "url is no address"),
        (HOOK.replace("hooks", "me:pw@hooks"), "url_file"),
        (HOOK + 'url_file = "x"\n', "either url, or url_file"),
        (HOOK + 'on = ["finnished"]\n', "on has 'finnished'"),
        (HOOK + "on = []\n", "on is a text or a list of texts"),
        (HOOK + 'secrets = "x"\n', "did you mean"),
        (HOOK + "timeout = 300\n", "timeout is a number of seconds from 1 to 30"),
        (HOOK + 'announce = "yes"\n', "announce is true or false"),
        (HOOK + 'headers = { Authorization = "Bearer x" }\n', "is a secret"),
        (HOOK + 'headers = { "X Team" = "x" }\n', "no name of a header"),
        (HOOK + 'headers = { X-Team = "a\\nb" }\n', "header X-Team is a text"),
        (MAIL.replace("ops@example.com", "ops"), "no address of e-mail"),
        (MAIL.replace('from = "stairlift@example.com"\n', ""), "no address of e-mail"),
        (MAIL.replace('host = "mail.example.com"\n', ""), "needs host"),
        (MAIL + 'user = "s"\n', "user and password_file go together"),
        (MAIL + 'user = "s"\npassword_file = "p"\nstarttls = false\n', "a password goes over TLS only"),
        (MAIL + "port = 99999\n", "port is a number"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(read, text, said):
    with pytest.raises(UsageError, match=r"stairlift\.toml") as refused:
        read(text)
    assert refused.value.code == "config.invalid"
    assert said in refused.value.brief


@pytest.mark.parametrize(
    ("key", "instead"), [("secret", "secret_file"), ("password", "password_file"), ("token", "headers")]
)
def test_a_secret_does_not_belong_there_and_is_not_repeated(read, key, instead):
    with pytest.raises(UsageError) as refused:
        read(f'{HOOK}{key} = "hunter2"\n')
    assert instead in refused.value.resolution
    assert "hunter2" not in f"{refused.value.brief} {refused.value.details} {refused.value.resolution}"
