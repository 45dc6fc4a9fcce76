"""What can happen to a person, and how the BRP shows him and his kin afterwards (current data only)."""

from abc import abstractmethod
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Final, Literal, TypeAlias

from pydantic import Field, TypeAdapter

from lokaal.simulatoren.brp import datums, tabellen
from lokaal.simulatoren.brp.adres import ALLES, VERBLIJFT_NIET, Adres, in_onderzoek, woont
from lokaal.simulatoren.brp.gezin import (
    AANDUIDINGEN,
    Aanduiding,
    Bsn,
    Groep,
    Ouder,
    Plaats,
    bekende,
    bij_ouders,
    bsns,
    geplaatst,
    gevonden,
    hernoemd,
    sinds,
    verwanten,
    vrij,
)
from lokaal.simulatoren.brp.model import Model, MutatieError
from lokaal.simulatoren.brp.personen import Personenbestand, Persoon

TWIJFEL_AAN_OVERLIJDEN: Final = dict.fromkeys(("datum", "land", "plaats"), True)
_TWIJFEL: Final[Mapping[str, str | None]] = {"loopt": ALLES, "verblijft-niet-op-adres": VERBLIJFT_NIET, "klopt": None}


class _Gebeurtenis(Model):
    """Something that happens to the person with this BSN, since `datum` (None is today)."""

    bsn: Bsn
    datum: date | None = None

    def voer_uit(self, personen: Personenbestand, datum: date) -> set[str]:
        """Change the lists; return the BSNs of all whose lists changed.

        Raises MutatieError when this cannot happen; then nothing has changed.
        """
        eerst = self.eerst(personen)
        nu = self.gevolg(personen, eerst, datum)
        anders = {self.bsn: nu} | dict(bij_ouders(personen, eerst, nu))
        for bsn, lijst in anders.items():
            personen.vervang(bsn, lijst)
        return set(anders)

    def eerst(self, personen: Personenbestand) -> Persoon:
        """Return the list as it is before."""
        return bekende(personen, self.bsn)

    @abstractmethod
    def gevolg(self, personen: Personenbestand, eerst: Persoon, datum: date) -> Persoon:
        """Return the list as it is afterwards."""


class Geboorte(_Gebeurtenis):
    """A child is born: it lives with its first parent."""

    soort: Literal["geboorte"]
    ouders: tuple[Ouder, ...] = Field(default=(), max_length=2)
    geslacht: Literal["M", "V", "O"] = "V"
    voornamen: str = "Nieuw"
    geslachtsnaam: str | None = None
    gemeente: str = "0363"
    """Where it lives when the first parent lives nowhere in the Netherlands, or is nobody here."""

    def eerst(self, personen: Personenbestand) -> Persoon:
        """Return a list that has nothing yet."""
        if personen.lijsten(self.bsn):
            raise MutatieError("Dit BSN is al van iemand.")
        return {"burgerservicenummer": self.bsn}

    def gevolg(self, personen: Personenbestand, eerst: Persoon, datum: date) -> Persoon:
        """Return the list of the child."""
        geboren = datums.volledig(datum)
        ouders: list[Groep] = []
        for aanduiding, ouder in zip(AANDUIDINGEN, self.ouders, strict=False):
            ouders = geplaatst(personen, eerst, ouders, ouder, Plaats(aanduiding, geboren))
        naam = self.geslachtsnaam or next((ouder["naam"]["geslachtsnaam"] for ouder in ouders), "Nieuwkind")
        return {
            **eerst,
            "naam": {
                "voornamen": self.voornamen,
                "geslachtsnaam": naam,
                "volledigeNaam": f"{self.voornamen} {naam}",
            },
            "geslacht": tabellen.waarde(tabellen.GESLACHT, self.geslacht),
            "geboorte": {"datum": geboren, "land": tabellen.waarde(tabellen.landen(), tabellen.NEDERLAND)},
            "ouders": ouders,
            **self._woont(personen, datum),
        }

    def _woont(self, personen: Personenbestand, datum: date) -> Persoon:
        bij = bekende(personen, self.ouders[0]) if self.ouders and isinstance(self.ouders[0], str) else {}
        if bij.get("verblijfplaats", {}).get("type") != "Adres":
            return woont(_gemeente(self.gemeente), Adres(), datum)
        samen = {naam: bij[naam] for naam in ("gemeenteVanInschrijving", "verblijfplaats") if naam in bij}
        return samen | {"datumInschrijvingInGemeente": datums.volledig(datum)}


class Verhuizing(_Gebeurtenis):
    """Lives at another address since; who lived abroad has come back."""

    soort: Literal["verhuizing"]
    gemeente: str
    adres: Adres = Adres()

    def gevolg(self, personen: Personenbestand, eerst: Persoon, datum: date) -> Persoon:
        """Return the list with the new address, which nobody doubts."""
        _leeft(eerst)
        nu = eerst | woont(_gemeente(self.gemeente), self.adres, datum)
        if nu["gemeenteVanInschrijving"] == eerst.get("gemeenteVanInschrijving"):
            nu["datumInschrijvingInGemeente"] = eerst.get("datumInschrijvingInGemeente")
        return _bijgehouden(nu) if _reden(eerst) == "E" else nu


class Emigratie(_Gebeurtenis):
    """Lives abroad since."""

    soort: Literal["emigratie"]
    land: str = "6039"

    def gevolg(self, personen: Personenbestand, eerst: Persoon, datum: date) -> Persoon:
        """Return the list as it is in the RNI."""
        _leeft(eerst)
        land = tabellen.waarde(tabellen.landen(), _code(tabellen.landen(), self.land, "Het land"))
        sinds_dan = datums.volledig(datum)
        return eerst | {
            "gemeenteVanInschrijving": tabellen.waarde(tabellen.gemeenten(), tabellen.RNI),
            "datumInschrijvingInGemeente": sinds_dan,
            "opschortingBijhouding": _opschorting("E", datum),
            "verblijfplaats": {
                "type": "VerblijfplaatsBuitenland",
                "verblijfadres": {"land": land},
                "datumVan": sinds_dan,
            },
        }


class Overlijden(_Gebeurtenis):
    """Died; or it is only being investigated whether he did."""

    soort: Literal["overlijden"]
    alleen_in_onderzoek: bool = False

    def gevolg(self, personen: Personenbestand, eerst: Persoon, datum: date) -> Persoon:
        """Return the list with the death or the doubt."""
        _leeft(eerst)
        if self.alleen_in_onderzoek:
            return eerst | {
                "overlijden": {"inOnderzoek": TWIJFEL_AAN_OVERLIJDEN | {"datumIngangOnderzoek": datums.volledig(datum)}}
            }
        land = tabellen.waarde(tabellen.landen(), tabellen.NEDERLAND)
        overlijden = {"datum": datums.volledig(datum), "land": land}
        return eerst | {"overlijden": overlijden, "opschortingBijhouding": _opschorting("O", datum)}


class Erkenning(_Gebeurtenis):
    """One more parent recognises the child."""

    soort: Literal["erkenning"]
    ouder: Ouder

    def gevolg(self, personen: Personenbestand, eerst: Persoon, datum: date) -> Persoon:
        """Return the list with the parent in the place that was free."""
        ouders = eerst.get("ouders", [])
        plaatsen = vrij(ouders)
        if not plaatsen or len(ouders) > 1:
            raise MutatieError("Deze persoon heeft al twee ouders.")
        plaats = Plaats(plaatsen[0], sinds(eerst, datum))
        return eerst | {"ouders": geplaatst(personen, eerst, ouders, self.ouder, plaats)}


class Ontkenning(_Gebeurtenis):
    """A parent turns out never to have been one."""

    soort: Literal["ontkenning"]
    ouder: Bsn | Aanduiding

    def gevolg(self, personen: Personenbestand, eerst: Persoon, datum: date) -> Persoon:
        """Return the list with the place of the parent empty."""
        return eerst | {"ouders": _zonder(eerst, self.ouder)}


class Correctie(_Gebeurtenis):
    """Another one has been the parent all the time."""

    soort: Literal["correctie"]
    ouder: Bsn | Aanduiding
    nieuwe_ouder: Ouder

    def gevolg(self, personen: Personenbestand, eerst: Persoon, datum: date) -> Persoon:
        """Return the list with the other one in the place of the first, since the same day."""
        fout = gevonden(eerst.get("ouders", ()), self.ouder)
        plaats = Plaats(fout["ouderAanduiding"], fout.get("datumIngangFamilierechtelijkeBetrekking", {}))
        return eerst | {"ouders": geplaatst(personen, eerst, _zonder(eerst, self.ouder), self.nieuwe_ouder, plaats)}


class Adoptie(_Gebeurtenis):
    """These two are the parents since; one who is a parent already stays so (adoption by a step-parent)."""

    soort: Literal["adoptie"]
    ouders: tuple[Ouder, Ouder]

    def gevolg(self, personen: Personenbestand, eerst: Persoon, datum: date) -> Persoon:
        """Return the list with these parents; the new ones since the adoption."""
        ouders = [ouder for ouder in eerst.get("ouders", ()) if ouder.get("burgerservicenummer") in self.ouders]
        komen = [ouder for ouder in self.ouders if ouder not in bsns(ouders)]
        if not komen:
            raise MutatieError("Dit zijn al de ouders van deze persoon.")
        for ouder, aanduiding in zip(komen, vrij(ouders), strict=False):
            ouders = geplaatst(personen, eerst, ouders, ouder, Plaats(aanduiding, sinds(eerst, datum)))
        return eerst | {"ouders": ouders}


class Geheimhouding(_Gebeurtenis):
    """His data are secret from now on, or no longer."""

    soort: Literal["geheimhouding"]
    aan: bool

    def gevolg(self, personen: Personenbestand, eerst: Persoon, datum: date) -> Persoon:
        """Return the list with or without the mark."""
        return eerst | {"geheimhoudingPersoonsgegevens": self.aan}


class Opschorting(_Gebeurtenis):
    """The list is kept up no more: an error, erased, in the RNI, by the minister; or (None) it is again."""

    soort: Literal["opschorting"]
    reden: Literal["F", "W", "R", "M"] | None

    def gevolg(self, personen: Personenbestand, eerst: Persoon, datum: date) -> Persoon:
        """Return the list with the reason, or without one."""
        _leeft(eerst)
        return eerst | {"opschortingBijhouding": _opschorting(self.reden, datum)} if self.reden else _bijgehouden(eerst)


class Adresonderzoek(_Gebeurtenis):
    """The address is being investigated, it is established that he does not live there, or all is well again."""

    soort: Literal["adresonderzoek"]
    uitkomst: Literal["loopt", "verblijft-niet-op-adres", "klopt"]

    def gevolg(self, personen: Personenbestand, eerst: Persoon, datum: date) -> Persoon:
        """Return the list with the doubt about every part of the address, or without."""
        verblijfplaats = eerst.get("verblijfplaats", {})
        if verblijfplaats.get("type") != "Adres":
            raise MutatieError("Deze persoon heeft geen adres in Nederland.")
        sinds_dan = datums.volledig(datum)
        return eerst | {"verblijfplaats": in_onderzoek(verblijfplaats, _TWIJFEL[self.uitkomst], sinds_dan)}


class BsnWijziging(Model):
    """Has another BSN from now on, also on the lists of his kin; the old one leads nowhere."""

    soort: Literal["bsn-wijziging"]
    bsn: Bsn
    nieuwe_bsn: Bsn
    datum: None = None

    def voer_uit(self, personen: Personenbestand, datum: date) -> set[str]:
        """Change the lists; return the BSNs of all whose lists changed.

        Raises MutatieError when somebody has the new BSN; a removed list may stand there.
        """
        if personen.zoek(self.nieuwe_bsn):
            raise MutatieError("Dat BSN heeft al een persoonslijst. Voer die eerst af (opschorting met reden F of W).")
        kring = verwanten(bekende(personen, self.bsn))
        for bsn in kring:
            lijsten = [hernoemd(lijst, self.bsn, self.nieuwe_bsn) for lijst in personen.lijsten(bsn)]
            personen.zet_lijsten(bsn, lijsten)
        personen.zet_lijsten(self.nieuwe_bsn, (*personen.lijsten(self.bsn), *personen.lijsten(self.nieuwe_bsn)))
        personen.vergeet(self.bsn)
        return {self.bsn, self.nieuwe_bsn, *kring}


Mutatie: TypeAlias = Annotated[
    Geboorte
    | Verhuizing
    | Emigratie
    | Overlijden
    | Erkenning
    | Ontkenning
    | Correctie
    | Adoptie
    | Geheimhouding
    | Opschorting
    | Adresonderzoek
    | BsnWijziging,
    Field(discriminator="soort"),
]
MUTATIE: Final[TypeAdapter[Mutatie]] = TypeAdapter(Mutatie)


def voer_uit(personen: Personenbestand, mutatie: Mutatie, vandaag: date) -> set[str]:
    """Change the persons; return the BSNs of all whose lists changed.

    Raises MutatieError when this cannot happen; then nothing has changed.
    """
    if mutatie.datum and mutatie.datum > vandaag:
        raise MutatieError("De datum ligt in de toekomst.")
    return mutatie.voer_uit(personen, mutatie.datum or vandaag)


def _gemeente(gezocht: str) -> str:
    return _code(tabellen.gemeenten(), gezocht, "De gemeente")


def _code(tabel: Mapping[str, str], gezocht: str, wat: str) -> str:
    code = next((code for code, naam in tabel.items() if gezocht in {code, naam}), None)
    if code is None:
        raise MutatieError(f"{wat} staat niet in de landelijke tabel. Geef een code of een naam daaruit.")
    return code


def _leeft(persoon: Persoon) -> None:
    if "datum" in persoon.get("overlijden", {}):
        raise MutatieError("Deze persoon is overleden.")


def _reden(persoon: Persoon) -> str | None:
    code: str | None = persoon.get("opschortingBijhouding", {}).get("reden", {}).get("code")
    return code


def _opschorting(reden: str, datum: date) -> dict[str, Any]:
    return {"reden": tabellen.waarde(tabellen.OPSCHORTING, reden), "datum": datums.volledig(datum)}


def _bijgehouden(persoon: Persoon) -> Persoon:
    return {naam: deel for naam, deel in persoon.items() if naam != "opschortingBijhouding"}


def _zonder(persoon: Persoon, wie: str) -> list[Groep]:
    weg = gevonden(persoon.get("ouders", ()), wie)
    return [ouder for ouder in persoon["ouders"] if ouder is not weg]
