"""What is not set shows at the start of the sender, not at the first mail."""

import pytest

from notificatie.settings import Settings


def test_a_sender_without_settings_says_which_are_absent() -> None:
    with pytest.raises(ValueError, match="MATCH_URL, SMTP_HOST, SMTP_USER, SMTP_PASSWORD, MAIL_FROM, PORTAAL_URL"):
        Settings(signaal_url="http://127.0.0.1:1").require_sender()


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
