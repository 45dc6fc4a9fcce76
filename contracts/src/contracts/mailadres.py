"""An address that mail can be sent to: what is stored can be sent."""

from typing import Annotated

from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError


def mailadres(text: str) -> str:
    """The form in which `text` goes over any mail server (RFC 5321): all of it ASCII, the domain as A-labels (RFC 5890).

    Only a bare address: no name beside it, no quoted local part, no host by number. A local part outside ASCII is refused,
    because only a server with SMTPUTF8 (RFC 6531) takes it, and that of the addressee need not be one.

    Raises:
        ValueError: it is none. The error names no address.
    """
    try:
        # test_environment lets the reserved domain .test in, where the local stack has its mailboxes; no DNS is asked.
        found = validate_email(
            text, allow_smtputf8=False, check_deliverability=False, strict=True, test_environment=True
        ).ascii_email
    except EmailNotValidError:
        found = None
    if found is None:
        raise ValueError("no address that mail can be sent to")
    return found


def _geldig(text: str) -> str:
    try:
        return mailadres(text)
    except ValueError:
        raise PydanticCustomError("email", "no address", {"code": "email-ongeldig"}) from None


Mailadres = Annotated[
    str, AfterValidator(_geldig), Field(repr=False, max_length=254, json_schema_extra={"format": "email"})
]
"""A field that takes an address, and keeps the form that can be sent."""
