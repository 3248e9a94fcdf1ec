"""The learning curve: scikit-learn's TF-IDF(1,2) + logistic regression on growing shares of the corpus, scored on a labelled set.

curve.py SET.jsonl: for 25, 50, 75 and 100% of the groups, one draw each, macro F1 with cuts chosen on held-out groups, and macro average
precision, with 95% intervals that resample the documents of SET. Needs scikit-learn and PyStemmer.
"""
import glob
import json
import pathlib
import random
import re
import sys

import numpy as np
import Stemmer
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score
from sklearn.model_selection import GroupKFold
from sklearn.multiclass import OneVsRestClassifier

HERE = pathlib.Path(__file__).parent
STEM = Stemmer.Stemmer("english")


def read(paths):
    return [json.loads(line) for path in sorted(paths) for line in open(path, encoding="utf-8")]


def vectorizer():
    tokens = lambda text: STEM.stemWords(re.findall(r"\w+|[!?]", text.lower()))
    return TfidfVectorizer(tokenizer=tokens, token_pattern=None, ngram_range=(1, 2), sublinear_tf=True, min_df=2)


def fit(rows, truth):
    return OneVsRestClassifier(LogisticRegression(solver="liblinear", C=8)).fit(rows, truth)


def best_cut(scores, truth):
    cuts = np.quantile(scores, np.linspace(0.5, 0.999, 60))
    f1 = lambda cut: 2 * (truth & (scores >= cut)).sum() / max(1, truth.sum() + (scores >= cut).sum())
    return max(cuts, key=f1)


def macro(truth, scores, given):
    average = [average_precision_score(truth[:, k], scores[:, k]) for k in range(truth.shape[1]) if truth[:, k].any()]
    f1 = 2 * (truth & given).sum(0) / np.maximum(1, truth.sum(0) + given.sum(0))
    return float(np.mean(average)), float(np.mean(f1))


def score(train, test, labels):
    of = lambda rows: np.array([[label in row["labels"] for label in labels] for row in rows])
    truth, gold = of(train), of(test)
    vector = vectorizer()
    rows, others = vector.fit_transform([row["text"] for row in train]), vector.transform([row["text"] for row in test])
    held = np.zeros(truth.shape)
    for learn, hold in GroupKFold(4).split(rows, groups=[row["group"] for row in train]):
        held[hold] = fit(rows[learn], truth[learn]).predict_proba(rows[hold])
    cuts = np.array([best_cut(held[:, k], truth[:, k]) for k in range(len(labels))])
    scores = fit(rows, truth).predict_proba(others)
    documents = sorted({row["doc"] for row in test})
    places = {doc: [at for at, row in enumerate(test) if row["doc"] == doc] for doc in documents}
    draws, random_ = [], random.Random(1)
    for _ in range(400):
        at = [at for doc in random_.choices(documents, k=len(documents)) for at in places[doc]]
        draws.append(macro(gold[at], scores[at], scores[at] >= cuts))
    low, high = np.quantile(draws, [0.025, 0.975], axis=0)
    average, f1 = macro(gold, scores, scores >= cuts)
    return average, (low[0], high[0]), f1, (low[1], high[1])


def main(path):
    corpus, test = read(glob.glob(str(HERE / "*" / "*.jsonl"))), read([path])
    labels = sorted({label for row in corpus for label in row["labels"]})
    groups = sorted({row["group"] for row in corpus})
    print("| share of the corpus | sentences | macro average precision | 95% | macro F1 | 95% |\n|---|---|---|---|---|---|")
    for share in (0.25, 0.5, 0.75, 1.0):
        kept = set(random.Random(0).sample(groups, round(share * len(groups))))
        part = [row for row in corpus if row["group"] in kept]
        average, (low, high), f1, (less, more) = score(part, test, labels)
        print(f"| {share:.0%} | {len(part):,} | {average:.3f} | [{low:.3f}, {high:.3f}] | {f1:.3f} | [{less:.3f}, {more:.3f}] |", flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
