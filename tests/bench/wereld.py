"""Made-up youths, their parents and signals on them, as prestaties measured: 1.33 signals per youth, two parents,
siblings in 40 % of the families. The same seed gives the same world."""

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import combinations
from uuid import UUID

from contracts.persoon import Ouder, PersoonVastgelegd
from contracts.signaal import Bron, Organisatiesoort, SignaalAfgegeven, SignaalStatus


@dataclass(frozen=True)
class Jeugdige:
    """A youth with two parents."""

    ref: UUID
    ouders: tuple[UUID, UUID]


class Wereld:
    """Enough youths for `signalen` signals."""

    def __init__(self, signalen: int, zaad: int = 4) -> None:
        self._kans = random.Random(zaad)
        self.jeugdigen: list[Jeugdige] = []
        while len(self.jeugdigen) * 1.33 < signalen:
            ouders = (self._id(), self._id())
            self.jeugdigen += [Jeugdige(self._id(), ouders) for _ in range(self._kans.choice([1, 1, 1, 2, 2]))]

    def personen(self, nu: datetime) -> Iterator[PersoonVastgelegd]:
        """The event that tells of each youth."""
        for jeugdige in self.jeugdigen:
            ouders = tuple(Ouder(ouder_ref=ref, sinds=nu, sinds_versie=1) for ref in jeugdige.ouders)
            yield PersoonVastgelegd(persoon_ref=jeugdige.ref, ouders=ouders, woongemeente="0392", geheim=False)

    def signalen(self, aantal: int, nu: datetime) -> Iterator[SignaalAfgegeven]:
        """Signals on random youths, each by another professional."""
        for jeugdige in self.trek(aantal):
            ik = self._id()
            yield SignaalAfgegeven(
                signaal_id=self._id(),
                persoon_ref=jeugdige.ref,
                professional=ik,
                account=ik,
                organisatie=UUID(int=3),
                organisatiesoort=Organisatiesoort.JEUGDHULP,
                locatie=UUID(int=4),
                convenant="zuid-kennemerland",
                gemeente="0392",
                afgegeven_op=nu,
                begindatum=nu.date(),
                einddatum=date(nu.year + 1, nu.month, 1),
                bron=Bron.PORTAAL,
                landelijk=True,
                status=SignaalStatus.ACTIEF,
            )

    def trek(self, aantal: int) -> list[Jeugdige]:
        """Random youths."""
        return self._kans.choices(self.jeugdigen, k=aantal)

    def _id(self) -> UUID:
        return UUID(int=self._kans.getrandbits(128), version=4)


def aantal_matches(jeugdigen: Sequence[Jeugdige]) -> int:
    """How many matches signals on these youths make, each by another professional; one entry per signal.

    Pairs on one youth, and pairs on youths that share a parent.
    """
    per_jeugdige: dict[UUID, int] = defaultdict(int)
    gezinnen: dict[UUID, set[UUID]] = defaultdict(set)
    for each in jeugdigen:
        per_jeugdige[each.ref] += 1
        for ouder in each.ouders:
            gezinnen[ouder].add(each.ref)
    paren = {tuple(sorted(paar)) for refs in gezinnen.values() for paar in combinations(refs, 2)}
    client = sum(aantal * (aantal - 1) // 2 for aantal in per_jeugdige.values())
    return client + sum(per_jeugdige[een] * per_jeugdige[ander] for een, ander in paren)
