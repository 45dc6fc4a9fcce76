"""The mails that arrived, newest first, in memory."""

import email
import email.policy
import uuid
from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import EmailMessage

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

BEWAARD = 10_000


class Bericht(BaseModel):
    """One mail: `aan` and `van` are what the SMTP client said (the envelope), the rest is from the message."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True)

    id: str
    nummer: int
    """1 for the first that arrived, and so on: tells mails apart that say the same."""
    ontvangen_op: datetime
    aan: list[str]
    van: str
    onderwerp: str
    message_id: str | None
    headers: dict[str, str]
    tekst: str


class Berichten:
    """The newest `maximum` mails."""

    def __init__(self, maximum: int = BEWAARD) -> None:
        self._berichten: deque[Bericht] = deque(maxlen=maximum)
        self._per_id: dict[str, Bericht] = {}
        self._geteld = 0

    def __len__(self) -> int:
        return len(self._berichten)

    def ontvang(self, van: str, aan: list[str], inhoud: bytes) -> Bericht:
        """Keep a mail, whatever its bytes are."""
        self._geteld += 1
        bericht = _lees(self._geteld, van, aan, inhoud)
        if len(self._berichten) == self._berichten.maxlen:
            del self._per_id[self._berichten[-1].id]
        self._berichten.appendleft(bericht)
        self._per_id[bericht.id] = bericht
        return bericht

    def zoek(
        self, aan: str | None = None, sinds: datetime | None = None, tekst: str | None = None
    ) -> Iterator[Bericht]:
        """Return the mails to this address, received after `sinds` (aware), with all words of `tekst`, newest first.

        Upper and lower case are the same. Words are looked for in recipients, sender, subject and text.
        """
        gezocht = aan.strip().casefold() if aan else None
        woorden = tekst.casefold().split() if tekst else []
        for bericht in self._berichten:
            if sinds is not None and bericht.ontvangen_op <= sinds:
                return
            if gezocht is not None and all(adres.casefold() != gezocht for adres in bericht.aan):
                continue
            inhoud = "\n".join((*bericht.aan, bericht.van, bericht.onderwerp, bericht.tekst)).casefold()
            if all(woord in inhoud for woord in woorden):
                yield bericht

    def met_id(self, id_: str) -> Bericht | None:
        """Return one mail, or None."""
        return self._per_id.get(id_)

    def wis(self) -> None:
        """Throw everything away."""
        self._berichten.clear()
        self._per_id.clear()


def _lees(nummer: int, van: str, aan: list[str], inhoud: bytes) -> Bericht:
    mail = email.message_from_bytes(inhoud, _class=EmailMessage, policy=email.policy.default)
    headers: dict[str, str] = {}
    for naam, waarde in mail.items():
        headers[naam] = f"{headers[naam]}, {waarde}" if naam in headers else str(waarde)
    return Bericht(
        id=str(uuid.uuid4()),
        nummer=nummer,
        ontvangen_op=datetime.now(UTC),
        aan=aan,
        van=van,
        onderwerp=str(mail.get("subject", "")),
        message_id=mail.get("message-id"),
        headers=headers,
        tekst=_tekst(mail),
    )


def _tekst(mail: EmailMessage) -> str:
    deel = mail.get_body(preferencelist=("plain", "html"))
    if deel is None:
        return ""
    try:
        return str(deel.get_content())
    except (LookupError, ValueError):
        # An unknown or wrong charset must not lose the mail.
        payload = deel.get_payload(decode=True)
        return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""
