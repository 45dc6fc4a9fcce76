"""Where the stack finds the checkout, its tools and its run directory."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[4]
"""The checkout; the members are installed editable, so the package lies inside it."""

TOOLS = Path(os.environ.get("TOOLS_DIR", ROOT / ".tools"))
"""Downloaded servers; kept between runs and shared by all stacks of one checkout."""

DATABASE_SQL = ROOT / "deploy" / "postgres" / "database.sql"


def run_dir() -> Path:
    """The run directory of this shell: RUN_DIR, or `.run` in the checkout."""
    return Path(os.environ.get("RUN_DIR", ROOT / ".run")).resolve()
