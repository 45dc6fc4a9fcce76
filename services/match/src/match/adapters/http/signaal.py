"""Client of signaal: which account a user has, and how to reach the partners of a match (D17)."""

import hashlib
import time
from collections.abc import Mapping, Sequence
from typing import NoReturn, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from match.application.queries import Contact
from platformkit.errors import DomainError, TransientError
from platformkit.http.auth import Principal
from platformkit.http.calls import Answer
from platformkit.http.client import ServiceClient, problem_code
from platformkit.logging import get_logger

_NEE = frozenset({"account-onbekend", "niet-ingelogd", "sessie-verlopen"})
_SECONDEN = 60.0
_AANTAL = 10_000
log = get_logger()


class _Antwoord(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, extra="ignore")


_Vorm = TypeVar("_Vorm", bound=_Antwoord)


class _Account(_Antwoord):
    account_id: UUID


class _Contact(_Antwoord):
    account_id: UUID
    naam: str = Field(repr=False)
    organisatie: str
    locatie: str
    email: str = Field(repr=False)
    telefoon: str | None = Field(repr=False)


class _Contacten(_Antwoord):
    items: list[_Contact]


class SignaalClient:
    """See `match.application.queries.Signaal`. Remembers for a minute which account a token has; contact data never."""

    def __init__(self, client: ServiceClient) -> None:
        self._client = client
        self._accounts: dict[bytes, tuple[float, UUID]] = {}

    async def eigen_account(self, vrager: Principal) -> UUID:
        sleutel = hashlib.sha256(vrager.token.encode()).digest()
        bekend = self._accounts.get(sleutel)
        if bekend is not None and bekend[0] > time.monotonic():
            return bekend[1]
        answer = await self._client.request("GET", "/v1/accounts/eigen", on_behalf_of=vrager)
        account = _lees(answer, _Account).account_id
        if len(self._accounts) >= _AANTAL:
            self._accounts.clear()
        self._accounts[sleutel] = (time.monotonic() + _SECONDEN, account)
        return account

    async def contacten(self, vrager: Principal, accounts: Sequence[UUID]) -> Mapping[UUID, Contact]:
        answer = await self._client.request(
            "POST", "/v1/contactgegevens", json={"accounts": [str(each) for each in accounts]}, on_behalf_of=vrager
        )
        return {
            each.account_id: Contact(each.naam, each.organisatie, each.locatie, each.email, each.telefoon)
            for each in _lees(answer, _Contacten).items
        }


def _lees(answer: Answer, vorm: type[_Vorm]) -> _Vorm:
    if not answer.is_success:
        _weiger(answer)
    try:
        return vorm.model_validate_json(answer.content)
    except ValidationError:
        _weiger(answer)


def _weiger(answer: Answer) -> NoReturn:
    """Pass on what signaal says of the user; anything else is a mistake between us, for the user an outage."""
    code = problem_code(answer)
    if code in _NEE:
        raise DomainError(code)
    log.error("signaal_not_understood", status=answer.status_code)
    raise TransientError("tijdelijk-niet-beschikbaar", retry_after=30)
