"""A signal confirms a lease; who has no confirmed lease goes when signaal says that he has no signal (D1)."""

import asyncio
from contextlib import suppress
from datetime import timedelta
from itertools import permutations
from unittest.mock import Mock
from uuid import uuid4

import pytest
from structlog.testing import capture_logs

from brp_proxy.application.handlers import leases_nalopen
from contracts.signaal import (
    SignaalAfgegeven,
    SignaalGedeactiveerd,
    SignaalReden,
    SignaalStatus,
    SignaalVerlengd,
    SignaalVerwijderd,
)
from platformkit.errors import TransientError, UnclearError

EEN_MINUUT = timedelta(minutes=1)


async def vernietigd(kijk) -> list[tuple[int, str]]:
    return [(versie, data["reden"]) for soort, _, versie, data in await kijk.events() if soort == "vernietigd"]


async def is_weg(kijk) -> bool:
    tables = ("verwijzing", "persoon", "ouder", "volgindicatie")
    return not any([await kijk.aantal(table) for table in tables]) and not await kijk.sleutels.aantal("sleutel")


@pytest.mark.parametrize("soort", [SignaalAfgegeven, SignaalVerlengd, SignaalGedeactiveerd])
async def test_a_signal_confirms_the_lease_and_only_then_the_person_is_followed(omgeving, kijk, soort) -> None:
    ref = (await omgeving.leg_vast()).persoon_ref
    assert await kijk.aantal("volgindicatie") == 0
    await omgeving.verwerk(omgeving.signaal(ref, soort=soort))
    assert await kijk.rijen("select persoon_ref from volgindicatie") == [{"persoon_ref": ref}]
    omgeving.signaal_zegt[ref] = False
    assert await omgeving.loop_leases_na() == 0
    assert not await is_weg(kijk)


@pytest.mark.regel("D1")
async def test_the_last_signal_ends_the_person_and_nothing_is_left(omgeving, kijk) -> None:
    ref = (await omgeving.leg_vast()).persoon_ref
    een, twee = omgeving.signaal(ref), omgeving.signaal(ref)
    await omgeving.verwerk(een, twee)
    await omgeving.verwerk(omgeving.vernietigd(een, 2))
    assert not await is_weg(kijk)
    assert await omgeving.loop_leases_na() == 0
    await omgeving.verwerk(omgeving.signaal(ref, soort=SignaalVerwijderd, versie=2, id=twee.subject))
    assert await omgeving.loop_leases_na() == 1
    assert await is_weg(kijk)
    assert await vernietigd(kijk) == [(2, "laatste-signaal")]
    assert await kijk.aantal("vernietigd") == 3
    assert await kijk.rijen("select distinct persoon_ref from signaal") == [{"persoon_ref": None}]


async def test_parents_go_with_their_last_child(omgeving, kijk) -> None:
    ref = (await omgeving.leg_vast()).persoon_ref
    broer = (await omgeving.leg_vast(omgeving.BROER)).persoon_ref
    een, twee = omgeving.signaal(ref), omgeving.signaal(broer)
    await omgeving.verwerk(een, twee)
    await omgeving.verwerk(omgeving.vernietigd(een, 2))
    await omgeving.loop_leases_na()
    assert await kijk.rijen("select kind from ouder") == [{"kind": broer}]
    assert await kijk.aantal("verwijzing") == 2
    await omgeving.verwerk(omgeving.vernietigd(twee, 2))
    await omgeving.loop_leases_na()
    assert await is_weg(kijk)


async def test_the_same_bsn_gets_another_ref_later(omgeving, kijk) -> None:
    ref = (await omgeving.leg_vast()).persoon_ref
    signaal = omgeving.signaal(ref)
    await omgeving.verwerk(signaal)
    await omgeving.verwerk(omgeving.vernietigd(signaal, 2))
    await omgeving.loop_leases_na()
    assert (await omgeving.leg_vast()).persoon_ref != ref


@pytest.mark.parametrize("volgorde", permutations(range(3)))
async def test_in_any_order_a_signal_that_is_gone_stays_gone(omgeving, kijk, volgorde) -> None:
    ref = (await omgeving.leg_vast()).persoon_ref
    een = omgeving.signaal(ref)
    berichten = [
        een,
        omgeving.signaal(ref, soort=SignaalVerlengd, versie=2, id=een.subject),
        omgeving.vernietigd(een, 3),
    ]
    with capture_logs() as logs:
        for nummer in volgorde:
            await omgeving.verwerk(berichten[nummer])
    assert not [log for log in logs if log["event"] == "signaal_op_onbekende_verwijzing"]
    assert await kijk.rijen("select staat, versie from signaal") == [{"staat": "weg", "versie": 3}]
    await omgeving.loop_leases_na()
    assert await is_weg(kijk)


async def test_a_batch_in_any_order_is_its_newest_state(omgeving, kijk) -> None:
    ref = (await omgeving.leg_vast()).persoon_ref
    een, twee = omgeving.signaal(ref), omgeving.signaal(ref)
    await omgeving.verwerk(omgeving.vernietigd(een, 3), een, twee)
    assert not await is_weg(kijk)
    assert len(await kijk.rijen("select 1 from signaal where staat = 'weg'")) == 1


async def test_a_signal_on_an_unknown_ref_raises_an_alarm_and_no_error(omgeving, kijk) -> None:
    with capture_logs() as logs:
        await omgeving.verwerk(omgeving.signaal(uuid4()))
    [alarm] = logs
    assert (alarm["event"], alarm["log_level"]) == ("signaal_op_onbekende_verwijzing", "error")


@pytest.mark.parametrize(
    ("reden", "alarm"),
    [(SignaalReden.OVERLEDEN, False), (SignaalReden.DRIEENTWINTIG, False), (SignaalReden.NIET_MEER_BETROKKEN, True)],
)
async def test_a_signal_that_ended_because_its_youth_did_may_be_told_after_he_went(omgeving, reden, alarm) -> None:
    einde = omgeving.signaal(uuid4(), soort=SignaalGedeactiveerd, versie=2)
    geeindigd = einde.event.model_copy(update={"status": SignaalStatus.INACTIEF, "reden": reden})
    with capture_logs() as logs:
        await omgeving.verwerk(einde._replace(event=geeindigd))
    assert [each["event"] for each in logs] == ["signaal_op_onbekende_verwijzing"] * alarm


@pytest.mark.parametrize("opnieuw", [True, False], ids=["on a lease given out again", "on the same lease"])
@pytest.mark.parametrize("gevraagd", [True, False], ids=["asked before", "not asked"])
async def test_the_end_of_one_signal_ends_nobody_who_has_another_of_which_nothing_was_told(
    omgeving, kijk, opnieuw, gevraagd
) -> None:
    ref = (await omgeving.leg_vast()).persoon_ref
    oud = omgeving.signaal(ref)
    await omgeving.verwerk(oud)
    omgeving.clock.forward(EEN_MINUUT)
    if opnieuw:
        await omgeving.leg_vast()
    nieuw = omgeving.signaal(ref)
    omgeving.signaal_zegt[ref] = True
    if gevraagd:
        await omgeving.loop_leases_na()
    await omgeving.verwerk(omgeving.vernietigd(oud, 2))
    for _ in range(2):
        assert await omgeving.loop_leases_na() == 0
    assert not await is_weg(kijk)
    await omgeving.verwerk(nieuw)
    assert await kijk.rijen("select bevestigd from persoon") == [{"bevestigd": True}]
    await omgeving.verwerk(omgeving.vernietigd(nieuw, 2))
    omgeving.signaal_zegt[ref] = False
    await omgeving.loop_leases_na()
    assert await is_weg(kijk)


async def test_while_a_message_on_the_person_is_parked_signaal_decides(omgeving, kijk) -> None:
    ref = (await omgeving.leg_vast()).persoon_ref
    een = omgeving.signaal(ref)
    await omgeving.verwerk(een)
    await kijk.doe(
        'insert into dead_letter (id, consumer, topic, partition, "offset", key, headers, error, parked_at, fingerprint)'
        " values (gen_random_uuid(), 'brp-proxy.signaal', 'signaal', 0, 0, $1, '{}', 'Poison', now(), '')",
        str(ref).encode(),
    )
    await omgeving.verwerk(omgeving.vernietigd(een, 2))
    assert not await is_weg(kijk)
    omgeving.signaal_zegt[ref] = False
    await omgeving.loop_leases_na()
    assert await is_weg(kijk)
    assert await vernietigd(kijk) == [(2, "laatste-signaal")]
    assert await kijk.aantal("dead_letter") == 0


async def test_an_unconfirmed_lease_lapses_after_fifteen_minutes_and_not_before(omgeving, kijk) -> None:
    await omgeving.leg_vast()
    assert await omgeving.loop_leases_na(timedelta(minutes=15)) == 0
    assert await omgeving.loop_leases_na(timedelta(seconds=1)) == 1
    assert await is_weg(kijk)
    assert await vernietigd(kijk) == [(2, "lease")]


async def test_where_signaal_and_we_know_a_signal_the_person_stays_and_is_asked_about_no_more(omgeving, kijk) -> None:
    """A lease on which no signal followed, because the professional had one."""
    ref = (await omgeving.leg_vast()).persoon_ref
    await omgeving.verwerk(omgeving.signaal(ref))
    await omgeving.leg_vast()
    assert await kijk.rijen("select bevestigd from persoon") == [{"bevestigd": False}]
    omgeving.signaal_zegt[ref] = True
    assert await omgeving.loop_leases_na() == 1
    assert await kijk.aantal("volgindicatie") == 1
    assert await omgeving.loop_leases_na() == 0


async def test_a_no_while_a_signal_is_known_here_lets_nobody_go_and_is_no_progress(omgeving, kijk) -> None:
    """Its end is on the way. Progress would be asked again at once, for as long as that takes."""
    ref = (await omgeving.leg_vast()).persoon_ref
    signaal = omgeving.signaal(ref)
    await omgeving.verwerk(signaal)
    await omgeving.leg_vast()
    assert await omgeving.loop_leases_na() == 0
    assert not await is_weg(kijk)
    await omgeving.verwerk(omgeving.vernietigd(signaal, 2))
    assert await omgeving.loop_leases_na() == 1
    assert await is_weg(kijk)


@pytest.mark.regel("D1")
async def test_a_yes_without_a_signal_that_is_known_here_confirms_nothing_and_is_asked_again(omgeving, kijk) -> None:
    """Events that are late by more than a lease: the end of an older signal must not end who has an active one."""
    ref = (await omgeving.leg_vast()).persoon_ref
    ouder, levend = omgeving.signaal(ref), omgeving.signaal(ref)
    omgeving.signaal_zegt[ref] = True
    assert await omgeving.loop_leases_na() == 0
    assert await kijk.rijen("select bevestigd from persoon") == [{"bevestigd": False}]
    await omgeving.verwerk(omgeving.vernietigd(ouder, 2))
    assert not await is_weg(kijk)
    assert await omgeving.loop_leases_na() == 0
    await omgeving.verwerk(ouder, levend)
    assert await kijk.rijen("select bevestigd from persoon") == [{"bevestigd": True}]
    await omgeving.verwerk(omgeving.vernietigd(levend, 2))
    omgeving.signaal_zegt[ref] = False
    await omgeving.loop_leases_na()
    assert await is_weg(kijk)


async def test_one_lease_without_a_clear_answer_holds_up_no_others(omgeving, kijk) -> None:
    onduidelijk = (await omgeving.leg_vast()).persoon_ref
    await omgeving.leg_vast(omgeving.BROER)
    omgeving.signaal_zegt[onduidelijk] = UnclearError("tijdelijk-niet-beschikbaar")
    assert await omgeving.loop_leases_na() == 1
    assert await kijk.rijen("select persoon_ref from persoon") == [{"persoon_ref": onduidelijk}]


async def test_without_an_answer_the_person_stays(omgeving, kijk) -> None:
    ref = (await omgeving.leg_vast()).persoon_ref
    omgeving.signaal_zegt[ref] = None
    with pytest.raises(TransientError):
        await omgeving.loop_leases_na()
    assert not await is_weg(kijk)


@pytest.mark.parametrize("antwoord", [None, UnclearError("tijdelijk-niet-beschikbaar"), True])
async def test_leases_that_stay_undecided_are_measured(omgeving, monkeypatch, antwoord) -> None:
    gemeten = Mock()
    monkeypatch.setattr(leases_nalopen, "_onbeslist", gemeten)
    ref = (await omgeving.leg_vast()).persoon_ref
    omgeving.signaal_zegt[ref] = antwoord
    with suppress(TransientError):
        await omgeving.loop_leases_na()
    gemeten.set.assert_called_with(1)
    omgeving.signaal_zegt[ref] = False
    await omgeving.loop_leases_na()
    gemeten.set.assert_called_with(0)


async def test_a_lease_renewed_while_signaal_is_asked_stays(omgeving, kijk) -> None:
    await omgeving.leg_vast()
    omgeving.tijdens_vraag = omgeving.leg_vast
    await omgeving.loop_leases_na()
    assert not await is_weg(kijk)


async def test_a_signal_that_comes_in_while_signaal_is_asked_keeps_the_person(omgeving, kijk) -> None:
    ref = (await omgeving.leg_vast()).persoon_ref
    omgeving.tijdens_vraag = lambda: omgeving.verwerk(omgeving.signaal(ref))
    await omgeving.loop_leases_na()
    assert not await is_weg(kijk)


async def test_ending_and_storing_siblings_at_the_same_instant_loses_no_parent(omgeving, kijk) -> None:
    for _ in range(15):
        ref = (await omgeving.leg_vast()).persoon_ref
        signaal = omgeving.signaal(ref)
        await omgeving.verwerk(signaal)
        await omgeving.verwerk(omgeving.vernietigd(signaal, 2))
        await asyncio.gather(omgeving.loop_leases_na(), omgeving.leg_vast(omgeving.BROER))
        [relatie] = await kijk.rijen("select ouder from ouder")
        [verwijzing] = await kijk.rijen("select persoon_ref from verwijzing where soort = 'ouder'")
        assert relatie["ouder"] == verwijzing["persoon_ref"]
        await kijk.doe("truncate verwijzing, signaal cascade")


async def test_ending_and_storing_the_same_youth_at_the_same_instant(omgeving, kijk) -> None:
    for _ in range(15):
        ref = (await omgeving.leg_vast()).persoon_ref
        signaal = omgeving.signaal(ref)
        await omgeving.verwerk(signaal)
        await omgeving.verwerk(omgeving.vernietigd(signaal, 2))
        _, opnieuw = await asyncio.gather(omgeving.loop_leases_na(), omgeving.leg_vast())
        assert await kijk.rijen("select persoon_ref from persoon") == [{"persoon_ref": opnieuw.persoon_ref}]
        await kijk.doe("truncate verwijzing, signaal cascade")


async def test_a_lease_that_is_confirmed_elsewhere_while_signaal_is_asked_stays(omgeving, kijk) -> None:
    await omgeving.leg_vast()
    omgeving.tijdens_vraag = lambda: kijk.doe("update persoon set bevestigd = true")
    await omgeving.loop_leases_na()
    assert not await is_weg(kijk)
