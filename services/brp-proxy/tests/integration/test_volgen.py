"""Following: changes in the register of persons reach whoever has a signal on them, whatever is missed or told twice."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from structlog.testing import capture_logs

from brp_proxy.application.handlers.gevolgden_nalopen import GevolgdenNalopen
from brp_proxy.application.handlers.volgindicaties_plaatsen import VolgindicatiesPlaatsen
from brp_proxy.application.handlers.wijzigingen_ophalen import WijzigingenOphalen
from brp_proxy.domain.bsn import Bsn
from platformkit.errors import DomainError, TransientError

DAG = timedelta(days=1)
OPEN = "volgindicatie where geplaatst_op is null"


async def gevolgd(omgeving, bsn: str) -> UUID:
    """A youth with a signal, whose entry stands at the BRP."""
    ref = (await omgeving.leg_vast(bsn)).persoon_ref
    await omgeving.verwerk(omgeving.signaal(ref))
    await omgeving.volgwerk(VolgindicatiesPlaatsen)()
    return ref


async def haal_op(omgeving) -> None:
    poll = omgeving.volgwerk(WijzigingenOphalen)
    while await poll():
        pass


async def loop_na(omgeving, keren: int = 4) -> None:
    nacht = omgeving.volgwerk(GevolgdenNalopen)
    for _ in range(keren):
        assert await nacht() == 0


def gebeurd(logs, wat: str) -> list[dict[str, object]]:
    return [each for each in logs if each["event"] == wat]


async def test_nobody_is_followed_before_there_is_a_signal(omgeving) -> None:
    await omgeving.leg_vast()
    assert await omgeving.volgwerk(VolgindicatiesPlaatsen)() == 0
    assert not omgeving.gevolgd_daar


async def test_after_the_entry_he_is_read_once_more(omgeving, kijk) -> None:
    """What changed between the first reading and the entry is never delivered (D1)."""
    ref = (await omgeving.leg_vast()).persoon_ref
    await omgeving.verwerk(omgeving.signaal(ref))
    omgeving.persoon(omgeving.JEUGDIGE, omgeving.MOEDER, omgeving.VADER, woongemeente="0392")
    assert await omgeving.volgwerk(VolgindicatiesPlaatsen)() == 1
    assert list(omgeving.gevolgd_daar) == [Bsn(omgeving.JEUGDIGE)]
    assert [(soort, versie) for soort, _, versie, _ in await kijk.events()] == [("vastgelegd", 1), ("verhuisd", 2)]
    assert await omgeving.volgwerk(VolgindicatiesPlaatsen)() == 0


async def test_an_entry_that_could_not_be_placed_is_placed_later(omgeving, kijk) -> None:
    ref = (await omgeving.leg_vast()).persoon_ref
    await omgeving.verwerk(omgeving.signaal(ref))
    omgeving.update_api_weg = True
    with pytest.raises(TransientError):
        await omgeving.volgwerk(VolgindicatiesPlaatsen)()
    assert await kijk.aantal(OPEN) == 1
    omgeving.update_api_weg = False
    assert await omgeving.volgwerk(VolgindicatiesPlaatsen)() == 1
    assert await kijk.aantal(OPEN) == 0


async def test_a_change_is_told_once_however_often_it_is_asked_for(omgeving, kijk) -> None:
    ref = await gevolgd(omgeving, omgeving.JEUGDIGE)
    omgeving.persoon(omgeving.JEUGDIGE, omgeving.MOEDER, woongemeente="0363")
    omgeving.gewijzigd_op[omgeving.JEUGDIGE] = omgeving.clock.now().date()
    for _ in range(3):
        await haal_op(omgeving)
    (soort, subject, versie, stand) = (await kijk.events())[-1]
    assert (soort, subject, versie) == ("gewijzigd", ref, 2)
    assert len(stand["ouders"]) == len(stand["oudersOnjuist"]) == 1, "the other one never was the parent"


async def test_a_renewed_lease_and_a_change_do_not_disturb_each_other(omgeving, kijk) -> None:
    """Reading again renews no lease and confirms none."""
    ref = await gevolgd(omgeving, omgeving.JEUGDIGE)
    await omgeving.leg_vast()
    omgeving.persoon(omgeving.JEUGDIGE, omgeving.MOEDER, omgeving.VADER, woongemeente="0392")
    before = await kijk.rijen("select vastgelegd_op, bevestigd from persoon")
    omgeving.clock.forward(timedelta(minutes=5))
    await omgeving.bijwerken()([ref])
    assert await kijk.rijen("select vastgelegd_op, bevestigd from persoon") == before
    assert [versie for _, _, versie, _ in await kijk.events()] == [1, 2, 3]


async def test_who_was_asked_for_in_between_and_destroyed_stays_destroyed(omgeving, kijk) -> None:
    ref = (await omgeving.leg_vast()).persoon_ref
    await omgeving.loop_leases_na()
    told = len(await kijk.events())
    assert await omgeving.bijwerken()([ref]) == []
    assert len(await kijk.events()) == told


async def test_a_time_without_asking_is_made_good(omgeving, kijk) -> None:
    await gevolgd(omgeving, omgeving.JEUGDIGE)
    await haal_op(omgeving)
    begin = omgeving.clock.now().date()
    omgeving.gewijzigd_op[omgeving.JEUGDIGE] = begin + DAG
    omgeving.persoon(omgeving.JEUGDIGE, omgeving.MOEDER, omgeving.VADER, woongemeente="0392")
    omgeving.update_api_weg = True
    omgeving.clock.forward(10 * DAG)
    with pytest.raises(TransientError):
        await haal_op(omgeving)
    omgeving.update_api_weg = False
    await haal_op(omgeving)
    assert omgeving.gevraagd_vanaf[-1] == begin - DAG
    assert (await kijk.events())[-1][0] == "verhuisd"
    await haal_op(omgeving)
    assert omgeving.gevraagd_vanaf[-1] == begin + 9 * DAG


async def test_one_who_cannot_be_read_holds_up_no_other_and_is_asked_for_again(omgeving, kijk) -> None:
    eerste = await gevolgd(omgeving, omgeving.JEUGDIGE)
    await gevolgd(omgeving, omgeving.BROER)
    omgeving.persoon(omgeving.BROER, omgeving.MOEDER, woongemeente="0392")
    omgeving.persoon(omgeving.JEUGDIGE, omgeving.MOEDER, woongemeente="0392")
    vandaag = omgeving.clock.now().date()
    omgeving.gewijzigd_op = {omgeving.JEUGDIGE: vandaag, omgeving.BROER: vandaag}
    told, real = len(await kijk.events()), omgeving.raadpleeg

    async def hapert(bsn, doel):
        if bsn.waarde == omgeving.JEUGDIGE:
            raise TransientError("brp-niet-beschikbaar")
        return await real(bsn, doel)

    omgeving.raadpleeg = hapert
    with pytest.raises(TransientError):
        await haal_op(omgeving)
    assert len(await kijk.events()) == told + 1
    omgeving.raadpleeg = real
    await haal_op(omgeving)
    assert {subject for _, subject, _, _ in (await kijk.events())[told:]} >= {eerste}
    assert len(await kijk.events()) == told + 2


async def test_others_than_ours_are_passed_by(omgeving, kijk) -> None:
    omgeving.gewijzigd_op["999993653"] = omgeving.clock.now().date()
    await haal_op(omgeving)
    assert await kijk.events() == []


@pytest.mark.regel("R023")
async def test_who_died_is_told_as_dead_and_then_destroyed(omgeving, kijk) -> None:
    ref = await gevolgd(omgeving, omgeving.JEUGDIGE)
    omgeving.persoon(omgeving.JEUGDIGE, omgeving.MOEDER, omgeving.VADER, overleden_op=date(2026, 11, 20))
    omgeving.gewijzigd_op[omgeving.JEUGDIGE] = omgeving.clock.now().date()
    await haal_op(omgeving)
    await omgeving.vernietig()
    verteld = [(soort, versie) for soort, subject, versie, _ in await kijk.events() if subject == ref]
    assert verteld[-2:] == [("overleden", 2), ("vernietigd", 3)]
    assert (await kijk.events())[-1][3] == {"reden": "overleden"}
    assert not omgeving.gevolgd_daar
    assert await kijk.aantal("persoon") == 0


@pytest.mark.parametrize(
    ("antwoord", "waarom"), [(None, "persoon-onbekend"), (DomainError("bsn-niet-uniek"), "bsn-niet-uniek")]
)
async def test_somebody_of_whom_nothing_comes_any_more_is_kept_and_told_to_the_operator(
    omgeving, kijk, antwoord, waarom
) -> None:
    ref = await gevolgd(omgeving, omgeving.JEUGDIGE)
    told = len(await kijk.events())
    omgeving.personen[omgeving.JEUGDIGE] = None
    omgeving.brp_zegt = antwoord
    with capture_logs() as logs:
        assert await omgeving.bijwerken()([ref]) == []
    (gemeld,) = gebeurd(logs, "persoon_niet_meer_te_volgen")
    assert (gemeld["persoon_ref"], gemeld["waarom"]) == (str(ref), waarom)
    assert len(await kijk.events()) == told


async def test_who_is_destroyed_is_followed_no_more_and_his_end_waits_for_nobody(omgeving, kijk) -> None:
    ref = (await omgeving.leg_vast()).persoon_ref
    signaal = omgeving.signaal(ref)
    await omgeving.verwerk(signaal)
    await omgeving.volgwerk(VolgindicatiesPlaatsen)()
    await omgeving.verwerk(omgeving.vernietigd(signaal, 2))
    omgeving.update_api_weg = True
    await omgeving.loop_leases_na()
    assert await kijk.aantal("persoon") == 0
    assert list(omgeving.gevolgd_daar) == [Bsn(omgeving.JEUGDIGE)]
    omgeving.update_api_weg = False
    await loop_na(omgeving)
    assert not omgeving.gevolgd_daar


async def test_the_night_finds_what_was_missed_and_says_so(omgeving, kijk) -> None:
    await gevolgd(omgeving, omgeving.JEUGDIGE)
    await gevolgd(omgeving, omgeving.BROER)
    await haal_op(omgeving)
    omgeving.persoon(omgeving.BROER, omgeving.MOEDER, woongemeente="0392")
    with capture_logs() as logs:
        await loop_na(omgeving)
    assert (await kijk.events())[-1][0] == "verhuisd"
    assert [each["count"] for each in gebeurd(logs, "wijziging_gemist")] == [1]


async def test_a_change_that_was_only_not_yet_dealt_with_was_not_missed(omgeving, kijk) -> None:
    await gevolgd(omgeving, omgeving.JEUGDIGE)
    await haal_op(omgeving)
    omgeving.persoon(omgeving.JEUGDIGE, omgeving.MOEDER, woongemeente="0392")
    omgeving.gewijzigd_op[omgeving.JEUGDIGE] = omgeving.clock.now().date()
    with capture_logs() as logs:
        await loop_na(omgeving)
    assert gebeurd(logs, "wijziging_gemist") == []
    assert (await kijk.events())[-1][0] == "verhuisd"


async def test_a_night_is_gone_through_once_and_goes_on_after_a_stop(omgeving, monkeypatch, kijk) -> None:
    monkeypatch.setattr("brp_proxy.application.handlers.gevolgden_nalopen.TEGELIJK", 1)
    gelezen: list[str] = []
    for bsn in (omgeving.JEUGDIGE, omgeving.BROER):
        await gevolgd(omgeving, bsn)
    real = omgeving.raadpleeg

    async def lees(bsn, doel):
        gelezen.append(bsn.waarde)
        return await real(bsn, doel)

    omgeving.raadpleeg = lees
    await loop_na(omgeving, 1)
    await loop_na(omgeving, 5)  # a new process each time
    assert sorted(gelezen) == sorted([omgeving.JEUGDIGE, omgeving.BROER])
    omgeving.clock.forward(DAG)
    await loop_na(omgeving, 5)
    assert len(gelezen) == 4


async def test_no_night_before_its_hour(omgeving) -> None:
    await gevolgd(omgeving, omgeving.JEUGDIGE)
    await loop_na(omgeving)
    omgeving.clock.forward(timedelta(hours=11, minutes=15))  # 00:15 in Amsterdam
    omgeving.gevolgd_daar.clear()
    await loop_na(omgeving)
    await omgeving.volgwerk(VolgindicatiesPlaatsen)()
    assert not omgeving.gevolgd_daar
    omgeving.clock.forward(timedelta(hours=1))
    await loop_na(omgeving)
    await omgeving.volgwerk(VolgindicatiesPlaatsen)()
    assert list(omgeving.gevolgd_daar) == [Bsn(omgeving.JEUGDIGE)]


async def test_whom_the_brp_follows_for_us_for_nothing_is_ended_unless_we_cannot_name_all_of_ours(
    omgeving, kijk
) -> None:
    await gevolgd(omgeving, omgeving.JEUGDIGE)
    vreemd = Bsn("999993653")
    omgeving.gevolgd_daar[vreemd] = None
    await kijk.sleutels.doe("update sleutel set kekversie = 9")
    await loop_na(omgeving)
    assert set(omgeving.gevolgd_daar) == {Bsn(omgeving.JEUGDIGE), vreemd}
    await kijk.sleutels.doe("update sleutel set kekversie = 1")
    omgeving.clock.forward(DAG)
    await loop_na(omgeving)
    assert set(omgeving.gevolgd_daar) == {Bsn(omgeving.JEUGDIGE)}
