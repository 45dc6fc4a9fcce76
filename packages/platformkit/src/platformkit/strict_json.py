"""JSON that every reader understands alike."""

import json
from collections.abc import Mapping


def read(text: str) -> object:
    """What `text` says.

    Raises:
        ValueError: no JSON (RFC 8259), a name twice, or a number that is none or beyond a float.
        RecursionError: nested too deeply.
    """
    return _DECODER.decode(text)


def _once(pairs: list[tuple[str, object]]) -> Mapping[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name twice")
    return found


def _no_number(_text: str) -> object:
    raise ValueError("no number of JSON")


def _finite(text: str) -> float:
    if (found := float(text)) in {float("inf"), float("-inf")}:
        raise ValueError("beyond a float")
    return found


_DECODER = json.JSONDecoder(object_pairs_hook=_once, parse_constant=_no_number, parse_float=_finite)
