"""What goes wrong in a simulated world, and how often: all of it drawn from the seed."""

from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

import asyncpg
from services.match.tests.simulatie import planner as p
from services.match.tests.simulatie.geheugen import Transactie
from services.match.tests.simulatie.processen import Lezer

from platformkit.errors import TransientError

if TYPE_CHECKING:
    from services.match.tests.simulatie.wereld import Wereld

_HERHAALD = {"consumer.before_commit", "consumer.after_commit", "executor.before_commit"}
"""Failpoints inside of what is tried again; an error elsewhere is a bug, not a fault."""


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


class Lotgevallen:
    """Deaths, pauses, outages and what operators do, at any moment; errors and deaths where the real code passes."""

    def __init__(self, wereld: "Wereld", onrust: Onrust) -> None:
        self._wereld = wereld
        self._onrust: Onrust | None = onrust
        self._database_weg_tot = 0.0

    @property
    def database_weg(self) -> bool:
        return self._wereld.planner.tijd < self._database_weg_tot

    def houd_op(self) -> None:
        """From here on nothing goes wrong any more."""
        self._onrust = None
        self._database_weg_tot = 0.0

    async def verloop(self) -> None:
        """One after the other, until fate has had its number."""
        wereld = self._wereld
        assert self._onrust is not None
        for _ in range(self._onrust.lotgevallen):
            await wereld.slaap(wereld.kans.expovariate(8))
            gebeurt = wereld.kans.choice(
                [
                    self._dood,
                    self._dood_bij_commit,
                    self._pauze,
                    self._verdeel,
                    self._tweede_relay,
                    self._database_weg,
                    self._herstel,
                    self._vertel_opnieuw,
                    self.herhaal_dode_brieven,
                ]
            )
            wereld.noteer(gebeurt.__name__.strip("_"))
            gebeurt()
        wereld.bezig -= 1

    def _dood(self) -> None:
        wereld = self._wereld
        levend = [each for each in wereld.processen.allemaal if each.leeft]
        if levend:
            wereld.planner.dood(wereld.kans.choice(levend))
            wereld.telling["killed anywhere"] += 1

    def _dood_bij_commit(self) -> None:
        """Whoever is waiting for the answer to a commit; nobody, when nobody is."""
        for transactie in self._wereld.geheugen.open:
            if transactie.in_commit and transactie.eigenaar is not None and transactie.eigenaar.leeft:
                self._wereld.planner.dood(transactie.eigenaar)
                return

    def _pauze(self) -> None:
        """Stopped for longer than its session: its partitions go to others, and it wakes up in the middle."""
        wereld = self._wereld
        if not wereld.processen.allemaal:  # all were killed, and none has started anew
            return
        wie = wereld.kans.choice(wereld.processen.allemaal)
        wie.stil_tot = wereld.planner.tijd + wereld.kans.uniform(0, 2)
        wereld.telling["paused"] += 1
        if isinstance(wie, Lezer):
            for lid in wie.leden:
                lid.groep.verdeel()

    def _verdeel(self) -> None:
        for groep in self._wereld.groepen.values():
            groep.verdeel()

    def _tweede_relay(self) -> None:
        self._wereld.processen.start("relay", self._wereld.processen.relay)

    def _database_weg(self) -> None:
        wereld = self._wereld
        self._database_weg_tot = wereld.planner.tijd + wereld.kans.choice([0.5, 0.5, 90])
        wereld.telling["database away"] += 1
        for transactie in list(wereld.geheugen.open):
            transactie.rol_terug()
        if wereld.kans.random() < 0.5:
            # A crash empties what is not logged.
            wereld.geheugen.tabellen["matchsleutel"].clear()
            wereld.telling["keys lost"] += 1

    def _herstel(self) -> None:
        """The owner raises the generation, as after a restore (the README's runbook)."""
        if not self._wereld.geheugen.open:
            self._wereld.geheugen.generatie += 1
            self._wereld.telling["generation raised"] += 1

    def _vertel_opnieuw(self) -> None:
        self._wereld.bezig += 1
        self._wereld.processen.start("republish", self._wereld.processen.republish)

    def herhaal_dode_brieven(self) -> None:
        """Replay those that may do better now; what is broken stays aside."""
        wereld = self._wereld
        for sleutel, brief in list(wereld.geheugen.tabellen["dead_letter"].items()):
            if brief.error == "ValueError":
                del wereld.geheugen.tabellen["dead_letter"][sleutel]
                headers = tuple((naam, waarde.encode()) for naam, waarde in brief.headers.items())
                wereld.topics[brief.topic].herhaal(brief.partition, brief.key, brief.payload, headers)
                wereld.telling["dead letter replayed"] += 1

    async def hit(self, naam: str) -> None:
        """Pass a failpoint."""
        wereld = self._wereld
        wereld.telling[f"passed {naam}"] += 1
        wereld.noteer(naam)
        await p.beurt()
        onrust = self._onrust
        if onrust is None:
            return
        # The sweep passes its points seldom, so that the first passing counts for more.
        zelden = naam.startswith("executor") and not wereld.telling[f"killed at {naam}"]
        lot = wereld.kans.random() / (8 if zelden else 1)
        if lot < onrust.dood:
            wereld.telling[f"killed at {naam}"] += 1
            await p.sterf()
        elif lot < onrust.dood * 1.2 and naam in _HERHAALD:
            wereld.telling[f"error at {naam}"] += 1
            raise TransientError("failpoint")

    def bij_statement(self, transactie: Transactie, wat: str) -> None:
        """Before every statement of a transaction."""
        wereld = self._wereld
        wereld.noteer(wat)
        if self.database_weg:
            raise asyncpg.CannotConnectNowError
        onrust = self._onrust
        if onrust is None:
            return
        lot = wereld.kans.random()
        if wat in {"commit", "committed"}:
            if lot < onrust.antwoord:
                gedaan = "done" if wat == "committed" else "not done"
                wereld.telling[f"connection lost at the commit, {gedaan}"] += 1
                raise asyncpg.ConnectionDoesNotExistError
        elif lot < onrust.statement:
            soort = wereld.kans.choice(
                [asyncpg.DeadlockDetectedError, asyncpg.ConnectionDoesNotExistError, asyncpg.AdminShutdownError]
            )
            wereld.telling[f"{soort.__name__}"] += 1
            raise soort
