"""Errors that are part of an interface."""


class DomainError(Exception):
    """A rule said no. `code` is stable and looked up in a problem table; `extra` goes into the answer.

    Never put personal data in `extra`: it reaches answers and logs.
    """

    def __init__(self, code: str, **extra: object) -> None:
        super().__init__(code)
        self.code = code
        self.extra = extra


class TransientError(Exception):
    """Something outside is away for now: try again later. Nothing was kept."""

    def __init__(self, code: str, *, retry_after: int = 5) -> None:
        super().__init__(code)
        self.code = code
        self.retry_after = retry_after
