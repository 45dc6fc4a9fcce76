"""The OpenAPI of each service, as its application tells it. `python tests/contracts/openapi.py` prints them to contracts/."""

import asyncio
import base64
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import brp_proxy.bootstrap
import brp_proxy.settings
import match.bootstrap
import match.settings
import signaal.bootstrap
import signaal.settings
from platformkit.clock import SystemClock
from platformkit.health import Heartbeat

FOLDER = Path(__file__).resolve().parents[2] / "contracts" / "openapi"


async def descriptions() -> dict[str, dict[str, Any]]:
    """By file name: the description of each service with an API. Nothing is connected to."""
    database, heartbeat, clock = "postgresql://api:x@127.0.0.1:1/x", Heartbeat(None), SystemClock()
    with tempfile.TemporaryDirectory() as folder:
        keys = Path(folder) / "keys.json"
        kek, hmac = (base64.b64encode(bytes([fill]) * 32).decode() for fill in b"kh")
        keys.write_text(json.dumps({"actief": 1, "kek": {"1": kek}, "hmac": {"1": hmac}}))
        apps = {
            "brp-proxy": brp_proxy.bootstrap.make_app(
                brp_proxy.settings.Settings(database_url_api=database, sleutel_bestand=keys), heartbeat
            ),
            "match": match.bootstrap.make_app(match.settings.Settings(database_url_api=database), clock, heartbeat),
            "signaal": signaal.bootstrap.make_app(
                signaal.settings.Settings(database_url_api=database), clock, heartbeat
            ),
        }
    return {f"{name}.v1.json": app.openapi() for name, app in apps.items()}


def printed(description: dict[str, Any]) -> str:
    """The text that is committed."""
    return json.dumps(description, indent=2, ensure_ascii=False) + "\n"


def files() -> Iterator[tuple[Path, str]]:
    """Every file with the text it should have."""
    for name, description in asyncio.run(descriptions()).items():
        yield FOLDER / name, printed(description)


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for file, text in files():
        file.write_text(text, encoding="utf-8")
