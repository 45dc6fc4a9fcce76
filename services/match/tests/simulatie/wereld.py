"""One seed: the real handlers, consumer and executor in a world where everything that can go wrong is drawn from it."""

from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from random import Random
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import asyncpg
import stamina
import tenacity
from services.match.tests.simulatie import planner as p
from services.match.tests.simulatie.broker import Groep, Lid, Partij, Topic
from services.match.tests.simulatie.geheugen import Geheugen, Transactie, fout
from services.match.tests.simulatie.geschiedenis import Geschiedenis, aankomst, een_uuid
from services.match.tests.simulatie.keuring import Keuring
from services.match.tests.simulatie.opslag import opslag
from stamina import _core as stamina_core

from contracts.base import Vernietigd
from match.application.handlers.republish import Republish
from match.application.handlers.verlopen import Verlopen
from match.application.handlers.verwerken import Verwerken
from match.entrypoints.kafka import subscriptions
from platformkit import executor as executor_module
from platformkit import failpoints
from platformkit.clock import AMSTERDAM
from platformkit.errors import TransientError
from platformkit.executor import Executor, UnitOfWork
from platformkit.messaging import consumer as consumer_module
from platformkit.messaging import dead_letters as dead_letters_module
from platformkit.messaging.consumer import Consumer, Handler, Subscription
from platformkit.messaging.envelope import Message
from platformkit.retry import is_transient

BRON = "urn:nld:oin:00000099000000001000:systeem:match"
_BEURTEN = 60_000
_PARTITIES = 3
_HERHAALD = {"consumer.before_commit", "consumer.after_commit", "executor.before_commit"}
"""Failpoints inside of what is tried again; an error elsewhere is a bug, not a fault."""


class MislukteSimulatieError(AssertionError):
    """A seed that fails; says how to see it again."""

    def __init__(self, wereld: "Wereld", waarom: BaseException) -> None:
        opnieuw = f"python -m services.match.tests.simulatie {wereld.zaad}"
        if wereld.aankomst is not None:
            opnieuw += f" --aankomst {wereld.aankomst}"
        super().__init__(f"seed {wereld.zaad}: {type(waarom).__qualname__}: {waarom}\nsee it again: {opnieuw}")


@dataclass(frozen=True)
class Onrust:
    """How often things go wrong in one seed."""

    dood: float
    """At a failpoint."""
    statement: float
    """Deadlock, lost connection or shutdown at a statement."""
    antwoord: float
    """The connection is lost at the commit: committed or not, the caller cannot know."""
    lotgevallen: int

    @classmethod
    def van(cls, kans: Random) -> "Onrust":
        return cls(
            kans.choice([0, 0.02, 0.1]),
            kans.choice([0, 0, 0.003, 0.01]),
            kans.choice([0, 0.02, 0.1]),
            kans.choice([0, 2, 4, 8]),
        )


class Klok:
    """The clock of one process: the domain's, a little off."""

    def __init__(self, wereld: "Wereld", scheef: float) -> None:
        self._wereld = wereld
        self._scheef = scheef

    def now(self) -> datetime:
        return self._wereld.nu(self._scheef)


class Lezer(p.Proces):
    """A consumer process: a member of both groups."""

    leden: Sequence[Lid] = ()


class Wereld:
    """A history, its arrival, and the processes that make matches of it."""

    def __init__(self, zaad: int, aankomst_zaad: int | None = None, *, dagen: bool = True) -> None:
        """`aankomst_zaad`: another arrival of the same history. `dagen`: whether the date moves."""
        self.zaad = zaad
        self._dagen = dagen
        self.aankomst = aankomst_zaad
        self.geschiedenis = Geschiedenis(Random(f"geschiedenis {zaad}"))
        self.kans = kans = Random(f"aankomst {zaad} {aankomst_zaad}")
        self.onrust: Onrust | None = Onrust.van(kans)
        self.planner = p.Planner(kans, kans.choice([0.0, 0.5, 0.8, 0.95]))
        self.slaap = p.slaper(self.planner)
        self.telling: Counter[str] = Counter()
        self.log: list[tuple[float, str, str]] = []
        self.geheugen = Geheugen(SimpleNamespace(beurt=p.beurt, wacht_op=p.wacht_op))
        self.geheugen.telling = self.telling
        self.geheugen.lot = self._lot
        self.geheugen.vastgelegd = self._vastgelegd
        self.keuring = Keuring(self.geheugen, self.vandaag, self.telling)
        self._mislukt: BaseException | None = None
        self._klaar = False
        self._sprong = timedelta()
        self._scheef = kans.choice([0.0, 0.0, 2.0])
        self._database_weg_tot = 0.0
        self._berichten = aankomst(self.geschiedenis.feiten, kans)
        self._vergif = {b.event_id for b in self._berichten if not b.rubbish and kans.random() < 0.01}
        self._ooit_vergif = frozenset(self._vergif)
        self._topics = {naam: Topic(naam, _PARTITIES) for naam in ("signaal", "persoon")}
        self._groepen = {naam: Groep(topic, kans, self.telling) for naam, topic in self._topics.items()}
        self._match_topic: list[Any] = []
        self._hoogste: dict[UUID, int] = {}
        self._token = 0
        self._processen: list[p.Proces] = []
        self._buiten = p.Proces("outside")
        self._bezig = 4
        """Owners still telling, fate and calendar still at work, processes being started again."""

    # -- time ---------------------------------------------------------------------------------------------------------

    def nu(self, scheef: float = 0.0) -> datetime:
        return self.geschiedenis.begin + self._sprong + timedelta(seconds=self.planner.tijd + scheef)

    def vandaag(self) -> date:
        """The latest date that any process can have seen."""
        return self.nu(self._scheef).astimezone(AMSTERDAM).date()

    # -- the run ------------------------------------------------------------------------------------------------------

    def speel(self) -> "Wereld":
        """Play until everything has come to rest.

        Raises:
            MislukteSimulatieError: something did not hold, or it never came to rest.
        """
        try:
            with self._vervangen():
                self._begin()
                self.planner.tot(lambda: self._klaar or self._mislukt is not None, _BEURTEN)
                if self._mislukt is None:
                    self.keuring.in_rust(self.geschiedenis.feiten, self._match_topic)
                    self._alles_gehoord()
        except (Exception, p.VastgelopenError) as waarom:
            self._mislukt = self._mislukt or waarom
        if self._mislukt is not None:
            raise MislukteSimulatieError(self, self._mislukt) from self._mislukt
        return self

    @property
    def uitkomst(self) -> dict[Any, Any]:
        """The open matches with their cause: what another arrival of the same history must give, too."""
        return {
            m.match_id: (m.oorzaak_soort, m.oorzaak_id, m.einddatum)
            for m in self.geheugen.tabellen["match"].values()
            if m.status == "actief"
        }

    def noteer(self, wat: str) -> None:
        self.log.append((round(self.planner.tijd, 3), self.planner.nu, wat))

    def _begin(self) -> None:
        for naam, topic in self._topics.items():
            self.planner.start(f"owner of {naam}", self._bron(naam, topic), self._buiten)
        for _ in range(self.kans.randint(1, 3)):
            self._start_consumer()
        self._start("relay", self._relay)
        self._start("jobs", self._jobs)
        self.planner.start("fate", self._lotgevallen(), self._buiten)
        self.planner.start("calendar", self._kalender(), self._buiten)
        self.planner.start("supervisor", self._bewaker(), self._buiten)
        self.planner.start("course", self._verloop(), self._buiten)

    async def _verloop(self) -> None:
        """Once everything has happened, nothing goes wrong any more, and all must come right by itself."""
        await p.wacht_op(p.Voorwaarde(lambda: self._bezig == 0 and self.planner.tijd >= self._database_weg_tot))
        self.onrust = None
        self._database_weg_tot = 0.0
        self._vergif.clear()
        for proces in self._processen:
            proces.stil_tot = 0.0
        await p.wacht_op(p.Voorwaarde(lambda: all(proces.leeft for proces in self._processen)))
        # Amid the rest of the work, and then those that were still being put aside at that moment.
        for _ in range(2):
            self._herhaal_dode_brieven()
            await p.wacht_op(p.Voorwaarde(self._in_rust))
        sweep = Verlopen(Executor(self.geheugen.engine(), Klok(self, self._scheef), BRON), opslag)
        dag = None
        # Midnight may pass between the last sweep and the end.
        while dag != self.vandaag():
            dag = self.vandaag()
            while await sweep():
                pass
            await p.wacht_op(p.Voorwaarde(self._in_rust))
        self._klaar = True

    def _in_rust(self) -> bool:
        return (
            all(groep.leeg for groep in self._groepen.values())
            and not self.geheugen.open
            and not self.geheugen.tabellen["outbox"]
        )

    def _alles_gehoord(self) -> None:
        """Nothing was lost: each event had its effect, once, whatever became of the processes.

        Except a dead letter about somebody or something that was destroyed before it could be replayed (D8).
        """
        weg = {feit.subject for feit in self.geschiedenis.feiten if isinstance(feit.event, Vernietigd)}
        vergeten = {b.event_id for b in self._berichten if {b.subject, b.key} & weg} & self._ooit_vergif
        gehoord = self.keuring.gehoord
        gemist = [
            b.wat
            for b in self._berichten
            if not b.rubbish and b.event_id not in vergeten and (f"match.{b.topic}", b.event_id) not in gehoord
        ]
        assert not gemist, f"never handled: {gemist}"

    # -- processes ----------------------------------------------------------------------------------------------------

    def _start(self, naam: str, werk: Callable[[p.Proces, Klok], Any]) -> None:
        proces = p.Proces(f"{naam} {len(self._processen)}")
        proces.opnieuw = lambda: self._start(naam, werk)  # type: ignore[attr-defined]
        self._processen.append(proces)
        self.planner.start(proces.naam, werk(proces, self._klok()), proces)

    def _klok(self) -> Klok:
        return Klok(self, self.kans.uniform(-self._scheef, self._scheef))

    def _start_consumer(self) -> None:
        proces = Lezer(f"consumer {len(self._processen)}")
        proces.opnieuw = self._start_consumer  # type: ignore[attr-defined]
        self._processen.append(proces)
        engine = self.geheugen.engine(proces)
        klok = self._klok()
        reads = [
            replace(each, handler=self._gehoord(each.name, each.handler)) for each in subscriptions(Verwerken(opslag))
        ]
        self._ontvangers: list[tuple[Subscription, Any]] = []
        Consumer("", engine, Executor(engine, klok, BRON), klok, reads)  # type: ignore[arg-type]
        proces.leden = []
        for subscription, receive in self._ontvangers:
            lid = Lid(self._groepen[subscription.topic])
            proces.leden.append(lid)
            lid.groep.bij(lid)
            self.planner.start(f"{proces.naam} {subscription.topic}", self._lezen(lid, receive), proces)

    async def _lezen(self, lid: Lid, receive: Callable[[Any], Awaitable[None]]) -> None:
        meeste = self.kans.choice([1, 1, 3, 8, 50])
        while True:
            await p.wacht_op(lid)
            records = lid.lees(self.kans.randint(1, meeste))
            if records:
                plaatsen = ", ".join(f"{r.partition}/{r.offset}" for r in records)
                self.noteer(f"reads {lid.groep.topic.naam} {plaatsen}")
                await receive(Partij(lid, records))

    def _gehoord(self, naam: str, handler: Handler) -> Handler:
        async def handel(work: UnitOfWork, messages: Sequence[Message]) -> None:
            for m in messages:
                self.telling["older version"] += m.version < self._hoogste.get(m.subject, 0)
                self._hoogste[m.subject] = max(m.version, self._hoogste.get(m.subject, 0))
            if any(m.event_id in self._vergif for m in messages):
                self.telling["poison"] += 1
                raise ValueError("poison")
            await handler(work, messages)
            transactie: Any = work.connection
            transactie.notities += [(naam, m.event_id) for m in messages]

        return handel

    async def _jobs(self, proces: p.Proces, klok: Klok) -> None:
        sweep = Verlopen(Executor(self.geheugen.engine(proces), klok, BRON), opslag)  # type: ignore[arg-type]
        while True:
            try:
                gedaan = await sweep()
            except Exception as error:
                if not is_transient(error):
                    raise
                await self.slaap(1.0)
                continue
            if not gedaan:
                await self.slaap(self.kans.uniform(0, 0.5))

    async def _relay(self, _proces: p.Proces, _klok: Klok) -> None:
        """Publishes in order what is committed, then removes it, unless another relay took over."""
        self._token += 1
        token = self._token
        outbox = self.geheugen.tabellen["outbox"]
        while True:
            await p.wacht_op(p.Voorwaarde(lambda: bool(outbox)))
            rijen = [outbox[positie] for positie in sorted(outbox)[: self.kans.randint(1, 5)]]
            await self._hit("outbox.before_publish")
            for rij in rijen:
                await p.beurt()
                self.noteer(f"publishes {rij.position}")
                self._match_topic.append(rij)
            await self._hit("outbox.after_publish")
            if token != self._token:
                self.telling["relay that woke up late"] += 1
                return
            for rij in rijen:
                outbox.pop(rij.position, None)

    async def _bron(self, naam: str, topic: Topic) -> None:
        for bericht in self._berichten:
            if bericht.topic == naam:
                self.noteer(f"tells {bericht.wat}")
                topic.zet(bericht)
                if self.kans.random() < 0.7:
                    await self.slaap(self.kans.expovariate(20))
        self._bezig -= 1

    # -- fate ---------------------------------------------------------------------------------------------------------

    async def _lotgevallen(self) -> None:
        assert self.onrust is not None
        for _ in range(self.onrust.lotgevallen):
            await self.slaap(self.kans.expovariate(8))
            gebeurt = self.kans.choice(
                [
                    self._dood,
                    self._dood_bij_commit,
                    self._pauze,
                    self._verdeel,
                    self._tweede_relay,
                    self._database_weg,
                    self._herstel,
                    self._vertel_opnieuw,
                    self._herhaal_dode_brieven,
                ]
            )
            self.noteer(gebeurt.__name__.strip("_"))
            gebeurt()
        self._bezig -= 1

    async def _kalender(self) -> None:
        """The date moves in every history, mostly from just before a midnight."""
        for _ in range(self.kans.randint(1, 4)):
            await self.slaap(self.kans.expovariate(6))
            if self.kans.random() < 0.7:
                self._bijna_middernacht()
            else:
                self._verzet(timedelta(hours=self.kans.randint(1, 40)))
        await self.slaap(self.kans.expovariate(8))
        self._bezig -= 1

    def _dood(self) -> None:
        levend = [each for each in self._processen if each.leeft]
        if levend:
            self.planner.dood(self.kans.choice(levend))
            self.telling["killed anywhere"] += 1

    def _dood_bij_commit(self) -> None:
        """Whoever is waiting for the answer to a commit; nobody, when nobody is."""
        for transactie in self.geheugen.open:
            if transactie.in_commit and transactie.eigenaar is not None and transactie.eigenaar.leeft:
                self.planner.dood(transactie.eigenaar)
                return

    def _pauze(self) -> None:
        """Stopped for longer than its session: its partitions go to others, and it wakes up in the middle."""
        if not self._processen:  # all were killed, and none has started anew
            return
        wie = self.kans.choice(self._processen)
        wie.stil_tot = self.planner.tijd + self.kans.uniform(0, 2)
        self.telling["paused"] += 1
        if isinstance(wie, Lezer):
            for lid in wie.leden:
                lid.groep.verdeel()

    def _verdeel(self) -> None:
        for groep in self._groepen.values():
            groep.verdeel()

    def _tweede_relay(self) -> None:
        self._start("relay", self._relay)

    def _bijna_middernacht(self) -> None:
        hier = self.nu().astimezone(AMSTERDAM)
        morgen = datetime(hier.year, hier.month, hier.day, tzinfo=AMSTERDAM) + timedelta(days=1)
        # Local midnights may be 23 or 25 hours apart: subtract as moments, not as clock faces.
        self.noteer("almost midnight")
        self._verzet(timedelta(seconds=morgen.timestamp() - hier.timestamp() - self.kans.uniform(0, 0.06)))

    def _verzet(self, hoeveel: timedelta) -> None:
        voor = self.nu().astimezone(AMSTERDAM).utcoffset()
        if self._dagen:
            self._sprong += max(hoeveel, timedelta())
        if voor != (self.nu() + timedelta(hours=1)).astimezone(AMSTERDAM).utcoffset():
            self.telling["summer time began or ended"] += 1

    def _database_weg(self) -> None:
        self._database_weg_tot = self.planner.tijd + self.kans.choice([0.5, 0.5, 90])
        self.telling["database away"] += 1
        for transactie in list(self.geheugen.open):
            transactie.rol_terug()

    def _herstel(self) -> None:
        """The owner raises the generation, as after a restore (the README's runbook)."""
        if not self.geheugen.open:
            self.geheugen.generatie += 1
            self.telling["generation raised"] += 1

    def _vertel_opnieuw(self) -> None:
        self._bezig += 1
        self._start("republish", self._republish)

    async def _republish(self, proces: p.Proces, klok: Klok) -> None:
        """As an operator starts it, until it has ended well: by pages, each in a transaction of its own."""
        executor = Executor(self.geheugen.engine(proces), klok, BRON)  # type: ignore[arg-type]
        na: UUID | None = None

        async def bladzijde(work: UnitOfWork) -> UUID | None:
            transactie: Any = work.connection
            transactie.opnieuw_verteld = True
            return (await Republish(opslag)(work, na, 2)).last

        while True:
            try:
                na = await executor.execute(bladzijde)
            except Exception as error:
                if not is_transient(error):
                    raise
                await self.slaap(1.0)
                continue
            if na is None:
                break
        # Not there to be killed and started again.
        self._processen.remove(proces)
        self._bezig -= 1

    def _herhaal_dode_brieven(self) -> None:
        for sleutel, brief in list(self.geheugen.tabellen["dead_letter"].items()):
            if brief.error == "ValueError":
                del self.geheugen.tabellen["dead_letter"][sleutel]
                headers = tuple((naam, waarde.encode()) for naam, waarde in brief.headers.items())
                self._topics[brief.topic].herhaal(brief.partition, brief.key, brief.payload, headers)
                self.telling["dead letter replayed"] += 1

    async def _bewaker(self) -> None:
        """Starts anew what died, after the server and the group have noticed."""
        while True:
            await p.wacht_op(p.Voorwaarde(lambda: any(not each.leeft for each in self._processen)))
            wie = next(each for each in self._processen if not each.leeft)
            self._processen.remove(wie)
            self.noteer(f"{wie.naam} is dead")
            for transactie in [each for each in self.geheugen.open if each.eigenaar is wie]:
                self.planner.start("server", self._verlaten(transactie), self._buiten)
            self.planner.start("kubelet", self._herstart(wie), self._buiten)

    async def _verlaten(self, transactie: Transactie) -> None:
        """The server finds a connection closed; a commit that was under way may have arrived."""
        await self.slaap(self.kans.expovariate(20))
        if transactie.klaar:
            return
        if transactie.in_commit and self.kans.random() < 0.5:
            self.telling["committed after its death"] += 1
            transactie.leg_vast()
        else:
            transactie.rol_terug()

    async def _herstart(self, wie: p.Proces) -> None:
        self._bezig += 1
        for lid in wie.leden if isinstance(wie, Lezer) else ():
            await self.slaap(self.kans.expovariate(10))
            lid.groep.weg(lid)
        await self.slaap(self.kans.expovariate(10))
        wie.opnieuw()  # type: ignore[attr-defined]
        self._bezig -= 1

    async def _hit(self, naam: str) -> None:
        """Pass a failpoint."""
        self.telling[f"passed {naam}"] += 1
        self.noteer(naam)
        await p.beurt()
        onrust = self.onrust
        if onrust is None:
            return
        # The sweep passes its points seldom, so that the first passing counts for more.
        zelden = naam.startswith("executor") and not self.telling[f"killed at {naam}"]
        lot = self.kans.random() / (8 if zelden else 1)
        if lot < onrust.dood:
            self.telling[f"killed at {naam}"] += 1
            await p.sterf()
        elif lot < onrust.dood * 1.2 and naam in _HERHAALD:
            self.telling[f"error at {naam}"] += 1
            raise TransientError("failpoint")

    def _lot(self, transactie: Transactie, wat: str) -> None:
        self.noteer(wat)
        if self.planner.tijd < self._database_weg_tot:
            raise fout(asyncpg.CannotConnectNowError())
        onrust = self.onrust
        if onrust is None:
            return
        lot = self.kans.random()
        if wat in {"commit", "committed"}:
            if lot < onrust.antwoord:
                gedaan = "done" if wat == "committed" else "not done"
                self.telling[f"connection lost at the commit, {gedaan}"] += 1
                raise fout(asyncpg.ConnectionDoesNotExistError())
        elif lot < onrust.statement:
            soort = self.kans.choice(
                [asyncpg.DeadlockDetectedError, asyncpg.ConnectionDoesNotExistError, asyncpg.AdminShutdownError]
            )
            self.telling[f"{soort.__name__}"] += 1
            raise fout(soort())

    def _vastgelegd(self, transactie: Transactie) -> None:
        try:
            self.keuring.bij_commit(transactie)
        except Exception as waarom:
            # Not raised here: the product would take it for a failure of its own and try again.
            self._mislukt = self._mislukt or waarom

    # -- what the real code finds instead of the outside ---------------------------------------------------------------

    @contextmanager
    def _vervangen(self) -> Iterator[None]:
        """Time, sleep, ids, broker and log of this world for as long as it is played."""
        log = SimpleNamespace(**dict.fromkeys(("info", "warning", "error"), self._logregel))
        nieuw = {
            (consumer_module, "asyncio"): SimpleNamespace(sleep=self.slaap),
            (consumer_module, "KafkaBroker"): lambda *_args, **_kwargs: None,
            (consumer_module, "subscribe"): lambda _broker, *wie: self._ontvangers.append(wie),
            (consumer_module, "log"): log,
            (executor_module, "uuid7"): self._uuid,
            (dead_letters_module, "uuid7"): self._uuid,
            (failpoints, "hit"): self._hit,
            (stamina_core, "_smart_sleep"): self.slaap,
            (stamina_core, "random"): self.kans,
            (tenacity, "time"): SimpleNamespace(monotonic=lambda: self.planner.tijd),
        }
        oud = {plaats: getattr(*plaats) for plaats in nieuw}
        haken = stamina.instrumentation.get_on_retry_hooks()
        stamina.instrumentation.set_on_retry_hooks([])
        try:
            for (module, naam), waarde in nieuw.items():
                setattr(module, naam, waarde)
            yield
        finally:
            for (module, naam), waarde in oud.items():
                setattr(module, naam, waarde)
            stamina.instrumentation.set_on_retry_hooks(haken)
            self.planner.ruim_op()

    def _uuid(self) -> UUID:
        return een_uuid(self.kans)

    def _logregel(self, wat: str, **velden: object) -> None:
        self.telling[f"log: {wat}"] += 1
        self.noteer(f"{wat} {velden}")
