"""The end of a person (D8): key, data, ref, and parents who have no other child here."""

from collections.abc import Mapping
from uuid import UUID

from opentelemetry import metrics

from brp_proxy.application.ports import Levensloop
from contracts.persoon import PersoonVernietigd, PersoonVernietigdReden
from platformkit.executor import UnitOfWork

_vernietigd = metrics.get_meter("brp_proxy").create_counter("persoon.vernietigd", unit="{person}")


async def vernietig(
    work: UnitOfWork, levensloop: Levensloop, personen: Mapping[UUID, str | None], reden: PersoonVernietigdReden
) -> None:
    """Destroy the locked persons and tell it; `personen` has with each the traceparent of what caused it."""
    versies = await levensloop.vernietig(personen.keys(), reden, work.now)
    for ref, versie in versies.items():
        work.emit(
            PersoonVernietigd(reden=reden), version=versie + 1, aggregate_id=ref, key=ref, traceparent=personen[ref]
        )
        _vernietigd.add(1, {"reden": reden.value})
