"""The JSON Schemas of the events, as they are printed and committed: what a reader in another language goes by."""

import json
from pathlib import Path

from contracts.base import Event
from contracts.registry import EVENTS

HOME = Path(__file__).resolve().parents[2]
"""The member `contracts/` of the checkout; the package is installed editable."""


def schema_file(event: type[Event]) -> Path:
    """Where the schema of `event` stands, relative to `contracts/`."""
    return Path("schemas") / event.TOPIC / f"{event.TYPE}.json"


def schema(event: type[Event]) -> str:
    """The JSON Schema (2020-12) of the data of `event`. Open: a newer sender may add optional fields."""
    printed = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:nl:verwijsindex:schema:{event.TYPE}",
        **event.model_json_schema(by_alias=True),
    }
    return json.dumps(printed, indent=2, ensure_ascii=False) + "\n"


def write(home: Path = HOME) -> list[Path]:
    """Print every schema below `home`; the files that changed. A schema of an event that is gone is removed."""
    wanted = {home / schema_file(event): schema(event) for event in EVENTS.values()}
    changed = [file for file, text in wanted.items() if not file.exists() or file.read_text() != text]
    for file in changed:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(wanted[file])
    gone = [file for file in (home / "schemas").glob("*/*.json") if file not in wanted]
    for file in gone:
        file.unlink()
    return [*changed, *gone]
