"""From an answer of the BRP API (Haal Centraal 2.7.0) to our words.

Reads no more than is used and checks no patterns: official names break the OpenAPI's own, a parent may be an empty
object (trap 8), and what has no value is left out.
"""

import json
from collections.abc import Collection, Mapping
from contextlib import suppress
from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
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


class NietUniekError(Exception):
    """More than one current list bears the BSN."""


class _Deel(BaseModel):
    model_config = ConfigDict(extra="ignore", alias_generator=to_camel, hide_input_in_errors=True)

    @model_validator(mode="before")
    @classmethod
    def _zonder_null(cls, gegeven: object) -> object:
        """What has no value is left out, and a gateway that says null for it says no more."""
        if not isinstance(gegeven, dict):
            return gegeven
        return {naam: waarde for naam, waarde in gegeven.items() if waarde is not None}


class _Tabelwaarde(_Deel):
    code: str | None = None


class _Datum(_Deel):
    datum: date | None = None
    jaar: _Jaar | None = None
    maand: Annotated[int, Field(ge=1, le=12)] | None = None


class _Gebeurtenis(_Deel):
    """Birth or death. A death that is only under investigation has no date, not even an unknown one (trap 20)."""

    datum: _Datum | None = None


class _Onderzoek(_Deel):
    """What of a person or of his verblijfplaats is under investigation; what is not says nothing."""

    type: bool = False
    gemeente_van_inschrijving: bool = False


class _Verblijfplaats(_Deel):
    type: str = ""
    verblijfadres: Mapping[str, object] = {}
    functie_adres: _Tabelwaarde | None = None
    in_onderzoek: _Onderzoek = _Onderzoek()
    indicatie_vastgesteld_verblijft_niet_op_adres: bool = False

    @property
    def onderzocht(self) -> bool:
        """Whether the address or a part of it is under investigation; its function (home, letters) is not the address."""
        return self.in_onderzoek.type or "inOnderzoek" in self.verblijfadres


class _Opschorting(_Deel):
    reden: _Tabelwaarde = _Tabelwaarde(code=".")


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
    in_onderzoek: _Onderzoek = _Onderzoek()

    @property
    def opgeschort(self) -> str | None:
        """Why the list is no longer kept up to date; none for one that is."""
        return self.opschorting_bijhouding.reden.code if self.opschorting_bijhouding else None


class _Antwoord(_Deel):
    personen: tuple[_Persoon, ...]


class _RuwAntwoord(_Deel):
    personen: tuple[Mapping[str, object], ...]


class _FouteParameter(_Deel):
    code: str = ""
    name: str = ""


class _Weigering(_Deel):
    invalid_params: tuple[_FouteParameter, ...] = ()


def niet_uniek(inhoud: bytes) -> bool:
    """Whether a refusal (400) says that several current lists bear the BSN: about the youth, not about our question."""
    try:
        weigering = _Weigering.model_validate_json(inhoud)
    except ValidationError:
        return False
    return any(fout.code == "unique" and fout.name == "burgerservicenummer" for fout in weigering.invalid_params)


def lees(inhoud: bytes, gevraagd: Bsn) -> Persoonslijst | None:
    """The person in the answer; none when the BRP does not know the BSN (or has removed the list: F, W). A BSN that the
    BRP has changed is unknown from then on: no list bears it.

    Raises:
        OnbruikbaarAntwoordError: not an answer of this API, or not about this BSN.
        NietUniekError: several lists bear this BSN, and none of them was removed.
    """
    try:
        antwoord = _Antwoord.model_validate_json(inhoud)
    except ValidationError:
        raise OnbruikbaarAntwoordError from None
    if any(persoon.burgerservicenummer != gevraagd.waarde for persoon in antwoord.personen):
        raise OnbruikbaarAntwoordError
    lijsten = [persoon for persoon in antwoord.personen if persoon.opgeschort not in _NIET_GELEVERD]
    if len(lijsten) > 1:
        raise NietUniekError
    return _persoonslijst(lijsten[0], gevraagd) if lijsten else None


def lees_allen(inhoud: bytes, gevraagd: Collection[Bsn]) -> Mapping[Bsn, Persoonslijst | None]:
    """As `lees`, of several; who could not be read, or has several lists, is absent, for he must be asked for by himself.

    Raises:
        OnbruikbaarAntwoordError: not an answer of this API, or not only about these BSNs.
    """
    try:
        personen = _RuwAntwoord.model_validate_json(inhoud).personen
    except ValidationError:
        raise OnbruikbaarAntwoordError from None
    lijsten: dict[object, list[Mapping[str, object]]] = {bsn.waarde: [] for bsn in gevraagd}
    for persoon in personen:
        bsn = persoon.get("burgerservicenummer")
        if bsn not in lijsten:
            raise OnbruikbaarAntwoordError
        lijsten[bsn].append(persoon)
    gelezen = {}
    for wie in gevraagd:
        with suppress(OnbruikbaarAntwoordError, NietUniekError):
            gelezen[wie] = lees(json.dumps({"personen": lijsten[wie.waarde]}).encode(), wie)
    return gelezen


def _persoonslijst(persoon: _Persoon, bsn: Bsn) -> Persoonslijst:
    geheim = persoon.geheimhouding_persoonsgegevens
    overleden_op = _datum(persoon.overlijden.datum)
    return Persoonslijst(
        bsn=bsn,
        geboren=_datum(persoon.geboorte.datum),
        overleden=persoon.opgeschort == _OVERLEDEN or persoon.overlijden.datum is not None,
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
    """The gemeente where he lives for all that is known: none where the BRP doubts it, or no longer keeps it up to date."""
    code = persoon.gemeente_van_inschrijving.code if persoon.gemeente_van_inschrijving else None
    plaats = _woont_op(persoon)
    if plaats is None or plaats.type not in _BINNENLAND or plaats.onderzocht:
        return None
    if persoon.opschorting_bijhouding is not None or persoon.in_onderzoek.gemeente_van_inschrijving:
        return None
    if code is None or len(code) != 4 or not code.isdecimal() or code in _GEEN_GEMEENTE:
        return None
    return code


def _woont_op(persoon: _Persoon) -> _Verblijfplaats | None:
    plaats = persoon.verblijfplaats
    return None if plaats is None or plaats.indicatie_vastgesteld_verblijft_niet_op_adres else plaats


def _geslacht(persoon: _Persoon) -> Geslacht:
    code = persoon.geslacht.code if persoon.geslacht else None
    return Geslacht(code) if code in set(Geslacht) else Geslacht.ONBEKEND


def _gegevens(persoon: _Persoon, *, geheim: bool) -> Mapping[str, object]:
    """What R032 stores. An address that is secret is not kept, as it may be shown nowhere (C7), nor one where he does not
    live.
    """
    geboren = persoon.geboorte.datum
    plaats = None if geheim else _woont_op(persoon)
    return {
        "naam": dict(persoon.naam),
        "geboorte": geboren.model_dump(mode="json", exclude_none=True) if geboren else None,
        "geslacht": _geslacht(persoon).value,
        "verblijfplaats": _verblijfplaats(plaats) if plaats else None,
    }


def _verblijfplaats(plaats: _Verblijfplaats) -> Mapping[str, object]:
    return {
        "type": plaats.type,
        "verblijfadres": {naam: waarde for naam, waarde in plaats.verblijfadres.items() if naam != "inOnderzoek"},
        "functieAdres": plaats.functie_adres.model_dump() if plaats.functie_adres else None,
        "inOnderzoek": plaats.onderzocht,
    }
