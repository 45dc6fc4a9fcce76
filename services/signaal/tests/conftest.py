"""The API of signaal on real PostgreSQL and Redis; the issuer and brp-proxy answer by their contracts.

Every test uses persons and accounts of its own, so nothing is cleaned between them.
"""

import json
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
import respx

from contracts.rollen import SCOPES
from lokaal.sleutels import make_namens
from lokaal.stack import Stack
from platformkit.clock import FixedClock
from platformkit.db.database import Database
from platformkit.executor import Executor
from platformkit.health import Heartbeat
from platformkit.http.calls import Http
from platformkit.http.namens import NamensSigner
from platformkit.identity import Principal
from platformkit.service.process import opened
from platformkit.settings import Profile
from platformkit.testing import Issuer, Pretended
from platformkit.testing.issuer import ISSUER
from signaal.adapters.db import startdata
from signaal.bootstrap import SERVICE
from signaal.settings import Settings

NU = datetime(2026, 11, 22, 11, tzinfo=UTC)
PROXY = "https://brp-proxy.test"
BSN = "999996782"
SOURCE = "urn:nld:oin:00000099000000001000:systeem:signaal"


@pytest.fixture(scope="session")
def migrated(database: Callable[[str], Mapping[str, str]]) -> Mapping[str, str]:
    """Before the loop of the tests runs: a migration has one of its own."""
    return database("signaal")


@pytest.fixture(scope="session")
async def addresses(migrated: Mapping[str, str]) -> Mapping[str, str]:
    """By role; migrated and with the start data."""
    settings = Settings(profiel=Profile.TEST, database_url_migrate=migrated["migrate"])
    assert SERVICE.fill is not None
    async with opened(settings, service=SERVICE.name, role="migrate", part="test") as process:
        await SERVICE.fill(process)
    return migrated


@pytest.fixture
def klok() -> FixedClock:
    return FixedClock(NU)


@pytest.fixture(scope="session")
async def api_database(addresses: Mapping[str, str]) -> AsyncIterator[Database]:
    database = Database(addresses["api"], pool=8, application="signaal-test-api")
    yield database
    await database.close()


@pytest.fixture(scope="session")
async def worker_database(addresses: Mapping[str, str]) -> AsyncIterator[Database]:
    database = Database(addresses["worker"], pool=8, application="signaal-test-worker")
    yield database
    await database.close()


@pytest.fixture
def api(api_database: Database, klok: FixedClock) -> Executor:
    return Executor(api_database, klok, SOURCE)


@pytest.fixture
def worker(worker_database: Database, klok: FixedClock) -> Executor:
    return Executor(worker_database, klok, SOURCE)


@dataclass
class Persoon:
    """A professional with a token, and where this professional works."""

    token: str
    subject: str
    account_id: UUID
    professional_id: UUID
    organisatie: UUID

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


@dataclass
class Wereld:
    """The API and everything around it."""

    api: httpx.AsyncClient
    router: respx.MockRouter
    klok: FixedClock
    issuer: Issuer
    looker: asyncpg.Connection
    sleutels: Path
    verwijzing: respx.Route = field(init=False)
    vergelijking: respx.Route = field(init=False)
    refs: dict[str, UUID] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.verwijzing = self.router.post(f"{PROXY}/v1/persoonsverwijzingen")
        self.vergelijking = self.router.post(f"{PROXY}/v1/persoonsverwijzingen/vergelijkingen")
        self.vergelijking.mock(side_effect=self._vergelijk)

    def _vergelijk(self, request: httpx.Request) -> httpx.Response:
        vraag = json.loads(request.content)
        return httpx.Response(200, json={"zelfde": str(self.refs.get(vraag["bsn"])) == vraag["persoonRef"]})

    def token(self, subject: str, **claims: Any) -> str:
        return self.issuer.token(**{"sub": subject, "client_id": None, "rol": None, "scope": None} | claims)

    def dienst(self, naam: str) -> dict[str, str]:
        """Headers of another service."""
        return {"Authorization": f"Bearer {self.issuer.of_service(naam)}"}

    def namens(self, subject: str, organisatie: UUID, doel: str) -> dict[str, str]:
        """Headers of match, which asks `doel` (method and path) for this user."""
        wie = Principal(ISSUER, subject, "portaal", "professional", frozenset(), organisatie, frozenset())
        fact = NamensSigner("match", self.sleutels / "match.pem").fact(wie, "signaal", doel)
        return self.dienst("match") | {"Namens": fact}

    @property
    def beheerder(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.issuer.of_user('Bea Beheer', 'functioneel-beheerder')}"}

    def toelating(self, organisatie: str, gemeente: str, subject: str) -> dict[str, Any]:
        return {
            "naam": f"Naam van {subject}",
            "email": f"{subject}@postvak.test",
            "telefoon": "020-1234567",
            "issuer": ISSUER,
            "subject": subject,
            "organisatieId": str(startdata.organisatie_id(organisatie)),
            "locatieId": str(startdata.locatie_id(organisatie, gemeente)),
        }

    async def professional(
        self,
        organisatie: str = "Altra",
        gemeente: str = "0363",
        *,
        professional_id: UUID | None = None,
        rol: str = "professional",
    ) -> Persoon:
        """A newly admitted professional, or an admitted one at one more organisation."""
        professional_id = professional_id or uuid4()
        subject = f"p{professional_id.hex}"
        answer = await self.api.put(
            f"/v1/professionals/{professional_id}",
            json=self.toelating(organisatie, gemeente, subject),
            headers=self.beheerder,
        )
        assert answer.status_code == 201, answer.text
        organisatie_id = startdata.organisatie_id(organisatie)
        scope = " ".join(SCOPES[rol] or SCOPES["professional"])
        token = self.token(subject, rol=rol, scope=scope, organisatie=str(organisatie_id), client_id="portaal")
        return Persoon(token, subject, UUID(answer.json()["accountId"]), professional_id, organisatie_id)

    def jeugdige(self, persoon_ref: UUID | None = None, **anders: Any) -> UUID:
        """From now on brp-proxy answers with this youth."""
        ref = self.refs[BSN] = persoon_ref or uuid4()
        answer = {
            "persoonRef": str(ref),
            "vastgelegdOp": self.klok.now().isoformat(),
            "uiterlijk": "2040-01-01",
            "woongemeente": "0363",
            "geheim": False,
            "leeftijdsgroep": "4-12",
            "geslacht": "V",
        }
        self.verwijzing.mock(return_value=httpx.Response(200, json=answer | anders))
        return ref

    def geweigerd(self, status: int, code: str) -> None:
        """From now on brp-proxy answers with this problem."""
        self.verwijzing.mock(return_value=httpx.Response(status, json={"code": code, "status": status}))

    async def geef_af(
        self, wie: Persoon, *, key: str | None = None, body: dict[str, Any] | None = None
    ) -> httpx.Response:
        return await self.api.post(
            "/v1/signalen",
            json=body or {"bsn": BSN, "duur": "P1Y"},
            headers=wie.headers | {"Idempotency-Key": key or str(uuid4())},
        )

    async def sluit(self, wie: Persoon, signaal_id: str) -> httpx.Response:
        return await self.api.post(
            f"/v1/signalen/{signaal_id}/afsluitingen", json={"reden": "niet-meer-betrokken"}, headers=wie.headers
        )

    async def events(self, signaal_id: str) -> list[tuple[str, int, dict[str, Any]]]:
        """Kind, version and data of what was told of a signal, in order."""
        rows = await self.looker.fetch(
            "select headers, payload from outbox where headers->>'ce_subject' = $1 order by position", signaal_id
        )
        told = [(json.loads(row["headers"]), json.loads(row["payload"])) for row in rows]
        return [(head["ce_type"].split(".")[-2], int(head["ce_sequence"]), data) for head, data in told]

    async def audit(self, wie: Persoon) -> list[tuple[str, str]]:
        """Action and outcome of what was recorded of a professional, in order."""
        rows = await self.looker.fetch(
            "select action, outcome from audit where actor = $1 order by id", str(wie.account_id)
        )
        return [(row["action"], row["outcome"]) for row in rows]

    async def aantal_signalen(self, persoon_ref: UUID) -> int:
        return await self.looker.fetchval("select count(*) from signaal where persoon_ref = $1", persoon_ref)


@pytest.fixture
def issuer() -> Issuer:
    return Issuer("signaal")


@pytest.fixture
def outside(issuer: Issuer, monkeypatch: pytest.MonkeyPatch) -> Iterator[respx.MockRouter]:
    """The issuer; the token that it gives this service is `own`."""
    with respx.mock(assert_all_called=False) as router:
        monkeypatch.setattr(Http, "send", Pretended(router.async_handler).send)
        router.post(f"{ISSUER}/token").respond(json={"access_token": "own", "expires_in": 600})
        router.get(url__startswith=ISSUER).mock(side_effect=issuer.answer)
        yield router


@pytest.fixture(scope="session")
def sleutels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the keys lie with which services sign who asks."""
    folder = tmp_path_factory.mktemp("namens")
    make_namens(folder, ["signaal", "match"])
    return folder


@pytest.fixture
def settings(addresses: Mapping[str, str], servers: Stack, sleutels: Path) -> Settings:
    return Settings(
        profiel=Profile.TEST,
        database_url_api=addresses["api"],
        redis_url=servers.addresses["redis"],
        oidc_issuer=ISSUER,
        brp_proxy_url=PROXY,
        brp_proxy_seconds=0.5,
        client_secret="geheim",
        namens_sleutel=sleutels / "signaal.pem",
        namens_sleutels=sleutels / "sleutels.json",
        verzoeken_aantal=12,
        onbekende_bsns_aantal=3,
    )


@pytest.fixture
async def start(klok: FixedClock) -> AsyncIterator[Callable[[Settings], Any]]:
    """Starts the API with these settings."""
    async with AsyncExitStack() as at_end:

        async def started(settings: Settings) -> httpx.AsyncClient:
            process = await at_end.enter_async_context(
                opened(settings, service=SERVICE.name, role="api", part="test-api")
            )
            executor = Executor(process.database, klok, settings.source)
            app = SERVICE.app(replace(process, clock=klok, executor=executor), Heartbeat(None))
            transport = httpx.ASGITransport(app)
            return await at_end.enter_async_context(httpx.AsyncClient(transport=transport, base_url="http://signaal"))

        yield started


@pytest.fixture
async def wereld(  # noqa: PLR0917  # fixtures come by name
    start: Callable[[Settings], Any],
    settings: Settings,
    outside: respx.MockRouter,
    klok: FixedClock,
    issuer: Issuer,
    looker: asyncpg.Connection,
    sleutels: Path,
) -> Wereld:
    return Wereld(await start(settings), outside, klok, issuer, looker, sleutels)
