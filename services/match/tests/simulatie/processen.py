"""The processes of match in a simulated world: the real consumer, sweep and republish, a relay, and who restarts them."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import UUID

from services.match.tests.simulatie import planner as p
from services.match.tests.simulatie.broker import Lid, Partij
from services.match.tests.simulatie.geheugen import Geheugen, Transactie
from services.match.tests.simulatie.kalender import Klok
from services.match.tests.simulatie.opslag import OPSLAG
from services.match.tests.simulatie.platform import LedgerInGeheugen

from match.application.handlers.republish import Republish
from match.application.handlers.verlopen import Verlopen
from match.application.handlers.verwerken import Verwerken
from match.bootstrap import SERVICE
from platformkit.envelope import Message
from platformkit.executor import Executor, Handler, UnitOfWork
from platformkit.messaging.consumer import Consumer, Subscription
from platformkit.retry import is_transient
from platformkit.testing import NOWHERE

if TYPE_CHECKING:
    from services.match.tests.simulatie.wereld import Wereld

BRON = "urn:nld:oin:00000099000000001000:systeem:match"


def executor(geheugen: Geheugen, klok: Klok, eigenaar: Any = None) -> Executor:
    """The real one, of a process, on the database in memory."""
    database: Any = geheugen.database(eigenaar)
    return Executor(database, klok, BRON, LedgerInGeheugen)


class Lezer(p.Proces):
    """A consumer process: a member of both groups."""

    leden: Sequence[Lid] = ()


class Processen:
    """All that run, or are dead and not yet started anew."""

    def __init__(self, wereld: "Wereld") -> None:
        self._wereld = wereld
        self.allemaal: list[p.Proces] = []
        self.ontvangers: list[tuple[Subscription, Any]] = []
        """What the consumer that was made last subscribed to, with who takes its batches."""
        self._hoogste: dict[UUID, int] = {}
        self._token = 0

    def begin(self) -> None:
        """Start what a deployment has: some consumers, a relay and the jobs."""
        for _ in range(self._wereld.kans.randint(1, 3)):
            self._start_consumer()
        self.start("relay", self.relay)
        self.start("jobs", self._jobs)

    def start(self, naam: str, werk: Callable[[p.Proces, Klok], Any]) -> None:
        """A process of its own, started anew whenever it died."""
        proces = p.Proces(f"{naam} {len(self.allemaal)}")
        proces.opnieuw = lambda: self.start(naam, werk)  # type: ignore[attr-defined]
        self.allemaal.append(proces)
        self._wereld.planner.start(proces.naam, werk(proces, self._wereld.kalender.klok()), proces)

    def _start_consumer(self) -> None:
        wereld = self._wereld
        proces = Lezer(f"consumer {len(self.allemaal)}")
        proces.opnieuw = self._start_consumer  # type: ignore[attr-defined]
        self.allemaal.append(proces)
        verwerken = Verwerken(OPSLAG)
        reads = [replace(each, handler=self._gehoord(each.name, verwerken)) for each in SERVICE.subscriptions(wereld)]
        self.ontvangers = []
        Consumer(NOWHERE, executor(wereld.geheugen, wereld.kalender.klok(), proces), reads)
        proces.leden = []
        for subscription, receive in self.ontvangers:
            lid = Lid(wereld.groepen[subscription.topic])
            proces.leden.append(lid)
            lid.groep.bij(lid)
            wereld.planner.start(f"{proces.naam} {subscription.topic}", self._lezen(lid, receive), proces)

    async def _lezen(self, lid: Lid, receive: Callable[[Any], Awaitable[None]]) -> None:
        meeste = self._wereld.kans.choice([1, 1, 3, 8, 50])
        while True:
            await p.wacht_op(lid)
            records = lid.lees(self._wereld.kans.randint(1, meeste))
            if records:
                plaatsen = ", ".join(f"{r.partition}/{r.offset}" for r in records)
                self._wereld.noteer(f"reads {lid.groep.topic.naam} {plaatsen}")
                await receive(Partij(lid, records))

    def _gehoord(self, naam: str, handler: Handler) -> Handler:
        async def handel(work: UnitOfWork, messages: Sequence[Message]) -> None:
            telling = self._wereld.telling
            for m in messages:
                telling["older version"] += m.version < self._hoogste.get(m.subject, 0)
                self._hoogste[m.subject] = max(m.version, self._hoogste.get(m.subject, 0))
            if any(m.event_id in self._wereld.vergif for m in messages):
                telling["poison"] += 1
                raise ValueError("poison")
            await handler(work, messages)
            transactie: Any = work.connection
            transactie.notities += [(naam, m.event_id) for m in messages]

        return handel

    async def _jobs(self, proces: p.Proces, klok: Klok) -> None:
        wereld = self._wereld
        sweep = Verlopen(executor(wereld.geheugen, klok, proces), OPSLAG)
        while True:
            try:
                gedaan = await sweep()
            except Exception as error:
                if not is_transient(error):
                    raise
                await wereld.slaap(1.0)
                continue
            if not gedaan:
                await wereld.slaap(wereld.kans.uniform(0, 0.5))

    async def relay(self, _proces: p.Proces, _klok: Klok) -> None:
        """Publishes in order what is committed, then removes it, unless another relay took over."""
        wereld = self._wereld
        self._token += 1
        token = self._token
        outbox = wereld.geheugen.tabellen["outbox"]
        while True:
            await p.wacht_op(p.Voorwaarde(lambda: bool(outbox)))
            rijen = [outbox[positie] for positie in sorted(outbox)[: wereld.kans.randint(1, 5)]]
            await wereld.lotgevallen.hit("outbox.before_publish")
            for rij in rijen:
                await p.beurt()
                wereld.noteer(f"publishes {rij.position}")
                wereld.match_topic.append(rij)
            await wereld.lotgevallen.hit("outbox.after_publish")
            if token != self._token:
                wereld.telling["relay that woke up late"] += 1
                return
            for rij in rijen:
                outbox.pop(rij.position, None)

    async def republish(self, proces: p.Proces, klok: Klok) -> None:
        """As an operator starts it, until it has ended well: by pages, each in a transaction of its own."""
        na: UUID | None = None

        async def bladzijde(work: UnitOfWork, na: UUID | None) -> UUID | None:
            transactie: Any = work.connection
            transactie.opnieuw_verteld = True
            return (await Republish(OPSLAG)(work, na, 2)).last

        while True:
            try:
                na = await executor(self._wereld.geheugen, klok, proces).execute(bladzijde, None, na)
            except Exception as error:
                if not is_transient(error):
                    raise
                await self._wereld.slaap(1.0)
                continue
            if na is None:
                break
        # Not there to be killed and started again.
        self.allemaal.remove(proces)
        self._wereld.bezig -= 1

    async def bewaker(self) -> None:
        """Starts anew what died, after the server and the group have noticed."""
        wereld = self._wereld
        while True:
            await p.wacht_op(p.Voorwaarde(lambda: any(not each.leeft for each in self.allemaal)))
            wie = next(each for each in self.allemaal if not each.leeft)
            self.allemaal.remove(wie)
            wereld.noteer(f"{wie.naam} is dead")
            for transactie in [each for each in wereld.geheugen.open if each.eigenaar is wie]:
                wereld.planner.start("server", self._verlaten(transactie), wereld.buiten)
            wereld.planner.start("kubelet", self._herstart(wie), wereld.buiten)

    async def _verlaten(self, transactie: Transactie) -> None:
        """The server finds a connection closed; a commit that was under way may have arrived."""
        wereld = self._wereld
        await wereld.slaap(wereld.kans.expovariate(20))
        if transactie.klaar:
            return
        if transactie.in_commit and wereld.kans.random() < 0.5:
            wereld.telling["committed after its death"] += 1
            transactie.leg_vast()
        else:
            transactie.rol_terug()

    async def _herstart(self, wie: p.Proces) -> None:
        wereld = self._wereld
        wereld.bezig += 1
        for lid in wie.leden if isinstance(wie, Lezer) else ():
            await wereld.slaap(wereld.kans.expovariate(10))
            lid.groep.weg(lid)
        await wereld.slaap(wereld.kans.expovariate(10))
        wie.opnieuw()  # type: ignore[attr-defined]
        wereld.bezig -= 1
