"""Reading what was stored last, by ref."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import uuid4

import pytest

from contracts.http.persoonsgegevens import Leeftijdsband
from contracts.statistiek import Geslacht, Leeftijdsgroep
from platformkit.errors import TransientError


async def test_a_card_holds_what_the_brp_said_and_when(omgeving) -> None:
    ref = (await omgeving.leg_vast()).persoon_ref
    omgeving.clock.forward(timedelta(days=3))
    [kaart] = (await omgeving.lees_kaarten(ref)).items
    assert (kaart.persoon_ref, kaart.naam, kaart.geboortedatum) == (ref, omgeving.KANARIE, "2012-05-05")
    assert (kaart.geslacht, kaart.woongemeente, kaart.geheim) == (Geslacht.VROUW, "0363", False)
    assert kaart.adres is not None
    assert kaart.adres.regels == ["Spui 1"]
    assert (kaart.leeftijdsband, kaart.peildatum) == (Leeftijdsband.VAN_12_TOT_EN_MET_15, date(2026, 11, 22))


@pytest.mark.regel("R012")
async def test_cards_are_read_while_the_brp_is_away(omgeving) -> None:
    ref = (await omgeving.leg_vast()).persoon_ref
    omgeving.brp_zegt = TransientError("brp-niet-beschikbaar")
    assert [kaart.persoon_ref for kaart in (await omgeving.lees_kaarten(ref)).items] == [ref]


async def test_of_a_secret_address_nothing_is_told(omgeving) -> None:
    omgeving.persoon(omgeving.NIEUW, geheim=True, woongemeente=None)
    ref = (await omgeving.leg_vast(omgeving.NIEUW)).persoon_ref
    [kaart] = (await omgeving.lees_kaarten(ref)).items
    assert (kaart.geheim, kaart.adres, kaart.woongemeente) == (True, None, None)


async def test_a_class_holds_nothing_that_says_who_it_is(omgeving) -> None:
    ref = (await omgeving.leg_vast()).persoon_ref
    [klasse] = (await omgeving.lees_klassen(ref)).items
    assert klasse.model_dump() == {
        "persoon_ref": ref,
        "versie": 1,
        "uiterlijk": date(2035, 5, 5),
        "woongemeente": "0363",
        "geheim": False,
        "leeftijdsgroep": Leeftijdsgroep.VAN_13_TOT_EN_MET_17,
        "geslacht": Geslacht.VROUW,
    }


@pytest.mark.regel("D1")
async def test_unknown_destroyed_and_about_to_be_look_the_same(omgeving, kijk) -> None:
    weg, gemerkt = (await omgeving.leg_vast()).persoon_ref, (await omgeving.leg_vast(omgeving.BROER)).persoon_ref
    await omgeving.loop_leases_na()
    gemerkt = (await omgeving.leg_vast(omgeving.BROER)).persoon_ref
    await kijk.doe("update verwijzing set soort = 'weg', reden = 'lease' where persoon_ref = $1", gemerkt)
    [ouder, *_] = [
        rij["persoon_ref"] for rij in await kijk.rijen("select persoon_ref from verwijzing where soort = 'ouder'")
    ]
    refs = [uuid4(), weg, gemerkt, ouder]
    for key_there in (True, False):
        if not key_there:
            await kijk.sleutels.doe("truncate sleutel")
        for lees in (omgeving.lees_kaarten, omgeving.lees_klassen):
            for ref in refs:
                assert (await lees(ref)).model_dump() == {"items": [], "tijdelijk_onleesbaar": []}


@pytest.mark.regel("D1")
@pytest.mark.parametrize("statement", ["delete from sleutel", "update sleutel set sleutel = 'stuk'"])
async def test_a_key_that_is_away_holds_up_nobody_else_and_raises_an_alarm(omgeving, kijk, statement, capsys) -> None:
    broer = (await omgeving.leg_vast(omgeving.BROER)).persoon_ref
    ref = (await omgeving.leg_vast()).persoon_ref
    await kijk.sleutels.doe(f"{statement} where persoon_ref = $1", ref)
    antwoord = await omgeving.lees_kaarten(ref, broer)
    assert antwoord.tijdelijk_onleesbaar == [ref]
    assert [kaart.persoon_ref for kaart in antwoord.items] == [broer]
    assert "persoonssleutel_onbruikbaar" in capsys.readouterr().out
    await omgeving.leg_vast()
    assert len((await omgeving.lees_kaarten(ref, broer)).items) == 2


@pytest.mark.parametrize("kaart", [False, True])
async def test_who_is_to_be_read_again_after_a_restore_is_not_read_yet_and_no_alarm(
    omgeving, kijk, capsys, kaart
) -> None:
    """One of whom only the key was left, and one of whom the topic told the state."""
    lijst = omgeving.personen[omgeving.JEUGDIGE]
    omgeving.personen[omgeving.JEUGDIGE] = replace(lijst, gegevens={})
    ref = (await omgeving.leg_vast()).persoon_ref
    await kijk.doe("update persoon set herlezen = true")
    if not kaart:
        await kijk.doe("update persoon set gegevens = ''")
    assert (await omgeving.lees_kaarten(ref)).tijdelijk_onleesbaar == [ref]
    assert "persoonssleutel_onbruikbaar" not in capsys.readouterr().out


async def test_each_read_is_one_audit_record_for_each_youth(omgeving, kijk) -> None:
    bekend, broer, nieuw = [
        (await omgeving.leg_vast(bsn)).persoon_ref for bsn in (omgeving.JEUGDIGE, omgeving.BROER)
    ] + [uuid4()]
    await kijk.sleutels.doe("delete from sleutel where persoon_ref = $1", broer)
    await kijk.doe("truncate audit")
    await omgeving.lees_kaarten(bekend, broer, nieuw, bekend)
    await omgeving.lees_klassen(bekend)
    said = await kijk.rijen("select actor, role, action, outcome, person from audit order by id")
    wie = {"actor": f"signaal/{omgeving.NAMENS.actor}", "role": "professional"}
    assert said == [
        {**wie, "action": "kaartgegevens-lezen", "outcome": "gelezen", "person": bekend},
        {**wie, "action": "kaartgegevens-lezen", "outcome": "onleesbaar", "person": broer},
        {**wie, "action": "kaartgegevens-lezen", "outcome": "onbekend", "person": nieuw},
        {
            "actor": "signaal",
            "role": "dienst",
            "action": "klassegegevens-lezen",
            "outcome": "gelezen",
            "person": bekend,
        },
    ]
