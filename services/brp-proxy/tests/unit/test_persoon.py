"""What others are told when a person is stored again."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brp_proxy.adapters.db.gegevens import pak_in, pak_uit
from brp_proxy.domain.bsn import Bsn
from brp_proxy.domain.events import vertel
from brp_proxy.domain.leeftijd import Datum, Jaar, JaarMaand
from brp_proxy.domain.persoon import Persoon, hernummerd, vastgelegd
from brp_proxy.domain.persoonslijst import Ouderregistratie, Persoonslijst
from contracts.persoon import PersoonGewijzigd, PersoonOverleden, PersoonToestand, PersoonVastgelegd, PersoonVerhuisd
from contracts.statistiek import Geslacht

NU = datetime(2026, 11, 22, 12, tzinfo=UTC)
LATER = NU + timedelta(days=1)
GEBOREN = date(2012, 5, 5)
MOEDER, VADER, ANDER, DERDE = "999999126", "999999163", "999970057", "999970033"
REFS = {Bsn(bsn): UUID(int=nummer) for nummer, bsn in enumerate((MOEDER, VADER, ANDER, DERDE), 1)}


def ouder(bsn: str | None, aanduiding: str | None = None, ingang: Datum | None = GEBOREN) -> Ouderregistratie:
    return Ouderregistratie(Bsn(bsn) if bsn else None, aanduiding, ingang)


def lijst(
    *ouders: Ouderregistratie | str,
    woongemeente: str | None = "0363",
    geheim: bool = False,
    overleden: bool = False,
    overleden_op: date | None = None,
    gegevens: Mapping[str, object] | None = None,
) -> Persoonslijst:
    return Persoonslijst(
        bsn=Bsn("999996770"),
        geboren=GEBOREN,
        overleden=overleden or overleden_op is not None,
        overleden_op=overleden_op,
        geheim=geheim,
        woongemeente=woongemeente,
        geslacht=Geslacht.VROUW,
        ouders=tuple(ouder(each) if isinstance(each, str) else each for each in ouders),
        gegevens=gegevens or {},
    )


def stel_vast(vorige: Persoon | None, wat: Persoonslijst, nu: datetime = NU) -> Persoon:
    refs = {bsn: REFS[bsn] for bsn in wat.ouder_bsns}
    return vastgelegd(vorige.persoon_ref if vorige else uuid4(), vorige, wat, refs, nu=nu, vandaag=nu.date())


def reeks(*lijsten: Persoonslijst) -> tuple[Persoon, PersoonToestand]:
    """The person after these lists, one after the other, and the last that was told."""
    vorige, persoon = None, stel_vast(None, lijsten[0])
    for dag, each in enumerate(lijsten[1:], 1):
        vorige, persoon = persoon, stel_vast(persoon, each, NU + timedelta(days=dag))
    return persoon, vertel(persoon, vorige)


def onjuist(persoon: Persoon) -> set[str]:
    return {bsn.waarde for bsn, ref in REFS.items() if ref in persoon.ouders_onjuist}


def test_first_parents_are_never_the_cause_of_a_match() -> None:
    persoon, event = reeks(lijst(MOEDER, VADER))
    assert type(event) is PersoonVastgelegd
    assert persoon.versie == 1
    assert [(o.sinds, o.sinds_versie, o.sinds_gewijzigd) for o in event.ouders] == [(NU, 1, False)] * 2


@pytest.mark.parametrize(
    ("ouders", "anders", "soort"),
    [
        ([MOEDER], {}, PersoonVastgelegd),
        ([MOEDER], {"gegevens": {"naam": {"voornamen": "Anders"}}}, PersoonVastgelegd),
        ([MOEDER], {"woongemeente": "0392"}, PersoonVerhuisd),
        ([MOEDER], {"woongemeente": None}, PersoonVerhuisd),
        ([MOEDER], {"woongemeente": None, "geheim": True}, PersoonGewijzigd),
        ([MOEDER, VADER], {}, PersoonGewijzigd),
        ([], {}, PersoonGewijzigd),
        ([VADER], {"woongemeente": "0392"}, PersoonVerhuisd),
        ([VADER], {"woongemeente": "0392", "overleden_op": date(2026, 11, 20)}, PersoonOverleden),
    ],
)
def test_exactly_one_event_tells_what_changed(
    ouders: Sequence[str], anders: Mapping[str, Any], soort: type[PersoonToestand]
) -> None:
    nieuw = lijst(*ouders, **anders)
    persoon, event = reeks(lijst(MOEDER), nieuw)
    assert type(event) is soort
    assert persoon.versie == 2
    assert (event.woongemeente, event.geheim) == (nieuw.woongemeente, nieuw.geheim)
    assert {o.ouder_ref for o in event.ouders} == {REFS[Bsn(bsn)] for bsn in ouders}


@pytest.mark.regel("R083")
def test_a_parent_who_came_later_is_marked_and_the_others_keep_their_moment() -> None:
    _, event = reeks(lijst(MOEDER), lijst(MOEDER), lijst(MOEDER, VADER))
    moeder, vader = event.ouders
    assert (moeder.sinds, moeder.sinds_versie, moeder.sinds_gewijzigd) == (NU, 1, False)
    assert (vader.sinds, vader.sinds_versie, vader.sinds_gewijzigd) == (NU + timedelta(days=2), 3, True)


@pytest.mark.regel("R023")
def test_a_death_not_known_to_the_day_counts_from_the_day_it_was_read_and_is_told_once() -> None:
    persoon, event = reeks(lijst(), lijst(overleden=True))
    assert (type(event), event.overleden_op) == (PersoonOverleden, date(2026, 11, 23))
    again = stel_vast(persoon, lijst(overleden=True), NU + timedelta(days=9))
    assert again.overleden_op == date(2026, 11, 23)
    assert type(vertel(again, persoon)) is PersoonVastgelegd


LATERE = date(2024, 2, 1)


@pytest.mark.parametrize(
    ("eerst", "daarna", "nooit"),
    [
        pytest.param([ouder(MOEDER, "1"), ouder(VADER, "2")], [ouder(MOEDER, "1")], {VADER}, id="denied"),
        pytest.param(
            [ouder(MOEDER, "1"), ouder(VADER, "2")], [ouder(MOEDER, "1"), ouder(ANDER, "2")], {VADER}, id="corrected"
        ),
        pytest.param(
            [ouder(MOEDER, "1"), ouder(VADER, "2", LATERE)],
            [ouder(MOEDER, "1"), ouder(ANDER, "2", GEBOREN)],
            {VADER},
            id="corrected to who was so before",
        ),
        pytest.param(
            [ouder(MOEDER, "1"), ouder(VADER, "2")],
            [ouder(ANDER, "1", LATERE), ouder(DERDE, "2", LATERE)],
            set(),
            id="adopted by two",
        ),
        pytest.param(
            [ouder(MOEDER, "1"), ouder(VADER, "2")],
            [ouder(MOEDER, "1"), ouder(ANDER, "2", LATERE)],
            set(),
            id="adopted by a step-parent",
        ),
        pytest.param(
            [ouder(MOEDER, "1"), ouder(VADER, "2")],
            [ouder(MOEDER, "1"), ouder(ANDER, None)],
            {VADER},
            id="whatever the place of who is the parent since then",
        ),
        pytest.param(
            [ouder(MOEDER, "1"), ouder(VADER, "2")], [ouder(ANDER, "1", LATERE)], set(), id="adopted by one alone"
        ),
        pytest.param(
            [ouder(MOEDER, "1"), ouder(VADER, "2")],
            [ouder(MOEDER, "1"), ouder(None, "2", LATERE)],
            set(),
            id="adopted by somebody without a BSN",
        ),
        pytest.param(
            [ouder(MOEDER, "1"), ouder(VADER, "2")],
            [ouder(MOEDER, "1"), ouder(None, None, None)],
            set(),
            id="somebody of whom nothing is known may stand there",
        ),
        pytest.param(
            [ouder(MOEDER, "1"), ouder(VADER, "2")],
            [ouder(MOEDER, "1"), ouder(ANDER, "2", None)],
            set(),
            id="since when is not known",
        ),
        pytest.param(
            [ouder(MOEDER, "1"), ouder(VADER, "2", JaarMaand(2012, 5))],
            [ouder(MOEDER, "1"), ouder(ANDER, "2", JaarMaand(2012, 5))],
            {VADER},
            id="corrected, the day not known",
        ),
        pytest.param(
            [ouder(MOEDER, "1"), ouder(VADER, "2", JaarMaand(2012, 5))],
            [ouder(MOEDER, "1"), ouder(ANDER, "2", Jaar(2012))],
            set(),
            id="perhaps later",
        ),
        pytest.param([ouder(MOEDER), ouder(VADER)], [ouder(MOEDER)], set(), id="the place is not known"),
        pytest.param(
            [ouder(MOEDER, "1"), ouder(VADER, "2")], [ouder(VADER, "1"), ouder(MOEDER, "2")], set(), id="changed places"
        ),
        pytest.param([ouder(MOEDER, "1")], [], {MOEDER}, id="nobody left"),
    ],
)
def test_only_who_never_was_a_parent_is_told_as_such(
    eerst: Sequence[Ouderregistratie], daarna: Sequence[Ouderregistratie], nooit: set[str]
) -> None:
    persoon, event = reeks(lijst(*eerst), lijst(*daarna))
    assert onjuist(persoon) == nooit
    assert set(event.ouders_onjuist) == {REFS[Bsn(bsn)] for bsn in nooit}


def test_who_is_registered_again_was_a_parent_and_who_was_not_stays_so() -> None:
    beiden, alleen = lijst(ouder(MOEDER, "1"), ouder(VADER, "2")), lijst(ouder(MOEDER, "1"))
    assert onjuist(reeks(beiden, alleen, alleen, lijst(ouder(MOEDER, "1"), woongemeente="0392"))[0]) == {VADER}
    assert onjuist(reeks(beiden, alleen, beiden)[0]) == set()


DATUMS = st.sampled_from([None, GEBOREN, LATERE, JaarMaand(2012, 5), Jaar(2012), Jaar(2024)])
OUDERS = st.lists(
    st.builds(ouder, st.sampled_from([None, MOEDER, VADER, ANDER, DERDE]), st.sampled_from([None, "1", "2"]), DATUMS),
    max_size=2,
    unique_by=lambda each: each.bsn,
)
LIJSTEN = st.builds(
    lambda ouders, woongemeente, geheim, overleden_op: lijst(
        *ouders, woongemeente=None if geheim else woongemeente, geheim=geheim, overleden_op=overleden_op
    ),
    OUDERS,
    st.sampled_from(["0363", "0392", None]),
    st.booleans(),
    st.sampled_from([None, date(2026, 11, 20)]),
)


@given(st.lists(LIJSTEN, min_size=1, max_size=6))
def test_whatever_happened_the_last_version_tells_the_last_list(lijsten: list[Persoonslijst]) -> None:
    persoon, event = reeks(*lijsten)
    laatste = lijsten[-1]
    assert persoon.versie == len(lijsten)
    assert {each.ouder_ref for each in event.ouders} == {REFS[bsn] for bsn in laatste.ouder_bsns}
    assert (event.woongemeente, event.geheim) == (laatste.woongemeente, laatste.geheim)
    assert event.overleden_op == laatste.overleden_op
    ooit = {REFS[bsn] for each in lijsten for bsn in each.ouder_bsns}
    assert set(event.ouders_onjuist) <= ooit - {each.ouder_ref for each in event.ouders}
    zelfde = stel_vast(persoon, laatste, LATER)
    assert not zelfde.zegt_anders(persoon), "the same list again is no news"


@given(st.lists(LIJSTEN, min_size=1, max_size=3))
def test_what_is_stored_is_read_as_it_was(lijsten: list[Persoonslijst]) -> None:
    persoon, _ = reeks(*lijsten)
    gelezen = Persoon(
        persoon.persoon_ref, persoon.versie, persoon.ouders, **pak_uit(pak_in(lijsten[-1].bsn, persoon, NU.date()))
    )
    assert gelezen == persoon


def test_what_an_earlier_release_stored_is_read_and_nobody_is_called_wrong_for_what_it_did_not_know() -> None:
    gelezen = pak_uit(b'{"bsn": "999996770", "woongemeente": "0363", "geheim": false, "naam": {"voornamen": "X"}}')
    eerder, _ = reeks(lijst(ouder(MOEDER, "1"), ouder(VADER, "2")))
    eerder = Persoon(eerder.persoon_ref, 1, eerder.ouders, **gelezen)
    assert eerder.kaart == {"naam": {"voornamen": "X"}}
    assert onjuist(stel_vast(eerder, lijst(ouder(MOEDER, "1")))) == set()


@pytest.mark.parametrize(
    ("nu", "zelfde"),
    [
        ([ouder(MOEDER, "1"), ouder(ANDER, "2")], True),
        ([ouder(ANDER, "2")], True),
        ([ouder(MOEDER, "1"), ouder(ANDER, "2", LATERE)], False),
        ([ouder(MOEDER, "1"), ouder(ANDER, "2", JaarMaand(2012, 5))], False),
        ([ouder(ANDER, "1"), ouder(MOEDER, "2")], False),
        ([ouder(MOEDER, "1"), ouder(None, "2")], False),
        ([ouder(MOEDER, "1")], False),
    ],
)
def test_a_former_parent_whose_bsn_leads_nowhere_is_who_stands_in_his_place_since_his_day(
    nu: Sequence[Ouderregistratie], *, zelfde: bool
) -> None:
    eerder = stel_vast(None, lijst(ouder(MOEDER, "1"), ouder(VADER, "2")))
    vader, bekend = REFS[Bsn(VADER)], [Bsn(MOEDER), Bsn(VADER)]
    assert hernummerd(eerder, lijst(*nu), [vader], bekend) == ({Bsn(ANDER): vader} if zelfde else {})
    assert hernummerd(eerder, lijst(*nu), [], bekend) == {}, "his BSN still leads to somebody"


@pytest.mark.parametrize(("aanduiding", "ingang"), [(None, GEBOREN), ("2", None)])
def test_without_place_or_day_nobody_is_taken_for_a_former_parent(aanduiding: str | None, ingang: Datum | None) -> None:
    eerder = stel_vast(None, lijst(ouder(VADER, aanduiding, ingang)))
    assert hernummerd(eerder, lijst(ouder(ANDER, aanduiding, ingang)), [REFS[Bsn(VADER)]], [Bsn(VADER)]) == {}
