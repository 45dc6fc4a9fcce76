"""One transaction, one commit, one place (D3): executor, unit of work, and the tables that every service has."""

from platformkit.executor.executor import Executor, Handler, handle_once
from platformkit.executor.ledger import Claim, IdempotencyKey
from platformkit.executor.unit import UnitOfWork

__all__ = ["Claim", "Executor", "Handler", "IdempotencyKey", "UnitOfWork", "handle_once"]
