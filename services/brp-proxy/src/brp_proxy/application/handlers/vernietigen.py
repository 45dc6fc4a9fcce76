"""The end of a person (D8): key, data, ref, and parents who have no other child here."""

from collections.abc import Collection

from opentelemetry import metrics

from brp_proxy.application.ports import LevensloopRepository
from contracts.base import PersoonRef
from contracts.persoon import PersoonVernietigd, PersoonVernietigdReden
from platformkit.executor import UnitOfWork

_vernietigd = metrics.get_meter("brp_proxy").create_counter("persoon.vernietigd", unit="{person}")


async def vernietig(
    work: UnitOfWork,
    levensloop: LevensloopRepository,
    personen: Collection[PersoonRef],
    reden: PersoonVernietigdReden,
) -> None:
    """Destroy the locked persons and tell it."""
    versies = await levensloop.vernietig(work, personen, reden)
    await work.forget(keys=versies.keys(), subjects=())
    for ref, versie in versies.items():
        work.emit(PersoonVernietigd(reden=reden), version=versie + 1, aggregate_id=ref, key=ref)
        work.after_commit(_vernietigd.add, 1, {"reden": reden.value})
