"""Professionals, accounts and organisations in PostgreSQL."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from platformkit.db.prepared import Prepared
from platformkit.db.sets import one_of
from platformkit.errors import DomainError
from platformkit.executor import UnitOfWork
from signaal.adapters.db.tables import account, convenant, locatie, organisatie, professional
from signaal.application.queries import Contact

_CONTACTEN = Prepared(
    select(
        account.c.id.label("account_id"),
        professional.c.naam,
        organisatie.c.naam.label("organisatie"),
        locatie.c.naam.label("locatie"),
        professional.c.email,
        professional.c.telefoon,
    )
    .select_from(account)
    .join(professional, professional.c.id == account.c.professional)
    .join(organisatie, organisatie.c.id == account.c.organisatie)
    .join(locatie, locatie.c.id == account.c.locatie)
    .where(one_of(account.c.id, "id"))
)


class DeelnemerRepository:
    """Implements the port Deelnemers."""

    async def controleer(self, work: UnitOfWork, organisatie_id: UUID, locatie_id: UUID) -> None:
        """See the port."""
        bekend = await work.connection.execute(select(organisatie.c.id).where(organisatie.c.id == organisatie_id))
        if bekend.first() is None:
            raise DomainError("organisatie-onbekend")
        bekend = await work.connection.execute(
            select(locatie.c.id).where(locatie.c.id == locatie_id, locatie.c.organisatie == organisatie_id)
        )
        if bekend.first() is None:
            raise DomainError("locatie-onbekend")

    async def bewaar_professional(
        self, work: UnitOfWork, professional_id: UUID, naam: str, email: str, telefoon: str | None
    ) -> None:
        """See the port."""
        nieuw = {"naam": naam, "email": email, "telefoon": telefoon, "updated_at": work.now}
        await work.connection.execute(
            insert(professional)
            .values(id=professional_id, **nieuw)
            .on_conflict_do_update(index_elements=["id"], set_=nieuw)
        )

    async def bewaar_account(
        self,
        work: UnitOfWork,
        *,
        account_id: UUID,
        professional_id: UUID,
        issuer: str,
        subject: str,
        organisatie: UUID,
        locatie: UUID,
    ) -> UUID:
        """See the port."""
        nieuw = await work.connection.execute(
            insert(account)
            .values(
                id=account_id,
                professional=professional_id,
                issuer=issuer,
                subject=subject,
                organisatie=organisatie,
                locatie=locatie,
                created_at=work.now,
            )
            .on_conflict_do_nothing(index_elements=["issuer", "subject", "organisatie"])
        )
        if nieuw.rowcount:
            return account_id
        bekend = (
            await work.connection.execute(
                select(account.c.id, account.c.professional, account.c.locatie).where(
                    account.c.issuer == issuer, account.c.subject == subject, account.c.organisatie == organisatie
                )
            )
        ).one()
        if bekend.professional != professional_id:
            raise DomainError("identiteit-in-gebruik")
        if bekend.locatie != locatie:
            await work.connection.execute(update(account).where(account.c.id == bekend.id).values(locatie=locatie))
        found: UUID = bekend.id
        return found

    async def contacten(self, work: UnitOfWork, accounts: Collection[UUID]) -> Sequence[Contact]:
        """See the port."""
        gevonden = await _CONTACTEN.rows(work.connection, id=list(set(accounts)))
        return [Contact(**rij) for rij in gevonden]

    async def coordinator(self, work: UnitOfWork, code: str) -> str | None:
        """See the port."""
        gevonden = await work.connection.execute(select(convenant.c.coordinator_email).where(convenant.c.code == code))
        adres: str | None = gevonden.scalar_one_or_none()
        return adres
