"""From an answer of the BRP API (Haal Centraal 2.7.0) to our words.

Reads no more than is used and checks no patterns: official names break the OpenAPI's own, a parent may be an empty
object (trap 8), and what has no value is left out.
"""

from collections.abc import Mapping
from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from brp_proxy.domain.bsn import Bsn
from brp_proxy.domain.leeftijd import Datum, Jaar, JaarMaand
from brp_proxy.domain.persoonslijst import Ouderregistratie, Persoonslijst
from contracts.statistiek import Geslacht

_OVERLEDEN = "O"
_NIET_GELEVERD = frozenset({"F", "W"})
_BINNENLAND = frozenset({"Adres", "Locatie"})
_GEEN_GEMEENTE = frozenset({"0000", "1999"})
"""Unknown, and the register of non-residents (RNI): both stand where a gemeente stands."""

_Jaar = Annotated[int, Field(ge=1850, le=2200)]


class OnbruikbaarAntwoordError(Exception):
    """The answer is not what the BRP API promises. Quotes nothing of it."""


class _Deel(BaseModel):
    model_config = ConfigDict(extra="ignore", alias_generator=to_camel, hide_input_in_errors=True)


class _Tabelwaarde(_Deel):
    code: str | None = None


class _Datum(_Deel):
    datum: date | None = None
    jaar: _Jaar | None = None
    maand: Annotated[int, Field(ge=1, le=12)] | None = None


class _Gebeurtenis(_Deel):
    """Birth or death. A death that is only under investigation has no date, not even an unknown one (trap 20)."""

    datum: _Datum | None = None


class _Verblijfplaats(_Deel):
    type: str = ""
    verblijfadres: Mapping[str, object] = {}
    functie_adres: _Tabelwaarde | None = None


class _Opschorting(_Deel):
    reden: _Tabelwaarde | None = None


class _Ouder(_Deel):
    burgerservicenummer: str | None = None
    ouder_aanduiding: str | None = None
    datum_ingang_familierechtelijke_betrekking: _Datum | None = None


class _Persoon(_Deel):
    burgerservicenummer: str
    naam: Mapping[str, object] = {}
    geboorte: _Gebeurtenis = _Gebeurtenis()
    geslacht: _Tabelwaarde | None = None
    verblijfplaats: _Verblijfplaats | None = None
    gemeente_van_inschrijving: _Tabelwaarde | None = None
    ouders: tuple[_Ouder, ...] = ()
    overlijden: _Gebeurtenis = _Gebeurtenis()
    opschorting_bijhouding: _Opschorting | None = None
    geheimhouding_persoonsgegevens: bool = False


class _Antwoord(_Deel):
    personen: tuple[_Persoon, ...]


def lees(inhoud: bytes, gevraagd: Bsn) -> Persoonslijst | None:
    """The person in the answer; none when the BRP does not know the BSN (or has removed the list: F, W).

    Raises:
        OnbruikbaarAntwoordError: not an answer of this API, or not about this BSN.
    """
    try:
        antwoord = _Antwoord.model_validate_json(inhoud)
    except ValidationError:
        raise OnbruikbaarAntwoordError from None
    if not antwoord.personen:
        return None
    if len(antwoord.personen) > 1 or antwoord.personen[0].burgerservicenummer != gevraagd.waarde:
        raise OnbruikbaarAntwoordError
    return _persoonslijst(antwoord.personen[0], gevraagd)


def _persoonslijst(persoon: _Persoon, bsn: Bsn) -> Persoonslijst | None:
    opschorting = persoon.opschorting_bijhouding
    reden = opschorting.reden.code if opschorting and opschorting.reden else None
    if reden in _NIET_GELEVERD:
        return None
    geheim = persoon.geheimhouding_persoonsgegevens
    overleden_op = _datum(persoon.overlijden.datum)
    return Persoonslijst(
        bsn=bsn,
        geboren=_datum(persoon.geboorte.datum),
        overleden=reden == _OVERLEDEN or persoon.overlijden.datum is not None,
        overleden_op=overleden_op if isinstance(overleden_op, date) else None,
        geheim=geheim,
        woongemeente=None if geheim else _woongemeente(persoon),
        geslacht=_geslacht(persoon),
        ouders=tuple(map(_ouder, persoon.ouders)),
        gegevens=_gegevens(persoon, geheim=geheim),
    )


def _ouder(ouder: _Ouder) -> Ouderregistratie:
    return Ouderregistratie(
        bsn=Bsn.geregistreerd(ouder.burgerservicenummer),
        aanduiding=ouder.ouder_aanduiding,
        ingang=_datum(ouder.datum_ingang_familierechtelijke_betrekking),
    )


def _datum(datum: _Datum | None) -> Datum | None:
    match datum:
        case _Datum(datum=date() as dag):
            return dag
        case _Datum(jaar=int() as jaar, maand=int() as maand):
            return JaarMaand(jaar, maand)
        case _Datum(jaar=int() as jaar):
            return Jaar(jaar)
    return None


def _woongemeente(persoon: _Persoon) -> str | None:
    code = persoon.gemeente_van_inschrijving.code if persoon.gemeente_van_inschrijving else None
    if persoon.verblijfplaats is None or persoon.verblijfplaats.type not in _BINNENLAND:
        return None
    if code is None or len(code) != 4 or not code.isdecimal() or code in _GEEN_GEMEENTE:
        return None
    return code


def _geslacht(persoon: _Persoon) -> Geslacht:
    code = persoon.geslacht.code if persoon.geslacht else None
    return Geslacht(code) if code in set(Geslacht) else Geslacht.ONBEKEND


def _gegevens(persoon: _Persoon, *, geheim: bool) -> Mapping[str, object]:
    """What R032 stores. A secret address is not kept at all: it may be shown nowhere (C7)."""
    geboren = persoon.geboorte.datum
    adres = None if geheim or persoon.verblijfplaats is None else persoon.verblijfplaats.model_dump(by_alias=True)
    return {
        "naam": dict(persoon.naam),
        "geboorte": geboren.model_dump(mode="json", exclude_none=True) if geboren else None,
        "geslacht": _geslacht(persoon).value,
        "verblijfplaats": adres,
    }
