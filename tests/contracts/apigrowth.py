"""What a new description of an API takes from who goes by an older one."""

import json
from collections.abc import Iterator
from typing import Any

import jsoncompat

_PROSE = {"title", "description", "examples", "example", "summary"}


def broken(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """What no longer holds, none when the API only grew: in paths, operations, statuses, questions or answers.

    Problems are compared by their status only: who does not know a code goes by that.
    """
    return list(_operations(old, new))


def _operations(old: dict[str, Any], new: dict[str, Any]) -> Iterator[str]:
    for path, operations in old["paths"].items():
        for method, before in operations.items():
            where = f"{method.upper()} {path}"
            after = new["paths"].get(path, {}).get(method)
            if after is None:
                yield f"{where} is gone"
                continue
            yield from (f"{where}: {each}" for each in _questions(before, after, old, new))
            yield from (f"{where}: {each}" for each in _answers(before, after, old, new))


def _questions(before: Any, after: Any, old: Any, new: Any) -> Iterator[str]:
    asked, taken = _parameters(before), _parameters(after)
    yield from (f"parameter {name} is gone" for name in asked.keys() - taken.keys())
    for name, parameter in taken.items():
        if parameter.get("required") and not asked.get(name, {}).get("required"):
            yield f"parameter {name} is required"
        elif name in asked:
            was, now = _plain(asked[name]["schema"], old), _plain(parameter["schema"], new)
            yield from _differences(f"parameter {name}", was, now, "deserializer")
    was, now = _body(before.get("requestBody"), old), _body(after.get("requestBody"), new)
    if was is not None and now is None:
        yield "the question is gone"
    elif was is not None:
        yield from _differences("the question", was, now, "deserializer")
    elif now is not None and after["requestBody"].get("required"):
        yield "a question is required"


def _answers(before: Any, after: Any, old: Any, new: Any) -> Iterator[str]:
    for status, answer in before["responses"].items():
        if status not in after["responses"]:
            yield f"status {status} is gone"
        elif status < "400":
            was, now = _body(answer, old), _body(after["responses"][status], new)
            if (was is None) != (now is None):
                yield f"answer {status} is another"
            elif was is not None:
                yield from _differences(f"answer {status}", was, now, "serializer")


def _differences(where: str, was: Any, now: Any, side: str) -> Iterator[str]:
    yield from (f"{where}: {field} is gone" for field in sorted(_fields(was) - _fields(now)))
    if not jsoncompat.check_compat(json.dumps(was), json.dumps(now), side):  # type: ignore[arg-type]
        yield f"{where} has another form"


def _parameters(operation: Any) -> dict[str, Any]:
    return {f"{each['name']} in {each['in']}": each for each in operation.get("parameters", ())}


def _body(part: Any, description: Any) -> Any:
    if part is None or "application/json" not in part.get("content", {}):
        return None
    return _plain(part["content"]["application/json"]["schema"], description)


def _plain(schema: Any, description: Any) -> Any:
    """A schema without references and prose."""
    if isinstance(schema, list):
        return [_plain(each, description) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _plain(description["components"]["schemas"][schema["$ref"].rpartition("/")[2]], description)
    return {
        name: {field: _plain(each, description) for field, each in part.items()}
        if name == "properties"
        else _plain(part, description)
        for name, part in schema.items()
        if name not in _PROSE
    }


def _fields(schema: Any, path: str = "") -> set[str]:
    """The paths of all fields, optional ones too."""
    if not isinstance(schema, dict):
        return set()
    found: set[str] = set()
    for name, part in schema.get("properties", {}).items():
        found |= {f"{path}{name}"} | _fields(part, f"{path}{name}.")
    for part in (*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ()), schema.get("items")):
        found |= _fields(part, path)
    return found
