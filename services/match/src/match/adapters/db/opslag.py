"""The stores on the connection of a unit of work."""

from match.adapters.db.matches import Matches
from match.adapters.db.projectie import Projectie
from match.adapters.db.sleutels import Sleutels
from match.application.ports import Opslag
from platformkit.executor import UnitOfWork


def opslag(work: UnitOfWork) -> Opslag:
    """Everything that a handler reads and writes, in its transaction."""
    return Opslag(Sleutels(work.connection), Projectie(work.connection), Matches(work.connection))
