"""What a mail server's reply means for a mail: one table, first row that fits.

The basic code says whether it is for now or for ever (RFC 5321, 4.2.1), the enhanced one about what (RFC 3463, RFC 5248 and
their registry at IANA). Only what is about the address ends a mail. A no for ever that is about us, the content, the policy or
the system is somebody's work, and the mail waits for it.
"""

import re
from enum import StrEnum
from typing import Final


class Stage(StrEnum):
    """What the server replies to: connecting with all that it takes, MAIL FROM, RCPT TO, DATA with the content."""

    SESSION = "session"
    SENDER = "sender"
    RECIPIENT = "recipient"
    CONTENT = "content"


class Outcome(StrEnum):
    """What becomes of a mail.

    DELIVERED: the server took it. TRANSIENT: to be tried again. REFUSED: to be tried again, and it will be refused until
    somebody mends what is wrong with us or the server. PERMANENT: there is no such address, so never again.
    """

    DELIVERED = "delivered"
    TRANSIENT = "transient"
    REFUSED = "refused"
    PERMANENT = "permanent"


_OF_MAIL: Final = (Stage.RECIPIENT, Stage.CONTENT)
_TABLE: Final = tuple(
    (stages, re.compile(code), re.compile(status), outcome)
    for stages, code, status, outcome in (
        # The first digit decides (RFC 5321, 4.3.2): 251 and 252 are a yes, too.
        (tuple(Stage), r"2..", r".*", Outcome.DELIVERED),
        # For now: greylisting (450, 451), no room (452), too many (4.7.x), closing (421). Also when the enhanced code says 5.
        (tuple(Stage), r"4..", r".*", Outcome.TRANSIENT),
        # No host, login, TLS or sender for ever (521, 530, 534, 535, 554; 5.1.7 and 5.1.8 are the sender's address).
        ((Stage.SESSION, Stage.SENDER), r"5..", r".*", Outcome.REFUSED),
        # For ever by the one code, for now by the other: the milder one.
        (_OF_MAIL, r"5..", r"4\..*", Outcome.TRANSIENT),
        # No such mailbox, no such domain, wrong syntax, ambiguous, moved (RFC 3463, 3.2); no mail for that domain (RFC 7505).
        (_OF_MAIL, r"5..", r"5\.1\.(1|2|3|4|6|10)", Outcome.PERMANENT),
        # Something of the address, no more is said; at RCPT TO there is only that one.
        ((Stage.RECIPIENT,), r"5..", r"5\.1\.0", Outcome.PERMANENT),
        # Mailbox disabled, not accepting messages (RFC 3463, 3.3).
        (_OF_MAIL, r"5..", r"5\.2\.1", Outcome.PERMANENT),
        # Mailbox full: "a persistent transient failure" (RFC 3463, 3.3); 552 at RCPT TO is a 452 (RFC 5321, 4.5.3.1.10).
        (_OF_MAIL, r"5..", r"5\.2\.2", Outcome.TRANSIENT),
        ((Stage.RECIPIENT,), r"552", r"(5\.0\.0)?", Outcome.TRANSIENT),
        # Says nothing more: no such mailbox, not here, not a name, no mail for that domain (RFC 5321, 4.2.3; RFC 7504).
        ((Stage.RECIPIENT,), r"55[0136]", r"(5\.0\.0)?", Outcome.PERMANENT),
        # System, network, protocol, content, policy (5.3 to 5.7), or nobody knows what.
        (_OF_MAIL, r"5..", r".*", Outcome.REFUSED),
        # No reply of SMTP at all.
        (tuple(Stage), r".*", r".*", Outcome.TRANSIENT),
    )
)
_STATUS: Final = re.compile(r"[245]\.\d{1,3}\.\d{1,3}(?!\S)")


def status_of(text: str) -> str:
    """The enhanced code at the beginning of a reply's text (RFC 2034), that of the first line which has one; else empty."""
    found = (_STATUS.match(line.strip()) for line in text.splitlines())
    return next((each.group() for each in found if each), "")


def outcome_of(stage: Stage, code: int, status: str) -> Outcome:
    """What a reply with this basic code and this enhanced one, possibly empty, at `stage` means."""
    return next(
        outcome
        for stages, codes, statuses, outcome in _TABLE
        if stage in stages and codes.fullmatch(str(code)) and statuses.fullmatch(status)
    )
