#!/usr/bin/env bash
# Exports the pinned third-party packages with their hashes. The lock file itself holds addresses of a registry and
# is therefore not committed; these files are, and `make setup` installs nothing that is not in them.
set -euo pipefail
cd "$(dirname "$0")/../.."
uv=${UV:-.venv/bin/uv}
"$uv" lock --quiet "$@"
export_() { "$uv" export --quiet --frozen --no-emit-workspace --no-header --no-annotate --format requirements.txt "${@:2}" -o "requirements/$1"; }
export_ dev.txt --all-packages --all-groups
export_ runtime.txt --all-packages --no-default-groups --no-emit-package verwijsindex-lokaal
{ "$uv" export --quiet --frozen --no-header --no-annotate --only-group bootstrap --format requirements.txt; } > requirements/bootstrap.txt
if grep -rqE 'https?://' requirements/*.txt; then echo "requirements hold an address" >&2; exit 1; fi
