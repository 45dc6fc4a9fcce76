"""Topic `notificatie`: what became of each message, owned by notificatie. Never to which address (D2)."""

from enum import StrEnum
from uuid import UUID

from contracts.base import Code, Event
from contracts.match import Oorzaak


class Kanaal(StrEnum):
    """How somebody is told."""

    EMAIL = "email"


class NotificatieStatus(StrEnum):
    """Final states."""

    AFGELEVERD = "afgeleverd"
    MISLUKT = "mislukt"


class NotificatieToestand(Event):
    """State of a notification; `reden` is a stable code, never a provider's text."""

    TOPIC = "notificatie"

    notificatie_id: UUID
    kanaal: Kanaal
    oorzaak: Oorzaak
    status: NotificatieStatus
    reden: Code | None = None

    @property
    def aggregate_id(self) -> UUID:
        return self.notificatie_id


class NotificatieAfgeleverd(NotificatieToestand):
    """Handed to the mail server, which took it."""

    TYPE = "nl.verwijsindex.notificatie.afgeleverd.v1"


class NotificatieMislukt(NotificatieToestand):
    """Given up, with the reason's code."""

    TYPE = "nl.verwijsindex.notificatie.mislukt.v1"
