"""Users, projects and tokens of the sandbox: one administrator, one reader, one project."""

from dataclasses import dataclass, replace
from secrets import token_urlsafe
from uuid import NAMESPACE_URL, uuid5

#: Of no worth outside a sandbox, which listens on the loopback only.
PASSWORD = "stairlift-sandbox"  # a simulated cloud's  # noqa: S105
APPLICATION_CREDENTIAL = ("stairlift-sandbox-credential", "stairlift-sandbox-secret")
LIFETIME = 3600.0


def _id(name: str) -> str:
    return uuid5(NAMESPACE_URL, f"sandbox/{name}").hex


def user_id(name: str) -> str:
    """The id of the user of this name."""
    return _id(f"user/{name}")


@dataclass(frozen=True, slots=True)
class User:
    """Somebody with a password and a role in the project."""

    name: str
    role: str

    @property
    def id(self) -> str:
        """The user's id."""
        return user_id(self.name)


USERS = (User("admin", "admin"), User("reader", "reader"))
PROJECT_NAME = "admin"


def project_id(name: str) -> str:
    """The id of the project of this name."""
    return _id(f"project/{name}")


PROJECT_ID = project_id(PROJECT_NAME)


@dataclass(frozen=True, slots=True)
class Token:
    """What a token stands for. `project` or `system` is its scope; without one it has no catalog."""

    id: str
    user: User
    methods: tuple[str, ...]
    issued_at: float
    expires_at: float
    project: bool = False
    system: bool = False

    @property
    def admin(self) -> bool:
        """Whether it may read the registries: Nova refuses tokens of system scope since 2023.1."""
        return self.project and self.user.role == "admin"


class Tokens:
    """The tokens that were given out."""

    def __init__(self) -> None:
        self._tokens: dict[str, Token] = {}

    def issue(self, token: Token) -> Token:
        """Give out a token; those that have expired are forgotten on this occasion."""
        self._tokens = {t.id: t for t in self._tokens.values() if t.expires_at > token.issued_at}
        self._tokens[token.id] = token
        return token

    def valid(self, name: str | None, now: float) -> Token | None:
        """The token of this id, if it was given out and has not expired."""
        token = self._tokens.get(name or "")
        return token if token and token.expires_at > now else None

    def revoke(self, name: str) -> None:
        """Forget a token."""
        self._tokens.pop(name, None)

    def expire_all(self, now: float) -> int:
        """Let every token expire at this moment, and say how many did."""
        self._tokens = {t.id: replace(t, expires_at=now) for t in self._tokens.values()}
        return len(self._tokens)


def new_id() -> str:
    """The id of a new token."""
    return token_urlsafe(24)


def catalog_id(name: str) -> str:
    """An id of Keystone's: of a service, an endpoint or a role."""
    return _id(f"catalog/{name}")
