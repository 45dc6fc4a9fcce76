"""What a service asks of another is what that one promises: the client's models against the committed OpenAPI (D17)."""

import json
from typing import Any

import pytest
from openapi import FOLDER
from pydantic import BaseModel

from contracts.http.base import Call
from contracts.http.registry import CALLS
from contracts.rollen import DIENSTEN


def _operation(call: Call[Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the answering service promises, and the schemas that it names."""
    description = json.loads((FOLDER / f"{call.service}.v1.json").read_text(encoding="utf-8"))
    return description["paths"][call.path][call.method.lower()], description["components"]["schemas"]


def _plain(schema: Any, named: dict[str, Any]) -> Any:
    """A schema without names and prose: what a body must look like."""
    if isinstance(schema, list):
        return [_plain(each, named) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _plain(named[schema["$ref"].rpartition("/")[2]], named)
    prose = {"title", "description", "examples", "$defs"}
    # A field that may be left out is not required; a description leaves out that it is null then.
    return {
        name: _plain(each, named)
        for name, each in schema.items()
        if (name not in prose or name == "properties") and (name, each) != ("default", None)
    }


def _wanted(model: type[BaseModel], mode: str) -> Any:
    schema = model.model_json_schema(by_alias=True, mode=mode)  # type: ignore[arg-type]
    return _plain(schema, schema.get("$defs", {}))


@pytest.mark.parametrize("call", CALLS, ids=lambda call: f"{call.service}{call.path}")
def test_the_answer_is_the_one_that_is_promised(call: Call[Any]) -> None:
    operation, named = _operation(call)
    (given,) = [answer for status, answer in operation["responses"].items() if status.startswith("2")]
    promised = _plain(given["content"]["application/json"]["schema"], named)
    assert promised == _wanted(call.answer, "serialization")


@pytest.mark.parametrize("call", CALLS, ids=lambda call: f"{call.service}{call.path}")
def test_the_question_is_one_that_is_understood(call: Call[Any]) -> None:
    operation, named = _operation(call)
    if not call.questions:
        assert "requestBody" not in operation
        return
    understood = _plain(operation["requestBody"]["content"]["application/json"]["schema"], named)
    understood = understood.get("anyOf", [understood])
    assert understood == [_wanted(each, "validation") for each in call.questions]


def test_every_call_has_its_scope_and_every_scope_its_call() -> None:
    assert {call.scope for call in CALLS} == {scope for scopes in DIENSTEN.values() for scope in scopes}


def test_a_field_of_another_form_would_be_seen() -> None:
    named = {"X": {"type": "object", "properties": {"a": {"type": "string", "title": "A"}}, "required": ["a"]}}
    assert _plain({"$ref": "#/components/schemas/X"}, named) == {
        "type": "object",
        "properties": {"a": {"type": "string"}},
        "required": ["a"],
    }
    other = {"X": {**named["X"], "properties": {"a": {"type": "integer"}}}}
    assert _plain({"$ref": "#/X"}, named) != _plain({"$ref": "#/X"}, other)
