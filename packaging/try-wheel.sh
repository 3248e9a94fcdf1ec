#!/usr/bin/env bash
# Installs a wheel into a clean virtual environment, without a network, and runs what it brought.
set -euo pipefail
wheel=$1
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
python3 -m venv "$scratch/venv"
"$scratch/venv/bin/pip" install --quiet --no-index --disable-pip-version-check "$wheel"
cd "$scratch"
export PATH=$scratch/venv/bin:/usr/bin:/bin
test "$(command -v rhetor)" = "$scratch/venv/bin/rhetor"
rhetor --version
echo 'We will make them pay for it.' | rhetor classify --no-config --format jsonl | grep -q '"label":"threat"'
pip uninstall --quiet --yes rhetor
test ! -e "$scratch/venv/bin/rhetor"
