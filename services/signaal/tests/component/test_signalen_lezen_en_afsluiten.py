"""Own signals: read and closed by their professional only."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from asyncpg.transaction import Transaction


@pytest.mark.regel("R120")
async def test_a_professional_sees_own_signals_newest_first_by_page(wereld: Any) -> None:
    wie, other = await wereld.professional(), await wereld.professional()
    made = []
    for _ in range(5):
        wereld.jeugdige()
        made.append((await wereld.geef_af(wie)).json()["signaalId"])
    await wereld.geef_af(other)
    seen: list[str] = []
    page: dict[str, Any] = {"volgende": None}
    while page["volgende"] or not seen:
        params = {"limiet": "2"} | ({"na": page["volgende"]} if page["volgende"] else {})
        page = (await wereld.api.get("/v1/signalen", params=params, headers=wie.headers)).json()
        assert 1 <= len(page["items"]) <= 2
        seen += [each["signaalId"] for each in page["items"]]
    assert seen == made[::-1]


async def test_who_reads_is_recorded_per_signal(wereld: Any) -> None:
    wie = await wereld.professional()
    made = []
    for _ in range(2):
        wereld.jeugdige()
        made.append((await wereld.geef_af(wie)).json()["signaalId"])
    await wereld.api.get("/v1/signalen", headers=wie.headers)
    await wereld.api.get(f"/v1/signalen/{made[0]}", headers=wie.headers)
    read = await wereld.looker.fetch(
        "select object, person, role, outcome from audit where action = 'signaal-lezen' and actor = $1 order by id",
        str(wie.account_id),
    )
    assert [str(row["object"]) for row in read] == [made[1], made[0], made[0]]
    assert all((row["role"], row["outcome"]) == ("professional", "ok") and row["person"] for row in read)


@pytest.mark.parametrize("params", [{"limiet": "0"}, {"limiet": "101"}, {"na": "x"}])
async def test_a_page_that_cannot_be_is_refused(wereld: Any, params: dict[str, str]) -> None:
    wie = await wereld.professional()
    answer = await wereld.api.get("/v1/signalen", params=params, headers=wie.headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "ongeldige-invoer")


@pytest.mark.regel("R120", "D10")
async def test_a_signal_of_another_does_not_exist(wereld: Any) -> None:
    wie, other = await wereld.professional("Altra"), await wereld.professional("Altra")
    wereld.jeugdige()
    signaal_id = (await wereld.geef_af(wie)).json()["signaalId"]
    for ident in (signaal_id, str(uuid4())):
        read = await wereld.api.get(f"/v1/signalen/{ident}", headers=other.headers)
        closed = await wereld.sluit(other, ident)
        assert (read.status_code, read.json()["code"]) == (404, "niet-gevonden")
        assert (closed.status_code, closed.json()["code"]) == (404, "niet-gevonden")
    assert (await wereld.api.get(f"/v1/signalen/{signaal_id}", headers=wie.headers)).json()["status"] == "actief"


@pytest.mark.regel("R060", "R077")
async def test_it_reads_as_inactive_from_its_einddatum_although_nobody_swept(wereld: Any) -> None:
    wie = await wereld.professional()
    wereld.jeugdige()
    signaal_id = (await wereld.geef_af(wie, body={"bsn": "999996782", "duur": "P1W"})).json()["signaalId"]
    wereld.klok.forward(timedelta(days=6))
    assert (await wereld.api.get(f"/v1/signalen/{signaal_id}", headers=wie.headers)).json()["status"] == "actief"
    wereld.klok.forward(timedelta(days=1))
    read = (await wereld.api.get(f"/v1/signalen/{signaal_id}", headers=wie.headers)).json()
    assert (read["status"], read["inactiefSinds"]) == ("inactief", "2026-11-29")
    assert (await wereld.sluit(wie, signaal_id)).json()["code"] == "signaal-niet-actief"


@pytest.mark.regel("R063", "R064", "R065")
async def test_closing_ends_it_tells_it_and_takes_back_the_involvement(wereld: Any) -> None:
    wie = await wereld.professional()
    ref = wereld.jeugdige()
    signaal_id = (await wereld.geef_af(wie)).json()["signaalId"]
    wereld.klok.forward(timedelta(days=3))
    closed = await wereld.sluit(wie, signaal_id)
    assert closed.status_code == 201
    assert (closed.json()["status"], closed.json()["inactiefSinds"]) == ("inactief", "2026-11-25")
    kind, version, told = (await wereld.events(signaal_id))[-1]
    assert (kind, version) == ("gedeactiveerd", 2)
    assert (told["status"], told["reden"], told["einddatum"]) == ("inactief", "niet-meer-betrokken", "2027-11-22")
    tot = await wereld.looker.fetchval(
        "select tot from betrokkenheid where account = $1 and persoon_ref = $2", wie.account_id, ref
    )
    assert tot.isoformat() == "2026-11-25"
    assert (await wereld.audit(wie))[-1] == ("signaal-afsluiten", "ok")
    again = await wereld.sluit(wie, signaal_id)
    assert (again.status_code, again.json()["code"]) == (409, "signaal-niet-actief")


async def test_closing_whose_commit_was_not_heard_of_is_answered_as_done(
    wereld: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    wie = await wereld.professional()
    wereld.jeugdige()
    signaal_id = (await wereld.geef_af(wie)).json()["signaalId"]
    commit, lost = Transaction.commit, []

    async def unheard(transaction: Any) -> None:
        told = await transaction._connection.fetchval("select pg_current_xact_id_if_assigned() is not null")
        await commit(transaction)
        if told and not lost:
            lost.append(True)
            transaction._connection.terminate()
            raise ConnectionResetError

    monkeypatch.setattr(Transaction, "commit", unheard)
    closed = await wereld.sluit(wie, signaal_id)
    assert lost
    assert (closed.status_code, closed.json()["status"]) == (201, "inactief")
    assert [kind for kind, _, _ in await wereld.events(signaal_id)] == ["afgegeven", "geteld", "gedeactiveerd"]
    assert (await wereld.audit(wie))[1:] == [("signaal-afsluiten", "ok")]


async def test_closing_ten_times_at_once_closes_once(wereld: Any) -> None:
    wie = await wereld.professional()
    wereld.jeugdige()
    signaal_id = (await wereld.geef_af(wie)).json()["signaalId"]
    answers = await asyncio.gather(*(wereld.sluit(wie, signaal_id) for _ in range(10)))
    assert sorted(each.status_code for each in answers) == [201] + [409] * 9
    assert [kind for kind, _, _ in await wereld.events(signaal_id)] == ["afgegeven", "geteld", "gedeactiveerd"]


@pytest.mark.regel("R004", "C10")
@pytest.mark.parametrize("body", [{}, {"reden": "verhuisd"}, {"reden": "niet-meer-betrokken", "uitleg": "x"}])
async def test_no_other_reason_or_text_can_be_given(wereld: Any, body: dict[str, str]) -> None:
    wie = await wereld.professional()
    answer = await wereld.api.post(f"/v1/signalen/{uuid4()}/afsluitingen", json=body, headers=wie.headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "ongeldige-invoer")


async def test_the_answers_say_nothing_of_the_youth(wereld: Any) -> None:
    wie = await wereld.professional()
    ref = wereld.jeugdige(geheim=True, woongemeente=None)
    signaal_id = (await wereld.geef_af(wie)).json()["signaalId"]
    read = await wereld.api.get(f"/v1/signalen/{signaal_id}", headers=wie.headers)
    assert str(ref) not in read.text
    assert not {"gemeente", "woongemeente", "persoonRef", "geheim"} & read.json().keys()
    assert UUID(read.json()["signaalId"])
