"""Tell every match again, as it stands (D2); after the generation was raised as a version of the new one (D4)."""

from uuid import UUID

from contracts.base import MatchId
from match.application.handlers.herberekenen import Verandering
from match.application.handlers.verwerken import vergrendel
from match.application.ports import Opslag
from match.domain.events import toestand
from match.domain.signaal import SignaalStatus
from platformkit.executor import UnitOfWork
from platformkit.executor.retelling import Retold


class Republish:
    """A reader may hold a version that a restored database does not know: only a new generation is above all of them.

    An ended match one of whose signals was destroyed is left out: nothing is known any more of that side (D8).
    """

    def __init__(self, opslag: Opslag) -> None:
        self._opslag = opslag

    async def __call__(self, work: UnitOfWork, after: UUID | None, limit: int) -> Retold:
        """Tell the next `limit` matches after an id."""
        opslag = self._opslag
        ids = await opslag.matches.ids_na(work, MatchId(after) if after else None, limit)
        # The locks of whatever else gives a match a version, or changes what its signals say of it.
        gevonden = await opslag.matches.met_id(work, ids)
        await vergrendel(work, opslag, {ref for m in gevonden for ref in (m.persoon_a, m.persoon_b)})
        matches = await opslag.matches.met_id(work, ids)
        signalen = await opslag.projectie.signalen_met_id(
            work, {each for m in matches for each in (m.signaal_a, m.signaal_b)}
        )
        generatie = await opslag.matches.generatie(work)
        opnieuw = []
        for oud in matches:
            a, b = signalen[oud.signaal_a], signalen[oud.signaal_b]
            if SignaalStatus.VERNIETIGD not in {a.status, b.status}:
                opnieuw.append(Verandering(oud.in_generatie(generatie) or oud, a.betrokkene(), b.betrokkene()))
        await opslag.matches.bewaar(work, [each.match for each in opnieuw])
        for each in opnieuw:
            work.emit(toestand(each.match, each.a, each.b), version=each.match.versie)
        return Retold(len(opnieuw), ids[-1] if len(ids) == limit else None)
