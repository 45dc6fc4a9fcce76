"""The database context of a transaction: who asks, in which role, for which tenants (D6).

It is transaction-local: nothing leaks to the next user of the pool. Policies read it through the functions of
`platformkit.db.baseline`, which raise when it is missing: no context is an error, not an empty answer.
"""

import re
from dataclasses import dataclass
from uuid import UUID

from platformkit.identity import Actor

NOBODY = UUID(int=0)
"""The subject of whoever has no account: services, administrators, operators, and who is not known yet."""

_TENANT = re.compile(r"[0-9]{4}")


@dataclass(frozen=True)
class DatabaseContext:
    """Three facts of the asker, and whom the audit log names: who has no `actor` can record nothing.

    `role` is not empty; `tenants` are CBS codes, possibly none.

    The domain's date, which policies and queries read as well, is that of the unit of work, so that there is one.

    Raises:
        ValueError: a role or a tenant that cannot be one.
    """

    subject: UUID
    role: str
    tenants: frozenset[str] = frozenset()
    actor: Actor | None = None

    def __post_init__(self) -> None:
        if not self.role or not all(_TENANT.fullmatch(tenant) for tenant in self.tenants):
            raise ValueError("a context needs a role, and CBS codes as tenants")


def of_operator(name: str) -> DatabaseContext:
    """The context of a command that an operator gives by hand, recorded under `name`."""
    return DatabaseContext(NOBODY, "beheer", actor=Actor(name, "beheer"))
