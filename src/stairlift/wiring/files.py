"""Plans on disk."""

import errno
import os
from collections.abc import Mapping
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from secrets import token_hex
from typing import Any

import orjson

from stairlift.model.errors import Refusal, StairliftError, UsageError
from stairlift.model.plan import Plan
from stairlift.model.plan_document import SCHEMA, from_document, to_document
from stairlift.plan import plan_hash

#: A plan for 10,000 hosts and three hops has about 20 MB; what is larger is no plan of ours.
_LARGEST = 100 * 2**20
#: What a person can mend by naming another file.
_MISNAMED = frozenset(
    {errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.EACCES, errno.EPERM, errno.EROFS, errno.ENAMETOOLONG}
)


def plan_document(plan: Plan) -> dict[str, Any]:
    """A plan as it is kept and printed: with a checksum of all of it.

    The hash speaks of decisions only. Findings are no decisions, but an error that somebody deletes by hand would
    no longer refuse the plan.
    """
    return with_checksum(to_document(plan))


def with_checksum(document: Mapping[str, Any]) -> dict[str, Any]:
    """The document of a plan that somebody kept, as it is printed."""
    return {**document, "checksum": _checksum(document)}


def _checksum(document: Mapping[str, Any]) -> str:
    covered = {key: value for key, value in document.items() if key != "checksum"}
    return "sha256:" + sha256(orjson.dumps(covered, option=orjson.OPT_SORT_KEYS)).hexdigest()


def write_plan(plan: Plan, path: Path) -> None:
    """Write a plan whole or not at all; what is no regular file (a pipe, a device) is written to as it is.

    Raises UsageError (plan.unwritable) for a name that cannot be written, StairliftError (plan.unwritable) for a disk
    that cannot.
    """
    text = orjson.dumps(plan_document(plan), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    try:
        write_whole(path, text)
    except OSError as wrong:
        raise _unwritable(path, wrong) from wrong


def write_whole(path: Path, text: bytes) -> None:
    """Write a file whole or not at all; what is no regular file is written to as it is. Raises OSError."""
    target = Path(os.path.realpath(path))
    if target.exists() and not target.is_file():
        target.write_bytes(text)
    else:
        _replace(target, text)


def _replace(target: Path, text: bytes) -> None:
    scratch = target.with_name(f".{target.name[:100]}.{token_hex(4)}.new")
    try:
        with scratch.open("xb") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        scratch.replace(target)
    finally:
        with suppress(OSError):
            scratch.unlink()


def _unwritable(path: Path, wrong: OSError) -> StairliftError:
    kind = UsageError if wrong.errno in _MISNAMED else StairliftError
    return kind(
        code="plan.unwritable", brief=f"{path} cannot be written: {wrong.strerror}", resolution="name another --out"
    )


def read_plan(path: Path) -> Plan:
    """A plan that is what it was when its hash was made. Raises as `plan_of` does, and UsageError (plan.missing)."""
    return plan_of(_document(path), str(path))


def plan_of(document: object, place: str) -> Plan:
    """The plan of a document that came from `place`, as it was when its hash was made.

    Raises UsageError (plan.unreadable), and Refusal: plan.edited where hash or checksum does not fit, plan.refused for
    what `plan -o json` printed where no plan could be made.
    """
    if not isinstance(document, Mapping) or document.get("schema") != SCHEMA:
        found = document.get("schema") if isinstance(document, Mapping) else type(document).__name__
        raise _unreadable(place, f"it says schema {found!r} where {SCHEMA!r} is expected")
    if document.get("hash") is None:
        raise Refusal(
            code="plan.refused",
            brief=f"{place} says why there is no plan",
            resolution="see to its findings, and make a plan",
        )
    if document.get("checksum") != _checksum(document):
        raise _edited(place)
    try:
        plan = from_document(document)
    except UsageError as wrong:
        raise _unreadable(place, wrong.details or wrong.brief) from wrong
    if plan_hash(plan) != plan.hash:
        raise _edited(place)
    return plan


def plan_from(text: bytes, place: str) -> Plan:
    """The same of the text of a document. Raises as `plan_of` does."""
    return plan_of(_loaded(text, place), place)


def _edited(place: str) -> Refusal:
    return Refusal(
        code="plan.edited",
        brief=f"{place} was changed after it was made: its hash does not fit",
        resolution="change policy, strategies or the cloud instead, and make a new plan",
    )


def _unreadable(place: str, details: str) -> UsageError:
    return UsageError(
        code="plan.unreadable",
        brief=f"{place} is not a plan that Stairlift can read",
        details=details,
        resolution="make a new one with `stairlift plan --out FILE`",
    )


def _document(path: Path) -> object:
    try:
        with path.open("rb") as file:
            text = file.read(_LARGEST + 1)
    except OSError as wrong:
        raise UsageError(
            code="plan.missing",
            brief=f"{path} cannot be read: {wrong.strerror}",
            resolution="make a plan with `stairlift plan --out FILE`",
        ) from wrong
    if len(text) > _LARGEST:
        raise _unreadable(str(path), f"it is larger than any plan ({_LARGEST // 2**20} MiB)")
    return _loaded(text, str(path))


def _loaded(text: bytes, place: str) -> object:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as wrong:
        raise _unreadable(place, f"it is not JSON: {wrong}") from wrong
