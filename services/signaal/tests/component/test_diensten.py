"""What other services ask with their own identity (D17)."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest


@pytest.mark.regel("D1")
async def test_any_signal_on_a_youth_counts_also_an_inactive_one_but_none_that_was_removed(wereld: Any) -> None:
    wie = await wereld.professional()
    ref = wereld.jeugdige()
    path = f"/v1/personen/{ref}/signalen/bestaan"
    headers = wereld.dienst("brp-proxy")
    assert (await wereld.api.get(path, headers=headers)).json() == {"bestaat": False}
    signaal_id = (await wereld.geef_af(wie)).json()["signaalId"]
    assert (await wereld.api.get(path, headers=headers)).json() == {"bestaat": True}
    await wereld.sluit(wie, signaal_id)
    assert (await wereld.api.get(path, headers=headers)).json() == {"bestaat": True}
    await wereld.looker.execute("update signaal set status = 'verwijderd' where id = $1", UUID(signaal_id))
    assert (await wereld.api.get(path, headers=headers)).json() == {"bestaat": False}


@pytest.mark.regel("R122")
async def test_contact_data_are_given_on_behalf_of_a_user_and_that_is_recorded(wereld: Any) -> None:
    wie, other = await wereld.professional("Altra"), await wereld.professional("De Buurtschool")
    answer = await wereld.api.post(
        "/v1/contactgegevens",
        json={"accounts": [str(other.account_id), str(uuid4())]},
        headers=wereld.namens(wie.subject, wie.organisatie, "POST /v1/contactgegevens"),
    )
    subject = f"p{other.professional_id.hex}"
    assert answer.json() == {
        "items": [
            {
                "accountId": str(other.account_id),
                "naam": f"Naam van {subject}",
                "organisatie": "De Buurtschool",
                "locatie": "Amsterdam",
                "email": f"{subject}@postvak.test",
                "telefoon": "020-1234567",
            }
        ]
    }
    row = await wereld.looker.fetchrow("select * from audit where actor = $1", str(wie.account_id))
    assert (row["action"], row["role"], row["object"]) == ("contactgegevens-lezen", "match", other.account_id)


@pytest.mark.regel("D10", "R122")
async def test_contact_data_end_with_ones_own_signal(wereld: Any) -> None:
    wie, ander = await wereld.professional("Altra"), await wereld.professional("De Buurtschool")
    partners = [await wereld.professional("De Buurtschool") for _ in range(3)]
    ids = []
    for each in (wie, wie, ander):
        wereld.jeugdige()
        ids.append((await wereld.geef_af(each)).json()["signaalId"])

    async def bereikbaar() -> list[bool]:
        """By an own signal that is closed meanwhile, by another own one, and by somebody else's."""
        told = await wereld.api.post(
            "/v1/contactgegevens",
            json={
                "accounts": [str(each.account_id) for each in partners],
                "aanleidingen": [
                    {"account": str(each.account_id), "eigenSignaal": signaal_id}
                    for each, signaal_id in zip(partners, ids, strict=True)
                ],
            },
            headers=wereld.namens(wie.subject, wie.organisatie, "POST /v1/contactgegevens"),
        )
        found = {each["accountId"] for each in told.json()["items"]}
        return [str(each.account_id) in found for each in partners]

    assert await bereikbaar() == [True, True, False]
    await wereld.sluit(wie, ids[0])
    assert await bereikbaar() == [False, True, False]
    looked = "select object from audit where actor = $1 and action = 'contactgegevens-lezen' order by id"
    rows = await wereld.looker.fetch(looked, str(wie.account_id))
    assert [row["object"] for row in rows].count(partners[0].account_id) == 1
    wereld.klok.forward(timedelta(days=365))
    assert await bereikbaar() == [False] * 3, "past its einddatum, which nobody swept"


async def test_contact_data_want_a_user(wereld: Any) -> None:
    wie = await wereld.professional()
    body = {"accounts": [str(wie.account_id)]}
    for method, path, json in (("POST", "/v1/contactgegevens", body), ("GET", "/v1/accounts/eigen", None)):
        none = await wereld.api.request(method, path, json=json, headers=wereld.dienst("match"))
        assert (none.status_code, none.json()["code"]) == (400, "namens-ontbreekt")
        stranger = wereld.namens("stranger", wie.organisatie, f"{method} {path}")
        unknown = await wereld.api.request(method, path, json=json, headers=stranger)
        assert (unknown.status_code, unknown.json()["code"]) == (403, "account-onbekend")
        for forged in ("x.y.z", wie.token):
            headers = wereld.dienst("match") | {"Namens": forged}
            refused = await wereld.api.request(method, path, json=json, headers=headers)
            assert (refused.status_code, refused.json()["code"]) == (400, "namens-ongeldig")


@pytest.mark.parametrize("accounts", [[], ["x"], [str(UUID(int=number)) for number in range(201)]])
async def test_too_many_or_no_accounts_are_refused(wereld: Any, accounts: list[str]) -> None:
    wie = await wereld.professional()
    answer = await wereld.api.post(
        "/v1/contactgegevens",
        json={"accounts": accounts},
        headers=wereld.namens(wie.subject, wie.organisatie, "POST /v1/contactgegevens"),
    )
    assert (answer.status_code, answer.json()["code"]) == (400, "ongeldige-invoer")


async def test_a_user_is_the_account_of_issuer_subject_and_organisation(wereld: Any) -> None:
    wie = await wereld.professional("Altra")
    elders = await wereld.professional("De Buurtschool", professional_id=wie.professional_id)
    for each in (wie, elders):
        headers = wereld.namens(each.subject, each.organisatie, "GET /v1/accounts/eigen")
        answer = await wereld.api.get("/v1/accounts/eigen", headers=headers)
        assert answer.json() == {
            "accountId": str(each.account_id),
            "professionalId": str(each.professional_id),
            "organisatie": str(each.organisatie),
        }


async def meldadressen(wereld: Any, **body: Any) -> dict[str | None, str]:
    answer = await wereld.api.post("/v1/meldadressen", json=body, headers=wereld.dienst("notificatie"))
    assert answer.status_code == 200, answer.text
    return {each["account"]: each["email"] for each in answer.json()["items"]}


async def meldadres(wereld: Any, **body: Any) -> str | None:
    return (await meldadressen(wereld, **body)).get(None)


@pytest.mark.regel("R103")
async def test_accounts_have_addresses_an_unknown_one_none_and_each_look_is_recorded(wereld: Any) -> None:
    een, ander = await wereld.professional(), await wereld.professional("De Buurtschool")
    gevraagd = [str(een.account_id), str(uuid4()), str(ander.account_id)]
    assert await meldadressen(wereld, accounts=gevraagd) == {
        str(each.account_id): f"p{each.professional_id.hex}@postvak.test" for each in (een, ander)
    }
    rows = await wereld.looker.fetch(
        "select object from audit where action = 'meldadres-lezen' and object = any($1)",
        [een.account_id, ander.account_id],
    )
    assert sorted(row["object"] for row in rows) == sorted((een.account_id, ander.account_id))


@pytest.mark.regel("D18")
async def test_an_address_comes_with_the_organisation_of_its_account(wereld: Any) -> None:
    een = await wereld.professional("Altra")
    elders = await wereld.professional("De Buurtschool", professional_id=een.professional_id)
    body = {"accounts": [str(een.account_id), str(elders.account_id)]}
    answer = await wereld.api.post("/v1/meldadressen", json=body, headers=wereld.dienst("notificatie"))
    found = {each["account"]: (each["organisatie"], each["email"]) for each in answer.json()["items"]}
    email = f"p{een.professional_id.hex}@postvak.test"
    assert found == {str(een.account_id): ("Altra", email), str(elders.account_id): ("De Buurtschool", email)}


@pytest.mark.regel("R103")
async def test_a_convenant_has_a_coordinator_and_each_look_is_recorded(wereld: Any) -> None:
    recorded = "select count(*) from audit where action = 'meldadres-lezen' and object is null and role = 'notificatie'"
    before = await wereld.looker.fetchval(recorded)
    assert await meldadres(wereld, coordinatorVan="regio-amsterdam") == "coordinator-regio-amsterdam@postvak.test"
    assert await meldadressen(wereld, coordinatorVan="nergens") == {}
    assert await wereld.looker.fetchval(recorded) == before + 2


async def test_a_notificatie_of_the_release_before_may_still_name_the_youths(wereld: Any) -> None:
    asked = {"coordinatorVan": "regio-amsterdam", "personen": [str(uuid4())]}
    assert await meldadres(wereld, **asked) == "coordinator-regio-amsterdam@postvak.test"


async def test_a_convenant_may_have_as_long_a_code_as_the_events_allow(wereld: Any) -> None:
    code = "x" * 63
    # As the start data would: another test compares what they leave.
    await wereld.looker.execute(
        "insert into convenant values ($1, 'Lang', $2) on conflict do nothing", code, f"coordinator-{code}@postvak.test"
    )
    assert await meldadres(wereld, coordinatorVan=code) == f"coordinator-{code}@postvak.test"


@pytest.mark.parametrize(
    "body",
    [{}, {"accounts": []}, {"accounts": ["x"]}, {"coordinatorVan": "x" * 64}, {"accounts": [str(uuid4())], "x": 1}],
)
async def test_another_question_for_an_address_is_refused(wereld: Any, body: dict[str, Any]) -> None:
    answer = await wereld.api.post("/v1/meldadressen", json=body, headers=wereld.dienst("notificatie"))
    assert (answer.status_code, answer.json()["code"]) == (400, "ongeldige-invoer")
