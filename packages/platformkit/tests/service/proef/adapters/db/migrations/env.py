from platformkit.db.migrations import run_env
from platformkit.db.tables import metadata

run_env(metadata)
