"""Golden examples: at least one per event, append-only, still read by today's contracts, and without a person in them."""

import hashlib
import json
import re
from pathlib import Path

import pytest
from history import commit, git
from stdnum.nl import bsn

from contracts import printing
from contracts.registry import EVENTS
from platformkit.envelope import decode

EXAMPLES = printing.HOME / "examples"
FILES = sorted(EXAMPLES.rglob("*.json"))
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_TECHNICAL = re.compile(r"urn:nld:oin:[0-9]{20}:systeem:[a-z-]+|00-[0-9a-f]{32}-[0-9a-f]{16}-01")
# Names of fields that would say who somebody is; organisatie, gemeente and the like say something else.
_TELLING = re.compile(
    r"naam|voorn|geslachtsnaam|geboorte|bsn|burgerservice|adres|straat|postcode|mail|telefoon|mobiel|tekst"
)


def _name(file: Path) -> str:
    return str(file.relative_to(EXAMPLES))


@pytest.mark.parametrize("file", FILES, ids=_name)
def test_every_example_ever_committed_is_still_read(file: Path) -> None:
    example, kind = json.loads(file.read_text()), file.parent.name
    data = example["data"] if file.name.endswith(".bericht.json") else example
    event = EVENTS[kind].model_validate(data)
    assert file.parent.parent.name == event.TOPIC
    # Written again it says the same, so no reader drops or changes a field.
    assert json.loads(event.model_dump_json(by_alias=True)).items() >= data.items()


@pytest.mark.parametrize("file", [file for file in FILES if file.name.endswith(".bericht.json")], ids=_name)
def test_a_whole_message_is_decoded(file: Path) -> None:
    example = json.loads(file.read_text())
    headers = [(name, value.encode()) for name, value in example["headers"].items()]
    message = decode(headers, example["key"].encode(), json.dumps(example["data"]).encode())
    assert file.parent.name == message.event.TYPE
    assert message.version == int(example["headers"]["ce_sequence"])
    assert str(message.key) == example["key"]


def test_every_event_has_an_example_and_a_message() -> None:
    for kind, event in EVENTS.items():
        found = {file.name for file in (EXAMPLES / event.TOPIC / kind).glob("*.json")}
        assert any(name.endswith(".bericht.json") for name in found), kind
        assert any(not name.endswith(".bericht.json") for name in found), kind


def test_no_example_is_an_orphan() -> None:
    assert {file.parent.name for file in FILES} == set(EVENTS)


def test_examples_are_append_only() -> None:
    """A file in CHECKSUMS never changes or goes; a new one is added with `sha256sum`."""
    lines = (EXAMPLES / "CHECKSUMS").read_text().splitlines()
    listed = {line.split()[1].removeprefix("./"): line.split()[0] for line in lines}
    assert listed == {_name(file): hashlib.sha256(file.read_bytes()).hexdigest() for file in FILES}


def changed(repository: Path) -> list[str]:
    """The examples that are not what they were when they were first committed, or are gone. CHECKSUMS is no example."""
    log = ["log", "--topo-order", "--full-history", "-m", "--diff-filter=d", "--name-only", "--format=%x00%H"]
    first: dict[str, str] = {}
    for entry in git(repository, *log, "--", ":(top)contracts/examples/*.json").split("\0")[1:]:
        commit, *paths = entry.split()
        # The newest comes first, so the first one stays.
        first |= dict.fromkeys(paths, commit)
    top = Path(git(repository, "rev-parse", "--show-toplevel").strip())
    kept = {
        path for path, commit in first.items() if _is_still(top / path, git(repository, "show", f"{commit}:{path}"))
    }
    return sorted(first.keys() - kept)


def _is_still(file: Path, text: str) -> bool:
    return file.is_file() and file.read_text() == text


def test_every_example_is_what_it_was_when_it_was_first_committed() -> None:
    assert changed(EXAMPLES) == []


def test_an_example_that_is_rewritten_or_gone_is_seen_whatever_its_checksum_says(repository: Path) -> None:
    one, other = (f"contracts/examples/een/{name}.json" for name in ("een", "ander"))
    commit(repository, one, "{}")
    commit(repository, other, "{}")
    assert changed(repository) == []
    commit(repository, one, '{"a": 1}')
    commit(repository, "contracts/examples/CHECKSUMS", "x")
    (repository / other).unlink()
    assert changed(repository) == [other, one]
    # Also where it was changed back before, or made anew by the same name.
    commit(repository, one, "{}")
    commit(repository, other, "[]")
    assert changed(repository) == [other]


def _strings(value: object) -> list[str]:
    if isinstance(value, dict):
        return [text for each in value.values() for text in _strings(each)]
    if isinstance(value, list):
        return [text for each in value for text in _strings(each)]
    return [str(value)]


def telling(value: str) -> bool:
    """Whether a value looks like a BSN, an e-mail address, a phone number or a name."""
    rest = _TECHNICAL.sub("", _UUID.sub("", value))
    numbers = re.findall(r"(?<![0-9])[0-9]{8,9}(?![0-9])", rest)
    return (
        any(bsn.is_valid(number.zfill(9)) for number in numbers)
        or "@" in rest
        or re.search(r"(\+31|\b06)[ -]?[0-9]", rest) is not None
        or re.search(r"[A-Z][a-z]+ [A-Z]", rest) is not None
    )


@pytest.mark.regel("R004", "R005")
@pytest.mark.parametrize("file", FILES, ids=_name)
def test_no_value_tells_who_somebody_is(file: Path) -> None:
    assert [text for text in _strings(json.loads(file.read_text())) if telling(text)] == []


@pytest.mark.parametrize("value", ["999993653", "jan@example.nl", "0612345678", "+31 6 12", "Jan Jansen", "x 99990003"])
def test_the_scan_finds_what_it_should(value: str) -> None:
    assert telling(value)


@pytest.mark.regel("R004", "R005", "R006")
@pytest.mark.parametrize("event", EVENTS.values(), ids=lambda event: event.TYPE)
def test_no_field_is_made_for_a_person_or_for_content(event: type) -> None:
    schema = json.loads(printing.schema(event))
    objects = [schema, *schema.get("$defs", {}).values()]
    fields = {name: field for each in objects for name, field in each.get("properties", {}).items()}
    assert [name for name in fields if _TELLING.search(name.lower())] == []
    # Every text has a form, so none takes free text.
    for name, field in fields.items():
        for form in field.get("anyOf", [field]):
            if form.get("type") == "string":
                assert form.keys() & {"format", "pattern", "enum"}, name
