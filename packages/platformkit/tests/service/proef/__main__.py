"""`python -m proef <role>`: the processes that the tests start, stop and kill."""

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header
from sqlalchemy import text

from platformkit import runtime
from platformkit.db.context import DatabaseContext
from platformkit.db.engine import make_engine
from platformkit.db.migrations import upgrade
from platformkit.executor import Executor, IdempotencyKey, UnitOfWork
from platformkit.health import Heartbeat
from platformkit.http.app import create_app
from platformkit.http.auth import Principal, TokenVerifier, require
from platformkit.http.calls import Http
from platformkit.ids import uuid7
from platformkit.messaging.consumer import Consumer, Subscription
from platformkit.messaging.envelope import Message
from platformkit.outbox.relay import Relay
from platformkit.settings import ProcessSettings
from proef.events import gewijzigd

TOPIC = os.environ.get("TOPIC", "proef")


async def tel(work: UnitOfWork, messages: Sequence[Message]) -> None:
    """Record what was seen, in order; `WERKT` seconds a batch."""
    await asyncio.sleep(float(os.environ.get("WERKT", "0")))
    for message in messages:
        await work.connection.execute(
            text("insert into gezien (persoon, versie) values (:persoon, :versie)"),
            {"persoon": message.subject, "versie": message.version},
        )


def _say_begun() -> None:
    if begun := os.environ.get("BEGONNEN"):
        Path(begun).touch()


def make_router(executor: Executor) -> APIRouter:
    router = APIRouter()

    @router.post("/dingen", status_code=201)
    async def post(
        asker: Annotated[Principal, Depends(require("dingen:maken"))], idempotency_key: Annotated[str, Header()]
    ) -> dict[str, str]:
        _say_begun()
        await asyncio.sleep(float(os.environ.get("WERKT", "0")))
        subject = UUID(asker.subject)
        context = DatabaseContext(subject, asker.role, asker.tenants, runtime_today())
        made = uuid7()

        async def maak(work: UnitOfWork) -> None:
            await work.connection.execute(
                text("insert into ding values (:id, :eigenaar, '0392', 'tekst')"), {"id": made, "eigenaar": subject}
            )
            work.emit(gewijzigd(TOPIC, made), version=1)
            work.audit("ding.maken", outcome="gelukt", actor=str(subject), role=asker.role, object=made)

        outcome = await executor.execute_once(maak, context, IdempotencyKey(subject, idempotency_key, b"1", made))
        return {"id": str(outcome.result_id)}

    return router


def runtime_today():
    from platformkit.clock import SystemClock, today

    return today(SystemClock())


def main() -> None:
    settings = ProcessSettings()

    async def api(stop: asyncio.Event, heartbeat: Heartbeat) -> None:
        engine = make_engine(settings.database_url("api"), pool=5, application="proef")
        async with Http() as client:
            verifier = TokenVerifier(str(settings.oidc_issuer), settings.oidc_audience, client)
            executor = Executor(engine, settings.clock(), settings.source)
            await runtime.http(
                lambda beats: create_app(
                    title="Proef",
                    description="Proef",
                    routers=[make_router(executor)],
                    problems={},
                    verifier=verifier,
                    heartbeat=beats,
                    checks={},
                ),
                settings,
            )(stop, heartbeat)
        await engine.dispose()

    async def consumer(stop: asyncio.Event, heartbeat: Heartbeat) -> None:
        engine = make_engine(settings.database_url("worker"), pool=5, application="proef")
        executor = Executor(engine, settings.clock(), settings.source)
        subscription = Subscription(os.environ.get("GROEP", "proef"), TOPIC, tel)
        await Consumer(settings.kafka_bootstrap, engine, executor, settings.clock(), [subscription]).run(
            stop, heartbeat
        )
        await engine.dispose()

    async def relay(stop: asyncio.Event, heartbeat: Heartbeat) -> None:
        engine = make_engine(settings.database_url("relay"), pool=2, application="proef")
        await Relay(engine, settings.kafka_bootstrap, "proef").run(stop, heartbeat)
        await engine.dispose()

    async def sterft(stop: asyncio.Event, heartbeat: Heartbeat) -> None:
        raise RuntimeError("geheim 999993653")

    async def eindigt(stop: asyncio.Event, heartbeat: Heartbeat) -> None:
        return

    runtime.main(
        "proef",
        settings,
        {"api": api, "consumer": consumer, "relay": relay, "sterft": sterft, "eindigt": eindigt},
        lambda: upgrade("proef", settings.database_url("migrate")),
    )


if __name__ == "__main__":
    main()
