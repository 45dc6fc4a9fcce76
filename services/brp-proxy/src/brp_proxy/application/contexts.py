"""The database context of who asks (D6)."""

from platformkit.db.context import NOBODY, DatabaseContext
from platformkit.identity import Actor, Principal

_ROL = "dienst"
ZELF = DatabaseContext(NOBODY, _ROL, actor=Actor("brp-proxy", "systeem"))
"""What the service does by itself."""


def dienst(dienst: Principal, namens: Principal | None) -> DatabaseContext:
    """Every person, recorded as the service, and the person in whose name it asks, if it does, in his role.

    A service has no tenants: whose youth it is, the caller has checked (D17).
    """
    actor = Actor(f"{dienst.client}/{namens.actor}", namens.role) if namens else Actor(dienst.client, _ROL)
    return DatabaseContext(NOBODY, _ROL, actor=actor)
