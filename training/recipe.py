"""The search for the default model's recipe: the tables of RECIPE.md.

recipe.py RHETOR SET.jsonl CACHE [TABLE …]: RHETOR is the binary (for the matches of the built-in cues), SET a labelled set that is no part of the corpus (text, labels,
doc; the sentences of a document in their order), CACHE a folder for matrices and scores. Without TABLE all of `TABLES` are made. Needs numpy, scipy, scikit-learn and PyStemmer.

A lab, not the product: it follows `rhetor train` closely enough to compare recipes in seconds. Every variant is fitted on folds by register, each block at its best L2 strength
for held-out sentences, then stacked on held-out document sentences, then fitted on all and scored on SET. A row of a table holds the macro average precision of held-out document
sentences (the stack itself cross-fitted) and of SET, each with the paired difference from today's recipe and the 95% interval of resampled documents.
"""
import functools
import glob
import hashlib
import json
import pathlib
import pickle
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import scipy.sparse as sp
import Stemmer
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.feature_selection import chi2

HERE = pathlib.Path(__file__).parent
STEM = Stemmer.Stemmer("english")
TOKEN = re.compile(r"(?:[A-Za-z]\.){2,}|\d+(?:[.,]\d+)+\w*|\w+(?:['‐‑&-]\w+)*|[!?]")
# The strengths around those that `rhetor train` chooses (0.04 and 1.6), strong first.
WORDS_GRID = [0.1, 0.04]
CUES_GRID = [10.24, 4.0, 1.6, 0.64]
FOLDS = 5
DRAWS = 1000
FUNCTION = set(
    "a an the this that these those i me my we us our you your he him his she her it its they them their who whom whose which what and or but nor so yet if unless until while when "
    "because though although since than as of in on at by for from with without to into upon about against between through over under no not never none nothing nobody neither is "
    "are was were be been being am have has had do does did will would shall should must can could may might cannot won't don't didn't isn't aren't there here now then only just "
    "too very more most much many all any some each every own same such how why where".split()
)
NEGATION = {"not", "no", "never", "nor", "neither", "cannot", "without", "nobody", "nothing", "none"}


# Reading

def read(paths):
    return [json.loads(line) for path in sorted(paths) for line in open(path, encoding="utf-8")]


class Lab:
    """The corpus, the mirror, their truths, and the neighbours of each sentence."""

    def __init__(self, rhetor, mirror, cache, seed=0):
        self.cache = pathlib.Path(cache)
        self.cache.mkdir(parents=True, exist_ok=True)
        self.corpus, self.mirror = read(glob.glob(str(HERE / "*/*.jsonl"))), read([mirror])
        self.labels = sorted({label for row in self.corpus for label in row["labels"]})
        self.truth, self.gold = self.matrix(self.corpus, "labels"), self.matrix(self.mirror, "labels")
        self.near = self.matrix(self.corpus, "near")
        self.counted = np.array([row["part"] == "document" for row in self.corpus])
        self.folds = deal([row["register"] for row in self.corpus], FOLDS, seed)
        self.texts = [row["text"] for row in self.corpus + self.mirror]
        self.n = len(self.corpus)
        # Single sentences have no neighbours; a pair that shares a group is no text.
        own = [("corpus", row["group"]) if row["part"] == "document" else None for row in self.corpus]
        self.documents = own + [("mirror", row["doc"]) for row in self.mirror]
        self.before, self.after = neighbours(self.documents)
        self.cue_names, self.cue_counts = cues(rhetor, self.texts, self.cache / "cues.jsonl")
        self.tokens = [[token.lower() for token in TOKEN.findall(plain(text))] for text in self.texts]
        self.stems = [STEM.stemWords(tokens) for tokens in self.tokens]
        self.draws_held = draws([row["group"] for row, kept in zip(self.corpus, self.counted) if kept])
        self.draws_mirror = draws([row["doc"] for row in self.mirror])

    def matrix(self, rows, field):
        return np.array([[label in (row.get(field) or []) for label in self.labels] for row in rows])


def deal(keys, count, seed):
    """The folds of `rhetor train`: keys by a hash, each to the emptiest fold."""
    sizes = {key: keys.count(key) for key in set(keys)}
    number = lambda key: int.from_bytes(hashlib.sha256(seed.to_bytes(8, "little") + key.encode()).digest()[:8], "little")
    filled, fold = [0] * count, {}
    for key in sorted(sizes, key=lambda key: (number(key), key)):
        fold[key] = min(range(count), key=lambda at: filled[at])
        filled[fold[key]] += sizes[key]
    return np.array([fold[key] for key in keys])


def neighbours(documents):
    """For each sentence the place of the one before and after in its document, −1 where there is none."""
    before, after, last = np.full(len(documents), -1), np.full(len(documents), -1), {}
    for at, document in enumerate(documents):
        if document is not None and document in last:
            before[at], after[last[document]] = last[document], at
        last[document] = at
    return before, after


def cues(rhetor, texts, path):
    """How often each built-in cue matches each text, n × cues, and the names of the cues."""
    if not path.exists():
        whole = "\n\n".join(" ".join(text.split()) for text in texts) + "\n"
        out = subprocess.run([rhetor, "cues", "builtin", "-", "-f", "jsonl", "-q"], input=whole, check=True, capture_output=True, text=True).stdout
        path.write_text(out, encoding="utf-8")
    records = [json.loads(line) for line in open(path, encoding="utf-8")]
    names = sorted({match["cue"] for record in records for match in record["cues"]})
    number = {name: at for at, name in enumerate(names)}
    places = [((record["line"] - 1) // 2, number[match["cue"]]) for record in records for match in record["cues"]]
    rows, columns = zip(*places)
    return names, sp.csr_matrix((np.ones(len(rows), np.float32), (rows, columns)), shape=(len(texts), len(names)))


def plain(text):
    return text.replace("’", "'").replace("ʼ", "'")



# Features

def shape(text, tokens):
    """The shape cues of `src/features/shape.rs`."""
    found = []
    for token in tokens:
        head = token.split("'")[0]
        found += [f"shape:{name}" for name, words in PERSONS.items() if head in words]
        found += ["shape:exclamation"] * (token == "!") + ["shape:question"] * (token == "?") + ["shape:number"] * token[0].isdigit()
    found += ["shape:all-caps"] * len(re.findall(r"\b(?=(?:[^A-Z]*[A-Z]){4})[A-Z'-]+\b", text))
    found += ["shape:quotation"] * len(re.findall(r"“[^”]*”|\"[^\"]*\"|(?<!\w)‘[^’]*’", text))
    for first, second in zip(tokens, tokens[1:]):
        found += [f"shape:{name}" for name, words in MODALS.items() if first in words and second not in "!?"]
    found += ["shape:short"] * (0 < len(tokens) <= 5) + ["shape:ellipsis"] * text.rstrip().endswith(("…", "..."))
    return found


PERSONS = {
    "first-person": {"i", "me", "my", "mine", "myself"},
    "first-person-plural": {"we", "us", "our", "ours", "ourselves"},
    "second-person": {"you", "your", "yours", "yourself", "yourselves"},
    "third-person-plural": {"they", "them", "their", "theirs", "themselves"},
}
MODALS = {
    "modal-duty": {"must", "should", "shall", "ought"},
    "modal-will": {"will", "won't", "would", "wouldn't"},
    "modal-can": {"can", "cannot", "can't", "could", "couldn't", "may", "might"},
}


def ngrams(run, shortest, longest):
    return [" ".join(run[at : at + length]) for length in range(shortest, longest + 1) for at in range(len(run) - length + 1)]


def terms(lab, at, form="stems", lengths=(1, 2), with_shape=True, characters=None, skip=False, functions=None, negation=False, end=False, long=False):
    """The terms of text `at`."""
    surface, stems = lab.tokens[at], lab.stems[at]
    run = {"stems": stems, "surface": surface}[form]
    if negation:
        run = scoped(surface, run)
    marks = {"!", "?", "^"} if with_shape else {"^"}
    found = [term for term in ngrams(["^", *run, *(["$"] if end else [])], *lengths) if term not in marks and term != "$"]
    if with_shape:
        found += shape(lab.texts[at], surface)
    if characters:
        for token in surface:
            padded = f"_{token}_"
            found += ["char:" + padded[i : i + n] for n in range(characters[0], characters[1] + 1) for i in range(len(padded) - n + 1)]
    if skip:
        found += [f"{a} … {c}" for a, c in zip(run, run[2:])] + [f"{a} … … {d}" for a, d in zip(run, run[3:])]
    if functions == "kept":
        kept = [token for token in surface if token in FUNCTION]
        found += ["f:" + term for term in ngrams(["^", *kept], 2, 3)]
    if functions == "frame":
        frame = [token if token in FUNCTION else "*" for token in surface]
        found += ["f:" + term for term in ngrams(["^", *frame], 3, 4)]
    if functions == "unstemmed":
        found += ["s:" + term for term in ngrams(["^", *surface], 1, 2)]
    if long:
        found += [f"shape:over-{size}" for size in (8, 12, 18, 25, 35, 50) if len(surface) > size]
    return found


def scoped(surface, run):
    """Marks up to three words after a negation."""
    out, left = [], 0
    for token, stem in zip(surface, run):
        out.append("not_" + stem if left and token not in "!?" else stem)
        left = 3 if token in NEGATION or token.endswith("n't") else max(0, left - 1)
    return out


@functools.lru_cache(maxsize=4)
def counts_of(lab, options, min_count):
    lists = [terms(lab, at, **dict(options)) for at in range(len(lab.texts))]
    vectorizer = CountVectorizer(analyzer=lambda found: found, min_df=min_count, dtype=np.float32)
    first = vectorizer.fit_transform(lists[: lab.n])
    return sp.vstack([first, vectorizer.transform(lists[lab.n :])]).tocsr()


def words(lab, min_count=5, weighting="tfidf", norm="l2", **options):
    """The matrix of words, corpus above mirror."""
    counts = counts_of(lab, tuple(sorted(options.items())), min_count)
    return scaled(weighted(counts, lab, weighting), norm, lab)


def weighted(counts, lab, weighting):
    out = counts.copy()
    df = np.asarray((counts[: lab.n] > 0).sum(0)).ravel()
    idf = (np.log((1 + lab.n) / (1 + df)) + 1).astype(np.float32)
    lengths = np.asarray(counts.sum(1)).ravel()
    out.data = {
        "tfidf": lambda tf: 1 + np.log(tf), "raw": lambda tf: tf, "binary-idf": np.ones_like, "binary": np.ones_like, "count": lambda tf: tf, "sqrt-idf": np.sqrt,
        "bm25": lambda tf: tf * 2.2 / (tf + 1.2 * (0.25 + 0.75 * np.repeat(lengths / lengths[: lab.n].mean(), np.diff(counts.indptr)))),
    }[weighting](out.data).astype(np.float32)
    if weighting in ("binary", "count"):
        return out
    return out @ sp.diags(idf, dtype=np.float32)


def scaled(matrix, norm, lab):
    """Rows by their length: l2 (each of length 1), none (all by the mean length), pivot=S (Singhal 1996: (1 − S)·mean + S·own), root (by its square root)."""
    length = np.sqrt(np.asarray(matrix.multiply(matrix).sum(1)).ravel())
    length[length == 0] = 1
    mean = length[: lab.n].mean()
    slope = float(norm.split("=")[1]) if "=" in norm else None
    by = length if norm == "l2" else np.full_like(length, mean) if norm == "none" else np.sqrt(length * mean) if norm == "root" else (1 - slope) * mean + slope * length
    return (sp.diags((1 / by).astype(np.float32)) @ matrix).tocsr()


def cue_matrix(lab, kind="binary"):
    binary = (lab.cue_counts > 0).astype(np.float32).tocsr()
    lengths = np.array([max(1, len(tokens)) for tokens in lab.tokens])
    if kind == "binary":
        return binary
    if kind == "counts":
        return lab.cue_counts
    if kind == "log-counts":
        out = lab.cue_counts.copy()
        out.data = 1 + np.log(out.data)
        return out
    if kind == "short-long":  # a second column for matches in sentences of 25 words or more
        return sp.hstack([binary, sp.diags((lengths >= 25).astype(np.float32)) @ binary]).tocsr()
    if kind == "by-length":  # a match counts less in a long sentence
        return (sp.diags(np.minimum(1.5, np.sqrt(16 / lengths)).astype(np.float32)) @ binary).tocsr()
    if kind == "pairs":  # cues that stand together in 15 sentences or more
        coo = sp.triu((binary[: lab.n].T @ binary[: lab.n]).tocsr(), 1).tocoo()
        kept = coo.data >= 15
        return sp.hstack([binary, binary[:, coo.row[kept]].multiply(binary[:, coo.col[kept]])]).tocsr()
    raise KeyError(kind)


def moved(lab, matrix, to):
    """The rows of each sentence's neighbour; zero where it has none."""
    with_one = sp.vstack([matrix, sp.csr_matrix((1, matrix.shape[1]), dtype=np.float32)]).tocsr()
    return with_one[np.where(to < 0, matrix.shape[0], to)]


# Learning

def newton(rows, truth, strengths, costs=None, start=None, ratios=None, tolerance=2e-2, steps=40):
    """One-vs-rest logistic regression for all labels side by side: Newton's method with conjugate gradients (Nocedal & Wright 2006, algorithm 7.1), a label leaving when its
    gradient has shrunk to `tolerance` of that of the intercept alone. Returns weights (d × k, `ratios` multiplied in) and intercepts."""
    (n, d), k = rows.shape, truth.shape[1]
    columns = rows.T.tocsr()
    squares = columns.multiply(columns).tocsr()
    c = np.ones((n, 1), np.float32) if costs is None else np.asarray(costs, np.float32).reshape(n, -1)
    a = np.array(np.broadcast_to(strengths, (k,)), np.float32)
    base = ((c * truth).sum(0) / (c * np.ones((1, k), np.float32)).sum(0)).astype(np.float32)
    w, b = (np.zeros((d, k), np.float32), np.log((base + 1e-6) / (1 - base))) if start is None else (start[0].copy(), start[1].copy())
    first = c * (base - truth)
    first = np.sqrt((((1.0 if ratios is None else ratios) * (columns @ first.astype(np.float32))) ** 2).sum(0)) + 1e-9
    live = np.arange(k)
    for _ in range(steps):
        r = np.float32(1) if ratios is None else ratios[:, live].astype(np.float32)
        cost, y, u, ub, al = c if c.shape[1] == 1 else c[:, live], truth[:, live], w[:, live], b[live], a[live]
        z = rows @ (r * u) + ub
        p = 1 / (1 + np.exp(-z))
        residual = cost * (p - y)
        g, gb = r * (columns @ residual) + al * u, residual.sum(0)
        size = np.sqrt((g * g).sum(0) + gb * gb)
        open_ = size > tolerance * first[live]
        if not open_.any():
            break
        if not open_.all():
            live = live[open_]
            r = r if ratios is None else r[:, open_]
            cost = cost if cost.shape[1] == 1 else cost[:, open_]
            y, u, ub, al, z, p, g, gb, size = y[:, open_], u[:, open_], ub[open_], al[open_], z[:, open_], p[:, open_], g[:, open_], gb[open_], size[open_]
        h = cost * p * (1 - p)
        step, shift = conjugate_gradients(rows, columns, h, r, al, g, gb, r * r * (squares @ h) + al, np.minimum(0.3, np.sqrt(size / first[live])) * size)
        move, length = rows @ (r * step) + shift, np.ones(len(live), np.float32)
        value = lambda z, u: (cost * np.logaddexp(0, np.where(y, -z, z))).sum(0, dtype=np.float64) + al / 2 * (u * u).sum(0)
        old = value(z, u)
        for _ in range(12):
            worse = value(z + length * move, u + length * step) > old * (1 + 1e-7)
            if not worse.any():
                break
            length[worse] /= 2
        w[:, live], b[live] = u + length * step, ub + length * shift
    return (w if ratios is None else ratios * w), b


def conjugate_gradients(rows, columns, h, r, a, g, gb, diagonal, stop):
    """The Newton step of each label, as far as its residual is above `stop`."""
    s, sb, e, eb = np.zeros_like(g), np.zeros_like(gb), -g, -gb
    below = h.sum(0) + np.float32(1e-6)
    t, tb = e / diagonal, eb / below
    rho = (e * t).sum(0) + eb * tb
    for _ in range(30):
        hv = h * (rows @ (r * t) + tb)
        ht, hb = r * (columns @ hv) + a * t, hv.sum(0)
        step = rho / np.maximum((t * ht).sum(0) + tb * hb, 1e-20)
        s, sb, e, eb = s + step * t, sb + step * tb, e - step * ht, eb - step * hb
        if (np.sqrt((e * e).sum(0) + eb * eb) <= stop).all():
            break
        q, qb = e / diagonal, eb / below
        new = (e * q).sum(0) + eb * qb
        t, tb, rho = q + new / np.maximum(rho, 1e-20) * t, qb + new / np.maximum(rho, 1e-20) * tb, new
    return s, sb


class Held:
    """What a block learned: held-out scores (n × k), scores of the mirror, the strength of each label."""

    def __init__(self, held, mirror, strengths, tried):
        self.held, self.mirror, self.strengths, self.tried = held, mirror, strengths, tried


POOL = ThreadPoolExecutor(2)


def block(lab, matrix, grid=WORDS_GRID, costs=None, ratios=None, truth=None, by_label=False, only=None, averaged=False):
    """Fits on folds along the grid from strong to weak, keeps the strength of the best mean average precision, and fits on all."""
    truth = lab.truth if truth is None else truth
    own = np.ones(lab.n, bool) if only is None else only
    rows, others = matrix[: lab.n], matrix[lab.n :]
    parts = []
    for fold in range(FOLDS):
        learn = np.flatnonzero((lab.folds != fold) & own)
        parts.append((rows[learn], truth[learn], None if costs is None else costs[learn], np.flatnonzero(lab.folds == fold)))
    rates = [None if ratios is None else ratios(part[0], part[1]) for part in parts]
    starts, scores, tried, models = [None] * FOLDS, [], [], []
    for strength in grid:
        fit = lambda at: newton(parts[at][0], parts[at][1], strength, parts[at][2], starts[at], rates[at])
        starts = list(POOL.map(fit, range(FOLDS))) if ratios is None else [newton(*parts[at][:2], strength, parts[at][2], None, rates[at]) for at in range(FOLDS)]
        held = np.zeros(truth.shape, np.float32)
        for (w, b), part in zip(starts, parts):
            held[part[3]] = rows[part[3]] @ w + b
        scores.append(held)
        models.append(starts)
        tried.append([average_precision(truth[:, k], held[:, k]) for k in range(truth.shape[1])])
        means = np.mean(tried, 1)
        if len(means) > 2 and means[-1] < means[-2] < means[-3] and not by_label:
            break
    tried = np.array(tried)
    best = tried.argmax(0) if by_label else np.full(truth.shape[1], tried.mean(1).argmax())
    strengths = np.array([grid[at] for at in best])
    held = np.stack([scores[at][:, k] for k, at in enumerate(best)], 1)
    if averaged:
        mean = [np.mean([w for w, _ in models[best[0]]], 0), np.mean([b for _, b in models[best[0]]], 0)]
        return Held(held, others @ mean[0] + mean[1], strengths, tried.mean(1))
    all_rates = None if ratios is None else ratios(rows[own], truth[own])
    w, b = newton(rows[own], truth[own], strengths, None if costs is None else costs[own], None, all_rates, 5e-3)
    return Held(held, np.asarray(others @ w + b), strengths, tried.mean(1))


def stacker(inputs, truth, strength=1e-3, positive=True):
    """Logistic regression of one label on a few dense inputs; a slope that would be negative is left out."""
    used = list(range(inputs.shape[1]))
    while used:
        weights, shift = small_logistic(inputs[:, used], truth, strength)
        if not positive or weights.min() > 0:
            out = np.zeros(inputs.shape[1])
            out[used] = weights
            return out, shift
        used.pop(int(weights.argmin()))
    return np.zeros(inputs.shape[1]), float(np.log(truth.mean() / (1 - truth.mean())))


def small_logistic(x, y, strength):
    x = np.hstack([x, np.ones((len(x), 1))]).astype(np.float64)
    penalty, w = np.r_[np.broadcast_to(strength, x.shape[1] - 1), 1e-6], np.zeros(x.shape[1])
    w[-1] = np.log((y.mean() + 1e-6) / (1 - y.mean()))
    for _ in range(60):
        p = 1 / (1 + np.exp(-np.clip(x @ w, -30, 30)))
        step = np.linalg.solve(x.T @ (x * (p * (1 - p))[:, None]) + np.diag(penalty), x.T @ (p - y) + penalty * w)
        w -= step * min(1, 5 / (1e-9 + np.abs(step).max()))
        if np.abs(step).max() < 1e-7:
            break
    return w[:-1], w[-1]


class Scores:
    """Calibrated log-odds: `held` cross-fitted for the figures, `fitted` on all held-out scores for thresholds, `mirror` for SET."""

    def __init__(self, held, fitted, mirror):
        self.held, self.fitted, self.mirror = held, fitted, mirror


def stack(lab, blocks, extra=None, strength=1e-3, positive=True, counted=None):
    """Joins blocks label by label on held-out sentences of documents. `extra(k)` gives more inputs for label k: (n × e, m × e)."""
    counted = lab.counted if counted is None else counted
    held, fitted, mirror = (np.zeros((size, len(lab.labels))) for size in (lab.n, lab.n, len(lab.mirror)))
    for k in range(len(lab.labels)):
        own, other = [np.stack([one.held[:, k] for one in blocks], 1)], [np.stack([one.mirror[:, k] for one in blocks], 1)]
        sign, penalties = positive, np.full(len(blocks), 1e-3)
        if extra is not None:
            more = extra(k)
            own.append(more[0]); other.append(more[1]); sign = False
            penalties = np.r_[penalties, np.full(more[0].shape[1], strength)]
        own, other, y = np.hstack(own), np.hstack(other), lab.truth[:, k]
        for fold in range(FOLDS):
            learn, hold = counted & (lab.folds != fold), lab.folds == fold
            w, b = stacker(own[learn], y[learn], penalties if not sign else 1e-3, sign)
            held[hold, k] = own[hold] @ w + b
        w, b = stacker(own[counted], y[counted], penalties if not sign else 1e-3, sign)
        fitted[:, k], mirror[:, k] = own @ w + b, other @ w + b
    return Scores(held, fitted, mirror)


# Judging

def draws(groups, count=DRAWS):
    """How often each row is drawn in each resample of groups: count × rows."""
    names = sorted(set(groups))
    number = {name: at for at, name in enumerate(names)}
    of = np.array([number[group] for group in groups])
    random = np.random.default_rng(0)
    return np.stack([np.bincount(random.integers(len(names), size=len(names)), minlength=len(names)) for _ in range(count)]).astype(np.float32)[:, of]


def average_precision(truth, scores, weights=None):
    """Average precision, or with weights (draws × rows) that of each draw; tied scores in the order of rows."""
    order = np.argsort(-scores, kind="stable")
    y = truth[order].astype(np.float32)
    if weights is None:
        return float((np.cumsum(y) / np.arange(1, len(y) + 1))[y > 0].mean()) if y.any() else 0.0
    w = weights[:, order]
    at = np.flatnonzero(y)
    hits, seen = np.cumsum(w[:, at], 1), np.cumsum(w, 1)[:, at]
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.nansum(w[:, at] * hits / seen, 1) / w[:, at].sum(1)


def macro(truth, scores, weights=None):
    figures = [average_precision(truth[:, k], scores[:, k], weights) for k in range(truth.shape[1])]
    return np.nanmean(figures, 0) if weights is not None else float(np.mean(figures))


class Table:
    """Prints a row for each variant, against `base`."""

    def __init__(self, lab, base, title):
        self.lab, self.base = lab, base
        print(f"\n{title}\n\n| variant | held out | difference | mirror | 95% | difference | L2 |\n|---|---|---|---|---|---|---|", flush=True)

    def add(self, name, scores, remark="", held=True):
        lab, docs = self.lab, self.lab.counted
        drawn, base = (macro(lab.gold, one.mirror, lab.draws_mirror) for one in (scores, self.base))
        (low, high), (less, more) = np.quantile(drawn, [0.025, 0.975]), np.quantile(drawn - base, [0.025, 0.975])
        figure, before = macro(lab.gold, scores.mirror), macro(lab.gold, self.base.mirror)
        own = " | "
        if held:
            ours, theirs = macro(lab.truth[docs], scores.held[docs]), macro(lab.truth[docs], self.base.held[docs])
            few = lab.draws_held[:200]
            a, b = np.quantile(macro(lab.truth[docs], scores.held[docs], few) - macro(lab.truth[docs], self.base.held[docs], few), [0.025, 0.975])
            own = f"{ours:.3f} | {ours - theirs:+.3f} [{a:+.3f}, {b:+.3f}]"
        line = f"| {name} | {own} | {figure:.3f} | [{low:.3f}, {high:.3f}] | {figure - before:+.3f} [{less:+.3f}, {more:+.3f}] | {remark} |"
        print(line.replace("-0.", "−0."), flush=True)


# The tables

def kept(lab, name, make):
    """A block that is fitted once and read from the cache afterwards."""
    path = lab.cache / f"block-{name}.pickle"
    if not path.exists():
        path.write_bytes(pickle.dumps(make()))
    return pickle.loads(path.read_bytes())


def base(lab):
    """Today's recipe: its two blocks and their stack."""
    ours = kept(lab, "words", lambda: block(lab, words(lab)))
    theirs = kept(lab, "cues", lambda: block(lab, cue_matrix(lab), CUES_GRID))
    return ours, theirs, stack(lab, [ours, theirs])


WORD_VARIANTS = {
    "1-grams": dict(lengths=(1, 1)),
    "1–3-grams": dict(lengths=(1, 3)),
    "surface forms": dict(form="surface"),
    "stems and surface forms": dict(functions="unstemmed"),
    "stems, and n-grams of the function words alone": dict(functions="kept"),
    "stems, and 3–4-grams with content words as a blank": dict(functions="frame"),
    "skip-grams": dict(skip=True),
    "words in the scope of a negation marked": dict(negation=True),
    "character 3–5-grams beside stems": dict(characters=(3, 5)),
    "no shape cues": dict(with_shape=False),
    "length as shape cues": dict(long=True),
    "terms in 2 sentences": dict(min_count=2),
    "terms in 10": dict(min_count=10),
    "terms in 20": dict(min_count=20),
    "count × idf": dict(weighting="raw"),
    "presence × idf": dict(weighting="binary-idf"),
    "BM25": dict(weighting="bm25"),
    "rows not normalised": dict(norm="none"),
    "rows by the root of their length": dict(norm="root"),
    "pivoted, slope .5": dict(norm="pivot=0.5"),
}


def words_table(lab):
    ours, theirs, today = base(lab)
    table = Table(lab, today, "Words (the block of cues as today)")
    table.add("today", today)
    table.add("words alone", stack(lab, [ours]))
    table.add("cues alone", stack(lab, [theirs]))
    for name, options in WORD_VARIANTS.items():
        fitted = kept(lab, "words " + name.replace("/", " "), lambda: block(lab, words(lab, **options)))
        table.add(name, stack(lab, [fitted, theirs]), f"{fitted.strengths[0]:g}")
    masks = (("χ²: the 3,000 best terms of each label", chi2_mask, "tfidf", [0.04]), ("naive-Bayes weighting", log_count_ratios, "binary", [4.0, 1.0]))
    for name, ratios, weighting, grid in masks:
        fitted = kept(lab, "words " + name, lambda: block(lab, words(lab, weighting=weighting), grid, ratios=ratios))
        table.add(name, stack(lab, [fitted, theirs]), f"{fitted.strengths[0]:g}")
    third = {name: kept(lab, "words " + name, lambda: block(lab, words(lab, **WORD_VARIANTS[name]))) for name in ("surface forms", "1-grams", "1–3-grams")}
    for name, fitted in third.items():
        table.add(f"{name} as a third block", stack(lab, [ours, fitted, theirs]))


def chi2_mask(rows, truth, most=3000):
    """1 for the terms of the highest χ² with each label, else 0: d × k."""
    present, mask = (rows > 0).astype(np.float32), np.zeros((rows.shape[1], truth.shape[1]), np.float32)
    for k in range(truth.shape[1]):
        mask[np.argsort(-np.nan_to_num(chi2(present, truth[:, k])[0]))[:most], k] = 1
    return mask


def log_count_ratios(rows, truth):
    """Wang & Manning 2012."""
    present = (rows > 0).astype(np.float32)
    with_label, everywhere = 1 + present.T @ truth.astype(np.float32), 2 + np.asarray(present.sum(0)).T
    without = everywhere - with_label
    return np.log((with_label / with_label.sum(0)) / (without / without.sum(0))).astype(np.float32)


def strengths_table(lab):
    ours, theirs, today = base(lab)
    table = Table(lab, today, "L2")
    for strength in (0.64, 0.256, 0.1, 0.016):
        table.add(f"words {strength}", stack(lab, [block(lab, words(lab), [strength]), theirs]))
    for strength in (25.6, 10.24, 4.0, 0.64, 0.256):
        table.add(f"cues {strength}", stack(lab, [ours, block(lab, cue_matrix(lab), [strength])]))
    words_each = kept(lab, "words each", lambda: block(lab, words(lab), [0.64, 0.256, 0.1, 0.04, 0.016], by_label=True))
    cues_each = kept(lab, "cues each", lambda: block(lab, cue_matrix(lab), [25.6, 10.24, 4.0, 1.6, 0.64, 0.256], by_label=True))
    table.add("words, each label its own", stack(lab, [words_each, theirs]), " ".join(f"{a:g}" for a in words_each.strengths))
    table.add("cues, each label its own", stack(lab, [ours, cues_each]), " ".join(f"{a:g}" for a in cues_each.strengths))
    mean = [block(lab, words(lab), [0.04], averaged=True), block(lab, cue_matrix(lab), [1.6], averaged=True)]
    table.add("weights averaged over the folds", stack(lab, mean), held=False)


def cues_table(lab):
    ours, theirs, today = base(lab)
    table = Table(lab, today, "Cues (the block of words as today)")
    for kind, name in CUE_VARIANTS.items():
        fitted = kept(lab, "cues " + kind, lambda: block(lab, cue_matrix(lab, kind), CUES_GRID))
        table.add(name, stack(lab, [ours, fitted]), f"{fitted.strengths[0]:g}")
    for scale in (0.1, 0.2, 0.4):
        both = sp.hstack([words(lab), np.float32(scale) * cue_matrix(lab)]).tocsr()
        joint = kept(lab, f"joint {scale}", lambda: block(lab, both))
        table.add(f"words and cues in one fit, cues × {scale}", stack(lab, [joint]), f"{joint.strengths[0]:g}")


CUE_VARIANTS = {
    "counts": "counts in place of yes or no", "log-counts": "1 + ln count", "short-long": "cues again for sentences of 25 words or more",
    "by-length": "a match weaker in a longer sentence", "pairs": "pairs of cues (in 15 sentences or more)",
}


def rows_table(lab):
    _, _, today = base(lab)
    documents = lab.counted
    registers = np.unique([row["register"] for row in lab.corpus], return_inverse=True)[1]
    alike = 1 / np.bincount(registers)[registers]
    alike /= alike.mean()
    column = lambda costs: np.asarray(costs, np.float32).reshape(lab.n, -1)
    variants = {
        "single sentences × .5": (column(np.where(documents, 1, 0.5)), None),
        "single sentences × .25": (column(np.where(documents, 1, 0.25)), None),
        "documents × 2": (column(np.where(documents, 2, 1)), None),
        "documents only": (None, documents),
        "single sentences only": (None, ~documents),
        "near misses × 3 for their label": (np.where(lab.near, 3.0, 1.0).astype(np.float32), None),
        "positives × 3": (np.where(lab.truth, 3.0, 1.0).astype(np.float32), None),
        "registers alike": (column(alike), None),
        "registers by the root of their size": (column(np.sqrt(alike) / np.sqrt(alike).mean()), None),
    }
    table = Table(lab, today, "Weights of rows (both blocks)")
    for name, (costs, only) in variants.items():
        ours = kept(lab, "words " + name, lambda: block(lab, words(lab), costs=costs, only=only))
        theirs = kept(lab, "cues " + name, lambda: block(lab, cue_matrix(lab), [4.0, 1.6], costs=costs, only=only))
        table.add(name, stack(lab, [ours, theirs]), f"{ours.strengths[0]:g}, {theirs.strengths[0]:g}")


def stack_table(lab):
    ours, theirs, today = base(lab)
    table = Table(lab, today, "The stack")
    whole = lambda more: (lambda k: (more[: lab.n], more[lab.n :]))
    lengths = np.log([[max(1, len(tokens))] for tokens in lab.tokens])
    lengths -= lengths[: lab.n].mean()
    everything = np.vstack([np.hstack([ours.held, theirs.held]), np.hstack([ours.mirror, theirs.mirror])])
    table.add("all slopes 1", Scores(ours.held + theirs.held, None, ours.mirror + theirs.mirror))
    table.add("slopes shared by the labels", shared_slopes(lab, [np.vstack([one.held, one.mirror]) for one in (ours, theirs)]))
    table.add("fitted on all sentences", stack(lab, [ours, theirs], counted=np.ones(lab.n, bool)))
    table.add("with their product", stack(lab, [ours, theirs], lambda k: (ours.held[:, [k]] * theirs.held[:, [k]], ours.mirror[:, [k]] * theirs.mirror[:, [k]])))
    table.add("with the sentence's length", stack(lab, [ours, theirs], whole(lengths)))
    for strength in (30.0, 300.0, 1000.0):
        table.add(f"with the scores of all labels (L2 {strength:g})", stack(lab, [ours, theirs], whole(everything), strength))
    held, mirror = any_framing(lab)
    table.add("with the score of “any framing?”", stack(lab, [ours, theirs], lambda k: (held[:, None], mirror[:, None])))
    log_p = lambda z: -np.logaddexp(0, -z)
    for share in (0.5, 1):
        joint = [log_p(own) + share * log_p(any_)[:, None] for own, any_ in ((today.held, held), (today.mirror, mirror))]
        table.add(f"p × p(any framing) to the power {share}", Scores(joint[0], None, joint[1]))


def any_framing(lab):
    """Held-out and mirror scores of a first stage that tells framed sentences from neutral ones."""
    truth = lab.truth.any(1, keepdims=True)
    ours = kept(lab, "words any", lambda: block(lab, words(lab), [0.256, 0.1, 0.04], truth=truth))
    theirs = kept(lab, "cues any", lambda: block(lab, cue_matrix(lab), [4.0, 1.6, 0.64], truth=truth))
    inputs, others, held = np.hstack([ours.held, theirs.held]), np.hstack([ours.mirror, theirs.mirror]), np.zeros(lab.n)
    for fold in range(FOLDS):
        learn, hold = lab.counted & (lab.folds != fold), lab.folds == fold
        slopes, shift = stacker(inputs[learn], truth[learn, 0])
        held[hold] = inputs[hold] @ slopes + shift
    slopes, shift = stacker(inputs[lab.counted], truth[lab.counted, 0])
    return held, others @ slopes + shift


def shared_slopes(lab, inputs):
    """One slope for each input over all labels, a shift for each label. `inputs`: (n + m) × k each."""
    q, k = len(inputs), len(lab.labels)

    def fit(learn):
        w, shift = np.full(q, 0.5), np.zeros(k)
        for _ in range(30):
            hessian, gradient = 1e-6 * np.eye(q + k), np.zeros(q + k)
            for label in range(k):
                x = np.stack([one[: lab.n][learn, label] for one in inputs], 1)
                p = 1 / (1 + np.exp(-(x @ w + shift[label])))
                x = np.hstack([x, np.ones((len(x), 1))])
                at = [*range(q), q + label]
                hessian[np.ix_(at, at)] += x.T @ (x * (p * (1 - p))[:, None])
                gradient[at] += x.T @ (p - lab.truth[learn, label])
            step = np.linalg.solve(hessian, gradient)
            w, shift = w - step[:q], shift - step[q:]
        return w, shift

    apply = lambda w, shift: sum(slope * one for slope, one in zip(w, inputs)) + shift
    held = np.zeros((lab.n, k))
    for fold in range(FOLDS):
        held[lab.folds == fold] = apply(*fit(lab.counted & (lab.folds != fold)))[: lab.n][lab.folds == fold]
    joint = apply(*fit(lab.counted))
    return Scores(held, joint[: lab.n], joint[lab.n :])


def beside(scores, mean, to):
    """What the neighbour scored, over the mean of its label; 0 where there is none."""
    with_none = np.vstack([scores - mean, np.zeros((1, scores.shape[1]))])
    return with_none[np.where(to < 0, len(scores), to)]


def in_context(lab, scores, before, after, places=None):
    """The score of a sentence plus a share of its neighbours' scores."""
    places = (lab.before, lab.after) if places is None else places
    out = []
    for held in (scores.held, scores.fitted):
        all_scores = np.vstack([held, scores.mirror])
        mean = held[lab.counted].mean(0)
        out.append(all_scores + before * beside(all_scores, mean, places[0]) + after * beside(all_scores, mean, places[1]))
    return Scores(out[0][: lab.n], out[1][: lab.n], out[1][lab.n :])


def context_table(lab):
    ours, theirs, today = base(lab)
    table = Table(lab, today, "Neighbours (a first pass scores every sentence; off where there is no neighbour)")
    everything = np.vstack([today.held, today.mirror])
    mean = today.held[lab.counted].mean(0)
    before, after = beside(everything, mean, lab.before), beside(everything, mean, lab.after)
    held, mirror = any_framing(lab)
    framed = np.concatenate([held, mirror])[:, None]
    framing = [beside(framed, framed[: lab.n][lab.counted].mean(0), to) for to in (lab.before, lab.after)]
    halves = lambda of: (lambda k: (of(k)[: lab.n], of(k)[lab.n :]))
    table.add("the neighbours' scores for the label, slopes learned", stack(lab, [ours, theirs], halves(lambda k: np.stack([before[:, k], after[:, k]], 1))))
    table.add("the same and their scores for any framing", stack(lab, [ours, theirs], halves(lambda k: np.hstack([before[:, [k]], after[:, [k]], *framing]))))
    table.add("their scores for all labels (L2 100)", stack(lab, [ours, theirs], halves(lambda k: np.hstack([before, after])), 100.0))
    table.add("mean score of the document's others", stack(lab, [ours, theirs], halves(lambda k: others_mean(lab, everything, mean)[:, [k]])))
    matrix = cue_matrix(lab)
    fitted = kept(lab, "cues beside", lambda: block(lab, (moved(lab, matrix, lab.before) + moved(lab, matrix, lab.after)).tocsr(), [25.6, 10.24, 4.0], only=lab.counted))
    table.add("the neighbours' cues as a third block", stack(lab, [ours, theirs, fitted]), f"{fitted.strengths[0]:g}")
    for one, two in ((0.05, 0.05), (0.1, 0.1), (0.15, 0.15), (0.1, 0), (0.15, 0)):
        table.add(f"slopes set to {one:g} before, {two:g} after", in_context(lab, today, one, two))
    table.add("control: random neighbours of the document, .1 and .1", in_context(lab, today, 0.1, 0.1, strangers(lab)))
    before = lab.before[lab.n :]
    for name, truth, places in (("corpus", lab.truth, lab.before[: lab.n]), ("mirror", lab.gold, np.where(before < 0, -1, before - lab.n))):
        here = np.flatnonzero(places >= 0)
        again = (truth[here] & truth[places[here]]).sum(0) / np.maximum(1, truth[here].sum(0))
        print(f"{name}: of the sentences with a label and a sentence before them, {again.mean():.0%} follow one with the same label (mean of labels)")


def others_mean(lab, scores, mean):
    out = np.zeros_like(scores)
    places = {}
    for at, document in enumerate(lab.documents):
        places.setdefault(document, []).append(at)
    for document, at in places.items():
        if document is not None and len(at) > 1:
            out[at] = (scores[at].sum(0) - scores[at]) / (len(at) - 1) - mean
    return out


def strangers(lab):
    """Neighbours in a random order of each document's sentences."""
    random, before, after, places = np.random.default_rng(1), np.full(len(lab.documents), -1), np.full(len(lab.documents), -1), {}
    for at, document in enumerate(lab.documents):
        places.setdefault(document, []).append(at)
    for document, at in places.items():
        if document is not None:
            mixed = random.permutation(at)
            before[mixed[1:]], after[mixed[:-1]] = mixed[:-1], mixed[1:]
    return before, after


def thresholds_table(lab):
    ours, theirs, today = base(lab)
    truth, scores = lab.truth[lab.counted], today.fitted[lab.counted]
    print("\nThresholds, chosen on held-out sentences of documents\n")
    columns = ["rule", "held out: macro F1", "neutral flagged", "framed flagged", "mirror: macro F1", "micro F1", "neutral flagged", "framed flagged"]
    print("| " + " | ".join(columns) + " |\n" + "|---" * len(columns) + "|")
    logit = lambda p: np.log(p / (1 - p))
    rules = {"each label's best F1": together(scores, truth, 0), "today: .8 micro + .2 macro F1": together(scores, truth)}
    rules |= {f"F{beta}": together(scores, truth, beta=beta) for beta in (0.5, 0.7, 1.5, 2)}
    rules["today, halfway to their mean"] = (rules["today: .8 micro + .2 macro F1"] + rules["today: .8 micro + .2 macro F1"].mean()) / 2
    rules["today, mean of cuts over the folds"] = np.mean([together(scores[at], truth[at]) for at in (lab.folds[lab.counted] != fold for fold in range(FOLDS))], 0)
    rules |= {f"precision {share}": precise(scores, truth, share) for share in (0.5, 0.6, 0.7, 0.8, 0.9)}
    highest = lambda times: np.array([np.quantile(scores[:, k], 1 - times * truth[:, k].mean()) for k in range(truth.shape[1])])
    rules |= {f"{times} × the label's prevalence": highest(times) for times in (0.7, 1, 1.5)}
    rules |= {f"one cut, {p}": np.full(truth.shape[1], logit(p)) for p in (0.5, 0.4, 0.3, 0.2)}
    for name, cuts in rules.items():
        operating(lab, name, today, cuts)
    for slopes in ((0.05, 0.05), (0.1, 0.1)):
        context = in_context(lab, today, *slopes)
        for name, rule in (("today's rule", together), ("precision 0.8", lambda s, t: precise(s, t, 0.8))):
            operating(lab, f"neighbours {slopes[0]}, {slopes[1]}; {name}", context, rule(context.fitted[lab.counted], truth))


def operating(lab, name, scores, cuts):
    """A row: figures on the corpus and on the mirror, with intervals there."""
    few, gold, given = lab.draws_mirror[:500], lab.gold, scores.mirror >= cuts
    figures, held = rates(gold, given), rates(lab.truth[lab.counted], scores.fitted[lab.counted] >= cuts)
    low, high = np.quantile([rates(gold, given, draw[:, None]) for draw in few], [0.025, 0.975], axis=0)
    cells = [f"{held[0]:.3f}", f"{held[2]:.1%}", f"{held[3]:.1%}"]
    cells += [f"{figures[at]:.3f} [{low[at]:.3f}, {high[at]:.3f}]" for at in (0, 1)] + [f"{figures[at]:.1%} [{low[at]:.1%}, {high[at]:.1%}]" for at in (2, 3)]
    print(f"| {name} | {' | '.join(cells)} |", flush=True)


def rates(truth, given, weights=1.0):
    """Macro F1, micro F1, share of neutral sentences flagged, share of framed ones flagged."""
    hits, own, said = ((weights * one).sum(0) for one in (truth & given, truth, given))
    neutral, flagged, w = ~truth.any(1), given.any(1), np.broadcast_to(weights, (len(truth), 1))[:, 0]
    share = lambda where: (w * where * flagged).sum() / (w * where).sum()
    return np.mean(2 * hits / np.maximum(1, own + said)), 2 * hits.sum() / (own.sum() + said.sum()), share(neutral), share(~neutral)


def together(scores, truth, micro=0.8, beta=1.0):
    """The rule of `src/learn/threshold.rs`, for F-beta: coordinate ascent from each label's own best cut, in steps of .2."""
    grid, b, k = np.arange(-7, 5, 0.2), beta * beta, truth.shape[1]
    own = truth.sum(0)
    hits = np.array([[(truth[:, l] & (scores[:, l] >= cut)).sum() for cut in grid] for l in range(k)])
    said = np.array([[(scores[:, l] >= cut).sum() for cut in grid] for l in range(k)])
    f = (1 + b) * hits / np.maximum(1, b * own[:, None] + said)
    chosen = f.argmax(1)
    for _ in range(20):
        old = chosen.copy()
        for l in range(k):
            others = np.arange(k) != l
            h, s = hits[others, chosen[others]].sum(), said[others, chosen[others]].sum()
            chosen[l] = (micro * (1 + b) * (h + hits[l]) / np.maximum(1, b * own.sum() + s + said[l]) + (1 - micro) * f[l] / k).argmax()
        if micro == 0 or (old == chosen).all():
            break
    return grid[chosen]


def precise(scores, truth, share):
    """For each label the laxest cut of at least this precision."""
    cuts = []
    for k in range(truth.shape[1]):
        order = np.argsort(-scores[:, k])
        enough = np.flatnonzero(np.cumsum(truth[order, k]) / np.arange(1, len(order) + 1) >= share)
        cuts.append(scores[order[enough[-1]], k] if len(enough) else np.inf)
    return np.array(cuts)


TABLES = {
    "words": words_table, "strengths": strengths_table, "cues": cues_table, "rows": rows_table, "stack": stack_table, "context": context_table, "thresholds": thresholds_table,
}


def main(rhetor, mirror, cache, *tables):
    lab = Lab(rhetor, mirror, cache)
    for name in tables or TABLES:
        TABLES[name](lab)


if __name__ == "__main__":
    main(*sys.argv[1:])
