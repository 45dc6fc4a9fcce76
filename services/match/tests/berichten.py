"""Events as signaal and brp-proxy send them, for tests."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

from contracts.base import Event
from contracts.persoon import (
    Ouder,
    PersoonGewijzigd,
    PersoonOverleden,
    PersoonVastgelegd,
    PersoonVernietigd,
    PersoonVernietigdReden,
)
from contracts.signaal import (
    Bron,
    Organisatiesoort,
    SignaalAfgegeven,
    SignaalGedeactiveerd,
    SignaalReden,
    SignaalStatus,
    SignaalVerlengd,
    SignaalVernietigd,
    SignaalVerwijderd,
)
from match.application.handlers.verwerken import Verwerken
from match.bootstrap import OPSLAG
from platformkit.envelope import Message
from platformkit.executor import Executor
from platformkit.retry import attempts

OP = datetime(2025, 5, 1, 9, tzinfo=UTC)
SPOOR = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
verwerken = Verwerken(OPSLAG)


def bericht(event: Event, *, versie: int, subject: UUID, key: UUID, spoor: str | None = SPOOR) -> Message:
    return Message(f"test#{uuid4()}", event, subject, key, versie, OP, spoor)


class Signaleerder:
    """One signal of one professional on one youth, and the events of its life."""

    def __init__(self, jeugdige: UUID, *, professional: UUID | None = None, op: datetime = OP) -> None:
        self.id = uuid4()
        self.jeugdige = jeugdige
        self.professional = professional or uuid4()
        self.account = uuid4()
        self.organisatie = uuid4()
        self.organisatiesoort = Organisatiesoort.JEUGDHULP
        self.op = op
        self.einddatum = date(2026, 5, 1)

    def _toestand(self, soort: type[Any], versie: int, status: SignaalStatus, reden: SignaalReden | None) -> Message:
        event = soort(
            signaal_id=self.id,
            persoon_ref=self.jeugdige,
            professional=self.professional,
            account=self.account,
            organisatie=self.organisatie,
            organisatiesoort=self.organisatiesoort,
            locatie=uuid4(),
            convenant="zuid-kennemerland",
            gemeente="0392",
            afgegeven_op=self.op,
            begindatum=self.op.date(),
            einddatum=self.einddatum,
            bron=Bron.PORTAAL,
            landelijk=True,
            status=status,
            reden=reden,
        )
        return bericht(event, versie=versie, subject=self.id, key=self.jeugdige)

    def afgegeven(self, versie: int = 1) -> Message:
        return self._toestand(SignaalAfgegeven, versie, SignaalStatus.ACTIEF, None)

    def verlengd(self, einddatum: date, versie: int = 2) -> Message:
        self.einddatum = einddatum
        return self._toestand(SignaalVerlengd, versie, SignaalStatus.ACTIEF, None)

    def gedeactiveerd(self, versie: int = 2, reden: SignaalReden = SignaalReden.NIET_MEER_BETROKKEN) -> Message:
        return self._toestand(SignaalGedeactiveerd, versie, SignaalStatus.INACTIEF, reden)

    def verwijderd(self, versie: int = 2) -> Message:
        return self._toestand(SignaalVerwijderd, versie, SignaalStatus.VERWIJDERD, SignaalReden.TEN_ONRECHTE)

    def vernietigd(self, versie: int = 3) -> Message:
        event = SignaalVernietigd(reden=SignaalReden.BEWAARTERMIJN)
        return bericht(event, versie=versie, subject=self.id, key=self.jeugdige)


def _ouder(ref: UUID, sinds: datetime, versie: int, gewijzigd: bool) -> Ouder:
    return Ouder(ouder_ref=ref, sinds=sinds, sinds_versie=versie, sinds_gewijzigd=gewijzigd)


def vastgelegd(ref: UUID, ouders: Iterable[UUID], versie: int = 1, sinds: datetime = OP) -> Message:
    event = PersoonVastgelegd(
        persoon_ref=ref,
        ouders=tuple(_ouder(o, sinds, versie, False) for o in ouders),
        woongemeente="0392",
        geheim=False,
    )
    return bericht(event, versie=versie, subject=ref, key=ref)


def gewijzigd(
    ref: UUID, ouders: Iterable[UUID], versie: int = 2, sinds: datetime = OP, onjuist: Iterable[UUID] = ()
) -> Message:
    event = PersoonGewijzigd(
        persoon_ref=ref,
        ouders=tuple(_ouder(o, sinds, versie, True) for o in ouders),
        ouders_onjuist=tuple(onjuist),
        woongemeente="0392",
        geheim=False,
    )
    return bericht(event, versie=versie, subject=ref, key=ref)


def overleden(ref: UUID, ouders: Iterable[UUID], versie: int = 2) -> Message:
    event = PersoonOverleden(
        persoon_ref=ref,
        ouders=tuple(_ouder(o, OP, 1, False) for o in ouders),
        woongemeente="0392",
        geheim=False,
        overleden_op=date(2025, 5, 20),
    )
    return bericht(event, versie=versie, subject=ref, key=ref)


def persoon_vernietigd(ref: UUID, versie: int = 3) -> Message:
    event = PersoonVernietigd(reden=PersoonVernietigdReden.LAATSTE_SIGNAAL)
    return bericht(event, versie=versie, subject=ref, key=ref)


async def verwerk(executor: Executor, berichten: Sequence[Message], consumer: str = "match.signaal") -> None:
    """Handle one batch as the consumer does: one transaction, tried again after a deadlock."""
    async for attempt in attempts(limit=None, seconds=20):
        with attempt:
            await executor.execute_batch(consumer, berichten, verwerken)
