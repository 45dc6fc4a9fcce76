"""What one service asks of another over HTTP: one model for both sides, with the scope that it takes (D17)."""

from contracts.http.base import Call

__all__ = ["Call"]
