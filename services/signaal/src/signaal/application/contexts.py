"""The database context of each kind of asker (D6). Row-level security lets each role see what its endpoint needs.

The role is the endpoint's, not the token's: which endpoint a bearer may use is decided by scope before, and a token that
names another role must not get another view on the rows. Services and administrators have no account: subject nil.
"""

from contracts.base import AccountId
from platformkit.db.context import NOBODY, DatabaseContext
from platformkit.identity import Actor, Principal


def professional(account: AccountId, role: str | None = None) -> DatabaseContext:
    """Own signals, own involvement; recorded as who acts in `role`, the token's. Without one nothing can be recorded."""
    return DatabaseContext(account, "professional", actor=Actor(str(account), role) if role else None)


def identificatie() -> DatabaseContext:
    """Accounts, to find which one a token belongs to."""
    return DatabaseContext(NOBODY, "identificatie")


def beheer(beheerder: Principal | None = None) -> DatabaseContext:
    """Professionals and accounts, no signals."""
    actor = Actor(beheerder.actor, beheerder.role) if beheerder else None
    return DatabaseContext(NOBODY, "functioneel-beheerder", actor=actor)


def dienst(naam: str, client: str | None = None, namens: AccountId | None = None) -> DatabaseContext:
    """What another service may know: `brp-proxy` signals, `match` accounts, `notificatie` both.

    Recorded as the client itself, or as the account in whose name it asks.
    """
    actor = Actor(str(namens) if namens else client, client) if client else None
    return DatabaseContext(NOBODY, naam, actor=actor)
