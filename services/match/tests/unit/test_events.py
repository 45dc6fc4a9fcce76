"""What is told of a match and of its two sides (D2), and which of them can have the matchregie (R111)."""

from datetime import timedelta
from uuid import uuid4

import pytest
from services.match.tests.bouwstenen import NU, VANDAAG, signaal

from contracts.match import MatchBeeindigd, MatchOntstaan, MatchReden, MatchSoort, MatchStatus, NadereReden
from contracts.signaal import Organisatiesoort
from match.domain.events import toestand
from match.domain.match import Match
from match.domain.paren import paren
from match.domain.reden import Reden
from match.domain.regie import Deelname, kan_regie_hebben
from match.domain.signaal import Betrokkene, Kandidaat, Signaalstand, SignaalStatus


def _stand(van: Kandidaat) -> Signaalstand:
    return Signaalstand(versie=1, **{naam: getattr(van, naam) for naam in Signaalstand._fields if hasattr(van, naam)})


def _match() -> tuple[Match, Kandidaat, Kandidaat]:
    jeugdige = uuid4()
    een = signaal(jeugdige, convenant="een", afgegeven_op=NU - timedelta(days=3))
    ander = signaal(jeugdige, convenant="ander", afgegeven_op=NU - timedelta(days=2))
    (paar,) = paren([een, ander], [], VANDAAG, rond={een.signaal_id}).values()
    a, b = sorted((een, ander), key=lambda each: each.signaal_id)
    return Match.ontstaan(paar, 1, NU), a, b


@pytest.mark.regel("D2")
def test_a_match_is_told_whole() -> None:
    match, a, b = _match()
    event = toestand(match, a.betrokkene(), b.betrokkene())
    assert isinstance(event, MatchOntstaan)
    assert event.model_dump(exclude={"professionals", "oorzaak"}) == {
        "match_id": match.match_id,
        "soort": match.soort,
        "signalen": (a.signaal_id, b.signaal_id),
        "personen": (a.persoon_ref,),
        "einddatum": match.einddatum,
        "status": MatchStatus.ACTIEF,
        "reden": None,
        "regiepartij": False,
        "afgegeven_op": (a.afgegeven_op, b.afgegeven_op),
        "nadere_reden": None,
        "beeindigd_door": None,
    }
    assert (event.oorzaak.soort, event.oorzaak.id, event.oorzaak.op) == (
        match.oorzaak_soort,
        match.oorzaak_id,
        match.oorzaak_op,
    )
    for verteld, kant in zip(event.professionals, (a, b), strict=True):
        assert dict(verteld) == {naam: getattr(kant, naam) for naam in type(verteld).model_fields}


@pytest.mark.regel("D2")
def test_the_youths_of_a_family_match_are_told_in_one_order_whoever_stands_on_which_side() -> None:
    match, a, b = _match()
    laag, hoog = sorted((uuid4(), uuid4()))
    for persoon_a, persoon_b in ((laag, hoog), (hoog, laag)):
        gezin = match._replace(soort=MatchSoort.GEZIN, persoon_a=persoon_a, persoon_b=persoon_b)
        assert toestand(gezin, a.betrokkene(), b.betrokkene()).personen == (laag, hoog)


@pytest.mark.regel("D2", "D18")
@pytest.mark.parametrize("reden", [*MatchReden, *NadereReden])
def test_an_end_is_told_with_its_reason_in_words_that_the_first_readers_know_or_none(reden: Reden) -> None:
    match, a, b = _match()
    geeindigd = match._replace(status=MatchStatus.BEEINDIGD, reden=reden, beeindigd_door=a.signaal_id)
    event = toestand(geeindigd, a.betrokkene(), b.betrokkene())
    assert isinstance(event, MatchBeeindigd)
    verwacht = (reden, None) if isinstance(reden, MatchReden) else (None, reden)
    assert (event.reden, event.nadere_reden) == verwacht
    assert (event.status, event.beeindigd_door) == (MatchStatus.BEEINDIGD, a.signaal_id)


@pytest.mark.regel("R111")
@pytest.mark.parametrize("kant", [0, 1])
@pytest.mark.parametrize("soort", Organisatiesoort)
def test_either_side_can_bring_the_matchregie(soort: Organisatiesoort, kant: int) -> None:
    match, *kanten = _match()
    kanten[kant] = kanten[kant]._replace(organisatiesoort=soort)
    a, b = (each.betrokkene() for each in kanten)
    assert toestand(match, a, b).regiepartij is (soort in {"gecertificeerde-instelling", "wijkteam", "ggd"})


@pytest.mark.regel("R111")
def test_only_an_active_signal_of_a_party_that_can_have_it_brings_the_matchregie() -> None:
    wijkteam = Deelname(Organisatiesoort.WIJKTEAM, SignaalStatus.ACTIEF, VANDAAG + timedelta(days=1), None)
    assert kan_regie_hebben(wijkteam, VANDAAG)
    assert not kan_regie_hebben(wijkteam._replace(status=SignaalStatus.INACTIEF), VANDAAG)
    assert not kan_regie_hebben(wijkteam._replace(einddatum=VANDAAG), VANDAAG)
    assert not kan_regie_hebben(wijkteam._replace(organisatiesoort=Organisatiesoort.JEUGDHULP), VANDAAG)


@pytest.mark.regel("D4")
@pytest.mark.parametrize("zonder", [naam for naam in Betrokkene._fields if naam != "signaal_id"])
def test_a_side_is_told_whole_or_not_at_all(zonder: str) -> None:
    kandidaat = signaal(uuid4())
    stand = _stand(kandidaat)
    assert stand.betrokkene() == kandidaat.betrokkene()
    assert dict(kandidaat.betrokkene()._asdict()) == {each: getattr(kandidaat, each) for each in Betrokkene._fields}
    with pytest.raises(ValueError, match="tombstone"):
        stand._replace(**{zonder: None}).betrokkene()
