"""Tell every signal and its count again, as they stand (D2): the event is the one that led to the present state."""

from collections.abc import Callable
from typing import Final
from uuid import UUID

from contracts.signaal import SignaalStatus, SignaalToestand
from platformkit.executor import UnitOfWork
from platformkit.executor.retelling import Retold
from signaal.application.ports import SignaalRepository
from signaal.domain import events
from signaal.domain.signaal import Signaal

_EERSTE_TELLING: Final = 1
_EVENT: Final[dict[SignaalStatus, Callable[[Signaal], SignaalToestand]]] = {
    SignaalStatus.INACTIEF: events.gedeactiveerd,
    SignaalStatus.VERWIJDERD: events.verwijderd,
}


class Republish:
    """The status is the stored one, whatever the date: a version has one content, and readers compare the dates."""

    def __init__(self, signalen: SignaalRepository) -> None:
        self._signalen = signalen

    async def __call__(self, work: UnitOfWork, after: UUID | None, limit: int) -> Retold:
        """Tell the next `limit` signals after an id."""
        gevonden = await self._signalen.bladzijde(work, after, limit)
        for signaal, telling in gevonden:
            work.emit(_event(signaal), version=signaal.versie)
            if telling is not None:
                work.emit(events.geteld(telling), version=_EERSTE_TELLING)
        return Retold(len(gevonden), gevonden[-1][0].signaal_id if len(gevonden) == limit else None)


def _event(signaal: Signaal) -> SignaalToestand:
    """An active signal that has changed since its issue was extended: nothing else leaves it active."""
    if signaal.status is SignaalStatus.ACTIEF:
        return events.afgegeven(signaal) if signaal.versie == 1 else events.verlengd(signaal)
    return _EVENT[signaal.status](signaal)
