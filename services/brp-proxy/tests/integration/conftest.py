"""The handlers on a real database, with a BRP and a signaal that say what the test wants."""

import json
from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar
from uuid import UUID, uuid4

import pytest

from brp_proxy.adapters.db.herstel import PostgresHerstelRepository
from brp_proxy.adapters.db.levensloop import PostgresLevensloopRepository
from brp_proxy.adapters.db.persoon import PostgresPersoonRepository
from brp_proxy.adapters.db.sleutel import PostgresSleutelRepository
from brp_proxy.adapters.db.volgen import PostgresVolgRepository
from brp_proxy.adapters.kluis import Kluis, Sleutels
from brp_proxy.application.commands import (
    KaartgegevensLezen,
    KlassegegevensLezen,
    PersoonVastleggen,
    VerwijzingVergelijken,
)
from brp_proxy.application.handlers.herlezen import Herlezen
from brp_proxy.application.handlers.leases_nalopen import LeasesNalopen
from brp_proxy.application.handlers.persoon_bijwerken import Bijwerken
from brp_proxy.application.handlers.persoon_vastleggen import Vastleggen
from brp_proxy.application.handlers.persoonsgegevens_lezen import KaartLezen, KlasseLezen
from brp_proxy.application.handlers.signalen_verwerken import CONSUMER, SignalenVerwerken
from brp_proxy.application.handlers.sleutels_nalopen import SleutelsNalopen
from brp_proxy.application.handlers.vernietigen import Vernietigen
from brp_proxy.application.handlers.verwijzing_vergelijken import Vergelijken
from brp_proxy.application.handlers.volgindicaties_beeindigen import VolgindicatiesBeeindigen
from brp_proxy.bootstrap import SERVICE
from brp_proxy.domain.bsn import Bsn
from brp_proxy.domain.doel import Verwerkingsdoel
from brp_proxy.domain.persoonslijst import Ouderregistratie, Persoonslijst
from brp_proxy.settings import Settings
from contracts.base import Event, PersoonRef
from contracts.http.persoonsgegevens import KaartgegevensAntwoord, KlassegegevensAntwoord
from contracts.http.persoonsverwijzingen import Persoonsverwijzing
from contracts.signaal import (
    Bron,
    Organisatiesoort,
    SignaalAfgegeven,
    SignaalReden,
    SignaalStatus,
    SignaalToestand,
    SignaalVernietigd,
)
from contracts.statistiek import Geslacht
from platformkit.clock import FixedClock
from platformkit.db.database import Database
from platformkit.envelope import Message
from platformkit.errors import DomainError, TransientError, UnclearError
from platformkit.executor import Executor
from platformkit.identity import Principal
from platformkit.service import runtime
from platformkit.settings import Profile

DIENST = Principal("http://issuer", "5f1c-signaal", "signaal", "", frozenset(), None, frozenset())
NAMENS = Principal("http://issuer", "piet", "portaal", "professional", frozenset(), None, frozenset())


@dataclass
class Omgeving:
    """One brp-proxy, its BRP and its signaal."""

    JEUGDIGE: ClassVar = "999996770"
    BROER: ClassVar = "999970033"
    MOEDER: ClassVar = "999999126"
    VADER: ClassVar = "999999163"
    NIEUW: ClassVar = "999970057"
    KANARIE: ClassVar = "Kanarievogel"
    NAMENS: ClassVar = NAMENS

    databases: Mapping[str, Database]
    clock: FixedClock
    sleutels: dict[str, Any]
    personen: dict[str, Persoonslijst] = field(default_factory=dict)
    signaal_zegt: dict[UUID, bool | Exception | None] = field(default_factory=dict)
    brp_zegt: Exception | None = None
    gevolgd_daar: dict[Bsn, None] = field(default_factory=dict)
    gewijzigd_op: dict[str, date] = field(default_factory=dict)
    gevraagd_vanaf: list[date | None] = field(default_factory=list)
    update_api_weg: bool = False
    niet_te_volgen: set[Bsn] = field(default_factory=set)
    onduidelijk: set[str] = field(default_factory=set)
    tijdens_vraag: Callable[[], Awaitable[object]] | None = None

    def persoon(
        self,
        bsn: str,
        *ouders: str,
        woongemeente: str | None = "0363",
        geheim: bool = False,
        overleden_op: date | None = None,
    ) -> None:
        geboren = date(2012, 5, 5)
        self.personen[bsn] = Persoonslijst(
            bsn=Bsn(bsn),
            geboren=geboren,
            overleden=overleden_op is not None,
            overleden_op=overleden_op,
            geheim=geheim,
            woongemeente=woongemeente,
            geslacht=Geslacht.VROUW,
            ouders=tuple(Ouderregistratie(Bsn(ouder), f"{plaats}", geboren) for plaats, ouder in enumerate(ouders, 1)),
            gegevens={
                "naam": {"geslachtsnaam": self.KANARIE},
                "geboorte": {"datum": "2012-05-05"},
                "geslacht": "V",
                "verblijfplaats": None
                if geheim
                else {"type": "Adres", "verblijfadres": {"korteStraatnaam": "Spui", "huisnummer": 1}},
            },
        )

    async def raadpleeg(self, bsn: Bsn, doel: Verwerkingsdoel) -> Persoonslijst | None:
        if self.brp_zegt is not None:
            raise self.brp_zegt
        if bsn.waarde in self.onduidelijk:
            raise UnclearError("brp-niet-beschikbaar")
        return self.personen.get(bsn.waarde)

    async def raadpleeg_samen(self, bsns: Collection[Bsn], doel: Verwerkingsdoel) -> Mapping[Bsn, Persoonslijst | None]:
        assert len(bsns) <= 20
        gevonden = {}
        for bsn in bsns:
            with suppress(DomainError, UnclearError):
                gevonden[bsn] = await self.raadpleeg(bsn, doel)
        return gevonden

    async def bestaan(self, persoon_ref: UUID) -> bool:
        if self.tijdens_vraag is not None:
            await self.tijdens_vraag()
        antwoord = self.signaal_zegt.get(persoon_ref, False)
        if antwoord is None:
            raise TransientError("tijdelijk-niet-beschikbaar")
        if isinstance(antwoord, Exception):
            raise antwoord
        return antwoord

    def executor(self, role: str) -> Executor:
        return Executor(self.databases[role], self.clock, "urn:nld:oin:00000099000000001000:systeem")

    def kluis(self, actief: int = 1) -> Kluis:
        return Kluis(Sleutels.model_validate_json(json.dumps({**self.sleutels, "actief": actief})))

    def sleutelkast(self, role: str) -> PostgresSleutelRepository:
        return PostgresSleutelRepository(self.databases[f"sleutels-{role}"])

    def persoonsregister(self, role: str = "api", *, actief: int = 1) -> PostgresPersoonRepository:
        return PostgresPersoonRepository(self.kluis(actief), self.sleutelkast(role))

    async def leg_vast(self, bsn: str = JEUGDIGE, *, actief: int = 1) -> Persoonsverwijzing:
        handler = Vastleggen(self, self.executor("api"), self.persoonsregister(actief=actief))
        return await handler(PersoonVastleggen(Bsn(bsn), Verwerkingsdoel.SIGNAAL, DIENST, NAMENS))

    async def vergelijk(self, bsn: str, persoon_ref: UUID, *, actief: int = 1) -> bool:
        handler = Vergelijken(self.executor("api"), self.persoonsregister(actief=actief))
        return await handler(VerwijzingVergelijken(Bsn(bsn), persoon_ref, DIENST, NAMENS))

    async def lees_kaarten(self, *refs: UUID) -> KaartgegevensAntwoord:
        handler = KaartLezen(self.executor("api"), self.persoonsregister())
        return await handler(KaartgegevensLezen([PersoonRef(ref) for ref in refs], DIENST, NAMENS))

    async def lees_klassen(self, *refs: UUID) -> KlassegegevensAntwoord:
        handler = KlasseLezen(self.executor("api"), self.persoonsregister())
        return await handler(KlassegegevensLezen([PersoonRef(ref) for ref in refs], DIENST))

    async def verwerk(self, *messages: Message) -> None:
        handler = SignalenVerwerken(PostgresLevensloopRepository())
        await self.executor("worker").execute_batch(CONSUMER, messages, handler)

    async def plaats(self, bsn: Bsn) -> None:
        self._update_api(bsn)
        self.gevolgd_daar[bsn] = None

    async def beeindig(self, bsn: Bsn, vandaag: date) -> None:
        self._update_api(bsn)
        self.gevolgd_daar.pop(bsn, None)

    async def gevolgd(self) -> frozenset[Bsn]:
        self._update_api()
        return frozenset(self.gevolgd_daar)

    async def gewijzigd(self, vanaf: date | None) -> frozenset[Bsn]:
        self._update_api()
        self.gevraagd_vanaf.append(vanaf)
        return frozenset(Bsn(bsn) for bsn, dag in self.gewijzigd_op.items() if vanaf is None or dag >= vanaf)

    def _update_api(self, bsn: Bsn | None = None) -> None:
        if self.update_api_weg:
            raise TransientError("brp-niet-beschikbaar")
        if bsn in self.niet_te_volgen:
            raise DomainError("volgindicatie-geweigerd")

    def bijwerken(self) -> Bijwerken:
        personen = self.persoonsregister("worker")
        return Bijwerken(self, self.executor("worker"), personen, PostgresLevensloopRepository())

    def volgwerk(self, soort: type[Any]) -> Any:
        """One of the jobs that follow."""
        personen = self.persoonsregister("worker")
        return soort(self, self.executor("worker"), PostgresVolgRepository(), personen, bijwerken=self.bijwerken())

    async def loop_leases_na(self, na: timedelta = timedelta(minutes=16)) -> int:
        self.clock.forward(na)
        executor = self.executor("worker")
        herlezen = Herlezen(self, executor, self.persoonsregister("worker"))
        besloten = await LeasesNalopen(self, executor, PostgresLevensloopRepository(), herlezen)()
        await self.vernietig()
        return besloten

    async def loop_sleutels_na(self) -> int:
        herstel = PostgresHerstelRepository(self.kluis())
        return await SleutelsNalopen(self.executor("worker"), self.sleutelkast("worker"), herstel)()

    async def vernietig(self) -> int:
        executor = self.executor("worker")
        beeindigen = VolgindicatiesBeeindigen(self, executor, PostgresVolgRepository(), self.persoonsregister("worker"))
        levensloop = PostgresLevensloopRepository()
        return await Vernietigen(executor, levensloop, self.sleutelkast("worker"), volg_niet_meer=beeindigen)()

    def signaal(
        self, ref: UUID, *, soort: type[SignaalToestand] = SignaalAfgegeven, versie: int = 1, id: UUID | None = None
    ) -> Message:
        event = soort(
            signaal_id=id or uuid4(),
            persoon_ref=ref,
            professional=uuid4(),
            account=uuid4(),
            organisatie=uuid4(),
            organisatiesoort=Organisatiesoort.ONDERWIJS,
            locatie=uuid4(),
            convenant="regio",
            gemeente="0363",
            afgegeven_op=self.clock.now(),
            begindatum=date(2026, 11, 22),
            einddatum=date(2027, 11, 22),
            bron=Bron.PORTAAL,
            landelijk=True,
            status=SignaalStatus.ACTIEF,
        )
        return _bericht(event, event.signaal_id, ref, versie)

    def vernietigd(self, van: Message, versie: int) -> Message:
        return _bericht(SignaalVernietigd(reden=SignaalReden.BEWAARTERMIJN), van.subject, van.key, versie)


TIJD = datetime(2026, 11, 22, 12, tzinfo=UTC)


def _bericht(event: Event, signaal_id: UUID, ref: UUID, versie: int) -> Message:
    return Message(f"test#{uuid4()}", event, signaal_id, ref, versie, TIJD, None)


@pytest.fixture
def commando(
    addresses: Mapping[str, str],
    sleuteladressen: Mapping[str, str],
    sleutels: dict[str, Any],
    *,
    clock: FixedClock,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> Callable[..., Awaitable[tuple[int, str]]]:
    """Runs an operator's command as wired, in this process: exit code and all that it printed."""
    bestand, klok = tmp_path / "sleutels.json", tmp_path / "klok"
    urls = {f"database_url_{role}": addresses[role] for role in ("api", "worker")}
    urls |= {f"database_url_sleutels_{role}": sleuteladressen[role] for role in ("api", "worker")}
    settings = Settings(profiel=Profile.TEST, klok_bestand=klok, sleutel_bestand=bestand, **urls)
    commands = runtime.commands(SERVICE)

    async def run(name: str, *words: str, hmac: int = 1, kek: int = 1) -> tuple[int, str]:
        actief = {"hmac": hmac, "kek": kek}
        inhoud = {soort: {"actief": actief[soort], "sleutels": sleutels[soort]} for soort in actief}
        bestand.write_text(json.dumps(inhoud))
        klok.write_text(f"{(clock.now() - datetime.now(UTC)).total_seconds():.3f}")
        capsys.readouterr()
        code = await runtime.done(SERVICE, settings, commands[name], words)
        printed = capsys.readouterr()
        return code, printed.out + printed.err

    return run


@pytest.fixture
def maak(clock: FixedClock, sleutels: dict[str, Any]) -> Callable[[Mapping[str, Database]], Omgeving]:
    def made(databases: Mapping[str, Database]) -> Omgeving:
        new = Omgeving(databases, clock, sleutels)
        new.persoon(new.JEUGDIGE, new.MOEDER, new.VADER)
        new.persoon(new.BROER, new.MOEDER)
        for ouder in (new.MOEDER, new.VADER):
            new.persoon(ouder)
        return new

    return made


@pytest.fixture
def omgeving(maak: Callable[[Mapping[str, Database]], Omgeving], databases: Mapping[str, Database]) -> Omgeving:
    return maak(databases)
