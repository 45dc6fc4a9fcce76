"""Client of brp-proxy: from a BSN to a reference (D1). Passes on on whose behalf it asks (D17)."""

import asyncio
from datetime import date
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

from contracts.statistiek import Geslacht, Leeftijdsgroep
from platformkit.errors import DomainError, TransientError
from platformkit.http.auth import Principal
from platformkit.http.calls import Answer
from platformkit.http.client import ServiceClient, problem_code
from platformkit.logging import get_logger
from signaal.domain.signaal import Persoonsverwijzing

_NEE = frozenset({"bsn-ongeldig", "persoon-onbekend", "persoon-overleden", "persoon-te-oud", "geboortedatum-onbekend"})
log = get_logger()


class _Antwoord(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, extra="ignore")

    persoon_ref: UUID
    vastgelegd_op: AwareDatetime
    uiterlijk: date
    woongemeente: str | None
    geheim: bool
    leeftijdsgroep: Leeftijdsgroep
    geslacht: Geslacht


class BrpProxy:
    """Implements the port Personen. `seconds` bounds the whole call, tokens included (D1: far below five minutes)."""

    def __init__(self, client: ServiceClient, *, seconds: float) -> None:
        self._client = client
        self._seconds = seconds

    async def verwijzing(self, bsn: str, vrager: Principal) -> Persoonsverwijzing:
        """See the port."""
        body = {"bsn": bsn, "doel": "signaal"}
        try:
            async with asyncio.timeout(self._seconds):
                answer = await self._client.request("POST", "/v1/persoonsverwijzingen", json=body, on_behalf_of=vrager)
        except TransientError as error:
            raise TransientError("brp-niet-beschikbaar", retry_after=error.retry_after) from None
        except TimeoutError:
            raise TransientError("brp-niet-beschikbaar") from None
        return _vertaal(answer)


def _vertaal(answer: Answer) -> Persoonsverwijzing:
    if answer.is_success:
        try:
            read = _Antwoord.model_validate_json(answer.content)
        except ValidationError:
            raise _onbegrepen(answer) from None
        return Persoonsverwijzing(**read.model_dump())
    code = problem_code(answer)
    if code in _NEE:
        raise DomainError(code)
    raise _onbegrepen(answer)


def _onbegrepen(answer: Answer) -> TransientError:
    """An answer outside the contract is a mistake between us and brp-proxy: for the professional it is an outage."""
    log.error("brp_proxy_not_understood", status=answer.status_code)
    return TransientError("brp-niet-beschikbaar", retry_after=30)
