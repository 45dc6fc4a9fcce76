"""What is printed is what is committed, and contracts only grow."""

import json
import subprocess
from pathlib import Path

import jsoncompat
import jsonschema
import pytest

from contracts import printing
from contracts.base import Event
from contracts.registry import EVENTS

HOME = printing.HOME


def test_the_committed_schemas_are_the_printed_ones(tmp_path: Path) -> None:
    """`make contracts` prints them."""
    printing.write(tmp_path)
    printed = {file.relative_to(tmp_path): file.read_text() for file in tmp_path.rglob("*.json")}
    committed = {file.relative_to(HOME): file.read_text() for file in (HOME / "schemas").rglob("*.json")}
    assert committed == printed


@pytest.mark.parametrize("event", EVENTS.values(), ids=lambda event: event.TYPE)
def test_a_schema_is_valid_and_open(event: type[Event]) -> None:
    schema = json.loads(printing.schema(event))
    jsonschema.Draft202012Validator.check_schema(schema)
    assert "additionalProperties" not in schema


def _earlier(file: Path) -> str | None:
    """The schema as it stands in the last commit, none when the event is new."""
    shown = subprocess.run(["git", "show", f"HEAD:./{file}"], cwd=HOME, capture_output=True, text=True, check=False)
    return shown.stdout if shown.returncode == 0 else None


@pytest.mark.parametrize("event", EVENTS.values(), ids=lambda event: event.TYPE)
def test_only_optional_fields_were_added_since_the_last_commit(event: type[Event]) -> None:
    earlier = _earlier(printing.schema_file(event))
    if earlier is not None:
        assert grows(earlier, printing.schema(event))


def grows(old: str, new: str) -> bool:
    """Whether old readers read new events, and new readers old ones."""
    return jsoncompat.check_compat(old, new, "serializer") and set(json.loads(new).get("required", ())) <= set(
        json.loads(old).get("required", ())
    )


_OLD = {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "integer"}}, "required": ["a"]}


@pytest.mark.parametrize(
    ("change", "allowed"),
    [
        ({"properties": {**_OLD["properties"], "c": {"type": "string"}}}, True),
        ({"properties": {**_OLD["properties"], "c": {"type": "string"}}, "required": ["a", "c"]}, False),
        ({"properties": {"b": {"type": "integer"}}, "required": []}, False),
        ({"properties": {**_OLD["properties"], "a": {"type": "integer"}}}, False),
        ({"properties": {**_OLD["properties"], "a": {"type": ["string", "null"]}}}, False),
    ],
)
def test_the_gate_itself_tells_growth_from_breakage(change: dict[str, object], allowed: bool) -> None:
    assert grows(json.dumps(_OLD), json.dumps({**_OLD, **change})) is allowed
