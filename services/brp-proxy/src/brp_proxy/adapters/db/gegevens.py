"""What is stored of a person under his own key, as JSON: the data of R032, and of his state what the base may not show."""

import json
from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from brp_proxy.domain.afstamming import Plaats
from brp_proxy.domain.bsn import Bsn
from brp_proxy.domain.kaart import Adres, Kaart, volledige_naam
from brp_proxy.domain.leeftijd import Datum, Jaar, JaarMaand
from brp_proxy.domain.persoon import Persoon
from contracts.base import OuderRef, PersoonRef
from contracts.statistiek import Geslacht

_STAAT = frozenset({"bsn", "peildatum", "woongemeente", "geheim", "oudersOnjuist", "overledenOp", "plaatsen"})


def pak_in(bsn: Bsn, persoon: Persoon, peildatum: date | None) -> bytes:
    """What is to be encrypted; `peildatum` is the day on which it was taken over from the BRP, none when it was not."""
    staat = {
        "bsn": bsn.waarde,
        "peildatum": peildatum and peildatum.isoformat(),
        "woongemeente": persoon.woongemeente,
        "geheim": persoon.geheim,
        "oudersOnjuist": sorted(map(str, persoon.ouders_onjuist)),
        "overledenOp": persoon.overleden_op and persoon.overleden_op.isoformat(),
        "plaatsen": {str(ref): _van_plaats(plaats) for ref, plaats in persoon.plaatsen.items()},
    }
    return json.dumps({**persoon.kaart, **staat}).encode()


def pak_uit(inhoud: bytes) -> Mapping[str, Any]:
    """Of what `pak_in` made, the fields of the person; also of a release that knew less of him."""
    gelezen = json.loads(inhoud)
    overleden_op = gelezen.get("overledenOp")
    return {
        "woongemeente": gelezen["woongemeente"],
        "geheim": gelezen["geheim"],
        "ouders_onjuist": frozenset(OuderRef(UUID(ref)) for ref in gelezen.get("oudersOnjuist", ())),
        "overleden_op": overleden_op and date.fromisoformat(overleden_op),
        "plaatsen": {OuderRef(UUID(ref)): _plaats(each) for ref, each in gelezen.get("plaatsen", {}).items()},
        "kaart": {naam: waarde for naam, waarde in gelezen.items() if naam not in _STAAT},
    }


def pak_kaart_uit(persoon_ref: PersoonRef, versie: int, inhoud: bytes, vastgelegd_op: date) -> Kaart:
    """Of what `pak_in` made, what may be read; a release that knew no `peildatum` stored him when he was asked for."""
    gelezen = json.loads(inhoud)
    geheim = gelezen["geheim"]
    return Kaart(
        persoon_ref=persoon_ref,
        versie=versie,
        peildatum=date.fromisoformat(gelezen["peildatum"]) if "peildatum" in gelezen else vastgelegd_op,
        naam=volledige_naam(gelezen["naam"]),
        geboren=_geboren(gelezen["geboorte"] or {}),
        geslacht=Geslacht(gelezen["geslacht"]),
        adres=None if geheim else Adres.van(gelezen["verblijfplaats"]),
        woongemeente=gelezen["woongemeente"],
        geheim=geheim,
    )


def _geboren(geboorte: Mapping[str, Any]) -> Datum | None:
    """As `brp_antwoord` stores it: a day, or a year and perhaps a month."""
    if "datum" in geboorte:
        return date.fromisoformat(geboorte["datum"])
    return _datum([geboorte[deel] for deel in ("jaar", "maand") if deel in geboorte])


def _van_plaats(plaats: Plaats) -> Mapping[str, object]:
    return {"aanduiding": plaats.aanduiding, "ingang": _van_datum(plaats.ingang)}


def _plaats(gelezen: Mapping[str, Any]) -> Plaats:
    return Plaats(gelezen["aanduiding"], _datum(gelezen["ingang"]))


def _van_datum(datum: Datum | None) -> list[int] | None:
    match datum:
        case date():
            return [datum.year, datum.month, datum.day]
        case JaarMaand(jaar=jaar, maand=maand):
            return [jaar, maand]
        case Jaar(jaar=jaar):
            return [jaar]
    return None


def _datum(delen: list[int] | None) -> Datum | None:
    match delen:
        case [jaar, maand, dag]:
            return date(jaar, maand, dag)
        case [jaar, maand]:
            return JaarMaand(jaar, maand)
        case [jaar]:
            return Jaar(jaar)
    return None
