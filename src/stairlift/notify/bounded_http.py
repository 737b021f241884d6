"""Sessions of requests whose connections belong to the `exchange` under way; whoever posts nothing loads none."""

from typing import Any

from requests import Session
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection

from stairlift.notify.exchange import under_way


class _Plain(HTTPConnection):
    def connect(self) -> None:
        """See urllib3."""
        super().connect()
        under_way(self)


class _Secure(HTTPSConnection):
    def connect(self) -> None:
        """See urllib3."""
        super().connect()
        under_way(self)


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Plain


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _Secure


class _Bounded(HTTPAdapter):
    """Takes its connections from those pools, with a proxy or without."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """See requests."""
        super().init_poolmanager(*args, **kwargs)
        _use_ours(self.poolmanager)

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        """See requests."""
        manager = super().proxy_manager_for(*args, **kwargs)
        _use_ours(manager)
        return manager


def _use_ours(manager: PoolManager) -> None:
    manager.pool_classes_by_scheme = {"http": _PlainPool, "https": _SecurePool}


def bounded_session() -> Session:
    """One whose connections are all cut in time."""
    session = Session()
    for scheme in ("https://", "http://"):
        session.mount(scheme, _Bounded())
    return session
