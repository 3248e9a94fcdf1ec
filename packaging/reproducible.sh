#!/usr/bin/env bash
# Builds the committed sources in two folders of different names and depth, and compares the programs byte by byte.
set -euo pipefail
cd "$(dirname "$0")/.."
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
sums() {
    mkdir -p "$1"
    git archive HEAD | tar -x -C "$1"
    (
        cd "$1"
        unset CARGO_TARGET_DIR
        . packaging/build.sh "${2:-}" >&2
        sha256sum <"$built"
    )
    rm -rf "$1"
}
first=$(sums "$scratch/one" "${1:-}")
second=$(sums "$scratch/another/folder" "${1:-}")
echo "one:     $first"
echo "another: $second"
[ "$first" = "$second" ]
