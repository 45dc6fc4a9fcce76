"""What brp-proxy tells of a youth reaches his signals, in any order and however often (D4, D6, D8, R023)."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import structlog

from contracts.persoon import (
    PersoonGewijzigd,
    PersoonOverleden,
    PersoonToestand,
    PersoonVastgelegd,
    PersoonVerhuisd,
    PersoonVernietigd,
    PersoonVernietigdReden,
)
from platformkit.envelope import Message
from platformkit.executor import Executor
from signaal.adapters.db.organisaties import PostgresOrganisatieRepository
from signaal.adapters.db.personen import PostgresPersoonRepository
from signaal.adapters.db.signalen import PostgresSignaalRepository
from signaal.application.handlers.personen_verwerken import PersonenVerwerken
from signaal.application.handlers.signalen_laten_verlopen import SignalenLatenVerlopen

from ..conftest import NU

Hoor = Callable[..., Awaitable[None]]
HANDLER = PersonenVerwerken(
    personen=PostgresPersoonRepository(),
    signalen=PostgresSignaalRepository(),
    organisaties=PostgresOrganisatieRepository(),
)
SPOOR = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture
def hoor(worker: Executor) -> Hoor:
    """What the consumer does with a batch."""

    async def gehoord(*berichten: Message) -> None:
        await worker.execute_batch("signaal.persoon", berichten, HANDLER)

    return gehoord


def verteld(
    ref: UUID,
    versie: int,
    soort: type[PersoonToestand] = PersoonVerhuisd,
    *,
    woongemeente: str | None = "0392",
    geheim: bool = False,
    overleden_op: date | None = None,
) -> Message:
    event = soort(persoon_ref=ref, ouders=(), woongemeente=woongemeente, geheim=geheim, overleden_op=overleden_op)
    return Message(f"test#{uuid4()}", event, ref, ref, versie, NU, SPOOR)


def dood(ref: UUID, versie: int) -> Message:
    return verteld(ref, versie, PersoonOverleden, overleden_op=date(2026, 11, 20))


def vernietigd(ref: UUID, versie: int, reden: PersoonVernietigdReden) -> Message:
    return Message(f"test#{uuid4()}", PersoonVernietigd(reden=reden), ref, ref, versie, NU, SPOOR)


async def plaatsen(wereld: Any, ref: UUID) -> set[tuple[str, str | None]]:
    """Of the signals on a youth, under which gemeente they were issued and where he lives."""
    rijen = await wereld.looker.fetch("select gemeente, woongemeente from signaal where persoon_ref = $1", ref)
    return {(rij["gemeente"], rij["woongemeente"]) for rij in rijen}


@pytest.mark.regel("D6", "R026")
async def test_a_move_changes_where_the_youth_lives_and_not_the_gemeente_of_issue(wereld: Any, hoor: Hoor) -> None:
    een, ander = await wereld.professional(), await wereld.professional()
    ref = wereld.jeugdige(versie=1)
    signalen = [(await wereld.geef_af(each)).json()["signaalId"] for each in (een, ander)]
    await wereld.sluit(een, signalen[0])
    await hoor(verteld(ref, 2))
    assert await plaatsen(wereld, ref) == {("0363", "0392")}
    await hoor(verteld(ref, 3, woongemeente="0457"))
    assert await plaatsen(wereld, ref) == {("0363", "0363")}, "a gemeente that ended is the one of which it became part"
    assert [kind for kind, _, _ in await wereld.events(signalen[1])] == ["afgegeven", "geteld"]


@pytest.mark.regel("D1", "D4")
async def test_in_any_order_and_doubled_the_highest_version_counts(wereld: Any, hoor: Hoor) -> None:
    wie = await wereld.professional()
    for zaad in range(10):
        kans = random.Random(zaad)
        ref = wereld.jeugdige(versie=2)
        await wereld.geef_af(wie)
        berichten = [
            verteld(ref, 1, PersoonVastgelegd, woongemeente="0439"),
            verteld(ref, 2, PersoonVastgelegd, woongemeente="0363"),
            verteld(ref, 3, woongemeente="0479"),
            verteld(ref, 4, PersoonGewijzigd, woongemeente=None, geheim=True),
        ]
        for bericht in kans.sample(berichten * 2, 8):
            await hoor(bericht)
        assert await plaatsen(wereld, ref) == {("0363", None)}, zaad
        await hoor(verteld(ref, 5, PersoonGewijzigd, woongemeente="0479"))
        assert await plaatsen(wereld, ref) == {("0363", "0479")}, zaad


@pytest.mark.regel("D1", "D4")
async def test_what_brp_proxy_answered_is_not_overwritten_by_what_is_older(wereld: Any, hoor: Hoor) -> None:
    wie = await wereld.professional()
    ref = wereld.jeugdige(versie=7, woongemeente=None, geheim=True)
    await wereld.geef_af(wie)
    await hoor(verteld(ref, 6))
    await hoor(verteld(ref, 7))
    assert await plaatsen(wereld, ref) == {("0363", None)}


@pytest.mark.regel("D1", "D6")
@pytest.mark.parametrize(
    ("bekend", "antwoord", "woont"),
    [
        ({"versie": 3}, {"versie": 2, "woongemeente": "0439"}, "0392"),
        ({"versie": 3}, {"versie": 4, "woongemeente": "0439"}, "0439"),
        ({"versie": 3, "geheim": True}, {"versie": 2, "woongemeente": "0439"}, None),
        ({"versie": 3, "geheim": True}, {"versie": 4, "woongemeente": "0439"}, "0439"),
        ({"versie": 3}, {"versie": 2, "woongemeente": None, "geheim": True}, None),
        ({"versie": 3}, {"versie": 3, "woongemeente": None, "geheim": True}, None),
        ({"versie": 3}, {"woongemeente": None, "geheim": True}, None),
        ({"versie": 3, "geheim": True}, {"woongemeente": "0439"}, None),
    ],
)
async def test_a_new_signal_goes_by_what_is_newer_and_of_two_facts_the_secret_one_wins(
    wereld: Any, hoor: Hoor, bekend: dict[str, Any], antwoord: dict[str, Any], woont: str | None
) -> None:
    """Also where brp-proxy does not say a version yet; and each signal stays under the gemeente of its issue."""
    wie = await wereld.professional("Altra", "0439")
    ref = wereld.jeugdige(**antwoord)
    await hoor(verteld(ref, **bekend))
    assert (await wereld.geef_af(wie)).status_code == 201
    assert await plaatsen(wereld, ref) == {("0439", woont)}


@pytest.mark.regel("D1")
async def test_what_is_told_while_a_signal_is_being_committed_reaches_it(
    wereld: Any, hoor: Hoor, monkeypatch: pytest.MonkeyPatch
) -> None:
    wie = await wereld.professional()
    ref = wereld.jeugdige(versie=1)
    heard: list[asyncio.Task[None]] = []
    voeg_toe = PostgresSignaalRepository.voeg_toe

    async def watched(self: PostgresSignaalRepository, *given: Any) -> None:
        await voeg_toe(self, *given)
        heard.append(asyncio.create_task(hoor(verteld(ref, 2))))

    monkeypatch.setattr(PostgresSignaalRepository, "voeg_toe", watched)
    assert (await wereld.geef_af(wie)).status_code == 201
    await asyncio.gather(*heard)
    assert await plaatsen(wereld, ref) == {("0363", "0392")}


@pytest.mark.regel("R023", "R077")
async def test_a_death_ends_the_signals_on_the_youth_and_that_is_told_once(wereld: Any, hoor: Hoor) -> None:
    een, ander = await wereld.professional(), await wereld.professional()
    ref = wereld.jeugdige(versie=1)
    signalen = [(await wereld.geef_af(each)).json()["signaalId"] for each in (een, ander)]
    await wereld.sluit(een, signalen[0])
    bericht = dood(ref, 2)
    for each in (bericht, bericht, dood(ref, 3), verteld(ref, 1)):
        await hoor(each)
    gesloten, beeindigd = [(await wereld.events(each))[-1] for each in signalen]
    assert gesloten[2]["reden"] == "niet-meer-betrokken"
    assert beeindigd[:2] == ("gedeactiveerd", 2)
    assert (beeindigd[2]["status"], beeindigd[2]["reden"]) == ("inactief", "overleden")
    assert len(await wereld.events(signalen[1])) == 3
    tot = "select tot from betrokkenheid where account = $1 and persoon_ref = $2"
    assert await wereld.looker.fetchval(tot, ander.account_id, ref) == date(2026, 11, 22)
    read = (await wereld.api.get(f"/v1/signalen/{signalen[1]}", headers=ander.headers)).json()
    assert (read["status"], read["inactiefSinds"]) == ("inactief", "2026-11-22")


@pytest.mark.regel("R023")
async def test_what_had_expired_when_a_death_is_heard_of_has_expired(wereld: Any, hoor: Hoor, worker: Executor) -> None:
    wie = await wereld.professional()
    ref = wereld.jeugdige(versie=1)
    signaal_id = (await wereld.geef_af(wie, body={"bsn": "999996782", "duur": "P1W"})).json()["signaalId"]
    wereld.klok.forward(timedelta(days=8))
    await hoor(dood(ref, 2))
    await SignalenLatenVerlopen(executor=worker, signalen=PostgresSignaalRepository())()
    assert [each[2].get("reden") for each in await wereld.events(signaal_id)] == [None, None, "verlopen"]


@pytest.mark.regel("R024")
async def test_on_a_youth_of_whose_death_we_have_just_heard_no_signal_is_issued(wereld: Any, hoor: Hoor) -> None:
    wie = await wereld.professional()
    ref = wereld.jeugdige(versie=1)
    await hoor(dood(ref, 2))
    answer = await wereld.geef_af(wie)
    assert (answer.status_code, answer.json()["code"]) == (409, "persoon-overleden")
    assert await wereld.aantal_signalen(ref) == 0


@pytest.mark.regel("D1")
async def test_on_a_youth_who_has_just_been_destroyed_nothing_is_kept_and_one_may_try_again(
    wereld: Any, hoor: Hoor
) -> None:
    wie = await wereld.professional()
    ref = wereld.jeugdige(versie=1)
    await hoor(vernietigd(ref, 2, PersoonVernietigdReden.LEASE))
    assert (await wereld.geef_af(wie)).status_code == 503
    assert await wereld.aantal_signalen(ref) == 0


@pytest.mark.regel("R022", "R023", "D8")
@pytest.mark.parametrize("reden", [PersoonVernietigdReden.DRIEENTWINTIG, PersoonVernietigdReden.OVERLEDEN])
async def test_with_a_destroyed_youth_everything_on_him_goes(
    wereld: Any, hoor: Hoor, reden: PersoonVernietigdReden
) -> None:
    een, ander = await wereld.professional(), await wereld.professional()
    ref = wereld.jeugdige(versie=1)
    signalen = [(await wereld.geef_af(each)).json()["signaalId"] for each in (een, ander)]
    await wereld.sluit(een, signalen[0])
    weg = vernietigd(ref, 3, reden)
    for each in (weg, weg, verteld(ref, 2)):
        await hoor(each)
    laatste = [(await wereld.events(each))[-1] for each in signalen]
    assert [each[:2] for each in laatste] == [("vernietigd", 3), ("vernietigd", 2)]
    assert [each[2] for each in laatste] == [{"reden": str(reden)}] * 2
    for table in ("signaal", "betrokkenheid"):
        assert await wereld.looker.fetch(f"select from {table} where persoon_ref = $1", ref) == []
    counted = "select from signaal_telling where signaal = any($1)"
    assert await wereld.looker.fetch(counted, list(map(UUID, signalen))) == []
    stone = await wereld.looker.fetchrow("select * from persoon where persoon_ref = $1", ref)
    assert dict(stone) == {
        "persoon_ref": ref, "versie": 3, "status": "vernietigd", "woongemeente": None, "geheim": False
    }  # fmt: skip


@pytest.mark.regel("D8")
@pytest.mark.parametrize("reden", [PersoonVernietigdReden.LAATSTE_SIGNAAL, PersoonVernietigdReden.LEASE])
async def test_a_signal_whose_youth_was_let_go_stays_and_somebody_is_told(
    wereld: Any, hoor: Hoor, reden: PersoonVernietigdReden
) -> None:
    een, ander = await wereld.professional(), await wereld.professional()
    ref = wereld.jeugdige(versie=1)
    verwijderd, over = [UUID((await wereld.geef_af(each)).json()["signaalId"]) for each in (een, ander)]
    removed = (
        "update signaal set status = 'verwijderd', reden = 'ten-onrechte', inactief_sinds = begindatum where id = $1"
    )
    await wereld.looker.execute(removed, verwijderd)
    with structlog.testing.capture_logs() as log:
        await hoor(vernietigd(ref, 2, reden))
    left = await wereld.looker.fetch("select id from signaal where persoon_ref = $1", ref)
    assert [rij["id"] for rij in left] == [over]
    assert [each["signaal_id"] for each in log if each["event"] == "signaal_op_onbekende_verwijzing"] == [str(over)]
    assert await wereld.looker.fetchval("select count(*) from betrokkenheid where persoon_ref = $1", ref) == 2


async def ontvangers(wereld: Any, ref: UUID, versie: int, woongemeente: str | None = "0392") -> Any:
    """Whom notificatie is told to tell of a move."""
    answer = await wereld.api.post(
        "/v1/verhuizingen/ontvangers",
        json={
            "persoonRef": str(ref),
            "versie": versie,
            "verhuisdOp": NU.isoformat(),
            "woongemeente": woongemeente,
        },
        headers=wereld.dienst("notificatie"),
    )
    return answer.json() if answer.status_code == 200 else answer.status_code


@pytest.mark.regel("O9", "R113")
async def test_of_a_move_are_told_who_reported_before_it_and_still_is_involved_and_the_new_coordinator(
    wereld: Any, hoor: Hoor
) -> None:
    voor, gesloten, verlopen, na = [await wereld.professional() for _ in range(4)]
    ref = wereld.jeugdige(versie=1)
    eerst = (await wereld.geef_af(voor)).json()
    await wereld.sluit(gesloten, (await wereld.geef_af(gesloten)).json()["signaalId"])
    await wereld.geef_af(verlopen, body={"bsn": "999996782", "duur": "P1W"})
    wereld.klok.forward(timedelta(days=7))
    wereld.jeugdige(ref, versie=2, woongemeente="0392")
    await wereld.geef_af(na)
    await hoor(verteld(ref, 2))
    melder = {"account": str(voor.account_id), "afgegevenOp": eerst["afgegevenOp"]}
    assert await ontvangers(wereld, ref, 2) == {"melders": [melder], "convenanten": ["haarlem"]}
    seen = "select actor, outcome from audit where action = 'verhuisontvangers-lezen' and person = $1"
    assert [tuple(row) for row in await wereld.looker.fetch(seen, ref)] == [("notificatie", "ok")]


@pytest.mark.regel("O9")
@pytest.mark.parametrize(
    ("woongemeente", "convenanten"),
    [(None, []), ("0599", []), ("0457", ["regio-amsterdam"]), ("0363", ["regio-amsterdam"])],
)
async def test_the_coordinators_are_those_of_the_convenanten_that_the_new_gemeente_joined(
    wereld: Any, hoor: Hoor, woongemeente: str | None, convenanten: list[str]
) -> None:
    wie = await wereld.professional()
    ref = wereld.jeugdige(versie=1)
    await wereld.geef_af(wie)
    await hoor(verteld(ref, 2, woongemeente=woongemeente))
    assert (await ontvangers(wereld, ref, 2, woongemeente))["convenanten"] == convenanten


@pytest.mark.regel("O9", "D1")
async def test_of_a_youth_who_is_secret_by_now_no_coordinator_hears_where_he_lives(wereld: Any, hoor: Hoor) -> None:
    wie = await wereld.professional()
    ref = wereld.jeugdige(versie=1)
    await wereld.geef_af(wie)
    await hoor(verteld(ref, 3, PersoonGewijzigd, woongemeente=None, geheim=True))
    answer = await ontvangers(wereld, ref, 2)
    assert ([each["account"] for each in answer["melders"]], answer["convenanten"]) == ([str(wie.account_id)], [])


@pytest.mark.regel("O9")
async def test_where_nobody_reported_before_it_nobody_is_told(wereld: Any, hoor: Hoor) -> None:
    wie = await wereld.professional()
    ref = wereld.jeugdige(versie=2)
    await wereld.geef_af(wie)
    await hoor(verteld(ref, 3), vernietigd(andere := uuid4(), 3, PersoonVernietigdReden.LEASE))
    for each in (ref, andere):
        assert await ontvangers(wereld, each, 2) == {"melders": [], "convenanten": []}


async def test_a_move_that_was_not_heard_of_here_is_to_be_asked_about_again(wereld: Any, hoor: Hoor) -> None:
    """A signal from before it may be committed at that moment."""
    ref = wereld.jeugdige(versie=1)
    assert await ontvangers(wereld, ref, 2) == 503
    await wereld.geef_af(await wereld.professional())
    assert await ontvangers(wereld, ref, 2) == 503
    await hoor(verteld(ref, 2))
    assert len((await ontvangers(wereld, ref, 2))["melders"]) == 1


@pytest.mark.regel("O9")
@pytest.mark.parametrize(("eerder", "verteld_aan"), [(timedelta(seconds=1), 1), (timedelta(0), 0)])
async def test_a_signal_from_before_versions_were_kept_goes_by_its_moment(
    wereld: Any, hoor: Hoor, eerder: timedelta, verteld_aan: int
) -> None:
    ref = wereld.jeugdige()
    await wereld.geef_af(await wereld.professional())
    await wereld.looker.execute("update signaal set afgegeven_op = $2 where persoon_ref = $1", ref, NU - eerder)
    await hoor(verteld(ref, 2))
    assert len((await ontvangers(wereld, ref, 2))["melders"]) == verteld_aan
