"""What words and cues do, alone and together: the tables of RESULTS.md.

results.py RHETOR SET.jsonl [BENCH_DIR]: trains RHETOR on the pilot and on the whole corpus with words, with cues, with both, and with unstemmed words; scores SET (text,
labels, doc) by macro average precision, and prints the paired difference from words with a 95% interval that resamples the documents of SET. With BENCH_DIR also the
public sets logic_edu and goemotions (train.jsonl, test.jsonl). Needs numpy and scikit-learn.
"""
import glob
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
from sklearn.metrics import average_precision_score

HERE = pathlib.Path(__file__).parent
# No word stands in as many units, while cues have no least count.
CUES_ALONE = ["--cues", "builtin", "--min-count", "4000000000"]
CONFIGURATIONS = {
    "words": ["--cues", "none", "--min-count", "2"],
    "cues": CUES_ALONE,
    "words and cues": ["--cues", "builtin", "--min-count", "2"],
    "words unstemmed": ["--cues", "none", "--min-count", "2", "--language", "none"],
}


def rows(path):
    return [json.loads(line) for line in open(path, encoding="utf-8")]


def probabilities(rhetor, data, options, test):
    with tempfile.TemporaryDirectory() as folder:
        model = f"{folder}/m"
        subprocess.run([rhetor, "train", "-q", *data, "-o", model, *options], check=True)
        command = [rhetor, "classify", "-q", "-m", model, "--column", "text", "--format", "jsonl", "--all-scores", test]
        out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return [json.loads(line) for line in out.splitlines()]


def macro(gold, scores):
    return np.mean([average_precision_score(gold[:, k], scores[:, k]) for k in range(gold.shape[1]) if gold[:, k].any()])


def mirror(rhetor, name, data, path):
    test = rows(path)
    labels = sorted({label for row in test for label in row["labels"]})
    gold = np.array([[label in row["labels"] for label in labels] for row in test])
    documents = sorted({row["doc"] for row in test})
    places = [[at for at, row in enumerate(test) if row["doc"] == doc] for doc in documents]
    draw = np.random.default_rng(0)
    samples = [[at for pick in draw.integers(len(places), size=len(places)) for at in places[pick]] for _ in range(1000)]
    base = None
    for configuration, options in CONFIGURATIONS.items():
        records = probabilities(rhetor, data, options, path)
        scores = np.array([[record["probabilities"][label] for label in labels] for record in records])
        flags = np.array([[label in {f["label"] for f in record["framings"]} for label in labels] for record in records])
        drawn = np.array([macro(gold[at], scores[at]) for at in samples])
        base = drawn if base is None else base
        low, high = np.quantile(drawn, [0.025, 0.975])
        less, more = np.quantile(drawn - base, [0.025, 0.975])
        f1 = np.mean(2 * (gold & flags).sum(0) / np.maximum(1, gold.sum(0) + flags.sum(0)))
        gain = "" if configuration == "words" else f"{np.mean(drawn - base):+.3f} [{less:+.3f}, {more:+.3f}]"
        by_label = " ".join(f"{average_precision_score(gold[:, k], scores[:, k]):.2f}" for k in range(len(labels)))
        print(f"| {name} | {configuration} | {macro(gold, scores):.3f} | [{low:.3f}, {high:.3f}] | {gain} | {f1:.3f} | {by_label} |", flush=True)


def bench(rhetor, folder, name):
    test = rows(f"{folder}/{name}/test.jsonl")
    gold = [set(row["labels"]) for row in test]
    for configuration, options in CONFIGURATIONS.items():
        options = [option for option in options if option not in ("--min-count", "2")] if "2" in options else options
        given = [{f["label"] for f in record["framings"]} for record in probabilities(rhetor, [f"{folder}/{name}/train.jsonl"], options, f"{folder}/{name}/test.jsonl")]
        hits = sum(len(a & b) for a, b in zip(gold, given))
        micro = 2 * hits / (sum(map(len, gold)) + sum(map(len, given)))
        labels = sorted(set().union(*gold))
        of = lambda label: 2 * sum(label in a and label in b for a, b in zip(gold, given)) / max(1, sum(label in a for a in gold) + sum(label in b for b in given))
        print(f"| {name} | {configuration} | {micro:.3f} | {np.mean([of(label) for label in labels]):.3f} |", flush=True)


def main(rhetor, path, folder=None):
    print("| trained on | features | macro average precision | 95% | over words | macro F1 | by label, in the alphabet's order |\n|---|---|---|---|---|---|---|")
    mirror(rhetor, "pilot", sorted(glob.glob(str(HERE / "pilot/*.jsonl"))), path)
    mirror(rhetor, "all", sorted(glob.glob(str(HERE / "*/*.jsonl"))), path)
    if folder:
        print("\n| set | features | micro F1 (one label a unit: accuracy) | macro F1 |\n|---|---|---|---|")
        for name in ("logic_edu", "goemotions"):
            bench(rhetor, folder, name)


if __name__ == "__main__":
    main(*sys.argv[1:])
