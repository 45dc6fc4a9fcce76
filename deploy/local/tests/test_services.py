"""The list of services is read as it stands, and a mistake in it is told."""

from pathlib import Path

import pytest

from lokaal import services
from lokaal.services import LIST, PLANNED, SERVICES, Service


def test_the_list_names_every_folder_that_holds_a_service_and_no_other() -> None:
    built = {file.parent.name for file in LIST.parent.glob("*/pyproject.toml")}
    assert {service.name for service in SERVICES} == built
    assert all((service.folder / "src" / service.module).is_dir() for service in SERVICES)
    assert not any(service.folder.exists() for service in PLANNED)


def test_a_service_is_what_its_table_says(tmp_path: Path) -> None:
    file = tmp_path / "services.toml"
    file.write_text('[een]\n\n[twee-drie]\nneeds = ["redis"]\ndatabases = ["kluis"]\n\n[vier]\nplanned = true\n')
    een, twee, vier = services.read(file)
    assert (een, twee, vier) == (
        Service("een"),
        Service("twee-drie", ("redis",), ("kluis",)),
        Service("vier", planned=True),
    )
    assert (twee.module, twee.folder.name) == ("twee_drie", "twee-drie")
    assert (twee.database(), twee.database("kluis")) == ("twee_drie", "twee_drie_kluis")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[een]\nneeds = []\nneed = ['redis']\n", r"services\.toml: \[een\] has unknown keys: need$"),
        ("[een]\nneeds = 'redis'\n", r"in \[een\] needs and databases are lists of names"),
        ("[een]\nneeds = [1]\n", r"in \[een\] needs and databases are lists of names"),
        ("[een]\nplanned = 'yes'\n", r"planned is true or false"),
        ("een = true\n", r"een is no table"),
    ],
)
def test_a_mistake_is_told(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "services.toml"
    file.write_text(text)
    with pytest.raises(ValueError, match=said):
        services.read(file)
