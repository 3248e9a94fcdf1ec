"""What the project set out to reach, beside what was measured: one row a goal, from the results of all sections."""
from tables import digits, table


def goals(known):
    """Markdown, and the rows. A goal whose section was not run is left out."""
    rows = [row for section, of in SECTIONS.items() if known.get(section) for row in of(known)]
    lines = [[goal, wanted, measured, "met" if reached == "all" else "missed" if reached == "none" else reached] for goal, wanted, measured, reached in rows]
    return table(["", "goal", "measured", ""], lines).replace("---:", "---"), rows


def of_start(known):
    least = {name: seconds[0] * 1e3 for name, seconds in known["start"].items()}
    name = lambda part, end: next(name for name in least if part in name and name.endswith(end))
    small, sentence, large = name("embedded", "empty input"), name("embedded", "one sentence"), name("model file", "empty input")
    return [
        one("start, embedded model, empty input", least[small], " ms", most=3),
        one("start, embedded model, one sentence", least[sentence], " ms", most=3),
        one(f"start, {large.removeprefix('rhetor, ').removesuffix(', empty input')}", least[large], " ms", most=25),
    ]


def of_classify(known):
    found = known["classify"]

    def rate(way, text="fresh", what="wall"):
        cost, empty = found.get(f"{way}: {text}"), found.get(f"{way}: empty")
        return cost and cost["bytes"] / 1e6 / (cost[what] - empty[what])

    def times(way, other, what="wall"):
        return rate(other, what=what) and rate(way, what=what) / rate(other, what=what)

    ngrams, bare, embedded = "rhetor, n-grams: lines, TSV", "rhetor, n-grams: lines, TSV, `--voice none`", "rhetor, embedded: lines, TSV"
    sentences, fasttext, vw = "rhetor, embedded: sentences, TSV", "fastText, wordNgrams 2", "Vowpal Wabbit, bigrams (two threads)"
    two = next(way for way in (key.rsplit(": ", 1)[0] for key in found) if way.startswith(f"{sentences}, "))
    rows = [
        one("n-grams without voices, beside fastText 2", times(bare, fasttext), " ×", least=20),
        one("n-grams without voices, beside Vowpal Wabbit, per CPU second", times(bare, vw, "cpu"), " ×", least=4),
        one("n-grams without voices, beside `wc -w`", times(bare, "`wc -w`, C.UTF-8"), " ×", least=0.8),
        one("embedded model, lines", rate(embedded), " MB/s", least=80),
        one("embedded model, lines, beside fastText 2", times(embedded, fasttext), " ×", least=10),
        one("JSONL beside TSV, n-grams", times("rhetor, n-grams: lines, JSONL", ngrams), " ×", least=0.8),
        one("embedded model, sentences", rate(sentences), " MB/s", least=30),
        one("embedded model, `--explain`", rate("rhetor, embedded: lines, JSONL, `--explain`"), " MB/s", least=25),
        one("two threads beside one, sentences", times(two, sentences), " ×", least=1.8),
        one("repeated beside fresh text, n-grams", rate(ngrams, "repeated") / rate(ngrams), " ×", most=1.25),
        one("memory beyond the model at start, embedded, one thread", (found[f"{embedded}: fresh"]["memory"] - found[f"{embedded}: empty"]["memory"]) / 1e6, " MB", most=30),
    ]
    return [row for row in rows if row]


def of_solver(known):
    sets = known["solver"]
    ratio = lambda pick: {name: pick(found["liblinear"]) / found["level"]["seconds"] for name, found in sets.items()}
    return [
        each("solver to the same objective, liblinear's -s 0 beside it", ratio(lambda seconds: seconds["0"]), least=2),
        each("solver to the same objective, the quicker of liblinear's two beside it", ratio(lambda seconds: min(seconds.values())), least=1),
    ]


def of_linfa(known):
    found = known["linfa"]
    return [one("solver, linfa-logistic beside it, dense rows", found["linfa"] / found["seconds"], " ×", least=500)]


def of_train(known):
    sets = known["train"]

    def ratio(way, other):
        return {name: found[way]["wall"] / found[other]["wall"] for name, found in sets.items() if way in found and other in found}

    ours, usual = "rhetor, one strength, no cues", "rhetor, as it comes"
    quick = "rhetor, one strength, one fold held out"
    rows = [
        each("training, one strength, beside Vowpal Wabbit's pass", ratio(ours, "Vowpal Wabbit, one pass, bigrams"), most=1),
        each("the same with one fold held out (`--holdout`), beside it", ratio(quick, "Vowpal Wabbit, one pass, bigrams"), most=1),
        each("training, one strength, fastText epoch 5 beside it", ratio("fastText, epoch 5, wordNgrams 2", ours), least=5),
        each("the same with one fold held out, fastText epoch 5 beside it", ratio("fastText, epoch 5, wordNgrams 2", quick), least=5),
        each("training as it comes, beside one strength from text to model", ratio(usual, ours), most=30),
        each("training as it comes, beside one fit of scikit-learn", ratio(usual, "scikit-learn, L-BFGS"), most=1),
    ]
    return [row for row in rows if row]


def of_growth(known):
    found = {key: cost["memory"] / cost["bytes"] for key, cost in known["growth"].items() if key.startswith("one strength") and "12 labels" in key}
    largest = max(found, key=lambda key: int(key.split(": ")[1].split()[0]))
    return [one(f"memory beside the text, {largest}", found[largest], " ×", most=4)]


def one(goal, value, unit, least=None, most=None):
    """A goal of one figure; nothing if there is none."""
    if value is None:
        return None
    reached = value >= least if least is not None else value <= most
    return goal, bound(least, most, unit), digits(value, unit), "all" if reached else "none"


def each(goal, values, least=None, most=None):
    """A goal that each of several sets may reach."""
    if not values:
        return None
    reached = [value >= least if least is not None else value <= most for value in values.values()]
    shown = ", ".join(f"{name} {digits(value, ' ×')}" for name, value in values.items())
    count = "all" if all(reached) else "none" if not any(reached) else f"met on {sum(reached)} of {len(reached)}"
    return goal, bound(least, most, " ×"), shown, count


def bound(least, most, unit):
    return f"≥ {least}{unit}" if least is not None else f"≤ {most}{unit}"


SECTIONS = {"start": of_start, "classify": of_classify, "solver": of_solver, "linfa": of_linfa, "train": of_train, "growth": of_growth}
