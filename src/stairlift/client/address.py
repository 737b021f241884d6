"""Where a server is, and what to show it: read from the environment, judged before anything is sent."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from stairlift.model.errors import UsageError

#: How long a server may take for an answer, in seconds, where nobody says.
PATIENCE = 60.0
_LONGEST = 3600.0


@dataclass(frozen=True, slots=True)
class Address:
    """A server. `url` has no path but that below which it is, `timeout` is in seconds; the token is never shown.

    `token_file` is where the token came from, None where the environment itself held it.
    """

    url: str
    token: str = field(repr=False)
    ca_file: Path | None = None
    timeout: float = PATIENCE
    token_file: Path | None = None

    @property
    def place(self) -> str:
        """All that is told of it in messages."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def host(self) -> str:
        """The machine that it is on."""
        return urlsplit(self.url).hostname or ""

    @property
    def here(self) -> bool:
        """Whether that is this machine."""
        return self.host == "localhost" or _loopback(self.host)


def read_address(environ: Mapping[str, str], cwd: Path) -> Address | None:
    """The server that is meant; None where STAIRLIFT_URL is not set. Raises UsageError (client.url, client.plain, ...).

    STAIRLIFT_URL         where it is; only https, or a server on this machine
    STAIRLIFT_TOKEN       the token, or
    STAIRLIFT_TOKEN_FILE  a file that holds it
    STAIRLIFT_CACERT      the certificates that its own must be signed by
    STAIRLIFT_PLAIN       1: the token may go over a network as it is
    STAIRLIFT_TIMEOUT     how long it may take for an answer, in seconds
    """
    given = environ.get("STAIRLIFT_URL")
    if not given:
        return None
    url = _url(given)
    if urlsplit(url).scheme == "http" and environ.get("STAIRLIFT_PLAIN") != "1":
        _demand_own_machine(Address(url, ""))
    named = None if environ.get("STAIRLIFT_TOKEN") else environ.get("STAIRLIFT_TOKEN_FILE")
    file = cwd / named if named else None
    return Address(url, _token(environ, file), _certificates(environ, cwd), _timeout(environ), file)


def _url(given: str) -> str:
    try:
        parts = urlsplit(given)
        fits = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:  # a port that is none, half an IPv6 address
        fits = False
    if not fits or "@" in parts.netloc or parts.query or parts.fragment or not given.isprintable():
        raise UsageError(
            code="client.url",
            brief="STAIRLIFT_URL is not the address of a server",
            resolution="It looks like https://upgrades.example.com:8778; the token goes into STAIRLIFT_TOKEN_FILE.",
        )
    return given.rstrip("/").removesuffix("/v1")


def _demand_own_machine(address: Address) -> None:
    if address.here:
        return
    raise UsageError(
        code="client.plain",
        brief=f"the token would go to {address.host} for everybody on the way to read",
        details="STAIRLIFT_URL begins with http://",
        resolution="Have the server use TLS and say https://, or set STAIRLIFT_PLAIN=1 where the network is your own.",
    )


def _loopback(host: str) -> bool:
    from ipaddress import ip_address  # only who leaves TLS out needs it

    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _token(environ: Mapping[str, str], file: Path | None) -> str:
    token = _read(file) if file else environ.get("STAIRLIFT_TOKEN")
    if not token:
        raise UsageError(
            code="client.token",
            brief="STAIRLIFT_URL names a server, and there is no token to show it",
            resolution="Set STAIRLIFT_TOKEN_FILE, or STAIRLIFT_TOKEN; `stairlift token create NAME` there makes one.",
        )
    if not (token.isascii() and token.isprintable()) or " " in token:
        raise UsageError(code="client.token", brief="the token for STAIRLIFT_URL is none: tokens begin with stl_")
    return token


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as wrong:
        why = wrong.strerror if isinstance(wrong, OSError) else "it is no text"
        raise UsageError(
            code="client.token",
            brief=f"the file of STAIRLIFT_TOKEN_FILE, {file}, cannot be read: {why}",
            resolution="Name a file that holds a token and nothing else.",
        ) from wrong


def _certificates(environ: Mapping[str, str], cwd: Path) -> Path | None:
    named = environ.get("STAIRLIFT_CACERT")
    if not named:
        return None
    import ssl  # only who names certificates needs it

    file = cwd / named
    try:
        ssl.create_default_context(cafile=file)
    except OSError as wrong:  # ssl.SSLError is one
        raise UsageError(
            code="client.cacert",
            brief=f"STAIRLIFT_CACERT names {file}, which holds no certificates",
            resolution="Name the file of the authority that signed the server's certificate, in PEM.",
        ) from wrong
    return file


def _timeout(environ: Mapping[str, str]) -> float:
    given = environ.get("STAIRLIFT_TIMEOUT")
    try:
        seconds = float(given) if given else PATIENCE
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= _LONGEST:
        raise UsageError(
            code="client.timeout",
            brief=f"STAIRLIFT_TIMEOUT is a number of seconds, at most {_LONGEST:g}",
            resolution=f"Leave it out for {PATIENCE:g}.",
        )
    return seconds
