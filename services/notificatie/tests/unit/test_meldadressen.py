"""The question to signaal, and that any answer but an address or none makes the mail wait."""

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
    made = Signaal(httpx.Response(status, **(answer or {"json": {"email": "a@b.example"}})))
    return made, SignaalMeldadressen(made)  # type: ignore[arg-type]


async def test_an_account_and_a_coordinator_are_asked_by_id() -> None:
    asked, adressen = signaal()
    assert await adressen.van_account("acc") == "a@b.example"
    assert await adressen.van_coordinator("amsterdam", (PERSOON,)) == "a@b.example"
    assert asked.asked == [
        ("POST", "/v1/meldadressen", {"account": "acc"}),
        ("POST", "/v1/meldadressen", {"coordinatorVan": "amsterdam", "personen": [str(PERSOON)]}),
    ]


async def test_nobody_to_tell_is_an_answer() -> None:
    assert await signaal(json={"email": None})[1].van_account("acc") is None


@pytest.mark.parametrize(
    ("status", "answer"), [(403, {"json": {}}), (404, {"json": {}}), (200, {"json": {}}), (200, {"text": "<html>"})]
)
async def test_a_refusal_or_nonsense_makes_the_mail_wait(status: int, answer: Any) -> None:
    with pytest.raises(TransientError):
        await signaal(status, **answer)[1].van_account("acc")
