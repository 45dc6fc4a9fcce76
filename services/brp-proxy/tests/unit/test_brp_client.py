"""What a question to the BRP becomes, answered or not."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from urllib.parse import parse_qsl

import httpx
import pytest
from pydantic import SecretStr

from brp_proxy.adapters.http import brp as module
from brp_proxy.adapters.http.brp import BrpClient
from brp_proxy.adapters.http.brp_toegang import BrpTokens, Toegang
from brp_proxy.domain.bsn import Bsn
from brp_proxy.domain.doel import Verwerkingsdoel
from platformkit.errors import DomainError, TransientError, UnclearError
from platformkit.testing import Pretended

BSN = Bsn("999996770")
GOED = httpx.Response(200, json={"personen": [{"burgerservicenummer": BSN.waarde}]})
Zegt = httpx.Response | Exception


class Brp:
    """A BRP that says one thing after another, the last one for ever, and an issuer of tokens."""

    def __init__(self, *zegt: Zegt, tokens: Sequence[Zegt] | None = None, lasts: int = 300) -> None:
        self.zegt = list(zegt)
        self.gevraagd: list[httpx.Request] = []
        self.formulieren: list[dict[str, str]] = []
        self.lasts = lasts
        self.wacht: Callable[[], Awaitable[object]] | None = None
        http, uitgever = Pretended(self._antwoord), None
        if tokens is not None:
            self.tokens = list(tokens)
            uitgever = BrpTokens(http, "http://auth/token", "klant", SecretStr("a+b:c%"), "ResourceServer01")
        self.client = BrpClient(http, "http://brp", Toegang({"X-API-KEY": SecretStr("x")}, uitgever, "1-2"))

    async def _antwoord(self, request: httpx.Request) -> httpx.Response:
        if self.wacht is not None:
            await self.wacht()
        if request.url.host == "auth":
            assert request.headers["content-type"] == "application/x-www-form-urlencoded"
            self.formulieren.append(dict(parse_qsl(request.content.decode())))
            if said := self._volgende(self.tokens):
                return said
            token = f"token-{len(self.formulieren)}"
            return httpx.Response(200, json={"access_token": token, "expires_in": self.lasts})
        self.gevraagd.append(request)
        return self._volgende(self.zegt) or GOED

    @staticmethod
    def _volgende(zegt: list[Zegt]) -> httpx.Response | None:
        said = zegt.pop(0) if zegt else None
        if isinstance(said, Exception):
            raise said
        return said

    async def vraag(self) -> str:
        """What came of a question."""
        try:
            return "gevonden" if await self.client.raadpleeg(BSN, Verwerkingsdoel.SIGNAAL) else "onbekend"
        except DomainError as error:
            return error.code
        except TransientError as error:
            return f"{ {'brp-niet-beschikbaar': 'weg'}[error.code] } {error.retry_after}"


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch) -> None:
    monkeypatch.setattr(module, "_PAUZE", 0)


@pytest.mark.parametrize(
    ("status", "inhoud"),
    [
        (400, {"invalidParams": [{"code": "unique", "name": "burgerservicenummer"}]}),
        (200, {"personen": [{"burgerservicenummer": BSN.waarde}] * 2}),
    ],
)
async def test_two_lists_with_one_bsn_are_a_refusal_and_a_log_event(status, inhoud, capsys) -> None:
    assert await Brp(httpx.Response(status, json=inhoud)).vraag() == "bsn-niet-uniek"
    assert "brp_bsn_niet_uniek" in (told := capsys.readouterr().out)
    assert BSN.waarde not in told


async def test_the_question_names_one_bsn_and_the_fields_of_the_purpose() -> None:
    brp = Brp()
    assert await brp.vraag() == "gevonden"
    [request] = brp.gevraagd
    assert str(request.url) == "http://brp/personen"
    assert request.headers["x-api-key"] == "x"
    vraag = json.loads(request.content)
    assert (vraag["type"], vraag["burgerservicenummer"]) == ("RaadpleegMetBurgerservicenummer", [BSN.waarde])
    assert "burgerservicenummer" in vraag["fields"]


TIJDELIJK: list[Zegt] = [
    *(httpx.Response(status) for status in (429, 500, 502, 503, 504)),
    httpx.ReadError("cut"),
    httpx.ConnectTimeout("away"),
]


@pytest.mark.parametrize("zegt", TIJDELIJK)
async def test_what_may_pass_is_asked_once_more(zegt) -> None:
    brp = Brp(zegt)
    assert (await brp.vraag(), len(brp.gevraagd)) == ("gevonden", 2)


@pytest.mark.parametrize("zegt", TIJDELIJK)
async def test_and_no_more_than_once(zegt) -> None:
    brp = Brp(zegt, zegt)
    assert (await brp.vraag(), len(brp.gevraagd)) == ("weg 15", 2)


@pytest.mark.parametrize(
    ("retry_after", "asked", "said"), [("1", 2, "gevonden"), ("7", 1, "weg 7"), ("9999", 1, "weg 60")]
)
async def test_who_asks_for_patience_gets_it_as_far_as_there_is_time(retry_after, asked, said, monkeypatch) -> None:
    paused: list[float] = []

    async def sleep(seconds: float) -> None:
        paused.append(seconds)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    brp = Brp(httpx.Response(429, headers={"Retry-After": retry_after}))
    assert (await brp.vraag(), len(brp.gevraagd)) == (said, asked)
    assert paused == [int(retry_after)] * (asked - 1)


@pytest.mark.parametrize("retry_after", ["", "-1", "Sat, 28 Nov 2026 12:00:00 GMT", "1e9", "²", "9" * 5000])
async def test_a_retry_after_that_is_no_number_of_seconds_is_none(retry_after) -> None:
    answer = httpx.Response(503, headers=[(b"Retry-After", retry_after.encode())])
    assert await Brp(answer, answer).vraag() == "weg 15"


@pytest.mark.parametrize("status", [204, 301, 400, 401, 403, 404, 406, 415, 418])
async def test_a_refusal_of_us_is_not_asked_again_and_is_an_error_of_ours(status, capsys) -> None:
    brp = Brp(httpx.Response(status, json={"code": "x", "detail": BSN.waarde}))
    assert (await brp.vraag(), len(brp.gevraagd)) == ("weg 15", 1)
    assert "brp_weigert" in (told := capsys.readouterr().out)
    assert BSN.waarde not in told


@pytest.mark.parametrize(
    "inhoud",
    [
        b"<html>",
        b"\xff\xfe",
        b'{"personen": {}}',
        b'{"personen": [{"burgerservicenummer": "9957"}]}',
        b'{"personen": [{"burgerservicenummer": "999996770", "geboorte": {"datum": {"datum": "1967-02-30"}}}]}',
    ],
)
async def test_an_answer_that_breaks_the_api_is_told_and_not_quoted(inhoud, capsys) -> None:
    assert await Brp(httpx.Response(200, content=inhoud)).vraag() == "weg 15"
    assert "brp_antwoord_onbruikbaar" in capsys.readouterr().out


async def test_the_whole_takes_no_longer_than_its_time_tokens_included(monkeypatch) -> None:
    monkeypatch.setattr(module, "SECONDEN", 0.01)
    for tokens in (None, []):
        brp = Brp(tokens=tokens)
        brp.wacht = asyncio.Event().wait
        assert await brp.vraag() == "weg 15"


async def test_a_brp_that_is_away_is_left_alone_and_says_when_to_come_back(capsys) -> None:
    brp = Brp(*[httpx.ConnectTimeout("")] * 20)
    assert [await brp.vraag() for _ in range(7)] == ["weg 15"] * 5 + ["weg 10"] * 2
    assert len(brp.gevraagd) == 10
    assert "brp_onderbroken" in capsys.readouterr().out


async def test_a_list_on_which_the_brp_always_fails_shuts_out_nobody_else() -> None:
    # As the official service does on a list with a date that does not exist.
    brp = Brp(*[httpx.Response(500)] * 20)
    assert [await brp.vraag() for _ in range(10)] == ["weg 15"] * 10
    assert await brp.vraag() == "gevonden"


@pytest.mark.parametrize(
    ("antwoord", "onduidelijk"),
    [
        (httpx.Response(500), True),
        (httpx.Response(200, content=b"<html>"), True),
        (httpx.Response(503), False),
        (httpx.Response(429), False),
        (httpx.Response(403), False),
        (httpx.ConnectTimeout(""), False),
    ],
)
async def test_what_may_be_about_one_person_is_told_apart_from_what_is_about_all(antwoord, onduidelijk) -> None:
    with pytest.raises(TransientError, match="brp-niet-beschikbaar") as weg:
        await Brp(antwoord, antwoord).client.raadpleeg(BSN, Verwerkingsdoel.VOLGEN)
    assert isinstance(weg.value, UnclearError) is onduidelijk


async def test_a_token_is_asked_as_the_brp_wants_it_and_kept() -> None:
    brp = Brp(tokens=[])
    assert await asyncio.gather(*(brp.vraag() for _ in range(5))) == ["gevonden"] * 5
    assert brp.formulieren == [
        {
            "grant_type": "client_credentials",
            "client_id": "klant",
            "client_secret": "a+b:c%",
            "scope": "1-2",
            "resourceServer": "ResourceServer01",
        }
    ]
    assert {request.headers["authorization"] for request in brp.gevraagd} == {"Bearer token-1"}


async def test_a_token_is_renewed_before_its_end() -> None:
    brp = Brp(tokens=[], lasts=29)
    assert [await brp.vraag(), await brp.vraag()] == ["gevonden"] * 2
    assert [request.headers["authorization"] for request in brp.gevraagd] == ["Bearer token-1", "Bearer token-2"]


async def test_a_token_that_is_refused_is_replaced_once() -> None:
    brp = Brp(httpx.Response(401), tokens=[])
    assert (await brp.vraag(), len(brp.formulieren)) == ("gevonden", 2)
    brp = Brp(httpx.Response(401), httpx.Response(401), tokens=[])
    assert (await brp.vraag(), len(brp.gevraagd)) == ("weg 15", 2)


@pytest.mark.parametrize(
    ("zegt", "gelogd"),
    [
        (httpx.Response(400, json={"error": "invalid_scope"}), "brp_weigert"),
        (httpx.Response(401, json={"error": "invalid_client"}), "brp_weigert"),
        (httpx.Response(503), "brp_niet_beschikbaar"),
        (httpx.Response(200, json={"token_type": "bearer"}), "brp_niet_beschikbaar"),
        (httpx.Response(200, json=[]), "brp_niet_beschikbaar"),
        (httpx.ConnectTimeout(""), "brp_niet_beschikbaar"),
    ],
)
async def test_without_a_token_nothing_is_asked(zegt, gelogd, capsys) -> None:
    brp = Brp(tokens=[zegt, zegt])
    assert (await brp.vraag(), brp.gevraagd) == ("weg 15", [])
    told = capsys.readouterr().out
    assert gelogd in told
    assert "a+b:c%" not in told


ANDER = Bsn("999970033")


async def test_several_are_asked_for_in_one_question() -> None:
    brp = Brp(httpx.Response(200, json={"personen": [{"burgerservicenummer": BSN.waarde}]}))
    gelezen = await brp.client.raadpleeg_samen([BSN, ANDER], Verwerkingsdoel.VOLGEN)
    assert {bsn: lijst is not None for bsn, lijst in gelezen.items()} == {BSN: True, ANDER: False}
    [request] = brp.gevraagd
    assert json.loads(request.content)["burgerservicenummer"] == [BSN.waarde, ANDER.waarde]


@pytest.mark.parametrize(
    "antwoord",
    [
        httpx.Response(500),
        httpx.Response(400, json={"invalidParams": [{"code": "unique", "name": "burgerservicenummer"}]}),
        httpx.Response(200, content=b"<html>"),
    ],
)
async def test_what_may_be_about_one_of_several_says_nothing_of_the_others(antwoord) -> None:
    assert await Brp(antwoord, antwoord).client.raadpleeg_samen([BSN, ANDER], Verwerkingsdoel.VOLGEN) == {}


@pytest.mark.parametrize("antwoord", [httpx.Response(503), httpx.Response(403), httpx.ConnectTimeout("")])
async def test_what_is_about_all_of_them_is_an_outage(antwoord) -> None:
    with pytest.raises(TransientError, match="brp-niet-beschikbaar"):
        await Brp(antwoord, antwoord).client.raadpleeg_samen([BSN, ANDER], Verwerkingsdoel.VOLGEN)
