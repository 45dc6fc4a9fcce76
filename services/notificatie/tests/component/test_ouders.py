"""What is told when parents change: by a later event nothing, of what never was right one mail each, once (D18)."""

import asyncio
import itertools
import random
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from contracts.match import (
    BetrokkenProfessional,
    MatchOntstaan,
    MatchReden,
    MatchToestand,
    NadereReden,
    Oorzaak,
    OorzaakSoort,
)
from platformkit.db.statement import Statement
from platformkit.testing import eventually_async

from ..conftest import NU, beeindigd, betrokkene, ontstaan

NIEUW, ONJUIST = "Nieuwe match in de Verwijsindex", "Een match in de Verwijsindex klopte niet"
Verhaal = list[tuple[MatchToestand, int]]


def door_ouder(match: MatchOntstaan, id: UUID | None = None) -> MatchOntstaan:
    """It arises again, because of a parent whom another event brought."""
    oorzaak = Oorzaak(soort=OorzaakSoort.PERSOON_GEWIJZIGD, id=id or uuid4(), op=NU)
    return match.model_copy(update={"oorzaak": oorzaak})


def geadopteerd(match: MatchOntstaan) -> MatchToestand:
    return beeindigd(match, None, nadere_reden=NadereReden.OUDER_GEWIJZIGD)


def ontkend(match: MatchOntstaan, door: UUID | None) -> MatchToestand:
    return beeindigd(match, MatchReden.OUDER_GECORRIGEERD, beeindigd_door=door)


def kinderen(aantal: int) -> tuple[list[BetrokkenProfessional], list[MatchOntstaan]]:
    """A professional for each, and a match for each two of them by the signal that came last."""
    samen = [betrokkene() for _ in range(aantal)]
    return samen, [
        ontstaan(een, ander, ander.signaal_id, regiepartij=True) for een, ander in itertools.combinations(samen, 2)
    ]


async def ontvangen(wereld: Any, wie: BetrokkenProfessional) -> list[str]:
    return [mail.onderwerp for mail in wereld.berichten.zoek(f"{wie.account}@kanarie.example")][::-1]


async def speel(wereld: Any, verhaal: Verhaal, kans: random.Random) -> None:
    """In any order, doubled, in batches of any size, and with mails that go out in between or not."""
    dubbel = kans.sample(verhaal * 2, 2 * len(verhaal))
    while dubbel:
        stuk, dubbel = dubbel[: (n := kans.randint(1, 4))], dubbel[n:]
        await wereld.gebeurt(*stuk)
        if kans.random() < 0.5:
            await wereld.bezorg()


@pytest.mark.regel("D18")
@pytest.mark.parametrize("zaad", range(8))
async def test_an_adoption_of_siblings_one_after_the_other_is_told_to_nobody(wereld: Any, zaad: int) -> None:
    _, matches = kinderen(3)
    await wereld.gebeurt(*((match, 1) for match in matches))
    await wereld.bezorg()
    told = len(wereld.post())
    verhaal: Verhaal = []
    for match in matches:
        # Each match ends when the first of its two is adopted, and comes back when the second is.
        verhaal += [(match, 1), (geadopteerd(match), 2), (door_ouder(match), 3), (geadopteerd(match), 4)]
        verhaal += [(door_ouder(match), 5)]
    await speel(wereld, verhaal, random.Random(zaad))
    await wereld.bezorg()
    assert len(wereld.post()) == told
    assert {mail.onderwerp for mail in wereld.post()} == {NIEUW}


@pytest.mark.regel("D18")
@pytest.mark.parametrize("orde", itertools.permutations(range(3)))
async def test_in_whatever_order_an_adoption_is_heard_of_each_is_told_once_of_the_match(
    wereld: Any, orde: tuple[int, ...]
) -> None:
    (een, ander), (match,) = kinderen(2)
    verhaal: Verhaal = [(match, 1), (geadopteerd(match), 2), (door_ouder(match), 3)]
    for each in orde:
        for _ in range(2):
            await wereld.gebeurt(verhaal[each])
            await wereld.bezorg()
    assert [await ontvangen(wereld, each) for each in (een, ander)] == [[NIEUW]] * 2


@pytest.mark.regel("D18")
async def test_a_match_that_was_not_told_yet_is_told_once_when_it_comes_back(wereld: Any) -> None:
    """The mail server was away, or we were."""
    (een, ander), (match,) = kinderen(2)
    await wereld.gebeurt((match, 1))
    await wereld.gebeurt((geadopteerd(match), 2))
    await wereld.gebeurt((door_ouder(match), 3))
    await wereld.bezorg()
    assert [await ontvangen(wereld, each) for each in (een, ander)] == [[NIEUW]] * 2


@pytest.mark.regel("D18")
async def test_a_match_whose_mail_had_lapsed_is_told_when_it_comes_back(wereld: Any) -> None:
    (een, ander), (match,) = kinderen(2)
    await wereld.gebeurt((match, 1))
    await wereld.gebeurt((geadopteerd(match), 2))
    await wereld.bezorg()
    assert wereld.post() == []
    await wereld.gebeurt((door_ouder(match), 3))
    await wereld.bezorg()
    assert [await ontvangen(wereld, each) for each in (een, ander)] == [[NIEUW]] * 2


@pytest.mark.regel("D18")
async def test_the_one_of_both_who_was_not_told_is_told(wereld: Any) -> None:
    (een, ander), (match,) = kinderen(2)
    wereld.adressen.zonder = {str(ander.account)}
    await wereld.gebeurt((match, 1))
    await wereld.bezorg()
    wereld.adressen.zonder = set()
    await wereld.gebeurt((geadopteerd(match), 2), (door_ouder(match), 3))
    await wereld.bezorg()
    assert [await ontvangen(wereld, each) for each in (een, ander)] == [[NIEUW]] * 2


@pytest.mark.regel("D18")
async def test_a_sender_who_lets_a_mail_lapse_at_that_moment_takes_it_from_nobody(wereld: Any) -> None:
    """The handler waits for the sender, and sees what it did."""
    (een, ander), (match,) = kinderen(2)
    await wereld.gebeurt((match, 1))
    await wereld.gebeurt((geadopteerd(match), 2))
    async with wereld.worker.transaction() as sender:
        await sender.rows(Statement(text("update notificatie set status = 'vervallen'")))
        comes_back = asyncio.create_task(wereld.gebeurt((door_ouder(match), 3)))

        async def waits() -> bool:
            return comes_back.done() or bool(await wereld.rijen("select 1 from pg_locks where not granted"))

        await eventually_async(waits)
    await comes_back
    await wereld.bezorg()
    assert [await ontvangen(wereld, each) for each in (een, ander)] == [[NIEUW]] * 2


@pytest.mark.regel("D18")
@pytest.mark.parametrize("zaad", range(8))
async def test_one_denial_is_told_once_to_each_who_was_told_of_what_it_ended(wereld: Any, zaad: int) -> None:
    samen, matches = kinderen(3)
    await wereld.gebeurt(*((match, 1) for match in matches))
    await wereld.bezorg()
    eerst = {each.account: await ontvangen(wereld, each) for each in samen}
    door = uuid4()
    weg = [match for match in matches if samen[0] in match.professionals]
    verhaal: Verhaal = [(each, 1) for each in matches] + [(ontkend(each, door), 2) for each in weg]
    await speel(wereld, verhaal, random.Random(zaad))
    await wereld.bezorg()
    for each in samen:
        assert await ontvangen(wereld, each) == [*eerst[each.account], ONJUIST]
    for match in weg:
        await wereld.gebeurt((ontkend(match, door), (2 << 32) + 1))
    await wereld.bezorg()
    assert len(wereld.post()) == sum(map(len, eerst.values())) + 3


@pytest.mark.regel("D18")
async def test_where_match_does_not_say_what_showed_it_each_match_is_corrected_by_itself(wereld: Any) -> None:
    """From a match of before."""
    samen, matches = kinderen(3)
    await wereld.gebeurt(*((match, 1) for match in matches))
    await wereld.bezorg()
    await wereld.gebeurt(*((ontkend(match, None), 2) for match in matches[:2]))
    await wereld.bezorg()
    assert (await ontvangen(wereld, samen[0])).count(ONJUIST) == 2


@pytest.mark.regel("D18")
async def test_who_was_told_that_it_was_wrong_is_told_when_it_is_right_after_all(wereld: Any) -> None:
    (een, ander), (match,) = kinderen(2)
    await wereld.gebeurt((match, 1))
    await wereld.bezorg()
    await wereld.gebeurt((ontkend(match, uuid4()), 2))
    await wereld.bezorg()
    for _ in range(2):
        await wereld.gebeurt((weer := door_ouder(match, UUID(int=1)), 3))
        await wereld.bezorg()
    assert await ontvangen(wereld, een) == [NIEUW, ONJUIST, NIEUW]
    await wereld.gebeurt((ontkend(weer, uuid4()), 4))
    await wereld.bezorg()
    assert [await ontvangen(wereld, each) for each in (een, ander)] == [[NIEUW, ONJUIST, NIEUW, ONJUIST]] * 2


@pytest.mark.regel("D18")
async def test_what_is_right_again_before_its_correction_went_out_is_no_mail(wereld: Any) -> None:
    (een, ander), (match,) = kinderen(2)
    await wereld.gebeurt((match, 1))
    await wereld.bezorg()
    await wereld.gebeurt((ontkend(match, uuid4()), 2))
    await wereld.gebeurt((door_ouder(match), 3))
    wereld.machine.forward(timedelta(hours=1))
    await wereld.bezorg()
    assert [await ontvangen(wereld, each) for each in (een, ander)] == [[NIEUW]] * 2


@pytest.mark.regel("D18")
async def test_a_correction_of_two_matches_tells_of_the_one_that_stays_wrong(wereld: Any) -> None:
    samen, matches = kinderen(3)
    await wereld.gebeurt(*((match, 1) for match in matches))
    await wereld.bezorg()
    door = uuid4()
    await wereld.gebeurt(*((ontkend(match, door), 2) for match in matches[:2]))
    await wereld.gebeurt((door_ouder(matches[0]), 3))
    await wereld.bezorg()
    assert [(await ontvangen(wereld, each)).count(ONJUIST) for each in samen] == [1, 0, 1]
    assert [(await ontvangen(wereld, each)).count(NIEUW) for each in samen] == [2, 2, 1]
