# What developers run. `cargo test` alone passes all tests; everything here is a shorter name for a longer command.

# Everything that must be green before a commit
check:
    cargo fmt --check
    cargo clippy --all-targets -- -D warnings
    RUSTDOCFLAGS="-D warnings" cargo doc --no-deps
    cargo test

# Write the golden files anew; review the change like code
bless:
    RHETOR_BLESS=1 cargo test --test it

# All that is handed out, in dist/: a static program with manual pages, completions and licences, a Python wheel, checksums
dist *TARGET:
    packaging/dist.sh {{TARGET}}

# What takes too long for every commit: licences, sources and advisories of dependencies, unused ones, the oldest Rust, the long tests, the same bytes twice
audit:
    cargo deny check licenses bans sources
    cargo deny check advisories || echo "no advisories: see above whether it is the database that could not be had" >&2
    cargo machete
    rustup toolchain install --profile minimal {{msrv}}
    cargo +{{msrv}} check --locked --target-dir target/msrv
    cargo +{{msrv}} check --locked --target-dir target/msrv --lib --no-default-features
    CARGO_PROFILE_RELEASE_OVERFLOW_CHECKS=true cargo test --release --target-dir target/audit -- --ignored --skip pictures
    packaging/reproducible.sh

# The oldest Rust that Cargo.toml promises
msrv := `sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml`

# What the embedded model is trained from, and how
model_data := "training/pilot/*.jsonl training/documents/*.jsonl training/sentences/*.jsonl"
model_recipe := "--cues builtin --fold-by register --calibrate-where part=document --min-count 9 --weigh part=document:2 --optimize precision=0.81 --quantize 16 --mirror models/mirror-evidence.json"


# Train the embedded model anew from training/ and models/cues.toml, byte for byte
model OUT="models/english.safetensors":
    cargo run --release --quiet -- train {{model_data}} -o {{OUT}} {{model_recipe}} --quiet
    if [ {{OUT}} = models/english.safetensors ]; then cargo run --release --quiet -- inspect > models/english.card.txt; fi

# What the embedded model is worth on labelled text of another origin; then `just model` puts it into its card
mirror FILE:
    cargo run --release --quiet -- evaluate {{FILE}} --format json -o models/mirror-evidence.json --quiet

# What rhetor carries and what memory it takes: `just soak stream 20480` (MEGABYTES), `line`, `files`, `labels`, `rows` (needs GNU time)
soak WHAT="stream" SIZE="1024":
    benches/load.sh {{WHAT}} {{SIZE}}

# The commands of docs/first-run.md: DATA is a folder of labelled sets, PASSAGES a JSONL with a text field
first-run DATA PASSAGES:
    cargo build --release
    target/release/rhetor train {{DATA}}/trec6/train.jsonl -o /tmp/trec6.rhetor
    target/release/rhetor train {{DATA}}/logic_edu/train.jsonl -o /tmp/logic_edu.rhetor
    target/release/rhetor classify -m /tmp/trec6.rhetor --column text --summary {{PASSAGES}}
    target/release/rhetor classify -m /tmp/logic_edu.rhetor --column text --summary {{PASSAGES}}

# Six words in a row that the corpus shares with a folder of evaluation texts (needs Python)
leakage DIR:
    python3 training/leakage.py {{DIR}}

# The corpus's learning curve on a labelled set (needs Python with scikit-learn and PyStemmer)
curve SET:
    python3 training/curve.py {{SET}}

# What words and cues do, alone and together, on a labelled set (needs Python with scikit-learn); the tables of training/RESULTS.md
results SET BENCH:
    cargo build --release
    python3 training/results.py target/release/rhetor {{SET}} {{BENCH}}

# The search for the default model's recipe (needs Python with scikit-learn and PyStemmer); the tables of training/RECIPE.md
recipe SET CACHE *TABLES:
    cargo build --release
    python3 training/recipe.py target/release/rhetor {{SET}} {{CACHE}} {{TABLES}}

# rhetor against its peers on a labelled set (needs Python with the packages that the script names); the last tables of training/RESULTS.md
compare SET *OPTIONS:
    cargo build --release
    python3 training/compare.py target/release/rhetor {{SET}} --recipe "{{model_recipe}}" {{OPTIONS}}

# How many labels a model needs if suggestions are labelled, and if random ones are: DATA is a folder of labelled sets; the table of docs/method.md
suggest-bench DATA *OPTIONS:
    cargo bench --bench suggest -- {{DATA}} --picture docs/pictures/suggest.svg {{OPTIONS}}

# Whether the intervals of `rhetor estimate` hold the truth as often as they say; each of DATA is a folder with train.jsonl and test.jsonl
estimate-coverage +DATA:
    cargo bench --bench estimate -- {{DATA}}

# rhetor in the browser as one file, web/rhetor.html (needs `rustup target add wasm32-unknown-unknown`)
web:
    cargo run --quiet --locked --manifest-path web/Cargo.toml -p pack

# rhetor beside other tools: the tables of docs/benchmarks.md, which tells what OPTIONS there are (needs Python; it says what else is missing)
peers *OPTIONS:
    cargo build --release --bin rhetor --example fresh_text
    python3 benches/peers/peers.py {{OPTIONS}}

# How fast the parts are
bench:
    cargo bench

# The pictures of the report in docs/pictures/ (needs chromium, chromium-driver and pngquant)
pictures:
    cargo test --test it report::pictures -- --ignored
    pngquant --force --ext .png 48 docs/pictures/*.png

# Throw changed bytes at every reader, writer and stage, SECONDS each (needs nightly and cargo-fuzz); fuzz/README.md tells the rest
fuzz SECONDS="60":
    #!/usr/bin/env bash
    set -euo pipefail
    cd fuzz && cargo +nightly fuzz build -s none -a
    for target in fuzz_targets/*.rs; do
        target=$(basename "$target" .rs)
        echo "== $target"
        cargo +nightly fuzz run -s none -a "$target" -- -max_total_time={{SECONDS}} -timeout=20 -rss_limit_mb=1024 -max_len=4096 -print_final_stats=1
    done
    cd .. && cargo test --release --test it ten_thousand -- --ignored --nocapture
