"""Time limits that every role of a service must have (D3): without them one client that stands still holds its locks."""

from sqlalchemy import ARRAY, Text, bindparam, text

from platformkit.db.database import Database
from platformkit.db.statement import Statement

ROLES = ("api", "worker", "relay", "migrate")
_NEEDED = ("transaction_timeout", "idle_in_transaction_session_timeout")
_SET = Statement(
    text(
        "select rolname as role, coalesce(rolconfig, '{}') as settings from pg_roles where rolname = any(:roles)"
    ).bindparams(bindparam("roles", type_=ARRAY(Text)))
)


class MissingLimitsError(Exception):
    """A role has no time limit; the text says which and what to do."""


async def require(database: Database, module: str) -> None:
    """See that every role of the service `module` has its limits.

    Raises:
        MissingLimitsError: one has not.
    """
    found = await database.rows(_SET, roles=[f"{module}_{role}" for role in ROLES])
    for row in sorted(found, key=lambda row: str(row.role)):
        limits = {name for name, _, value in (each.partition("=") for each in row.settings) if _is_one(value)}
        if missing := [each for each in _NEEDED if each not in limits]:
            raise MissingLimitsError(
                f"role {row.role} has no {' and no '.join(missing)}. Run deploy/postgres/database.sql again, then this."
            )


def _is_one(value: str) -> bool:
    """Whether it bounds anything: 0 of whatever means without end."""
    return value.lstrip("0")[:1].isdigit()
