"""What the jobs that follow youths work with."""

from brp_proxy.application.handlers.persoon_bijwerken import Bijwerken
from brp_proxy.application.ports import PersoonRepository, Volgen, VolgRepository
from platformkit.executor import Executor


class Volgwerk:
    """Their parts."""

    def __init__(
        self,
        volgen: Volgen,
        executor: Executor,
        volglijst: VolgRepository,
        personen: PersoonRepository,
        *,
        bijwerken: Bijwerken,
    ) -> None:
        self._volgen = volgen
        self._executor = executor
        self._volglijst = volglijst
        self._personen = personen
        self._bijwerken = bijwerken
