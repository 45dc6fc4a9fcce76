"""The OpenAPI of each service, as its application tells it. `python tests/contracts/openapi.py` prints them to contracts/."""

import asyncio
import json
import tempfile
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from lokaal import sleutels, system
from lokaal.services import SERVICES, Service
from lokaal.system import Plan
from platformkit.health import Heartbeat
from platformkit.service.process import opened

FOLDER = Path(__file__).resolve().parents[2] / "contracts" / "openapi"


async def applications(folder: Path) -> dict[str, FastAPI]:
    """The application of each service, with the settings that a stack gives it. Nothing is connected to."""
    plan = Plan(folder, "all", {})
    plan.ports.release()
    system.supplies(plan)["sleutels"].component.prepare()
    sleutels.make_namens(plan.namens, [service.name for service in SERVICES])
    return {service.name: await _application(service, plan) for service in SERVICES}


async def _application(listed: Service, plan: Plan) -> FastAPI:
    module, env = system.command_env(plan, listed.name)
    service = import_module(f"{module}.bootstrap").SERVICE
    env |= system.namens_env(plan, listed)
    settings = service.settings(**{name.lower(): text for name, text in env.items()})
    async with opened(settings, service=service.name, role="api", part="api") as process:
        app: FastAPI = service.app(process, Heartbeat(None))
        return app


async def descriptions() -> dict[str, dict[str, Any]]:
    """By file name: the description of each service with an API of its own."""
    with tempfile.TemporaryDirectory() as folder:
        told = {name: app.openapi() for name, app in (await applications(Path(folder))).items()}
    return {f"{name}.v1.json": description for name, description in told.items() if description["paths"]}


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
