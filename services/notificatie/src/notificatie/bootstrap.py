"""The declaration of notificatie, and the only place where its parts are put together."""

from collections.abc import Sequence
from datetime import timedelta

from contracts.match import MatchToestand
from contracts.persoon import PersoonToestand
from kanalen.email import SmtpPool
from notificatie.adapters.db.matchstand import PostgresMatchstandRepository
from notificatie.adapters.db.notificatie import PostgresNotificatieRepository
from notificatie.adapters.db.verhuizing import PostgresVerhuizingRepository
from notificatie.adapters.http.match import MatchClient
from notificatie.adapters.http.signaal import SignaalClient
from notificatie.adapters.teksten import JinjaTeksten
from notificatie.application.bezorgen import Bezorger
from notificatie.application.handlers.match_verwerken import MatchVerwerken
from notificatie.application.handlers.personen_verwerken import PersonenVerwerken
from notificatie.application.handlers.verhuizingen_vertellen import VerhuizingenVertellen
from notificatie.entrypoints.jobs import Backlog, Delivery
from notificatie.settings import SENDER, Settings
from platformkit.clock import SystemClock
from platformkit.messaging.consumer import Subscription
from platformkit.service import Job, Process, Service, every

_MEASURE = timedelta(seconds=5)
_VERHUIZINGEN = timedelta(seconds=1)


def _subscriptions(_process: Process[Settings]) -> Sequence[Subscription]:
    handler = MatchVerwerken(PostgresMatchstandRepository(), PostgresNotificatieRepository(), SystemClock())
    personen = PersonenVerwerken(PostgresVerhuizingRepository(), SystemClock())
    return [
        # A mail may take a second.
        Subscription("notificatie.match", MatchToestand.TOPIC, handler, gather_ms=100),
        Subscription("notificatie.persoon", PersoonToestand.TOPIC, personen, gather_ms=100),
    ]


def _jobs(process: Process[Settings]) -> Sequence[Job]:
    settings = process.settings
    signaal = SignaalClient(process.client(settings.signaal_url))
    verhuizingen = VerhuizingenVertellen(
        executor=process.executor,
        verhuizingen=PostgresVerhuizingRepository(),
        notificaties=PostgresNotificatieRepository(),
        melders=signaal,
        machine=SystemClock(),
    )
    email = SmtpPool(settings.smtp, settings.smtp_connections)
    process.at_end(email.close)
    bezorger = Bezorger(
        executor=process.executor,
        notificaties=PostgresNotificatieRepository(),
        regie=MatchClient(process.client(settings.match_url)),
        adressen=signaal,
        email=email,
        teksten=JinjaTeksten(str(settings.portaal_url)),
        machine=SystemClock(),
        domein=settings.mail_domein,
        lease=timedelta(seconds=settings.bezorg_lease_seconden),
    )
    delivery = Delivery(bezorger, settings.smtp_connections)
    return [
        delivery.run,
        every("verhuizingen", _VERHUIZINGEN, verhuizingen),
        every("backlog", _MEASURE, Backlog(bezorger).measure),
    ]


SERVICE = Service(
    name="notificatie",
    settings=Settings,
    description="Vertelt betrokkenen dat er een match is. Er is nog geen eigen API.",
    subscriptions=_subscriptions,
    jobs=_jobs,
    needs={"jobs": SENDER},
)
