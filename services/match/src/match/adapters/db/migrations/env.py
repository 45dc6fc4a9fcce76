"""Alembic's entry; everything is in platformkit."""

from match.adapters.db.tables import metadata
from platformkit.db.migrations import run_env

run_env(metadata)
