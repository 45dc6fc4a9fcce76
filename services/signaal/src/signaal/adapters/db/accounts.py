"""Accounts and the professionals behind them in PostgreSQL."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.dialects.postgresql import insert

from contracts.base import AccountId, OrganisatieId, ProfessionalId
from contracts.http.deelnemers import Contact
from contracts.signaal import Organisatiesoort
from platformkit.db.sets import one_of
from platformkit.db.statement import Statement
from platformkit.errors import DomainError
from platformkit.executor import UnitOfWork
from signaal.adapters.db.tables import account, convenant_gemeente, gemeente, locatie, organisatie, professional
from signaal.domain.gebied import Gebied
from signaal.domain.signaal import Account

_IDENTITEIT = ("issuer", "subject", "organisatie")
_identiteit = [account.c[naam] == bindparam(naam) for naam in _IDENTITEIT]
_opvolgers = (
    select(func.jsonb_object_agg(gemeente.c.code, gemeente.c.opgevolgd_door))
    .where(gemeente.c.opgevolgd_door.is_not(None))
    .scalar_subquery()
)
_gemeenten = (
    select(func.array_agg(convenant_gemeente.c.gemeente))
    .where(convenant_gemeente.c.convenant == locatie.c.convenant)
    .scalar_subquery()
)
_VAN = Statement(
    select(
        account.c.id.label("account_id"),
        account.c.professional.label("professional_id"),
        account.c.organisatie,
        organisatie.c.naam.label("organisatienaam"),
        organisatie.c.soort.label("organisatiesoort"),
        organisatie.c.landelijk,
        account.c.locatie,
        locatie.c.naam.label("locatienaam"),
        locatie.c.gemeente,
        locatie.c.convenant,
        _gemeenten.label("gemeenten"),
        _opvolgers.label("opvolgers"),
    )
    .select_from(account)
    .join(organisatie, organisatie.c.id == account.c.organisatie)
    .join(locatie, locatie.c.id == account.c.locatie)
    .where(*_identiteit)
)
_CONTACTEN = Statement(
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
    .where(one_of(account.c.id, "accounts"))
)

_professional = insert(professional).values({each.key: bindparam(each.key, type_=each.type) for each in professional.c})
_BEWAAR_PROFESSIONAL = Statement(
    _professional.on_conflict_do_update(
        index_elements=["id"],
        set_={naam: _professional.excluded[naam] for naam in ("naam", "email", "telefoon", "updated_at")},
    )
)
_BEWAAR = Statement(
    insert(account)
    .values({each.key: bindparam(each.key, type_=each.type) for each in account.c})
    .on_conflict_do_nothing(index_elements=_IDENTITEIT)
)
_BEKEND = Statement(select(account.c.id, account.c.professional, account.c.locatie).where(*_identiteit))
_VERPLAATS = Statement(
    update(account)
    .where(account.c.id == bindparam("account"))
    .values(locatie=bindparam("nieuw", type_=account.c.locatie.type))
)


class PostgresAccountRepository:
    """Implements the port AccountRepository."""

    async def van(self, work: UnitOfWork, issuer: str, subject: str, organisatie: OrganisatieId) -> Account | None:
        """See the port."""
        rij = await work.row(_VAN, issuer=issuer, subject=subject, organisatie=organisatie)
        if rij is None:
            return None
        velden = dict(rij)
        gebied = Gebied(
            convenant=velden.pop("convenant"),
            gemeenten=frozenset(velden.pop("gemeenten")),
            opvolgers=velden.pop("opvolgers") or {},
        )
        return Account(**velden | {"organisatiesoort": Organisatiesoort(rij.organisatiesoort)}, gebied=gebied)

    async def contacten(self, work: UnitOfWork, accounts: Collection[AccountId]) -> Sequence[Contact]:
        """See the port."""
        return [Contact(**rij) for rij in await work.rows(_CONTACTEN, accounts=list(set(accounts)))]

    async def bewaar_professional(
        self, work: UnitOfWork, professional_id: ProfessionalId, naam: str, email: str, telefoon: str | None
    ) -> None:
        """See the port."""
        await work.execute(
            _BEWAAR_PROFESSIONAL, id=professional_id, naam=naam, email=email, telefoon=telefoon, updated_at=work.now
        )

    async def bewaar(
        self,
        work: UnitOfWork,
        *,
        account_id: AccountId,
        professional_id: ProfessionalId,
        issuer: str,
        subject: str,
        organisatie: OrganisatieId,
        locatie: UUID,
    ) -> AccountId:
        """See the port."""
        identiteit = {"issuer": issuer, "subject": subject, "organisatie": organisatie}
        nieuw = await work.execute(
            _BEWAAR, id=account_id, professional=professional_id, locatie=locatie, created_at=work.now, **identiteit
        )
        if nieuw:
            return account_id
        (bekend,) = await work.rows(_BEKEND, **identiteit)
        if bekend.professional != professional_id:
            raise DomainError("identiteit-in-gebruik")
        if bekend.locatie != locatie:
            await work.execute(_VERPLAATS, account=bekend.id, nieuw=locatie)
        return AccountId(bekend.id)
