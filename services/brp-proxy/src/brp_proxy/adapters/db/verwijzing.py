"""A ref as a row, for whoever makes refs."""

from collections.abc import Mapping
from uuid import UUID

from brp_proxy.adapters.db.tables import Soort
from brp_proxy.adapters.kluis import Index

KOLOMMEN = ("persoon_ref", "soort", "bsn_index", "sleutelversie")
"""What is known of one that is made."""


def rij_van(ref: UUID, soort: Soort, index: Index) -> Mapping[str, object]:
    """The row of a ref whose BSN stands under `index`."""
    return {"persoon_ref": ref, "soort": soort, "bsn_index": index.waarde, "sleutelversie": index.versie}
