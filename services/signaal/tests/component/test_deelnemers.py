"""Admission of professionals, and the organisations they work for."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from signaal.adapters.db import startdata


async def put(wereld: Any, professional_id: object, body: dict[str, Any]) -> Any:
    return await wereld.api.put(f"/v1/professionals/{professional_id}", json=body, headers=wereld.beheerder)


@pytest.mark.regel("R057")
async def test_admission_is_201_then_200_and_brings_contact_data_up_to_date(wereld: Any) -> None:
    ident, subject = uuid4(), uuid4().hex
    body = wereld.toelating("Altra", "0363", subject)
    first = await put(wereld, ident, body)
    again = await put(wereld, ident, {**body, "email": f"nieuw-{subject}@postvak.test"})
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert first.json()["professionalId"] == str(ident)
    kept = await wereld.looker.fetchval("select email from professional where id = $1", ident)
    assert kept == f"nieuw-{subject}@postvak.test"


@pytest.mark.regel("R057")
async def test_the_same_person_gets_a_second_account_at_another_organisation(wereld: Any) -> None:
    first = await wereld.professional("Altra")
    second = await wereld.professional("De Buurtschool", professional_id=first.professional_id)
    assert first.account_id != second.account_id


async def test_who_moves_to_another_location_keeps_the_account(wereld: Any) -> None:
    ident, subject = uuid4(), uuid4().hex
    first = await put(wereld, ident, wereld.toelating("Altra", "0363", subject))
    moved = await put(wereld, ident, wereld.toelating("Altra", "0439", subject))
    assert (moved.status_code, moved.json()) == (200, first.json())
    kept = await wereld.looker.fetchval("select locatie from account where subject = $1", subject)
    assert kept == startdata.locatie_id("Altra", "0439")


async def test_ten_admissions_at_once_make_one_account(wereld: Any) -> None:
    ident, subject = uuid4(), uuid4().hex
    answers = await asyncio.gather(*(put(wereld, ident, wereld.toelating("Altra", "0363", subject)) for _ in range(10)))
    assert sorted(each.status_code for each in answers) == [200] * 9 + [201]
    assert len({each.text for each in answers}) == 1


@pytest.mark.parametrize(
    ("anders", "status", "code"),
    [
        ({"email": "geen adres"}, 400, "email-ongeldig"),
        ({"email": "jos\N{LATIN SMALL LETTER E WITH ACUTE}@postvak.test"}, 400, "email-ongeldig"),
        ({"organisatieId": str(uuid4())}, 400, "organisatie-onbekend"),
        ({"locatieId": str(startdata.locatie_id("Samen Doen", "0363"))}, 400, "locatie-onbekend"),
        ({"naam": ""}, 400, "ongeldige-invoer"),
        ({"naam": "regel\neinde"}, 400, "ongeldige-invoer"),
        ({"telefoon": "bel mij"}, 400, "ongeldige-invoer"),
        ({"bsn": "999996782"}, 400, "ongeldige-invoer"),
    ],
)
async def test_wrong_admissions_are_refused(wereld: Any, anders: dict[str, str], status: int, code: str) -> None:
    ident = uuid4()
    answer = await put(wereld, ident, wereld.toelating("Altra", "0363", uuid4().hex) | anders)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert await wereld.looker.fetchval("select count(*) from professional where id = $1", ident) == 0


async def test_an_address_is_kept_as_it_can_be_sent(wereld: Any) -> None:
    for given in ("x@caf\N{LATIN SMALL LETTER E WITH ACUTE}.test", "x@xn--caf-dma.test"):
        ident = uuid4()
        answer = await put(wereld, ident, wereld.toelating("Altra", "0363", uuid4().hex) | {"email": given})
        assert answer.status_code == 201, answer.text
        kept = await wereld.looker.fetchval("select email from professional where id = $1", ident)
        assert kept == "x@xn--caf-dma.test"


async def test_an_identity_belongs_to_one_person(wereld: Any) -> None:
    body = wereld.toelating("Altra", "0363", uuid4().hex)
    await put(wereld, uuid4(), body)
    other = uuid4()
    answer = await put(wereld, other, body)
    assert (answer.status_code, answer.json()["code"]) == (409, "identiteit-in-gebruik")
    assert await wereld.looker.fetchval("select count(*) from professional where id = $1", other) == 0


async def test_the_administrator_is_in_the_audit_log_without_a_name(wereld: Any) -> None:
    wie = await wereld.professional()
    row = await wereld.looker.fetchrow("select * from audit where object = $1", wie.account_id)
    assert (row["action"], row["outcome"], row["role"]) == ("professional-toelaten", "nieuw", "functioneel-beheerder")
    assert "Bea" not in row["actor"]


@pytest.mark.regel("R111", "C27")
@pytest.mark.parametrize(
    ("naam", "gevonden"),
    [
        ("jbra", "Jeugdbescherming Regio Amsterdam"),
        ("William Schrikker GROEP", "William Schrikker Stichting Jeugdbescherming en Jeugdreclassering"),
        ("leger des", "Leger des Heils Jeugdbescherming en reclassering"),
        ("Koel&Co", "Koel&Co"),
    ],
)
async def test_an_organisation_is_found_by_name_or_alias_whatever_the_case(
    wereld: Any, naam: str, gevonden: str
) -> None:
    answer = await wereld.api.get("/v1/organisaties", params={"naam": naam}, headers=wereld.beheerder)
    (item,) = answer.json()["items"]
    assert item["naam"] == gevonden
    assert item["organisatieId"] == str(startdata.organisatie_id(gevonden))
    assert {each["convenant"] for each in item["locaties"]} <= {"regio-amsterdam", "haarlem"}
    assert all(len(each["gemeente"]) == 4 for each in item["locaties"])


async def test_wildcards_are_letters_and_no_name_gives_all(wereld: Any) -> None:
    for naam in ("%", "_", "\\"):
        answer = await wereld.api.get("/v1/organisaties", params={"naam": naam}, headers=wereld.beheerder)
        assert answer.json()["items"] == []
    assert len((await wereld.api.get("/v1/organisaties", headers=wereld.beheerder)).json()["items"]) > 40


@pytest.mark.regel("R111", "R230")
async def test_there_is_a_school_police_a_wijkteam_and_somebody_in_haarlem(wereld: Any) -> None:
    items = (await wereld.api.get("/v1/organisaties", headers=wereld.beheerder)).json()["items"]
    assert {"onderwijs", "politie-en-justitie", "wijkteam", "ggd", "kinderopvang"} <= {each["soort"] for each in items}
    assert any(plek["convenant"] == "haarlem" for each in items for plek in each["locaties"])
