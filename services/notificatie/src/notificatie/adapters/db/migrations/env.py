"""Alembic's entry: everything is in platformkit."""

from notificatie.adapters.db.tables import metadata
from platformkit.db.migrations import run_env

run_env(metadata)
