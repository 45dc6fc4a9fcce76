"""The aggregate: one signal of one professional on one youth. It says THAT somebody is involved, never why (R004)."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from contracts.base import AccountId, OrganisatieId, PersoonRef, ProfessionalId, SignaalId
from contracts.http.persoonsverwijzingen import Persoonsverwijzing
from contracts.persoon import PersoonVernietigdReden
from contracts.signaal import Bron, Organisatiesoort, SignaalReden, SignaalStatus
from contracts.statistiek import Geslacht, Leeftijdsgroep, Woonklasse
from platformkit.errors import DomainError
from signaal.domain.gebied import Gebied
from signaal.domain.kalender import Looptijd, isoweek

_MET_DE_PERSOON = {
    PersoonVernietigdReden.DRIEENTWINTIG: SignaalReden.DRIEENTWINTIG,
    PersoonVernietigdReden.OVERLEDEN: SignaalReden.OVERLEDEN,
}


@dataclass(frozen=True)
class Account:
    """A natural person at one organisation and location (D6), with what a signal takes over from there (R033)."""

    account_id: AccountId
    professional_id: ProfessionalId
    organisatie: OrganisatieId
    organisatienaam: str
    organisatiesoort: Organisatiesoort
    landelijk: bool
    locatie: UUID
    locatienaam: str
    gemeente: str
    gebied: Gebied


@dataclass(frozen=True)
class Signaal:
    """A signal. `versie` rises with every change that is told; `inactief_sinds` is the first day on which it was not active.

    `persoon_versie`: the version of the youth that it was issued on, none where brp-proxy did not say. `gemeente` stays what
    it was then, `woongemeente` follows the youth (D6).
    """

    signaal_id: SignaalId
    versie: int
    persoon_ref: PersoonRef
    professional: ProfessionalId
    account: AccountId
    organisatie: OrganisatieId
    organisatiesoort: Organisatiesoort
    locatie: UUID
    convenant: str
    gemeente: str
    woongemeente: str | None
    afgegeven_op: datetime
    begindatum: date
    einddatum: date
    ingekort: bool
    bron: Bron
    landelijk: bool
    status: SignaalStatus
    reden: SignaalReden | None = None
    inactief_sinds: date | None = None
    persoon_versie: int | None = None

    @classmethod
    def afgeven(
        cls,
        *,
        signaal_id: SignaalId,
        account: Account,
        persoon: Persoonsverwijzing,
        looptijd: Looptijd,
        bron: Bron,
        moment: datetime,
    ) -> "Signaal":
        """A new, active signal of `account` on `persoon` (R030-R036), with the three facts of D6."""
        woongemeente = account.gebied.woongemeente(persoon.woongemeente, geheim=persoon.geheim)
        return cls(
            signaal_id=signaal_id,
            versie=1,
            persoon_ref=persoon.persoon_ref,
            professional=account.professional_id,
            account=account.account_id,
            organisatie=account.organisatie,
            organisatiesoort=account.organisatiesoort,
            locatie=account.locatie,
            convenant=account.gebied.convenant,
            gemeente=account.gebied.uitgiftegemeente(woongemeente, account.gemeente),
            woongemeente=woongemeente,
            afgegeven_op=moment,
            begindatum=looptijd.begindatum,
            einddatum=looptijd.einddatum,
            ingekort=looptijd.ingekort,
            bron=bron,
            landelijk=account.landelijk,
            status=SignaalStatus.ACTIEF,
            persoon_versie=persoon.versie,
        )

    def status_op(self, dag: date) -> SignaalStatus:
        """The status on `dag`: past its einddatum a signal is inactive, swept or not (D7)."""
        if self.status is SignaalStatus.ACTIEF and dag >= self.einddatum:
            return SignaalStatus.INACTIEF
        return self.status

    def inactief_sinds_op(self, dag: date) -> date | None:
        """The first day on which it was not active, as far as that has come on `dag`; swept or not."""
        if self.status_op(dag) is SignaalStatus.ACTIEF:
            return None
        return self.inactief_sinds or self.einddatum

    def sluiten(self, dag: date) -> "Signaal":
        """Closed by its professional, who is no longer involved (R063, R064).

        Raises:
            DomainError: `signaal-niet-actief`, it was closed or has expired.
        """
        if self.status_op(dag) is not SignaalStatus.ACTIEF:
            raise DomainError("signaal-niet-actief")
        return self._inactief(SignaalReden.NIET_MEER_BETROKKEN, dag)

    def verlopen(self) -> "Signaal":
        """Expired at its einddatum (R060, R074)."""
        return self._inactief(SignaalReden.VERLOPEN, self.einddatum)

    def is_van_voor(self, versie: int, moment: datetime) -> bool:
        """Whether it was issued before version `versie` of the youth, told at `moment`; by that where it has no version."""
        return self.afgegeven_op < moment if self.persoon_versie is None else self.persoon_versie < versie

    def overleden(self, dag: date) -> "Signaal":
        """Ended because its youth died (R023), as was heard on `dag`; one that had expired by then has expired."""
        if self.status_op(dag) is not SignaalStatus.ACTIEF:
            return self.verlopen()
        return self._inactief(SignaalReden.OVERLEDEN, dag)

    def vernietigd_met(self, persoon: PersoonVernietigdReden) -> SignaalReden | None:
        """Why it goes with its youth, who was destroyed (R022, R023, D8).

        None when it may not: the youth was let go as one without signals. Only a removed signal is none.
        """
        if self.status is SignaalStatus.VERWIJDERD:
            return self.reden
        return _MET_DE_PERSOON.get(persoon)

    def _inactief(self, reden: SignaalReden, sinds: date) -> "Signaal":
        return replace(self, versie=self.versie + 1, status=SignaalStatus.INACTIEF, reden=reden, inactief_sinds=sinds)


@dataclass(frozen=True)
class Telling:
    """The class fields of a signal at issue, for figures that lead back to nobody (R264, R265)."""

    signaal_id: SignaalId
    leeftijdsgroep: Leeftijdsgroep
    geslacht: Geslacht
    woonklasse: Woonklasse
    woongemeente: str | None
    organisatie: OrganisatieId
    week: str

    @classmethod
    def van(cls, signaal: Signaal, persoon: Persoonsverwijzing, gebied: Gebied) -> "Telling":
        """The count of `signaal`; a woongemeente outside the region is told as a class only."""
        woonklasse = gebied.woonklasse(signaal.woongemeente)
        return cls(
            signaal_id=signaal.signaal_id,
            leeftijdsgroep=persoon.leeftijdsgroep,
            geslacht=persoon.geslacht,
            woonklasse=woonklasse,
            woongemeente=signaal.woongemeente if woonklasse is Woonklasse.GEMEENTE else None,
            organisatie=signaal.organisatie,
            week=isoweek(signaal.begindatum),
        )
