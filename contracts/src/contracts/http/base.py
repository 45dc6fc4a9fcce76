"""A call: who answers, where, what is asked and answered, and what the asker needs for it."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel


class Vraag(BaseModel):
    """A body that is asked with; what the answering service does not know is refused."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True, hide_input_in_errors=True
    )


class Antwoord(BaseModel):
    """A body that is answered with; what the asking service does not know is passed by (contracts only grow)."""

    model_config = ConfigDict(
        frozen=True, extra="ignore", alias_generator=to_camel, populate_by_name=True, hide_input_in_errors=True
    )


A = TypeVar("A", bound=Antwoord)


@dataclass(frozen=True)
class Call(Generic[A]):
    """`path` is the template below the major version; one of the `questions` is the body, none when there is none.

    `namens`: asked in the name of the user whose request is answered. `refusals`: codes that say something to that user;
    every other refusal is a mistake between the two services.
    """

    service: str
    method: str
    path: str
    scope: str
    answer: type[A]
    questions: tuple[type[Vraag], ...] = ()
    namens: bool = False
    refusals: frozenset[str] = frozenset()
