"""Parents go with their last child (D1)."""

from collections.abc import Collection

from sqlalchemy import bindparam, delete, exists, insert, literal, select

from brp_proxy.adapters.db.tables import ouder, vernietigd, verwijzing
from contracts.base import OuderRef
from platformkit.db.sets import one_of
from platformkit.db.statement import Statement
from platformkit.executor import UnitOfWork

_weg = (
    delete(verwijzing)
    .where(
        one_of(verwijzing.c.persoon_ref, "ouders"),
        verwijzing.c.soort == "ouder",
        ~exists(select(ouder.c.ouder).where(ouder.c.ouder == verwijzing.c.persoon_ref)),
    )
    .returning(verwijzing.c.persoon_ref)
    .cte("weg")
)
_LAAT_GAAN = Statement(
    insert(vernietigd).from_select(
        ["persoon_ref", "vernietigd_op", "reden"],
        select(_weg.c.persoon_ref, bindparam("nu", type_=vernietigd.c.vernietigd_op.type), literal("ouder")),
    )
)


async def verwijder_kinderloze_ouders(work: UnitOfWork, ouders: Collection[OuderRef]) -> None:
    """Remove those of the parents who have no child here. The caller has locked them in an earlier statement.

    Else a child that is being stored right now would not be seen.
    """
    await work.execute(_LAAT_GAAN, ouders=list(ouders), nu=work.now)
