"""Client of the BRP API (Haal Centraal BRP Personen bevragen 2.7.0)."""

import json
from collections.abc import Mapping
from types import MappingProxyType

from opentelemetry import metrics
from pydantic import SecretStr

from brp_proxy.adapters.http.brp_antwoord import OnbruikbaarAntwoordError, lees
from brp_proxy.domain.bsn import Bsn
from brp_proxy.domain.persoonslijst import Persoonslijst
from contracts.http.persoonsverwijzingen import Doel
from platformkit.errors import TransientError
from platformkit.http.calls import Http, UnansweredError
from platformkit.logging import get_logger

VELDEN: Mapping[Doel, tuple[str, ...]] = MappingProxyType(
    {
        Doel.SIGNAAL: (
            "burgerservicenummer",
            "naam.voornamen",
            "naam.voorvoegsel",
            "naam.geslachtsnaam",
            "naam.volledigeNaam",
            "geboorte.datum",
            "geslacht",
            "verblijfplaats.verblijfadres",
            "verblijfplaats.functieAdres",
            "gemeenteVanInschrijving",
            "ouders.burgerservicenummer",
            "ouders.ouderAanduiding",
            "ouders.datumIngangFamilierechtelijkeBetrekking",
            "overlijden.datum",
        )
    }
)
"""What is asked, by purpose: no more than R032 stores and a match needs (data minimisation, AVG 5(1)(c))."""

SECONDEN = 3.0
"""The whole call, not each part of it: a BRP that drips is as good as one that is away."""
_WACHT = 15
_MEDIA_TYPE = "application/json; charset=utf-8"

log = get_logger()
_raadplegingen = metrics.get_meter("brp_proxy").create_counter("brp.raadpleging", unit="{call}")


class BrpClient:
    """Asks the BRP for one person at a time."""

    def __init__(self, client: Http, base_url: str, api_key: SecretStr) -> None:
        self._client = client
        self._url = base_url.rstrip("/") + "/personen"
        self._api_key = api_key

    async def raadpleeg(self, bsn: Bsn, doel: Doel) -> Persoonslijst | None:
        """The person, none when the BRP does not know the BSN.

        Raises:
            TransientError: `brp-niet-beschikbaar`: away, too slow, failing, or refusing us.
        """
        vraag = {
            "type": "RaadpleegMetBurgerservicenummer",
            "burgerservicenummer": [bsn.waarde],
            "fields": VELDEN[doel],
        }
        headers = {
            "X-API-KEY": self._api_key.get_secret_value(),
            "Content-Type": _MEDIA_TYPE,
            "Accept": _MEDIA_TYPE,
        }
        try:
            antwoord = await self._client.send(
                "POST",
                self._url,
                headers=headers,
                content=json.dumps(vraag).encode(),
                seconds=SECONDEN,
                template="/personen",
            )
        except UnansweredError as error:
            log.warning("brp_niet_beschikbaar", error=str(error))
            raise self._weg("weg") from None
        if antwoord.status_code == 429 or antwoord.status_code >= 500:
            log.warning("brp_niet_beschikbaar", status=antwoord.status_code)
            raise self._weg(str(antwoord.status_code))
        if antwoord.status_code != 200:
            # Our key, our authorisation or our question is wrong: nothing the professional can do about it.
            log.error("brp_weigert", status=antwoord.status_code)
            raise self._weg(str(antwoord.status_code))
        try:
            persoon = lees(antwoord.content, bsn)
        except OnbruikbaarAntwoordError:
            log.error("brp_antwoord_onbruikbaar")
            raise self._weg("onbruikbaar") from None
        _raadplegingen.add(1, {"uitkomst": "gevonden" if persoon else "onbekend"})
        return persoon

    @staticmethod
    def _weg(uitkomst: str) -> TransientError:
        _raadplegingen.add(1, {"uitkomst": uitkomst})
        return TransientError("brp-niet-beschikbaar", retry_after=_WACHT)
