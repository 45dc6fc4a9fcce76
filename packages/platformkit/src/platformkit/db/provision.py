"""What deploy/postgres/database.sql promises of a service's database: roles, their rights and limits (D3, D6).

Without the limits one client that stands still holds its locks; without the rights a service is open to another.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from sqlalchemy import ARRAY, Text, bindparam, text

from platformkit.db.database import Database
from platformkit.db.statement import Row, Statement

_MINUTE, _HOUR = 60.0, 3600.0
LIMITS: Final[Mapping[str, Mapping[str, float]]] = {
    "api": {"transaction_timeout": 60, "statement_timeout": 30, "idle_in_transaction_session_timeout": 60},
    "worker": {"transaction_timeout": 90, "statement_timeout": 30, "idle_in_transaction_session_timeout": 60},
    "relay": {"transaction_timeout": 60, "statement_timeout": 30, "idle_in_transaction_session_timeout": 60},
    "migrate": {"transaction_timeout": 4 * _HOUR, "idle_in_transaction_session_timeout": 60},
}
"""By role: the most that each of its time limits may be, in seconds."""
INDEXED: Final = frozenset({"worker", "relay"})
"""Roles whose plans avoid reading a table whole."""

# A setting for the role in this database beats one for the role anywhere.
_ROLES: Final = Statement(
    text(
        "select rolname as role, rolcanlogin as login,"
        " rolsuper or rolcreatedb or rolcreaterole or rolreplication or rolbypassrls as mighty,"
        " has_database_privilege(oid, current_database(), 'connect') as connects, array(select unnest(setconfig)"
        " from pg_db_role_setting where setrole = pg_roles.oid and setdatabase in (0, (select oid from pg_database"
        " where datname = current_database())) order by setdatabase) as settings"
        " from pg_roles where rolname = any(:roles)"
    ).bindparams(bindparam("roles", type_=ARRAY(Text)))
)
_DATABASE: Final = Statement(
    text(
        "select array(select cast(datname as text) from pg_database where has_database_privilege('public', oid, 'connect')"
        " and datname in (current_database(), 'postgres', 'template1') order by datname) as open,"
        " has_schema_privilege('public', 'public', 'usage') as schema_open,"
        " (select pg_get_userbyid(nspowner) from pg_namespace where nspname = 'public') as owner,"
        " exists (select from pg_extension where extname = 'btree_gist') as extended"
    )
)
_DURATION: Final = re.compile(r"([0-9.]+)\s*(us|ms|s|min|h|d)?")
_UNITS: Final = {"us": 1e-6, None: 1e-3, "ms": 1e-3, "s": 1.0, "min": _MINUTE, "h": _HOUR, "d": 24 * _HOUR}


class ProvisionError(Exception):
    """A database is not as database.sql makes it; the text says in which points, and what to do."""


async def require(database: Database, module: str) -> None:
    """See that the database of service `module` and its four roles are as deploy/postgres/database.sql makes them.

    Raises:
        ProvisionError: they are not.
        ConnectionRefusedError, ConnectionResetError, TimeoutError: the database is away.
    """
    found = {str(row.role): row for row in await database.rows(_ROLES, roles=[f"{module}_{role}" for role in LIMITS])}
    (whole,) = await database.rows(_DATABASE)
    missing = [*_of_the_database(whole, module)]
    for role in LIMITS:
        missing += _of_the_role(role, f"{module}_{role}", found.get(f"{module}_{role}"))
    if missing:
        raise ProvisionError(f"{'; '.join(missing)}. Run deploy/postgres/database.sql again, then this.")


def _of_the_database(whole: Row, module: str) -> Iterator[str]:
    for name in whole.open:
        yield f"database {name} is open to every role"
    if whole.schema_open:
        yield "schema public is open to every role"
    if whole.owner != f"{module}_migrate":
        yield f"schema public is not of {module}_migrate"
    if not whole.extended:
        yield "extension btree_gist is not there"


def _of_the_role(role: str, name: str, found: Row | None) -> Iterator[str]:
    if found is None:
        yield f"role {name} is not there"
        return
    if found.mighty:
        yield f"role {name} may more than it must"
    if not (found.login and found.connects):
        yield f"role {name} cannot connect"
    settings: dict[str, Any] = dict(each.split("=", 1) for each in found.settings)
    for limit, most in LIMITS[role].items():
        if not 0 < _seconds(settings.get(limit, "")) <= most:
            yield f"role {name} has no {limit} of at most {most:g} s"
    if role in INDEXED and settings.get("enable_seqscan") != "off":
        yield f"role {name} has not enable_seqscan off"


def _seconds(value: str) -> float:
    """A time limit as PostgreSQL reads it, in seconds; 0 is none."""
    found = _DURATION.fullmatch(value.strip())
    return float(found[1]) * _UNITS[found[2]] if found else 0.0
