"""The API of signaal on real PostgreSQL and Redis; the issuer and brp-proxy answer by their contracts.

Every test uses persons and accounts of its own, so nothing is cleaned between them.
"""

import json
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
import respx
from fastapi import FastAPI
from joserfc import jwt
from joserfc.jwk import ECKey
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.rollen import DIENSTEN, SCOPES
from lokaal.stack import Stack
from lokaal.testing import Pretended
from platformkit.clock import FixedClock
from platformkit.db.engine import make_engine
from platformkit.executor import Executor
from platformkit.health import Heartbeat
from platformkit.http.calls import Http
from platformkit.settings import Profile
from signaal.adapters.db import startdata
from signaal.bootstrap import make_app
from signaal.settings import Settings

NU = datetime(2026, 11, 22, 11, tzinfo=UTC)
ISSUER = "https://issuer.test"
PROXY = "https://brp-proxy.test"
BSN = "999996782"


@pytest.fixture(scope="session")
def addresses(database: Callable[[str], Mapping[str, str]]) -> Mapping[str, str]:
    """By role, for asyncpg; migrated and with the start data."""
    found = database("signaal")
    startdata.load(_sqlalchemy(found["migrate"]), coordinator_domain="postvak.test")
    return found


@pytest.fixture(scope="session")
async def looker(servers: Stack, addresses: Mapping[str, str]) -> AsyncIterator[asyncpg.Connection]:
    """Looks into the database as nobody in the system can, past row-level security."""
    dsn = servers.addresses["postgres"]["superuser"].rpartition("/")[0] + "/signaal"
    connection = await asyncpg.connect(dsn)
    yield connection
    await connection.close()


@pytest.fixture
def klok() -> FixedClock:
    return FixedClock(NU)


@pytest.fixture(scope="session")
async def api_engine(addresses: Mapping[str, str]) -> AsyncIterator[AsyncEngine]:
    engine = make_engine(_sqlalchemy(addresses["api"]), pool=8, application="signaal-test-api")
    yield engine
    await engine.dispose()


@pytest.fixture(scope="session")
async def worker_engine(addresses: Mapping[str, str]) -> AsyncIterator[AsyncEngine]:
    engine = make_engine(_sqlalchemy(addresses["worker"]), pool=8, application="signaal-test-worker")
    yield engine
    await engine.dispose()


@pytest.fixture
def worker(worker_engine: AsyncEngine, klok: FixedClock) -> Executor:
    return Executor(worker_engine, klok, "urn:nld:oin:00000099000000001000:systeem:signaal")


@dataclass
class Persoon:
    """A professional with a token, and where this professional works."""

    token: str
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
    key: ECKey
    looker: asyncpg.Connection
    verwijzing: respx.Route = field(init=False)

    def __post_init__(self) -> None:
        self.verwijzing = self.router.post(f"{PROXY}/v1/persoonsverwijzingen")

    def token(self, subject: str, **claims: Any) -> str:
        now = int(time.time())
        base = {"iss": ISSUER, "aud": "verwijsindex", "sub": subject, "iat": now, "exp": now + 600}
        return jwt.encode({"alg": "ES256", "kid": self.key.kid}, base | claims, self.key, algorithms=["ES256"])

    def dienst(self, naam: str, namens: str | None = None) -> dict[str, str]:
        """Headers of another service."""
        token = self.token(naam, client_id=naam, scope=" ".join(DIENSTEN[naam]))
        return {"Authorization": f"Bearer {token}"} | ({"Namens": namens} if namens else {})

    @property
    def beheerder(self) -> dict[str, str]:
        token = self.token("Bea Beheer", rol="functioneel-beheerder", scope="deelnemers:beheren")
        return {"Authorization": f"Bearer {token}"}

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
        return Persoon(token, UUID(answer.json()["accountId"]), professional_id, organisatie_id)

    def jeugdige(self, persoon_ref: UUID | None = None, **anders: Any) -> UUID:
        """From now on brp-proxy answers with this youth."""
        ref = persoon_ref or uuid4()
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
            headers=wie.headers | {"Idempotency-Key": key or uuid4().hex},
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


@pytest.fixture(scope="session")
def key() -> ECKey:
    return ECKey.generate_key("P-256", {"kid": "test"}, auto_kid=False)


@pytest.fixture
def outside(key: ECKey, monkeypatch: pytest.MonkeyPatch) -> Iterator[respx.MockRouter]:
    """The issuer."""
    with respx.mock(assert_all_called=False) as router:
        monkeypatch.setattr(Http, "send", Pretended(router.async_handler).send)
        router.get(f"{ISSUER}/.well-known/openid-configuration").respond(
            json={"issuer": ISSUER, "jwks_uri": f"{ISSUER}/jwks", "token_endpoint": f"{ISSUER}/token"}
        )
        router.get(f"{ISSUER}/jwks").respond(json={"keys": [key.as_dict(private=False)]})
        router.post(f"{ISSUER}/token").respond(json={"access_token": "own", "expires_in": 600})
        yield router


@pytest.fixture
def settings(addresses: Mapping[str, str], servers: Stack) -> Settings:
    return Settings(
        profiel=Profile.TEST,
        database_url_api=addresses["api"],
        redis_url=servers.addresses["redis"],
        oidc_issuer=ISSUER,
        brp_proxy_url=PROXY,
        brp_proxy_seconds=0.5,
        client_id="signaal",
        client_secret="geheim",
        verzoeken_aantal=12,
        onbekende_bsns_aantal=3,
    )


@pytest.fixture
async def start(klok: FixedClock) -> AsyncIterator[Callable[[Settings], Any]]:
    """Starts the API with these settings."""
    async with AsyncExitStack() as at_end:

        async def started(settings: Settings) -> httpx.AsyncClient:
            app: FastAPI = make_app(settings, klok, Heartbeat(None))
            await at_end.enter_async_context(app.router.lifespan_context(app))
            transport = httpx.ASGITransport(app)
            return await at_end.enter_async_context(httpx.AsyncClient(transport=transport, base_url="http://signaal"))

        yield started


@pytest.fixture
async def wereld(  # noqa: PLR0917  # fixtures come by name
    start: Callable[[Settings], Any],
    settings: Settings,
    outside: respx.MockRouter,
    klok: FixedClock,
    key: ECKey,
    looker: asyncpg.Connection,
) -> Wereld:
    return Wereld(await start(settings), outside, klok, key, looker)


def _sqlalchemy(dsn: str) -> str:
    return dsn.replace("postgresql://", "postgresql+asyncpg://", 1)
