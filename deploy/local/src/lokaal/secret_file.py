"""Files that only their owner may read: addresses with passwords, keys."""

import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def write(file: Path, content: Mapping[str, Any]) -> None:
    """As `write_text`, as JSON."""
    write_text(file, json.dumps(content, indent=2) + "\n")


def write_text(file: Path, content: str) -> None:
    """Replace the file in one step: who reads meanwhile sees the old or the new content, never half of it."""
    partial = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    partial.touch(mode=0o600)
    partial.write_text(content)
    os.replace(partial, file)
