"""The declaration of the throwaway service: the wiring that a service needs, and no more."""

import asyncio
import os
from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header
from sqlalchemy import bindparam, insert

from platformkit.db.context import DatabaseContext
from platformkit.db.statement import Statement
from platformkit.executor import IdempotencyKey, UnitOfWork
from platformkit.http.auth import require
from platformkit.identity import Principal
from platformkit.ids import uuid7
from platformkit.messaging.consumer import Subscription
from platformkit.service import Job, Process, Service, every
from platformkit.settings import ProcessSettings
from proef.adapters.db.tables import ding
from proef.consuming import remember
from proef.events import gewijzigd
from proef.hulp import say_begun, works

TOPIC = os.environ.get("TOPIC", "proef")
_MAAK = Statement(insert(ding).values({each.name: bindparam(each.name, type_=each.type) for each in ding.c}))


def routers(process: Process[ProcessSettings]) -> Sequence[APIRouter]:
    router = APIRouter()

    @router.post("/dingen", status_code=201)
    async def post(
        asker: Annotated[Principal, Depends(require("dingen:maken"))], idempotency_key: Annotated[str, Header()]
    ) -> dict[str, str]:
        say_begun()
        await works()
        subject = UUID(asker.subject)
        context = DatabaseContext(subject, asker.role, asker.tenants)
        key = IdempotencyKey(subject, idempotency_key, b"1", uuid7())
        return {"id": str(await process.executor.execute(_maak, context, asker, key))}

    return [router]


async def _maak(work: UnitOfWork, asker: Principal, key: IdempotencyKey) -> UUID:
    if earlier := await work.claim(key):
        return earlier
    subject = UUID(asker.subject)
    await work.execute(_MAAK, id=key.result_id, eigenaar=subject, gemeente="0392", tekst="tekst", tot=None)
    work.emit(gewijzigd(TOPIC, key.result_id), version=1)
    work.audit("ding.maken", outcome="gelukt", actor=str(subject), role=asker.role, object=key.result_id)
    return key.result_id


def subscriptions(_process: Process[ProcessSettings]) -> Sequence[Subscription]:
    async def slowly(work: UnitOfWork, messages: Sequence[object]) -> None:
        await works()
        await remember(work, messages)

    return [Subscription(os.environ.get("GROEP", "proef"), TOPIC, slowly)]


def jobs(_process: Process[ProcessSettings]) -> Sequence[Job]:
    async def dies() -> int:
        raise RuntimeError("geheim 999993653")

    async def ends(_stop: asyncio.Event, _heartbeat: object) -> None:
        return

    how = os.environ.get("JOBS", "")
    return {"sterft": [every("sterft", timedelta(seconds=1), dies)], "eindigt": [ends]}.get(how, [])


SERVICE = Service(
    name="proef",
    settings=ProcessSettings,
    description="Proef",
    routers=routers,
    subscriptions=subscriptions,
    jobs=jobs,
)
