"""Things, which a user makes: the handler, and the way to it over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header
from sqlalchemy import Uuid, bindparam, insert, select

from platformkit.db.context import DatabaseContext
from platformkit.db.statement import Statement
from platformkit.executor import Executor, IdempotencyKey, UnitOfWork
from platformkit.executor.retelling import Retold
from platformkit.http.auth import require
from platformkit.identity import Actor, Principal
from platformkit.ids import uuid7
from proef.adapters.db.tables import ding
from proef.events import gewijzigd
from proef.settings import Settings

_MAAK = Statement(insert(ding).values({each.name: bindparam(each.name, type_=each.type) for each in ding.c}))
_VOLGENDE = Statement(
    select(ding.c.id).where(ding.c.id > bindparam("na", type_=Uuid)).order_by(ding.c.id).limit(bindparam("aantal"))
)


def make_router(executor: Executor, settings: Settings) -> APIRouter:
    router = APIRouter()

    @router.post("/dingen", status_code=201)
    async def post(
        asker: Annotated[Principal, Depends(require("signalen:lezen"))], idempotency_key: Annotated[str, Header()]
    ) -> dict[str, str]:
        await settings.works()
        subject = UUID(asker.subject)
        context = DatabaseContext(subject, asker.role, asker.tenants, Actor(str(subject), asker.role))
        key = IdempotencyKey(subject, idempotency_key, b"1", uuid7())
        return {"id": str(await executor.execute(maak, context, asker, key, settings.topic))}

    return router


async def maak(work: UnitOfWork, asker: Principal, key: IdempotencyKey, topic: str) -> UUID:
    if earlier := await work.claim(key):
        return earlier
    subject = UUID(asker.subject)
    await work.execute(_MAAK, id=key.result_id, eigenaar=subject, gemeente="0392", tekst="tekst", tot=None)
    work.emit(gewijzigd(topic, key.result_id), version=1)
    work.audit("ding.maken", outcome="gelukt", object=key.result_id)
    return key.result_id


class Opnieuw:
    """Tells all things again, on `topic`."""

    def __init__(self, topic: str) -> None:
        self._topic = topic

    async def __call__(self, work: UnitOfWork, after: UUID | None, limit: int) -> Retold:
        found = [row.id for row in await work.rows(_VOLGENDE, na=after or UUID(int=0), aantal=limit)]
        for each in found:
            work.emit(gewijzigd(self._topic, each), version=1)
        return Retold(len(found), found[-1] if found else None)
