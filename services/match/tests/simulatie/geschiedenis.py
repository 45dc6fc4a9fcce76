"""What happened in a made-up world, drawn from a seed, and how the news of it travels.

The history is what signaal and brp-proxy know; the arrival is what the broker makes of it: late, twice, in any order.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from contracts.base import Event
from contracts.persoon import (
    Ouder,
    PersoonGewijzigd,
    PersoonOverleden,
    PersoonToestand,
    PersoonVastgelegd,
    PersoonVerhuisd,
    PersoonVernietigd,
    PersoonVernietigdReden,
)
from contracts.registry import topics
from contracts.signaal import (
    Bron,
    Organisatiesoort,
    SignaalAfgegeven,
    SignaalGedeactiveerd,
    SignaalReden,
    SignaalStatus,
    SignaalToestand,
    SignaalVerlengd,
    SignaalVernietigd,
    SignaalVerwijderd,
)
from platformkit.clock import AMSTERDAM
from platformkit.envelope import encode

# Summer time begins and ends in some of these weeks; 29 February and the turn of the year are in others.
_WEKEN = [date(2025, 3, 28), date(2025, 10, 24), date(2025, 6, 2), date(2024, 2, 27), date(2025, 12, 29)]
_MAX_SIGNALEN = 7
_VERSIE = 4


@dataclass(frozen=True)
class Feit:
    """One version of one aggregate, as its owner told it."""

    event: Event
    subject: UUID
    key: UUID
    versie: int

    @property
    def kort(self) -> str:
        """For a reader of the log."""
        soort = type(self.event).__name__
        return f"{soort} {kort(self.subject)} v{self.versie} on {kort(self.key)}"


@dataclass(frozen=True)
class Bericht:
    """A feit on its way: what the relay of its owner puts on the topic, or rubbish."""

    event_id: str
    topic: str
    subject: UUID
    key: UUID
    headers: list[tuple[str, bytes]]
    value: bytes
    wat: str
    rubbish: bool = False


def kort(ref: UUID) -> str:
    """Enough of an id to tell it from the others of a history."""
    return ref.hex[:6]


def een_uuid(kans: Random) -> UUID:
    """A random id that the seed decides."""
    return UUID(int=kans.getrandbits(128), version=_VERSIE)


@dataclass
class _Signaal:
    """The signal as its owner has it now."""

    velden: dict[str, Any]
    versie: int = 0
    weg: bool = False


@dataclass
class Geschiedenis:
    """Families, professionals and signals, and everything that became of them."""

    kans: Random
    feiten: list[Feit] = field(default_factory=list)

    def __post_init__(self) -> None:
        kans = self.kans
        dag = kans.choice(_WEKEN) + timedelta(days=kans.randrange(3))
        self.begin = datetime(dag.year, dag.month, dag.day, kans.randrange(24), tzinfo=AMSTERDAM).astimezone(UTC)
        self._professionals = [een_uuid(kans) for _ in range(kans.randint(2, 5))]
        # One professional may work for several organisations.
        self._accounts = [(pro, een_uuid(kans), een_uuid(kans)) for pro in self._professionals for _ in range(2)]
        self.gezinnen = [self._gezin() for _ in range(kans.choice([1, 1, 2]))]
        jeugdigen = [jeugdige for gezin in self.gezinnen for jeugdige in gezin[0]]
        levens = [self._persoon(jeugdige, kans.choice(self.gezinnen)[1] or []) for jeugdige in jeugdigen]
        # Unsorted over the youths, so that some have none, some many.
        levens += [self._signaal(kans.choice(jeugdigen)) for _ in range(kans.randint(3, _MAX_SIGNALEN))]
        while levens:
            leven = kans.choice(levens)
            feit = next(leven, None)
            if feit is None:
                levens.remove(leven)
            else:
                self.feiten.append(feit)

    def _gezin(self) -> tuple[list[UUID], list[UUID]]:
        """Youths, and the parents they may have: half siblings share one, new families all or none."""
        kans = self.kans
        return [een_uuid(kans) for _ in range(kans.choice([1, 2, 2, 3]))], [
            een_uuid(kans) for _ in range(kans.randint(1, 2))
        ]

    def _moment(self, vroegst: int = -72) -> datetime:
        """In the hours before the begin, whole ones: two things may happen at the same instant."""
        return self.begin + timedelta(hours=self.kans.randint(vroegst, 0))

    def _persoon(self, ref: UUID, vreemden: list[UUID]) -> Iterator[Feit]:
        kans = self.kans
        if kans.random() < 0.08:
            return  # nothing of this youth ever arrives
        eigen = next(ouders for jeugdigen, ouders in self.gezinnen if ref in jeugdigen)
        kandidaten = eigen + vreemden
        begin = self._moment()
        ouders = {
            each: Ouder(ouder_ref=each, sinds=begin, sinds_versie=1, sinds_gewijzigd=False)
            for each in kans.sample(eigen, min(len(eigen), kans.choice([0, 1, 1, 2, 2])))
        }
        nooit: set[UUID] = set()
        yield self._toestand(PersoonVastgelegd, ref, 1, ouders, nooit)
        overleden = None
        for versie in range(2, 2 + kans.choice([0, 0, 1, 1, 2, 3, 4])):
            soort: type[PersoonToestand]
            match kans.choice(["ouders"] * 7 + ["verhuisd", "lease", "dood", "weg"]):
                case "ouders":
                    soort, overleden = PersoonGewijzigd, None  # a death may be corrected, too
                    gekozen = kans.sample(kandidaten, min(len(kandidaten), kans.choice([0, 1, 1, 2, 2])))
                    # Who goes never was one, or went by a later event; who comes back was one after all.
                    gegaan = sorted({*ouders, *nooit} - {*gekozen})
                    nooit = {each for each in gegaan if each in nooit or kans.random() < 0.5}
                    nieuw = Ouder(ouder_ref=ref, sinds=self._moment(-24), sinds_versie=versie, sinds_gewijzigd=True)
                    ouders = {
                        each: ouders.get(each) or nieuw.model_copy(update={"ouder_ref": each}) for each in gekozen
                    }
                case "verhuisd":
                    soort = PersoonVerhuisd
                case "lease":
                    soort = PersoonVastgelegd
                case "dood":
                    soort, overleden = PersoonOverleden, self.begin.date()
                case _:
                    reden = kans.choice(list(PersoonVernietigdReden))
                    yield Feit(PersoonVernietigd(reden=reden), ref, ref, versie)
                    return
            yield self._toestand(soort, ref, versie, ouders, nooit, overleden=overleden)

    def _toestand(
        self,
        soort: type[PersoonToestand],
        ref: UUID,
        versie: int,
        ouders: dict[UUID, Ouder],
        nooit: set[UUID],
        *,
        overleden: date | None = None,
    ) -> Feit:
        event = soort(
            persoon_ref=ref,
            ouders=tuple(ouders.values()),
            ouders_onjuist=tuple(sorted(nooit)),
            woongemeente=self.kans.choice(["0392", "0363", None]),
            geheim=False,
            overleden_op=overleden,
        )
        return Feit(event, ref, ref, versie)

    def _einddatum(self) -> date:
        """In the days over which the clock will move: some end before, some after, some never."""
        return self.begin.date() + timedelta(days=self.kans.choice([0, 1, 1, 2, 2, 3, 4, 300, 300, 300]))

    def _signaal(self, jeugdige: UUID) -> Iterator[Feit]:
        kans = self.kans
        professional, account, organisatie = kans.choice(self._accounts)
        op = self._moment()
        signaal_id = een_uuid(kans)
        velden: dict[str, Any] = {
            "signaal_id": signaal_id,
            "persoon_ref": jeugdige,
            "professional": professional,
            "account": account,
            "organisatie": organisatie,
            "organisatiesoort": kans.choice(list(Organisatiesoort)),
            "locatie": een_uuid(kans),
            "convenant": "zuid-kennemerland",
            "gemeente": "0392",
            "afgegeven_op": op,
            "begindatum": op.date(),
            "einddatum": self._einddatum(),
            "bron": Bron.PORTAAL,
            "landelijk": True,
            "status": SignaalStatus.ACTIEF,
            "reden": None,
        }
        yield self._versie(SignaalAfgegeven, velden, 1)
        for versie in range(2, 2 + kans.choice([0, 0, 1, 2, 3, 4])):
            soort: type[SignaalToestand]
            match kans.choice(
                ["verlengd"] * 5 + ["overgedragen"] * 2 + ["sluiten"] * 2 + ["verwijderen", "vernietigen"]
            ):
                case "verlengd" if velden["status"] == SignaalStatus.ACTIEF:
                    soort, velden = SignaalVerlengd, {**velden, "einddatum": self._einddatum()}
                case "overgedragen" if velden["status"] == SignaalStatus.ACTIEF:
                    professional, account, organisatie = kans.choice(self._accounts)
                    wie = {"professional": professional, "account": account, "organisatie": organisatie}
                    soort, velden = SignaalVerlengd, {**velden, **wie}
                case "verwijderen" if velden["status"] != SignaalStatus.VERWIJDERD:
                    reden = kans.choice([SignaalReden.TEN_ONRECHTE, SignaalReden.BEZWAAR])
                    soort = SignaalVerwijderd
                    velden = {**velden, "status": SignaalStatus.VERWIJDERD, "reden": reden}
                case "vernietigen":
                    reden = kans.choice(
                        [SignaalReden.BEWAARTERMIJN, SignaalReden.OVERLEDEN, SignaalReden.DRIEENTWINTIG]
                    )
                    yield Feit(SignaalVernietigd(reden=reden), signaal_id, jeugdige, versie)
                    return
                case _ if velden["status"] == SignaalStatus.ACTIEF:
                    reden = kans.choice(
                        [
                            SignaalReden.NIET_MEER_BETROKKEN,
                            SignaalReden.VERLOPEN,
                            SignaalReden.DRIEENTWINTIG,
                            SignaalReden.OVERLEDEN,
                        ]
                    )
                    soort = SignaalGedeactiveerd
                    velden = {**velden, "status": SignaalStatus.INACTIEF, "reden": reden}
                case _:
                    return
            yield self._versie(soort, velden, versie)

    def _versie(self, soort: type[SignaalToestand], velden: dict[str, Any], versie: int) -> Feit:
        return Feit(soort(**velden), velden["signaal_id"], velden["persoon_ref"], versie)


def aankomst(feiten: list[Feit], kans: Random) -> list[Bericht]:
    """Every feit at least once, in the order in which the owners' relays put them on the topics."""
    volgorde = list(feiten)
    if kans.random() < 0.3:
        # As after a rebuild, a replay, another number of partitions: nothing keeps its order.
        kans.shuffle(volgorde)
    else:
        _schud_behoudend(volgorde, kans)
    berichten = [_bericht(feit, kans) for feit in volgorde]
    for _ in range(kans.choice([0, 1, 2])):
        # A relay that died before its mark sends a stretch again, with the same ids.
        van = kans.randrange(len(berichten))
        stuk = berichten[van : van + kans.randint(1, 4)]
        plaats = kans.randint(van + len(stuk), len(berichten))
        berichten[plaats:plaats] = stuk
    for feit in kans.sample(feiten, min(len(feiten), kans.choice([0, 0, 1, 3]))):
        # Told again under a new id, also long after a newer version.
        berichten.insert(kans.randint(0, len(berichten)), _bericht(feit, kans))
    for _ in range(kans.choice([0, 0, 0, 1, 2])):
        berichten.insert(kans.randint(0, len(berichten)), _rubbish(kans.choice(berichten), kans))
    return berichten


def _schud_behoudend(volgorde: list[Feit], kans: Random) -> None:
    """Any order in which every aggregate keeps its own."""
    plaatsen = [feit.subject for feit in volgorde]
    kans.shuffle(plaatsen)
    rijen: dict[UUID, list[Feit]] = {}
    for feit in volgorde:
        rijen.setdefault(feit.subject, []).append(feit)
    volgorde[:] = [rijen[subject].pop(0) for subject in plaatsen]


def _bericht(feit: Feit, kans: Random) -> Bericht:
    bron = f"urn:nld:oin:00000099000000001000:systeem:{topics()[feit.event.TOPIC].owner}"
    event_id = een_uuid(kans)
    op = datetime(2020, 1, 1, tzinfo=UTC)  # before any history
    headers, value = encode(
        feit.event, event_id=event_id, subject=feit.subject, source=bron, version=feit.versie, time=op
    )
    ruw = [(naam, waarde.encode()) for naam, waarde in headers.items()]
    return Bericht(f"{bron}#{event_id}", feit.event.TOPIC, feit.subject, feit.key, ruw, value, feit.kort)


def _rubbish(voorbeeld: Bericht, kans: Random) -> Bericht:
    """What no reader understands: a broken one and an unknown type go to the dead letters."""
    if kans.random() < 0.5:
        return replace(voorbeeld, event_id="", value=b"{", wat="broken", rubbish=True)
    onbekend = [(naam, waarde + b"x" if naam == "ce_type" else waarde) for naam, waarde in voorbeeld.headers]
    return replace(voorbeeld, event_id="", headers=onbekend, wat="unknown type", rubbish=True)
