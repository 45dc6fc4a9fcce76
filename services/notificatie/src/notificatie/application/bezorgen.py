"""Deliver one notification: ask the address, hand over the mail, mark what became of it and tell it (D3, D9, trap 13)."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from opentelemetry import metrics
from opentelemetry.trace import SpanKind

from contracts.base import AccountId, PersoonRef
from kanalen.email import EmailBericht, Result
from kanalen.replies import Outcome
from notificatie.application.ports import Adressen, Email, NotificatieRepository, Regie, Teksten
from notificatie.application.venster import Venster
from notificatie.domain import events
from notificatie.domain.notificatie import Besluit, Geduld, Notificatie, Reden, Soort, Status
from notificatie.domain.ontvangers import Ontvanger, OntvangerSoort
from notificatie.domain.vertellen import Stand, moet_verteld
from platformkit import failpoints, telemetry
from platformkit.clock import Clock
from platformkit.executor import Executor, UnitOfWork
from platformkit.logging import get_logger
from platformkit.retry import attempts, is_transient

_MARK_PATIENCE = 3600.0
"""A database that was away for minutes is no reason to send a mail again: while it is away nobody else can claim it."""

log = get_logger()
_meter = metrics.get_meter("notificatie")
_afgerond = _meter.create_counter("notificatie.afgerond", unit="{notificatie}")
_geweigerd = _meter.create_counter("notificatie.geweigerd", unit="{email}")
_onzeker = _meter.create_counter("notificatie.onzeker", unit="{email}")


@dataclass(frozen=True)
class Bezorger:
    """The sender. `machine` is the clock of leases and retries; the domain's date decides which matches still count.

    `domein`: the right side of every Message-ID.
    """

    executor: Executor
    notificaties: NotificatieRepository
    regie: Regie
    adressen: Adressen
    email: Email
    teksten: Teksten
    machine: Clock
    domein: str
    geduld: Geduld = field(default_factory=Geduld)
    lease: timedelta = timedelta(minutes=2)
    venster: Venster = field(default_factory=Venster)

    async def claim(self, limit: int, behalve: Sequence[UUID]) -> list[Notificatie]:
        """Take at most `limit` notifications that are due, none of `behalve`; what is over lapses."""
        return await self.executor.execute(self._claim, None, limit, behalve)

    async def achterstand(self) -> tuple[int, float]:
        """How many notifications are open, and the age of the oldest in seconds."""
        aantal, sinds = await self.executor.execute(self.notificaties.achterstand, None)
        return aantal, (self.machine.now() - sinds).total_seconds() if sinds else 0.0

    async def _claim(self, work: UnitOfWork, limit: int, behalve: Sequence[UUID]) -> list[Notificatie]:
        nu = self.machine.now()
        te_doen = await self.notificaties.vergrendel_te_doen(work, nu, limit, behalve)
        if not te_doen:
            return []
        kandidaten = await self.notificaties.kandidaten(work, te_doen)
        nog = [each.id for each in kandidaten if moet_verteld(each.soort, each.matches, each.origineel, work.today)]
        await self.notificaties.laat_vervallen(work, set(te_doen).difference(nog), nu)
        return await self.notificaties.neem(work, nog, nu, nu + self.lease)

    async def bezorg(self, notificatie: Notificatie) -> bool:
        """Deliver or decide what comes instead. False: something that every mail needs is away."""
        with telemetry.span("deliver notificatie", SpanKind.CONSUMER, notificatie.traceparent):
            weg = Reden.MATCH_NIET_BEREIKBAAR
            try:
                niet = await self._niet_voor_coordinator(notificatie)
                weg = Reden.ADRESBRON_NIET_BEREIKBAAR
                adres = niet or await self._adres(notificatie.ontvanger)
                await failpoints.hit("delivery.before_send")
            except Exception as error:
                if not is_transient(error):
                    raise
                await self._leg_vast(notificatie, self._uitstel(notificatie, weg))
                # match is asked for mails to coordinators only.
                return weg is Reden.MATCH_NIET_BEREIKBAAR
            if isinstance(adres, Besluit):
                await self._leg_vast(notificatie, adres)
                return True
            onderwerp, tekst = self.teksten.voor(notificatie.soort, notificatie.ontvanger)
            bericht = EmailBericht(f"<{notificatie.id}@{self.domein}>", adres, onderwerp, tekst)
            async with self.venster.beurt() as beurt:
                result = await self.email.send(bericht, beurt.neem)
                await failpoints.hit("delivery.after_send")
                await self._leg_vast(notificatie, self._besluit(notificatie, result))
            return not result.server_away

    async def _adres(self, ontvanger: Ontvanger) -> str | Besluit:
        """The address at this moment, or that there is none."""
        if ontvanger.soort is OntvangerSoort.ACCOUNT:
            adres = await self.adressen.van_account(AccountId(UUID(ontvanger.naam)))
        else:
            adres = await self.adressen.van_coordinator(ontvanger.naam)
        return adres or Besluit(Status.MISLUKT, Reden.GEEN_ADRES)

    async def _niet_voor_coordinator(self, notificatie: Notificatie) -> Besluit | None:
        """Why a coordinator need not be told: for each of the matches there is a matchregie party (R103, R112)."""
        if notificatie.ontvanger.soort is OntvangerSoort.ACCOUNT:
            return None
        if notificatie.soort is Soort.MATCH_ONJUIST:
            # Told before, so told of the mistake as well, whoever is involved by now.
            return None
        jeugdigen = await self.executor.execute(self._jeugdigen, None, notificatie)
        for van_een_match in jeugdigen:
            if not await self.regie.betrokken(van_een_match):
                return None
        return Besluit(Status.VERVALLEN, Reden.REGIEPARTIJ_BETROKKEN if jeugdigen else Reden.MATCH_VOORBIJ)

    async def _jeugdigen(self, work: UnitOfWork, notificatie: Notificatie) -> Sequence[tuple[PersoonRef, ...]]:
        """Those of each match that counts, each combination once."""
        matches = await self.notificaties.matches_van(work, notificatie.id)
        tellen = (each.personen for each in matches if Stand(each.status, each.einddatum).telt(work.today))
        return list(dict.fromkeys(tellen))

    def _besluit(self, notificatie: Notificatie, result: Result) -> Besluit:
        if result.uncertain:
            _onzeker.add(1)
        match result.outcome:
            case Outcome.DELIVERED:
                return Besluit(Status.AFGELEVERD)
            case Outcome.PERMANENT:
                return Besluit(Status.MISLUKT, Reden.ADRES_GEWEIGERD)
            case Outcome.REFUSED:
                # Somebody has to mend it; until then no mail is lost.
                _geweigerd.add(1)
                log.error("mailserver_weigert", code=result.code, status=result.status)
                return self._uitstel(notificatie, Reden.SMTP_WEIGERT)
            case Outcome.TRANSIENT:
                return self._uitstel(notificatie, Reden.SMTP_NIET_BEREIKBAAR, onzeker=result.uncertain)

    def _uitstel(self, notificatie: Notificatie, reden: Reden, *, onzeker: bool = False) -> Besluit:
        spreiding = random.random()  # noqa: S311 (spreads retries, keeps no secret)
        return self.geduld.uitstel(notificatie, reden, self.machine.now(), spreiding, onzeker=onzeker)

    async def _leg_vast(self, notificatie: Notificatie, besluit: Besluit) -> None:
        """Mark it, also when the database is away for a while: a mail that was taken must not be sent again."""
        ons = False
        async for attempt in attempts(limit=None, seconds=_MARK_PATIENCE):
            with attempt:
                ons = await self.executor.execute(self._noteer, None, notificatie, besluit)
        if not ons:
            log.warning("notificatie_overgenomen", notificatie=str(notificatie.id))
        elif besluit.status is Status.WACHTEND:
            log.info("notificatie_uitgesteld", notificatie=str(notificatie.id), reden=besluit.reden)
        else:
            log.info(f"notificatie_{besluit.status}", notificatie=str(notificatie.id), reden=besluit.reden)
            _afgerond.add(1, {"status": besluit.status, "reden": besluit.reden or ""})

    async def _noteer(self, work: UnitOfWork, notificatie: Notificatie, besluit: Besluit) -> bool:
        """Whether it was still ours."""
        versie = await self.notificaties.leg_vast(work, notificatie, besluit, self.machine.now())
        if versie is None:
            return False
        event = events.vertel(notificatie, besluit)
        if event is not None:
            work.emit(event, version=versie, traceparent=telemetry.current_traceparent() or notificatie.traceparent)
        return True
