"""One seed: the real handlers, consumer and executor in a world where everything that can go wrong is drawn from it."""

from collections import Counter
from random import Random
from types import SimpleNamespace
from typing import Any

from services.match.tests.simulatie import planner as p
from services.match.tests.simulatie.broker import Groep, Topic
from services.match.tests.simulatie.geheugen import Geheugen, Transactie
from services.match.tests.simulatie.geschiedenis import Geschiedenis, aankomst
from services.match.tests.simulatie.kalender import Kalender, Klok
from services.match.tests.simulatie.keuring import Keuring
from services.match.tests.simulatie.lotgevallen import Lotgevallen, Onrust
from services.match.tests.simulatie.opslag import OPSLAG
from services.match.tests.simulatie.processen import Processen, executor
from services.match.tests.simulatie.vervangen import vervangen

from contracts.base import Vernietigd
from match.application.handlers.verlopen import Verlopen

_BEURTEN = 60_000
_PARTITIES = 3


class MislukteSimulatieError(AssertionError):
    """A seed that fails; says how to see it again."""

    def __init__(self, wereld: "Wereld", waarom: BaseException) -> None:
        opnieuw = f"python -m services.match.tests.simulatie {wereld.zaad}"
        if wereld.aankomst is not None:
            opnieuw += f" --aankomst {wereld.aankomst}"
        super().__init__(f"seed {wereld.zaad}: {type(waarom).__qualname__}: {waarom}\nsee it again: {opnieuw}")


class Wereld:
    """A history, its arrival, and the processes that make matches of it."""

    def __init__(self, zaad: int, aankomst_zaad: int | None = None, *, dagen: bool = True) -> None:
        """`aankomst_zaad`: another arrival of the same history. `dagen`: whether the date moves."""
        self.zaad = zaad
        self.aankomst = aankomst_zaad
        self.geschiedenis = Geschiedenis(Random(f"geschiedenis {zaad}"))
        self.kans = kans = Random(f"aankomst {zaad} {aankomst_zaad}")
        onrust = Onrust.van(kans)
        self.planner = p.Planner(kans, kans.choice([0.0, 0.5, 0.8, 0.95]))
        self.slaap = p.slaper(self.planner)
        self.telling: Counter[str] = Counter()
        self.log: list[tuple[float, str, str]] = []
        self.kalender = Kalender(self, dagen=dagen)
        self.lotgevallen = Lotgevallen(self, onrust)
        self.processen = Processen(self)
        self.buiten = p.Proces("outside")
        self.geheugen = Geheugen(SimpleNamespace(beurt=p.beurt, wacht_op=p.wacht_op))
        self.geheugen.telling = self.telling
        self.geheugen.lot = self.lotgevallen.bij_statement
        self.geheugen.vastgelegd = self._vastgelegd
        self._keuring = Keuring(self.geheugen, self.kalender.vandaag, self.telling)
        self._mislukt: BaseException | None = None
        self._klaar = False
        self._berichten = aankomst(self.geschiedenis.feiten, kans)
        self.vergif = {b.event_id for b in self._berichten if not b.rubbish and kans.random() < 0.01}
        self._ooit_vergif = frozenset(self.vergif)
        self.topics = {naam: Topic(naam, _PARTITIES) for naam in ("signaal", "persoon")}
        self.groepen = {naam: Groep(topic, kans, self.telling) for naam, topic in self.topics.items()}
        self.match_topic: list[Any] = []
        self.bezig = 4
        """Owners still telling, fate and calendar still at work, processes being started again."""

    def speel(self) -> "Wereld":
        """Play until everything has come to rest.

        Raises:
            MislukteSimulatieError: something did not hold, or it never came to rest.
        """
        try:
            with vervangen(self):
                self._begin()
                self.planner.tot(lambda: self._klaar or self._mislukt is not None, _BEURTEN)
                if self._mislukt is None:
                    self._keuring.in_rust(self.geschiedenis.feiten, self.match_topic)
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
        for naam, topic in self.topics.items():
            self.planner.start(f"owner of {naam}", self._bron(naam, topic), self.buiten)
        self.processen.begin()
        self.planner.start("fate", self.lotgevallen.verloop(), self.buiten)
        self.planner.start("calendar", self.kalender.verloop(), self.buiten)
        self.planner.start("supervisor", self.processen.bewaker(), self.buiten)
        self.planner.start("course", self._verloop(), self.buiten)

    async def _bron(self, naam: str, topic: Topic) -> None:
        for bericht in self._berichten:
            if bericht.topic == naam:
                self.noteer(f"tells {bericht.wat}")
                topic.zet(bericht)
                if self.kans.random() < 0.7:
                    await self.slaap(self.kans.expovariate(20))
        self.bezig -= 1

    async def _verloop(self) -> None:
        """Once everything has happened, nothing goes wrong any more, and all must come right by itself."""
        await p.wacht_op(p.Voorwaarde(lambda: self.bezig == 0 and not self.lotgevallen.database_weg))
        self.lotgevallen.houd_op()
        self.vergif.clear()
        for proces in self.processen.allemaal:
            proces.stil_tot = 0.0
        await p.wacht_op(p.Voorwaarde(lambda: all(proces.leeft for proces in self.processen.allemaal)))
        # Amid the rest of the work, and then those that were still being put aside at that moment.
        for _ in range(2):
            self.lotgevallen.herhaal_dode_brieven()
            await p.wacht_op(p.Voorwaarde(self._in_rust))
        sweep = Verlopen(executor(self.geheugen, Klok(self.kalender, self.kalender.scheef)), OPSLAG)
        dag = None
        # Midnight may pass between the last sweep and the end.
        while dag != self.kalender.vandaag():
            dag = self.kalender.vandaag()
            while await sweep():
                pass
            await p.wacht_op(p.Voorwaarde(self._in_rust))
        self._klaar = True

    def _in_rust(self) -> bool:
        return (
            all(groep.leeg for groep in self.groepen.values())
            and not self.geheugen.open
            and not self.geheugen.tabellen["outbox"]
        )

    def _alles_gehoord(self) -> None:
        """Nothing was lost: each event had its effect, once, whatever became of the processes.

        Except a dead letter about somebody or something that was destroyed before it could be replayed (D8).
        """
        weg = {feit.subject for feit in self.geschiedenis.feiten if isinstance(feit.event, Vernietigd)}
        vergeten = {b.event_id for b in self._berichten if {b.subject, b.key} & weg} & self._ooit_vergif
        gehoord = self._keuring.gehoord
        gemist = [
            b.wat
            for b in self._berichten
            if not b.rubbish and b.event_id not in vergeten and (f"match.{b.topic}", b.event_id) not in gehoord
        ]
        assert not gemist, f"never handled: {gemist}"

    def _vastgelegd(self, transactie: Transactie) -> None:
        try:
            self._keuring.bij_commit(transactie)
        except Exception as waarom:
            # Not raised here: the product would take it for a failure of its own and try again.
            self._mislukt = self._mislukt or waarom
