"""The table of replies, row by row, by what servers are known to say."""

import pytest

from kanalen.replies import Outcome, Stage, outcome_of, status_of

D, T, R, P = Outcome.DELIVERED, Outcome.TRANSIENT, Outcome.REFUSED, Outcome.PERMANENT
SESSION, SENDER, RECIPIENT, CONTENT = Stage


@pytest.mark.parametrize(
    ("stage", "reply", "outcome"),
    [
        # Taken.
        (CONTENT, "250 2.0.0 OK", D),
        (RECIPIENT, "251 user not local; will forward", D),
        (RECIPIENT, "252 2.5.2 cannot verify, will try", D),
        # About the address.
        (RECIPIENT, "550 5.1.1 no such user", P),
        (RECIPIENT, "550 5.1.2 no such host", P),
        (RECIPIENT, "501 5.1.3 bad syntax", P),
        (RECIPIENT, "553 5.1.3 bad syntax", P),
        (RECIPIENT, "550 5.1.4 ambiguous", P),
        (RECIPIENT, "551 5.1.6 moved", P),
        (RECIPIENT, "556 5.1.10 null MX", P),
        (RECIPIENT, "550 5.1.0 address rejected", P),
        (RECIPIENT, "550 5.2.1 mailbox disabled", P),
        (RECIPIENT, "550 5.0.0 something", P),
        (RECIPIENT, "550 no such user", P),
        (RECIPIENT, "551 try elsewhere", P),
        (RECIPIENT, "553 not a mailbox", P),
        (RECIPIENT, "556 no mail here", P),
        (CONTENT, "550 5.1.1 no such user, seen late", P),
        (CONTENT, "550 5.2.1 mailbox disabled, seen late", P),
        # About us, the content, the policy or the system.
        (CONTENT, "554 5.7.0 not now", R),
        (CONTENT, "550 5.7.1 blocked", R),
        (CONTENT, "550 5.1.0 something of some address", R),
        (CONTENT, "554 no", R),
        (CONTENT, "550 no", R),
        (CONTENT, "552 5.3.4 too big", R),
        (CONTENT, "552 too much", R),
        (CONTENT, "550 5.6.0 content", R),
        (RECIPIENT, "550 5.7.1 relaying denied", R),
        (RECIPIENT, "554 5.7.1 client host blocked", R),
        (RECIPIENT, "550 5.4.1 access denied", R),
        (RECIPIENT, "550 5.3.0 system", R),
        (RECIPIENT, "503 5.5.1 need MAIL first", R),
        (RECIPIENT, "555 5.5.4 parameters", R),
        (RECIPIENT, "501 parameters", R),
        (RECIPIENT, "554 transaction failed", R),
        (RECIPIENT, "530 5.7.0 log in first", R),
        (RECIPIENT, "550 5.1.8 bad sender's system", R),
        (SENDER, "550 5.1.7 bad sender", R),
        (SENDER, "550 5.1.1 no such sender", R),
        (SENDER, "553 5.7.1 not your address", R),
        (SENDER, "552 no room", R),
        (SESSION, "554 no service for you", R),
        (SESSION, "535 5.7.8 wrong login", R),
        (SESSION, "534 5.7.9 too weak", R),
        (SESSION, "530 5.7.0 STARTTLS first", R),
        (SESSION, "502 no EHLO", R),
        (SESSION, "521 no mail here", R),
        # For now.
        (RECIPIENT, "450 4.7.1 greylisted", T),
        (RECIPIENT, "451 4.3.0 try again", T),
        (RECIPIENT, "452 4.5.3 too many", T),
        (RECIPIENT, "452 4.2.2 full", T),
        (RECIPIENT, "421 4.7.0 too fast", T),
        (RECIPIENT, "450 5.1.1 for ever, or for now?", T),
        (RECIPIENT, "550 4.2.1 for ever, or for now?", T),
        (RECIPIENT, "552 5.2.2 mailbox full", T),
        (RECIPIENT, "552 mailbox full", T),
        (CONTENT, "552 5.2.2 mailbox full", T),
        (CONTENT, "451 4.7.1 greylisted", T),
        (SENDER, "451 4.1.8 cannot find your domain", T),
        (SESSION, "421 too busy", T),
        (SESSION, "454 4.7.0 login is away", T),
        # Nonsense.
        (CONTENT, "354 go on", T),
        (RECIPIENT, "-1 ", T),
    ],
)
def test_what_a_reply_means(stage: Stage, reply: str, outcome: Outcome) -> None:
    code, _, text = reply.partition(" ")
    assert outcome_of(stage, int(code), status_of(text)) is outcome


@pytest.mark.parametrize("stage", Stage)
def test_only_a_five_ends_a_mail_and_only_a_reply_about_the_mail(stage: Stage) -> None:
    found = {code: outcome_of(stage, code, "") for code in range(200, 600)}
    assert {code for code, outcome in found.items() if outcome is D} == set(range(200, 300))
    assert {code for code, outcome in found.items() if outcome is P} == (
        {550, 551, 553, 556} if stage is RECIPIENT else set()
    )
    assert min(code for code, outcome in found.items() if outcome is R) == 500


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("5.7.0 no", "5.7.0"),
        ("5.7.0", "5.7.0"),
        ("no\n5.7.1 because\n5.7.1 of that", "5.7.1"),
        ("5.1.10 null MX", "5.1.10"),
        ("", ""),
        ("no such user", ""),
        ("see 5.1.1", ""),
        ("5.1.1.2 is a host", ""),
        ("5.1.1234 is none", ""),
        ("3.1.1 is none", ""),
    ],
)
def test_the_enhanced_code_is_the_one_at_the_beginning_of_a_line(text: str, status: str) -> None:
    assert status_of(text) == status
