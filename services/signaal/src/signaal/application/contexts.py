"""The database context of each kind of asker (D6). Row-level security lets each role see what its endpoint needs.

The role is the endpoint's, not the token's: which endpoint a bearer may use is decided by scope before, and a token that
names another role must not get another view on the rows. Services and administrators have no account: subject nil.
"""

from datetime import date
from uuid import UUID

from platformkit.db.context import DatabaseContext

NIEMAND = UUID(int=0)


def professional(account: UUID, today: date) -> DatabaseContext:
    """Own signals, own involvement."""
    return DatabaseContext(account, "professional", frozenset(), today)


def identificatie(today: date) -> DatabaseContext:
    """Accounts, to find which one a token belongs to."""
    return DatabaseContext(NIEMAND, "identificatie", frozenset(), today)


def beheer(today: date) -> DatabaseContext:
    """Professionals and accounts, no signals."""
    return DatabaseContext(NIEMAND, "functioneel-beheerder", frozenset(), today)


def dienst(naam: str, today: date) -> DatabaseContext:
    """What another service may know: `brp-proxy` signals, `match` accounts, `notificatie` both."""
    return DatabaseContext(NIEMAND, naam, frozenset(), today)
