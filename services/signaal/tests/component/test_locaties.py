"""Organisations with several locations, also under two convenanten: none is taken for another (D6)."""

from typing import Any
from uuid import UUID

import pytest

from contracts.signaal import Organisatiesoort
from platformkit.executor import Executor
from platformkit.testing.issuer import ISSUER
from signaal.adapters.db import startdata
from signaal.adapters.db.accounts import PostgresAccountRepository
from signaal.application import contexts

LEGER = "Leger des Heils Jeugdbescherming en reclassering"
AMSTERDAM, HAARLEM = "0363", "0392"


async def verplaats(wereld: Any, wie: Any, gemeente: str) -> None:
    moved = await wereld.api.put(
        f"/v1/professionals/{wie.professional_id}",
        json=wereld.toelating(LEGER, gemeente, wie.subject),
        headers=wereld.beheerder,
    )
    assert moved.status_code == 200, moved.text


async def geef_af(wereld: Any, wie: Any) -> UUID:
    """On a youth from outside both regions: what is told of a place, is the location's."""
    wereld.jeugdige(woongemeente="0599")
    return UUID((await wereld.geef_af(wie)).json()["signaalId"])


@pytest.mark.regel("R033", "D6")
async def test_a_signal_stays_of_the_location_where_it_was_issued(wereld: Any) -> None:
    wie, collega = await wereld.professional(LEGER, AMSTERDAM), await wereld.professional(LEGER, HAARLEM)
    eerst, ander = await geef_af(wereld, wie), await geef_af(wereld, collega)
    await verplaats(wereld, wie, HAARLEM)
    later = await geef_af(wereld, wie)
    waar = {
        eerst: (AMSTERDAM, "regio-amsterdam", "Amsterdam"),
        ander: (HAARLEM, "haarlem", "Haarlem"),
        later: (HAARLEM, "haarlem", "Haarlem"),
    }
    for signaal_id, (gemeente, convenant, _) in waar.items():
        _, _, told = (await wereld.events(str(signaal_id)))[0]
        assert (told["locatie"], told["gemeente"], told["convenant"]) == (
            str(startdata.locatie_id(LEGER, gemeente)),
            gemeente,
            convenant,
        )
    seen = (await wereld.api.get("/v1/signalen", headers=wie.headers)).json()["items"]
    assert [(UUID(each["signaalId"]), each["locatie"]) for each in seen] == [(later, "Haarlem"), (eerst, "Amsterdam")]
    for signaal_id in (eerst, later):
        one = (await wereld.api.get(f"/v1/signalen/{signaal_id}", headers=wie.headers)).json()
        assert (one["organisatie"], one["locatie"]) == (LEGER, waar[signaal_id][2])


@pytest.mark.regel("D6")
async def test_an_account_knows_the_region_of_its_own_location_only(wereld: Any, api: Executor) -> None:
    for gemeente, convenant, naam in ((AMSTERDAM, "regio-amsterdam", "Amsterdam"), (HAARLEM, "haarlem", "Haarlem")):
        wie = await wereld.professional(LEGER, gemeente)
        account = await api.execute(
            PostgresAccountRepository().van, contexts.identificatie(), ISSUER, wie.subject, wie.organisatie
        )
        assert (account.gemeente, account.locatienaam, account.gebied.convenant) == (gemeente, naam, convenant)
        assert account.organisatiesoort is Organisatiesoort.GECERTIFICEERDE_INSTELLING
        assert {AMSTERDAM, HAARLEM} & account.gebied.gemeenten == {gemeente}


@pytest.mark.regel("R122", "D6")
async def test_contact_data_say_where_each_works_now(wereld: Any) -> None:
    wie = await wereld.professional()
    partners = [await wereld.professional(LEGER, gemeente) for gemeente in (AMSTERDAM, HAARLEM, AMSTERDAM)]
    await verplaats(wereld, partners[2], HAARLEM)
    answer = await wereld.api.post(
        "/v1/contactgegevens",
        json={"accounts": [str(each.account_id) for each in partners]},
        headers=wereld.namens(wie.subject, wie.organisatie, "POST /v1/contactgegevens"),
    )
    waar = {each["accountId"]: (each["organisatie"], each["locatie"]) for each in answer.json()["items"]}
    assert [waar[str(each.account_id)] for each in partners] == [
        (LEGER, "Amsterdam"),
        (LEGER, "Haarlem"),
        (LEGER, "Haarlem"),
    ]


async def test_each_organisation_is_found_with_its_own_locations(wereld: Any) -> None:
    items = (await wereld.api.get("/v1/organisaties", headers=wereld.beheerder)).json()["items"]
    namen = [each["naam"] for each in items]
    assert namen == sorted(namen)
    plekken = {
        each["naam"]: [
            (plek["locatieId"], plek["naam"], plek["gemeente"], plek["convenant"]) for plek in each["locaties"]
        ]
        for each in items
    }
    for each in startdata._read("organisaties.yaml"):
        verwacht = {str(startdata.locatie_id(each["naam"], code)) for code in each["locaties"]}
        assert {plek[0] for plek in plekken[each["naam"]]} == verwacht
        assert len(plekken[each["naam"]]) == len(verwacht)
    assert plekken[LEGER] == [
        (str(startdata.locatie_id(LEGER, AMSTERDAM)), "Amsterdam", AMSTERDAM, "regio-amsterdam"),
        (str(startdata.locatie_id(LEGER, HAARLEM)), "Haarlem", HAARLEM, "haarlem"),
    ]
