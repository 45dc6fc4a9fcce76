"""The number of this database's life (D4), as its owner raises it after a rebuild or restore."""

from typing import Final

from sqlalchemy import update

from match.adapters.db.tables import generatie
from platformkit.db.database import Database
from platformkit.db.statement import Statement

_VERHOOG: Final = Statement(update(generatie).values(nummer=generatie.c.nummer + 1).returning(generatie.c.nummer))


async def verhoog(database: Database) -> int:
    """Raise the generation; the new number. What is told from then on is above every version told before."""
    (rij,) = await database.rows(_VERHOOG)
    nummer: int = rij.nummer
    return nummer
