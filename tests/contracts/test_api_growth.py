"""APIs only grow: whoever goes by a description that was ever committed is still served by today's."""

import copy
import hashlib
import json
from collections.abc import Callable
from typing import Any

import pytest
from apigrowth import broken
from history import committed, git
from openapi import FOLDER

# By their beginning: before there was a model for both sides, the answers to other services were described loosely, and
# `meldadressen` asked for one account. Nobody but our own services read them, which were changed with them.
FORGIVEN = {"97bf7a86a299", "7658a8a4f2f5"}
FILES = sorted(FOLDER.glob("*.json"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_only_additions_since_any_commit(file: Any) -> None:
    today = json.loads(file.read_text(encoding="utf-8"))
    earlier = [each for each in committed(file.name, FOLDER) if _digest(each) not in FORGIVEN]
    assert [broken(json.loads(each), today) for each in earlier] == [[]] * len(earlier)


def test_what_is_forgiven_was_committed_and_needs_it() -> None:
    today = json.loads((FOLDER / "signaal.v1.json").read_text(encoding="utf-8"))
    found = {_digest(each): each for each in committed("signaal.v1.json", FOLDER)}
    assert all(broken(json.loads(found[each]), today) for each in FORGIVEN)


def _digest(description: str) -> str:
    return hashlib.sha256(description.encode()).hexdigest()[:12]


def test_no_description_ever_committed_has_gone() -> None:
    paths = git(
        FOLDER, "log", "--full-history", "-m", "--name-only", "--format=", "--", ":(top)contracts/openapi"
    ).split()
    assert {file.name for file in FILES} >= {path.rpartition("/")[2] for path in paths} >= {"signaal.v1.json"}


_OLD: dict[str, Any] = {
    "paths": {
        "/dingen/{id}": {
            "post": {
                "parameters": [
                    {"name": "id", "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}},
                    {"name": "limiet", "in": "query", "required": False, "schema": {"type": "integer", "maximum": 9}},
                ],
                "requestBody": {
                    "required": True,
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Vraag"}}},
                },
                "responses": {
                    "201": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Antwoord"}}}},
                    "404": {"content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/P"}}}},
                },
            }
        }
    },
    "components": {
        "schemas": {
            "Vraag": {
                "type": "object",
                "properties": {"a": {"type": "string", "title": "A"}, "soort": {"enum": ["x", "y"]}},
                "required": ["a"],
                "additionalProperties": False,
            },
            "Antwoord": {
                "type": "object",
                "properties": {
                    "a": {"type": "string"},
                    "b": {"anyOf": [{"type": "string"}, {"type": "null"}]},
                    "items": {"type": "array", "items": {"$ref": "#/components/schemas/Deel"}},
                },
                "required": ["a", "b", "items"],
            },
            "Deel": {"type": "object", "properties": {"c": {"type": "integer"}}},
            "P": {"type": "object", "properties": {"code": {"enum": ["een", "twee"]}}},
        }
    },
}
_Change = Callable[[dict[str, Any]], object]


def _operation(api: dict[str, Any]) -> dict[str, Any]:
    return api["paths"]["/dingen/{id}"]["post"]  # type: ignore[no-any-return]


def _schema(api: dict[str, Any], name: str) -> dict[str, Any]:
    return api["components"]["schemas"][name]  # type: ignore[no-any-return]


def _fields(api: dict[str, Any], name: str) -> dict[str, Any]:
    return _schema(api, name)["properties"]  # type: ignore[no-any-return]


def _moved(api: dict[str, Any]) -> None:
    api["paths"]["/zaken/{id}"] = api["paths"].pop("/dingen/{id}")


_TEXT = {"type": "string"}
GROWTH: dict[str, _Change] = {
    "nothing": lambda api: None,
    "prose": lambda api: _fields(api, "Vraag")["a"].update(title="B", description="anders"),
    "a path": lambda api: api["paths"].update({"/meer": {"get": {"responses": {}}}}),
    "an operation": lambda api: api["paths"]["/dingen/{id}"].update(get={"responses": {}}),
    "a status": lambda api: _operation(api)["responses"].update({"409": {}}),
    "a parameter": lambda api: _operation(api)["parameters"].append({"name": "na", "in": "query", "schema": _TEXT}),
    "a wider parameter": lambda api: _operation(api)["parameters"][1]["schema"].update(maximum=99),
    "an optional field in a question": lambda api: _fields(api, "Vraag").update(c=_TEXT),
    "a field that need not be asked": lambda api: _schema(api, "Vraag").update(required=[]),
    "a value in a question": lambda api: _fields(api, "Vraag")["soort"]["enum"].append("z"),
    "a field in an answer": lambda api: _fields(api, "Antwoord").update(d=_TEXT),
    "a field in a part of an answer": lambda api: _fields(api, "Deel").update(d=_TEXT),
    "a code of a problem": lambda api: _fields(api, "P")["code"]["enum"].append("drie"),
}
BREAKAGE: dict[str, _Change] = {
    "a path": _moved,
    "an operation": lambda api: api["paths"]["/dingen/{id}"].pop("post"),
    "a status": lambda api: _operation(api)["responses"].pop("404"),
    "another success": lambda api: _operation(api)["responses"].update(
        {"200": _operation(api)["responses"].pop("201")}
    ),
    "a parameter": lambda api: _operation(api)["parameters"].pop(),
    "a parameter that is required": lambda api: _operation(api)["parameters"][1].update(required=True),
    "a new one that is required": lambda api: _operation(api)["parameters"].append(
        {"name": "na", "in": "query", "required": True, "schema": _TEXT}
    ),
    "a narrower parameter": lambda api: _operation(api)["parameters"][1]["schema"].update(maximum=5),
    "the question": lambda api: _operation(api).pop("requestBody"),
    "a field that is asked": lambda api: _fields(api, "Vraag").pop("soort"),
    "a field that must be asked": lambda api: _schema(api, "Vraag").update(required=["a", "soort"]),
    "a value that is taken": lambda api: _fields(api, "Vraag")["soort"]["enum"].remove("y"),
    "a type that is taken": lambda api: _fields(api, "Vraag").update(a={"type": "integer"}),
    "the answer": lambda api: _operation(api)["responses"].update({"201": {}}),
    "a field of the answer": lambda api: _schema(api, "Antwoord").update(
        properties={"b": _fields(api, "Antwoord")["b"], "items": _fields(api, "Antwoord")["items"]}, required=["b"]
    ),
    "an optional field of a part": lambda api: _fields(api, "Deel").pop("c"),
    "the promise of a field": lambda api: _schema(api, "Antwoord").update(required=["a"]),
    "a type of the answer": lambda api: _fields(api, "Antwoord").update(a={"type": "integer"}),
    "an answer that may be null": lambda api: _fields(api, "Antwoord").update(
        a={"anyOf": [{"type": "string"}, {"type": "null"}]}
    ),
    "the type of a part": lambda api: _fields(api, "Deel").update(c=_TEXT),
}


@pytest.mark.parametrize("change", GROWTH)
def test_growth_is_allowed(change: str) -> None:
    GROWTH[change](new := copy.deepcopy(_OLD))
    assert broken(_OLD, new) == []


@pytest.mark.parametrize("change", BREAKAGE)
def test_breakage_is_seen(change: str) -> None:
    BREAKAGE[change](new := copy.deepcopy(_OLD))
    assert broken(_OLD, new) != []
