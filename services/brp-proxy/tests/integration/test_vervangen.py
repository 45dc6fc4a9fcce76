"""Both kinds of key are replaced beside everything else, and the command says when an old one may go (D1)."""

import asyncio

import pytest

from brp_proxy.adapters.db.vervanging import OntbreektError, Vervanging
from brp_proxy.adapters.kluis import Kluis, Sleutels
from brp_proxy.application.handlers.republish import CONTEXT
from brp_proxy.entrypoints import cli

AF = "{} 1: used nowhere, may leave the key file\n"


async def versies(kijk) -> tuple[set[int], set[int], set[int]]:
    """Of the rows, of the records, and of their KEKs."""
    rijen = await kijk.rijen("select distinct sleutelversie from verwijzing")
    records = await kijk.sleutels.rijen("select distinct indexversie, kekversie from sleutel")
    return (
        {each["sleutelversie"] for each in rijen},
        {each["indexversie"] for each in records},
        {each["kekversie"] for each in records},
    )


@pytest.mark.regel("D1")
async def test_youths_parents_and_keys_move_and_nobody_gets_another_ref(omgeving, kijk, commando, sleutels) -> None:
    refs = [(await omgeving.leg_vast(bsn)).persoon_ref for bsn in (omgeving.JEUGDIGE, omgeving.BROER)]
    ouders = await kijk.rijen("select * from ouder order by 1, 2")
    code, said = await commando("sleutels-vervangen", hmac=2, kek=2)
    assert (code, said) == (0, "Replaced: 2.\n" + AF.format("hmac") + AF.format("kek"))
    assert await versies(kijk) == ({2}, {2}, {2})
    # Without the old ones.
    alleen = {soort: {"actief": 2, "sleutels": {"2": sleutels[soort]["2"]}} for soort in ("hmac", "kek")}
    omgeving.kluis = lambda actief: Kluis(Sleutels.model_validate(alleen))
    personen, dicht = await omgeving.executor("api").execute(omgeving.persoonsregister().bladzijde, CONTEXT, None, 10)
    assert ({each.persoon_ref for each in personen}, dicht) == (set(refs), [])
    assert [(await omgeving.leg_vast(bsn)).persoon_ref for bsn in (omgeving.JEUGDIGE, omgeving.BROER)] == refs
    assert await kijk.rijen("select * from ouder order by 1, 2") == ouders


@pytest.mark.parametrize(("soort", "zijn"), [("hmac", ({2}, {2}, {1})), ("kek", ({1}, {1}, {2}))])
async def test_one_kind_is_replaced_without_the_other(omgeving, kijk, commando, soort, zijn) -> None:
    await omgeving.leg_vast()
    code, said = await commando("sleutels-vervangen", **{soort: 2})
    assert code == 0
    assert AF.format(soort) in said
    assert await versies(kijk) == zijn


async def test_what_stays_under_an_old_key_is_told(omgeving, kijk, commando) -> None:
    """A parent whose child's key was moved from the release that sealed no names; a record that does not open."""
    ref = (await omgeving.leg_vast()).persoon_ref
    broer = (await omgeving.leg_vast(omgeving.BROER)).persoon_ref
    await kijk.sleutels.doe("update sleutel set sleutel = 'stuk', namen = 'stuk' where persoon_ref = $1", ref)
    code, said = await commando("sleutels-vervangen", hmac=2, kek=2)
    assert code == 1
    assert said.splitlines() == [
        "Replaced: 1.",
        f"Not replaced, it does not open: {ref}",
        "hmac 1: still used: 1 jeugdige, 1 ouder, 1 sleutel",
        "kek 1: still used: 1 sleutel",
    ]
    assert await kijk.rijen("select persoon_ref from verwijzing where soort = 'jeugdige' and sleutelversie = 2") == [
        {"persoon_ref": broer}
    ]
    await omgeving.leg_vast(actief=2)
    assert (await commando("sleutels-vervangen", hmac=2, kek=2))[0] == 0, "whoever asked for him mended it"


async def test_it_goes_on_after_it_was_cut_off_between_the_databases(omgeving, kijk, commando, monkeypatch) -> None:
    await omgeving.leg_vast()
    echt = omgeving.databases["sleutels-worker"].__class__.execute

    async def weg(*_: object, **__: object) -> int:
        raise ConnectionResetError

    monkeypatch.setattr(omgeving.databases["sleutels-worker"].__class__, "execute", weg)
    with pytest.raises(ConnectionResetError):
        await commando("sleutels-vervangen", hmac=2, kek=2)
    assert await versies(kijk) == ({2}, {1}, {1})
    monkeypatch.setattr(omgeving.databases["sleutels-worker"].__class__, "execute", echt)
    assert (await commando("sleutels-vervangen", hmac=2, kek=2))[0] == 0
    assert await versies(kijk) == ({2}, {2}, {2})


@pytest.mark.regel("D1")
async def test_under_load_no_request_fails_and_nobody_gets_another_ref(omgeving, kijk, commando, monkeypatch) -> None:
    """Forty siblings are asked for all the time, by a process that has the new keys active and by one that has not."""
    monkeypatch.setattr(cli, "_BATCH", 3)
    bsns = [f"9999{number:05}" for number in range(40)]
    for bsn in bsns:
        omgeving.persoon(bsn, omgeving.MOEDER, omgeving.VADER)
    refs = {bsn: (await omgeving.leg_vast(bsn)).persoon_ref for bsn in bsns}
    ouders = await kijk.rijen("select persoon_ref from verwijzing where soort = 'ouder' order by 1")
    klaar = asyncio.Event()

    async def vraag(actief: int) -> int:
        keren = 0
        while not klaar.is_set():
            bsn = bsns[keren % len(bsns)]
            assert (await omgeving.leg_vast(bsn, actief=actief)).persoon_ref == refs[bsn]
            keren += 1
        return keren

    async def vervang() -> tuple[int, str]:
        try:
            return await commando("sleutels-vervangen", hmac=2, kek=2)
        finally:
            klaar.set()

    *keren, (code, said) = await asyncio.gather(*(vraag(actief) for actief in (1, 1, 2, 2)), vervang())
    assert min(keren) > 0
    assert (code, await versies(kijk)) == (0, ({2}, {2}, {2})), said
    assert [(await omgeving.leg_vast(bsn, actief=1)).persoon_ref for bsn in bsns] == list(refs.values())
    assert await versies(kijk) == ({2}, {2}, {2}), "nothing is taken back"
    assert await kijk.rijen("select persoon_ref from verwijzing where soort = 'ouder' order by 1") == ouders


@pytest.mark.parametrize("soort", ["hmac", "kek"])
async def test_readiness_says_when_a_version_that_is_used_is_missing(omgeving, kijk, sleutels, soort) -> None:
    def vervanging(*, zonder: str | None) -> Vervanging:
        inhoud = {
            each: {"actief": 2, "sleutels": {"2": sleutels[each]["2"]} if each == zonder else sleutels[each]}
            for each in ("hmac", "kek")
        }
        kluis = Kluis(Sleutels.model_validate(inhoud))
        return Vervanging(kluis, omgeving.executor("api"), omgeving.databases["sleutels-api"])

    await vervanging(zonder=soort).compleet()
    await omgeving.leg_vast()
    await vervanging(zonder=None).compleet()
    with pytest.raises(OntbreektError):
        await vervanging(zonder=soort).compleet()
    await omgeving.leg_vast(actief=2)
    await vervanging(zonder=soort).compleet()


async def test_a_command_is_recorded(omgeving, kijk, commando) -> None:
    await commando("sleutels-vervangen", "--by", "beheerder-9")
    assert await kijk.rijen("select actor, action from audit") == [
        {"actor": "beheerder-9", "action": "sleutels-vervangen"}
    ]


async def test_while_the_old_index_key_leaves_the_file_siblings_share_their_parents(omgeving, kijk, sleutels) -> None:
    """Turns are taken by the oldest key that a process knows: one that has it and one that has not do not wait."""
    zonder = {
        "hmac": {"actief": 2, "sleutels": {"2": sleutels["hmac"]["2"]}},
        "kek": {"actief": 2, "sleutels": sleutels["kek"]},
    }
    met = omgeving.kluis
    omgeving.kluis = lambda actief: Kluis(Sleutels.model_validate(zonder)) if actief == 0 else met(actief)
    for ronde in range(10):
        bsns = [f"99{ronde:05}{nummer:02}" for nummer in range(4)]
        for bsn in bsns:
            omgeving.persoon(bsn, f"88{ronde:07}", f"77{ronde:07}")
        vragen = [omgeving.leg_vast(bsn, actief=nummer % 2 * 2) for nummer, bsn in enumerate([*bsns, *bsns])]
        refs = [antwoord.persoon_ref for antwoord in await asyncio.gather(*vragen)]
        assert refs[:4] == refs[4:], "nor does a youth get two"
        ouders = await kijk.rijen("select distinct ouder from ouder where kind = any($1)", refs)
        assert len(ouders) == 2
