"""The declaration of signaal: which adapter stands behind which port, and what each part is made of."""

from collections.abc import Sequence
from datetime import timedelta

from fastapi import APIRouter

from contracts.persoon import PersoonToestand
from platformkit.executor.retelling import Retell
from platformkit.limits import Budget, Budgets
from platformkit.messaging.consumer import Subscription
from platformkit.service import Job, Process, Retelling, Service, every
from platformkit.settings import Profile
from signaal.adapters.db import startdata
from signaal.adapters.db.aanvragen import PostgresAanvraagRepository
from signaal.adapters.db.accounts import PostgresAccountRepository
from signaal.adapters.db.organisaties import PostgresOrganisatieRepository
from signaal.adapters.db.personen import PostgresPersoonRepository
from signaal.adapters.db.signalen import PostgresSignaalRepository
from signaal.adapters.http.brp_proxy import BrpProxyClient
from signaal.application.budgetten import Budgetten
from signaal.application.handlers.contactgegevens_geven import ContactgegevensGeven
from signaal.application.handlers.korte_signalen_tellen import KorteSignalenTellen
from signaal.application.handlers.meldadres_geven import MeldadresGeven
from signaal.application.handlers.organisaties_zoeken import OrganisatiesZoeken
from signaal.application.handlers.personen_verwerken import PersonenVerwerken
from signaal.application.handlers.professional_toelaten import Toelaten
from signaal.application.handlers.republish import Republish
from signaal.application.handlers.signaal_afgeven import Afgeven
from signaal.application.handlers.signaal_afsluiten import Afsluiten
from signaal.application.handlers.signalen_laten_verlopen import SignalenLatenVerlopen
from signaal.application.handlers.signalen_lezen import SignalenLezen
from signaal.application.handlers.verhuisontvangers_geven import VerhuisontvangersGeven
from signaal.application.vragers import Accounts
from signaal.entrypoints.http.deelnemers import deelnemers_router
from signaal.entrypoints.http.diensten import diensten_router
from signaal.entrypoints.http.problems import PROBLEMS
from signaal.entrypoints.http.signalen import signalen_router
from signaal.settings import Settings

_MAILBOXES = "postvak.test"
_KORTE = timedelta(minutes=1)


def _routers(process: Process[Settings]) -> Sequence[APIRouter]:
    executor, settings = process.executor, process.settings
    signalen, accounts = PostgresSignaalRepository(), PostgresAccountRepository()
    organisaties = PostgresOrganisatieRepository()
    vragers = Accounts(executor, accounts)
    lezen = SignalenLezen(executor=executor, accounts=vragers, signalen=signalen)
    proxy = process.client(settings.brp_proxy_url, seconds=settings.brp_proxy_seconds)
    afgeven = Afgeven(
        executor=executor,
        clock=process.clock,
        accounts=vragers,
        budgetten=_budgetten(process),
        personen=BrpProxyClient(proxy, seconds=settings.brp_proxy_seconds),
        jeugdigen=PostgresPersoonRepository(),
        signalen=signalen,
    )
    return [
        signalen_router(
            afgeven=afgeven,
            lezen=lezen,
            afsluiten=Afsluiten(executor=executor, accounts=vragers, signalen=signalen),
        ),
        deelnemers_router(
            zoeken=OrganisatiesZoeken(executor=executor, organisaties=organisaties),
            toelaten=Toelaten(executor=executor, accounts=accounts, organisaties=organisaties),
        ),
        diensten_router(
            accounts=vragers,
            lezen=lezen,
            contactgegevens=ContactgegevensGeven(
                executor=executor, vragers=vragers, accounts=accounts, signalen=signalen
            ),
            meldadres=MeldadresGeven(executor=executor, accounts=accounts, organisaties=organisaties),
            verhuisontvangers=VerhuisontvangersGeven(
                executor=executor, personen=PostgresPersoonRepository(), signalen=signalen, organisaties=organisaties
            ),
        ),
    ]


def _budgetten(process: Process[Settings]) -> Budgetten:
    settings = process.settings
    teller = Budgets(settings.redis_url.get_secret_value())
    process.at_end(teller.close)
    return Budgetten(
        executor=process.executor,
        teller=teller,
        aanvragen=PostgresAanvraagRepository(),
        verzoeken=Budget("signalen", settings.verzoeken_aantal, settings.verzoeken_seconden, "te-veel-verzoeken"),
        onbekende_bsns=Budget(
            "onbekende-bsns",
            settings.onbekende_bsns_aantal,
            settings.onbekende_bsns_seconden,
            "te-veel-onbekende-bsns",
        ),
    )


def _subscriptions(_process: Process[Settings]) -> Sequence[Subscription]:
    handler = PersonenVerwerken(
        personen=PostgresPersoonRepository(),
        signalen=PostgresSignaalRepository(),
        organisaties=PostgresOrganisatieRepository(),
    )
    return [Subscription("signaal.persoon", PersoonToestand.TOPIC, handler)]


def _jobs(process: Process[Settings]) -> Sequence[Job]:
    executor, settings, signalen = process.executor, process.settings, PostgresSignaalRepository()
    verlopen = SignalenLatenVerlopen(executor=executor, signalen=signalen)
    korte = KorteSignalenTellen(executor=executor, signalen=signalen, aantal=settings.korte_signalen_aantal)
    return [
        every("signalen_verlopen", timedelta(seconds=settings.verlopen_seconden), verlopen),
        every("korte_signalen", _KORTE, korte),
    ]


def _retell(_process: Process[Settings]) -> Retell:
    return Republish(PostgresSignaalRepository())


async def _fill(process: Process[Settings]) -> None:
    at_home = process.settings.profiel is not Profile.PRODUCTION
    await process.executor.execute(startdata.load, None, _MAILBOXES if at_home else None)


SERVICE = Service(
    name="signaal",
    settings=Settings,
    description="Signalen afgeven, lezen en afsluiten; organisaties en professionals.",
    problems=PROBLEMS,
    routers=_routers,
    subscriptions=_subscriptions,
    jobs=_jobs,
    retelling=Retelling(_retell),
    fill=_fill,
)
