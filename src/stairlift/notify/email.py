"""Sends notices by e-mail."""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path

from stairlift.model.naming import printable
from stairlift.model.notice import NotDelivered, Notice
from stairlift.notify.exchange import under_way, within
from stairlift.notify.secrets import read_secret
from stairlift.report.notice import body_of

#: By these, once it has the message, a server says that it never takes it (RFC 5321, 4.2.3): all others may change.
_FOR_GOOD = frozenset({552, 554})


@dataclass(frozen=True, slots=True)
class MailServer:
    """Who takes mail. `starttls` goes over to TLS before anything is said, `tls` speaks it from the first byte.

    `timeout`: so many seconds may the whole exchange take.
    """

    host: str
    port: int = 587
    starttls: bool = True
    tls: bool = False
    user: str = ""
    password_file: Path | None = None
    ca_file: Path | None = None
    timeout: float = 10.0


@dataclass(frozen=True, slots=True)
class Email:
    """Fills ports.Notifier."""

    server: MailServer
    sender: str
    recipients: tuple[str, ...]

    def send(self, notice: Notice) -> str:
        """See ports.Notifier. Taken once the server has taken it for one recipient; the others are named."""
        with within(self.server.timeout) as exchange:
            try:
                with _signed_in(self.server) as smtp:
                    refused = smtp.send_message(mail(notice, self.sender, self.recipients))
            except (OSError, ValueError) as wrong:  # ValueError: a certificate's file, a name that no protocol carries
                raise _not_delivered(self.server, TimeoutError() if exchange.over else wrong) from wrong
        return f"taken; refused for {', '.join(refused)}" if refused else "taken"


def mail(notice: Notice, sender: str, recipients: tuple[str, ...]) -> EmailMessage:
    """The message. Its id is that of the notice, so that one that comes twice is known; those of a run are a thread."""
    made = EmailMessage()
    made["Subject"] = f"[stairlift] {_one_line(notice.content['title'])}"
    made["From"], made["To"] = sender, ", ".join(recipients)
    made["Date"] = format_datetime(notice.at)
    made["Message-ID"] = f"<{notice.run or 'trial'}.{notice.id}@stairlift.invalid>"
    made["References"] = f"<{notice.run or 'trial'}@stairlift.invalid>"
    made["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's holiday answers it
    made.set_content(f"{notice.content['title']}\n\n{body_of(notice)}\n")
    return made


def _one_line(text: str) -> str:
    return " ".join(printable(text).split())


@contextmanager
def _signed_in(server: MailServer) -> Iterator[smtplib.SMTP]:
    trusted = ssl.create_default_context(cafile=str(server.ca_file) if server.ca_file else None)
    password = read_secret(server.password_file) if server.password_file else ""
    smtp = _connected(server, trusted)
    try:
        if server.starttls and not server.tls:
            smtp.starttls(context=trusted)
        if server.user:
            smtp.login(server.user, password)
        yield smtp
    finally:
        with suppress(smtplib.SMTPException, OSError):
            smtp.quit()


def _connected(server: MailServer, trusted: ssl.SSLContext) -> smtplib.SMTP:
    if server.tls:
        return _Secure(server.host, server.port, timeout=server.timeout, context=trusted)
    return _Plain(server.host, server.port, timeout=server.timeout)


class _Plain(smtplib.SMTP):
    def getreply(self) -> tuple[int, bytes]:
        """See smtplib; the first one comes before anybody has this object."""
        under_way(self)
        return super().getreply()


class _Secure(smtplib.SMTP_SSL):
    def getreply(self) -> tuple[int, bytes]:
        """See smtplib."""
        under_way(self)
        return super().getreply()


def _not_delivered(server: MailServer, wrong: Exception) -> NotDelivered:
    if isinstance(wrong, smtplib.SMTPException):
        return _not_taken(server, wrong)
    return NotDelivered(f"{server.host} cannot be reached: {_reason(wrong)}")


def _not_taken(server: MailServer, wrong: smtplib.SMTPException) -> NotDelivered:
    """By its code; what the server says besides may repeat what it was told."""
    match wrong:
        case smtplib.SMTPAuthenticationError():
            return NotDelivered(f"{server.host} does not let {server.user} in ({wrong.smtp_code})")
        case smtplib.SMTPRecipientsRefused():
            return NotDelivered(f"{server.host} takes mail for none of {', '.join(wrong.recipients)}")
        case smtplib.SMTPResponseException():
            for_good = isinstance(wrong, smtplib.SMTPDataError) and wrong.smtp_code in _FOR_GOOD
            return NotDelivered(f"{server.host} answered {wrong.smtp_code}", for_good=for_good)
        case smtplib.SMTPNotSupportedError() if "SMTPUTF8" in str(wrong):
            return NotDelivered(f"{server.host} takes mail only for names in ASCII")
        case smtplib.SMTPNotSupportedError():
            return NotDelivered(f"{server.host} offers neither TLS nor signing in, as the channel asks for")
    return NotDelivered(f"{server.host} broke off")


def _reason(wrong: Exception) -> str:
    if isinstance(wrong, ssl.SSLCertVerificationError):
        return "its certificate is not trusted"
    if isinstance(wrong, TimeoutError):
        return "it does not answer in time"
    return getattr(wrong, "strerror", None) or type(wrong).__name__
