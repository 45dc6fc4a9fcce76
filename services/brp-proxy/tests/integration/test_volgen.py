"""Following: changes in the register of persons reach whoever has a signal on them, whatever is missed or told twice."""

import asyncio
from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import pytest
from structlog.testing import capture_logs

from brp_proxy.adapters.db.volgen import PostgresVolgRepository
from brp_proxy.application.handlers.gevolgden_nalopen import GevolgdenNalopen
from brp_proxy.application.handlers.volgindicaties_plaatsen import VolgindicatiesPlaatsen
from brp_proxy.application.handlers.wijzigingen_ophalen import WijzigingenOphalen
from brp_proxy.domain.bsn import Bsn
from platformkit.errors import DomainError, TransientError, UnclearError
from platformkit.testing import eventually_async

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


async def test_one_who_cannot_be_read_holds_up_no_other_and_is_asked_for_again(omgeving, kijk, monkeypatch) -> None:
    """The BRP fails for ever on a list that it cannot make up."""
    monkeypatch.setattr("brp_proxy.application.handlers.wijzigingen_ophalen.TEGELIJK", 1)
    eerste = await gevolgd(omgeving, omgeving.JEUGDIGE)
    await gevolgd(omgeving, omgeving.BROER)
    omgeving.persoon(omgeving.BROER, omgeving.MOEDER, woongemeente="0392")
    omgeving.persoon(omgeving.JEUGDIGE, omgeving.MOEDER, woongemeente="0392")
    vandaag = omgeving.clock.now().date()
    omgeving.gewijzigd_op = {omgeving.JEUGDIGE: vandaag, omgeving.BROER: vandaag}
    told = len(await kijk.events())
    omgeving.onduidelijk = {omgeving.JEUGDIGE}
    with capture_logs() as logs:
        await haal_op(omgeving)
    assert [each["waarom"] for each in gebeurd(logs, "persoon_niet_meer_te_volgen")] == ["brp-niet-beschikbaar"]
    assert len(await kijk.events()) == told + 1
    omgeving.onduidelijk.clear()
    omgeving.clock.forward(DAG)
    await haal_op(omgeving)
    assert {subject for _, subject, _, _ in (await kijk.events())[told:]} >= {eerste}
    assert len(await kijk.events()) == told + 2


async def test_a_brp_that_can_make_up_nobody_is_away_and_everything_waits(omgeving) -> None:
    for bsn in (omgeving.JEUGDIGE, omgeving.BROER):
        await gevolgd(omgeving, bsn)
        omgeving.gewijzigd_op[bsn] = omgeving.clock.now().date()
    omgeving.onduidelijk = {omgeving.JEUGDIGE, omgeving.BROER}
    with capture_logs() as logs, pytest.raises(UnclearError):
        await haal_op(omgeving)
    assert logs == []


async def _ouders(kijk, ref: UUID) -> set[UUID]:
    return {row["ouder"] for row in await kijk.rijen("select ouder from ouder where kind = $1", ref)}


async def test_a_parent_whose_bsn_became_another_keeps_his_ref_for_all_his_children(omgeving, kijk) -> None:
    refs = [await gevolgd(omgeving, bsn) for bsn in (omgeving.JEUGDIGE, omgeving.BROER)]
    voor, told = [await _ouders(kijk, ref) for ref in refs], len(await kijk.events())
    del omgeving.personen[omgeving.MOEDER]
    omgeving.persoon(omgeving.NIEUW)
    omgeving.persoon(omgeving.JEUGDIGE, omgeving.NIEUW, omgeving.VADER)
    omgeving.persoon(omgeving.BROER, omgeving.NIEUW)
    for _ in range(2):
        await omgeving.bijwerken()(refs)
    assert [await _ouders(kijk, ref) for ref in refs] == voor
    verteld = (await kijk.events())[told:]
    assert [(soort, wie, data["oudersOnjuist"]) for soort, wie, _, data in verteld] == [
        ("vastgelegd", ref, []) for ref in refs
    ]
    await omgeving.leg_vast()
    assert await _ouders(kijk, refs[0]) == voor[0], "he is found by his new BSN"
    assert await kijk.rijen("select count(*) from verwijzing where soort = 'ouder'") == [{"count": 2}]


async def test_a_parent_who_is_still_there_was_corrected(omgeving, kijk) -> None:
    ref = await gevolgd(omgeving, omgeving.JEUGDIGE)
    omgeving.persoon(omgeving.JEUGDIGE, omgeving.NIEUW, omgeving.VADER)
    await omgeving.bijwerken()([ref])
    soort, _, _, data = (await kijk.events())[-1]
    assert (soort, len(data["oudersOnjuist"])) == ("gewijzigd", 1)
    [audit] = await kijk.rijen("select person from audit where outcome = 'ouder-gevonden'")
    assert audit["person"] == ref


async def test_a_parent_who_became_one_who_is_known_here_has_another_ref_and_nothing_was_wrong(omgeving, kijk) -> None:
    omgeving.persoon(omgeving.BROER, omgeving.NIEUW)
    refs = [await gevolgd(omgeving, bsn) for bsn in (omgeving.JEUGDIGE, omgeving.BROER)]
    del omgeving.personen[omgeving.MOEDER]
    omgeving.persoon(omgeving.JEUGDIGE, omgeving.NIEUW, omgeving.VADER)
    await omgeving.bijwerken()(refs)
    soort, wie, _, data = (await kijk.events())[-1]
    assert (soort, wie, data["oudersOnjuist"]) == ("gewijzigd", refs[0], [])
    assert len(await _ouders(kijk, refs[0]) & await _ouders(kijk, refs[1])) == 1


async def test_several_are_read_in_one_question_and_alone_only_who_was_unclear(omgeving, kijk) -> None:
    refs = [await gevolgd(omgeving, bsn) for bsn in (omgeving.JEUGDIGE, omgeving.BROER)]
    samen, alleen, lees = [], [], omgeving.raadpleeg

    async def vraag(bsns, doel):
        samen.append(set(bsns))
        return {bsn: await lees(bsn, doel) for bsn in bsns if bsn.waarde != omgeving.JEUGDIGE}

    async def vraag_alleen(bsn, doel):
        alleen.append(bsn)
        return await lees(bsn, doel)

    omgeving.raadpleeg_samen, omgeving.raadpleeg = vraag, vraag_alleen
    assert await omgeving.bijwerken()(refs) == []
    assert samen == [{Bsn(omgeving.JEUGDIGE), Bsn(omgeving.BROER)}]
    assert alleen == [Bsn(omgeving.JEUGDIGE)]


@pytest.mark.regel("D12")
async def test_every_reading_is_in_the_audit_whatever_came_of_it(omgeving, kijk) -> None:
    ref = await gevolgd(omgeving, omgeving.JEUGDIGE)
    await kijk.doe("delete from audit")
    omgeving.persoon(omgeving.JEUGDIGE, omgeving.MOEDER)
    await omgeving.bijwerken()([ref])
    await omgeving.bijwerken()([ref])
    omgeving.personen.clear()
    await omgeving.bijwerken()([ref])
    omgeving.brp_zegt = DomainError("bsn-niet-uniek")
    await omgeving.bijwerken()([ref])
    gelezen = await kijk.rijen("select actor, role, action, outcome, person from audit order by id")
    assert [each["outcome"] for each in gelezen] == ["bijgewerkt", "ongewijzigd", "persoon-onbekend", "bsn-niet-uniek"]
    assert {(each["actor"], each["role"], each["action"], each["person"]) for each in gelezen} == {
        ("brp-proxy", "systeem", "brp-raadpleging", ref)
    }


async def test_while_the_brp_is_away_it_is_asked_about_one_and_no_more(omgeving) -> None:
    refs = [await gevolgd(omgeving, bsn) for bsn in (omgeving.JEUGDIGE, omgeving.BROER)]
    gevraagd = []

    async def weg(bsn, doel):
        gevraagd.append(bsn)
        raise TransientError("brp-niet-beschikbaar")

    omgeving.raadpleeg = weg
    with pytest.raises(TransientError):
        await omgeving.bijwerken()(refs)
    assert len(gevraagd) == 1


async def test_one_who_cannot_be_read_holds_up_no_night(omgeving, kijk, monkeypatch) -> None:
    monkeypatch.setattr("brp_proxy.application.handlers.gevolgden_nalopen.TEGELIJK", 1)
    for bsn in (omgeving.JEUGDIGE, omgeving.BROER):
        await gevolgd(omgeving, bsn)
    omgeving.onduidelijk = {omgeving.JEUGDIGE}
    await loop_na(omgeving)
    assert await kijk.rijen("select nagelopen_op, nagelopen_na from volgstand") == [
        {"nagelopen_op": omgeving.clock.now().date(), "nagelopen_na": None}
    ]


async def test_whom_the_brp_does_not_let_us_follow_holds_up_no_other_and_is_tried_each_night(omgeving, kijk) -> None:
    omgeving.niet_te_volgen = {Bsn(omgeving.JEUGDIGE)}
    with capture_logs() as logs:
        ref = await gevolgd(omgeving, omgeving.JEUGDIGE)
        await gevolgd(omgeving, omgeving.BROER)
    assert [(each["persoon_ref"], each["waarom"]) for each in gebeurd(logs, "persoon_niet_meer_te_volgen")] == [
        (str(ref), "volgindicatie-geweigerd")
    ]
    assert list(omgeving.gevolgd_daar) == [Bsn(omgeving.BROER)]
    assert await omgeving.volgwerk(VolgindicatiesPlaatsen)() == 0
    omgeving.niet_te_volgen.clear()
    omgeving.clock.forward(timedelta(hours=1))
    await loop_na(omgeving)
    assert await omgeving.volgwerk(VolgindicatiesPlaatsen)() == 1
    assert set(omgeving.gevolgd_daar) == {Bsn(omgeving.JEUGDIGE), Bsn(omgeving.BROER)}


async def test_an_entry_that_the_brp_refuses_to_end_holds_up_no_end_and_no_night(omgeving, kijk) -> None:
    vreemd, ander = Bsn("999993653"), Bsn("999990408")
    omgeving.gevolgd_daar = {vreemd: None, ander: None}
    omgeving.niet_te_volgen = {vreemd}
    await loop_na(omgeving)
    assert set(omgeving.gevolgd_daar) == {vreemd}
    assert await kijk.rijen("select nagelopen_op from volgstand") == [{"nagelopen_op": omgeving.clock.now().date()}]


async def test_until_an_answer_was_dealt_with_all_changes_are_asked_for(omgeving, kijk) -> None:
    await gevolgd(omgeving, omgeving.JEUGDIGE)
    omgeving.gewijzigd_op[omgeving.JEUGDIGE] = omgeving.clock.now().date()
    omgeving.persoon(omgeving.JEUGDIGE, omgeving.MOEDER, omgeving.VADER, woongemeente="0392")
    omgeving.clock.forward(5 * DAG)
    await haal_op(omgeving)
    assert omgeving.gevraagd_vanaf == [None]
    assert (await kijk.events())[-1][0] == "verhuisd"


async def test_a_night_before_the_first_answer_finds_what_was_missed(omgeving, kijk) -> None:
    await gevolgd(omgeving, omgeving.JEUGDIGE)
    omgeving.persoon(omgeving.JEUGDIGE, omgeving.MOEDER, omgeving.VADER, woongemeente="0392")
    with capture_logs() as logs:
        await loop_na(omgeving)
    assert [each["count"] for each in gebeurd(logs, "wijziging_gemist")] == [1]


async def test_what_the_night_found_counts_as_missed_when_nobody_tells_who_changed(omgeving) -> None:
    await gevolgd(omgeving, omgeving.JEUGDIGE)
    omgeving.persoon(omgeving.JEUGDIGE, omgeving.MOEDER, omgeving.VADER, woongemeente="0392")
    omgeving.update_api_weg = True
    with capture_logs() as logs:
        await loop_na(omgeving, 1)
    assert [each["count"] for each in gebeurd(logs, "wijziging_gemist")] == [1]


async def test_question_and_night_keep_each_others_state(omgeving, kijk, monkeypatch) -> None:
    """Both write the one row, and neither may set the other back."""
    monkeypatch.setattr("brp_proxy.application.handlers.gevolgden_nalopen.TEGELIJK", 1)
    for bsn in (omgeving.JEUGDIGE, omgeving.BROER):
        await gevolgd(omgeving, bsn)
    volglijst, executor = PostgresVolgRepository(), omgeving.executor("worker")
    gelezen, verder = asyncio.Event(), asyncio.Event()

    async def traag(work):
        stand = await volglijst.stand(work)
        gelezen.set()
        await verder.wait()
        await volglijst.bewaar_stand(work, replace(stand, nagelopen_op=date(2026, 11, 1)))

    eerste = asyncio.create_task(executor.execute(traag, None))
    await gelezen.wait()
    tweede = asyncio.create_task(haal_op(omgeving))
    await eventually_async(lambda: _wacht(kijk, tweede), "the question waits for the row, or is done")
    verder.set()
    await asyncio.gather(eerste, tweede)
    assert await kijk.rijen("select gewijzigd_tot, nagelopen_op from volgstand") == [
        {"gewijzigd_tot": omgeving.clock.now().date(), "nagelopen_op": date(2026, 11, 1)}
    ]


async def _wacht(kijk, taak: asyncio.Task[None]) -> bool:
    wachtend = "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = 'brp_proxy'"
    return taak.done() or (await kijk.rijen(wachtend))[0]["count"] > 0


async def test_others_than_ours_are_passed_by(omgeving, kijk) -> None:
    omgeving.gewijzigd_op["999993653"] = omgeving.clock.now().date()
    await haal_op(omgeving)
    assert await kijk.events() == []


@pytest.mark.regel("R023")
async def test_who_died_is_told_as_dead_and_destroyed_when_he_still_is(omgeving, kijk) -> None:
    """One wrong answer destroys nobody, and the others deal with the death while they still know him."""
    ref = await gevolgd(omgeving, omgeving.JEUGDIGE)
    omgeving.persoon(omgeving.JEUGDIGE, omgeving.MOEDER, omgeving.VADER, overleden_op=date(2026, 11, 20))
    omgeving.gewijzigd_op[omgeving.JEUGDIGE] = omgeving.clock.now().date()
    await haal_op(omgeving)
    assert await omgeving.vernietig() == 0
    await haal_op(omgeving)
    assert await omgeving.vernietig() == 1
    verteld = [(soort, versie) for soort, subject, versie, _ in await kijk.events() if subject == ref]
    assert verteld[-2:] == [("overleden", 2), ("vernietigd", 3)]
    assert (await kijk.events())[-1][3] == {"reden": "overleden"}
    assert not omgeving.gevolgd_daar
    assert await kijk.aantal("persoon") == 0


async def test_a_death_that_was_a_mistake_destroys_nobody(omgeving, kijk) -> None:
    ref = await gevolgd(omgeving, omgeving.JEUGDIGE)
    for overleden_op in (date(2026, 11, 20), None):
        omgeving.persoon(omgeving.JEUGDIGE, omgeving.MOEDER, omgeving.VADER, overleden_op=overleden_op)
        await omgeving.bijwerken()([ref])
    await omgeving.bijwerken()([ref])
    assert await omgeving.vernietig() == 0
    assert (await kijk.events())[-1][3]["overledenOp"] is None


async def test_the_end_of_a_ref_ends_no_entry_of_the_next_one_of_that_bsn(omgeving, kijk) -> None:
    ref = await gevolgd(omgeving, omgeving.JEUGDIGE)
    sleutels = await kijk.sleutels.rijen("select * from sleutel")
    await kijk.doe("update verwijzing set soort = 'weg', reden = 'laatste-signaal' where persoon_ref = $1", ref)
    await gevolgd(omgeving, omgeving.JEUGDIGE)
    # As it was when the names of the former were read.
    await kijk.sleutels.doe(
        "insert into sleutel values ($1, 'x', $2, $3, $4, $5, $6, true)",
        *[
            sleutels[0][naam]
            for naam in ("persoon_ref", "indexversie", "namen", "sleutel", "kekversie", "geschreven_op")
        ],
    )
    await omgeving.vernietig()
    assert list(omgeving.gevolgd_daar) == [Bsn(omgeving.JEUGDIGE)]


async def test_who_was_marked_is_neither_followed_nor_read(omgeving, kijk) -> None:
    ref = (await omgeving.leg_vast()).persoon_ref
    await omgeving.verwerk(omgeving.signaal(ref))
    await kijk.doe("update verwijzing set soort = 'weg', reden = 'overleden' where persoon_ref = $1", ref)
    assert await omgeving.volgwerk(VolgindicatiesPlaatsen)() == 0
    await kijk.doe("delete from audit")
    await loop_na(omgeving)
    assert not omgeving.gevolgd_daar
    assert await kijk.aantal("audit") == 0


async def test_whose_bsn_does_not_open_is_told_to_the_operator(omgeving, kijk) -> None:
    ref = await gevolgd(omgeving, omgeving.JEUGDIGE)
    await kijk.sleutels.doe("update sleutel set namen = 'stuk'")
    with capture_logs() as logs:
        assert await omgeving.bijwerken()([ref]) == []
    assert [each["waarom"] for each in gebeurd(logs, "persoon_niet_meer_te_volgen")] == ["bsn-onleesbaar"]


async def test_a_bsn_that_became_another_never_puts_two_youths_under_one_ref(omgeving, kijk) -> None:
    """The BRP tells only that the old one leads nowhere, so nobody knows whose the new one is."""
    refs = [await gevolgd(omgeving, omgeving.JEUGDIGE), await gevolgd(omgeving, omgeving.BROER)]
    was = await kijk.rijen("select persoon_ref, bsn_index from verwijzing where persoon_ref = $1", refs[0])
    omgeving.personen[omgeving.NIEUW] = replace(omgeving.personen.pop(omgeving.JEUGDIGE), bsn=Bsn(omgeving.NIEUW))
    with capture_logs() as logs:
        assert await omgeving.bijwerken()(refs) == []
    assert [each["persoon_ref"] for each in gebeurd(logs, "persoon_niet_meer_te_volgen")] == [str(refs[0])]
    assert await kijk.rijen("select persoon_ref, bsn_index from verwijzing where persoon_ref = $1", refs[0]) == was
    refs.append((await omgeving.leg_vast(omgeving.NIEUW)).persoon_ref)
    assert len(set(refs)) == await kijk.aantal("persoon") == 3


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


async def test_whom_the_brp_follows_for_us_for_nothing_is_ended_and_nobody_else(omgeving, kijk) -> None:
    """Also not whose BSN does not open here: by its index he is ours."""
    await gevolgd(omgeving, omgeving.JEUGDIGE)
    await omgeving.leg_vast(omgeving.BROER)
    omgeving.gevolgd_daar |= {Bsn("999993653"): None, Bsn(omgeving.BROER): None}
    await kijk.sleutels.doe("update sleutel set kekversie = 9")
    await loop_na(omgeving)
    assert set(omgeving.gevolgd_daar) == {Bsn(omgeving.JEUGDIGE)}


async def test_who_is_placed_while_entries_are_compared_is_not_missing(omgeving) -> None:
    omgeving.clock.forward(timedelta(hours=1))
    daar = omgeving.gevolgd

    async def ondertussen():
        lijst = await daar()
        await gevolgd(omgeving, omgeving.JEUGDIGE)
        return lijst

    omgeving.gevolgd = ondertussen
    with capture_logs() as logs:
        await loop_na(omgeving, 1)
    assert gebeurd(logs, "volgindicaties_verschillen") == []
    assert await omgeving.volgwerk(VolgindicatiesPlaatsen)() == 0
