"""What this service can be asked to do."""

from collections.abc import Sequence
from dataclasses import dataclass

from brp_proxy.domain.bsn import Bsn
from brp_proxy.domain.doel import Verwerkingsdoel
from contracts.base import PersoonRef
from platformkit.identity import Principal


@dataclass(frozen=True)
class PersoonVastleggen:
    """Look a youth up in the BRP and give a ref to him on lease (D1): `dienst` asks, in the name of a person (D17)."""

    bsn: Bsn
    doel: Verwerkingsdoel
    dienst: Principal
    namens: Principal


@dataclass(frozen=True)
class KaartgegevensLezen:
    """What stands on the cards of these youths, for a service in the name of a person."""

    personen: Sequence[PersoonRef]
    dienst: Principal
    namens: Principal


@dataclass(frozen=True)
class KlassegegevensLezen:
    """What decides on the end and the class of a signal on these youths, for a service itself."""

    personen: Sequence[PersoonRef]
    dienst: Principal


@dataclass(frozen=True)
class VerwijzingVergelijken:
    """Whether a ref that the service has is that of the youth with this BSN (D3)."""

    bsn: Bsn
    persoon_ref: PersoonRef
    dienst: Principal
    namens: Principal
