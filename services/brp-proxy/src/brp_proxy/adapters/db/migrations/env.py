"""Alembic's environment."""

from brp_proxy.adapters.db.tables import metadata
from platformkit.db.migrations import run_env

run_env(metadata)
