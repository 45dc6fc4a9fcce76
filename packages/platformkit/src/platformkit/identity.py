"""Who asks: what a verified token says of its bearer, as far as it decides anything (D6, D16, D17)."""

from dataclasses import dataclass, field
from uuid import NAMESPACE_URL, UUID, uuid5


@dataclass(frozen=True)
class Actor:
    """Whom the audit log names (D12): an id, never a name or an address, and in which role it acted."""

    id: str
    role: str


@dataclass(frozen=True)
class Principal:
    """The bearer. Not the token: that stays with the request (`platformkit.http.auth`), and goes into no command."""

    issuer: str
    subject: str = field(repr=False)
    client: str
    role: str
    scopes: frozenset[str] = field(repr=False)
    organisation: UUID | None = field(repr=False)
    tenants: frozenset[str] = field(repr=False)

    @property
    def actor(self) -> str:
        """The bearer in an audit log: the same one always the same id. A subject may be a name or an address."""
        return str(uuid5(NAMESPACE_URL, f"{self.issuer}#{self.subject}"))
