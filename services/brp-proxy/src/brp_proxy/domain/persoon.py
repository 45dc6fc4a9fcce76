"""The person as other services know him, and what becomes of him when he is stored again (D1, D18)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from brp_proxy.domain.afstamming import Plaats, was_nooit_ouder
from brp_proxy.domain.bsn import Bsn
from brp_proxy.domain.persoonslijst import Persoonslijst
from contracts.base import OuderRef, PersoonRef
from contracts.persoon import Ouder


@dataclass(frozen=True)
class Persoon:
    """State and version of a person.

    `ouders_onjuist`: see the contract. `plaatsen` holds where the current parents stand on his list, as far as that was
    known when they were stored; it is for telling why one of them goes. `kaart` are the data of R032.
    Neither is told to others.
    """

    persoon_ref: PersoonRef
    versie: int
    ouders: tuple[Ouder, ...]
    woongemeente: str | None
    geheim: bool
    ouders_onjuist: frozenset[OuderRef] = frozenset()
    overleden_op: date | None = None
    plaatsen: Mapping[OuderRef, Plaats] = field(default_factory=dict, repr=False)
    kaart: Mapping[str, object] = field(default_factory=dict, repr=False)

    def zegt_anders(self, vorige: "Persoon") -> bool:
        """Whether anything that is stored is another than before."""
        return replace(self, versie=vorige.versie) != vorige

    @property
    def ouder_refs(self) -> frozenset[OuderRef]:
        """The refs of the current parents."""
        return frozenset(ouder.ouder_ref for ouder in self.ouders)


def vastgelegd(
    persoon_ref: PersoonRef,
    vorige: Persoon | None,
    lijst: Persoonslijst,
    refs: Mapping[Bsn, OuderRef],
    *,
    nu: datetime,
    vandaag: date,
    zelfde: frozenset[OuderRef] = frozenset(),
) -> Persoon:
    """The person as he is stored now, the first time or again; `refs` are those of the parents on the list, `zelfde` the
    former ones who are there under another BSN (`hernummerd`).

    A parent who was not there in the version before is marked: from then on he can be the cause of a match (D18). Of a
    death that is not known to the day, the day on which it was read counts.
    """
    versie = vorige.versie + 1 if vorige else 1
    bekend = {ouder.ouder_ref: ouder for ouder in vorige.ouders} if vorige else {}
    ouders = tuple(
        bekend.get(ref) or Ouder(ouder_ref=ref, sinds=nu, sinds_versie=versie, sinds_gewijzigd=vorige is not None)
        for ref in sorted(refs.values())
    )
    eerder = vorige.overleden_op if vorige else None
    return Persoon(
        persoon_ref,
        versie,
        ouders,
        woongemeente=lijst.woongemeente,
        geheim=lijst.geheim,
        ouders_onjuist=_onjuist(vorige, lijst, frozenset(refs.values()), zelfde),
        overleden_op=(lijst.overleden_op or eerder or vandaag) if lijst.overleden else None,
        plaatsen={refs[ouder.bsn]: ouder.plaats for ouder in lijst.ouders if ouder.bsn is not None},
        kaart=lijst.gegevens,
    )


def hernummerd(
    vorige: Persoon, lijst: Persoonslijst, onvindbaar: Collection[OuderRef], bekend: Collection[Bsn]
) -> Mapping[Bsn, OuderRef]:
    """Former parents who are the same as before under another BSN, by that: theirs leads nowhere any more (`onvindbaar`), and
    somebody who was not `bekend` as a parent stands in their place since the very day that they did.
    """
    op_plaats = {vorige.plaatsen[ref]: ref for ref in onvindbaar if ref in vorige.plaatsen}
    return {
        ouder.bsn: op_plaats[ouder.plaats]
        for ouder in lijst.ouders
        if ouder.bsn is not None
        and ouder.bsn not in bekend
        and ouder.aanduiding is not None
        and ouder.ingang is not None
        if ouder.plaats in op_plaats
    }


def _onjuist(
    vorige: Persoon | None, lijst: Persoonslijst, nu: frozenset[OuderRef], zelfde: frozenset[OuderRef]
) -> frozenset[OuderRef]:
    """Who never was a parent stays so until he is registered again; nor is it who is the `zelfde` under another ref."""
    if vorige is None:
        return frozenset()
    geregistreerd = [ouder.plaats for ouder in lijst.ouders]
    weg = {ref: plaats for ref, plaats in vorige.plaatsen.items() if ref not in nu | zelfde}
    nooit = (ref for ref, plaats in weg.items() if was_nooit_ouder(plaats, geregistreerd))
    return vorige.ouders_onjuist.union(nooit) - nu
