"""What a meter is told: the `[meter]` table, and the run and the backends that it is for."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

#: The files of a meter's folder.
ORDER, TARGETS, SAMPLES, LOCK = "order.json", "targets.json", "samples.jsonl", "lock"
ALIVE, OVER, ACKNOWLEDGED = "alive", "over", "acknowledged.json"
#: Somebody wants nothing to be written; nothing is, and nothing is left of what was.
QUIET, STILL = "quiet", "still"
#: Nothing can be written, and nobody tries again: the process's log says why.
GIVEN_UP = "given-up"


@dataclass(frozen=True, slots=True)
class WriteSettings:
    """The write probe: the cloud of clouds.yaml whose project it works in, and what its servers are made of.

    `every` is in seconds, at least 60. Without `network`, `image` or `flavor` the first one that the project sees is
    taken; `server` false makes ports only.
    """

    cloud: str
    network: str = ""
    image: str = ""
    flavor: str = ""
    every: float = 60.0
    server: bool = True


@dataclass(frozen=True, slots=True)
class MeterSettings:
    """The `[meter]` table. `rate` is in requests a second, times are in seconds.

    `off` are names of requests (globs) that are not asked, `canaries` addresses of servers in the cloud: HOST:PORT is
    connected to, HOST is pinged. `linger` is for how long it goes on without a word from an orchestrator.
    """

    rate: float = 20.0
    baseline: float = 30.0
    timeout: float = 10.0
    linger: float = 43_200.0
    interface: str = "public"
    backends: bool = True
    canaries: tuple[str, ...] = ()
    off: tuple[str, ...] = ()
    write: WriteSettings | None = None

    def document(self) -> dict[str, Any]:
        """As JSON values."""
        return asdict(self)

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> "MeterSettings":
        """From what `document` made."""
        write = document.get("write")
        lists = {key: tuple(document[key]) for key in ("canaries", "off")}
        return cls(**{**document, **lists, "write": WriteSettings(**write) if write else None})


@dataclass(frozen=True, slots=True)
class BackendAddress:
    """One process of an API: the service type that it answers for, what it is called, and where it listens."""

    service: str
    name: str
    address: str
    port: int


@dataclass(frozen=True, slots=True)
class MeterOrder:
    """All that the process needs beside the credentials, which it finds as every command does. `cloud` is by name."""

    run: str
    cloud: str | None
    settings: MeterSettings = field(default_factory=MeterSettings)
    backends: tuple[BackendAddress, ...] = ()

    def write(self, folder: Path) -> None:
        """Leave it in a folder, whole or not at all. Raises OSError."""
        put(folder / ORDER, asdict(self))

    @classmethod
    def read(cls, folder: Path) -> "MeterOrder":
        """The order of a folder. Raises OSError, and ValueError where it is none."""
        found = json.loads((folder / ORDER).read_bytes())
        backends = tuple(BackendAddress(**one) for one in found["backends"])
        return cls(found["run"], found["cloud"], MeterSettings.of(found["settings"]), backends)


def folder_of(state_dir: Path, run_id: str = "") -> Path:
    """Where the meter of a run writes; without one where those of all runs do."""
    return state_dir / "meter" / run_id


def put(path: Path, document: Any) -> None:
    """Replace a file by a JSON document, whole or not at all. Raises OSError."""
    unfinished = path.with_name(f"{path.name}.new")
    unfinished.write_bytes(json.dumps(document).encode())
    unfinished.rename(path)
