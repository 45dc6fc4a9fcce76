"""Who asked, as a signed fact: good for one question, to one service, by the one that signed it, for a minute (D17)."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Annotated, Any
from uuid import UUID

import httpx
import pytest
import uvicorn
from fastapi import APIRouter, Depends, FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import ECKey

from contracts.http.base import Antwoord, Call
from contracts.http.registry import CALLS
from contracts.rollen import DIENSTEN
from lokaal.sleutels import make_namens
from platformkit.health import Heartbeat
from platformkit.http import auth
from platformkit.http import namens as module
from platformkit.http.app import create_app
from platformkit.http.auth import TokenVerifier, asker, require
from platformkit.http.calls import Http
from platformkit.http.client import ClientCredentials, ServiceClient
from platformkit.http.namens import NamensReader, NamensSigner, needs_reader, needs_signer
from platformkit.http.server import BoundedProtocol
from platformkit.http.signed import RefusedError
from platformkit.identity import Principal
from platformkit.testing import Issuer, eventually_async
from platformkit.testing.issuer import ISSUER

ORGANISATION = UUID("00000000-0000-4000-8000-000000000002")
WHO = Principal(ISSUER, "piet", "portaal", "professional", frozenset({"signalen:lezen"}), ORGANISATION, frozenset())
ASKED = "GET /v1/wie"


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("namens")
    make_namens(folder, ["match", "signaal"])
    return folder


@pytest.fixture
def reader(keys: Path) -> NamensReader:
    return NamensReader("proef", keys / "sleutels.json")


@pytest.fixture
def sign(keys: Path) -> Callable[..., str]:
    """A fact that says what a good one does, but for this; what is none is left out."""

    def _sign(header: dict[str, Any] | None = None, by: str = "match", **other: Any) -> str:
        key = ECKey.import_key((keys / f"{by}.pem").read_bytes())
        now = int(time.time())
        said = {"iss": "match", "aud": "proef", "iat": now, "exp": now + 30, "doel": ASKED, "uitgever": ISSUER}
        said |= {"sub": "piet", "rol": "professional", "organisatie": str(ORGANISATION)} | other
        described = {"alg": "ES256", "typ": "namens+jwt", "kid": key.thumbprint()} | (header or {})
        left = {name: value for name, value in said.items() if value is not None}
        return jwt.encode({name: value for name, value in described.items() if value is not None}, left, key)

    return _sign


def test_who_asked_is_told_and_no_more(keys: Path, reader: NamensReader) -> None:
    told = reader.read(NamensSigner("match", keys / "match.pem").fact(WHO, "proef", ASKED), "match", ASKED)
    assert told.actor == WHO.actor
    assert (told.role, told.organisation, told.client) == ("professional", ORGANISATION, "match")
    assert (told.scopes, told.tenants) == (frozenset(), frozenset()), "it opens nothing by itself"


def test_it_lasts_a_minute_at_most(keys: Path) -> None:
    fact = NamensSigner("match", keys / "match.pem").fact(WHO, "proef", ASKED)
    claims = jwt.decode(fact, ECKey.import_key((keys / "match.pem").read_bytes())).claims
    assert claims["exp"] - claims["iat"] <= 60
    assert claims.keys() == {"iss", "aud", "iat", "exp", "doel", "uitgever", "sub", "rol", "organisatie"}


@pytest.mark.parametrize(
    ("passed", "counts"), [(0, True), (29, True), (-29, True), (32, False), (-32, False), (60, False)]
)
def test_clocks_may_differ_by_half_a_minute(
    keys: Path, reader: NamensReader, monkeypatch: pytest.MonkeyPatch, passed: int, counts: bool
) -> None:
    fact, now = NamensSigner("match", keys / "match.pem").fact(WHO, "proef", ASKED), time.time()
    monkeypatch.setattr(module, "time", SimpleNamespace(time=lambda: now + passed))
    if counts:
        assert reader.read(fact, "match", ASKED)
    else:
        with pytest.raises(RefusedError, match="namens-time"):
            reader.read(fact, "match", ASKED)


OTHERS = {
    "to another service": ({"aud": "signaal"}, "namens-other"),
    "to several": ({"aud": ["proef", "signaal"]}, "namens-claims"),
    "another question": ({"doel": "GET /v1/anders"}, "namens-other"),
    "the same path by another method": ({"doel": "POST /v1/wie"}, "namens-other"),
    "says that another signed it": ({"iss": "signaal"}, "namens-other"),
    "signed by another": ({"by": "signaal"}, "namens-signature"),
    "signed by another, who says so": ({"by": "signaal", "iss": "signaal"}, "namens-signature"),
    "an unknown role": ({"rol": "koning"}, "namens-role"),
    "a service as a person": ({"rol": ""}, "namens-role"),
    "nobody": ({"sub": ""}, "namens-claims"),
    "no time": ({"iat": None}, "namens-claims"),
    "a time that is none": ({"iat": 10**400}, "namens-claims"),
    "an organisation that is none": ({"organisatie": "x"}, "namens-claims"),
    "another kind of token": ({"header": {"typ": "JWT"}}, "namens-type"),
    "no kind": ({"header": {"typ": None}}, "namens-type"),
}


@pytest.mark.parametrize("case", OTHERS)
def test_another_fact_is_refused(reader: NamensReader, sign: Callable[..., str], case: str) -> None:
    other, rule = OTHERS[case]
    assert reader.read(sign(), "match", ASKED)
    with pytest.raises(RefusedError, match=rule) as refused:
        reader.read(sign(**other), "match", ASKED)
    assert refused.value.code == "namens-ongeldig"


def test_only_the_bearer_of_the_request_may_bring_his_own(
    reader: NamensReader, sign: Callable[..., str], keys: Path
) -> None:
    for dienst in ("signaal", "notificatie", "portaal", ""):
        with pytest.raises(RefusedError, match="namens-signature"):
            reader.read(sign(), dienst, ASKED)
    with pytest.raises(RefusedError, match="namens-signature"):
        NamensReader("proef", None).read(sign(), "match", ASKED)


def test_the_users_own_token_is_no_fact(reader: NamensReader) -> None:
    for token in (Issuer().token(), Issuer().token(header={"typ": "namens+jwt"}), Issuer().token(iss="match")):
        with pytest.raises(RefusedError):
            reader.read(token, "match", ASKED)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(fact=st.one_of(st.text(max_size=60), st.from_regex(r"[\w-]{0,20}\.[\w-]{0,20}\.[\w-]{0,20}", fullmatch=True)))
def test_whatever_is_sent_as_a_fact_is_refused(reader: NamensReader, fact: str) -> None:
    with pytest.raises(RefusedError):
        reader.read(fact, "match", ASKED)


def test_keys_can_be_replaced_one_after_the_other(keys: Path, tmp_path: Path) -> None:
    """The new public key is handed out first, then the private one is used, then the old public one goes."""
    make_namens(tmp_path, ["match"])
    old, new = (json.loads((folder / "sleutels.json").read_text())["match"]["keys"] for folder in (keys, tmp_path))
    both = tmp_path / "beide.json"
    both.write_text(json.dumps({"match": {"keys": [*old, *new]}}))
    for folder in (keys, tmp_path):
        fact = NamensSigner("match", folder / "match.pem").fact(WHO, "proef", ASKED)
        assert NamensReader("proef", both).read(fact, "match", ASKED).subject == "piet"


def test_the_contracts_say_who_needs_a_key_for_it() -> None:
    assert {name for name in DIENSTEN if needs_signer(name)} == {"signaal", "match", "inzage"}
    assert {call.service for call in CALLS if needs_reader(call.service)} == {"brp-proxy", "signaal"}


class Wie(Antwoord):
    gebruiker: str
    naam: str


OVER = Call("proef", "GET", "/wie/{naam}", "contactgegevens:lezen", Wie, namens=True)


def application(reader: NamensReader, issuer: Issuer) -> FastAPI:
    """What says who asked it."""
    router = APIRouter()

    @router.get("/wie")
    async def wie(
        # The order in which they stand decides nothing.
        gebruiker: Annotated[Principal, Depends(asker)],
        dienst: Annotated[Principal, Depends(require("contactgegevens:lezen"))],
    ) -> list[str]:
        return [dienst.client, gebruiker.subject]

    @router.get(OVER.path, dependencies=[Depends(require(OVER.scope))])
    async def over(naam: str, gebruiker: Annotated[Principal, Depends(asker)]) -> Wie:
        return Wie(gebruiker=gebruiker.subject, naam=naam)

    return create_app(
        title="Proef",
        description="Proef",
        routers=[router],
        problems={},
        verifier=TokenVerifier(ISSUER, "proef", issuer.http()),
        namens=reader,
        heartbeat=Heartbeat(None),
        checks={},
    )


@pytest.fixture
async def api(reader: NamensReader) -> AsyncIterator[tuple[httpx.AsyncClient, Issuer]]:
    issuer = Issuer()
    transport = httpx.ASGITransport(application(reader, issuer))
    async with httpx.AsyncClient(transport=transport, base_url="http://proef") as http:
        yield http, issuer


class Tokens(ClientCredentials):
    """Those of match, without asking for them."""

    def __init__(self, issuer: Issuer) -> None:
        self._issuer = issuer

    async def token(self, scope: str) -> str:
        return self._issuer.of_service("match")


@pytest.fixture
async def served(reader: NamensReader, keys: Path) -> AsyncIterator[ServiceClient]:
    """Match, which asks over a socket in the name of piet."""
    issuer = Issuer()
    server = uvicorn.Server(uvicorn.Config(application(reader, issuer), port=0, http=BoundedProtocol, log_config=None))
    serving = asyncio.create_task(server.serve())
    await eventually_async(lambda: asyncio.sleep(0, server.started), "the server")
    url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    async with Http() as http:
        yield ServiceClient(http, url, Tokens(issuer), NamensSigner("match", keys / "match.pem"))
    server.should_exit = True
    await serving


@pytest.mark.parametrize(
    "naam", ["een twee", "é", "a@b:c,d;e=f&g", "a?b", "a#b", "%41", "%2e", "x+y", "it's", "(~_-*)"]
)
async def test_the_path_that_is_asked_is_the_one_that_was_signed_however_it_is_written(
    served: ServiceClient, naam: str
) -> None:
    """Aiohttp writes fewer characters as `%..` than we do; what is answered is what they stand for."""
    reset = auth._asking.set(WHO)
    try:
        assert await served.ask(OVER, naam=naam) == Wie(gebruiker="piet", naam=naam)
    finally:
        auth._asking.reset(reset)


async def test_over_http(api: tuple[httpx.AsyncClient, Issuer], sign: Callable[..., str]) -> None:
    http, issuer = api
    match = {"Authorization": f"Bearer {issuer.of_service('match')}"}
    for headers, status, said in (
        (match | {"Namens": sign()}, 200, ["match", "piet"]),
        (match, 400, "namens-ontbreekt"),
        (match | {"Namens": ""}, 400, "namens-ongeldig"),
        (match | {"Namens": "WyJhbGciXQ.e30.xx"}, 400, "namens-ongeldig"),
        (match | {"Namens": issuer.of_user("piet")}, 400, "namens-ongeldig"),
        (match | {"Namens": sign(doel="GET /v1/anders")}, 400, "namens-ongeldig"),
        ({"Namens": sign()}, 401, "niet-ingelogd"),
        ({"Authorization": f"Bearer {sign()}"}, 401, "niet-ingelogd"),
        ({"Authorization": f"Bearer {issuer.of_service('notificatie')}", "Namens": sign()}, 400, "namens-ongeldig"),
        (
            {"Authorization": f"Bearer {issuer.of_service('signaal')}", "Namens": sign(by="signaal", iss="signaal")},
            403,
            None,
        ),
    ):
        answer = await http.get("/v1/wie", headers=headers)
        assert answer.status_code == status, answer.text
        assert said in (None, answer.json() if status == 200 else answer.json()["code"])
