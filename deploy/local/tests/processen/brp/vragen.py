"""Questions to the BRP simulator, and the official OpenAPI against which its answers are held."""

import functools
from typing import Any

import httpx
import yaml
from jsonschema import Draft202012Validator, FormatChecker

from lokaal.simulatoren.brp.officieel import SELECTIE

API_KEY = "sleutel-van-de-test"
PAD = "/haalcentraal/api/brp/personen"
ALMENKINDERS = "999996770"
FIELDS = [
    "burgerservicenummer",
    "naam.voornamen",
    "naam.voorvoegsel",
    "naam.geslachtsnaam",
    "naam.volledigeNaam",
    "geboorte.datum",
    "geslacht",
    "verblijfplaats.verblijfadres",
    "verblijfplaats.functieAdres",
    "gemeenteVanInschrijving",
    "ouders.burgerservicenummer",
    "ouders.ouderAanduiding",
    "overlijden.datum",
]


def _zonder_patronen(schema: Any) -> Any:
    """The official test persons break the patterns of the official schema (names with digits, '?', '@')."""
    if isinstance(schema, dict):
        return {k: _zonder_patronen(v) for k, v in schema.items() if k != "pattern" or not isinstance(v, str)}
    return [_zonder_patronen(item) for item in schema] if isinstance(schema, list) else schema


OPENAPI = yaml.load((SELECTIE.parent / "brp-api-personen-2.7.0-resolved.yaml").read_text("utf-8"), yaml.CSafeLoader)
COMPONENTS = _zonder_patronen(OPENAPI["components"])


@functools.cache
def _validator(name: str) -> Draft202012Validator:
    schema = {"$ref": f"#/components/schemas/{name}", "components": COMPONENTS}
    return Draft202012Validator(schema, format_checker=FormatChecker())


def validate(name: str, value: object) -> None:
    _validator(name).validate(value)


def vraag(*bsns: str, fields: list[str] | None = None, **meer: object) -> dict[str, object]:
    return {
        "type": "RaadpleegMetBurgerservicenummer",
        "burgerservicenummer": list(bsns),
        "fields": fields or FIELDS,
        **meer,
    }


def personen(client: httpx.Client, *bsns: str, **meer: Any) -> list[dict[str, Any]]:
    response = client.post(PAD, json=vraag(*bsns, **meer))
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "application/json; charset=utf-8"
    assert response.headers["x-simulator"] == "brp"
    validate("RaadpleegMetBurgerservicenummerResponse", response.json())
    for persoon in response.json()["personen"]:
        validate("Persoon", persoon)
    result: list[dict[str, Any]] = response.json()["personen"]
    return result
