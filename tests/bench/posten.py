"""What benchmarks that post signals begin with: professionals with tokens, persons in the BRP, a process that posts."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import UUID

from stdnum.nl import bsn as bsn_nummer
from tests.bench.wereld import Wereld

from lokaal.stack import Stack
from lokaal.token import token


def los(module: str, opdracht: Any) -> Any:
    """What a process of its own answers."""
    klaar = subprocess.run(
        [sys.executable, "-m", module], input=json.dumps(opdracht), stdout=subprocess.PIPE, text=True, check=True
    )
    return json.loads(klaar.stdout)


def tokens_van(draait: Stack, aantal: int) -> list[str]:
    """Professionals who may issue signals: a token for each."""

    def maak(nummer: int) -> str:
        organisatie = ("Altra", "De Buurtschool")[nummer % 2]
        return token(draait.run_dir / "stack.json", f"Bench {nummer}", "professional", organisatie)

    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(maak, range(aantal)))


def bsns_van(wereld: Wereld) -> dict[UUID, str]:
    """A BSN from the range of test persons for each youth and parent."""
    vrij = (f"{nummer}" for nummer in range(999_000_000, 1_000_000_000) if bsn_nummer.is_valid(f"{nummer}"))
    refs = [ref for jeugdige in wereld.jeugdigen for ref in (jeugdige.ref, *jeugdige.ouders)]
    return dict(zip(dict.fromkeys(refs), vrij, strict=False))


def schrijf_personen(bestand: Path, wereld: Wereld, bsns: dict[UUID, str]) -> None:
    """Write what the BRP simulator serves of the youths."""

    def datum(waarde: str) -> dict[str, str]:
        return {"type": "Datum", "datum": waarde, "langFormaat": waarde}

    personen = [
        {
            "burgerservicenummer": bsns[jeugdige.ref],
            "geslacht": {"code": "V", "omschrijving": "vrouw"},
            "naam": {"voornamen": "Bench", "geslachtsnaam": "Meting", "volledigeNaam": "Bench Meting"},
            "geboorte": {"datum": datum("2015-05-01")},
            "gemeenteVanInschrijving": {"code": "0392", "omschrijving": "Haarlem"},
            "verblijfplaats": {
                "type": "Adres",
                "verblijfadres": {"officieleStraatnaam": "Meetlaan", "postcode": "2011AA", "huisnummer": 1},
            },
            "ouders": [
                {"burgerservicenummer": bsns[ouder], "ouderAanduiding": str(plaats)}
                for plaats, ouder in enumerate(jeugdige.ouders, 1)
            ],
        }
        for jeugdige in wereld.jeugdigen
    ]
    bestand.parent.mkdir(parents=True, exist_ok=True)
    bestand.write_text(json.dumps({"personen": personen}))
