"""What is printed is what is committed, and contracts only grow."""

import json
from pathlib import Path

import jsoncompat
import jsonschema
import pytest
from history import commit, committed, git

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


def test_the_whole_history_is_here() -> None:
    """Of a shallow clone the gates of this folder would compare nothing: clone with `fetch-depth: 0`, or unshallow it."""
    assert git(HOME, "rev-parse", "--is-shallow-repository").strip() == "false"


@pytest.mark.parametrize("event", EVENTS.values(), ids=lambda event: event.TYPE)
def test_only_optional_fields_were_added_since_any_commit(event: type[Event]) -> None:
    earlier = committed(printing.schema_file(event).name, HOME)
    assert [grows(each, printing.schema(event)) for each in earlier] == [True] * len(earlier)


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


def _commit(repository: Path, path: str, schema: object) -> str:
    return commit(repository, path, json.dumps(schema))


def _with(**fields: str) -> dict[str, object]:
    return {**_OLD, "properties": {**_OLD["properties"], **{name: {"type": kind} for name, kind in fields.items()}}}


def test_a_field_that_was_added_later_may_not_change_either(repository: Path) -> None:
    versions = [
        _commit(repository, "schemas/een/een.v1.json", each) for each in (_OLD, _with(c="integer"), _with(c="string"))
    ]
    found = committed("een.v1.json", repository)
    assert found == versions[::-1]
    assert [grows(each, versions[-1]) for each in found] == [True, False, True]


def test_a_version_counts_wherever_it_lay_and_whatever_became_of_it(repository: Path) -> None:
    first = _commit(repository, "schemas/een.v1.json", _OLD)
    # Removed, and made again in another folder, beside one that resembles it.
    (repository / "schemas" / "een.v1.json").unlink()
    _commit(repository, "schemas/twee/een-twee.v1.json", _with(e="integer"))
    again = _commit(repository, "schemas/een/een.v1.json", _with(c="integer"))
    # Changed aside, and lost in a merge that changes it once more.
    git(repository, "checkout", "--quiet", "-b", "aside")
    aside = _commit(repository, "schemas/een/een.v1.json", _with(d="integer"))
    git(repository, "checkout", "--quiet", "main")
    _commit(repository, "anders", {})
    git(repository, "merge", "--quiet", "--no-commit", "--no-ff", "--strategy=ours", "aside")
    merged = _commit(repository, "schemas/een/een.v1.json", _with(c="integer", d="string"))
    assert set(committed("een.v1.json", repository)) == {first, again, aside, merged}
