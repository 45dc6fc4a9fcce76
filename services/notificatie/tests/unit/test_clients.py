"""The questions to signaal and match, and that any answer but a clear one makes the mails wait."""

import asyncio
import json
from typing import Any
from uuid import UUID

import httpx
import pytest
from pydantic import SecretStr

from notificatie.adapters.http.match import MatchClient
from notificatie.adapters.http.signaal import SignaalClient
from notificatie.application.ports import Adres
from platformkit.errors import TransientError
from platformkit.http.client import ClientCredentials, ServiceClient
from platformkit.http.namens import NamensSigner
from platformkit.testing import Issuer, Pretended

EEN, TWEE, DRIE = (UUID(int=number) for number in (1, 2, 3))
EEN_ADRES = Adres("a@b.example", "Altra")


class Ander:
    """Another service: answers what the test says and remembers what was asked."""

    def __init__(self, status: int = 200, **answer: Any) -> None:
        self.answer = httpx.Response(
            status,
            **(answer or {"json": {"items": [{"account": str(EEN), "email": "a@b.example", "organisatie": "Altra"}]}}),
        )
        self.asked: list[Any] = []
        self._issuer = Issuer()

    def client(self) -> ServiceClient:
        http = Pretended(self._said)
        return ServiceClient(
            http,
            "http://ander.example",
            ClientCredentials(http, "http://issuer.example", "notificatie", SecretStr("x")),
            NamensSigner("notificatie", None),
        )

    def _said(self, request: httpx.Request) -> httpx.Response:
        if request.url.host != "ander.example":
            return self._issuer.answer(request)
        self.asked.append((request.method, request.url.path, json.loads(request.content)))
        return self.answer


async def test_a_coordinator_is_asked_by_convenant() -> None:
    """And by nobody's reference: a signaal of the release before still demands the field."""
    ander = Ander(json={"items": [{"account": None, "email": "c@b.example"}]})
    # As long as a code of ours may be.
    assert await SignaalClient(ander.client()).van_coordinator("a" * 63) == Adres("c@b.example", None)
    assert ander.asked == [("POST", "/v1/meldadressen", {"coordinatorVan": "a" * 63, "personen": []})]


async def test_accounts_that_are_ready_together_are_one_question_and_each_gets_its_own_answer() -> None:
    ander = Ander(
        json={
            "items": [
                {"account": str(EEN), "email": "a@b.example", "organisatie": "Altra"},
                {"account": str(TWEE), "email": "e@b.example"},
            ]
        }
    )
    adressen = SignaalClient(ander.client())
    together = await asyncio.gather(*(adressen.van_account(each) for each in (TWEE, EEN, DRIE, TWEE)))
    assert together == [Adres("e@b.example", None), EEN_ADRES, None, Adres("e@b.example", None)]
    assert await adressen.van_account(EEN) == EEN_ADRES
    assert ander.asked == [
        ("POST", "/v1/meldadressen", {"accounts": [str(EEN), str(TWEE), str(DRIE)]}),
        ("POST", "/v1/meldadressen", {"accounts": [str(EEN)]}),
    ]


async def test_nobody_to_tell_is_an_answer() -> None:
    adressen = SignaalClient(Ander(json={"items": []}).client())
    assert await adressen.van_account(EEN) is None
    assert await adressen.van_coordinator("amsterdam") is None


async def test_a_failed_question_fails_all_who_asked_it_and_nobody_after() -> None:
    ander = Ander(503)
    adressen = SignaalClient(ander.client())
    together = await asyncio.gather(*(adressen.van_account(each) for each in (EEN, TWEE)), return_exceptions=True)
    assert [type(each) for each in together] == [TransientError] * 2
    ander.answer = httpx.Response(
        200, json={"items": [{"account": str(EEN), "email": "a@b.example", "organisatie": "Altra"}]}
    )
    assert await adressen.van_account(EEN) == EEN_ADRES


async def test_who_is_cut_off_takes_nobody_elses_answer_away() -> None:
    adressen = SignaalClient(Ander().client())
    cut_off, other = (asyncio.create_task(adressen.van_account(EEN)) for _ in range(2))
    await asyncio.sleep(0)
    cut_off.cancel()
    assert await other == EEN_ADRES


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (403, {"json": {}}),
        (404, {"json": {}}),
        (200, {"json": {}}),
        (200, {"json": {"items": [{"account": str(EEN), "email": None}]}}),
        (200, {"text": "<html>"}),
    ],
)
async def test_a_refusal_or_nonsense_makes_the_mail_wait(status: int, answer: Any) -> None:
    with pytest.raises(TransientError):
        await SignaalClient(Ander(status, **answer).client()).van_account(EEN)
    with pytest.raises(TransientError):
        await MatchClient(Ander(status, **answer).client()).betrokken([EEN])


@pytest.mark.regel("R112")
@pytest.mark.parametrize("betrokken", [True, False])
async def test_match_is_asked_about_the_youths_of_one_match(betrokken: bool) -> None:
    ander = Ander(json={"betrokken": betrokken})
    assert await MatchClient(ander.client()).betrokken([EEN, TWEE]) is betrokken
    assert ander.asked == [("POST", "/v1/regiepartijen", {"personen": [str(EEN), str(TWEE)]})]
