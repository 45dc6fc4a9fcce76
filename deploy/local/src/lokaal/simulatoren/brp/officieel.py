"""Make `data/personen-officieel.json.gz`, once: the official test persons of RvIG, from GBA form to the response form.

`python -m lokaal.simulatoren.brp.officieel FOLDER`, where FOLDER holds two files of BRP-API/Haal-Centraal-BRP-bevragen at
e995b9ea: `.docker/scripts/lo3_pl_data.sql` and `scripts/20220502_Testset_persoonslijsten_proefomgeving_GBA-V.csv`.

The SQL has every list, but no addresses; those come from the CSV, from the selection beside this module, and from who has
the same address. A list whose address stands nowhere is delivered without street and number.
"""

import csv
import gzip
import json
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, TypeAlias

from lokaal.simulatoren.brp import datums, tabellen
from lokaal.simulatoren.brp.adres import in_onderzoek
from lokaal.simulatoren.brp.personen import Persoon
from lokaal.simulatoren.brp.velden import zonder_leeg

DATA: Final = Path(__file__).parent / "data"
SELECTIE: Final = DATA / "personen-responsvorm-selectie.json"
OFFICIEEL: Final = DATA / "personen-officieel.json.gz"
SQL: Final = "lo3_pl_data.sql"
CSV: Final = "20220502_Testset_persoonslijsten_proefomgeving_GBA-V.csv"

Rij: TypeAlias = Mapping[str, str]
Verblijf: TypeAlias = dict[str, Any]

# The columns of the tables, in their order; the others are not read.
_KOLOMMEN: Final = {
    "lo3_pl": "pl_id - opschorting_datum opschorting_reden - - geheim",
    "lo3_pl_persoon": "pl_id soort stapel volgnr anummer bsn voornamen voornamen_diak titel voorvoegsel naam naam_diak"
    " geboren plaats land geslacht naamgebruik - - - - - - - - onjuist - - - - - - - - - - ingang",
    "lo3_pl_verblijfplaats": "pl_id volgnr gemeente adres inschrijving functie - vanaf land vertrek regel1 regel2 regel3"
    " - - - - onderzoek sinds einde",
    "lo3_pl_overlijden": "pl_id volgnr datum plaats land",
}
_NAAMGEBRUIK: Final = {
    "E": "eigen geslachtsnaam",
    "P": "geslachtsnaam echtgenoot/geregistreerd partner",
    "V": "geslachtsnaam echtgenoot/geregistreerd partner voor eigen geslachtsnaam",
    "N": "geslachtsnaam echtgenoot/geregistreerd partner na eigen geslachtsnaam",
}
_FUNCTIE: Final = {"W": "woonadres", "B": "briefadres"}
_RIJ = re.compile(r"INSERT INTO public\.(\w+) VALUES \((.*)\) ON CONFLICT DO NOTHING;")
_WAARDE = re.compile(r"'((?:[^']|'')*)'|([^,\s]+)")
ADRES_CSV: Final = {
    "08.11.10": "korteStraatnaam",
    "08.11.15": "officieleStraatnaam",
    "08.11.20": "huisnummer",
    "08.11.30": "huisletter",
    "08.11.40": "huisnummertoevoeging",
    "08.11.50": "aanduidingBijHuisnummer",
    "08.11.60": "postcode",
    "08.11.70": "woonplaats",
    "08.12.10": "locatiebeschrijving",
}


def main(folder: Path) -> None:
    """Write the file."""
    personen = json.dumps({"personen": list(zet_om(folder))}, ensure_ascii=False, separators=(",", ":"))
    OFFICIEEL.write_bytes(gzip.compress(personen.encode(), mtime=0))


def zet_om(folder: Path) -> Iterator[Persoon]:
    """Return every list with a BSN, in the order of the SQL."""
    tabel = _tabellen((folder / SQL).read_text("utf-8"))
    personen: dict[str, list[Rij]] = defaultdict(list)
    for rij in tabel["lo3_pl_persoon"]:
        if rij["volgnr"] == "0" and "onjuist" not in rij:
            personen[rij["pl_id"]].append(rij)
    verblijf = {rij["pl_id"]: rij for rij in tabel["lo3_pl_verblijfplaats"] if rij["volgnr"] == "0"}
    overlijden = {rij["pl_id"]: rij for rij in tabel["lo3_pl_overlijden"] if rij["volgnr"] == "0"}
    eigen = {pl: next((rij for rij in rijen if rij["soort"] == "P"), {}) for pl, rijen in personen.items()}
    adressen = _adressen(folder, {pl: _bsn(rij) for pl, rij in eigen.items()}, verblijf)
    for lijst in tabel["lo3_pl"]:
        pl = lijst["pl_id"]
        if _bsn(eigen[pl]):
            delen = (_persoon(eigen[pl]), _inschrijving(lijst), _verwanten(personen[pl]))
            waar = _verblijf(verblijf.get(pl, {}), adressen.get(pl, {}))
            yield zonder_leeg({**delen[0], **delen[1], **_overlijden(overlijden.get(pl, {})), **delen[2], **waar})


def _tabellen(sql: str) -> Mapping[str, list[Rij]]:
    gevonden: dict[str, list[Rij]] = defaultdict(list)
    for regel in sql.splitlines():
        match = _RIJ.fullmatch(regel)
        if match and match[1] in _KOLOMMEN:
            waarden = [a.replace("''", "'") if b == "" else b for a, b in _WAARDE.findall(match[2])]
            namen = _KOLOMMEN[match[1]].split()
            gevonden[match[1]].append({n: w for n, w in zip(namen, waarden, strict=False) if w != "NULL" and n != "-"})
    return gevonden


def _bsn(rij: Rij) -> str | None:
    return rij["bsn"].zfill(9) if "bsn" in rij else None


def _datum(gba: str | None) -> dict[str, Any] | None:
    if gba is None:
        return None
    jaar, maand, dag = int(gba) // 10000, int(gba) // 100 % 100, int(gba) % 100
    return datums.met_wat_bekend_is(jaar, maand, dag)


def _uit(tabel: Mapping[str, str], code: str | None, breedte: int = 4) -> dict[str, str] | None:
    """A code with what it is called; a place abroad has a name only, and what is unknown is not delivered."""
    if code is None or code.strip("0") == "":
        return None
    vol = code.zfill(breedte) if code.isdecimal() else code
    if vol in tabel:
        return tabellen.waarde(tabel, vol)
    return {"code": vol} if code.isdecimal() else {"omschrijving": code}


def _naam(rij: Rij) -> dict[str, Any]:
    voornamen = rij.get("voornamen_diak", rij.get("voornamen"))
    adel = tabellen.ADEL.get(rij.get("titel", ""))
    return {
        "voornamen": voornamen,
        "adellijkeTitelPredicaat": adel and {"code": rij["titel"], "omschrijving": adel[0], "soort": adel[1]},
        "voorvoegsel": rij.get("voorvoegsel"),
        "geslachtsnaam": rij.get("naam_diak", rij.get("naam")),
        "voorletters": "".join(f"{naam[0]}." for naam in (voornamen or "").split()) or None,
    }


def _geboorte(rij: Rij) -> dict[str, Any]:
    return {
        "land": _uit(tabellen.landen(), rij.get("land")),
        "plaats": _uit(tabellen.gemeenten(), rij.get("plaats")),
        "datum": _datum(rij.get("geboren")),
    }


def _persoon(rij: Rij) -> Persoon:
    naam = _naam(rij)
    voluit = [naam["voornamen"], naam["voorvoegsel"], naam["geslachtsnaam"]]
    return {
        "aNummer": rij.get("anummer"),
        "burgerservicenummer": _bsn(rij),
        "geslacht": _uit(tabellen.GESLACHT, rij.get("geslacht"), 1),
        "naam": naam
        | {
            "volledigeNaam": " ".join(deel for deel in voluit if deel),
            "aanduidingNaamgebruik": _uit(_NAAMGEBRUIK, rij.get("naamgebruik"), 1),
        },
        "geboorte": _geboorte(rij),
    }


def _inschrijving(lijst: Rij) -> Persoon:
    reden = lijst.get("opschorting_reden")
    datum = _datum(lijst.get("opschorting_datum"))
    return {
        "geheimhoudingPersoonsgegevens": lijst.get("geheim", "0") != "0",
        "opschortingBijhouding": reden and {"reden": _uit(tabellen.OPSCHORTING, reden, 1), "datum": datum},
    }


def _overlijden(rij: Rij) -> Persoon:
    if "datum" not in rij:
        return {}
    plaats = _uit(tabellen.gemeenten(), rij.get("plaats"))
    return {
        "overlijden": {
            "land": _uit(tabellen.landen(), rij.get("land")),
            "plaats": plaats,
            "datum": _datum(rij["datum"]),
        }
    }


def _verwanten(rijen: Iterable[Rij]) -> Persoon:
    ouders, kinderen = [], []
    for rij in rijen:
        if rij["soort"] in {"1", "2"} and ("naam" in rij or "bsn" in rij) and rij.get("naam") != ".":
            naam, geboorte = _naam(rij), {"datum": _datum(rij.get("geboren"))}
            ouders.append(
                {
                    "burgerservicenummer": _bsn(rij),
                    "geslacht": _uit(tabellen.GESLACHT, rij.get("geslacht"), 1),
                    "ouderAanduiding": rij["soort"],
                    "datumIngangFamilierechtelijkeBetrekking": _datum(rij.get("ingang")),
                    "naam": naam,
                    "geboorte": geboorte,
                }
            )
        elif rij["soort"] == "K" and "bsn" in rij:
            kinderen.append({"burgerservicenummer": _bsn(rij)})
    return {"ouders": sorted(ouders, key=lambda ouder: str(ouder["ouderAanduiding"])), "kinderen": kinderen}


def _verblijf(rij: Rij, adres: Verblijf) -> Persoon:
    return {
        "gemeenteVanInschrijving": _uit(tabellen.gemeenten(), rij.get("gemeente")),
        "datumInschrijvingInGemeente": _datum(rij.get("inschrijving")),
        "verblijfplaats": _plaats(rij, adres) if rij else None,
    }


def _plaats(rij: Rij, adres: Verblijf) -> Verblijf:
    if "land" not in rij:
        functie = _uit(_FUNCTIE, rij.get("functie"), 1)
        hier = {"type": "Adres", **adres, "functieAdres": functie, "datumVan": _datum(rij.get("vanaf"))}
        loopt = "onderzoek" in rij and "einde" not in rij and hier["type"] == "Adres"
        return in_onderzoek(hier, rij["onderzoek"][-4:], _datum(rij["sinds"])) if loopt else hier
    sinds = _datum(rij.get("vertrek"))
    land = _uit(tabellen.landen(), rij["land"])
    if land is None:
        return {"type": "VerblijfplaatsOnbekend", "datumVan": sinds}
    regels = {naam: rij.get(naam) for naam in ("regel1", "regel2", "regel3")}
    return {"type": "VerblijfplaatsBuitenland", "verblijfadres": {**regels, "land": land}, "datumVan": sinds}


def _adressen(folder: Path, bsns: Mapping[str, str | None], verblijf: Mapping[str, Rij]) -> Mapping[str, Verblijf]:
    """The address of each list where one is found: its own, or that of another list with the same one."""
    uit_csv, uit_selectie = dict(_uit_csv(folder / CSV)), dict(_uit_selectie())
    eigen = {
        pl: uit_selectie.get(bsn) or uit_csv.get((bsn, verblijf[pl].get("vanaf")))
        for pl, bsn in bsns.items()
        if bsn and pl in verblijf
    }
    samen = {verblijf[pl]["adres"]: adres for pl, adres in eigen.items() if adres and "adres" in verblijf[pl]}
    return {pl: adres or samen.get(verblijf[pl].get("adres", "")) or {} for pl, adres in eigen.items()}


def _uit_csv(pad: Path) -> Iterator[tuple[tuple[str | None, str | None], Verblijf]]:
    """By BSN and since when: the address."""
    with pad.open(encoding="utf-8-sig", newline="") as bestand:
        for rij in csv.DictReader(bestand, delimiter=";"):
            gevonden = {naam: rij[element] for element, naam in ADRES_CSV.items() if rij[element]}
            if gevonden and rij["01.01.20"]:
                if "huisnummer" in gevonden:
                    gevonden["huisnummer"] = int(gevonden["huisnummer"])
                soort = "Locatie" if "locatiebeschrijving" in gevonden else "Adres"
                ids = {
                    "adresseerbaarObjectIdentificatie": rij["08.11.80"],
                    "nummeraanduidingIdentificatie": rij["08.11.90"],
                }
                yield (rij["01.01.20"], rij["08.10.30"]), {"type": soort, "verblijfadres": gevonden} | ids


def _uit_selectie() -> Iterator[tuple[str | None, Verblijf]]:
    namen = ("type", "verblijfadres", "adresseerbaarObjectIdentificatie", "nummeraanduidingIdentificatie")
    for persoon in json.loads(SELECTIE.read_text("utf-8"))["personen"]:
        verblijfplaats = persoon["verblijfplaats"]
        if verblijfplaats["type"] in {"Adres", "Locatie"}:
            yield (
                persoon["burgerservicenummer"],
                {naam: verblijfplaats[naam] for naam in namen if naam in verblijfplaats},
            )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
