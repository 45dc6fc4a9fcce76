"""What control calls have in common."""

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel


class Model(BaseModel):
    """A control call or a part of it: camelCase, and nothing that is not known."""

    model_config = ConfigDict(extra="forbid", alias_generator=to_camel, populate_by_name=True, frozen=True)


class MutatieError(Exception):
    """This cannot happen to this person. Its text is Dutch and names nobody."""
