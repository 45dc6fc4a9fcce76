"""Signals and parents as the domain sees them, for tests without I/O."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

from contracts.base import AccountId, OrganisatieId, OuderRef, PersoonRef, ProfessionalId, SignaalId
from match.domain.signaal import Kandidaat, Ouderband, PersoonStatus, SignaalStatus

VANDAAG = date(2025, 6, 1)
NU = datetime(2025, 6, 1, 9, tzinfo=UTC)


def signaal(jeugdige: UUID, **anders: object) -> Kandidaat:
    """An active one that nothing hides, of somebody new at an organisation of his own."""
    gewoon = Kandidaat(
        signaal_id=SignaalId(uuid4()),
        persoon_ref=PersoonRef(jeugdige),
        professional=ProfessionalId(uuid4()),
        account=AccountId(uuid4()),
        organisatie=OrganisatieId(uuid4()),
        organisatiesoort="jeugdhulp",
        convenant="c",
        gemeente="0392",
        afgegeven_op=NU,
        einddatum=VANDAAG + timedelta(days=1),
        status=SignaalStatus.ACTIEF,
        persoon=PersoonStatus.IN_LEVEN,
    )
    return gewoon._replace(**anders)


def band(kind: UUID, ouder: UUID, *, dag: int = 0, versie: int = 1, gewijzigd: bool = False) -> Ouderband:
    """A parent who stands with the youth from `dag` days after now: from the start, or `gewijzigd` later."""
    return Ouderband(PersoonRef(kind), OuderRef(ouder), NU + timedelta(days=dag), versie, gewijzigd)
