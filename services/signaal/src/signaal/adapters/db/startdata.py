"""Loads the start data of the files in `signaal.startdata`, again after each migration."""

from collections.abc import Iterator, Sequence
from importlib.resources import files
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel
from sqlalchemy import Table, Text, bindparam, update

from contracts import strict_yaml
from contracts.signaal import Organisatiesoort
from platformkit.db.sets import Fields, columns_of, insert_rows, upsert_rows
from platformkit.db.statement import Statement
from platformkit.executor import UnitOfWork
from signaal.adapters.db import tables

_MEDISCH = frozenset({Organisatiesoort.GEZONDHEIDSZORG, Organisatiesoort.JEUGDGEZONDHEIDSZORG, Organisatiesoort.GGD})

_GEMEENTEN = Statement(upsert_rows(tables.gemeente))
_CONVENANTEN = Statement(upsert_rows(tables.convenant, ["code", "naam"]))
_CONVENANT_GEMEENTEN = Statement(upsert_rows(tables.convenant_gemeente))
_ORGANISATIES = Statement(upsert_rows(tables.organisatie))
_ALIASSEN = Statement(insert_rows(tables.organisatie_alias).on_conflict_do_nothing())
_LOCATIES = Statement(upsert_rows(tables.locatie))
_COORDINATOR = Statement(
    update(tables.convenant).values(
        coordinator_email="coordinator-" + tables.convenant.c.code + "@" + bindparam("domain", type_=Text())
    )
)


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", alias_generator=to_camel)


class _Gemeente(_Model):
    code: str
    naam: str
    opgevolgd_door: str | None = None


class _Convenant(_Model):
    code: str
    naam: str
    gemeenten: list[str]
    inzageknop: bool


class _Gebieden(_Model):
    gemeenten: list[_Gemeente]
    convenanten: list[_Convenant]


class _Organisatie(_Model):
    naam: str
    soort: Organisatiesoort
    aliassen: list[str] = []
    medisch: bool | None = None
    landelijk: bool = True
    locaties: list[str]

    @property
    def organisatie_id(self) -> UUID:
        return organisatie_id(self.naam)


def organisatie_id(naam: str) -> UUID:
    """The id of an organisation of the start data: the same everywhere."""
    return uuid5(NAMESPACE_URL, f"urn:verwijsindex:organisatie:{naam}")


def locatie_id(organisatie: str, gemeente: str) -> UUID:
    """The id of the location of an organisation in a gemeente (CBS code)."""
    return uuid5(NAMESPACE_URL, f"urn:verwijsindex:locatie:{organisatie}:{gemeente}")


async def load(work: UnitOfWork, coordinator_domain: str | None) -> None:
    """Insert what the files hold, or give known rows (by code or name) what they say now.

    A row that vanished from the files stays: signals may point to it. So does what people entered, such as a coordinator's
    address. `coordinator_domain` overwrites those with an address at that domain: local and test profiles only.
    """
    gebieden = _Gebieden.model_validate(_read("gebieden.yaml"))
    organisaties = [_Organisatie.model_validate(each) for each in _read("organisaties.yaml")]
    for statement, table, rows in _rows(gebieden, organisaties):
        await work.execute(statement, **columns_of(table, rows, [*rows[0]]))
    if coordinator_domain:
        await work.execute(_COORDINATOR, domain=coordinator_domain)


def _rows(gebieden: _Gebieden, organisaties: Sequence[_Organisatie]) -> Iterator[tuple[Statement, Table, list[Fields]]]:
    """Set by set: those that others point to come first."""
    yield _GEMEENTEN, tables.gemeente, [each.model_dump() for each in gebieden.gemeenten]
    yield _CONVENANTEN, tables.convenant, [{"code": each.code, "naam": each.naam} for each in gebieden.convenanten]
    yield (
        _CONVENANT_GEMEENTEN,
        tables.convenant_gemeente,
        [
            {"convenant": each.code, "gemeente": code, "neemt_deel_aan_inzageknop": each.inzageknop}
            for each in gebieden.convenanten
            for code in each.gemeenten
        ],
    )
    yield (
        _ORGANISATIES,
        tables.organisatie,
        [
            {
                "id": each.organisatie_id,
                "naam": each.naam,
                "soort": each.soort,
                "medisch": each.soort in _MEDISCH if each.medisch is None else each.medisch,
                "landelijk": each.landelijk,
            }
            for each in organisaties
        ],
    )
    yield (
        _ALIASSEN,
        tables.organisatie_alias,
        [{"organisatie": each.organisatie_id, "alias": alias} for each in organisaties for alias in each.aliassen],
    )
    convenant = {code: each.code for each in gebieden.convenanten for code in each.gemeenten}
    naam = {each.code: each.naam for each in gebieden.gemeenten}
    yield (
        _LOCATIES,
        tables.locatie,
        [
            {
                "id": locatie_id(each.naam, code),
                "organisatie": each.organisatie_id,
                "naam": naam[code],
                "gemeente": code,
                "convenant": convenant[code],
            }
            for each in organisaties
            for code in each.locaties
        ],
    )


def _read(name: str) -> Any:
    return strict_yaml.load(files("signaal.startdata").joinpath(name).read_text(encoding="utf-8"))
