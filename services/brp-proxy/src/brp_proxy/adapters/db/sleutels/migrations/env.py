"""Alembic's environment."""

from brp_proxy.adapters.db.sleutels.tables import metadata
from platformkit.db.migrations import run_env

run_env(metadata)
