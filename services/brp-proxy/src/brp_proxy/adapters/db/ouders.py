"""Parents go with their last child (D1)."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, exists, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from brp_proxy.adapters.db.tables import ouder, vernietigd, verwijzing


async def verwijder_kinderloze_ouders(connection: AsyncConnection, ouders: Collection[UUID], nu: datetime) -> None:
    """Remove those of the parents who have no child here. The caller has locked them in an earlier statement.

    Else a child that is being stored right now would not be seen.
    """
    if not ouders:
        return
    weg = await connection.execute(
        delete(verwijzing)
        .where(
            verwijzing.c.persoon_ref.in_(ouders),
            verwijzing.c.soort == "ouder",
            ~exists(select(ouder.c.ouder).where(ouder.c.ouder == verwijzing.c.persoon_ref)),
        )
        .returning(verwijzing.c.persoon_ref)
    )
    rows = [{"persoon_ref": ref, "vernietigd_op": nu, "reden": "ouder"} for ref in weg.scalars()]
    if rows:
        await connection.execute(insert(vernietigd), rows)
