"""The database context of a request: who asks, in which role, for which tenants, on which day (D6, D7).

It is transaction-local: nothing leaks to the next user of the pool. Policies read it through the functions of
`platformkit.db.baseline`, which raise when it is missing: no context is an error, not an empty answer.
"""

import re
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from platformkit.db.prepared import Prepared

_SET = Prepared(
    text(
        "select set_config('app.subject', :subject, true), set_config('app.role', :role, true),"
        " set_config('app.tenants', :tenants, true), set_config('app.today', :today, true)"
    )
)
_TENANT = re.compile(r"[0-9]{4}")


@dataclass(frozen=True)
class DatabaseContext:
    """Three facts of the asker (D6) and the domain's date. `role` is not empty; `tenants` are CBS codes, possibly none.

    Raises:
        ValueError: a role or a tenant that cannot be one.
    """

    subject: UUID
    role: str
    tenants: frozenset[str]
    today: date

    def __post_init__(self) -> None:
        if not self.role or not all(_TENANT.fullmatch(tenant) for tenant in self.tenants):
            raise ValueError("a context needs a role, and CBS codes as tenants")

    async def apply(self, connection: AsyncConnection) -> None:
        """Set the context for the rest of the transaction."""
        await _SET.rows(
            connection,
            subject=str(self.subject),
            role=self.role,
            # An array of PostgreSQL: the empty set differs from a setting that a pooled connection has lost.
            tenants="{" + ",".join(sorted(self.tenants)) + "}",
            today=self.today.isoformat(),
        )
