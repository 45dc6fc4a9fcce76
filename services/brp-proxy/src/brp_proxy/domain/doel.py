"""What the BRP is asked for (AVG 5(1)(b))."""

from enum import StrEnum


class Verwerkingsdoel(StrEnum):
    """Why a person is looked up. Other services have their own, which the contract names; following is ours alone."""

    SIGNAAL = "signaal"
    VOLGEN = "volgen"
    OUDER = "ouder"
    """Whether the BSN of a parent still leads to somebody."""
