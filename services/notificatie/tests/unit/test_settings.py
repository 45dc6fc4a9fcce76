"""What is not set shows at the start of the sender, not at the first mail."""

import pytest

from notificatie.bootstrap import SERVICE
from notificatie.settings import Settings
from platformkit.service.runtime import run


def test_a_sender_without_settings_says_which_are_absent(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PROFIEL", "test")
    monkeypatch.setenv("DATABASE_URL_WORKER", "postgresql://notificatie@127.0.0.1:9/notificatie")
    monkeypatch.setenv("SIGNAAL_URL", "http://127.0.0.1:1")
    absent = ("MATCH_URL", "SMTP_HOST", "SMTP_USER", "SMTP_PASSWORD", "MAIL_FROM", "PORTAAL_URL")
    assert run(SERVICE, ["jobs"]) == 2
    assert capsys.readouterr().err == f"Failed: not set: {', '.join(absent)}\n"


def test_a_sender_from_whose_address_no_mail_can_be_sent_does_not_start(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PROFIEL", "test")
    monkeypatch.setenv("MAIL_FROM", "Verwijsindex")
    assert run(SERVICE, ["jobs"]) == 2
    assert capsys.readouterr().err.startswith("Failed: MAIL_FROM: ")


@pytest.mark.parametrize("mail_from", ["niet-antwoorden@vi.example", "Verwijsindex <niet-antwoorden@vi.example>"])
def test_the_sender_has_a_name(mail_from: str) -> None:
    settings = Settings(mail_from=mail_from)
    assert settings.smtp.sender == "Verwijsindex <niet-antwoorden@vi.example>"
    assert settings.mail_domein == "vi.example"


def test_only_a_test_may_shorten_the_lease() -> None:
    assert Settings(profiel="test", bezorg_lease_seconden=3).bezorg_lease_seconden == 3
    with pytest.raises(ValueError, match="BEZORG_LEASE_SECONDEN below 120"):
        Settings(
            profiel="productie",
            oidc_issuer="https://issuer.example",
            client_secret="geheim",
            source="urn:nld:oin:00000001234567890000:systeem",
            bezorg_lease_seconden=119,
        )
