"""Keys stand apart (D1, D8): one commit before the other, and whatever happens in between is mended by whoever comes next."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from structlog.testing import capture_logs

from brp_proxy.adapters.db.levensloop import PostgresLevensloopRepository
from brp_proxy.application.handlers.republish import CONTEXT, Republish
from brp_proxy.domain.bsn import Bsn
from platformkit import failpoints
from platformkit.db.database import Connection
from platformkit.errors import DomainError, TransientError

POINTS = ("destroying.before_key", "destroying.after_key", "executor.before_commit", "executor.after_commit")


@pytest.fixture
def gedaan(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The statements that are done, in order, of both databases."""
    done: list[str] = []

    def counted(name: str) -> None:
        real = getattr(Connection, name)

        async def count(self, statement, **given):
            done.append(statement.text)
            return await real(self, statement, **given)

        monkeypatch.setattr(Connection, name, count)

    counted("rows")
    counted("execute")
    return done


@pytest.fixture(autouse=True)
def ontwapend() -> Iterator[None]:
    yield
    failpoints.arm("")


def onbruikbaar(logs) -> list[str]:
    return [each["persoon_ref"] for each in logs if each["event"] == "persoonssleutel_onbruikbaar"]


async def _sleutel_weg(kijk) -> None:
    await kijk.sleutels.doe("delete from sleutel")


async def _sleutel_stuk(kijk) -> None:
    await kijk.sleutels.doe("update sleutel set sleutel = 'stuk', namen = 'stuk'")


async def _kek_onbekend(kijk) -> None:
    await kijk.sleutels.doe("update sleutel set kekversie = 9")


async def _rij_weg(kijk) -> None:
    await kijk.doe("truncate verwijzing cascade")


async def _gegevens_stuk(kijk) -> None:
    await kijk.doe("update persoon set gegevens = 'stuk'")


async def _leeg(kijk) -> None:
    await kijk.doe("update persoon set gegevens = '', versie = 0, herlezen = true")


STUK = {
    "no key": _sleutel_weg,
    "a broken key": _sleutel_stuk,
    "a KEK that is gone": _kek_onbekend,
    "broken data": _gegevens_stuk,
}


@pytest.mark.regel("D1")
@pytest.mark.parametrize("stuk", STUK.values(), ids=STUK.keys())
async def test_what_cannot_be_read_is_mended_under_the_same_ref_with_an_alarm(omgeving, kijk, stuk) -> None:
    ref = (await omgeving.leg_vast()).persoon_ref
    await stuk(kijk)
    _, dicht = await omgeving.executor("api").execute(omgeving.persoonsregister().bladzijde, CONTEXT, None, 10)
    assert dicht == [ref]
    with capture_logs() as logs:
        assert (await omgeving.leg_vast()).persoon_ref == ref
    assert onbruikbaar(logs) == [str(ref)]
    with capture_logs() as logs:
        await omgeving.leg_vast()
    assert onbruikbaar(logs) == []
    personen, _ = await omgeving.executor("api").execute(omgeving.persoonsregister().bladzijde, CONTEXT, None, 10)
    assert [each.persoon_ref for each in personen] == [ref]
    assert [soort for soort, *_ in await kijk.events()] == ["vastgelegd"] * 3, "nobody moved"


@pytest.mark.regel("D1")
async def test_after_a_restore_of_the_base_the_same_refs_are_found_again(omgeving, kijk) -> None:
    ref = (await omgeving.leg_vast()).persoon_ref
    ouders = await kijk.rijen("select persoon_ref from verwijzing where soort = 'ouder' order by 1")
    await _rij_weg(kijk)
    with capture_logs() as logs:
        assert (await omgeving.leg_vast()).persoon_ref == ref
    assert onbruikbaar(logs) == []
    assert await kijk.rijen("select persoon_ref from verwijzing where soort = 'ouder' order by 1") == ouders


@pytest.mark.regel("D10")
async def test_known_and_unknown_cost_the_same_statements(omgeving, kijk, gedaan) -> None:
    """Unknown, known, known with a parent who came, and each of those whom a restore left behind."""
    sporen = {}

    async def spoor(naam: str) -> None:
        gedaan.clear()
        await omgeving.leg_vast()
        sporen[naam] = list(gedaan)

    for naam in ("unknown", "known"):
        await spoor(naam)
    omgeving.persoon(omgeving.JEUGDIGE, omgeving.MOEDER, omgeving.NIEUW)
    await spoor("another parent")
    for naam, stuk in {**STUK, "no row": _rij_weg, "taken in": _leeg}.items():
        await stuk(kijk)
        await spoor(naam)
    [het] = {tuple(each) for each in sporen.values()}
    assert len(het) == 11


async def test_the_data_key_is_made_once_and_wrapped_anew_each_time(omgeving, kijk) -> None:
    await omgeving.leg_vast()
    [eerst] = await kijk.sleutels.rijen("select * from sleutel")
    [oud] = await kijk.rijen("select persoon_ref, gegevens from persoon")
    await omgeving.leg_vast()
    [nu] = await kijk.sleutels.rijen("select * from sleutel")
    assert (eerst["sleutel"], eerst["namen"]) != (nu["sleutel"], nu["namen"])
    kluis = omgeving.kluis()
    sleutel = kluis.pak_uit(nu["persoon_ref"], nu["sleutel"], nu["kekversie"])
    assert omgeving.KANARIE in kluis.ontsluit(oud["persoon_ref"], sleutel, oud["gegevens"]).decode()


async def test_a_key_whose_person_was_not_committed_serves_the_next(omgeving, kijk) -> None:
    failpoints.arm("executor.before_commit=error")
    ref = (await omgeving.leg_vast()).persoon_ref
    assert await kijk.sleutels.rijen("select persoon_ref from sleutel") == [{"persoon_ref": ref}]
    assert [versie for _, _, versie, _ in await kijk.events()] == [1]


async def test_a_key_that_changes_meanwhile_is_read_again(omgeving, kijk, monkeypatch) -> None:
    """As a job that wraps all keys under another KEK may do."""
    ref = (await omgeving.leg_vast()).persoon_ref
    kast = type(omgeving.sleutelkast("api"))
    zoek, keren = kast.zoek, []

    async def zoek_en_wijzig(self, indexen, persoon_ref):
        [found] = await zoek(self, indexen, persoon_ref)
        if not keren:
            await kijk.sleutels.doe("update sleutel set sleutel = 'onder een andere kek'")
        keren.append(found.sleutel)
        return [found]

    monkeypatch.setattr(kast, "zoek", zoek_en_wijzig)
    assert (await omgeving.leg_vast()).persoon_ref == ref
    assert keren[1] == b"onder een andere kek"


async def _naar_het_einde(omgeving) -> UUID:
    """A person who was marked: no signal followed on his lease."""
    ref = (await omgeving.leg_vast()).persoon_ref
    await omgeving.executor("worker").execute(PostgresLevensloopRepository().markeer, None, [ref], "lease")
    return ref


@pytest.mark.regel("D1", "D8")
@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("tussendoor", [True, False], ids=["asked for meanwhile", "not asked for"])
async def test_an_end_that_is_cut_off_anywhere_is_finished_by_the_next(omgeving, kijk, point, tussendoor) -> None:
    ref = await _naar_het_einde(omgeving)
    failpoints.arm(f"{point}=error")
    with suppress(TransientError):
        await omgeving.vernietig()
    failpoints.arm("")
    ander = (await omgeving.leg_vast()).persoon_ref if tussendoor else None
    while await omgeving.vernietig():
        pass
    assert ander != ref
    over = [{"persoon_ref": ander}] if ander else []
    assert await kijk.rijen("select persoon_ref from verwijzing where soort <> 'ouder'") == over
    assert await kijk.sleutels.rijen("select persoon_ref from sleutel") == over
    ledger = [{"persoon_ref": ref, "reden": "lease"}]
    assert await kijk.rijen("select persoon_ref, reden from vernietigd where reden <> 'ouder'") == ledger
    assert await kijk.sleutels.rijen("select persoon_ref, reden from vernietigd") == ledger
    einden = [(subject, versie) for soort, subject, versie, _ in await kijk.events() if soort == "vernietigd"]
    assert einden == [(ref, 2)], "told once"
    if ander:
        assert [each.persoon_ref for each in (await _bladzijde(omgeving))[0]] == [ander]


async def _bladzijde(omgeving):
    return await omgeving.executor("api").execute(omgeving.persoonsregister().bladzijde, CONTEXT, None, 10)


@pytest.mark.regel("D1")
async def test_a_marked_person_is_unknown_to_everybody(omgeving, kijk) -> None:
    ref = await _naar_het_einde(omgeving)
    assert not await omgeving.vergelijk(omgeving.JEUGDIGE, ref)
    with capture_logs() as logs:
        await omgeving.verwerk(omgeving.signaal(ref))
    assert [each["event"] for each in logs] == ["signaal_op_onbekende_verwijzing"]
    told = await omgeving.executor("api").execute(Republish(omgeving.persoonsregister()), CONTEXT, None, 10)
    assert told.told == 0
    omgeving.signaal_zegt[ref] = Exception("a lease that was decided on is asked about no more")
    assert await omgeving.loop_leases_na() == 0
    assert (await omgeving.leg_vast()).persoon_ref != ref


async def test_ends_and_leases_of_one_bsn_at_the_same_instant(omgeving, kijk) -> None:
    for _ in range(15):
        ref = await _naar_het_einde(omgeving)
        _, ander = await asyncio.gather(omgeving.vernietig(), omgeving.leg_vast())
        await omgeving.vernietig()
        assert ander.persoon_ref != ref
        [sleutel] = await kijk.sleutels.rijen("select persoon_ref from sleutel")
        assert sleutel["persoon_ref"] == ander.persoon_ref
        await _rij_weg(kijk)
        await _sleutel_weg(kijk)


async def test_the_bsn_behind_a_ref_is_known_to_jobs_as_long_as_it_opens(omgeving, kijk) -> None:
    ref = (await omgeving.leg_vast()).persoon_ref
    broer = (await omgeving.leg_vast(omgeving.BROER)).persoon_ref
    await kijk.sleutels.doe("update sleutel set namen = 'stuk' where persoon_ref = $1", broer)
    register = omgeving.persoonsregister("worker")
    bsns = await omgeving.executor("worker").execute(register.bsn_van, None, [ref, broer, uuid4()])
    assert {each: bsn.waarde for each, bsn in bsns.items()} == {ref: omgeving.JEUGDIGE}


@pytest.fixture
async def verweesd(omgeving, kijk) -> UUID:
    """A key whose person is not in the base, of more than fifteen minutes ago."""
    ref = (await omgeving.leg_vast()).persoon_ref
    await _rij_weg(kijk)
    await kijk.doe("truncate outbox")
    omgeving.clock.forward(timedelta(minutes=15, seconds=1))
    return ref


@pytest.mark.regel("D1")
async def test_a_key_without_a_person_and_without_a_signal_goes(omgeving, kijk, verweesd) -> None:
    assert await omgeving.loop_sleutels_na() == 1
    assert await omgeving.loop_leases_na(timedelta(0)) == 1
    assert await kijk.aantal("verwijzing") == await kijk.sleutels.aantal("sleutel") == 0
    for ledger in (kijk, kijk.sleutels):
        assert await ledger.rijen("select persoon_ref, reden from vernietigd") == [
            {"persoon_ref": verweesd, "reden": "lease"}
        ]
    assert (await omgeving.leg_vast()).persoon_ref != verweesd


@pytest.mark.regel("D1")
async def test_a_key_without_a_person_on_whom_a_signal_exists_is_read_again(omgeving, kijk, verweesd) -> None:
    omgeving.signaal_zegt[verweesd] = True
    await omgeving.loop_sleutels_na()
    assert await kijk.events() == [], "nobody learns anything before he was read"
    assert await omgeving.loop_leases_na(timedelta(0)) == 1
    assert [(soort, ref, versie) for soort, ref, versie, _ in await kijk.events()] == [("vastgelegd", verweesd, 1)]
    personen, dicht = await _bladzijde(omgeving)
    assert ([each.persoon_ref for each in personen], dicht) == ([verweesd], [])
    assert await kijk.rijen("select actor, outcome, person from audit order by at desc limit 1") == [
        {"actor": "brp-proxy", "outcome": "herlezen", "person": verweesd}
    ]
    assert (await omgeving.leg_vast()).persoon_ref == verweesd


@pytest.mark.parametrize("waarom", ["not in the BRP", "another BSN", "BSN not unique", "BRP away", "names do not open"])
async def test_who_cannot_be_read_again_is_asked_about_again(omgeving, kijk, verweesd, waarom) -> None:
    omgeving.signaal_zegt[verweesd] = True
    await omgeving.loop_sleutels_na()
    was = omgeving.personen.pop(omgeving.JEUGDIGE)
    if waarom == "another BSN":
        omgeving.personen[omgeving.JEUGDIGE] = replace(was, bsn=Bsn(omgeving.NIEUW))
    elif waarom == "BSN not unique":
        omgeving.brp_zegt = DomainError("bsn-niet-uniek")
    elif waarom == "BRP away":
        omgeving.brp_zegt = TransientError("brp-niet-beschikbaar")
    elif waarom == "names do not open":
        omgeving.personen[omgeving.JEUGDIGE] = was
        await kijk.sleutels.doe("update sleutel set namen = 'stuk'")
    with suppress(TransientError):
        assert await omgeving.loop_leases_na(timedelta(0)) == 0
    assert await kijk.rijen("select persoon_ref, herlezen from persoon") == [
        {"persoon_ref": verweesd, "herlezen": True}
    ]
    assert await kijk.events() == []


async def test_a_key_is_looked_at_once_after_each_time_it_is_written(omgeving, kijk) -> None:
    await omgeving.leg_vast()
    assert await omgeving.loop_sleutels_na() == 0, "its person may still be written"
    for _ in range(2):
        omgeving.clock.forward(timedelta(minutes=16))
        assert await omgeving.loop_sleutels_na() == 1
        assert await omgeving.loop_sleutels_na() == 0
        await omgeving.leg_vast()
    [rij] = await kijk.rijen("select versie from persoon")
    assert rij["versie"] == 3


async def test_who_was_destroyed_is_not_taken_in_again(omgeving, kijk, verweesd) -> None:
    await kijk.doe("insert into vernietigd values ($1, now(), 'lease')", verweesd)
    await omgeving.loop_sleutels_na()
    assert await kijk.aantal("verwijzing") == 0


async def test_a_signal_confirms_who_was_taken_in_and_he_is_read_all_the_same(omgeving, kijk, verweesd) -> None:
    await omgeving.loop_sleutels_na()
    await omgeving.verwerk(omgeving.signaal(verweesd))
    omgeving.signaal_zegt[verweesd] = True
    assert await omgeving.loop_leases_na(timedelta(0)) == 2
    assert await kijk.rijen("select bevestigd, herlezen from persoon") == [{"bevestigd": True, "herlezen": False}]
