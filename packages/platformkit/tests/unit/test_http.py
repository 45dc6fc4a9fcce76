"""Every answer is one of ours: Dutch problem details, headers everywhere, nothing of what was sent (trap 9)."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Annotated
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict
from pydantic_core import PydanticCustomError

from platformkit.errors import DomainError, TransientError
from platformkit.health import Heartbeat
from platformkit.http import edge
from platformkit.http.app import create_app
from platformkit.http.auth import TokenVerifier, require
from platformkit.http.namens import NamensReader
from platformkit.http.problems import COMMON, Problem
from platformkit.identity import Principal
from platformkit.testing.issuer import ISSUER, Issuer

CANARY = "999993653"
HEADERS = {
    "api-version",
    "cache-control",
    "content-security-policy",
    "strict-transport-security",
    "x-content-type-options",
    "x-frame-options",
}


class Ding(BaseModel):
    model_config = ConfigDict(extra="forbid")
    bsn: str
    aantal: int = 1
    wie: UUID | None = None


router = APIRouter()
AWAY = {
    "weg": TransientError("bestaat-niet-hier", retry_after=9),
    "intern-elders": TransientError("interne-fout"),
    "niet-gemigreerd": asyncpg.UndefinedColumnError(""),
    "netwerk": ConnectionRefusedError(CANARY),
}


@router.post("/dingen", status_code=201)
async def post(
    ding: Ding,
    _asker: Annotated[Principal, Depends(require("signalen:lezen"))],
) -> dict[str, str]:
    match ding.bsn:
        case "regel":
            raise DomainError("regel-zegt-nee", aantal=3, id=uuid4())
        case "onbekende-code":
            raise DomainError("bestaat-niet")
        case "wacht":
            raise DomainError("te-veel-verzoeken", retryAfter=17)
        case "weg" | "intern-elders" | "niet-gemigreerd" | "netwerk":
            raise AWAY[ding.bsn]
        case "traag":
            await asyncio.sleep(60)
        case "kapot":
            raise RuntimeError(CANARY)
        case "verkeerd":
            raise PydanticCustomError("x", "y", {})
    return {}


@pytest.fixture
def issuer() -> Issuer:
    return Issuer()


@pytest.fixture
async def api(issuer: Issuer) -> AsyncIterator[httpx.AsyncClient]:
    own = {"regel-zegt-nee": Problem(409, "De regel zegt nee", "Er zijn er al {aantal}.")}
    app = create_app(
        title="Proef",
        description="Proef",
        routers=[router],
        problems=own,
        verifier=TokenVerifier(ISSUER, "proef", issuer.http()),
        namens=NamensReader("proef", None),
        heartbeat=Heartbeat(None),
        checks={},
    )
    transport = httpx.ASGITransport(app)
    headers = {"Authorization": f"Bearer {issuer.token()}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://proef", headers=headers) as client:
        yield client


def problem(answer: httpx.Response, status: int, code: str) -> dict[str, object]:
    """The problem in `answer`, which must be whole."""
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers.keys() >= HEADERS
    body: dict[str, object] = answer.json()
    assert body["code"] == code
    assert body["status"] == status
    assert body["type"] == f"urn:nl:verwijsindex:probleem:{code}"
    assert body["title"]
    assert body["detail"]
    assert CANARY not in answer.text
    return body


async def test_a_good_request(api: httpx.AsyncClient) -> None:
    answer = await api.post("/v1/dingen", json={"bsn": "x"})
    assert answer.status_code == 201
    assert answer.headers.keys() >= HEADERS
    assert answer.headers["api-version"] == "1.0.0"


JSON = {"content-type": "application/json"}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", "ongeldige-json"),
        (b"\xff\xfe", "ongeldige-json"),
        (b"[" * 60_000, "ongeldige-json"),
        (b'{"bsn": "a\\u0000b"}', "ongeldige-json"),
        (b'{"bsn": "a\x00b"}', "ongeldige-json"),
        (b'{"bsn": "\\ud800"}', "ongeldige-json"),
        (b"", "ongeldige-invoer"),
        (b"null", "ongeldige-invoer"),
        (b"[]", "ongeldige-invoer"),
        (b"{}", "ongeldige-invoer"),
        (json.dumps({"bsn": CANARY, "aantal": CANARY + "x"}).encode(), "ongeldige-invoer"),
        (json.dumps({"bsn": CANARY, "wie": CANARY}).encode(), "ongeldige-invoer"),
        (json.dumps({"bsn": "x", CANARY: "x"}).encode(), "ongeldige-invoer"),
        (json.dumps({"bsn": "x", "Jan de Vries": "x"}).encode(), "ongeldige-invoer"),
    ],
)
async def test_a_bad_body_is_a_400_that_repeats_nothing(api: httpx.AsyncClient, body: bytes, code: str) -> None:
    answer = await api.post("/v1/dingen", content=body, headers=JSON)
    problem(answer, 400, code)
    assert "Vries" not in answer.text


async def test_wrong_fields_are_named_with_what_to_do(api: httpx.AsyncClient) -> None:
    answer = await api.post("/v1/dingen", json={"aantal": "x", "naam": "y"})
    mistakes = problem(answer, 400, "ongeldige-invoer")["fouten"]
    assert {each["veld"] for each in mistakes} == {"bsn", "aantal", "naam"}  # type: ignore[attr-defined, index]
    assert all(each["uitleg"] for each in mistakes)  # type: ignore[attr-defined, index]


async def test_paired_surrogates_are_text(api: httpx.AsyncClient) -> None:
    answer = await api.post("/v1/dingen", content=b'{"bsn": "\\ud83d\\ude00"}', headers=JSON)
    assert answer.status_code == 201


async def test_other_media_types_and_large_bodies(api: httpx.AsyncClient) -> None:
    problem(await api.post("/v1/dingen", content=b"bsn=1"), 415, "verkeerd-mediatype")
    problem(await api.post("/v1/dingen", data={"bsn": "1"}), 415, "verkeerd-mediatype")
    problem(await api.post("/v1/dingen", content=b" " * 70_000, headers=JSON), 413, "te-groot")

    async def in_pieces() -> AsyncIterator[bytes]:
        for _ in range(70):
            yield b" " * 1000

    problem(await api.post("/v1/dingen", content=in_pieces(), headers=JSON), 413, "te-groot")


async def test_paths_and_methods(api: httpx.AsyncClient) -> None:
    problem(await api.get("/v1/bestaat-niet"), 404, "niet-gevonden")
    problem(await api.get("/v1/dingen/"), 404, "niet-gevonden")
    answer = await api.get("/v1/dingen")
    problem(answer, 405, "methode-niet-toegestaan")
    assert answer.headers["allow"] == "POST"


async def test_errors_of_the_domain(api: httpx.AsyncClient) -> None:
    said = problem(await api.post("/v1/dingen", json={"bsn": "regel"}), 409, "regel-zegt-nee")
    assert said["detail"] == "Er zijn er al 3."
    assert said["aantal"] == 3
    problem(await api.post("/v1/dingen", json={"bsn": "onbekende-code"}), 500, "interne-fout")
    wait = await api.post("/v1/dingen", json={"bsn": "wacht"})
    problem(wait, 429, "te-veel-verzoeken")
    assert wait.headers["retry-after"] == "17"


@pytest.mark.parametrize(
    ("bsn", "seconds"), [("weg", "9"), ("intern-elders", "5"), ("netwerk", "5"), ("niet-gemigreerd", "5")]
)
async def test_what_is_away_is_a_503_with_patience(api: httpx.AsyncClient, bsn: str, seconds: str) -> None:
    answer = await api.post("/v1/dingen", json={"bsn": bsn})
    problem(answer, 503, "tijdelijk-niet-beschikbaar")
    assert answer.headers["retry-after"] == seconds


async def test_what_takes_too_long_is_answered_all_the_same(
    api: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(edge, "_ANSWER_SECONDS", 0.05)
    answer = await api.post("/v1/dingen", json={"bsn": "traag"})
    assert (answer.status_code, answer.json()["code"]) == (503, "tijdelijk-niet-beschikbaar")
    assert answer.headers["retry-after"] == "5"


async def test_a_mistake_of_ours_is_a_500_without_its_text(
    api: httpx.AsyncClient, capsys: pytest.CaptureFixture[str]
) -> None:
    problem(await api.post("/v1/dingen", json={"bsn": "kapot"}), 500, "interne-fout")
    said = capsys.readouterr()
    assert "RuntimeError" in said.out
    assert CANARY not in said.out + said.err


async def test_a_preflight_has_the_headers_too(api: httpx.AsyncClient) -> None:
    asks = {"Origin": "https://elders.example", "Access-Control-Request-Method": "POST"}
    answer = await api.options("/v1/dingen", headers=asks)
    assert answer.status_code == 200
    assert answer.headers.keys() >= HEADERS
    assert answer.headers["access-control-allow-origin"] == "*"


async def test_errors_can_be_read_from_another_origin(api: httpx.AsyncClient) -> None:
    answer = await api.post("/v1/dingen", content=b"x", headers={"Origin": "https://elders.example"})
    problem(answer, 415, "verkeerd-mediatype")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "Retry-After" in answer.headers["access-control-expose-headers"]


async def test_the_description_knows_no_422(api: httpx.AsyncClient) -> None:
    described = (await api.get("/v1/openapi.json")).json()
    answers = described["paths"]["/dingen"]["post"]["responses"]
    assert "422" not in answers
    assert {"201", "400", "401", "403", "503"} <= set(answers)
    for answer in answers.values():
        assert "API-Version" in answer["headers"]
    assert set(described["components"]["schemas"]["Probleem"]["properties"]["code"]["enum"]) >= set(COMMON)
    assert not {"HTTPValidationError", "ValidationError"} & set(described["components"]["schemas"])


@pytest.mark.parametrize("code", COMMON)
def test_every_problem_says_in_dutch_what_to_do(code: str) -> None:
    said = COMMON[code]
    assert said.title[0].isupper()
    assert said.detail.endswith(".")
    assert not {"the", "please", "invalid", "error", "request"} & set(f"{said.title} {said.detail}".lower().split())


async def test_who_may(api: httpx.AsyncClient, issuer: Issuer) -> None:
    """401 without a token, 403 without the scope."""
    good = {"bsn": "x"}
    for authorization in ("", "Basic YTpi", "Bearer", "Bearer x", "Bearer é".encode()):
        answer = await api.post("/v1/dingen", json=good, headers={"Authorization": authorization})  # type: ignore[dict-item]
        problem(answer, 401, "niet-ingelogd")
        assert answer.headers["www-authenticate"] == "Bearer"
    old = {"Authorization": f"Bearer {issuer.token(exp=1)}"}
    problem(await api.post("/v1/dingen", json=good, headers=old), 401, "sessie-verlopen")
    for each in ("WyJhbGciXQ.e30.xx", "\xe9.\xe9.\xe9", "." * 60_000, " ", ""):
        bytes_of_anybody = {"Authorization": f"Bearer {each}".encode("latin-1")}
        problem(await api.post("/v1/dingen", json=good, headers=bytes_of_anybody), 401, "niet-ingelogd")
    for scope in ("", "signalen:afgeven", "signalen:lezen2", None):
        other = {"Authorization": f"Bearer {issuer.token(scope=scope)}"}
        problem(await api.post("/v1/dingen", json=good, headers=other), 403, "geen-toegang")


async def test_an_issuer_that_is_away_is_a_503(api: httpx.AsyncClient, issuer: Issuer) -> None:
    issuer.away = True
    problem(await api.post("/v1/dingen", json={"bsn": "x"}), 503, "tijdelijk-niet-beschikbaar")
