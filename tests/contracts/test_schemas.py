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


def _first(file: Path) -> str | None:
    """The schema as it was committed first, none when the event is new. Readers of v1 may be as old as that."""
    git = ["git", "log", "--diff-filter=A", "--format=%H", "--", str(file)]
    added = subprocess.run(git, cwd=HOME, capture_output=True, text=True, check=True).stdout.split()
    if not added:
        return None
    show = ["git", "show", f"{added[-1]}:./{file}"]
    return subprocess.run(show, cwd=HOME, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("event", EVENTS.values(), ids=lambda event: event.TYPE)
def test_only_optional_fields_were_added_since_the_first_commit(event: type[Event]) -> None:
    earlier = _first(printing.schema_file(event))
    if earlier is not None:
        assert grows(earlier, printing.schema(event))


def grows(old: str, new: str) -> bool:
    """Whether old readers read new events, and new readers old ones."""
    before, after = json.loads(old), json.loads(new)
    # The library resolves no reference against an $id.
    plain = [json.dumps({key: value for key, value in each.items() if key != "$id"}) for each in (before, after)]
    return jsoncompat.check_compat(*plain, "serializer") and set(after.get("required", ())) <= set(
        before.get("required", ())
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
