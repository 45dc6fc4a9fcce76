"""The last that was stored of a youth, for who may read it (R012, R032)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from brp_proxy.domain.leeftijd import Geboortedatum
from contracts.base import PersoonRef
from contracts.statistiek import Geslacht

_BRIEFADRES = "B"
_NUMMER = ("huisnummer", "huisletter")
_BUITENLAND = ("regel1", "regel2", "regel3")


@dataclass(frozen=True, repr=False)
class Adres:
    """Lines as on an envelope, one at least."""

    regels: tuple[str, ...]
    briefadres: bool
    in_onderzoek: bool

    @classmethod
    def van(cls, verblijfplaats: Mapping[str, object] | None) -> "Adres | None":
        """Of a verblijfplaats in the words of the BRP API; none when nothing is known of it."""
        plaats = verblijfplaats or {}
        regels = tuple(regel for regel in _regels(_deel(plaats, "verblijfadres")) if regel)
        if not regels:
            return None
        functie = _deel(plaats, "functieAdres").get("code")
        return cls(regels, briefadres=functie == _BRIEFADRES, in_onderzoek=plaats.get("inOnderzoek") is True)


@dataclass(frozen=True, repr=False)
class Kaart:
    """`peildatum` is the day on which these data were taken over from the BRP. A secret address is not in it (C7)."""

    persoon_ref: PersoonRef
    versie: int
    peildatum: date
    naam: str | None
    geboren: Geboortedatum | None
    geslacht: Geslacht
    adres: Adres | None
    woongemeente: str | None
    geheim: bool


def volledige_naam(naam: Mapping[str, object]) -> str | None:
    """As the BRP makes it, or else of its parts."""
    delen = (naam.get("voornamen"), naam.get("voorvoegsel"), naam.get("geslachtsnaam"))
    return _tekst(naam.get("volledigeNaam")) or " ".join(filter(None, map(_tekst, delen))) or None


def _regels(adres: Mapping[str, object]) -> tuple[str, ...]:
    straat = _tekst(adres.get("korteStraatnaam")) or _tekst(adres.get("officieleStraatnaam"))
    nummer = "".join(_tekst(adres.get(deel)) for deel in _NUMMER)
    toevoeging = _tekst(adres.get("huisnummertoevoeging"))
    bij = _tekst(_deel(adres, "aanduidingBijHuisnummer").get("omschrijving"))
    postcode = _tekst(adres.get("postcode"))
    return (
        _tekst(adres.get("locatiebeschrijving")),
        " ".join(filter(None, (straat, bij, f"{nummer}-{toevoeging}" if toevoeging else nummer))),
        " ".join(filter(None, (f"{postcode[:4]} {postcode[4:]}".strip(), _tekst(adres.get("woonplaats"))))),
        *(_tekst(adres.get(regel)) for regel in _BUITENLAND),
        _tekst(_deel(adres, "land").get("omschrijving")),
    )


def _deel(geheel: Mapping[str, object], naam: str) -> Mapping[str, object]:
    deel = geheel.get(naam)
    return deel if isinstance(deel, Mapping) else {}


def _tekst(waarde: object) -> str:
    return str(waarde).strip() if isinstance(waarde, str | int) else ""
