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

# Train the embedded model anew from training/, byte for byte
model:
    cargo run --release -- train training/pilot/*.jsonl -o models/english.safetensors --min-count 2 --note "provisional: trained on pilot sentences only" --verify
    cargo run --release -- inspect > models/english.card.txt

# Constant memory on a stream of a gigabyte, and a line of 200 MB (needs GNU time)
soak:
    cargo build --release
    yes 'We will make them pay.' | head -c 1G | command time -v target/release/rhetor classify --unit line -q 2>&1 >/dev/null | grep -E 'Maximum resident|Elapsed'
    head -c 200M /dev/zero | tr '\0' 'x' | command time -v target/release/rhetor classify --format jsonl 2>&1 >/dev/null | grep -E 'Maximum resident|Elapsed|warning'

# The commands of docs/first-run.md: DATA is a folder of labelled sets, PASSAGES a JSONL with a text field
first-run DATA PASSAGES:
    cargo build --release
    target/release/rhetor train {{DATA}}/trec6/train.jsonl -o /tmp/trec6.rhetor
    target/release/rhetor train {{DATA}}/logic_edu/train.jsonl -o /tmp/logic_edu.rhetor
    target/release/rhetor classify -m /tmp/trec6.rhetor --column text --summary {{PASSAGES}}
    target/release/rhetor classify -m /tmp/logic_edu.rhetor --column text --summary {{PASSAGES}}
