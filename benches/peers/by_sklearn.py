"""What scikit-learn does in the comparison, as programs of their own so that their time and memory can be taken.

by_sklearn.py start                                  only imports: what every other call pays before it begins
by_sklearn.py fit TRAIN TEST MODEL ANSWERS           TF-IDF of stems and their pairs, logistic regression by L-BFGS with C = 10; rows in JSONL
by_sklearn.py vectors TRAIN TEST TRAIN.svm TEST.svm  the same vectors, for liblinear
"""
import json
import pickle
import re
import sys
import warnings

import numpy as np
import Stemmer
from sklearn.datasets import dump_svmlight_file
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.preprocessing import MultiLabelBinarizer

STRENGTH = 10
stem = Stemmer.Stemmer("english")


def words(text):
    return stem.stemWords(re.findall(r"\w+|[!?]", text.lower()))


def rows(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def vectors(train, test):
    counter = TfidfVectorizer(tokenizer=words, token_pattern=None, ngram_range=(1, 2), sublinear_tf=True, dtype=np.float32)
    return counter, counter.fit_transform(row["text"] for row in train), counter.transform(row["text"] for row in test)


def fit(train, test, model, answers):
    train, test = rows(train), rows(test)
    counter, seen, asked = vectors(train, test)
    learner = LogisticRegression(C=STRENGTH)
    if all(len(row["labels"]) == 1 for row in train):
        learner.fit(seen, [row["labels"][0] for row in train])
        given = [[label] for label in learner.predict(asked)]
    else:
        labels = MultiLabelBinarizer()
        truth = labels.fit_transform(row["labels"] for row in train)
        learner = OneVsRestClassifier(learner).fit(seen, truth)
        given = [dict(zip(labels.classes_, row)) for row in learner.predict_proba(asked).tolist()]
    with open(model, "wb") as file:
        pickle.dump((counter.vocabulary_, counter.idf_, learner), file)
    with open(answers, "w", encoding="utf-8") as file:
        json.dump(given, file)


def write_vectors(train, test, *paths):
    train, test = rows(train), rows(test)
    _, *matrices = vectors(train, test)
    labels = sorted({row["labels"][0] for row in train + test})
    for matrix, part, path in zip(matrices, (train, test), paths):
        dump_svmlight_file(matrix, [labels.index(row["labels"][0]) + 1 for row in part], path, zero_based=False)


if __name__ == "__main__":
    # L-BFGS ends after its usual hundred steps and says so.
    warnings.simplefilter("ignore")
    {"start": lambda: None, "fit": fit, "vectors": write_vectors}[sys.argv[1]](*sys.argv[2:])
