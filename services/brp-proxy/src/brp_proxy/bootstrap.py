"""The declaration of brp-proxy, and the only place where its parts are put together."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from fastapi import APIRouter

from brp_proxy.adapters.db.herstel import PostgresHerstelRepository
from brp_proxy.adapters.db.levensloop import PostgresLevensloopRepository
from brp_proxy.adapters.db.persoon import PostgresPersoonRepository
from brp_proxy.adapters.db.sleutel import PostgresSleutelRepository
from brp_proxy.adapters.db.verplaatsing import Verplaatsing
from brp_proxy.adapters.db.vervanging import Vervanging
from brp_proxy.adapters.db.volgen import PostgresVolgRepository
from brp_proxy.adapters.http.brp import BrpClient
from brp_proxy.adapters.http.brp_toegang import BrpTokens, Toegang, tls
from brp_proxy.adapters.http.brp_volgen import VolgClient
from brp_proxy.adapters.http.signaal import SignaalClient
from brp_proxy.adapters.kluis import Kluis
from brp_proxy.application.handlers.gevolgden_nalopen import GevolgdenNalopen
from brp_proxy.application.handlers.herlezen import Herlezen
from brp_proxy.application.handlers.herstellen import Herstellen
from brp_proxy.application.handlers.leases_nalopen import LeasesNalopen
from brp_proxy.application.handlers.persoon_bijwerken import Bijwerken
from brp_proxy.application.handlers.persoon_vastleggen import Vastleggen
from brp_proxy.application.handlers.persoonsgegevens_lezen import KaartLezen, KlasseLezen
from brp_proxy.application.handlers.republish import CONTEXT, Republish
from brp_proxy.application.handlers.signalen_verwerken import CONSUMER, SignalenVerwerken
from brp_proxy.application.handlers.sleutels_nalopen import SleutelsNalopen
from brp_proxy.application.handlers.vernietigen import Vernietigen
from brp_proxy.application.handlers.verwijzing_vergelijken import Vergelijken
from brp_proxy.application.handlers.volgindicaties_beeindigen import VolgindicatiesBeeindigen
from brp_proxy.application.handlers.volgindicaties_plaatsen import VolgindicatiesPlaatsen
from brp_proxy.application.handlers.wijzigingen_ophalen import WijzigingenOphalen
from brp_proxy.entrypoints import cli
from brp_proxy.entrypoints.http.persoonsgegevens import persoonsgegevens_router
from brp_proxy.entrypoints.http.persoonsverwijzingen import persoonsverwijzingen_router
from brp_proxy.entrypoints.http.problems import PROBLEMS
from brp_proxy.settings import SLEUTELS, Settings
from contracts.signaal import SignaalToestand
from platformkit.http.app import Check
from platformkit.http.calls import Http
from platformkit.messaging.consumer import Subscription
from platformkit.service import Command, Job, Process, Retelling, Service, every

_LEASES = timedelta(seconds=15)
_VOLGEN = timedelta(seconds=1)


def _sleutels(process: Process[Settings]) -> PostgresSleutelRepository:
    return PostgresSleutelRepository(process.beside(SLEUTELS))


def _personen(process: Process[Settings]) -> PostgresPersoonRepository:
    return PostgresPersoonRepository(Kluis.van(process.settings.sleutel_bestand), _sleutels(process))


def _herstel(process: Process[Settings]) -> PostgresHerstelRepository:
    return PostgresHerstelRepository(Kluis.van(process.settings.sleutel_bestand))


def _herstellen(process: Process[Settings]) -> Herstellen:
    return Herstellen(
        process.executor,
        _sleutels(process),
        herstel=_herstel(process),
        levensloop=PostgresLevensloopRepository(),
    )


def _vervanging(process: Process[Settings]) -> Vervanging:
    return Vervanging(Kluis.van(process.settings.sleutel_bestand), process.executor, process.beside(SLEUTELS))


def _checks(process: Process[Settings]) -> Mapping[str, Check]:
    return {"sleutelbestand": _vervanging(process).compleet}


def _verplaatsing(process: Process[Settings]) -> Verplaatsing:
    return Verplaatsing(Kluis.van(process.settings.sleutel_bestand), _sleutels(process))


def _toegang(process: Process[Settings]) -> tuple[Http, Toegang]:
    settings = process.settings
    # Of its own: nobody else is shown our certificate, or trusted for the BRP's authority.
    http = Http(tls(settings.brp_certificaat, settings.brp_certificaatsleutel, settings.brp_ca))
    process.at_end(http.close)
    vast = {**settings.brp_headers, **({"X-API-KEY": settings.brp_api_key} if settings.brp_api_key else {})}
    tokens = None
    if settings.brp_token_url is not None:
        tokens = BrpTokens(
            http,
            str(settings.brp_token_url),
            settings.brp_client_id,
            settings.brp_client_secret,
            settings.brp_resource_server,
        )
    return http, Toegang(vast, tokens, settings.brp_scope)


def _routers(process: Process[Settings]) -> Sequence[APIRouter]:
    http, toegang = _toegang(process)
    brp, personen = BrpClient(http, str(process.settings.brp_url), toegang), _personen(process)
    return [
        persoonsverwijzingen_router(
            Vastleggen(brp, process.executor, personen), Vergelijken(process.executor, personen)
        ),
        persoonsgegevens_router(KaartLezen(process.executor, personen), KlasseLezen(process.executor, personen)),
    ]


def _subscriptions(_process: Process[Settings]) -> Sequence[Subscription]:
    # A lease that is confirmed a moment later is as good.
    handler = SignalenVerwerken(PostgresLevensloopRepository())
    return [Subscription(CONSUMER, SignaalToestand.TOPIC, handler, gather_ms=250)]


def _jobs(process: Process[Settings]) -> Sequence[Job]:
    signaal = SignaalClient(process.client(process.settings.signaal_url))
    executor, levensloop, sleutels, personen = (
        process.executor,
        PostgresLevensloopRepository(),
        _sleutels(process),
        _personen(process),
    )
    http, toegang = _toegang(process)
    brp = BrpClient(http, str(process.settings.brp_url), toegang)
    volgen, volglijst = VolgClient(http, str(process.settings.brp_update_url), toegang), PostgresVolgRepository()
    herlezen = Herlezen(brp, executor, personen)
    beeindigen = VolgindicatiesBeeindigen(volgen, executor, volglijst, personen)
    following = (volgen, executor, volglijst, personen)
    bijwerken = Bijwerken(brp, executor, personen, levensloop)
    return [
        every("leases", _LEASES, LeasesNalopen(signaal, executor, levensloop, herlezen)),
        every("vernietigen", _LEASES, Vernietigen(executor, levensloop, sleutels, volg_niet_meer=beeindigen)),
        every("sleutels", _LEASES, SleutelsNalopen(executor, sleutels, _herstel(process))),
        every("volgen", _VOLGEN, VolgindicatiesPlaatsen(*following, bijwerken=bijwerken)),
        every(
            "wijzigingen",
            timedelta(seconds=process.settings.volgen_seconden),
            WijzigingenOphalen(*following, bijwerken=bijwerken),
        ),
        every("nalopen", _VOLGEN, GevolgdenNalopen(*following, bijwerken=bijwerken)),
    ]


SERVICE = Service(
    name="brp-proxy",
    settings=Settings,
    description="Geeft diensten van de verwijsindex een verwijzing naar een jeugdige. Alleen voor diensten.",
    problems=PROBLEMS,
    databases=[SLEUTELS],
    checks=_checks,
    routers=_routers,
    subscriptions=_subscriptions,
    jobs=_jobs,
    # As the api: the worker cannot open a person's data.
    retelling=Retelling(lambda process: Republish(_personen(process)), role="api", context=CONTEXT),
    commands={
        "herstel": Command(cli.herstel(_herstellen)),
        "sleutels-verplaatsen": Command(cli.sleutels_verplaatsen(_verplaatsing)),
        "sleutels-vervangen": Command(cli.sleutels_vervangen(_vervanging)),
    },
)
