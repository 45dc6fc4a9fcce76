"""From the event to the mail server's answer and the event out, with everything that can go wrong in between."""

import asyncio
import json
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from asyncpg import ConnectionDoesNotExistError
from opentelemetry import trace
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from contracts.match import MatchReden
from kanalen.email import SmtpPool
from lokaal.certificaat import Certificaat
from lokaal.postvak.besturing import Opdracht
from notificatie.adapters.db.notificatie import PostgresNotificatieRepository
from notificatie.entrypoints.jobs import Delivery
from platformkit import failpoints, telemetry
from platformkit.errors import TransientError
from platformkit.health import Heartbeat
from platformkit.testing import eventually_async

from ..conftest import TRACEPARENT, UUR, beeindigd, betrokkene, ontstaan

AFGELEVERD = ("afgeleverd", None)
TERECHT_VOORBIJ = {MatchReden.SIGNAAL_GEDEACTIVEERD, MatchReden.EINDDATUM}
EVENTS = "select headers->>'ce_type', convert_from(payload, 'utf8')::jsonb, headers->>'ce_sequence' from outbox"


async def events(wereld: Any) -> list[tuple[str, str | None, str]]:
    """What the world heard: kind, reason, version."""
    rows = await wereld.verteld(EVENTS)
    return sorted((kind.split(".")[-2], data.get("reden"), version) for kind, data, version in rows)


@pytest.mark.regel("R102")
async def test_both_get_one_mail_and_the_world_hears_it(wereld: Any) -> None:
    match = ontstaan()
    await wereld.gebeurt((match, 1))
    await wereld.bezorg()
    assert wereld.geadresseerden() == sorted(str(each.account) for each in match.professionals)
    assert {mail.onderwerp for mail in wereld.post()} == {"Nieuwe match in de Verwijsindex"}
    assert await events(wereld) == [("afgeleverd", None, "1")] * 2
    await wereld.bezorg()
    assert len(wereld.post()) == 2


@pytest.mark.regel("R103")
@pytest.mark.regel("R112")
async def test_the_coordinator_gets_his_own_mail(wereld: Any) -> None:
    een = betrokkene()
    await wereld.gebeurt((ontstaan(een, betrokkene(persoon_ref=een.persoon_ref)), 1))
    await wereld.bezorg()
    (mail,) = wereld.berichten.zoek("amsterdam@kanarie.example")
    assert mail.onderwerp == "Match in de Verwijsindex vraagt om afspraken over regie"
    assert wereld.adressen.vragen.index((een.persoon_ref,)) < wereld.adressen.vragen.index("amsterdam")


@pytest.mark.regel("R103")
async def test_the_coordinator_is_left_alone_when_a_matchregie_party_turns_out_to_be_involved(wereld: Any) -> None:
    een = betrokkene()
    wereld.adressen.regiepartij_op = {een.persoon_ref}
    await wereld.gebeurt((ontstaan(een, betrokkene(persoon_ref=een.persoon_ref)), 1))
    await wereld.bezorg()
    assert "amsterdam" not in wereld.geadresseerden()
    assert ("vervallen", "regiepartij-betrokken") in await wereld.statussen()
    assert len(await events(wereld)) == 2


@pytest.mark.regel("R103")
@pytest.mark.parametrize("betrokken", [True, False])
async def test_where_an_event_does_not_say_it_match_does_when_the_mail_is_due(wereld: Any, betrokken: bool) -> None:
    """An event from before match told it."""
    een = betrokkene()
    wereld.adressen.regiepartij_op = {een.persoon_ref} if betrokken else set()
    await wereld.gebeurt((ontstaan(een, betrokkene(persoon_ref=een.persoon_ref), regiepartij=None), 1))
    await wereld.bezorg()
    assert ("amsterdam" in wereld.geadresseerden()) is not betrokken
    assert wereld.adressen.vragen.count((een.persoon_ref,)) == 1


@pytest.mark.regel("R112")
async def test_one_match_without_a_matchregie_party_is_enough_for_the_coordinator(wereld: Any) -> None:
    # The family match, with such a party on the other youth, is asked first.
    een, broer = betrokkene(persoon_ref=UUID(int=2)), betrokkene(persoon_ref=UUID(int=1))
    zelfde = betrokkene(persoon_ref=een.persoon_ref)
    wereld.adressen.regiepartij_op = {broer.persoon_ref}
    await wereld.gebeurt((ontstaan(een, zelfde), 1), (ontstaan(een, broer), 1))
    await wereld.bezorg()
    assert "amsterdam" in wereld.geadresseerden()


async def test_what_ended_before_sending_is_not_sent(wereld: Any) -> None:
    match = ontstaan()
    await wereld.gebeurt((match, 1))
    await wereld.gebeurt((beeindigd(match, MatchReden.SIGNAAL_VERWIJDERD), 2))
    await wereld.bezorg()
    assert wereld.post() == []
    assert await wereld.statussen() == [("vervallen", "match-voorbij")] * 2
    assert await events(wereld) == []


@pytest.mark.parametrize("reden", sorted(set(MatchReden) - TERECHT_VOORBIJ))
async def test_what_was_not_right_or_is_no_more_to_be_known_is_not_sent(wereld: Any, reden: MatchReden) -> None:
    match = ontstaan()
    await wereld.gebeurt((match, 1))
    await wereld.gebeurt((beeindigd(match, reden), 2))
    await wereld.bezorg()
    assert wereld.post() == []
    assert await wereld.statussen() == [("vervallen", "match-voorbij")] * 2


@pytest.mark.regel("D10")
@pytest.mark.parametrize("reden", sorted(TERECHT_VOORBIJ))
@pytest.mark.parametrize("together", [False, True])
async def test_who_issues_looks_and_closes_is_told_of_although_the_mail_server_was_away(
    wereld: Any, reden: MatchReden, together: bool
) -> None:
    """Also when nothing was heard of the match before its end; and what is said is true by then."""
    match = ontstaan()
    told = [(match, 1), (beeindigd(match, reden), 2)]
    for batch in [told] if together else [told[:1], told[1:]]:
        await wereld.gebeurt(*batch)
    await wereld.bezorg()
    assert wereld.geadresseerden() == sorted(str(each.account) for each in match.professionals)
    assert {mail.onderwerp for mail in wereld.post()} == {"U had een match in de Verwijsindex"}


@pytest.mark.regel("D10")
async def test_a_match_that_reached_its_end_date_before_sending_is_told_as_over(wereld: Any) -> None:
    await wereld.gebeurt((ontstaan(), 1))
    wereld.domein.forward(timedelta(days=800))
    await wereld.bezorg()
    assert {mail.onderwerp for mail in wereld.post()} == {"U had een match in de Verwijsindex"}


@pytest.mark.regel("R112")
async def test_of_a_match_that_is_over_no_coordinator_is_told(wereld: Any) -> None:
    match = ontstaan(betrokkene(), betrokkene())
    await wereld.gebeurt((match, 1))
    await wereld.gebeurt((beeindigd(match, MatchReden.SIGNAAL_GEDEACTIVEERD), 2))
    await wereld.bezorg()
    assert "amsterdam" not in wereld.geadresseerden()
    assert len(wereld.post()) == 2


@pytest.mark.regel("D18")
async def test_a_match_told_as_over_that_turns_out_wrong_is_corrected(wereld: Any) -> None:
    match = ontstaan()
    await wereld.gebeurt((match, 1))
    await wereld.gebeurt((beeindigd(match, MatchReden.SIGNAAL_GEDEACTIVEERD), 2))
    await wereld.bezorg()
    await wereld.gebeurt((beeindigd(match, MatchReden.SIGNAAL_VERWIJDERD), 3))
    await wereld.bezorg()
    assert [mail.onderwerp for mail in wereld.post()][2:] == ["Een match in de Verwijsindex klopte niet"] * 2


@pytest.mark.regel("D18")
async def test_a_mail_names_its_readers_organisation_and_the_day_of_his_own_signal(wereld: Any) -> None:
    een, ander = betrokkene(), betrokkene()
    wereld.adressen.organisaties = {een.account: "Altra", ander.account: "De Buurtschool"}
    # Midnight in the Netherlands: in UTC it is the day before.
    issued = (datetime(2026, 5, 2, 22, tzinfo=UTC), datetime(2026, 11, 21, 23, tzinfo=UTC))
    match = ontstaan(een, ander, afgegeven_op=issued, regiepartij=True)
    await wereld.gebeurt((match, 1))
    await wereld.bezorg()
    said = {mail.aan[0].partition("@")[0]: mail.tekst for mail in wereld.post()}
    own, others = "- uw signaal van 3 mei 2026 bij Altra", "- uw signaal van 22 november 2026 bij De Buurtschool"
    assert own in said[str(een.account)].splitlines()
    assert others in said[str(ander.account)].splitlines()
    assert "Buurtschool" not in said[str(een.account)]
    assert "november" not in said[str(een.account)]
    await wereld.gebeurt((beeindigd(match, MatchReden.SIGNAAL_VERWIJDERD), 2))
    await wereld.bezorg()
    assert sum(own in mail.tekst.splitlines() for mail in wereld.post()) == 2


@pytest.mark.regel("D18")
async def test_two_accounts_with_one_address_get_one_mail_that_names_both(wereld: Any) -> None:
    issuer, een, elders = betrokkene(), betrokkene(), betrokkene()
    wereld.adressen.postvakken = {str(elders.account): str(een.account)}
    wereld.adressen.organisaties = {een.account: "Altra", elders.account: "De Buurtschool"}
    matches = [ontstaan(issuer, each, regiepartij=True) for each in (een, elders)]
    await wereld.gebeurt(*((match, 1) for match in matches))
    await wereld.bezorg()
    assert wereld.geadresseerden() == sorted((str(issuer.account), str(een.account)))
    (mail,) = wereld.berichten.zoek(f"{een.account}@kanarie.example")
    for naam in ("Altra", "De Buurtschool"):
        assert f"- uw signaal van 22 november 2026 bij {naam}" in mail.tekst.splitlines()
    assert await wereld.statussen() == [AFGELEVERD] * 3
    assert await events(wereld) == [("afgeleverd", None, "1")] * 3


async def test_mails_that_share_an_address_stay_together_when_they_are_tried_again(wereld: Any) -> None:
    issuer, een, elders = betrokkene(), betrokkene(), betrokkene()
    wereld.adressen.postvakken = {str(each.account): "samen" for each in (issuer, een, elders)}
    await wereld.gebeurt(*((ontstaan(issuer, each, regiepartij=True), 1) for each in (een, elders)))
    wereld.storing.opdracht = Opdracht(fout="451", aantal=1)
    # One at a time: what shares a cause comes along.
    (samen,) = await wereld.bezorger.claim(1, [])
    await wereld.bezorger.bezorg(samen)
    assert len(await wereld.rijen("select distinct volgende_poging_op from notificatie")) == 1
    wereld.machine.forward(timedelta(seconds=2))
    await wereld.bezorg()
    assert len(wereld.post()) == 1
    assert await wereld.statussen() == [AFGELEVERD] * 3


async def test_other_causes_are_other_mails(wereld: Any) -> None:
    een = betrokkene()
    await wereld.gebeurt(*((ontstaan(een, oorzaak=uuid4()), 1) for _ in range(2)))
    await wereld.bezorg()
    assert wereld.geadresseerden().count(str(een.account)) == 2


async def test_one_of_two_matches_that_was_wrong_changes_nothing_for_who_has_both(wereld: Any) -> None:
    issuer, een, ander = betrokkene(), betrokkene(convenant="x"), betrokkene(convenant="x")
    weg = ontstaan(issuer, een)
    await wereld.gebeurt((weg, 1), (ontstaan(issuer, ander), 1))
    await wereld.gebeurt((beeindigd(weg, MatchReden.OUDER_GECORRIGEERD), 2))
    await wereld.bezorg()
    accounts = [each for each in wereld.geadresseerden() if len(each) == 36]
    assert accounts == sorted([str(issuer.account), str(ander.account)])


async def test_what_lapsed_comes_back_when_the_cause_makes_another_match(wereld: Any) -> None:
    issuer = betrokkene()
    weg = ontstaan(issuer)
    await wereld.gebeurt((weg, 1))
    await wereld.gebeurt((beeindigd(weg, MatchReden.OUDER_GECORRIGEERD), 2))
    await wereld.bezorg()
    await wereld.gebeurt((ontstaan(issuer), 1))
    await wereld.bezorg()
    assert str(issuer.account) in wereld.geadresseerden()


@pytest.mark.parametrize("reden", [MatchReden.SIGNAAL_VERWIJDERD, MatchReden.OUDER_GECORRIGEERD])
async def test_who_was_told_of_a_wrong_match_is_told_that_it_was_wrong_once(wereld: Any, reden: MatchReden) -> None:
    match = ontstaan(betrokkene(), betrokkene())
    await wereld.gebeurt((match, 1))
    await wereld.bezorg()
    told = wereld.geadresseerden()
    for _ in range(2):
        await wereld.gebeurt((beeindigd(match, reden), 2))
        await wereld.bezorg()
    corrections = [mail for mail in wereld.post() if mail.onderwerp == "Een match in de Verwijsindex klopte niet"]
    assert sorted(mail.aan[0].removesuffix("@kanarie.example") for mail in corrections) == told
    assert len(told) == 3


@pytest.mark.regel("D18")
async def test_a_match_that_had_ended_and_turns_out_wrong_is_told_to_who_was_told_of_it(wereld: Any) -> None:
    match = ontstaan()
    await wereld.gebeurt((match, 1))
    await wereld.bezorg()
    await wereld.gebeurt((beeindigd(match, MatchReden.EINDDATUM), 2))
    await wereld.bezorg()
    assert len(wereld.post()) == 2
    await wereld.gebeurt((beeindigd(match, MatchReden.SIGNAAL_VERWIJDERD), 3))
    await wereld.bezorg()
    assert [mail.onderwerp for mail in wereld.post()][2:] == ["Een match in de Verwijsindex klopte niet"] * 2


@pytest.mark.regel("D18")
async def test_a_correction_told_again_in_a_new_generation_of_match_sends_nothing(wereld: Any) -> None:
    match = ontstaan()
    await wereld.gebeurt((match, 1))
    await wereld.bezorg()
    await wereld.gebeurt((beeindigd(match, MatchReden.SIGNAAL_VERWIJDERD), 2))
    await wereld.bezorg()
    assert len(wereld.post()) == 4
    await wereld.gebeurt((beeindigd(match, MatchReden.SIGNAAL_VERWIJDERD), (2 << 32) + 1))
    await wereld.bezorg()
    assert len(wereld.post()) == 4


@pytest.mark.regel("D18")
async def test_a_correction_that_lapsed_is_told_when_the_match_is_wrong_after_all(wereld: Any) -> None:
    match = ontstaan()
    await wereld.gebeurt((match, 1))
    await wereld.bezorg()
    await wereld.gebeurt((beeindigd(match, MatchReden.OUDER_GECORRIGEERD), 2))
    await wereld.gebeurt((match, 3))
    await wereld.bezorg()
    assert len(wereld.post()) == 2
    await wereld.gebeurt((beeindigd(match, MatchReden.OUDER_GECORRIGEERD), 4))
    await wereld.bezorg()
    assert len(wereld.post()) == 4


@pytest.mark.regel("D18")
async def test_of_two_matches_in_one_mail_each_is_corrected_once(wereld: Any) -> None:
    een = betrokkene()
    matches = [ontstaan(een) for _ in range(2)]
    await wereld.gebeurt(*((match, 1) for match in matches))
    await wereld.bezorg()
    for version in (2, (2 << 32) + 1):
        for match in matches:
            await wereld.gebeurt((beeindigd(match, MatchReden.SIGNAAL_VERWIJDERD), version))
            await wereld.bezorg()
    assert wereld.geadresseerden().count(str(een.account)) == 3
    assert len(wereld.post()) == 3 + 4


async def test_an_ordinary_end_is_not_told_by_mail(wereld: Any) -> None:
    match = ontstaan()
    await wereld.gebeurt((match, 1))
    await wereld.bezorg()
    await wereld.gebeurt((beeindigd(match, MatchReden.SIGNAAL_GEDEACTIVEERD), 2))
    await wereld.bezorg()
    assert len(wereld.post()) == 2


async def test_a_match_that_turns_out_wrong_while_its_mail_is_under_way_is_corrected(wereld: Any) -> None:
    match = ontstaan()
    await wereld.gebeurt((match, 1))
    claimed = await wereld.bezorger.claim(10, [])
    await wereld.gebeurt((beeindigd(match, MatchReden.SIGNAAL_VERWIJDERD), 2))
    assert await wereld.bezorger.claim(10, []) == []
    for samen in claimed:
        await wereld.bezorger.bezorg(samen)
    await wereld.bezorg()
    assert len(wereld.post()) == 4


async def test_a_correction_waits_for_a_mail_that_may_have_been_taken_and_is_to_be_tried_again(wereld: Any) -> None:
    match = ontstaan()
    wereld.storing.opdracht = Opdracht(fout="breken-na-data", aantal=2)
    await wereld.gebeurt((match, 1))
    await wereld.bezorg()
    await wereld.gebeurt((beeindigd(match, MatchReden.SIGNAAL_VERWIJDERD), 2))
    assert await wereld.bezorger.claim(10, []) == []
    wereld.machine.forward(timedelta(seconds=2))
    # First it lapses, then what takes it back is free.
    for _ in range(2):
        await wereld.bezorg()
    assert [mail.onderwerp for mail in wereld.post()][2:] == ["Een match in de Verwijsindex klopte niet"] * 2


async def test_a_recipient_for_now_refused_is_tried_again_with_the_same_message_id(wereld: Any) -> None:
    wereld.storing.opdracht = Opdracht(fout="451", aantal=2)
    await wereld.gebeurt((ontstaan(), 1))
    await wereld.bezorg()
    assert await wereld.statussen() == [("wachtend", "smtp-niet-bereikbaar")] * 2
    wereld.machine.forward(timedelta(seconds=2))
    await wereld.bezorg()
    assert await wereld.statussen() == [AFGELEVERD] * 2
    assert len(wereld.post()) == 2


async def test_a_recipient_for_ever_refused_is_given_up_and_told(wereld: Any) -> None:
    wereld.storing.opdracht = Opdracht(fout="550", aantal=1)
    await wereld.gebeurt((ontstaan(), 1))
    await wereld.bezorg()
    assert sorted(await events(wereld)) == [("afgeleverd", None, "1"), ("mislukt", "adres-geweigerd", "1")]


@pytest.mark.parametrize("command", ["RCPT", "DATA"])
async def test_a_refusal_that_is_not_about_the_address_ends_no_mail(wereld: Any, command: str) -> None:
    wereld.replies[command] = "554 5.7.0 Not now"
    await wereld.gebeurt((ontstaan(), 1))
    await wereld.bezorg()
    assert await wereld.statussen() == [("wachtend", "smtp-weigert")] * 2
    wereld.replies.clear()
    wereld.machine.forward(timedelta(seconds=2))
    await wereld.bezorg()
    assert await wereld.statussen() == [AFGELEVERD] * 2


async def test_a_refusal_that_nobody_mends_for_two_days_is_given_up_and_told(wereld: Any) -> None:
    await wereld.gebeurt((ontstaan(), 1))
    wereld.bezorger = replace(wereld.bezorger, email=SmtpPool(replace(wereld.smtp, password="fout"), 1))
    wereld.machine.forward(48 * UUR)
    await wereld.bezorg()
    assert await events(wereld) == [("mislukt", "smtp-weigert", "1")] * 2


async def test_without_an_address_it_fails(wereld: Any) -> None:
    match = ontstaan()
    wereld.adressen.zonder = {str(match.professionals[0].account)}
    await wereld.gebeurt((match, 1))
    await wereld.bezorg()
    assert ("mislukt", "geen-adres", "1") in await events(wereld)


async def test_nothing_is_lost_while_the_mail_server_is_away_for_less_than_two_days(wereld: Any) -> None:
    await wereld.gebeurt((ontstaan(), 1))
    away = replace(wereld.bezorger, email=SmtpPool(replace(wereld.smtp, port=1), 1))
    here, wereld.bezorger = wereld.bezorger, away
    await wereld.bezorg()
    wereld.machine.forward(47 * UUR)
    await wereld.bezorg()
    assert await events(wereld) == []
    wereld.bezorger = here
    wereld.machine.forward(UUR / 2)
    await wereld.bezorg()
    assert await events(wereld) == [("afgeleverd", None, "1")] * 2


async def test_after_two_days_without_a_mail_server_it_is_given_up_and_told(wereld: Any) -> None:
    await wereld.gebeurt((ontstaan(), 1))
    wereld.bezorger = replace(wereld.bezorger, email=SmtpPool(replace(wereld.smtp, port=1), 1))
    wereld.machine.forward(48 * UUR)
    await wereld.bezorg()
    assert await events(wereld) == [("mislukt", "smtp-niet-bereikbaar", "1")] * 2


async def test_a_server_under_a_wrong_ca_gets_nothing(wereld: Any, tmp_path: Any) -> None:
    other = Certificaat(tmp_path / "other")
    other.maak_als_nodig("127.0.0.1")
    await wereld.gebeurt((ontstaan(), 1))
    wereld.bezorger = replace(wereld.bezorger, email=SmtpPool(replace(wereld.smtp, ca_file=other.ca), 1))
    await wereld.bezorg()
    assert wereld.post() == []
    assert await wereld.statussen() == [("wachtend", "smtp-weigert")] * 2


async def test_while_signaal_is_away_the_mail_waits(wereld: Any) -> None:
    wereld.adressen.weg = True
    await wereld.gebeurt((ontstaan(), 1))
    await wereld.bezorg()
    assert await wereld.statussen() == [("wachtend", "adresbron-niet-bereikbaar")] * 2
    wereld.adressen.weg = False
    wereld.machine.forward(timedelta(seconds=2))
    await wereld.bezorg()
    assert len(wereld.post()) == 2


@pytest.mark.regel("R103")
async def test_while_match_is_away_the_mail_to_the_coordinator_waits(wereld: Any) -> None:
    wereld.adressen.match_weg = True
    await wereld.gebeurt((ontstaan(betrokkene(), betrokkene()), 1))
    await wereld.bezorg()
    assert await wereld.statussen() == [AFGELEVERD, AFGELEVERD, ("wachtend", "match-niet-bereikbaar")]
    wereld.adressen.match_weg = False
    wereld.machine.forward(timedelta(seconds=2))
    await wereld.bezorg()
    assert "amsterdam" in wereld.geadresseerden()


async def test_match_away_holds_up_no_other_mail(wereld: Any) -> None:
    wereld.adressen.match_weg = True
    await wereld.gebeurt((ontstaan(betrokkene(), betrokkene()), 1))
    assert [await wereld.bezorger.bezorg(each) for each in await wereld.bezorger.claim(10, [])] == [True] * 2


async def test_signaal_away_holds_up_every_mail(wereld: Any) -> None:
    wereld.adressen.weg = True
    await wereld.gebeurt((ontstaan(betrokkene(), betrokkene()), 1))
    assert [await wereld.bezorger.bezorg(each) for each in await wereld.bezorger.claim(10, [])] == [False] * 2


async def test_a_connection_that_is_lost_before_the_mail_goes_puts_it_off_and_leaves_no_doubt(wereld: Any) -> None:
    """Whatever kind of outage: the mail server was not asked anything yet."""
    await wereld.gebeurt((ontstaan(betrokkene(), betrokkene()), 1))
    wereld.adressen.storing = ConnectionDoesNotExistError("connection was closed in the middle of operation")
    for samen in await wereld.bezorger.claim(10, []):
        await wereld.bezorger.bezorg(samen)
    assert await wereld.rijen("select distinct status, onzeker from notificatie") == [("wachtend", 0)]
    wereld.adressen.storing = None
    wereld.machine.forward(timedelta(seconds=2))
    await wereld.bezorg()
    assert await wereld.statussen() == [AFGELEVERD] * 3


@pytest.mark.parametrize("waar", ["adres", "tekst"])
async def test_a_mistake_of_ours_is_tried_until_it_is_mended_and_given_up_and_told_after_two_days(
    wereld: Any, waar: str
) -> None:
    heel = wereld.bezorger
    if waar == "adres":
        wereld.adressen.storing = KeyError("onze fout")
    else:
        wereld.bezorger = replace(heel, teksten=None)
    mend, break_off = ontstaan(), ontstaan()
    await wereld.gebeurt((mend, 1))
    await wereld.bezorg()
    assert await wereld.statussen() == [("wachtend", "interne-fout")] * 2
    wereld.adressen.storing, broken = None, (wereld.adressen.storing, wereld.bezorger)
    wereld.bezorger = heel
    wereld.machine.forward(timedelta(seconds=2))
    await wereld.bezorg()
    assert await wereld.statussen() == [AFGELEVERD] * 2
    await wereld.gebeurt((break_off, 1))
    wereld.adressen.storing, wereld.bezorger = broken
    wereld.machine.forward(48 * UUR)
    await wereld.bezorg()
    assert (await events(wereld))[-2:] == [("mislukt", "interne-fout", "1")] * 2


async def test_a_failure_of_the_own_database_is_told_as_such_and_leaves_no_doubt_whether_the_mail_went(
    wereld: Any,
) -> None:
    class Weg(PostgresNotificatieRepository):
        async def matches_van(self, *_: Any) -> Any:
            raise ConnectionDoesNotExistError("connection was closed in the middle of operation")

    await wereld.gebeurt((ontstaan(betrokkene(), betrokkene()), 1))
    heel, wereld.bezorger = wereld.bezorger, replace(wereld.bezorger, notificaties=Weg())
    assert sorted([await wereld.bezorger.bezorg(each) for each in await wereld.bezorger.claim(10, [])]) == [False, True]
    assert await wereld.rijen("select reden, onzeker from notificatie where status = 'wachtend'") == [
        ("database-niet-bereikbaar", 0)
    ]
    wereld.bezorger = heel
    wereld.machine.forward(timedelta(seconds=2))
    await wereld.bezorg()
    assert await wereld.statussen() == [AFGELEVERD] * 3


@pytest.mark.parametrize("waar", ["sending", "marking"])
async def test_a_mistake_of_ours_after_the_server_took_it_sends_it_a_few_times_and_not_for_ever(
    wereld: Any, waar: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A retry that fails itself has sent ten thousand mails elsewhere (celery/celery#2094)."""
    heel = wereld.bezorger
    if waar == "sending":

        class Kapot:
            async def send(self, *given: Any) -> Any:
                await heel.email.send(*given)
                raise KeyError("onze fout")

        wereld.bezorger = replace(heel, email=Kapot())
    else:
        monkeypatch.setattr("notificatie.application.bezorgen.events.vertel", lambda *_: 1 / 0)
    await wereld.gebeurt((ontstaan(), 1))
    for _ in range(20):
        for samen in await wereld.bezorger.claim(10, []):
            await asyncio.gather(wereld.bezorger.bezorg(samen), return_exceptions=True)
        wereld.machine.forward(timedelta(minutes=15))
    assert set(Counter(mail.message_id for mail in wereld.post()).values()) == {5}
    monkeypatch.undo()
    await wereld.bezorg()
    assert await wereld.statussen() == [("mislukt", "aflevering-onzeker")] * 2
    assert await events(wereld) == [("mislukt", "aflevering-onzeker", "1")] * 2


@pytest.mark.regel("R113")
async def test_a_convenant_without_a_coordinator_shows(wereld: Any) -> None:
    wereld.adressen.zonder = {"amsterdam"}
    await wereld.gebeurt((ontstaan(betrokkene(), betrokkene()), 1))
    await wereld.bezorg()
    assert ("mislukt", "geen-adres") in await wereld.statussen()


async def test_a_crash_after_the_server_took_it_repeats_one_mail_with_the_same_message_id(wereld: Any) -> None:
    await wereld.gebeurt((ontstaan(), 1))
    failpoints.arm("delivery.after_send=error@1")
    ((een, ander),) = await wereld.bezorger.claim(10, [])
    with pytest.raises(TransientError):
        await wereld.bezorger.bezorg([een])
    await wereld.bezorger.bezorg([ander])
    await wereld.bezorg()
    assert len(wereld.post()) == 2, "before the lease ran out nobody repeats it"
    wereld.machine.forward(timedelta(minutes=2))
    await wereld.bezorg()
    ids = Counter(mail.message_id for mail in wereld.post())
    assert ids == {f"<{een.id}@verwijsindex.example>": 2, f"<{ander.id}@verwijsindex.example>": 1}
    assert await events(wereld) == [("afgeleverd", None, "1")] * 2


async def test_a_crash_before_sending_repeats_nothing(wereld: Any) -> None:
    await wereld.gebeurt((ontstaan(), 1))
    await wereld.bezorger.claim(10, [])
    wereld.machine.forward(timedelta(minutes=2))
    await wereld.bezorg()
    assert len(wereld.post()) == 2


async def test_what_is_in_hand_is_not_taken_again_when_its_lease_runs_out(wereld: Any) -> None:
    await wereld.gebeurt((ontstaan(), 1))
    (samen,) = await wereld.bezorger.claim(10, [])
    wereld.machine.forward(timedelta(minutes=2))
    assert await wereld.bezorger.claim(10, [each.id for each in samen]) == []
    (opnieuw,) = await wereld.bezorger.claim(10, [])
    assert [(each.pogingen, each.onzeker) for each in opnieuw] == [(2, 1)] * 2, "the server may have it"


async def test_what_was_marked_is_not_marked_again(wereld: Any) -> None:
    await wereld.gebeurt((ontstaan(), 1))
    (samen,) = await wereld.bezorger.claim(10, [])
    for _ in range(2):
        await wereld.bezorger.bezorg(samen)
    assert await events(wereld) == [("afgeleverd", None, "1")] * 2


async def test_whoever_lost_the_lease_writes_nothing(wereld: Any) -> None:
    await wereld.gebeurt((ontstaan(), 1))
    (late,) = await wereld.bezorger.claim(10, [])
    wereld.machine.forward(timedelta(minutes=2))
    (now,) = await wereld.bezorger.claim(10, [])
    wereld.storing.opdracht = Opdracht(fout="550")
    await wereld.bezorger.bezorg(late)
    assert await wereld.statussen() == [("bezig", None)] * 2
    wereld.storing.opdracht = Opdracht()
    await wereld.bezorger.bezorg(now)
    assert await events(wereld) == [("afgeleverd", None, "1")] * 2


async def test_a_crash_at_any_moment_can_repeat_at_most_one_mail(wereld: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    unmarked: list[int] = []

    async def look(name: str) -> None:
        if name == "delivery.after_send":
            done = await wereld.rijen("select count(*) from notificatie where status = 'afgeleverd'")
            unmarked.append(len(wereld.post()) - done[0][0])

    monkeypatch.setattr("notificatie.application.bezorgen.failpoints.hit", look)
    await wereld.gebeurt(*((ontstaan(), 1) for _ in range(10)))
    stop = asyncio.Event()
    running = asyncio.create_task(Delivery(wereld.bezorger, 4).run(stop, Heartbeat(None)))

    async def all_arrived() -> bool:
        return len(wereld.post()) == 20

    await eventually_async(all_arrived)
    stop.set()
    await running
    assert max(unmarked) == 1


async def test_a_lost_answer_repeats_the_mail_a_few_times_and_then_ends(wereld: Any) -> None:
    wereld.storing.opdracht = Opdracht(fout="breken-na-data")
    await wereld.gebeurt((ontstaan(), 1))
    for _ in range(20):
        await wereld.bezorg()
        wereld.machine.forward(timedelta(minutes=15))
    assert set(Counter(mail.message_id for mail in wereld.post()).values()) == {5}
    assert await wereld.statussen() == [("mislukt", "aflevering-onzeker")] * 2


async def test_one_slow_mail_does_not_hold_up_the_others(wereld: Any) -> None:
    wereld.storing.opdracht = Opdracht(vertraging_ms=4_000, aantal=1)
    await wereld.gebeurt(*((ontstaan(), 1) for _ in range(10)))
    stop = asyncio.Event()
    running = asyncio.create_task(Delivery(wereld.bezorger, 4).run(stop, Heartbeat(None)))

    async def all_but_one() -> bool:
        return len(wereld.post()) == 19

    await eventually_async(all_but_one, seconds=3)
    stop.set()
    await running
    assert len(wereld.post()) == 20, "what was being sent at the stop was finished"
    assert set(await wereld.statussen()) == {AFGELEVERD}


async def test_the_running_sender_picks_up_and_waits_out_an_outage(wereld: Any) -> None:
    wereld.adressen.weg = True
    stop = asyncio.Event()
    running = asyncio.create_task(Delivery(wereld.bezorger, 4).run(stop, Heartbeat(None)))
    await wereld.gebeurt((ontstaan(), 1))

    async def waits() -> bool:
        return {status for status, _ in await wereld.statussen()} == {"wachtend"} and len(wereld.adressen.vragen) == 2

    await eventually_async(waits)
    wereld.adressen.weg = False
    wereld.machine.forward(timedelta(seconds=2))

    async def arrived() -> bool:
        return len(wereld.post()) == 2

    await eventually_async(arrived)
    stop.set()
    await running


async def test_one_trace_runs_from_the_event_to_the_answer_of_the_mail_server(
    wereld: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    exporter, provider = InMemorySpanExporter(), telemetry.Provider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(trace, "get_tracer_provider", lambda: provider)
    monkeypatch.setattr(trace, "get_tracer", provider.get_tracer)
    monkeypatch.setattr(telemetry, "_tracer", provider.get_tracer("platformkit"))
    await wereld.gebeurt((ontstaan(), 1))
    await wereld.bezorg()
    spans = exporter.get_finished_spans()
    assert {span.name for span in spans} == {"process match", "deliver notificatie", "email send"}
    assert {format(span.context.trace_id, "032x") for span in spans if span.context} == {TRACEPARENT.split("-")[1]}
    assert {(span.attributes or {}).get("smtp.response.code") for span in spans if span.name == "email send"} == {250}
    told = await wereld.verteld("select traceparent from outbox")
    assert {row[0].split("-")[1] for row in told} == {TRACEPARENT.split("-")[1]}
    assert "kanarie" not in "".join(span.to_json() for span in spans)


async def test_no_address_is_kept_or_logged(
    wereld: Any, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    for fout in ("451", "550", "breken-na-data", None):
        wereld.storing.opdracht = Opdracht(fout=fout, aantal=1) if fout else Opdracht()
        await wereld.gebeurt((ontstaan(betrokkene(), betrokkene()), 1))
        await wereld.bezorg()
    assert len(wereld.post()) > 4
    stored = []
    for table in ("match_stand", "notificatie", "notificatie_match", "inbox"):
        stored += await wereld.rijen(f"select {table}::text from {table}")
    stored += await wereld.verteld("select headers::text from outbox")
    for (payload,) in await wereld.verteld("select convert_from(payload, 'utf8') from outbox"):
        json.loads(payload)
        stored.append(payload)
    assert "kanarie" not in "".join(map(str, stored))
    assert "kanarie" not in capsys.readouterr().out
    assert "kanarie" not in "".join(each.getMessage() for each in caplog.records if each.name != "mail.log")
