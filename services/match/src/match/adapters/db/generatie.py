"""The number of this database's life (D4), as its owner raises it after a rebuild or restore."""

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncEngine

from match.adapters.db.tables import generatie


async def verhoog(engine: AsyncEngine) -> int:
    """Raise the generation; the new number. What is told from then on is above every version told before."""
    async with engine.begin() as connection:
        raised = await connection.execute(
            update(generatie).values(nummer=generatie.c.nummer + 1).returning(generatie.c.nummer)
        )
        nummer: int = raised.scalar_one()
    return nummer
