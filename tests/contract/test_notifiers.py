"""Every notifier keeps the contract, against servers on the loopback; and what each has to itself."""

import base64
import smtplib
import socket
import warnings
from contextlib import contextmanager, suppress
from dataclasses import replace
from email import message_from_bytes, policy
from pathlib import Path
from threading import Event, Thread

import pytest

from receivers import certificate, mail_server, own_context, receiving
from stairlift.model.notice import NotDelivered
from stairlift.notify.email import Email, MailServer
from stairlift.notify.posting import Address
from stairlift.notify.signature import HEADER, signature
from stairlift.notify.slack import Slack
from stairlift.notify.webhook import Webhook
from stairlift.report.notice import trial_of
from stairlift.testing.notifier_contract import NOON, NotifierContract, a_notice

SECRET = "a-secret-that-nobody-sees"
SHORT = 0.3


def refused(notifier, notice=None) -> NotDelivered:
    with pytest.raises(NotDelivered) as caught:
        notifier.send(notice or a_notice())
    assert "T0P-SECRET" not in caught.value.reason
    assert SECRET not in caught.value.reason
    return caught.value


@pytest.fixture
def receiver():
    with receiving() as one:
        yield one


@pytest.fixture
def secret_file(tmp_path) -> Path:
    file = tmp_path / "secret"
    file.write_text(f"{SECRET}\n")
    return file


@contextmanager
def silence():
    """A port that lets everybody in and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@contextmanager
def dripping(begin: bytes, context=None):
    """A port where an answer comes byte by byte, and never to its end."""
    over = Event()

    def drip(server: socket.socket) -> None:
        with suppress(OSError):  # who waited has left
            client = server.accept()[0]
            with context.wrap_socket(client, server_side=True) if context else client as it:
                it.sendall(begin)
                while not over.wait(SHORT / 6):
                    it.sendall(b"x")

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = Thread(target=drip, args=(server,), daemon=True)
        thread.start()
        try:
            yield server.getsockname()[1]
        finally:
            over.set()
            thread.join(60)


@pytest.fixture
def silent_port():
    with silence() as port:
        yield port


class OverHttp(NotifierContract):
    def made(self, address):
        raise NotImplementedError

    @pytest.fixture
    def notifier(self, receiver):
        return self.made(Address(receiver.url))

    @pytest.fixture
    def told(self, receiver):
        return lambda: [_texts(one.json) for one in receiver.taken]

    @pytest.fixture
    def silent(self, silent_port):
        return self.made(Address(f"http://127.0.0.1:{silent_port}/", timeout=SHORT))

    @pytest.fixture
    def refusing(self, receiver):
        receiver.status = 503
        return self.made(Address(receiver.url))


def _texts(document) -> str:
    if isinstance(document, dict):
        return " ".join(map(_texts, document.values()))
    return " ".join(map(_texts, document)) if isinstance(document, list) else str(document)


class TestWebhook(OverHttp):
    def made(self, address):
        return Webhook(address)


class TestSlack(OverHttp):
    def made(self, address):
        return Slack(address)


class TestEmail(NotifierContract):
    @pytest.fixture
    def box(self):
        with mail_server() as one:
            yield one

    @pytest.fixture
    def notifier(self, box):
        return an_email(box.port)

    @pytest.fixture
    def told(self, box):
        return lambda: [f"{mail['Subject']}\n{mail.get_content()}" for mail in box.mails]

    @pytest.fixture
    def silent(self, silent_port):
        return an_email(silent_port, timeout=SHORT)

    @pytest.fixture
    def refusing(self, box):
        box.refuses["MAIL"] = "451 come back later"
        return an_email(box.port)

    def test_a_name_adds_no_header(self, notifier, box):
        notifier.send(a_notice(title="lab\r\nBcc: eve@example.com"))
        [mail] = box.mails
        assert mail["Bcc"] is None
        assert box.recipients == ["<ops@example.com>", "<boss@example.com>"]

    def test_mails_of_a_run_are_a_thread_and_one_that_comes_twice_is_known(self, notifier, box):
        notifier.send(a_notice(seq=41))
        notifier.send(a_notice(seq=41))
        notifier.send(a_notice(seq=41, again=1))
        first, second, reminder = (mail["Message-ID"] for mail in box.mails)
        assert first == second != reminder
        assert len({mail["References"] for mail in box.mails}) == 1
        assert box.mails[0]["Auto-Submitted"] == "auto-generated"

    def test_a_try_has_an_id_that_mail_servers_can_read(self, notifier, box):
        notifier.send(trial_of("ops", NOON))
        [mail] = box.mails
        assert mail["Message-ID"] == f"<trial.{int(NOON.timestamp())}@stairlift.invalid>"
        assert mail["References"] == "<trial@stairlift.invalid>"


def an_email(port, **given):
    return Email(
        MailServer("127.0.0.1", port, **{"starttls": False, "timeout": 5.0, **given}),
        "Stairlift <stairlift@example.com>",
        ("ops@example.com", "boss@example.com"),
    )


# HTTP


def test_what_programs_get(receiver, secret_file):
    hook = Webhook(Address(receiver.url), secret_file, {"X-Team": "ops", "Authorization": secret_file}, lambda: 1234.9)
    assert hook.send(a_notice(seq=41)) == "HTTP 204"
    [one] = receiver.taken
    assert one.headers["Content-Type"].startswith("application/cloudevents+json")
    assert (one.headers["X-Team"], one.headers["Authorization"]) == ("ops", SECRET)
    assert one.headers[HEADER] == signature(SECRET.encode(), one.body, 1234)
    event = one.json
    data = event.pop("data")
    assert event == {
        "specversion": "1.0",
        "id": "41",
        "source": "/v1/runs/r1",
        "type": "io.stairlift.run.paused",
        "subject": "lab",
        "time": "2026-05-04T12:00:00Z",
        "datacontenttype": "application/json",
    }
    assert data["reason"] == "somebody <looks> & waits"


def test_a_reminder_has_an_id_of_its_own(receiver):
    Webhook(Address(receiver.url)).send(a_notice(seq=41, again=1))
    assert receiver.taken[0].json["id"] == "41.1"


def test_secrets_are_read_when_something_is_sent(receiver, secret_file):
    hook = Webhook(Address(receiver.url), secret_file, clock=lambda: 1.0)
    hook.send(a_notice())
    secret_file.write_text("another")
    hook.send(a_notice())
    first, second = (one.headers[HEADER] for one in receiver.taken)
    assert first == signature(SECRET.encode(), receiver.taken[0].body, 1)
    assert second == signature(b"another", receiver.taken[1].body, 1)


@pytest.mark.parametrize("content", [None, b"", b"two\nlines", b"\xff\xfe"])
def test_a_secret_that_cannot_be_read_sends_nothing(receiver, tmp_path, content):
    file = tmp_path / "secret"
    if content is not None:
        file.write_bytes(content)
    found = refused(Webhook(Address(receiver.url), file))
    assert str(file) in found.reason
    assert not found.for_good
    assert receiver.taken == []


def test_an_address_in_a_file(receiver, tmp_path):
    file = tmp_path / "url"
    file.write_text(f"{receiver.url}\n")
    assert Slack(Address(url_file=file)).send(a_notice()) == "HTTP 204"
    file.write_text("file:///etc/passwd")
    assert "does not hold an address" in refused(Slack(Address(url_file=file))).reason


@pytest.mark.parametrize("text", ["http://[::1/hook", f"http://{'a' * 64}.example/hook", "http://receiver:port/hook"])
def test_an_address_that_nobody_can_go_to(tmp_path, text):
    file = tmp_path / "url"
    file.write_text(text)
    assert not refused(Webhook(Address(url_file=file))).for_good


def test_a_secret_that_no_header_can_carry(receiver, tmp_path):
    file = tmp_path / "key"
    file.write_text("ключ", encoding="utf-8")
    found = refused(Webhook(Address(receiver.url), headers={"X-Key": file}))
    assert found.reason == "127.0.0.1 cannot be reached: a header has letters that HTTP does not carry"


@pytest.mark.parametrize(("status", "for_good"), [(500, False), (503, False), (429, False), (401, False), (404, False)])
def test_what_may_change_is_tried_again(receiver, status, for_good):
    receiver.status = status
    found = refused(Webhook(Address(receiver.url)))
    assert (found.for_good, found.reason) == (for_good, f"127.0.0.1 answered HTTP {status}")


@pytest.mark.parametrize("status", [400, 410, 413, 422])
def test_what_will_never_be_taken_is_not_tried_again(receiver, status):
    receiver.status = status
    assert refused(Webhook(Address(receiver.url))).for_good


def test_a_receiver_says_when_to_come_again(receiver):
    receiver.answers = [(429, {"Retry-After": "120"}, b""), (429, {"Retry-After": "soon"}, b"")]
    assert refused(Webhook(Address(receiver.url))).after == 120
    assert refused(Webhook(Address(receiver.url))).after is None


def test_of_an_answer_no_more_than_a_word_is_repeated(receiver):
    receiver.answers = [(404, {}, b"no_service"), (404, {}, f"you sent {SECRET}".encode())]
    assert refused(Slack(Address(receiver.url))).reason == "127.0.0.1 answered HTTP 404 (no_service)"
    assert refused(Slack(Address(receiver.url))).reason == "127.0.0.1 answered HTTP 404"


def test_a_redirect_that_stays_is_followed_with_the_body(receiver):
    receiver.answers = [(308, {"Location": "/moved"}, b"")]
    Webhook(Address(receiver.url)).send(a_notice())
    first, second = receiver.taken
    assert (second.path, second.body) == ("/moved", first.body)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_to_somebody_else_is_not_followed(receiver, secret_file, status):
    with receiving() as other:
        receiver.answers = [(status, {"Location": other.url}, b"")]
        found = refused(Webhook(Address(receiver.url), secret_file, {"Authorization": secret_file}))
        assert "not followed" in found.reason
        assert other.taken == []


def test_a_redirect_to_no_address_is_not_followed(receiver):
    receiver.answers = [(307, {"Location": "http://[::1/hook"}, b"")]
    assert "leads nowhere" in refused(Webhook(Address(receiver.url))).reason


def test_redirects_without_end(receiver):
    receiver.answers = [(307, {"Location": f"/{n}"}, b"") for n in range(9)]
    assert "again and again" in refused(Webhook(Address(receiver.url))).reason
    assert len(receiver.taken) == 3


def test_a_certificate_that_nobody_knows_and_one_that_is_named():
    with receiving(tls=True) as receiver:
        assert "certificate is not trusted" in refused(Webhook(Address(receiver.url))).reason
        assert receiver.taken == []
        assert Webhook(Address(receiver.url, ca_file=certificate()[0])).send(a_notice()) == "HTTP 204"


@pytest.mark.parametrize(
    "begin", [b"HTT", b"HTTP/1.1 200 OK\r\nX-Slow: ", b"HTTP/1.1 404 No\r\nContent-Length: 99\r\n\r\n"]
)
def test_who_answers_byte_by_byte_holds_nobody_up(begin):
    with dripping(begin) as port:
        found = refused(Webhook(Address(f"http://127.0.0.1:{port}/T0P-SECRET", timeout=SHORT)))
    assert found.reason in {"127.0.0.1 did not answer within 0.3 s", "127.0.0.1 answered HTTP 404"}


def test_nor_does_he_under_tls():
    with dripping(b"HTTP/1.1 200 OK\r\nX-Slow: ", own_context()) as port:
        address = Address(f"https://127.0.0.1:{port}/", timeout=SHORT, ca_file=certificate()[0])
        assert refused(Webhook(address)).reason == "127.0.0.1 did not answer within 0.3 s"


def test_a_port_where_nobody_is():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert refused(Webhook(Address(f"http://127.0.0.1:{port}/T0P-SECRET"))).reason.endswith("it refuses the connection")


def test_a_name_that_is_gone():
    found = refused(Webhook(Address("http://receiver.invalid/T0P-SECRET", timeout=5)))
    assert found.reason.startswith("receiver.invalid cannot be reached")


def test_nothing_is_taken_from_a_netrc(receiver, tmp_path, monkeypatch):
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login eve password evil\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    Webhook(Address(receiver.url)).send(a_notice())
    assert "Authorization" not in receiver.taken[0].headers


# Slack


def test_what_slack_gets(receiver):
    Slack(Address(receiver.url)).send(a_notice("approval_requested", title="lab: <!channel> `waits`"))
    message = receiver.taken[0].json
    assert message["text"] == "? lab: &lt;!channel&gt; 'waits'"
    body = message["blocks"][1]["text"]["text"]
    assert "ONE-WAY compute@cmp1 on cmp1: a test asked for it" in body
    assert "2 of 5 steps done" in body
    assert "$ stairlift status r1" in body


def test_no_section_is_longer_than_slack_takes_it(receiver):
    notice = a_notice(title="y<" * 3000)
    Slack(Address(receiver.url)).send(replace(notice, content={**notice.content, "reason": "x<" * 3000}))
    for block in receiver.taken[0].json["blocks"]:
        text = block["text"]["text"]
        assert len(text) <= 3000
        assert not text.rstrip("`*").removesuffix(" ...").endswith("&")


# E-mail


@pytest.mark.parametrize("tls", [False, True])
def test_a_mail_server_that_answers_byte_by_byte_holds_nobody_up(tls):
    given = {"tls": True, "ca_file": certificate()[0]} if tls else {}
    with dripping(b"220 mail", own_context() if tls else None) as port:
        found = refused(an_email(port, timeout=SHORT, **given))
    assert found.reason == "127.0.0.1 cannot be reached: it does not answer in time"


def test_tls_before_anything_is_said(tmp_path, secret_file):
    with mail_server("STARTTLS", "AUTH PLAIN") as box:
        email = an_email(box.port, starttls=True, user="stairlift", password_file=secret_file, ca_file=certificate()[0])
        assert email.send(a_notice()) == "taken"
        assert box.secured
        assert base64.b64decode(box.signed_in[0]).decode().split("\0")[1:] == ["stairlift", SECRET]


def test_a_server_without_tls_gets_nothing_where_tls_is_asked_for(secret_file):
    with mail_server("AUTH PLAIN") as box:
        found = refused(an_email(box.port, starttls=True, user="stairlift", password_file=secret_file))
        assert "offers neither TLS nor signing in" in found.reason
        assert (box.mails, box.signed_in) == ([], [])


def test_a_mail_server_that_nobody_trusts():
    with mail_server("STARTTLS") as box:
        assert "certificate is not trusted" in refused(an_email(box.port, starttls=True)).reason
        assert box.mails == []


@pytest.mark.parametrize(
    ("word", "answer", "told"),
    [
        ("AUTH", "535 you are not stairlift", "does not let stairlift in (535)"),
        ("RCPT", "550 nobody here", "takes mail for none of ops@example.com, boss@example.com"),
        ("DATA", "554 no", "answered 554"),
    ],
)
def test_what_a_mail_server_refuses(secret_file, word, answer, told):
    with mail_server("STARTTLS", "AUTH PLAIN") as box:
        box.refuses[word] = answer
        email = an_email(box.port, starttls=True, user="stairlift", password_file=secret_file, ca_file=certificate()[0])
        assert told in refused(email).reason


@pytest.mark.parametrize(("word", "for_good"), [("MAIL", False), ("DATA", True)])
def test_only_the_mail_itself_is_refused_for_good(word, for_good):
    """Who may not send yet may once somebody has said so to the server."""
    with mail_server() as box:
        box.refuses[word] = "554 no"
        assert refused(an_email(box.port)).for_good is for_good


def test_a_name_that_the_server_cannot_write():
    with mail_server() as box:
        found = refused(replace(an_email(box.port), recipients=("jürgen@example.com",)))
        assert found.reason == "127.0.0.1 takes mail only for names in ASCII"


def test_some_recipients_that_are_refused_are_named():
    with taken_by_the_standard_library({"boss@example.com"}) as (port, taken):
        assert an_email(port).send(a_notice()) == "taken; refused for boss@example.com"
        assert len(taken) == 1


def test_the_standard_library_takes_it_too():
    """A server that we did not write, as long as Python comes with one."""
    with taken_by_the_standard_library(set()) as (port, taken):
        assert an_email(port).send(a_notice(title="lab: zürich waits")) == "taken"
        [(sender, recipients, body)] = taken
        assert (sender, recipients) == ("stairlift@example.com", ["ops@example.com", "boss@example.com"])
        mail = message_from_bytes(body, policy=policy.default)
        assert mail["Subject"] == "[stairlift] lab: zürich waits"
        assert "ONE-WAY compute@cmp1" in mail.get_content()


@contextmanager
def taken_by_the_standard_library(unknown):
    """Its mail server, and what it has taken; it knows none of these recipients."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        asyncore, smtpd = pytest.importorskip("asyncore"), pytest.importorskip("smtpd")
    taken = []

    class Channel(smtpd.SMTPChannel):
        def smtp_RCPT(self, arg):  # its own name  # noqa: N802
            if any(name in arg for name in unknown):
                self.push("550 no such user")
            else:
                super().smtp_RCPT(arg)

    class Server(smtpd.SMTPServer):
        channel_class = Channel

        def process_message(self, _peer, mailfrom, rcpttos, data, **_options):
            taken.append((mailfrom, rcpttos, data))

    channels = {}
    server = Server(("127.0.0.1", 0), None, map=channels)
    thread = Thread(target=asyncore.loop, kwargs={"timeout": 0.05, "map": channels}, daemon=True)
    thread.start()
    try:
        yield server.socket.getsockname()[1], taken
    finally:
        with smtplib.SMTP("127.0.0.1", server.socket.getsockname()[1]):
            server.close()
        thread.join(10)
