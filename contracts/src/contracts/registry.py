"""Every event by its CloudEvents type, and every topic by its file."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from pydantic import BaseModel, ConfigDict

from contracts import strict_yaml
from contracts.base import Event
from contracts.match import MatchBeeindigd, MatchOntstaan
from contracts.notificatie import NotificatieAfgeleverd, NotificatieMislukt
from contracts.persoon import (
    PersoonGewijzigd,
    PersoonOverleden,
    PersoonVastgelegd,
    PersoonVerhuisd,
    PersoonVernietigd,
)
from contracts.signaal import (
    SignaalAfgegeven,
    SignaalGedeactiveerd,
    SignaalVerlengd,
    SignaalVernietigd,
    SignaalVerwijderd,
)
from contracts.statistiek import SignaalGeteld

EVENTS: Mapping[str, type[Event]] = MappingProxyType(
    {
        event.TYPE: event
        for event in (
            PersoonVastgelegd,
            PersoonGewijzigd,
            PersoonVerhuisd,
            PersoonOverleden,
            PersoonVernietigd,
            SignaalAfgegeven,
            SignaalVerlengd,
            SignaalGedeactiveerd,
            SignaalVerwijderd,
            SignaalVernietigd,
            MatchOntstaan,
            MatchBeeindigd,
            NotificatieAfgeleverd,
            NotificatieMislukt,
            SignaalGeteld,
        )
    }
)


class Reader(BaseModel):
    """A service that reads a topic; `planned` while it is not built yet."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    service: str
    planned: bool = False


class Topic(BaseModel):
    """One topic as the broker and its readers see it. Durations in milliseconds."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    topic: str
    description: str
    owner: str
    key: str
    partitions: int
    replication: int
    retention_ms: int
    segment_ms: int
    data_class: str
    events: tuple[str, ...]
    readers: tuple[Reader, ...]


@cache
def topics() -> Mapping[str, Topic]:
    """All topics by name, read from `topics/*.yaml`."""
    found = [
        Topic.model_validate(strict_yaml.load(file.read_text(encoding="utf-8")))
        for file in sorted(files("contracts").joinpath("topics").iterdir(), key=lambda file: file.name)
        if file.name.endswith(".yaml")
    ]
    return MappingProxyType({topic.topic: topic for topic in found})
