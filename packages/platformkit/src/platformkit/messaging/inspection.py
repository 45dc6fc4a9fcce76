"""What may be told of a message that nobody could handle: its form, never its content (D2).

A poison body may hold anything, a BSN in a header included. So a value is told only when it is of a kind that can name
nobody (a pseudonym, a type of ours, a moment, a version), a field by its name only when the contract knows that name, and
what is wrong with it by the kind of the error.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from pydantic import ValidationError

from contracts.base import Event
from contracts.registry import EVENTS
from platformkit.messaging.replay import Letter, uuid_in

NOT_SHOWN: Final = "(not shown: not of the form that it should have)"
_TYPE = "ce_type"
# Eight or nine digits may be a BSN (one that begins with 0 is often written without it).
_VERSION = re.compile(r"[0-9]{1,7}|[0-9]{10,19}")
# Of so few bytes a digest could be turned back by trying.
_LONG_ENOUGH = 64


def kind(letter: Letter) -> str | None:
    """The type of event, when it is one of ours."""
    told = letter.headers.get(_TYPE)
    return told if told in EVENTS else None


def subject(letter: Letter) -> str | None:
    """The id of the aggregate, when it is a pseudonym."""
    found = uuid_in(letter.headers.get("ce_subject"))
    return str(found) if found else None


def envelope(letter: Letter) -> Mapping[str, str]:
    """The headers that we set, and the key, as far as they have the form that they should have."""
    told = {
        "type": kind(letter),
        "id": _shown(uuid_in(letter.headers.get("ce_id"))),
        "subject": subject(letter),
        "key": _shown(uuid_in(letter.key)),
        "sequence": _version(letter.headers.get("ce_sequence", "")),
        "time": _moment(letter.headers.get("ce_time", "")),
        "traceparent": letter.traceparent,
    }
    return {name: text or NOT_SHOWN for name, text in told.items()}


def body(letter: Letter) -> Mapping[str, str]:
    """Size, digest, and for each field of the contract whether it fits."""
    payload = letter.payload or b""
    told = {"bytes": str(len(payload))}
    if len(payload) >= _LONG_ENOUGH:
        told["sha256"] = hashlib.sha256(payload).hexdigest()
    contract = EVENTS.get(letter.headers.get(_TYPE, ""))
    if contract is None:
        return {**told, "form": "not looked at: no contract for its type"}
    data = _parsed(payload)
    if not isinstance(data, dict):
        return {**told, "form": "not a JSON object"}
    return {**told, **_fields(contract, data)}


def _fields(contract: type[Event], data: Mapping[str, Any]) -> Mapping[str, str]:
    wrong = dict(_errors(contract, data))
    names = [field.alias or name for name, field in contract.model_fields.items()]
    told = {f"field {name}": "fits" for name in names if not any(_part(path, name) for path in wrong)}
    told |= {f"field {path}": error for path, error in wrong.items()}
    foreign = len(data.keys() - set(names))
    return {**told, "fields that the contract does not know": str(foreign)} if foreign else told


def _part(path: str, name: str) -> bool:
    return path == name or path.startswith(f"{name}.")


def _errors(contract: type[Event], data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    known = _names(contract.model_json_schema(by_alias=True))
    try:
        contract.model_validate(data)
    except ValidationError as error:
        for each in error.errors(include_url=False, include_context=False, include_input=False):
            path = [str(part) if isinstance(part, int) or part in known else "?" for part in each["loc"]]
            yield ".".join(path), each["type"]


def _names(schema: object) -> set[str]:
    """Every name of a field in a JSON Schema."""
    if isinstance(schema, list):
        return {name for each in schema for name in _names(each)}
    if not isinstance(schema, dict):
        return set()
    own = set(schema["properties"]) if isinstance(schema.get("properties"), dict) else set()
    return own | {name for each in schema.values() for name in _names(each)}


def _parsed(payload: bytes) -> object:
    try:
        return json.loads(payload)
    except (ValueError, RecursionError):
        return None


def _shown(found: object) -> str | None:
    return None if found is None else str(found)


def _version(text: str) -> str | None:
    return text if _VERSION.fullmatch(text) else None


def _moment(text: str) -> str | None:
    try:
        return datetime.fromisoformat(text).isoformat()
    except ValueError:
        return None
