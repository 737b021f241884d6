"""What pages are dressed in: our own style sheet, scripts and pictures, by addresses that change with their content."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files

from fastapi import APIRouter
from fastapi.responses import Response

from stairlift.model.errors import UsageError

router = APIRouter(include_in_schema=False)

_KINDS = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml"}
_FOR_A_YEAR = {"Cache-Control": "public, max-age=31536000, immutable"}


@dataclass(frozen=True, slots=True)
class Asset:
    """A file that a browser may keep as long as it likes."""

    content: bytes
    kind: str
    digest: str


@cache
def assets() -> Mapping[str, Asset]:
    """All of them by name; there are a few, and they are small."""
    folder = files("stairlift.web").joinpath("static")
    found = ((entry.name, entry.read_bytes()) for entry in folder.iterdir())
    return {name: _asset(name, content) for name, content in found if name.rpartition(".")[2] in _KINDS}


def _asset(name: str, content: bytes) -> Asset:
    return Asset(content, _KINDS[name.rpartition(".")[2]], sha256(content).hexdigest()[:16])


def address(name: str) -> str:
    """Where a page finds it. KeyError for one that is not there."""
    return f"/static/{assets()[name].digest}/{name}"


@router.get("/static/{digest}/{name}")
def asset(digest: str, name: str) -> Response:
    """One of them; it holds nothing that not everybody may see."""
    found = assets().get(name)
    if found is None or found.digest != digest:
        raise UsageError(code="path.unknown", brief="there is nothing at this path", resolution="reload the page")
    return Response(found.content, media_type=found.kind, headers=_FOR_A_YEAR)
