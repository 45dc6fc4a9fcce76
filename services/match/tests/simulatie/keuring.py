"""What must hold after every commit, and when everything has come to rest."""

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import date
from typing import Any
from uuid import UUID

from services.match.tests.oracle import VANAF_HET_BEGIN, oorzaak, oracle, reden
from services.match.tests.simulatie.geheugen import Geheugen, Transactie
from services.match.tests.simulatie.geschiedenis import Feit, kort

from contracts.match import MatchToestand, OorzaakSoort
from contracts.persoon import PersoonToestand
from contracts.registry import EVENTS
from contracts.signaal import SignaalToestand
from match.domain.match import Match
from match.domain.oorzaak import wijziging_id
from platformkit.clock import AMSTERDAM


class Stand:
    """Signals, parents and youths in the oracle's form."""

    def __init__(self) -> None:
        self.signalen: dict[UUID, dict[str, Any]] = {}
        self.banden: dict[UUID, dict[UUID, tuple[Any, UUID, int]]] = {}
        self.jeugdigen: dict[UUID, str] = {}
        self.nooit: dict[UUID, set[UUID]] = {}

    @classmethod
    def volgens_projectie(cls, geheugen: Geheugen) -> "Stand":
        """What match has committed."""
        stand, tabellen = cls(), geheugen.tabellen
        for s in tabellen["signaal"].values():
            stand._signaal(s.signaal_id, s, s.status)
        for ref, p in tabellen["persoon"].items():
            stand.jeugdigen[ref] = p.status
            stand.nooit[ref] = set(p.ouders_onjuist)
        for band in tabellen["ouder"].values():
            stand._band(band.persoon_ref, band)
        return stand

    @classmethod
    def volgens_geschiedenis(cls, feiten: Iterable[Feit]) -> "Stand":
        """What signaal and brp-proxy have last told."""
        stand = cls()
        for feit in {feit.subject: feit for feit in sorted(feiten, key=lambda feit: feit.versie)}.values():
            event: Any = feit.event
            if feit.event.TOPIC == "signaal":
                leeft = isinstance(event, SignaalToestand)
                stand._signaal(feit.subject, event if leeft else None, event.status if leeft else "vernietigd")
                continue
            leeft = isinstance(event, PersoonToestand)
            overleden = leeft and event.overleden_op is not None
            stand.jeugdigen[feit.subject] = "overleden" if overleden else "in-leven" if leeft else "vernietigd"
            for ouder in event.ouders if leeft else ():
                stand._band(feit.subject, ouder)
        return stand

    def _signaal(self, signaal_id: UUID, s: Any, status: str) -> None:
        self.signalen[signaal_id] = {
            "id": signaal_id,
            "status": str(status),
            "jeugdige": s and s.persoon_ref,
            "professional": s and s.professional,
            "account": s and s.account,
            "einddatum": s and s.einddatum,
            "reden": s and s.reden and str(s.reden),
            "op": s and s.afgegeven_op,
        }

    def _band(self, ref: UUID, ouder: Any) -> None:
        sinds = ouder.sinds if ouder.sinds_gewijzigd else VANAF_HET_BEGIN
        self.banden.setdefault(ref, {})[ouder.ouder_ref] = (sinds, ref, ouder.sinds_versie)

    def matches(self, vandaag: date) -> dict[tuple[str, UUID, UUID], tuple[date, Any]]:
        """Every match that should be open, with its einddatum and its cause."""
        weg = {ref for ref, status in self.jeugdigen.items() if status != "in-leven"}
        verwacht = {}
        for soort, a, b in oracle(list(self.signalen.values()), self.banden, weg, vandaag):
            s, t = self.signalen[a], self.signalen[b]
            verwacht[soort, a, b] = (min(s["einddatum"], t["einddatum"]), oorzaak(s, t, self.banden))
        return verwacht


def _opgeslagen(geheugen: Geheugen, vandaag: date) -> dict[tuple[str, UUID, UUID], tuple[date, Any]]:
    """The matches that a reader takes for open, with what should be equal to the oracle's."""
    return {
        (m.soort, m.signaal_a, m.signaal_b): (m.einddatum, _oorzaak(m))
        for m in geheugen.tabellen["match"].values()
        if m.status == "actief" and m.einddatum > vandaag
    }


def _oorzaak(m: Match) -> tuple[Any, UUID]:
    return m.oorzaak_op, m.oorzaak_id


def _zelfde(verwacht: dict[Any, Any], gevonden: dict[Any, Any], wanneer: str) -> None:
    """Both directions; a cause is compared by moment and id, where a change of parents has a derived one."""
    afgeleid = {
        wie: (einde, (oorzaak[0], wijziging_id(*oorzaak[1:]) if len(oorzaak) == 3 else oorzaak[1]))
        for wie, (einde, oorzaak) in verwacht.items()
    }
    if afgeleid == gevonden:
        return
    for wie in afgeleid.keys() | gevonden.keys():
        if afgeleid.get(wie) != gevonden.get(wie):
            soort, a, b = wie
            raise AssertionError(
                f"{wanneer}: {soort} {kort(a)} {kort(b)} should be {afgeleid.get(wie)}, is {gevonden.get(wie)}"
            )


class Keuring:
    """Looks at every commit of one seed."""

    def __init__(self, geheugen: Geheugen, vandaag: Callable[[], date], telling: Counter[str]) -> None:
        self._geheugen = geheugen
        self._vandaag = vandaag
        self._telling = telling
        self._bekend: dict[UUID, Match] = {}
        self._verteld: dict[tuple[UUID, int], set[bytes]] = {}
        self._laatst: dict[UUID, Any] = {}
        self._vorige = Stand()
        self.gehoord: Counter[tuple[str, str]] = Counter()

    def bij_commit(self, transactie: Transactie) -> None:
        """After each commit the open matches are a function of the committed projection, and the difference is told."""
        self.gehoord.update(transactie.notities)
        dubbel = [wat for wat in transactie.notities if self.gehoord[wat] > 1]
        assert not dubbel, f"handled twice: {dubbel}"
        if transactie.eigen.keys() <= {"inbox", "dead_letter", "matchsleutel"}:
            return
        stand = Stand.volgens_projectie(self._geheugen)
        vandaag = self._vandaag()
        _zelfde(stand.matches(vandaag), _opgeslagen(self._geheugen, vandaag), "after a commit")
        self._verschil(stand, transactie)
        self._vorige = stand

    def _verschil(self, stand: Stand, transactie: Transactie) -> None:
        """What changed was told in the same commit, under a version never used before, with the reason of an end."""
        veranderd = transactie.eigen.get("match", {})
        verteld = {UUID(rij.key): rij for rij in transactie.eigen.get("outbox", {}).values()}
        assert verteld.keys() == veranderd.keys(), "stored and told differ"
        assert len(verteld) == len(transactie.eigen.get("outbox", {})), "told twice in one transaction"
        for match_id, m in veranderd.items():
            oud, rij = self._bekend.get(match_id), verteld[match_id]
            self._bekend[match_id] = m
            eerder = self._verteld.get((match_id, oud.versie), set()) if oud else set()
            self._verteld.setdefault((match_id, m.versie), set()).add(rij.payload)
            if transactie.opnieuw_verteld:
                self._opnieuw(oud, m, rij, eerder)
                continue
            _verteld_is(m, rij)
            if oud is not None and oud.status == m.status == "beeindigd":
                self._ten_onrechte(stand, oud, m, rij)
            else:
                self._zijden(stand, m, rij)
            assert oud is None or m.versie > oud.versie, "a version that does not rise"
            assert rij.payload not in eerder, "told without a change"
            assert m.versie >> 32 == self._geheugen.generatie, "a version of another generation"
            self._tel(oud, m, rij.created_at.astimezone(AMSTERDAM).date(), sweep=not transactie.notities)
            if m.status == "beeindigd":
                zijden = [
                    (stand.signalen[m.signaal_a], stand.jeugdigen.get(m.persoon_a)),
                    (stand.signalen[m.signaal_b], stand.jeugdigen.get(m.persoon_b)),
                ]
                samen = set.intersection(*(set(self._vorige.banden.get(ref, ())) for ref in (m.persoon_a, m.persoon_b)))
                nooit = stand.nooit.get(m.persoon_a, set()) | stand.nooit.get(m.persoon_b, set())
                verwacht = reden(m.soort, zijden, rij.created_at.astimezone(AMSTERDAM).date(), samen, nooit)
                assert m.reden == verwacht, f"ended as {m.reden}, was {verwacht}"

    def _opnieuw(self, oud: Match | None, m: Match, rij: Any, eerder: set[bytes]) -> None:
        """Told again: the same state, under the same version or the first of a newer generation."""
        assert oud is not None
        assert m._replace(versie=oud.versie) == oud, "told again and changed"
        assert m.versie == oud.versie or m.versie >> 32 == self._geheugen.generatie > oud.versie >> 32
        # Of an end, what its signals say now: they may have been handed over since.
        if m.status == "actief":
            assert rij.payload in eerder, "told again as something else"
        self._telling["told again"] += 1
        self._laatst[m.match_id] = _event(rij).professionals

    def _ten_onrechte(self, stand: Stand, oud: Match, m: Match, rij: Any) -> None:
        """What had ended is told again only when a removed signal shows that it never was right, and once."""
        assert {stand.signalen[each]["status"] for each in (m.signaal_a, m.signaal_b)} >= {"verwijderd"}
        assert oud.reden != "signaal-verwijderd", "told as wrong twice"
        assert m._replace(reden=oud.reden, beeindigd_door=oud.beeindigd_door, versie=oud.versie) == oud, "another end"
        self._telling["was wrong, told after its end"] += 1
        self._laatst[m.match_id] = _event(rij).professionals

    def _zijden(self, stand: Stand, m: Match, rij: Any) -> None:
        """A begin says of both sides what their signals say, an end what was last told of the match."""
        zijden = _event(rij).professionals
        if m.status == "actief":
            self._laatst[m.match_id] = zijden
            for zijde in zijden:
                signaal = stand.signalen[zijde.signaal_id]
                gezegd = (zijde.persoon_ref, zijde.professional, zijde.account)
                assert zijde.account in {m.account_a, m.account_b}
                assert gezegd == (signaal["jeugdige"], signaal["professional"], signaal["account"]), "another side"
        assert zijden == self._laatst[m.match_id], "an end that names others than the begin"

    def _tel(self, oud: Match | None, m: Match, dag: date, *, sweep: bool) -> None:
        tel = self._telling
        if m.status == "beeindigd":
            tel["ended by the sweep"] += sweep
            tel[f"ended: {m.reden}"] += 1
        elif oud is None:
            tel[f"began: {m.soort}"] += 1
        else:
            tel["changed" if oud.status == m.status else "began again"] += 1
            if m.einddatum <= self._vandaag():
                tel["began again by a transaction of yesterday"] += 1
        if m.oorzaak_soort is OorzaakSoort.PERSOON_GEWIJZIGD:
            tel["cause: a parent"] += 1
        if dag < self._vandaag():
            tel["told across midnight"] += 1

    def in_rust(self, feiten: Iterable[Feit], topic: Iterable[Any]) -> None:
        """At the end the matches are the function of what happened, and the reader of [match] knows every one of them."""
        vandaag = self._vandaag()
        verwacht = Stand.volgens_geschiedenis(feiten).matches(vandaag)
        _zelfde(verwacht, _opgeslagen(self._geheugen, vandaag), "at rest")
        matches: dict[UUID, Match] = self._geheugen.tabellen["match"]
        over = [m for m in matches.values() if m.status == "actief" and m.einddatum <= vandaag]
        assert not over, "a match past its end that nobody ended"
        signalen = Stand.volgens_projectie(self._geheugen).signalen
        for m in matches.values():
            zijden = {signalen[m.signaal_a]["status"], signalen[m.signaal_b]["status"]}
            if "verwijderd" in zijden and "vernietigd" not in zijden:
                assert m.reden == "signaal-verwijderd", f"wrong by a removed signal, and told as {m.reden}"
        gelezen: dict[UUID, tuple[int, Any]] = {}
        for rij in topic:
            match_id, versie = UUID(rij.key), int(rij.headers["ce_sequence"])
            hoogste = gelezen.get(match_id, (0, None))[0]
            assert versie > hoogste or rij.payload in self._verteld[match_id, versie]
            if versie > hoogste:
                gelezen[match_id] = (versie, rij)
        assert gelezen.keys() == matches.keys(), "the reader and the table know different matches"
        for match_id, (_, rij) in gelezen.items():
            _verteld_is(matches[match_id], rij)


def _event(rij: Any) -> MatchToestand:
    event = EVENTS[rij.headers["ce_type"]].model_validate_json(rij.payload)
    assert isinstance(event, MatchToestand)
    return event


def _verteld_is(m: Match, rij: Any) -> None:
    """The outbox row says of the match what the table says."""
    event = _event(rij)
    assert (rij.topic, rij.headers["ce_sequence"]) == ("match", str(m.versie))
    assert rij.headers["ce_type"].split(".")[3] == {"actief": "ontstaan"}.get(m.status, "beeindigd")
    assert (event.match_id, event.soort, event.signalen) == (m.match_id, m.soort, (m.signaal_a, m.signaal_b))
    assert (event.status, event.reden or event.nadere_reden, event.einddatum) == (m.status, m.reden, m.einddatum)
    assert event.beeindigd_door == m.beeindigd_door
    assert (event.beeindigd_door is not None) == (event.reden in {"signaal-verwijderd", "ouder-gecorrigeerd"})
    assert (event.oorzaak.op, event.oorzaak.id) == _oorzaak(m)
    assert event.personen == tuple(sorted({m.persoon_a, m.persoon_b}))
