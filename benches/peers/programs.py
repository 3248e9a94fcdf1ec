"""The programs that are compared: where they come from, and how each is told to train and to classify."""
import json
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass

from measure import Job, say

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
# Where a program has a strength, it is this: C = 10 for liblinear and scikit-learn, α = 1/C for rhetor.
STRENGTH = 10
# A table of 2²⁴ weights for Vowpal Wabbit: with fewer, those of 28 and more labels fall upon each other.
BITS = 24


@dataclass
class Tools:
    """Paths of what is there; None for what is not."""

    rhetor: str
    fresh_text: str
    scratch: pathlib.Path
    threads: int
    fasttext: str = None
    liblinear: str = None
    python: str = None

    @classmethod
    def find(cls, rhetor, fresh_text, scratch, venv, install):
        tools = cls(str(pathlib.Path(rhetor).resolve()), str(pathlib.Path(fresh_text).resolve()), scratch, os.cpu_count())
        if not shutil.which("time"):
            raise SystemExit("missing: GNU time, by which memory is measured\nhint: apt-get install time")
        tools.fasttext, tools.liblinear = shutil.which("fasttext"), shutil.which("liblinear-train")
        tools.python = python_with_packages(venv, install)
        for found, name, how in [
            (tools.fasttext, "fastText", "apt-get install fasttext"),
            (tools.liblinear, "liblinear", "apt-get install liblinear-tools"),
            (tools.python, "Vowpal Wabbit and scikit-learn", f"python3 -m venv {venv} && {venv}/bin/pip install -r benches/peers/requirements.txt"),
        ]:
            if not found:
                say(f"MISSING {name}; its rows are left out. To have it: {how}")
        return tools

    def versions(self):
        """What each program calls itself."""
        found = {"rhetor": f"{first_line([self.rhetor, '--version'])}, commit {first_line(['git', '-C', ROOT, 'describe', '--always', '--dirty'])}"}
        for name, package in {"fastText": "fasttext", "liblinear": "liblinear-tools"}.items():
            found |= {name: first_line(["dpkg-query", "-W", "-f", "${Version} (Debian)", package])} if shutil.which("dpkg-query") else {}
        if self.python:
            asked = "from importlib.metadata import version as v; print(v('vowpalwabbit'), v('scikit-learn'))"
            found["Vowpal Wabbit"], found["scikit-learn"] = first_line([self.python, "-c", asked]).split()
        return {name: version for name, version in found.items() if version}


def first_line(command):
    return subprocess.run(command, capture_output=True, text=True).stdout.strip().split("\n")[0]


def python_with_packages(folder, install):
    """A Python that has the packages of requirements.txt: this one, or that of a virtual environment, which is made if it may be."""
    if has_packages(sys.executable):
        return sys.executable
    python = folder / "bin/python"
    if install and not has_packages(python):
        say(f"installing scikit-learn and vowpalwabbit into {folder}")
        if subprocess.run([sys.executable, "-m", "venv", folder]).returncode == 0:
            subprocess.run([python, "-m", "pip", "install", "-q", "-r", HERE / "requirements.txt"])
    return str(python) if has_packages(python) else None


def has_packages(python):
    asked = "from importlib.util import find_spec; raise SystemExit(not all(map(find_spec, ('vowpalwabbit', 'sklearn', 'Stemmer'))))"
    return pathlib.Path(python).exists() and subprocess.run([python, "-c", asked]).returncode == 0


# Labelled rows, and what each program reads of them.


class Data:
    """Rows to learn from and to be judged by, in the form that each program reads; labels are numbers to all but rhetor.

    Rows to learn from come in an order drawn once: who learns row by row learns little from a set that is sorted by label.
    """

    def __init__(self, folder, train, test):
        self.folder, self.train, self.test = pathlib.Path(folder), random.Random(1).sample(train, len(train)), test
        self.folder.mkdir(parents=True, exist_ok=True)
        self.labels = sorted({label for row in train + test for label in row["labels"]})
        self.single = all(len(row["labels"]) == 1 for row in train)
        number = {label: at for at, label in enumerate(self.labels)}
        for name, rows in {"train": self.train, "test": test}.items():
            self.write(f"{name}.jsonl", (json.dumps({"text": " ".join(row["text"].split()), "labels": row["labels"]}, ensure_ascii=False) for row in rows))
            texts = [prepared(" ".join(row["text"].split()).encode()).decode() for row in rows]
            # Vowpal Wabbit and fastText pass over rows without a label, which are half of what a label is told apart from: these have one of their own.
            own = [[number[label] for label in row["labels"]] or [len(self.labels)] for row in rows]
            self.write(f"{name}.fasttext", (f"{' '.join(f'__label__{label}' for label in labels)} {text}" for labels, text in zip(own, texts)))
            first = 1 if self.single else 0
            self.write(f"{name}.vw", (f"{','.join(str(label + first) for label in labels)} |t {text}" for labels, text in zip(own, texts)))
        self.write("test.lines", (" ".join(row["text"].split()) for row in test))
        self.write("test.words", (prepared(" ".join(row["text"].split()).encode()).decode() for row in test))
        self.bytes = sum(len(row["text"].encode()) for row in train)

    def write(self, name, lines):
        with open(self.folder / name, "w", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in lines)

    def __truediv__(self, name):
        return self.folder / name


MARKS = [mark.encode() for mark in '.,;!?()"“”']


def prepared(text):
    """Text as fastText's own guide prepares it, lower case and marks apart, for it and for Vowpal Wabbit, to which `:` and `|` mean something."""
    text = text.lower().replace(b":", b" ").replace(b"|", b" ")
    for mark in MARKS:
        text = text.replace(mark, b" " + mark + b" ")
    return text


# How each trains. Every function gives the jobs (one after the other) and the model that they leave.


def rhetor_train(tools, data, model, *options):
    return [Job([tools.rhetor, "train", "-q", "--no-config", data / "train.jsonl", "-o", data / model, *options])], data / model


ONE_STRENGTH = ["--l2", 1 / STRENGTH, "--cues", "none"]


def fasttext_train(tools, data, model, *options):
    loss = [] if data.single else ["-loss", "ova"]
    command = [tools.fasttext, "supervised", "-input", data / "train.fasttext", "-output", data / model, "-thread", tools.threads, "-verbose", 0, *loss, *options]
    return [Job(command)], data / f"{model}.bin"


def vw(tools, *options):
    return [tools.python, "-m", "vowpalwabbit", "--quiet", *options]


def vw_train(tools, data, model, *options):
    many = ["--oaa", len(data.labels)] if data.single else ["--multilabel_oaa", len(data.labels) + 1, "--link", "logistic"]
    command = vw(tools, "-d", data / "train.vw", *many, "--probabilities", "--loss_function", "logistic", "-b", BITS, "-f", data / model, *options)
    return [Job(command)], data / model


def sklearn(tools, *arguments):
    return Job([tools.python, HERE / "by_sklearn.py", *arguments])


def sklearn_train(tools, data, model):
    return [sklearn(tools, "fit", data / "train.jsonl", data / "test.jsonl", data / model, data / f"{model}.answers")], data / model


def liblinear_train(tools, data, model, solver, *options):
    command = [tools.liblinear, "-q", "-s", solver, "-c", STRENGTH, "-B", 1, *options, data / "train.svm", data / model]
    return [Job(command)], data / model


# What each answers on the rows for judging: a set of labels for each, or a score for each label.


def rhetor_answers(tools, data, model):
    command = [tools.rhetor, "classify", "-q", "--no-config", "-m", data / model, "--unit", "line", "--format", "jsonl", "--all-scores"]
    records = [json.loads(line) for line in output(command, data / "test.lines").splitlines()]
    return [{framing["label"] for framing in record["framings"]} for record in records], [record["probabilities"] for record in records]


def fasttext_answers(tools, data, model):
    lines = output([tools.fasttext, "predict-prob", data / f"{model}.bin", "-", len(data.labels) + 1, 0], data / "test.words").splitlines()
    scores = [scores_of(data, re.findall(r"__label__(\d+) (\S+)", line), 0) for line in lines]
    return best_labels(scores), scores


def vw_answers(tools, data, model):
    answers = data / f"{model}.answers"
    # Of several labels, its answers are those of other rows once it has read more rows than it has places for.
    output(vw(tools, "-t", "-d", data / "test.vw", "-i", data / model, "--probabilities", "--ring_size", len(data.test) + 1, "-p", answers))
    rows = [re.findall(r"(\d+):(\S+)", line) for line in answers.read_text().splitlines()]
    scores = [scores_of(data, row, 1 if data.single else 0) for row in rows if row]
    return best_labels(scores), scores


def sklearn_answers(tools, data, model):
    given = json.loads((data / f"{model}.answers").read_text())
    return ([set(labels) for labels in given], None) if data.single else (None, given)


def liblinear_answers(tools, data, model):
    answers = data / f"{model}.answers"
    output(["liblinear-predict", "-q", data / "test.svm", data / model, answers])
    return [{data.labels[int(float(line)) - 1]} for line in answers.read_text().split()], None


def scores_of(data, pairs, first):
    """The score of each label from numbered ones, of which the first has that number; that of rows without a label is no label's."""
    given = {int(label) - first: float(score) for label, score in pairs}
    return {label: given.get(at, 0.0) for at, label in enumerate(data.labels)}


def best_labels(scores):
    return [{max(row, key=row.get)} for row in scores]


def output(command, stdin=None):
    with open(stdin or "/dev/null", "rb") as source:
        ran = subprocess.run([str(word) for word in command], stdin=source, capture_output=True)
    if ran.returncode:
        raise SystemExit(f"{command[0]}: {ran.stderr.decode(errors='replace')[-400:]}")
    return ran.stdout.decode()


# Figures.


def accuracy(data, given):
    return sum(set(row["labels"]) == labels for row, labels in zip(data.test, given, strict=True)) / len(data.test)


def micro_f1(data, given):
    hits = sum(len(labels & set(row["labels"])) for row, labels in zip(data.test, given, strict=True))
    return 2 * hits / max(1, sum(len(row["labels"]) for row in data.test) + sum(map(len, given)))


def macro_f1(data, given):
    def of(label):
        has, said = [label in row["labels"] for row in data.test], [label in labels for labels in given]
        return 2 * sum(map(lambda a, b: a and b, has, said)) / max(1, sum(has) + sum(said))

    return sum(map(of, data.labels)) / len(data.labels)


def mean_average_precision(data, scores):
    def of(label):
        ranked = sorted(zip((row[label] for row in scores), (label in row["labels"] for row in data.test)), key=lambda pair: -pair[0])
        found, total = 0, 0.0
        for rank, (_, has) in enumerate(ranked, 1):
            found += has
            total += found / rank if has else 0.0
        return total / max(1, found)

    return sum(map(of, data.labels)) / len(data.labels)


def cut_best(data, scores):
    """The labels over that one cut which gives the highest micro F1 on the very rows for judging: more than a user could know."""
    cuts = [[{label for label, share in row.items() if share > cut / 50} for row in scores] for cut in range(1, 36)]
    return max(cuts, key=lambda given: micro_f1(data, given))
