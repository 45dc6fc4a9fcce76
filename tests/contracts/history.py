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


def committed(name: str, repository: Path) -> list[str]:
    """Every version of the file `name` that was ever committed, newest first: any of them may have a reader.

    By its name, whatever the folder. Not by `--follow`, which takes a new event that resembles another for its copy.
    """
    log = ["log", "--full-history", "-m", "--diff-filter=d", "--name-only", "--format=%x00%H"]
    versions: dict[str, None] = {}
    for entry in git(repository, *log, "--", f":(top)*/{name}", f":(top){name}").split("\0")[1:]:
        at, *paths = entry.split()
        versions |= dict.fromkeys(git(repository, "show", f"{at}:{path}") for path in paths)
    return list(versions)
