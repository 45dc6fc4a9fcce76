"""Deliver notifications: ask the address, hand over the mail, mark what became of it and tell it (D3, D9, trap 13)."""

import asyncio
import random
from collections import defaultdict
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from uuid import UUID

from opentelemetry import metrics
from opentelemetry.trace import SpanKind

from contracts.base import AccountId, PersoonRef
from kanalen.email import EmailBericht, Result
from kanalen.replies import Outcome
from notificatie.application.ports import Adres, Adressen, Eigen, Email, NotificatieRepository, Regie, Teksten
from notificatie.application.venster import Venster
from notificatie.domain import events
from notificatie.domain.notificatie import Besluit, Geduld, Notificatie, Reden, Soort, Status
from notificatie.domain.ontvangers import OntvangerSoort
from notificatie.domain.vertellen import Stand, waarover
from platformkit import failpoints, telemetry
from platformkit.clock import AMSTERDAM, Clock
from platformkit.executor import Executor, UnitOfWork
from platformkit.logging import get_logger
from platformkit.retry import attempts, passes

_MARK_PATIENCE = 3600.0
"""A database that was away for minutes is no reason to send a mail again: while it is away nobody else can claim it."""

Samen = Sequence[Notificatie]
"""Notifications of one cause to one kind of recipient, which share a mail where they share an address. Never none."""
Jeugdigen = Sequence[tuple[PersoonRef, ...]]
"""The youths of each match that a notification is about and that counts."""

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

    async def claim(self, limit: int, behalve: Sequence[UUID]) -> Sequence[Samen]:
        """Take some `limit` notifications that are due, none of `behalve`; what is over lapses."""
        return await self.executor.execute(self._claim, None, limit, behalve)

    async def achterstand(self) -> tuple[int, float]:
        """How many notifications are open, and the age of the oldest in seconds."""
        aantal, sinds = await self.executor.execute(self.notificaties.achterstand, None)
        return aantal, (self.machine.now() - sinds).total_seconds() if sinds else 0.0

    async def _claim(self, work: UnitOfWork, limit: int, behalve: Sequence[UUID]) -> Sequence[Samen]:
        nu = self.machine.now()
        te_doen = await self.notificaties.vergrendel_te_doen(work, nu, limit, behalve)
        if not te_doen:
            return []
        kandidaten = await self.notificaties.kandidaten(work, te_doen)
        over = {each.id: waarover(each.soort, each.voor, each.matches, work.today) for each in kandidaten}
        # A move is about no match, and stays told whatever comes after it.
        nog = [each.id for each in kandidaten if over[each.id] or each.soort is Soort.VERHUIZING]
        await self.notificaties.laat_vervallen(work, set(te_doen).difference(nog), nu)
        samen: dict[tuple[UUID, OntvangerSoort], list[Notificatie]] = defaultdict(list)
        for each in await self.notificaties.neem(work, nog, nu, nu + self.lease):
            samen[each.oorzaak.id, each.ontvanger.soort].append(_met(each, over[each.id], work.today))
        return list(samen.values())

    async def bezorg(self, samen: Samen) -> bool:
        """Deliver these, or decide what comes instead: one mail per address. False: something that every mail needs is away."""
        with telemetry.span("deliver notificatie", SpanKind.CONSUMER, samen[0].traceparent):
            # The same for all, so that they stay together when they are tried again.
            spreiding = random.random()  # noqa: S311 (spreads retries, keeps no secret)
            zonder: list[tuple[Notificatie, Besluit]] = []
            mails: dict[str, list[tuple[Notificatie, Adres]]] = defaultdict(list)
            jeugdigen: Mapping[UUID, Jeugdigen] = {}
            try:
                if any(map(_vraagt_regie, samen)):
                    jeugdigen = await self.executor.execute(self._jeugdigen, None, samen)
            except Exception as error:
                await self._leg_vast([(each, self._na_fout(each, error, spreiding)) for each in samen])
                return not passes(error)
            gevonden = await asyncio.gather(
                *(self._adres(each, jeugdigen.get(each.id, ()), spreiding) for each in samen)
            )
            for each, adres in zip(samen, gevonden, strict=True):
                if isinstance(adres, Besluit):
                    zonder.append((each, adres))
                else:
                    mails[adres.email].append((each, adres))
            await self._leg_vast(zonder)
            gelukt = await asyncio.gather(
                *(self._verstuur(each, spreiding) for each in mails.values()), return_exceptions=True
            )
            for uitkomst in gelukt:
                if isinstance(uitkomst, BaseException):
                    raise uitkomst
            # match is asked for mails to coordinators only.
            return all(gelukt) and Reden.ADRESBRON_NIET_BEREIKBAAR not in {besluit.reden for _, besluit in zonder}

    async def _adres(self, notificatie: Notificatie, jeugdigen: Jeugdigen, spreiding: float) -> Adres | Besluit:
        """The address at this moment, or what becomes of the mail without one."""
        if self.geduld.is_op(notificatie):
            return Besluit(Status.MISLUKT, Reden.AFLEVERING_ONZEKER)
        ontvanger = notificatie.ontvanger
        weg = Reden.MATCH_NIET_BEREIKBAAR
        try:
            if niet := await self._niet_voor_coordinator(notificatie, jeugdigen):
                return niet
            weg = Reden.ADRESBRON_NIET_BEREIKBAAR
            if ontvanger.soort is OntvangerSoort.ACCOUNT:
                adres = await self.adressen.van_account(AccountId(UUID(ontvanger.naam)))
            else:
                adres = await self.adressen.van_coordinator(ontvanger.naam)
            await failpoints.hit("delivery.before_send")
        except Exception as error:
            return self._na_fout(notificatie, error, spreiding, weg=weg)
        return adres or Besluit(Status.MISLUKT, Reden.GEEN_ADRES)

    async def _verstuur(self, mail: Sequence[tuple[Notificatie, Adres]], spreiding: float) -> bool:
        """One mail about all of these, and what became of it. False: the mail server is away."""
        try:
            bericht = self._bericht(mail)
        except Exception as error:
            await self._leg_vast([(each, self._na_fout(each, error, spreiding)) for each, _ in mail])
            return True
        async with self.venster.beurt() as beurt:
            try:
                result = await self.email.send(bericht, beurt.neem)
            except Exception as error:
                # Nobody knows how far it came.
                await self._leg_vast([(each, self._na_fout(each, error, spreiding, onzeker=True)) for each, _ in mail])
                return True
            await failpoints.hit("delivery.after_send")
            _tel(result)
            await self._leg_vast([(each, self._besluit(each, result, spreiding)) for each, _ in mail])
        return not result.server_away

    def _bericht(self, mail: Sequence[tuple[Notificatie, Adres]]) -> EmailBericht:
        eerste, adres = min(mail, key=lambda each: each[0].id)
        eigen = [Eigen(van.organisatie, _dagen(each), each.voorbij) for each, van in mail]
        onderwerp, tekst = self.teksten.voor(eerste.soort, eerste.ontvanger.soort, eigen)
        return EmailBericht(f"<{eerste.id}@{self.domein}>", adres.email, onderwerp, tekst)

    async def _niet_voor_coordinator(self, notificatie: Notificatie, jeugdigen: Jeugdigen) -> Besluit | None:
        """Why a coordinator need not be told: for each of the matches there is a matchregie party (R103, R112)."""
        if not _vraagt_regie(notificatie):
            return None
        for van_een_match in jeugdigen:
            if not await self.regie.betrokken(van_een_match):
                return None
        return Besluit(Status.VERVALLEN, Reden.REGIEPARTIJ_BETROKKEN if jeugdigen else Reden.MATCH_VOORBIJ)

    async def _jeugdigen(self, work: UnitOfWork, samen: Samen) -> Mapping[UUID, Jeugdigen]:
        """By notification those of each match that counts, each combination once; of those that ask for the regie."""
        gevonden = {}
        for each in filter(_vraagt_regie, samen):
            matches = await self.notificaties.matches_van(work, each.id)
            tellen = (match.personen for match in matches if Stand(match.status, match.einddatum).telt(work.today))
            gevonden[each.id] = tuple(dict.fromkeys(tellen))
        return gevonden

    def _besluit(self, notificatie: Notificatie, result: Result, spreiding: float) -> Besluit:
        match result.outcome:
            case Outcome.DELIVERED:
                return Besluit(Status.AFGELEVERD)
            case Outcome.PERMANENT:
                return Besluit(Status.MISLUKT, Reden.ADRES_GEWEIGERD)
            case Outcome.REFUSED:
                # Somebody has to mend it; until then no mail is lost.
                return self._uitstel(notificatie, Reden.SMTP_WEIGERT, spreiding)
            case Outcome.TRANSIENT:
                return self._uitstel(notificatie, Reden.SMTP_NIET_BEREIKBAAR, spreiding, onzeker=result.uncertain)

    def _na_fout(
        self,
        notificatie: Notificatie,
        error: Exception,
        spreiding: float,
        *,
        weg: Reden = Reden.DATABASE_NIET_BEREIKBAAR,
        onzeker: bool = False,
    ) -> Besluit:
        """Later, when what is away (`weg`) is back or a mistake of ours is mended; at last it is given up."""
        if not passes(error):
            log.error("bezorging_eigen_fout", notificatie=str(notificatie.id), error=type(error).__qualname__)
            weg = Reden.INTERNE_FOUT
        return self._uitstel(notificatie, weg, spreiding, onzeker=onzeker)

    def _uitstel(self, notificatie: Notificatie, reden: Reden, spreiding: float, *, onzeker: bool = False) -> Besluit:
        return self.geduld.uitstel(notificatie, reden, self.machine.now(), spreiding, onzeker=onzeker)

    async def _leg_vast(self, besluiten: Sequence[tuple[Notificatie, Besluit]]) -> None:
        """Mark them, also when the database is away for a while: a mail that was taken must not be sent again."""
        if not besluiten:
            return
        onze: Set[UUID] = frozenset()
        async for attempt in attempts(limit=None, seconds=_MARK_PATIENCE):
            with attempt:
                onze = await self.executor.execute(self._noteer, None, besluiten)
        for notificatie, besluit in besluiten:
            if notificatie.id not in onze:
                log.warning("notificatie_overgenomen", notificatie=str(notificatie.id))
            elif besluit.status is Status.WACHTEND:
                log.info("notificatie_uitgesteld", notificatie=str(notificatie.id), reden=besluit.reden)
            else:
                log.info(f"notificatie_{besluit.status}", notificatie=str(notificatie.id), reden=besluit.reden)
                _afgerond.add(1, {"status": besluit.status, "reden": besluit.reden or ""})

    async def _noteer(self, work: UnitOfWork, besluiten: Sequence[tuple[Notificatie, Besluit]]) -> Set[UUID]:
        """Those that were still ours."""
        onze = set()
        for notificatie, besluit in besluiten:
            versie = await self.notificaties.leg_vast(work, notificatie, besluit, self.machine.now())
            if versie is None:
                continue
            onze.add(notificatie.id)
            if event := events.vertel(notificatie, besluit):
                work.emit(event, version=versie, traceparent=telemetry.current_traceparent() or notificatie.traceparent)
        return onze


def _vraagt_regie(notificatie: Notificatie) -> bool:
    """Who was told of a match is told of the mistake as well, whoever is involved by now."""
    return notificatie.ontvanger.soort is OntvangerSoort.COORDINATOR and notificatie.soort is Soort.MATCH


def _met(notificatie: Notificatie, over: Sequence[Stand], vandaag: date) -> Notificatie:
    """What of the matches that it is about goes into the mail."""
    return replace(
        notificatie,
        voorbij=bool(over) and not any(each.telt(vandaag) for each in over),
        signaal_op=(*notificatie.signaal_op, *(each.signaal_op for each in over if each.signaal_op is not None)),
    )


def _dagen(notificatie: Notificatie) -> Sequence[date]:
    return sorted({each.astimezone(AMSTERDAM).date() for each in notificatie.signaal_op})


def _tel(result: Result) -> None:
    if result.uncertain:
        _onzeker.add(1)
    if result.outcome is Outcome.REFUSED:
        _geweigerd.add(1)
        log.error("mailserver_weigert", code=result.code, status=result.status)
