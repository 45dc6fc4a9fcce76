"""Whom notificatie tells of a move (law 7.1.2.3(1)(g)): asked at the moment of sending, as addresses are."""

from contracts.http.deelnemers import Melder, Verhuisontvangers, VerhuizingVraag
from platformkit.errors import TransientError
from platformkit.executor import Executor, UnitOfWork
from platformkit.identity import Principal
from signaal.application import contexts
from signaal.application.ports import OrganisatieRepository, PersoonRepository, SignaalRepository
from signaal.domain.gebied import woongemeente
from signaal.domain.persoon import Persoonstand


class VerhuisontvangersGeven:
    """Who reported before the move and still is involved, and whose coordinator the youth now belongs to; recorded (D12)."""

    def __init__(
        self,
        *,
        executor: Executor,
        personen: PersoonRepository,
        signalen: SignaalRepository,
        organisaties: OrganisatieRepository,
    ) -> None:
        self._executor = executor
        self._personen = personen
        self._signalen = signalen
        self._organisaties = organisaties

    async def __call__(self, dienst: Principal, vraag: VerhuizingVraag) -> Verhuisontvangers:
        """Nobody at all when no signal on the youth is as old as that.

        Raises:
            TransientError: the move was not heard of here, so that a signal from before it may not be seen yet.
        """
        return await self._executor.execute(self._geef, contexts.dienst("notificatie", dienst.client), vraag)

    async def _geef(self, work: UnitOfWork, vraag: VerhuizingVraag) -> Verhuisontvangers:
        # First: who is issuing a signal at this moment holds this row, and what he issued is seen by what is read next.
        persoon = await self._personen.van(work, vraag.persoon_ref)
        if persoon is None or persoon.versie < vraag.versie:
            raise TransientError("tijdelijk-niet-beschikbaar")
        actief = await self._signalen.actieve_op(work, vraag.persoon_ref)
        melders = [
            Melder(account=each.account, afgegeven_op=each.afgegeven_op)
            for each in actief
            if each.is_van_voor(vraag.versie, vraag.verhuisd_op)
        ]
        work.audit("verhuisontvangers-lezen", outcome="ok", person=vraag.persoon_ref)
        return Verhuisontvangers(
            melders=melders, convenanten=await self._convenanten(work, vraag, persoon) if melders else []
        )

    async def _convenanten(self, work: UnitOfWork, vraag: VerhuizingVraag, persoon: Persoonstand) -> list[str]:
        """None of a youth who is secret by now: where he lives is nobody's business any more."""
        opvolgers = await self._organisaties.opvolgers(work)
        nieuwe = woongemeente(vraag.woongemeente, opvolgers, geheim=persoon.geheim)
        return list(await self._organisaties.convenanten(work, nieuwe)) if nieuwe else []
