"""How kin stand on each other's lists: parents on that of their child, children on those of their parents."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Annotated, Any, Final, Literal, NamedTuple, TypeAlias, get_args

from pydantic import Field

from lokaal.simulatoren.brp import datums, tabellen
from lokaal.simulatoren.brp.model import Model, MutatieError
from lokaal.simulatoren.brp.personen import Personenbestand, Persoon

Bsn: TypeAlias = Annotated[str, Field(pattern="^[0-9]{9}$")]
Aanduiding: TypeAlias = Literal["1", "2"]
Groep: TypeAlias = Mapping[str, Any]
"""A parent as he stands on the list of his child."""

AANDUIDINGEN: Final[tuple[Aanduiding, ...]] = get_args(Aanduiding)
_NAAM = ("voornamen", "adellijkeTitelPredicaat", "voorvoegsel", "geslachtsnaam", "voorletters")
_VERWANTEN = ("ouders", "kinderen", "partners")


class Buitenstaander(Model):
    """A parent without a BSN: known by name only."""

    geslachtsnaam: str = Field(min_length=1)
    voornamen: str | None = None
    geslacht: Literal["M", "V", "O"] = "O"


Ouder: TypeAlias = Bsn | Buitenstaander


class Plaats(NamedTuple):
    """The place of a parent on a list, and since when he has it."""

    aanduiding: Aanduiding
    ingang: Mapping[str, Any]


def vrij(ouders: Iterable[Groep]) -> list[Aanduiding]:
    """Return the places that nobody has."""
    bezet = {ouder.get("ouderAanduiding") for ouder in ouders}
    return [aanduiding for aanduiding in AANDUIDINGEN if aanduiding not in bezet]


def sinds(kind: Persoon, datum: date) -> Mapping[str, Any]:
    """Return since when one is a parent who became so on `datum`: who was not born yet has him from birth."""
    geboren = datums.eerste(kind.get("geboorte", {}).get("datum", {}))
    return datums.volledig(max(datum, geboren or datum))


def gevonden(ouders: Iterable[Groep], wie: str) -> Groep:
    """Return the parent with this BSN or in this place.

    Raises MutatieError when there is none.
    """
    for ouder in ouders:
        if wie in {ouder.get("burgerservicenummer"), ouder.get("ouderAanduiding")}:
            return ouder
    raise MutatieError("Deze persoon heeft deze ouder niet.")


def geplaatst(
    personen: Personenbestand, kind: Persoon, ouders: Sequence[Groep], ouder: Ouder, plaats: Plaats
) -> list[Groep]:
    """Return `ouders` of `kind` with one more.

    Raises MutatieError when he is nobody, or cannot be a parent of this child.
    """
    vast: dict[str, Any] = {
        "ouderAanduiding": plaats.aanduiding,
        "datumIngangFamilierechtelijkeBetrekking": plaats.ingang,
    }
    if isinstance(ouder, Buitenstaander):
        naam = {"voornamen": ouder.voornamen, "geslachtsnaam": ouder.geslachtsnaam}
        nieuw = vast | {"naam": naam, "geslacht": tabellen.waarde(tabellen.GESLACHT, ouder.geslacht)}
    elif ouder in {kind["burgerservicenummer"], *bsns(ouders)}:
        raise MutatieError("Deze ouder is de persoon zelf, of is al een ouder.")
    else:
        bekend = bekende(personen, ouder)
        nieuw = vast | {"burgerservicenummer": ouder, "geslacht": bekend.get("geslacht")} | _naam_en_geboorte(bekend)
    return sorted([*ouders, nieuw], key=lambda each: str(each.get("ouderAanduiding", "")))


def bsns(groepen: Iterable[Groep]) -> set[str]:
    """Return the BSNs that stand in these groups."""
    return {groep["burgerservicenummer"] for groep in groepen if "burgerservicenummer" in groep}


def bekende(personen: Personenbestand, bsn: str) -> Persoon:
    """Return the list that counts.

    Raises MutatieError when there is none.
    """
    lijst = personen.geldend(bsn)
    if lijst is None:
        raise MutatieError("Deze persoon of ouder is hier niet bekend.")
    return lijst


def bij_ouders(personen: Personenbestand, eerst: Persoon, nu: Persoon) -> Iterator[tuple[str, Persoon]]:
    """Return the lists of those who became parents and of those who are none any more, by BSN."""
    waren, zijn = bsns(eerst.get("ouders", ())), bsns(nu.get("ouders", ()))
    zelf = {"burgerservicenummer": nu["burgerservicenummer"]} | _naam_en_geboorte(nu)
    for bsn in waren ^ zijn:
        if ouder := personen.geldend(bsn):
            rest = [kind for kind in ouder.get("kinderen", ()) if bsns([kind]) != bsns([nu])]
            yield bsn, ouder | {"kinderen": rest + [zelf] * (bsn in zijn)}


def verwanten(persoon: Persoon) -> set[str]:
    """Return the BSNs of parents, children and partners."""
    return bsns(verwant for groep in _VERWANTEN for verwant in persoon.get(groep, ()))


def hernoemd(persoon: Persoon, oud: str, nieuw: str) -> Persoon:
    """Return the list with another BSN of one of the kin."""
    return persoon | {
        groep: [each | {"burgerservicenummer": nieuw} if bsns([each]) == {oud} else each for each in persoon[groep]]
        for groep in _VERWANTEN
        if groep in persoon
    }


def _naam_en_geboorte(persoon: Persoon) -> dict[str, Any]:
    naam = {deel: persoon.get("naam", {}).get(deel) for deel in _NAAM}
    return {"naam": naam, "geboorte": {"datum": persoon.get("geboorte", {}).get("datum")}}
