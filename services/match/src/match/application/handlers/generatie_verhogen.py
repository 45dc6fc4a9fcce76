"""Begin a new life of the database, after a restore or rebuild (D4)."""

from match.application.ports import MatchRepository
from platformkit.executor import UnitOfWork


async def generatie_verhogen(work: UnitOfWork, matches: MatchRepository) -> int:
    """Raise the generation, and record that (D12); the new one."""
    nummer = await matches.verhoog(work)
    work.audit("generatie-verhogen", outcome="ok")
    return nummer
