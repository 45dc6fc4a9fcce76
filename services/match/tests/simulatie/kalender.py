"""Time in a simulated world: a date that moves, and the clock of each process, a little off."""

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from platformkit.clock import AMSTERDAM

if TYPE_CHECKING:
    from services.match.tests.simulatie.wereld import Wereld


class Klok:
    """The clock of one process: the domain's, a little off."""

    def __init__(self, kalender: "Kalender", scheef: float) -> None:
        self._kalender = kalender
        self._scheef = scheef

    def now(self) -> datetime:
        return self._kalender.nu(self._scheef)


class Kalender:
    """The domain's time, which jumps from day to day."""

    def __init__(self, wereld: "Wereld", *, dagen: bool) -> None:
        """`dagen`: whether the date moves."""
        self._wereld = wereld
        self._dagen = dagen
        self._sprong = timedelta()
        self.scheef = wereld.kans.choice([0.0, 0.0, 2.0])
        """The most that a clock is off."""

    def nu(self, scheef: float = 0.0) -> datetime:
        return self._wereld.geschiedenis.begin + self._sprong + timedelta(seconds=self._wereld.planner.tijd + scheef)

    def vandaag(self) -> date:
        """The latest date that any process can have seen."""
        return self.nu(self.scheef).astimezone(AMSTERDAM).date()

    def klok(self) -> Klok:
        """Of one more process."""
        return Klok(self, self._wereld.kans.uniform(-self.scheef, self.scheef))

    async def verloop(self) -> None:
        """The date moves in every history, mostly from just before a midnight."""
        kans, slaap = self._wereld.kans, self._wereld.slaap
        for _ in range(kans.randint(1, 4)):
            await slaap(kans.expovariate(6))
            if kans.random() < 0.7:
                self._bijna_middernacht()
            else:
                self._verzet(timedelta(hours=kans.randint(1, 40)))
        await slaap(kans.expovariate(8))
        self._wereld.bezig -= 1

    def _bijna_middernacht(self) -> None:
        hier = self.nu().astimezone(AMSTERDAM)
        morgen = datetime(hier.year, hier.month, hier.day, tzinfo=AMSTERDAM) + timedelta(days=1)
        # Local midnights may be 23 or 25 hours apart: subtract as moments, not as clock faces.
        self._wereld.noteer("almost midnight")
        over = morgen.timestamp() - hier.timestamp() - self._wereld.kans.uniform(0, 0.06)
        self._verzet(timedelta(seconds=over))

    def _verzet(self, hoeveel: timedelta) -> None:
        voor = self.nu().astimezone(AMSTERDAM).utcoffset()
        if self._dagen:
            self._sprong += max(hoeveel, timedelta())
        if voor != (self.nu() + timedelta(hours=1)).astimezone(AMSTERDAM).utcoffset():
            self._wereld.telling["summer time began or ended"] += 1
