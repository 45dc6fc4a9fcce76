"""Keys of before they stood apart are moved, and nobody notices."""

import pytest
from structlog.testing import capture_logs


@pytest.fixture
def als_vroeger(omgeving, kijk):
    """Stores a person as the release before did: with the key beside the data."""

    async def leg_vast(bsn: str) -> object:
        ref = (await omgeving.leg_vast(bsn)).persoon_ref
        [was] = await kijk.sleutels.rijen(
            "delete from sleutel where persoon_ref = $1 returning sleutel, kekversie", ref
        )
        await kijk.doe("insert into persoonssleutel values ($1, $2, $3)", ref, was["sleutel"], was["kekversie"])
        return ref

    return leg_vast


async def test_a_key_is_moved_and_opens_the_same_data(omgeving, kijk, als_vroeger, commando) -> None:
    refs = [await als_vroeger(omgeving.JEUGDIGE), await als_vroeger(omgeving.BROER)]
    assert await commando("sleutels-verplaatsen") == (0, "Moved: 2.\n")
    assert await kijk.aantal("persoonssleutel") == 0
    assert {each["persoon_ref"] for each in await kijk.sleutels.rijen("select persoon_ref from sleutel")} == set(refs)
    with capture_logs() as logs:
        assert [(await omgeving.leg_vast(bsn)).persoon_ref for bsn in (omgeving.JEUGDIGE, omgeving.BROER)] == refs
    assert logs == []


async def test_what_was_asked_for_meanwhile_keeps_its_new_key_and_what_does_not_open_stays(
    omgeving, kijk, als_vroeger, commando
) -> None:
    ref, stuk = await als_vroeger(omgeving.JEUGDIGE), await als_vroeger(omgeving.BROER)
    await omgeving.leg_vast()
    await kijk.doe("update persoonssleutel set sleutel = 'stuk' where persoon_ref = $1", stuk)
    code, said = await commando("sleutels-verplaatsen")
    assert (code, said) == (1, f"Moved: 1.\nNot moved, it does not open: {stuk}\n")
    assert await kijk.rijen("select persoon_ref from persoonssleutel") == [{"persoon_ref": stuk}]
    with capture_logs() as logs:
        assert (await omgeving.leg_vast()).persoon_ref == ref
    assert logs == []
