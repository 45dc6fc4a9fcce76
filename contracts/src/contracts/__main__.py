"""`python -m contracts print`: write the JSON Schemas into contracts/schemas. `make contracts` does it."""

import sys

from contracts import printing


def main() -> int:
    """Print the schemas and say which files changed."""
    if sys.argv[1:] not in ([], ["print"]):
        sys.stderr.write("usage: python -m contracts [print]\n")
        return 2
    for file in printing.write():
        sys.stdout.write(f"{file}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
