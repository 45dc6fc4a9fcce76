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


class UnclearError(TransientError):
    """Another service answered, but not as agreed: a mistake between us, for whoever asks an outage."""


class ConstraintError(Exception):
    """The database refused a row because of the constraint of this name; the transaction can only be rolled back."""

    def __init__(self, constraint: str) -> None:
        super().__init__(constraint)
        self.constraint = constraint
