"""Settings of match beside those that every process has."""

from typing import Annotated

from pydantic import AnyHttpUrl, Field

from platformkit.settings import LOCAL, ProcessSettings


class Settings(ProcessSettings):
    """Durations in seconds."""

    signaal_url: Annotated[AnyHttpUrl, LOCAL] = AnyHttpUrl("http://127.0.0.1:8080")
    signaal_seconden: float = Field(default=4.0, gt=0, le=30)
    """Time limit of each call to signaal."""

    verlopen_seconden: float = Field(default=30.0, gt=0)
    """Pause of the sweep of expired matches when there was none."""

    beeindigd_maanden: int = Field(default=3, ge=0)
    """How long a match that is over stays in the list, without contact data (D10)."""
