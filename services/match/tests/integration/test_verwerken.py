"""What events make of the stored matches, on a real PostgreSQL: D4, D18, O12, O14."""

from datetime import date, timedelta
from uuid import uuid4

import pytest
from services.match.tests.berichten import (
    OP,
    Signaleerder,
    gewijzigd,
    overleden,
    persoon_vernietigd,
    vastgelegd,
    verwerk,
)
from services.match.tests.stand import matches, open_matches, verteld

from contracts.match import MatchBeeindigd, MatchReden, NadereReden
from match.domain.oorzaak import wijziging_id
from platformkit.clock import FixedClock
from platformkit.db.database import Database
from platformkit.executor import Executor


async def een(worker: Database, *signalen: Signaleerder):
    (match,) = await matches(worker, [s.id for s in signalen])
    return match


@pytest.mark.regel("R080", "R081", "R086")
async def test_two_professionals_on_one_youth_are_a_client_match(executor: Executor, worker: Database) -> None:
    jeugdige = uuid4()
    a, b = Signaleerder(jeugdige), Signaleerder(jeugdige, op=OP + timedelta(days=1))
    await verwerk(executor, [a.afgegeven()])
    assert await matches(worker, [a.id]) == []  # R086: it waits
    await verwerk(executor, [b.afgegeven()])
    match = await een(worker, a, b)
    assert (match.soort, match.status, match.versie) == ("client", "actief", (1 << 32) + 1)
    assert (match.oorzaak_soort, match.oorzaak_id, match.oorzaak_op) == ("signaal-afgegeven", b.id, b.op)


@pytest.mark.regel("R081", "D18", "O12")
async def test_one_natural_person_does_not_match_himself(executor: Executor, worker: Database) -> None:
    """D18, O12: the same professional from two organisations."""
    jeugdige = uuid4()
    a = Signaleerder(jeugdige)
    b = Signaleerder(jeugdige, professional=a.professional)
    await verwerk(executor, [a.afgegeven(), b.afgegeven()])
    assert await matches(worker, [a.id, b.id]) == []


@pytest.mark.regel("R082", "R083", "R084")
async def test_one_shared_parent_is_a_family_match(executor: Executor, worker: Database) -> None:
    kind, halfzus, moeder = uuid4(), uuid4(), uuid4()
    a, b = Signaleerder(kind), Signaleerder(halfzus)
    await verwerk(executor, [a.afgegeven(), b.afgegeven(), vastgelegd(kind, [moeder, uuid4()])])
    assert await matches(worker, [a.id]) == []
    await verwerk(executor, [vastgelegd(halfzus, [uuid4(), moeder])], "match.persoon")
    match = await een(worker, a, b)
    assert (match.soort, match.status) == ("gezin", "actief")
    assert match.oorzaak_soort == "signaal-afgegeven"  # a first PersoonVastgelegd is never a cause


@pytest.mark.regel("R084")
async def test_both_siblings_in_one_batch_match(executor: Executor, worker: Database) -> None:
    kind, zus, ouders = uuid4(), uuid4(), [uuid4(), uuid4()]
    a, b = Signaleerder(kind), Signaleerder(zus)
    await verwerk(executor, [a.afgegeven(), vastgelegd(zus, ouders), b.afgegeven(), vastgelegd(kind, ouders)])
    assert (await een(worker, a, b)).status == "actief"


@pytest.mark.regel("D4")
async def test_a_version_only_rises(executor: Executor, worker: Database) -> None:
    jeugdige = uuid4()
    a, b, c, d = (Signaleerder(jeugdige) for _ in range(4))
    await verwerk(executor, [a.afgegeven(), b.verwijderd(3), c.vernietigd(3)])
    await verwerk(executor, [b.afgegeven(1), c.afgegeven(1), d.gedeactiveerd(2)])
    await verwerk(executor, [d.afgegeven(1), d.afgegeven(2), c.verlengd(date(2026, 12, 1), 2)])
    assert await matches(worker, [a.id]) == []


@pytest.mark.regel("R083", "D4", "O14")
async def test_a_match_that_arises_again_has_the_same_id_and_a_higher_version(
    executor: Executor, worker: Database, klok: FixedClock
) -> None:
    kind, zus, moeder = uuid4(), uuid4(), uuid4()
    a, b = Signaleerder(kind), Signaleerder(zus)
    await verwerk(executor, [a.afgegeven(), b.afgegeven(), vastgelegd(kind, [moeder]), vastgelegd(zus, [moeder])])
    eerst = await een(worker, a, b)
    await verwerk(executor, [gewijzigd(zus, [uuid4()], 2, onjuist=[moeder])], "match.persoon")
    geeindigd = await een(worker, a, b)
    assert (geeindigd.status, geeindigd.reden) == ("beeindigd", MatchReden.OUDER_GECORRIGEERD)
    klok.forward(timedelta(hours=1))
    await verwerk(executor, [gewijzigd(zus, [moeder], 3, OP + timedelta(days=9))], "match.persoon")
    weer = await een(worker, a, b)
    assert (weer.match_id, weer.status, weer.versie) == (eerst.match_id, "actief", eerst.versie + 2)
    assert weer.reden is None
    assert (weer.oorzaak_soort, weer.oorzaak_id) == ("persoon-gewijzigd", wijziging_id(zus, 3))
    assert weer.ontstaan_op == klok.now()


@pytest.mark.regel("R083", "D18")
async def test_siblings_who_are_adopted_one_after_the_other_had_a_right_match_in_between(
    executor: Executor, worker: Database, addresses
) -> None:
    kind, zus, moeder, adoptant = (uuid4() for _ in range(4))
    a, b = Signaleerder(kind), Signaleerder(zus)
    await verwerk(executor, [a.afgegeven(), b.afgegeven(), vastgelegd(kind, [moeder]), vastgelegd(zus, [moeder])])
    await verwerk(executor, [gewijzigd(kind, [adoptant], 2, OP + timedelta(days=8))], "match.persoon")
    await verwerk(executor, [gewijzigd(zus, [adoptant], 2, OP + timedelta(days=9))], "match.persoon")
    match = await een(worker, a, b)
    assert (match.status, match.reden) == ("actief", None)
    verhaal = [
        MatchBeeindigd.model_validate_json(rij.payload) for rij in await verteld(addresses["relay"], match.match_id)
    ]
    assert [(each.status, each.reden, each.nadere_reden) for each in verhaal] == [
        ("actief", None, None),
        ("beeindigd", None, NadereReden.OUDER_GEWIJZIGD),
        ("actief", None, None),
    ]


@pytest.mark.regel("R083", "D18")
@pytest.mark.parametrize("samen", [True, False])
async def test_one_denial_ends_all_that_rested_on_it_as_wrong_and_by_one_cause(
    executor: Executor, worker: Database, addresses, samen: bool
) -> None:
    """Also when a later version, told together with it or instead of it, is the first that is heard."""
    kind, zus, broer, vader = (uuid4() for _ in range(4))
    signalen = [Signaleerder(each) for each in (kind, zus, broer)]
    await verwerk(
        executor,
        [*(each.afgegeven() for each in signalen), *(vastgelegd(each, [vader]) for each in (kind, zus, broer))],
    )
    ontkend = gewijzigd(kind, [], 2, onjuist=[vader])
    later = gewijzigd(kind, [], 3, onjuist=[vader])
    for each in [[ontkend, later]] if samen else [[ontkend], [later], [ontkend]]:
        await verwerk(executor, each, "match.persoon")
    weg = [m for m in await matches(worker, [signalen[0].id]) if m.status == "beeindigd"]
    assert [m.reden for m in weg] == [MatchReden.OUDER_GECORRIGEERD] * 2
    door = {
        MatchBeeindigd.model_validate_json((await verteld(addresses["relay"], m.match_id))[-1].payload).beeindigd_door
        for m in weg
    }
    assert door == {wijziging_id(kind, 3 if samen else 2)}
    assert len(await open_matches(worker, [each.id for each in signalen])) == 1


@pytest.mark.regel("R023", "R065", "O14")
@pytest.mark.parametrize(
    ("einde", "reden"),
    [
        (lambda a: a.gedeactiveerd(), MatchReden.SIGNAAL_GEDEACTIVEERD),
        (lambda a: a.verwijderd(), MatchReden.SIGNAAL_VERWIJDERD),
        (lambda a: a.vernietigd(), MatchReden.SIGNAAL_VERNIETIGD),
        (lambda a: a.verlengd(date(2025, 6, 1)), MatchReden.EINDDATUM),
        (lambda a: overleden(a.jeugdige, []), MatchReden.OVERLEDEN),
        (lambda a: persoon_vernietigd(a.jeugdige), MatchReden.PERSOON_VERNIETIGD),
    ],
)
async def test_an_end_says_why(executor: Executor, worker: Database, einde, reden: MatchReden) -> None:
    jeugdige = uuid4()
    a, b = Signaleerder(jeugdige), Signaleerder(jeugdige)
    await verwerk(executor, [a.afgegeven(), b.afgegeven(), vastgelegd(jeugdige, [uuid4()])])
    await verwerk(executor, [einde(a)])
    match = await een(worker, a, b)
    assert (match.status, match.reden) == ("beeindigd", reden)
    assert match.beeindigd_op is not None


@pytest.mark.regel("D18")
@pytest.mark.parametrize("hoe_vaak", [1, 2])
async def test_a_signal_removed_after_the_end_makes_the_match_wrong_once(
    executor: Executor, worker: Database, addresses, hoe_vaak: int
) -> None:
    """Who was told of the match hears that it never was right; its end stays when it was."""
    jeugdige = uuid4()
    a, b = Signaleerder(jeugdige), Signaleerder(jeugdige)
    await verwerk(executor, [a.afgegeven(), b.afgegeven()])
    await verwerk(executor, [a.gedeactiveerd(2)])
    einde = (await een(worker, a, b)).beeindigd_op
    for versie in range(3, 3 + hoe_vaak):
        await verwerk(executor, [a.verwijderd(versie)])
    match = await een(worker, a, b)
    assert (match.status, match.reden, match.beeindigd_op) == ("beeindigd", MatchReden.SIGNAAL_VERWIJDERD, einde)
    assert match.versie & 0xFFFFFFFF == 3
    verhaal = [
        MatchBeeindigd.model_validate_json(rij.payload) for rij in await verteld(addresses["relay"], match.match_id)
    ]
    assert [(each.reden, each.beeindigd_door) for each in verhaal] == [
        (None, None),
        (MatchReden.SIGNAAL_GEDEACTIVEERD, None),
        (MatchReden.SIGNAAL_VERWIJDERD, a.id),
    ]


@pytest.mark.regel("D8", "D18")
async def test_of_a_destroyed_side_nothing_is_told_any_more(executor: Executor, worker: Database) -> None:
    jeugdige = uuid4()
    a, b = Signaleerder(jeugdige), Signaleerder(jeugdige)
    await verwerk(executor, [a.afgegeven(), b.afgegeven()])
    await verwerk(executor, [a.gedeactiveerd(2)])
    await verwerk(executor, [b.vernietigd(2)])
    await verwerk(executor, [a.verwijderd(3)])
    assert (await een(worker, a, b)).reden == MatchReden.SIGNAAL_GEDEACTIVEERD


@pytest.mark.regel("R022", "D4")
async def test_a_destroyed_person_has_no_family_and_stays_gone(executor: Executor, worker: Database) -> None:
    kind, zus, moeder = uuid4(), uuid4(), uuid4()
    a, b = Signaleerder(kind), Signaleerder(zus)
    await verwerk(executor, [persoon_vernietigd(kind, 5), vastgelegd(zus, [moeder]), a.afgegeven(), b.afgegeven()])
    await verwerk(executor, [gewijzigd(kind, [moeder], 4)], "match.persoon")
    assert await open_matches(worker, [a.id, b.id]) == set()


@pytest.mark.regel("D4")
async def test_an_extension_moves_the_end_of_its_matches(executor: Executor, worker: Database) -> None:
    jeugdige = uuid4()
    a, b = Signaleerder(jeugdige), Signaleerder(jeugdige)
    b.einddatum = date(2027, 1, 1)
    await verwerk(executor, [a.afgegeven(), b.afgegeven()])
    voor = await een(worker, a, b)
    await verwerk(executor, [a.verlengd(date(2026, 9, 1))])
    na = await een(worker, a, b)
    assert (voor.einddatum, na.einddatum) == (date(2026, 5, 1), date(2026, 9, 1))
    assert (na.status, na.versie) == ("actief", voor.versie + 1)


@pytest.mark.regel("D5")
async def test_a_replayed_signal_whose_extension_was_handled_is_active(executor: Executor, worker: Database) -> None:
    """D5: a dead letter is subject to the version rule; the match is there before the replay."""
    jeugdige = uuid4()
    a, b = Signaleerder(jeugdige), Signaleerder(jeugdige)
    begin = a.afgegeven(1)
    await verwerk(executor, [b.afgegeven(), a.verlengd(date(2026, 9, 1), 2)])
    voor = await een(worker, a, b)
    await verwerk(executor, [begin])
    assert await een(worker, a, b) == voor
