"""A repository to try the gates on."""

from pathlib import Path

import pytest
from history import git


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """An empty one, whatever git is set to on this machine."""
    git(tmp_path, "init", "--quiet", "--initial-branch=main")
    settings = {"user.name": "test", "user.email": "test@example.invalid", "commit.gpgsign": "false"}
    for name, value in settings.items():
        git(tmp_path, "config", name, value)
    return tmp_path
