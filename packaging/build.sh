# For `.`: builds the static program as $built for $target, with nothing of this machine's folders in it.

# The host's own libc, linked statically: with musl, whose allocator is slow, classifying took half as much time again (docs/scale.md).
target=${1:-$(rustc -vV | sed -n 's/^host: //p')}
# The date of the last commit stands for today's.
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct 2>/dev/null || date -r Cargo.lock +%s)
export SOURCE_DATE_EPOCH
cargo_home=${CARGO_HOME:-$HOME/.cargo}
export RUSTFLAGS="-C target-feature=+crt-static --remap-path-prefix=$PWD=rhetor --remap-path-prefix=$cargo_home=cargo"
cargo build --locked --profile dist --target "$target"
built=${CARGO_TARGET_DIR:-target}/$target/dist/rhetor
