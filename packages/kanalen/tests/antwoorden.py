"""A mail server that says what a test wants to hear."""

from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

from lokaal.postvak.berichten import Berichten
from lokaal.postvak.besturing import Besturing
from lokaal.postvak.smtp import Ontvanger


class Antwoorder(Ontvanger):
    """Replies to a command as the test says, instead of what it would reply; to all others as always."""

    def __init__(self, berichten: Berichten, besturing: Besturing) -> None:
        super().__init__(berichten, besturing)
        self.replies: dict[str, str] = {}

    async def handle_MAIL(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return self.replies.get("MAIL", "250 OK")

    async def handle_RCPT(self, *given: Any) -> str:
        usual = await super().handle_RCPT(*given)
        return self.replies.get("RCPT", usual)

    async def handle_DATA(self, *given: Any) -> str:
        usual = await super().handle_DATA(*given)
        return self.replies.get("DATA", usual)
