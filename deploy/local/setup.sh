#!/usr/bin/env bash
# Makes .venv from the hashed requirements and installs the workspace in it. Quick when nothing changed.
set -euo pipefail
cd "$(dirname "$0")/../.."
say() { printf '\033[1m→ %s\033[0m\n' "$*" >&2; }

python=${PYTHON:-}
if [ -z "$python" ]; then
  for candidate in python3.13 python3.12 python3.11 python3; do
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then python=$candidate; break; fi
  done
fi
[ -n "$python" ] || { echo "Python 3.11 or newer is needed: install the package python3" >&2; exit 1; }

if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    say "installing the system package python3-venv"; apt-get update -qq && apt-get install -y -qq python3-venv >/dev/null
  else
    echo "a system package is missing: run 'sudo apt-get install python3-venv' and try again" >&2; exit 1
  fi
fi

stamp=.venv/.installed
wanted=$(cat requirements/bootstrap.txt requirements/dev.txt pyproject.toml */pyproject.toml */*/pyproject.toml | sha256sum)
[ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ] && exit 0

say "installing the Python packages (once; about a minute)"
[ -x .venv/bin/python ] || "$python" -m venv .venv
.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bootstrap.txt
.venv/bin/uv pip install --quiet --python .venv/bin/python --require-hashes -r requirements/dev.txt
members=()
for member in contracts packages/* services/* deploy/local; do [ -f "$member/pyproject.toml" ] && members+=(-e "$member"); done
.venv/bin/uv pip install --quiet --python .venv/bin/python --no-deps --no-build-isolation "${members[@]}"
echo "$wanted" > "$stamp"
