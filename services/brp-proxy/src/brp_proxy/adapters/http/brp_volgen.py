"""Client of the BRP Update API (Haal Centraal 1.0.0): whom we follow, and who of them changed."""

import json
from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Final

from opentelemetry import metrics
from pydantic import BaseModel, ValidationError

from brp_proxy.adapters.http.brp import SECONDEN
from brp_proxy.adapters.http.brp_toegang import GeweigerdError, Toegang
from brp_proxy.domain.bsn import Bsn
from platformkit.errors import DomainError, TransientError
from platformkit.http.calls import Answer, Http, UnansweredError
from platformkit.logging import get_logger

_EEN = "/volgindicaties/{burgerservicenummer}"
_ALLE = "/volgindicaties"
_WIJZIGINGEN = "/wijzigingen"
_LIJST_SECONDEN = 30.0
_ONBEKEND: Final = 404
_OVER_HEM: Final = frozenset({400, _ONBEKEND, 409, 410, 422})
"""Refusals of an entry that are about the person, and hold up no others."""
_GROOTSTE = 64 * 1024 * 1024
"""In bytes: everybody who is followed comes in one answer, without pages."""

log = get_logger()
_aanroepen = metrics.get_meter("brp_proxy").create_counter("brp.volgen", unit="{call}")


class _Volgindicatie(BaseModel):
    burgerservicenummer: str


class _Volgindicaties(BaseModel):
    volgindicaties: tuple[_Volgindicatie, ...] = ()


class _Wijzigingen(BaseModel):
    burgerservicenummers: tuple[str, ...] = ()


class VolgClient:
    """See `brp_proxy.application.ports.Volgen`. The BSN stands in the path: no span, log line or error holds a path."""

    def __init__(self, client: Http, base_url: str, toegang: Toegang) -> None:
        self._client = client
        self._url = base_url.rstrip("/")
        self._toegang = toegang

    async def plaats(self, bsn: Bsn) -> None:
        await self._zet(bsn, {})

    async def beeindig(self, bsn: Bsn, vandaag: date) -> None:
        await self._zet(bsn, {"einddatum": vandaag.isoformat()}, mag=_ONBEKEND)

    async def gevolgd(self) -> frozenset[Bsn]:
        antwoord = await self._vraag("GET", _ALLE)
        try:
            gelezen = _Volgindicaties.model_validate_json(antwoord.content)
        except ValidationError:
            raise _onbruikbaar() from None
        return _bsns(each.burgerservicenummer for each in gelezen.volgindicaties)

    async def gewijzigd(self, vanaf: date | None) -> frozenset[Bsn]:
        antwoord = await self._vraag("GET", _WIJZIGINGEN, f"?vanaf={vanaf.isoformat()}" if vanaf else "")
        try:
            gelezen = _Wijzigingen.model_validate_json(antwoord.content)
        except ValidationError:
            raise _onbruikbaar() from None
        return _bsns(gelezen.burgerservicenummers)

    async def _zet(self, bsn: Bsn, inhoud: Mapping[str, str], *, mag: int | None = None) -> None:
        antwoord = await self._vraag("PUT", _EEN, bsn=bsn, inhoud=inhoud, mag=_OVER_HEM)
        if not antwoord.is_success and antwoord.status_code != mag:
            raise DomainError("volgindicatie-geweigerd")

    async def _vraag(
        self,
        methode: str,
        pad: str,
        zoekvraag: str = "",
        *,
        bsn: Bsn | None = None,
        inhoud: Mapping[str, str] | None = None,
        mag: Collection[int] = (),
    ) -> Answer:
        """A success, or one of the refusals in `mag`."""
        adres = pad if bsn is None else pad.replace("{burgerservicenummer}", bsn.waarde)
        try:
            antwoord = await self._client.send(
                methode,
                self._url + adres + zoekvraag,
                headers={**await self._toegang.headers(), "Content-Type": "application/json"},
                content=b"" if inhoud is None else json.dumps(inhoud).encode(),
                seconds=SECONDEN if bsn else _LIJST_SECONDEN,
                template=pad,
                largest=_GROOTSTE,
            )
        except (TransientError, UnansweredError) as error:
            log.warning("brp_volgen_niet_beschikbaar", error=str(error))
            raise _weg(pad, "weg") from None
        except GeweigerdError as error:
            log.error("brp_weigert", deel=error.deel, status=error.status)
            raise _weg(pad, "geweigerd") from None
        if antwoord.status_code == 401:
            self._toegang.vernieuw()
        if not antwoord.is_success and antwoord.status_code not in mag:
            log.error("brp_volgen_geweigerd", status=antwoord.status_code)
            raise _weg(pad, str(antwoord.status_code))
        _aanroepen.add(1, {"pad": pad, "uitkomst": "gelukt" if antwoord.is_success else str(antwoord.status_code)})
        return antwoord


def _bsns(gelezen: Iterable[str]) -> frozenset[Bsn]:
    return frozenset(bsn for each in gelezen if (bsn := Bsn.geregistreerd(each)) is not None)


def _weg(pad: str, uitkomst: str) -> TransientError:
    _aanroepen.add(1, {"pad": pad, "uitkomst": uitkomst})
    return TransientError("brp-niet-beschikbaar")


def _onbruikbaar() -> TransientError:
    log.error("brp_volgen_onbruikbaar")
    return TransientError("brp-niet-beschikbaar")
