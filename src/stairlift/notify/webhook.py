"""Posts notices as CloudEvents, signed."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from stairlift.model.notice import Notice
from stairlift.notify.posting import Address, Parcel, post
from stairlift.notify.secrets import read_secret
from stairlift.notify.signature import HEADER, signature
from stairlift.report.notice import cloud_event

_TYPE = "application/cloudevents+json; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Webhook:
    """Fills ports.Notifier. The values of `headers` that are files are read when something is sent."""

    address: Address
    secret_file: Path | None = None
    headers: Mapping[str, str | Path] = field(default_factory=dict)
    clock: Callable[[], float] = time.time

    def send(self, notice: Notice) -> str:
        """See ports.Notifier."""
        import orjson

        body = orjson.dumps(cloud_event(notice))
        return post(self.address, Parcel(body, _TYPE, {**self._own_headers(), **self._signed(body)}))

    def _own_headers(self) -> dict[str, str]:
        return {name: read_secret(v) if isinstance(v, Path) else v for name, v in self.headers.items()}

    def _signed(self, body: bytes) -> dict[str, str]:
        if self.secret_file is None:
            return {}
        return {HEADER: signature(read_secret(self.secret_file).encode(), body, int(self.clock()))}
