"""From the aggregate to its row and back: the same names, so that neither needs a list."""

from dataclasses import fields
from typing import Any

from sqlalchemy import Row

from contracts.signaal import Bron, Organisatiesoort, SignaalReden, SignaalStatus
from contracts.statistiek import Geslacht, Leeftijdsgroep, Woonklasse
from signaal.adapters.db.tables import signaal
from signaal.domain.signaal import Signaal, Telling

KOLOMMEN = [
    signaal.c.id.label("signaal_id"),
    *(signaal.c[field.name] for field in fields(Signaal) if field.name != "signaal_id"),
]
"""The columns of a signal, named as the aggregate's fields."""


def naar_rij(aggregaat: Signaal) -> dict[str, Any]:
    """The row of a signal."""
    return _rij(aggregaat, "id")


def telling_naar_rij(telling: Telling) -> dict[str, Any]:
    """The row of a count."""
    return _rij(telling, "signaal")


def _rij(van: Signaal | Telling, signaal_id: str) -> dict[str, Any]:
    # Not `asdict`, which copies every value in depth.
    rij = dict(vars(van))
    rij[signaal_id] = rij.pop("signaal_id")
    return rij


def uit_rij(rij: Row[Any]) -> Signaal:
    """The signal in a row that has at least `KOLOMMEN`."""
    velden = {field.name: getattr(rij, field.name) for field in fields(Signaal)}
    return Signaal(
        **velden
        | {
            "organisatiesoort": Organisatiesoort(velden["organisatiesoort"]),
            "bron": Bron(velden["bron"]),
            "status": SignaalStatus(velden["status"]),
            "reden": SignaalReden(velden["reden"]) if velden["reden"] else None,
        }
    )


def telling_uit_rij(rij: Row[Any]) -> Telling:
    """The count in a row of `signaal_telling`."""
    return Telling(
        signaal_id=rij.signaal,
        leeftijdsgroep=Leeftijdsgroep(rij.leeftijdsgroep),
        geslacht=Geslacht(rij.geslacht),
        woonklasse=Woonklasse(rij.woonklasse),
        woongemeente=rij.woongemeente,
        organisatie=rij.organisatie,
        week=rij.week,
    )
