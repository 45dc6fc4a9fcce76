"""The API as a whole."""

from typing import Any

from signaal.entrypoints.http.problems import PROBLEMS


async def test_it_is_ready_when_its_database_is_there(wereld: Any) -> None:
    assert (await wereld.api.get("/gezond")).json()["weg"] == []


async def test_its_description_names_every_problem_and_forbids_other_fields(wereld: Any) -> None:
    told = (await wereld.api.get("/v1/openapi.json")).json()
    assert PROBLEMS.keys() <= set(told["components"]["schemas"]["Probleem"]["properties"]["code"]["enum"])
    asked = told["components"]["schemas"]["SignaalVerzoek"]
    assert asked["additionalProperties"] is False
    assert set(asked["properties"]) == {"bsn", "einddatum", "duur"}
