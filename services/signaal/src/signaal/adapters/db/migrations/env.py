"""Alembic's entry point."""

from platformkit.db.migrations import run_env
from signaal.adapters.db.tables import metadata

run_env(metadata)
