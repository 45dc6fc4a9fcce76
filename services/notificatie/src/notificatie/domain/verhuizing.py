"""A move of a youth: who is told of it is found out when it is to be told (law 7.1.2.3(1)(g))."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from contracts.base import PersoonRef
from contracts.http.deelnemers import Verhuisontvangers
from contracts.match import Oorzaak, OorzaakSoort
from notificatie.domain.notificatie import NieuweNotificatie, Soort
from notificatie.domain.ontvangers import Ontvanger, OntvangerSoort

_VERHUIZING = UUID("7a3c1b52-9d4e-5c8f-a1b6-2e9f0d6c4b13")
_NIEUWS = timedelta(days=7)


@dataclass(frozen=True)
class Verhuizing:
    """A move that is still to be told; `versie` is that of the youth, `sinds` the machine's clock."""

    persoon_ref: PersoonRef
    versie: int
    verhuisd_op: datetime
    woongemeente: str | None
    traceparent: str | None
    sinds: datetime

    @property
    def oorzaak(self) -> Oorzaak:
        """The same however often it is told, and of no match."""
        afgeleid = uuid5(_VERHUIZING, f"{self.persoon_ref}:{self.versie}")
        return Oorzaak(soort=OorzaakSoort.PERSOON_GEWIJZIGD, id=afgeleid, op=self.verhuisd_op)

    def is_nieuws(self, nu: datetime) -> bool:
        """Whether it is still to be told. Longer we are never behind; what is older was told, by a database that got lost."""
        return nu - self.verhuisd_op < _NIEUWS


def te_vertellen(verhuizing: Verhuizing, aan: Verhuisontvangers) -> Iterator[NieuweNotificatie]:
    """Each reporter from before the move, and the coordinator of the gemeente moved to; each of them once."""
    for melder in aan.melders:
        yield _nieuw(verhuizing, Ontvanger(OntvangerSoort.ACCOUNT, str(melder.account)), melder.afgegeven_op)
    for convenant in aan.convenanten:
        yield _nieuw(verhuizing, Ontvanger(OntvangerSoort.COORDINATOR, convenant), None)


def _nieuw(verhuizing: Verhuizing, ontvanger: Ontvanger, signaal_op: datetime | None) -> NieuweNotificatie:
    return NieuweNotificatie(Soort.VERHUIZING, verhuizing.oorzaak, ontvanger, None, signaal_op, verhuizing.traceparent)
