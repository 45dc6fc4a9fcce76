"""The services that there are, as `services/services.toml` lists them: the one list that every tool goes by (D14)."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lokaal.paths import ROOT

LIST = ROOT / "services" / "services.toml"


@dataclass(frozen=True)
class Service:
    """A service of ours. `needs`: components of the stack, beside Kafka, its database and the issuer; `databases`: what it
    has beside its own database.
    """

    name: str
    needs: tuple[str, ...] = ()
    databases: tuple[str, ...] = ()
    planned: bool = False

    @property
    def module(self) -> str:
        """Import name, and the name of its database."""
        return self.name.replace("-", "_")

    def database(self, name: str = "") -> str:
        """The name of its own database, or of one beside it."""
        return f"{self.module}_{name}" if name else self.module

    @property
    def folder(self) -> Path:
        """Where it stands in the checkout."""
        return LIST.parent / self.name


def read(file: Path = LIST) -> tuple[Service, ...]:
    """All services in the order of the file, those that are only planned as well.

    Raises:
        ValueError: the file is no TOML, or holds something else than tables with `needs`, `databases` and `planned`.
    """
    return tuple(_service(file, name, entry) for name, entry in tomllib.loads(file.read_text("utf-8")).items())


def _service(file: Path, name: str, entry: Any) -> Service:
    if not isinstance(entry, dict):
        raise ValueError(f"{file}: {name} is no table; a service is written as [{name}]")
    if unknown := entry.keys() - {"needs", "databases", "planned"}:
        raise ValueError(f"{file}: [{name}] has unknown keys: {', '.join(sorted(unknown))}")
    lists, planned = [entry.get("needs", []), entry.get("databases", [])], entry.get("planned", False)
    if not (all(map(_is_names, lists)) and isinstance(planned, bool)):
        raise ValueError(f"{file}: in [{name}] needs and databases are lists of names, and planned is true or false")
    needs, databases = lists
    return Service(name, tuple(needs), tuple(databases), planned)


def _is_names(given: object) -> bool:
    return isinstance(given, list) and all(isinstance(each, str) for each in given)


SERVICES = tuple(service for service in read() if not service.planned)
"""The services that can be started."""

PLANNED = tuple(service for service in read() if service.planned)
"""Those that others may count on already, such as the topics that they will read."""
