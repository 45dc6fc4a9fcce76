"""What was committed, for gates that compare with it."""

import subprocess
from pathlib import Path


def git(repository: Path, *words: str) -> str:
    """What git answers.

    Raises:
        CalledProcessError: it refuses, as where there is no repository.
    """
    return subprocess.run(["git", *words], cwd=repository, capture_output=True, text=True, check=True).stdout


def commit(repository: Path, path: str, text: str) -> str:
    """Commit the file `path` as `text`, which is returned."""
    file = repository / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    git(repository, "add", "--all")
    git(repository, "commit", "--quiet", "--message", path)
    return text
