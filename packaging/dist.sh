#!/usr/bin/env bash
# Makes dist/: the static program with manual pages, completions and licences in one archive, the Python wheel, and their checksums.
# No folder or clock of this machine goes in; packaging/reproducible.sh builds in two folders and compares the bytes.
#
#     packaging/dist.sh [TARGET]     default: the host's, with its own libc linked statically; x86_64-unknown-linux-musl does, too
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=packaging/build.sh
. packaging/build.sh "${1:-}"

version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -1)
name=rhetor-$version-$target
folder=dist/$name
rm -rf dist
mkdir -p "$folder/completions"

# What is said of it below has to be so.
{ ldd "$built" 2>&1 || true; } | grep -qE 'statically linked|not a dynamic executable' || {
    echo "$built needs libraries of the machine" >&2
    exit 1
}
cp "$built" LICENSE-MIT LICENSE-APACHE README.md CHANGELOG.md "$folder/"
python3 packaging/licences.py "$target" >"$folder/THIRD-PARTY-LICENSES"
"$folder/rhetor" man "$folder/man/man1"
for shell in bash:rhetor.bash zsh:_rhetor fish:rhetor.fish; do
    "$folder/rhetor" completions "${shell%%:*}" >"$folder/completions/${shell##*:}"
done
find "$folder" -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +
tar --sort=name --owner=0 --group=0 --numeric-owner --mode=go=rX,u+rw,a-s --directory=dist --create "$name" | gzip --no-name --best >"dist/$name.tar.gz"

# Of the machine, or else one of our own.
maturin=$(type -P maturin || echo target/maturin/bin/maturin)
if [ ! -x "$maturin" ]; then
    python3 -m venv target/maturin
    target/maturin/bin/pip install --quiet maturin==1.16.0
fi
# A static program asks for no version of any library, so it runs wherever Rust's own oldest kernel and glibc do (2.17); maturin looks that this is so.
# One linked with musl may name both families; with glibc, maturin names only its own.
runs_on=(manylinux_2_17)
[[ $target != *-musl ]] || runs_on+=(musllinux_1_1)
"$maturin" build --quiet --profile dist --target "$target" --compatibility "${runs_on[@]}" --out dist
packaging/try-wheel.sh dist/rhetor-*.whl

(cd dist && sha256sum -- *.tar.gz *.whl >SHA256SUMS)
ls -l dist
