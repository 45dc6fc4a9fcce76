"""Loads the start data: the files own these rows, so loading again brings them up to date and changes nothing else."""

import asyncio
from collections.abc import Sequence
from importlib.resources import files
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import yaml
from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel
from sqlalchemy import Table, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from contracts.signaal import Organisatiesoort
from signaal.adapters.db import tables

_MEDISCH = frozenset({Organisatiesoort.GEZONDHEIDSZORG, Organisatiesoort.JEUGDGEZONDHEIDSZORG, Organisatiesoort.GGD})


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


def load(url: str, *, coordinator_domain: str | None) -> None:
    """Load the files into the database at `url` (role migrate).

    `coordinator_domain` gives each convenant a coordinator's address at that domain: local and test profiles only.
    Elsewhere the address is entered by the convenant's administrator and left alone here.
    """
    asyncio.run(load_async(url, coordinator_domain=coordinator_domain))


async def load_async(url: str, *, coordinator_domain: str | None) -> None:
    """As `load`, inside an event loop."""
    engine = create_async_engine(url, poolclass=NullPool, hide_parameters=True)
    try:
        async with engine.begin() as connection:
            await _gebieden(connection)
            await _organisaties(connection)
            if coordinator_domain:
                address = "coordinator-" + tables.convenant.c.code + f"@{coordinator_domain}"
                await connection.execute(update(tables.convenant).values(coordinator_email=address))
    finally:
        await engine.dispose()


async def _gebieden(connection: AsyncConnection) -> None:
    data = _Gebieden.model_validate(_read("gebieden.yaml"))
    # Those that others point to come first.
    gemeenten = sorted(data.gemeenten, key=lambda each: each.opgevolgd_door is not None)
    await _upsert(connection, tables.gemeente, [each.model_dump() for each in gemeenten])
    await _upsert(connection, tables.convenant, [{"code": each.code, "naam": each.naam} for each in data.convenanten])
    await _upsert(
        connection,
        tables.convenant_gemeente,
        [
            {"convenant": each.code, "gemeente": code, "neemt_deel_aan_inzageknop": each.inzageknop}
            for each in data.convenanten
            for code in each.gemeenten
        ],
    )


async def _organisaties(connection: AsyncConnection) -> None:
    data = [_Organisatie.model_validate(each) for each in _read("organisaties.yaml")]
    gebieden = _Gebieden.model_validate(_read("gebieden.yaml"))
    convenant = {code: each.code for each in gebieden.convenanten for code in each.gemeenten}
    naam = {each.code: each.naam for each in gebieden.gemeenten}
    await _upsert(
        connection,
        tables.organisatie,
        [
            {
                "id": each.organisatie_id,
                "naam": each.naam,
                "soort": each.soort,
                "medisch": each.soort in _MEDISCH if each.medisch is None else each.medisch,
                "landelijk": each.landelijk,
            }
            for each in data
        ],
    )
    aliassen = [{"organisatie": each.organisatie_id, "alias": alias} for each in data for alias in each.aliassen]
    await _upsert(connection, tables.organisatie_alias, aliassen)
    await _upsert(
        connection,
        tables.locatie,
        [
            {
                "id": locatie_id(each.naam, code),
                "organisatie": each.organisatie_id,
                "naam": naam[code],
                "gemeente": code,
                "convenant": convenant[code],
            }
            for each in data
            for code in each.locaties
        ],
    )


async def _upsert(connection: AsyncConnection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    statement = insert(table).values(list(rows))
    keys = [column.name for column in table.primary_key]
    rest = {name: statement.excluded[name] for name in rows[0] if name not in keys}
    await connection.execute(
        statement.on_conflict_do_update(index_elements=keys, set_=rest)
        if rest
        else statement.on_conflict_do_nothing(index_elements=keys)
    )


def _read(name: str) -> Any:
    return yaml.safe_load(files("signaal.startdata").joinpath(name).read_text(encoding="utf-8"))
