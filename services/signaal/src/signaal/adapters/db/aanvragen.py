"""What was asked before, counted from the audit log: what the budgets know again when Redis forgot (D11)."""

from collections.abc import Collection
from datetime import timedelta

from sqlalchemy import bindparam, func, select

from contracts.base import AccountId
from platformkit.db.sets import one_of
from platformkit.db.statement import Statement
from platformkit.db.tables import audit
from platformkit.executor import UnitOfWork

_alle = select(func.count()).where(
    audit.c.actor == bindparam("actor"), audit.c.action == "signaal-afgeven", audit.c.at > bindparam("vanaf")
)
_ALLE = Statement(_alle)
_MET_UITKOMST = Statement(_alle.where(one_of(audit.c.outcome, "uitkomsten")))


class PostgresAanvraagRepository:
    """Implements the port AanvraagRepository."""

    async def aantal(
        self, work: UnitOfWork, account: AccountId, seconden: int, uitkomsten: Collection[str] | None
    ) -> int:
        """See the port."""
        binnen = {"actor": str(account), "vanaf": work.now - timedelta(seconds=seconden)}
        if uitkomsten is None:
            return int(await work.value(_ALLE, **binnen))
        return int(await work.value(_MET_UITKOMST, **binnen, uitkomsten=sorted(uitkomsten)))
