"""The Update API: what is asked, what counts as an answer, and that nobody's number is repeated."""

from datetime import date

import httpx
import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs

from brp_proxy.adapters.http.brp_toegang import Toegang
from brp_proxy.adapters.http.brp_volgen import VolgClient
from brp_proxy.domain.bsn import Bsn
from platformkit.errors import DomainError, TransientError
from platformkit.testing import Pretended

BSN = Bsn("999996770")


class Register:
    """Answers as told, and keeps what it was asked."""

    def __init__(self, status: int = 200, inhoud: object = None) -> None:
        self.status, self.inhoud = status, inhoud
        self.gevraagd: list[tuple[str, str, bytes, str | None]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.raw_path.decode()
        self.gevraagd.append((request.method, path, request.content, request.headers.get("x-api-key")))
        if isinstance(self.inhoud, str):
            return httpx.Response(self.status, text=self.inhoud)
        return httpx.Response(self.status, json=self.inhoud)

    @property
    def client(self) -> VolgClient:
        return VolgClient(Pretended(self), "http://brp/brpupdate/", Toegang({"X-API-KEY": SecretStr("sleutel")}))


async def test_placing_leaves_the_end_open_and_ending_names_today() -> None:
    register = Register(201, {})
    await register.client.plaats(BSN)
    await register.client.beeindig(BSN, date(2026, 11, 28))
    pad = "/brpupdate/volgindicaties/999996770"
    assert register.gevraagd == [
        ("PUT", pad, b"{}", "sleutel"),
        ("PUT", pad, b'{"einddatum": "2026-11-28"}', "sleutel"),
    ]


async def test_who_changed_is_asked_for_by_day() -> None:
    register = Register(200, {"burgerservicenummers": ["999996770", "12", "999999126"]})
    assert await register.client.gewijzigd(date(2026, 11, 27)) == {BSN, Bsn("999999126")}
    assert register.gevraagd == [("GET", "/brpupdate/wijzigingen?vanaf=2026-11-27", b"", "sleutel")]


async def test_all_changes_are_asked_for_without_a_day() -> None:
    register = Register(200, {})
    await register.client.gewijzigd(None)
    assert register.gevraagd == [("GET", "/brpupdate/wijzigingen", b"", "sleutel")]


@pytest.mark.parametrize("status", [400, 404, 409])
async def test_a_refused_entry_is_about_the_person(status: int) -> None:
    with pytest.raises(DomainError, match="volgindicatie-geweigerd"):
        await Register(status, {"code": "x"}).client.plaats(BSN)


async def test_who_is_not_followed_need_not_be_ended() -> None:
    await Register(404, {}).client.beeindig(BSN, date(2026, 11, 28))
    with pytest.raises(DomainError, match="volgindicatie-geweigerd"):
        await Register(400, {}).client.beeindig(BSN, date(2026, 11, 28))


@pytest.mark.parametrize("status", [302, 401, 403, 406, 415, 429, 500, 503])
async def test_any_other_refusal_of_an_entry_is_about_us(status: int) -> None:
    client = Register(status, {}).client
    for zet in (client.plaats(BSN), client.beeindig(BSN, date(2026, 11, 28))):
        with pytest.raises(TransientError, match="brp-niet-beschikbaar"):
            await zet


@pytest.mark.parametrize("inhoud", [{}, {"burgerservicenummers": []}])
async def test_nobody_changed(inhoud: object) -> None:
    assert await Register(200, inhoud).client.gewijzigd(date(2026, 11, 27)) == frozenset()


async def test_whom_we_follow() -> None:
    inhoud = {"volgindicaties": [{"burgerservicenummer": "999996770", "begindatum": "2026-11-27"}]}
    assert await Register(200, inhoud).client.gevolgd() == {BSN}


@pytest.mark.parametrize(
    ("status", "inhoud", "gebeurd"),
    [
        (401, {}, "brp_volgen_geweigerd"),
        (403, {}, "brp_volgen_geweigerd"),
        (404, {}, "brp_volgen_geweigerd"),
        (429, {}, "brp_volgen_geweigerd"),
        (503, {}, "brp_volgen_geweigerd"),
        (200, "<html>999996770", "brp_volgen_onbruikbaar"),
        (200, {"burgerservicenummers": "999996770", "volgindicaties": "999996770"}, "brp_volgen_onbruikbaar"),
        (200, [], "brp_volgen_onbruikbaar"),
    ],
)
async def test_anything_else_is_an_outage_and_repeats_nothing(status: int, inhoud: object, gebeurd: str) -> None:
    client = Register(status, inhoud).client
    with capture_logs() as logs:
        for vraag in (client.gevolgd(), client.gewijzigd(date(2026, 11, 27))):
            with pytest.raises(TransientError) as weg:
                await vraag
            assert "999996770" not in repr(weg.value)
    assert [each["event"] for each in logs] == [gebeurd] * 2
    assert "999996770" not in repr(logs)
