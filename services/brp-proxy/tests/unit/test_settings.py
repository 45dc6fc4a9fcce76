"""What a process of brp-proxy is told."""

import pytest
from pydantic import ValidationError

from brp_proxy.bootstrap import SERVICE
from brp_proxy.settings import SLEUTELS, Settings
from platformkit.service import runtime

BASE = "postgresql://api:een@db.example:5432/brp_proxy?sslmode=verify-full"


@pytest.mark.regel("D1")
@pytest.mark.parametrize("role", ["api", "worker", "migrate"])
def test_keys_in_the_database_of_the_persons_are_refused(role: str) -> None:
    told = {f"database_url_{role}": BASE}
    same = "postgresql://ander:twee@db.example/brp_proxy"
    with pytest.raises(ValidationError, match="is the database of the persons") as refused:
        Settings(**told, **{f"database_url_sleutels_{role}": same})
    assert "twee" not in str(refused.value)
    apart = Settings(**told, **{f"database_url_sleutels_{role}": f"{same}_sleutels"})
    assert apart.database_url(role, SLEUTELS) == f"{same}_sleutels"


@pytest.mark.regel("D17")
@pytest.mark.parametrize(
    ("role", "lacks"),
    [
        ("api", {"DATABASE_URL_SLEUTELS_API"}),
        ("jobs", {"DATABASE_URL_SLEUTELS_WORKER"}),
        ("all", {"DATABASE_URL_SLEUTELS_API", "DATABASE_URL_SLEUTELS_WORKER"}),
        ("consumer", set()),
        ("relay", set()),
    ],
)
def test_who_reaches_the_keys_does_not_start_without_their_address(role: str, lacks: set[str]) -> None:
    roles = runtime.roles.chosen(role)
    missing = SERVICE.not_set(Settings(), roles, runtime.roles.database_roles(roles))
    assert {each for each in missing if "SLEUTELS" in each} - {"NAMENS_SLEUTELS"} == lacks
