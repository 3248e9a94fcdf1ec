#!/usr/bin/env bash
# What rhetor carries, and what it takes: `benches/load.sh stream 2048` and the other words below. A line each: what was run, its largest memory,
# its time by the processor and by the clock. The tables of docs/limits.md. Needs GNU time. RHETOR=FILE measures that program, and builds nothing.
set -euo pipefail
cd "$(dirname "$0")/.."
[ -n "${RHETOR:-}" ] || cargo build --release --quiet --bin rhetor --example fresh_text
rhetor=${RHETOR:-target/release/rhetor}
fresh=target/release/examples/fresh_text
scratch=$(mktemp -d "${TMPDIR:-/tmp}/rhetor-load.XXXXXX")
trap 'rm -rf "$scratch"' EXIT

measured() {
    local what=$1 own
    own=$(mktemp -d "$scratch/run.XXXXXX")
    shift
    command time -o "$own/time" -f "%M %U %S %e" "$rhetor" "$@" 2>"$own/said" >"$own/out" || true
    tail -1 "$own/time" | awk -v what="$what" '{ printf "%s: %.0f MiB, %.1f s of processor, %.0f s\n", what, $1 / 1024, $2 + $3, $4 }'
    # An error and its hint, or the last remark.
    tail -2 "$own/said" | sed 's/^/    /'
}

# So many MEGABYTES of the text in $scratch/text, a gigabyte at the most, again and again.
over() {
    local left
    for ((left = $1; left > 0; left -= 1000)); do
        head -c "$((left < 1000 ? left : 1000))MB" "$scratch/text"
    done
}

# A model of a few words, which leaves the stream itself as what takes memory.
small() {
    printf 'text,labels\nwe will make them pay,threat\nthey will pay,threat\nsign the petition,call\nsign it now,call\nthe bus is late,\n' >"$scratch/train.csv"
    "$rhetor" train "$scratch/train.csv" -o "$scratch/small" --cues none --folds 2 --l2 1 --quiet >/dev/null
}

case ${1:-stream} in
# MEGABYTES of text from a pipe, a gigabyte that never repeats itself again and again, by lines and by sentences side by side on one thread each, with the
# embedded MODEL and a small one
stream)
    small
    size=${2:-1000}
    "$fresh" $((size < 1000 ? size : 1000)) >"$scratch/text" 2>/dev/null
    for model in ${3:-embedded small}; do
        with=(--threads 1 -f tsv -q -o /dev/null)
        [ "$model" = embedded ] || with+=(-m "$scratch/small")
        for unit in line sentence; do
            printf 'They will pay.\n' | measured "$unit, $model model, one line" classify "${with[@]}" --unit $unit
            over "$size" | measured "$unit, $model model, $size MB" classify "${with[@]}" --unit $unit &
        done
        wait
    done
    ;;
# A line of so many MEGABYTES, as text and as the row of a table
line)
    head -c "${2:-2048}M" /dev/zero | tr '\0' x | measured "a line of ${2:-2048} MiB" classify --unit line -f jsonl -o /dev/null
    for kind in csv jsonl; do
        [ $kind = csv ] && head='text\n"' || head='{"text":"a"}\n'
        { printf "$head"; head -c "${2:-2048}M" /dev/zero | tr '\0' x || true; } |
            measured "a row of ${2:-2048} MiB, $kind" classify --column text --input-format $kind -f jsonl -o /dev/null
    done
    ;;
# So many short FILES in folders of a thousand
files)
    mkdir "$scratch/files"
    awk -v count="${2:-1000000}" -v to="$scratch/files" 'BEGIN {
        for (i = 0; i < count; i++) {
            folder = sprintf("%s/%04d", to, i / 1000)
            if (i % 1000 == 0) system("mkdir " folder)
            file = sprintf("%s/%03d.txt", folder, i % 1000)
            print "We will make them pay." > file
            close(file)
        }
    }'
    measured "${2:-1000000} files" classify "$scratch/files" --unit document -f tsv -q -o /dev/null
    ;;
# So many LABELS
labels)
    awk -v count="${2:-1000000}" 'BEGIN { for (i = 0; i < count; i++) printf "{\"text\":\"pay %d\",\"labels\":[\"l%d\"]}\n", i % 5000, i }' >"$scratch/labels.jsonl"
    measured "${2:-1000000} labels" train "$scratch/labels.jsonl" -o "$scratch/m"
    ;;
# So many short ROWS to learn from
rows)
    # Sentences, each with its number, so that no two are the same.
    "$fresh" $((${2:-5000000} / 5000 + 50)) 2>/dev/null | tr -s '.!?\n' '\n' | grep -a ..... | head -n "${2:-5000000}" |
        awk '{ gsub(/["\\]/, ""); printf "{\"text\":\"%d %s\",\"labels\":[%s]}\n", NR, substr($0, 1, 200), /pay|will/ ? "\"a\"" : (/sign|now/ ? "\"b\"" : "") }' >"$scratch/rows.jsonl" || true
    wc -lc "$scratch/rows.jsonl"
    measured "${2:-5000000} rows" train "$scratch/rows.jsonl" -o "$scratch/m" --cues none --folds 2 --l2 1 --min-count 5
    ;;
*)
    echo "stream, line, files, labels or rows" >&2
    exit 2
    ;;
esac
