"""The header Idempotency-Key: a UUID and nothing else, so that no number or name gets stored as one (D3)."""

import re
from typing import Annotated

from fastapi import Header
from pydantic import AfterValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

# Not the one of zeros only, which is what an unset variable gives.
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", re.ASCII)


def _key(value: str) -> str:
    key = value.lower()
    if not _UUID.fullmatch(key):
        raise PydanticCustomError("idempotency_key", "no UUID", {"code": "idempotency-key-ongeldig"})
    return key


Idempotency = Annotated[
    str,
    AfterValidator(_key),
    WithJsonSchema({"type": "string", "format": "uuid"}),
    Header(description="Een nieuwe, willekeurige UUID voor elk nieuw verzoek"),
]
"""The caller's key, in lower case, of a parameter called `idempotency_key`."""
