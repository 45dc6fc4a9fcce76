"""What the real code finds instead of the outside, for as long as a simulated world is played."""

from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import TYPE_CHECKING
from uuid import UUID

import stamina
import tenacity
from services.match.tests.simulatie.geschiedenis import een_uuid
from stamina import _core as stamina_core

from platformkit import failpoints
from platformkit.executor import unit as unit_module
from platformkit.messaging import consumer as consumer_module

if TYPE_CHECKING:
    from services.match.tests.simulatie.wereld import Wereld


@contextmanager
def vervangen(wereld: "Wereld") -> Iterator[None]:
    """Time, sleep, ids, broker and log of this world."""

    def uuid() -> UUID:
        return een_uuid(wereld.kans)

    def logregel(wat: str, **velden: object) -> None:
        wereld.telling[f"log: {wat}"] += 1
        wereld.noteer(f"{wat} {velden}")

    log = SimpleNamespace(**dict.fromkeys(("info", "warning", "error"), logregel))
    nieuw = {
        (consumer_module, "asyncio"): SimpleNamespace(sleep=wereld.slaap),
        (consumer_module, "KafkaBroker"): lambda *_args, **_kwargs: None,
        (consumer_module, "subscribe"): lambda _broker, wie, _reading, receive: wereld.processen.ontvangers.append(
            (wie, receive)
        ),
        (consumer_module, "log"): log,
        (unit_module, "uuid7"): uuid,
        (failpoints, "hit"): wereld.lotgevallen.hit,
        (stamina_core, "_smart_sleep"): wereld.slaap,
        (stamina_core, "random"): wereld.kans,
        (tenacity, "time"): SimpleNamespace(monotonic=lambda: wereld.planner.tijd),
    }
    oud = {plaats: getattr(*plaats) for plaats in nieuw}
    haken = stamina.instrumentation.get_on_retry_hooks()
    stamina.instrumentation.set_on_retry_hooks([])
    try:
        for (module, naam), waarde in nieuw.items():
            setattr(module, naam, waarde)
        yield
    finally:
        for (module, naam), waarde in oud.items():
            setattr(module, naam, waarde)
        stamina.instrumentation.set_on_retry_hooks(haken)
        wereld.planner.ruim_op()
