"""The question to signaal, and that any answer but addresses makes the mails wait."""

import asyncio
from typing import Any
from uuid import UUID

import httpx
import pytest

from notificatie.adapters.meldadressen import SignaalMeldadressen
from platformkit.errors import TransientError

PERSOON = UUID("6f0e2f9c-4b1e-4a53-9d0a-6d1c2f8f7a10")


class Signaal:
    """Answers what the test says and remembers what was asked."""

    def __init__(self, answer: httpx.Response) -> None:
        self.answer = answer
        self.asked: list[Any] = []

    async def request(self, method: str, path: str, *, json: object = None) -> httpx.Response:
        self.asked.append((method, path, json))
        return self.answer


def signaal(status: int = 200, **answer: Any) -> tuple[Signaal, SignaalMeldadressen]:
    made = Signaal(
        httpx.Response(status, **(answer or {"json": {"items": [{"account": "acc", "email": "a@b.example"}]}}))
    )
    return made, SignaalMeldadressen(made)  # type: ignore[arg-type]


async def test_a_coordinator_is_asked_by_convenant_and_youths() -> None:
    asked, adressen = signaal(json={"items": [{"account": None, "email": "c@b.example"}]})
    assert await adressen.van_coordinator("amsterdam", (PERSOON,)) == "c@b.example"
    assert asked.asked == [("POST", "/v1/meldadressen", {"coordinatorVan": "amsterdam", "personen": [str(PERSOON)]})]


async def test_accounts_that_are_ready_together_are_one_question_and_each_gets_its_own_answer() -> None:
    asked, adressen = signaal(
        json={"items": [{"account": "acc", "email": "a@b.example"}, {"account": "een", "email": "e@b.example"}]}
    )
    together = await asyncio.gather(*(adressen.van_account(each) for each in ("een", "acc", "onbekend", "een")))
    assert together == ["e@b.example", "a@b.example", None, "e@b.example"]
    assert await adressen.van_account("acc") == "a@b.example"
    assert asked.asked == [
        ("POST", "/v1/meldadressen", {"accounts": ["acc", "een", "onbekend"]}),
        ("POST", "/v1/meldadressen", {"accounts": ["acc"]}),
    ]


async def test_nobody_to_tell_is_an_answer() -> None:
    assert await signaal(json={"items": []})[1].van_account("acc") is None
    assert await signaal(json={"items": []})[1].van_coordinator("amsterdam", ()) is None


async def test_a_failed_question_fails_all_who_asked_it_and_nobody_after() -> None:
    asked, adressen = signaal(503)
    together = await asyncio.gather(*(adressen.van_account(each) for each in "ab"), return_exceptions=True)
    assert [type(each) for each in together] == [TransientError] * 2
    asked.answer = httpx.Response(200, json={"items": [{"account": "a", "email": "a@b.example"}]})
    assert await adressen.van_account("a") == "a@b.example"


async def test_who_is_cut_off_takes_nobody_elses_answer_away() -> None:
    _, adressen = signaal()
    cut_off, other = (asyncio.create_task(adressen.van_account("acc")) for _ in range(2))
    await asyncio.sleep(0)
    cut_off.cancel()
    assert await other == "a@b.example"


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (403, {"json": {}}),
        (404, {"json": {}}),
        (200, {"json": {}}),
        (200, {"json": {"items": [{"account": "acc", "email": None}]}}),
        (200, {"text": "<html>"}),
    ],
)
async def test_a_refusal_or_nonsense_makes_the_mail_wait(status: int, answer: Any) -> None:
    with pytest.raises(TransientError):
        await signaal(status, **answer)[1].van_account("acc")
