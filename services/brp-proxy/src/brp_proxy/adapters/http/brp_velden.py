"""The table of purpose and field: what is asked of the BRP for what (data minimisation, AVG 5(1)(c)).

No more than R032 stores and a match needs. What stands in no row is asked for nothing, and a purpose without a mark asks for
nothing at all. Secrecy, suspension and what is under investigation come unasked.
"""

from collections.abc import Mapping, Set
from types import MappingProxyType

from brp_proxy.domain.doel import Verwerkingsdoel

_S, _V, _O = Verwerkingsdoel.SIGNAAL, Verwerkingsdoel.VOLGEN, Verwerkingsdoel.OUDER

_RIJEN: tuple[tuple[str, Set[Verwerkingsdoel]], ...] = (
    ("burgerservicenummer", {_S, _V, _O}),
    ("naam.voornamen", {_S, _V}),
    ("naam.voorvoegsel", {_S, _V}),
    ("naam.geslachtsnaam", {_S, _V}),
    ("naam.volledigeNaam", {_S, _V}),
    ("geboorte.datum", {_S, _V}),
    ("geslacht", {_S, _V}),
    ("verblijfplaats.verblijfadres", {_S, _V}),
    ("verblijfplaats.functieAdres", {_S, _V}),
    ("gemeenteVanInschrijving", {_S, _V}),
    ("ouders.burgerservicenummer", {_S, _V}),
    ("ouders.ouderAanduiding", {_S, _V}),
    ("ouders.datumIngangFamilierechtelijkeBetrekking", {_S, _V}),
    ("overlijden.datum", {_S, _V}),
)
VELDEN: Mapping[str, Set[Verwerkingsdoel]] = MappingProxyType(dict(_RIJEN))


def velden(doel: Verwerkingsdoel) -> tuple[str, ...]:
    """The fields that are asked for a purpose.

    Raises:
        LookupError: nothing may be asked for it.
    """
    gevraagd = tuple(veld for veld, doelen in VELDEN.items() if doel in doelen)
    if not gevraagd:
        raise LookupError("no field may be asked for this purpose")
    return gevraagd
