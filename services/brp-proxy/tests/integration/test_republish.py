"""Telling all persons again: no news, and no cause (D18)."""

from datetime import timedelta

import pytest

from brp_proxy.application.handlers.republish import CONTEXT, Republish


@pytest.fixture
def vertel_opnieuw(omgeving):
    republish = Republish(omgeving.persoonsregister())

    async def vertel(after=None, limit=100):
        return await omgeving.executor("api").execute(republish, CONTEXT, after, limit)

    return vertel


@pytest.mark.regel("D18")
async def test_a_person_is_told_with_the_same_version_and_since_when_each_parent_is_there(
    omgeving, kijk, vertel_opnieuw
) -> None:
    omgeving.persoon(omgeving.JEUGDIGE, omgeving.VADER)
    await omgeving.leg_vast()
    omgeving.clock.forward(timedelta(days=1))
    omgeving.persoon(omgeving.JEUGDIGE, omgeving.VADER, omgeving.MOEDER, woongemeente=None, geheim=True)
    await omgeving.leg_vast()
    (_, ref, versie, gewijzigd) = (await kijk.events())[-1]
    omgeving.clock.forward(timedelta(days=1))
    assert (await vertel_opnieuw()).told == 1
    assert (await kijk.events())[-1] == ("vastgelegd", ref, versie, gewijzigd)
    assert [ouder["sindsGewijzigd"] for ouder in gewijzigd["ouders"]].count(True) == 1


async def test_destroyed_persons_and_parents_are_not_told(omgeving, kijk, vertel_opnieuw) -> None:
    await omgeving.leg_vast()
    await omgeving.loop_leases_na()
    broer = (await omgeving.leg_vast(omgeving.BROER)).persoon_ref
    told = len(await kijk.events())
    assert (await vertel_opnieuw()).told == 1
    assert [subject for _, subject, _, _ in (await kijk.events())[told:]] == [broer]


async def test_a_batch_goes_on_after_the_last_and_passes_by_whose_data_do_not_open(
    omgeving, kijk, vertel_opnieuw
) -> None:
    refs = sorted([(await omgeving.leg_vast()).persoon_ref, (await omgeving.leg_vast(omgeving.BROER)).persoon_ref])
    await kijk.sleutels.doe("delete from sleutel where persoon_ref = $1", refs[0])
    first = await vertel_opnieuw(None, 1)
    assert (first.told, first.last, list(first.unreadable)) == (0, refs[0], [refs[0]])
    second = await vertel_opnieuw(first.last, 1)
    assert (second.told, second.last) == (1, refs[1])
    assert (await vertel_opnieuw(second.last, 1)).last is None
