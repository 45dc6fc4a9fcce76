"""Every call that a service makes to another."""

from typing import Any, Final

from contracts.http.base import Call
from contracts.http.deelnemers import BESTAAN, CONTACTGEGEVENS, EIGEN_ACCOUNT, MELDADRESSEN, VERHUISONTVANGERS
from contracts.http.persoonsgegevens import KAARTGEGEVENS, KLASSEGEGEVENS
from contracts.http.persoonsverwijzingen import VASTLEGGEN, VERGELIJKEN
from contracts.http.regie import REGIEPARTIJ

CALLS: Final[tuple[Call[Any], ...]] = (
    VASTLEGGEN,
    VERGELIJKEN,
    KAARTGEGEVENS,
    KLASSEGEGEVENS,
    BESTAAN,
    EIGEN_ACCOUNT,
    CONTACTGEGEVENS,
    MELDADRESSEN,
    VERHUISONTVANGERS,
    REGIEPARTIJ,
)
