"""Client of the BRP API (Haal Centraal BRP Personen bevragen 2.7.0)."""

import asyncio
import json
from collections.abc import Collection, Mapping

from opentelemetry import metrics

from brp_proxy.adapters.http.breaker import Breaker, BreakerOpenError
from brp_proxy.adapters.http.brp_antwoord import (
    NietUniekError,
    OnbruikbaarAntwoordError,
    lees,
    lees_allen,
    niet_uniek,
)
from brp_proxy.adapters.http.brp_toegang import GeweigerdError, Toegang
from brp_proxy.adapters.http.brp_velden import velden
from brp_proxy.domain.bsn import Bsn
from brp_proxy.domain.doel import Verwerkingsdoel
from brp_proxy.domain.persoonslijst import Persoonslijst
from platformkit.errors import DomainError, TransientError, UnclearError
from platformkit.http.calls import Answer, Http, UnansweredError
from platformkit.logging import get_logger

SECONDEN = 3.0
"""All of a question, its token and its second try too: signaal's own patience is 4 s, and what is found is to be stored."""
_PAUZE = 0.2
_KRAP = 0.5
"""With less time left a second try is not worth it."""
_WACHT, _LANGST = 15, 60
_MEDIA_TYPE = "application/json; charset=utf-8"

log = get_logger()
_raadplegingen = metrics.get_meter("brp_proxy").create_counter("brp.raadpleging", unit="{call}")


class _MisluktError(Exception):
    """A try that may succeed later. `wacht` is for how many seconds the BRP asked us to stay away, none when it did not."""

    def __init__(self, wacht: int | None = None) -> None:
        super().__init__()
        self.wacht = wacht


class _WegError(_MisluktError):
    """The BRP is away, for everybody. A 500 is not that: the official service gives it for ever on a list with a date that
    does not exist, and whoever asks for that one would shut out all others.
    """


class BrpClient:
    """Asks the BRP for persons by their BSN."""

    def __init__(self, client: Http, base_url: str, toegang: Toegang) -> None:
        self._client = client
        self._url = base_url.rstrip("/") + "/personen"
        self._toegang = toegang
        self._breaker = Breaker("personen")

    async def raadpleeg(self, bsn: Bsn, doel: Verwerkingsdoel) -> Persoonslijst | None:
        """The person, none when the BRP does not know the BSN.

        Raises:
            DomainError: `bsn-niet-uniek`: several current lists bear this BSN.
            TransientError: `brp-niet-beschikbaar`: away, too slow, or refusing us; UnclearError: it answered, and nobody can
                make anything of it, which may be about this person alone.
        """
        try:
            persoon = self._gelezen(await self._antwoord(_vraag_naar([bsn], doel)), bsn)
        except GeweigerdError as error:
            raise _geweigerd(error) from None
        except NietUniekError:
            # Two persons under one number: whose signals would these be? Only the gemeente can put that right.
            log.error("brp_bsn_niet_uniek")
            _raadplegingen.add(1, {"uitkomst": "niet-uniek"})
            raise DomainError("bsn-niet-uniek") from None
        except OnbruikbaarAntwoordError:
            log.error("brp_antwoord_onbruikbaar")
            raise _niet_beschikbaar("onbruikbaar", soort=UnclearError) from None
        _raadplegingen.add(1, {"uitkomst": "gevonden" if persoon else "onbekend"})
        return persoon

    async def raadpleeg_samen(self, bsns: Collection[Bsn], doel: Verwerkingsdoel) -> Mapping[Bsn, Persoonslijst | None]:
        """At most 20 persons in one question, none where the BRP does not know the BSN. Who is absent must be asked for by
        himself: the BRP fails or refuses for all when it does so for one.

        Raises:
            TransientError: `brp-niet-beschikbaar`: away, too slow, or refusing us.
        """
        try:
            antwoord = await self._antwoord(_vraag_naar(bsns, doel))
            if antwoord.status_code == 400 and niet_uniek(antwoord.content):
                return {}
            if antwoord.status_code != 200:
                raise GeweigerdError("personen", antwoord.status_code)
            gelezen = lees_allen(antwoord.content, bsns)
        except GeweigerdError as error:
            raise _geweigerd(error) from None
        except (OnbruikbaarAntwoordError, UnclearError):
            return {}
        _raadplegingen.add(1, {"uitkomst": "samen"})
        return gelezen

    @staticmethod
    def _gelezen(antwoord: Answer, bsn: Bsn) -> Persoonslijst | None:
        if antwoord.status_code == 200:
            return lees(antwoord.content, bsn)
        if antwoord.status_code == 400 and niet_uniek(antwoord.content):
            raise NietUniekError
        raise GeweigerdError("personen", antwoord.status_code)

    async def _antwoord(self, vraag: bytes) -> Answer:
        """An answer that says something."""
        try:
            with self._breaker.guard(_WegError):
                return await self._binnen_de_tijd(vraag)
        except BreakerOpenError as error:
            raise _niet_beschikbaar("onderbroken", error.seconds) from None
        except _WegError as error:
            raise _niet_beschikbaar("weg", error.wacht) from None
        except _MisluktError as error:
            raise _niet_beschikbaar("weg", error.wacht, soort=UnclearError) from None

    async def _binnen_de_tijd(self, vraag: bytes) -> Answer:
        einde = asyncio.get_running_loop().time() + SECONDEN
        try:
            async with asyncio.timeout_at(einde):
                return await self._hoogstens_twee_keer(vraag, einde)
        except TimeoutError:
            log.warning("brp_niet_beschikbaar", error="TimeoutError")
            raise _WegError from None

    async def _hoogstens_twee_keer(self, vraag: bytes, einde: float) -> Answer:
        """A person waits: one more try, and only when there is time for it."""
        try:
            return await self._vraag(vraag)
        except _MisluktError as error:
            pauze = _PAUZE if error.wacht is None else error.wacht
            if asyncio.get_running_loop().time() + pauze + _KRAP > einde:
                raise
        await asyncio.sleep(pauze)
        return await self._vraag(vraag)

    async def _vraag(self, vraag: bytes) -> Answer:
        antwoord = await self._stuur(vraag)
        if antwoord.status_code == 401 and self._toegang.vernieuw():
            antwoord = await self._stuur(vraag)
        return antwoord

    async def _stuur(self, vraag: bytes) -> Answer:
        try:
            known = await self._toegang.headers()
            headers = {**known, "Content-Type": _MEDIA_TYPE, "Accept": _MEDIA_TYPE}
            antwoord = await self._client.send(
                "POST", self._url, headers=headers, content=vraag, seconds=SECONDEN, template="/personen"
            )
        except (TransientError, UnansweredError) as error:
            log.warning("brp_niet_beschikbaar", error=str(error))
            raise _WegError from None
        if antwoord.status_code == 429 or antwoord.status_code >= 500:
            log.warning("brp_niet_beschikbaar", status=antwoord.status_code)
            soort = _MisluktError if antwoord.status_code == 500 else _WegError
            raise soort(_seconden(antwoord.headers.get("retry-after", "")))
        return antwoord


def _vraag_naar(bsns: Collection[Bsn], doel: Verwerkingsdoel) -> bytes:
    vraag = {
        "type": "RaadpleegMetBurgerservicenummer",
        "burgerservicenummer": [bsn.waarde for bsn in bsns],
        "fields": velden(doel),
    }
    return json.dumps(vraag).encode()


def _geweigerd(error: GeweigerdError) -> TransientError:
    """Our key, our authorisation or our question is wrong: nothing the professional can do about it."""
    log.error("brp_weigert", deel=error.deel, status=error.status)
    return _niet_beschikbaar("geweigerd")


def _seconden(retry_after: str) -> int | None:
    return min(int(retry_after), _LANGST) if retry_after.isdecimal() and len(retry_after) < 10 else None


def _niet_beschikbaar(
    uitkomst: str, wacht: int | None = None, *, soort: type[TransientError] = TransientError
) -> TransientError:
    _raadplegingen.add(1, {"uitkomst": uitkomst})
    return soort("brp-niet-beschikbaar", retry_after=wacht or _WACHT)
