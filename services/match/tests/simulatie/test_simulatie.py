"""Made-up histories under every order, duplication, crash and clock end in what the oracle says (D4, issue 4 item 2).

`python -m services.match.tests.simulatie <seed>` shows a seed again.
"""

import os
import subprocess
import sys
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

import pytest
from services.match.tests.simulatie.opslag import ID, Matches, Projectie, Sleutels
from services.match.tests.simulatie.platform import LedgerInGeheugen
from services.match.tests.simulatie.reeks import speel_reeks, tabel
from services.match.tests.simulatie.wereld import MislukteSimulatieError, Wereld

from contracts.match import MatchReden, NadereReden
from match.application.handlers import herberekenen, verlopen, verwerken
from match.domain import oorzaak, paren, reden
from platformkit.messaging import consumer
from platformkit.messaging.consumer import Consumer

ZADEN = 400
ZADEN_SOAK = 10_000
FAILPOINTS = [
    "consumer.before_commit",
    "consumer.after_commit",
    "executor.before_commit",
    "executor.after_commit",
    "outbox.before_publish",
    "outbox.after_publish",
    "consumer.before_offsets",
]
GEBEURT = {
    *(f"passed {each}" for each in FAILPOINTS),
    *(f"killed at {each}" for each in FAILPOINTS),
    *(f"ended: {each}" for each in (*MatchReden, *NadereReden)),
    *("began: client", "began: gezin", "began again", "changed", "cause: a parent"),
    *("waited for a lock", "DeadlockDetectedError", "ConnectionDoesNotExistError", "AdminShutdownError"),
    *("connection lost at the commit, done", "connection lost at the commit, not done", "committed after its death"),
    *("asked what became of it: committed", "asked what became of it: aborted"),
    *("redelivered", "duplicate", "older version", "rebalance", "acknowledged too late", "rewound"),
    *("killed anywhere", "paused", "relay that woke up late", "database away", "keys lost"),
    *("generation raised", "told again"),
    *("poison", "dead letter replayed", "log: message_parked", "log: batch_given_back"),
    *("ended by the sweep", "told across midnight", "summer time began or ended"),
}
"""What must happen in the seeds of `make test`: a check of what never happens proves nothing."""


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.regel("R080")
@pytest.mark.regel("R081")
@pytest.mark.regel("R082")
@pytest.mark.regel("R083")
@pytest.mark.regel("R084")
@pytest.mark.regel("R085")
@pytest.mark.regel("R092")
def test_every_history_ends_in_what_the_oracle_says(soak: bool, capsys: pytest.CaptureFixture[str]) -> None:
    telling, mislukt = speel_reeks(range(ZADEN_SOAK if soak else ZADEN))
    if soak:
        with capsys.disabled():
            sys.stdout.write(f"\n{tabel(telling)}\n")
    assert not mislukt, f"{len(mislukt)} seeds failed\n\n" + "\n\n".join(mislukt[:5])
    nooit = sorted(GEBEURT - telling.keys())
    assert nooit == [], "what never happens is not tested"


@pytest.mark.parametrize("zaad", range(20))
def test_another_arrival_gives_the_same_matches_and_causes(zaad: int) -> None:
    """D18: one cause, whatever the order; only the date at the end may differ, so it stands still."""
    een, *anderen = (Wereld(zaad, aankomst, dagen=False).speel().uitkomst for aankomst in range(3))
    assert anderen == [een, een]


def test_one_seed_is_one_log() -> None:
    """Byte for byte, also in another process that hashes otherwise."""

    def log(hashseed: str) -> str:
        return subprocess.run(
            [sys.executable, "-m", "services.match.tests.simulatie", "4711", "--log"],
            env={**os.environ, "PYTHONHASHSEED": hashseed},
            check=True,
            capture_output=True,
            text=True,
        ).stdout

    een = log("1")
    assert een.count("\n") > 100
    assert log("2") == een


Mutatie = Callable[[pytest.MonkeyPatch], None]


def zonder_sloten(soort: str) -> Mutatie:
    async def geen(_self: object, _work: object, _refs: object) -> None: ...

    return lambda patch: patch.setattr(Sleutels, soort, geen)


def zonder_oude_ouders(patch: pytest.MonkeyPatch) -> None:
    async def vergrendel(work: Any, opslag: Any, jeugdigen: Any, nieuwe: Iterable[Any] = ()) -> Any:
        await opslag.sleutels.jeugdigen(work, jeugdigen)
        banden = await _banden(work, opslag, jeugdigen)
        await opslag.sleutels.ouders(work, {band.ouder_ref for band in nieuwe})
        return banden

    patch.setattr(verwerken, "vergrendel", vergrendel)


def zonder_nieuwe_ouders(patch: pytest.MonkeyPatch) -> None:
    echt = verwerken.vergrendel
    patch.setattr(verwerken, "vergrendel", lambda work, opslag, jeugdigen, _nieuwe=(): echt(work, opslag, jeugdigen))


def ouders_te_vroeg_gelezen(patch: pytest.MonkeyPatch) -> None:
    async def vergrendel(work: Any, opslag: Any, jeugdigen: Any, nieuwe: Iterable[Any] = ()) -> Any:
        banden = await _banden(work, opslag, jeugdigen)
        await opslag.sleutels.jeugdigen(work, jeugdigen)
        ouders = {band.ouder_ref for van_een in banden.values() for band in van_een}
        await opslag.sleutels.ouders(work, ouders | {band.ouder_ref for band in nieuwe})
        return banden

    patch.setattr(verwerken, "vergrendel", vergrendel)


async def _banden(work: Any, opslag: Any, jeugdigen: Iterable[Any]) -> dict[Any, frozenset[Any]]:
    gelezen = await opslag.projectie.ouders(work, jeugdigen)
    return {ref: frozenset(band for band in gelezen if band.persoon_ref == ref) for ref in jeugdigen}


def zonder_sloten_bij_verlopen(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(verlopen, "vergrendel", _banden)


def zonder_versies(patch: pytest.MonkeyPatch) -> None:
    async def alles(_self: Any, work: Any, tabel: str, rijen: Any) -> Any:
        nieuw = {getattr(rij, ID[tabel]): rij for rij in rijen}
        oud = {sleutel: work.connection.rij(tabel, sleutel) for sleutel in nieuw}
        for sleutel, rij in nieuw.items():
            await work.connection.houd(tabel, sleutel)
            work.connection.schrijf(tabel, sleutel, rij)
        return oud

    patch.setattr(Projectie, "_nieuwere", alles)


def eerst_bevestigen(patch: pytest.MonkeyPatch) -> None:
    def receiver(self: Any, subscription: Any, _reading: Any) -> Any:
        async def receive(message: Any) -> None:
            await message.ack()
            await self._handled(subscription, message)

        return receive

    patch.setattr(Consumer, "_receiver", receiver)


def zonder_inbox(patch: pytest.MonkeyPatch) -> None:
    async def alles(_self: Any, _consumer: str, event_ids: Any, _at: Any) -> Any:
        return frozenset(event_ids)

    patch.setattr(LedgerInGeheugen, "handle", alles)


def zonder_terugspoelen(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(consumer, "_rewind", lambda _message: None)


def zonder_einddatum(patch: pytest.MonkeyPatch) -> None:
    echt = paren.telt_mee
    patch.setattr(paren, "telt_mee", lambda signaal, _vandaag: echt(signaal, signaal.einddatum.min))


def een_dag_te_lang(patch: pytest.MonkeyPatch) -> None:
    echt = paren.telt_mee
    patch.setattr(paren, "telt_mee", lambda signaal, vandaag: echt(signaal, vandaag - timedelta(days=1)))


def zonder_reden(weg: MatchReden) -> Mutatie:
    return lambda patch: patch.setattr(reden, "_ERNST", tuple(each for each in reden._ERNST if each is not weg))


def oorzaak_zonder_ouders(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(paren, "oorzaak", lambda a, b, _gedeeld=(): oorzaak.oorzaak(a, b))


def weer_versie_een(patch: pytest.MonkeyPatch) -> None:
    echt = Matches.van

    async def actieve(self: Any, work: Any, signalen: Any) -> list[Any]:
        return [m for m in await echt(self, work, signalen) if m.status == "actief"]

    patch.setattr(Matches, "van", actieve)


def jeugdigen_vergeten(patch: pytest.MonkeyPatch) -> None:
    echt = verwerken.Aanleiding
    patch.setattr(verwerken, "Aanleiding", lambda **gegeven: echt(**{**gegeven, "jeugdigen": {}}))


def ouders_van_nu(patch: pytest.MonkeyPatch) -> None:
    echt = verwerken.Aanleiding
    patch.setattr(verwerken, "Aanleiding", lambda **gegeven: echt(**{**gegeven, "ouders": {}}))


def elke_ouder_was_het(patch: pytest.MonkeyPatch) -> None:
    async def geen(*_args: object) -> dict[Any, Any]:
        return {}

    patch.setattr(Projectie, "onjuiste_ouders", geen)


def einde_niet_verteld(patch: pytest.MonkeyPatch) -> None:
    async def geen(*_args: object) -> list[Any]:
        return []

    patch.setattr(herberekenen, "_beeindigd", geen)


def achteraf_niet_verteld(patch: pytest.MonkeyPatch) -> None:
    async def geen(*_args: object) -> list[Any]:
        return []

    patch.setattr(herberekenen, "_ten_onrechte", geen)


def mislukt(zaad: int) -> str | None:
    """What a seed found wrong."""
    try:
        Wereld(zaad).speel()
    except MislukteSimulatieError as error:
        return str(error)
    return None


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    "mutatie",
    [
        pytest.param(zonder_sloten("jeugdigen"), id="no locks on youths"),
        pytest.param(zonder_sloten("ouders"), id="no locks on parents"),
        pytest.param(zonder_oude_ouders, id="no locks on the parents before a change"),
        pytest.param(zonder_nieuwe_ouders, id="no locks on the parents after a change"),
        pytest.param(ouders_te_vroeg_gelezen, id="parents read before the youths are held"),
        pytest.param(zonder_sloten_bij_verlopen, id="no locks in the sweep"),
        pytest.param(zonder_versies, id="no look at versions"),
        pytest.param(eerst_bevestigen, id="offsets before the commit"),
        pytest.param(zonder_inbox, id="no inbox"),
        pytest.param(zonder_terugspoelen, id="no rewind of a batch given back"),
        pytest.param(zonder_einddatum, id="no look at einddatum"),
        pytest.param(een_dag_te_lang, id="einddatum counts as active"),
        *(pytest.param(zonder_reden(each), id=f"no {each}") for each in reden._ERNST),
        pytest.param(oorzaak_zonder_ouders, id="a parent is no cause"),
        pytest.param(weer_versie_een, id="a match that comes back begins at version one"),
        pytest.param(jeugdigen_vergeten, id="of a changed youth no signal is looked at"),
        pytest.param(ouders_van_nu, id="what a match rested on is read too late"),
        pytest.param(elke_ouder_was_het, id="no parent ever was wrong"),
        pytest.param(einde_niet_verteld, id="an end is not told"),
        pytest.param(achteraf_niet_verteld, id="a signal removed after the end is not told"),
    ],
)
def test_a_broken_product_is_found(mutatie: Mutatie, monkeypatch: pytest.MonkeyPatch) -> None:
    """And the failure says how to see it again."""
    mutatie(monkeypatch)
    for zaad in range(ZADEN):
        gevonden = mislukt(zaad)
        if gevonden is not None:
            assert f"python -m services.match.tests.simulatie {zaad}" in gevonden
            sys.stdout.write(f"{gevonden}\n")
            return
    pytest.fail(f"none of {ZADEN} seeds sees it")
