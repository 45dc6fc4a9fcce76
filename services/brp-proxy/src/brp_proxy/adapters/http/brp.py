"""Client of the BRP API (Haal Centraal BRP Personen bevragen 2.7.0)."""

import json

from opentelemetry import metrics
from pydantic import SecretStr

from brp_proxy.adapters.http.brp_antwoord import NietUniekError, OnbruikbaarAntwoordError, lees, niet_uniek
from brp_proxy.adapters.http.brp_velden import velden
from brp_proxy.domain.bsn import Bsn
from brp_proxy.domain.doel import Verwerkingsdoel
from brp_proxy.domain.persoonslijst import Persoonslijst
from platformkit.errors import DomainError, TransientError
from platformkit.http.calls import Http, UnansweredError
from platformkit.logging import get_logger

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

    async def raadpleeg(self, bsn: Bsn, doel: Verwerkingsdoel) -> Persoonslijst | None:
        """The person, none when the BRP does not know the BSN.

        Raises:
            DomainError: `bsn-niet-uniek`: several current lists bear this BSN.
            TransientError: `brp-niet-beschikbaar`: away, too slow, failing, or refusing us.
        """
        vraag = {
            "type": "RaadpleegMetBurgerservicenummer",
            "burgerservicenummer": [bsn.waarde],
            "fields": velden(doel),
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
        if antwoord.status_code == 400 and niet_uniek(antwoord.content):
            raise self._niet_uniek()
        if antwoord.status_code != 200:
            # Our key, our authorisation or our question is wrong: nothing the professional can do about it.
            log.error("brp_weigert", status=antwoord.status_code)
            raise self._weg(str(antwoord.status_code))
        try:
            persoon = lees(antwoord.content, bsn)
        except NietUniekError:
            raise self._niet_uniek() from None
        except OnbruikbaarAntwoordError:
            log.error("brp_antwoord_onbruikbaar")
            raise self._weg("onbruikbaar") from None
        _raadplegingen.add(1, {"uitkomst": "gevonden" if persoon else "onbekend"})
        return persoon

    @staticmethod
    def _niet_uniek() -> DomainError:
        # Two persons under one number: whose signals would these be? Only the gemeente can put that right.
        log.error("brp_bsn_niet_uniek")
        _raadplegingen.add(1, {"uitkomst": "niet-uniek"})
        return DomainError("bsn-niet-uniek")

    @staticmethod
    def _weg(uitkomst: str) -> TransientError:
        _raadplegingen.add(1, {"uitkomst": uitkomst})
        return TransientError("brp-niet-beschikbaar", retry_after=_WACHT)
