"""A move is told to who reported before it and to the new gemeente's coordinator, once, without a place (law 7.1.2.3(1)(g))."""

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from aiokafka import ConsumerRecord

from contracts.http.deelnemers import Melder, Verhuisontvangers
from contracts.persoon import (
    PersoonGewijzigd,
    PersoonToestand,
    PersoonVastgelegd,
    PersoonVerhuisd,
    PersoonVernietigd,
    PersoonVernietigdReden,
)
from platformkit.testing import record

from ..conftest import NU, TRACEPARENT

VERHUISD = "Een jongere in de Verwijsindex is verhuisd"
# Midnight in the Netherlands: in UTC it is the day before.
AFGEGEVEN = datetime(2026, 5, 2, 22, tzinfo=UTC)


def bericht(
    ref: UUID,
    versie: int,
    soort: type[PersoonToestand] = PersoonVerhuisd,
    *,
    woongemeente: str | None = "0392",
    op: datetime = NU,
    offset: int = 0,
) -> ConsumerRecord:
    event = soort(persoon_ref=ref, ouders=(), woongemeente=woongemeente, geheim=False)
    return record(event, versie, op, offset=offset, traceparent=TRACEPARENT)


def melders(wereld: Any, aantal: int = 1, convenanten: tuple[str, ...] = ()) -> tuple[UUID, list[UUID]]:
    """A youth on whom so many reported before he moved, and whose new gemeente joined these convenanten."""
    ref, accounts = uuid4(), [uuid4() for _ in range(aantal)]
    wereld.adressen.melders[ref] = Verhuisontvangers(
        melders=[Melder(account=each, afgegeven_op=AFGEGEVEN) for each in accounts], convenanten=list(convenanten)
    )
    return ref, accounts


async def vertel(wereld: Any) -> None:
    while await wereld.zoek_uit():
        pass
    await wereld.bezorg()


@pytest.mark.regel("O9", "R113")
async def test_who_reported_before_it_and_the_new_coordinator_get_one_mail_each(wereld: Any) -> None:
    ref, accounts = melders(wereld, 2, ("haarlem",))
    wereld.adressen.organisaties = {accounts[0]: "Altra"}
    await wereld.hoort(bericht(ref, 2))
    await vertel(wereld)
    assert wereld.geadresseerden() == sorted([*map(str, accounts), "haarlem"])
    assert {mail.onderwerp for mail in wereld.post()} == {VERHUISD}
    said = {mail.aan[0].partition("@")[0]: mail.tekst for mail in wereld.post()}
    assert "- uw signaal van 3 mei 2026 bij Altra" in said[str(accounts[0])].splitlines()
    assert "hoort bij uw regio" in " ".join(said["haarlem"].split())
    assert "2026" not in said["haarlem"]
    assert await wereld.statussen() == [("afgeleverd", None)] * 3


@pytest.mark.regel("O9", "D18")
@pytest.mark.parametrize("orde", itertools.permutations(range(4)))
async def test_in_any_order_and_doubled_each_move_is_told_once(wereld: Any, orde: tuple[int, ...]) -> None:
    """A newer version hides none of them."""
    ref, (account,) = melders(wereld)
    berichten = [
        bericht(ref, 1, PersoonVastgelegd, offset=0),
        bericht(ref, 2, offset=1),
        bericht(ref, 3, PersoonGewijzigd, offset=2),
        bericht(ref, 4, woongemeente="0363", offset=3),
    ]
    for each in orde:
        # Once more by the relay, and once more under a new id.
        await wereld.hoort(berichten[each], berichten[each])
        await wereld.hoort(bericht(ref, each + 1, type_of(berichten[each]), offset=each + 10))
        await vertel(wereld)
    await vertel(wereld)
    assert wereld.geadresseerden() == [str(account)] * 2


def type_of(each: ConsumerRecord) -> type[PersoonToestand]:
    kinds = {kind.TYPE: kind for kind in (PersoonVastgelegd, PersoonGewijzigd, PersoonVerhuisd)}
    return kinds[dict(each.headers)["ce_type"].decode()]


async def test_accounts_with_one_address_share_a_mail(wereld: Any) -> None:
    ref, accounts = melders(wereld, 2)
    wereld.adressen.postvakken = {str(each): "samen" for each in accounts}
    await wereld.hoort(bericht(ref, 2))
    await vertel(wereld)
    assert wereld.geadresseerden() == ["samen"]
    assert await wereld.statussen() == [("afgeleverd", None)] * 2


async def test_a_coordinator_is_told_whoever_can_have_the_matchregie(wereld: Any) -> None:
    ref, _ = melders(wereld, 1, ("haarlem",))
    wereld.adressen.regiepartij_op = {ref}
    await wereld.hoort(bericht(ref, 2))
    await vertel(wereld)
    assert "haarlem" in wereld.geadresseerden()


async def test_where_nobody_is_to_be_told_nothing_is_kept(wereld: Any) -> None:
    await wereld.hoort(bericht(uuid4(), 2))
    await vertel(wereld)
    assert wereld.post() == []
    assert await wereld.rijen("select from verhuizing") == []
    assert await wereld.statussen() == []


@pytest.mark.regel("D8")
async def test_of_a_move_that_was_told_no_trace_of_the_youth_stays(wereld: Any) -> None:
    ref, _ = melders(wereld, 2, ("haarlem",))
    await wereld.hoort(bericht(ref, 2))
    await vertel(wereld)
    stored = [
        row
        for table in ("verhuizing", "notificatie", "notificatie_match", "match_stand")
        for row in await wereld.rijen(f"select {table}::text from {table}")
    ]
    assert len(stored) == 3
    assert str(ref) not in str(stored)


@pytest.mark.regel("D8")
async def test_of_a_youth_who_is_gone_no_move_is_told(wereld: Any) -> None:
    ref, _ = melders(wereld)
    blijft, (account,) = melders(wereld)
    wereld.adressen.weg = True
    await wereld.hoort(bericht(ref, 2), bericht(blijft, 2, offset=1))
    assert await wereld.zoek_uit() == 0
    gone = PersoonVernietigd(reden=PersoonVernietigdReden.OVERLEDEN)
    await wereld.hoort(record(gone, 3, NU, subject=ref, key=ref))
    wereld.adressen.weg = False
    wereld.machine.forward(timedelta(seconds=5))
    await vertel(wereld)
    assert wereld.geadresseerden() == [str(account)]


async def test_a_move_that_signaal_does_not_know_yet_holds_up_no_other(wereld: Any) -> None:
    ref, (account,) = melders(wereld)
    ander, (andere,) = melders(wereld)
    wereld.adressen.onbekend = {ref}
    await wereld.hoort(bericht(ref, 2), bericht(ander, 2, offset=1))
    await vertel(wereld)
    assert wereld.geadresseerden() == [str(andere)]
    wereld.adressen.onbekend = set()
    assert await wereld.zoek_uit() == 0, "it waits a while"
    wereld.machine.forward(timedelta(seconds=5))
    await vertel(wereld)
    assert wereld.geadresseerden() == sorted([str(account), str(andere)])


async def test_what_waits_is_seen_in_the_backlog(wereld: Any) -> None:
    ref, _ = melders(wereld)
    await wereld.hoort(bericht(ref, 2))
    wereld.machine.forward(timedelta(seconds=60))
    assert await wereld.bezorger.achterstand() == (1, 60.0)
    await vertel(wereld)
    assert await wereld.bezorger.achterstand() == (0, 0.0)


async def test_two_senders_at_once_tell_it_once(wereld: Any) -> None:
    ref, (account,) = melders(wereld)
    await wereld.hoort(bericht(ref, 2))
    asked = wereld.adressen.van_verhuizing

    async def while_another_tells(verhuizing: Any) -> Any:
        wereld.adressen.van_verhuizing = asked
        assert await wereld.zoek_uit() == 1
        await wereld.bezorg()
        return await asked(verhuizing)

    wereld.adressen.van_verhuizing = while_another_tells
    await vertel(wereld)
    assert wereld.geadresseerden() == [str(account)]


@pytest.mark.parametrize(("dagen", "verteld"), [(6, 1), (7, 0)])
async def test_what_was_told_long_before_it_is_heard_of_is_not_told(wereld: Any, dagen: int, verteld: int) -> None:
    """As when a topic is read again from its start."""
    ref, _ = melders(wereld)
    await wereld.hoort(bericht(ref, 2, op=NU - timedelta(days=dagen)))
    await vertel(wereld)
    assert len(wereld.post()) == verteld


async def test_the_world_hears_that_it_was_told_and_not_of_whom(wereld: Any) -> None:
    ref, _ = melders(wereld)
    await wereld.hoort(bericht(ref, 2))
    await vertel(wereld)
    ((told, trace),) = await wereld.verteld("select convert_from(payload, 'utf8'), traceparent from outbox")
    assert '"persoon-gewijzigd"' in told
    assert str(ref) not in told
    assert trace.split("-")[1] == TRACEPARENT.split("-")[1]
