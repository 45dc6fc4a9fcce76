"""What notificatie tells the others: only the two final states, and never to which address (D2)."""

from contracts.notificatie import (
    Kanaal,
    NotificatieAfgeleverd,
    NotificatieMislukt,
    NotificatieStatus,
    NotificatieToestand,
)
from notificatie.domain.notificatie import Besluit, Notificatie, Status


def vertel(notificatie: Notificatie, besluit: Besluit) -> NotificatieToestand | None:
    """The event of a decision, none for one that others need not know."""
    if besluit.status is Status.AFGELEVERD:
        return NotificatieAfgeleverd(
            notificatie_id=notificatie.id,
            kanaal=Kanaal.EMAIL,
            oorzaak=notificatie.oorzaak,
            status=NotificatieStatus.AFGELEVERD,
        )
    if besluit.status is Status.MISLUKT:
        return NotificatieMislukt(
            notificatie_id=notificatie.id,
            kanaal=Kanaal.EMAIL,
            oorzaak=notificatie.oorzaak,
            status=NotificatieStatus.MISLUKT,
            reden=besluit.reden,
        )
    return None
