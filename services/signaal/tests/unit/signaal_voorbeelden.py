"""An account and a youth to make signals of."""

from datetime import UTC, date, datetime
from uuid import UUID

from contracts.base import AccountId, OrganisatieId, PersoonRef, ProfessionalId, SignaalId
from contracts.http.persoonsverwijzingen import Persoonsverwijzing
from contracts.signaal import Bron, Organisatiesoort
from contracts.statistiek import Geslacht, Leeftijdsgroep
from signaal.domain.gebied import Gebied
from signaal.domain.kalender import Looptijd
from signaal.domain.signaal import Account, Signaal

NU = datetime(2026, 11, 22, 11, tzinfo=UTC)
VANDAAG = date(2026, 11, 22)
REGIO = Gebied("regio-amsterdam", frozenset({"0363", "0439", "0479"}), {"0370": "0439", "0457": "0363"})


def account(*, landelijk: bool = True) -> Account:
    return Account(
        account_id=AccountId(UUID(int=1)),
        professional_id=ProfessionalId(UUID(int=2)),
        organisatie=OrganisatieId(UUID(int=3)),
        organisatienaam="Altra",
        organisatiesoort=Organisatiesoort.JEUGDHULP,
        landelijk=landelijk,
        locatie=UUID(int=4),
        locatienaam="Purmerend",
        gemeente="0439",
        gebied=REGIO,
    )


def persoon(*, woongemeente: str | None = "0363", geheim: bool = False) -> Persoonsverwijzing:
    return Persoonsverwijzing(
        persoon_ref=PersoonRef(UUID(int=5)),
        vastgelegd_op=NU,
        uiterlijk=date(2040, 1, 1),
        woongemeente=woongemeente,
        geheim=geheim,
        leeftijdsgroep=Leeftijdsgroep.VAN_4_TOT_EN_MET_12,
        geslacht=Geslacht.VROUW,
    )


def signaal(van: Persoonsverwijzing | None = None, *, landelijk: bool = True) -> Signaal:
    return Signaal.afgeven(
        signaal_id=SignaalId(UUID(int=6)),
        account=account(landelijk=landelijk),
        persoon=van or persoon(),
        looptijd=Looptijd(VANDAAG, date(2027, 11, 22)),
        bron=Bron.PORTAAL,
        moment=NU,
    )
