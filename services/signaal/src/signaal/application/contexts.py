"""The database context of each kind of asker (D6). Row-level security lets each role see what its endpoint needs.

The role is the endpoint's, not the token's: which endpoint a bearer may use is decided by scope before, and a token that
names another role must not get another view on the rows. Services and administrators have no account: subject nil.
"""

from uuid import UUID

from contracts.base import AccountId
from platformkit.db.context import DatabaseContext

NIEMAND = UUID(int=0)


def professional(account: AccountId) -> DatabaseContext:
    """Own signals, own involvement."""
    return DatabaseContext(account, "professional")


def identificatie() -> DatabaseContext:
    """Accounts, to find which one a token belongs to."""
    return DatabaseContext(NIEMAND, "identificatie")


def beheer() -> DatabaseContext:
    """Professionals and accounts, no signals."""
    return DatabaseContext(NIEMAND, "functioneel-beheerder")


def dienst(naam: str) -> DatabaseContext:
    """What another service may know: `brp-proxy` signals, `match` accounts, `notificatie` both."""
    return DatabaseContext(NIEMAND, naam)
