"""rhetor beside fastText, Vowpal Wabbit, liblinear, scikit-learn and linfa-logistic: the tables of docs/benchmarks.md.

`just peers` runs all sections; docs/benchmarks.md says what each measures and what it takes. Results are in Markdown on standard output and in
JSON in target/peers/results.json. Peers that are not there are named, with the command that brings them, and left out.
"""
import argparse
import glob
import json
import math
import os
import pathlib
import platform
import shutil
import subprocess
import time
import zlib

import measure
import programs
from goals import goals
from measure import Cost, Job, in_turn, run, say
from programs import Data, Tools, prepared
from tables import curves, digits, megabytes, put, share, table

ROOT = programs.ROOT


def main():
    given = arguments()
    place = pathlib.Path(given.scratch).resolve()
    # All that is deleted at the end lies in a folder of this name.
    scratch, results = place / "rhetor-peers-files", place / "results.json"
    scratch.mkdir(parents=True, exist_ok=True)
    measure.SCRATCH = scratch / "run"
    tools = Tools.find(given.rhetor, given.fresh_text, scratch, place / "venv", not given.no_install)
    known = json.loads(results.read_text()) if results.exists() else {}
    for name in given.sections or SECTIONS:
        say(f"== {name}")
        start = time.monotonic()
        # As they are read again, so that keys are text.
        given.known = json.loads(json.dumps(known))
        text, known[name] = SECTIONS[name](tools, given)
        took = time.monotonic() - start
        text += f"\n\n`just peers {name}{given.typed}`: {took:.0f} s in all." if name not in ("machine", "goals") else ""
        print(f"\n## {name}\n\n{text}", flush=True)
        say(f"{name} took {took:.0f} s")
        if given.write:
            put(given.write, name, text)
        results.write_text(json.dumps(known, indent=1))
    if not given.keep:
        shutil.rmtree(scratch)


def arguments():
    parser = argparse.ArgumentParser(prog="just peers", description=__doc__.split("\n")[0])
    parser.add_argument("sections", nargs="*", metavar="SECTION", help=f"{', '.join(SECTIONS)} [default: all]")
    parser.add_argument("--data", help="a folder of labelled sets, each a folder with train.jsonl and test.jsonl (text, labels)")
    parser.add_argument("--sets", help="only these sets of the folder, with commas")
    parser.add_argument("--megabytes", type=int, default=50, help="size of the text for classifying [default: 50]")
    parser.add_argument("--long", type=int, default=500, help="size of the long text; 0 for none [default: 500]")
    parser.add_argument("--rows", type=int, default=1_000_000, help="most rows in the section on growth [default: 1000000]")
    parser.add_argument("--runs", type=int, default=3, help="how often each program runs at most [default: 3]")
    parser.add_argument("--patience", type=float, default=5, help="seconds after which a program is not run again [default: 5]")
    parser.add_argument("--limit", type=float, default=45, help="leave out or end runs that take more seconds than this [default: 45]")
    parser.add_argument("--quick", action="store_true", help="small sizes, one run: does everything work?")
    parser.add_argument("--write", metavar="PAGE", help="put the tables between the marks of this page, and the curves into pictures/ beside it")
    parser.add_argument("--scratch", default=ROOT / "target/peers", help="where files lie [default: target/peers]")
    parser.add_argument("--keep", action="store_true", help="keep those files")
    parser.add_argument("--no-install", action="store_true", help="make no virtual environment")
    parser.add_argument("--rhetor", default=ROOT / "target/release/rhetor", help=argparse.SUPPRESS)
    parser.add_argument("--fresh-text", default=ROOT / "target/release/examples/fresh_text", help=argparse.SUPPRESS)
    given = parser.parse_args()
    for name in given.sections:
        if name not in SECTIONS:
            parser.error(f"no section {name!r}; there are {', '.join(SECTIONS)}")
    if given.quick:
        given.megabytes, given.long, given.rows, given.runs = min(given.megabytes, 4), min(given.long, 8), min(given.rows, 10_000), 1
    # What it takes to repeat the run, but for places.
    asked = {name: getattr(given, name) for name in ("sets", "megabytes", "long", "rows", "runs", "patience", "limit")}
    others = [f" --{name} {value:g}" if isinstance(value, float) else f" --{name} {value}" for name, value in asked.items() if value != parser.get_default(name)]
    given.typed = (" --data DATA" if given.data else "") + (" --quick" if given.quick else "".join(others))
    return given


# The machine.


def machine(tools, given):
    cpu = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), platform.machine())
    memory = int(open("/proc/meminfo").readline().split()[1]) / 2**20
    found = {
        "processor": f"{cpu}, {os.cpu_count()} cores",
        "memory": f"{memory:.0f} GiB",
        "system": f"Linux {platform.release()}, {platform.freedesktop_os_release().get('PRETTY_NAME', '')}",
        "compiler": programs.first_line(["rustc", "--version"]),
        "load before the run": f"{os.getloadavg()[0]:.1f}",
        "day": time.strftime("%Y-%m-%d", time.gmtime()),
        **tools.versions(),
    }
    return table(["", ""], found.items()).replace("---:", "---"), found


# Classifying.


def classify(tools, given):
    data = corpus(tools, 10 if given.quick else 1)
    models = classify_models(tools, data)
    texts = {name: Texts(tools, name, size) for name, size in texts_of(given).items()}
    ways = {way: make for way, make in classify_ways(tools, data).items() if make}
    empty = Texts(tools, "empty", 0)
    jobs = {(way, text): make(texts[text]) for way, make in ways.items() for text in ("fresh", "repeated") if text == "fresh" or way in REPEATED}
    jobs |= {(way, "empty"): make(empty) for way, make in ways.items()}
    costs = in_turn(jobs, given.runs, given.patience)
    if "long" in texts:
        fits = lambda way: way not in SHORT and (way, "fresh") in costs and costs[way, "fresh"].wall * given.long / given.megabytes < given.limit
        costs |= in_turn({(way, "long"): make(texts["long"]) for way, make in ways.items() if fits(way)}, 1, 0)
    return classify_table(ways, costs, texts, models, given), {f"{way}: {text}": vars(cost) | {"bytes": texts[text].size if text != "empty" else 0} for (way, text), cost in costs.items()}


# What differs from another way by its output alone has no need of the long text.
SHORT = ["rhetor, n-grams: lines, JSONL", "rhetor, embedded: lines, JSONL", "rhetor, embedded: lines, JSONL, `--explain`"]
REPEATED = ["rhetor, n-grams: lines, TSV", "rhetor, embedded: lines, TSV", "rhetor, embedded: sentences, TSV"]


def texts_of(given):
    long = {"long": given.long} if given.long > given.megabytes else {}
    return {"fresh": given.megabytes, "repeated": given.megabytes} | long


def corpus(tools, every):
    """The embedded model's sentences (or every so many-th), less a tenth for judging."""
    rows = []
    for path in sorted(glob.glob(str(ROOT / "training/[dps]*/*.jsonl"))):
        with open(path, encoding="utf-8") as file:
            rows += [json.loads(line) for line in file]
    rows, held = rows[::every], lambda row: zlib.crc32(row["text"].encode()) % 10 == 0
    return Data(tools.scratch / "corpus", [row for row in rows if not held(row)], [row for row in rows if held(row)])


def classify_models(tools, data):
    """Trains what classifies, and returns the mean average precision of each on the tenth."""
    found = {}
    job, _ = programs.rhetor_train(tools, data, "ngrams.rhetor", *programs.ONE_STRENGTH)
    run(job[0])
    found["rhetor, n-grams"] = programs.mean_average_precision(data, programs.rhetor_answers(tools, data, "ngrams.rhetor")[1])
    if tools.fasttext:
        for grams in (1, 2):
            run(programs.fasttext_train(tools, data, f"ft{grams}", "-wordNgrams", grams, "-epoch", 25, "-lr", 0.5)[0][0])
            found[f"fastText, wordNgrams {grams}"] = programs.mean_average_precision(data, programs.fasttext_answers(tools, data, f"ft{grams}")[1])
    if tools.python:
        run(programs.vw_train(tools, data, "vw", "--ngram", 2)[0][0])
        found["Vowpal Wabbit, bigrams"] = programs.mean_average_precision(data, programs.vw_answers(tools, data, "vw")[1])
    return found


class Texts:
    """A text in the forms that programs read: paragraphs with blank lines between, without those lines, and prepared for fastText and for Vowpal Wabbit."""

    def __init__(self, tools, name, size):
        self.paths = {form: tools.scratch / f"{name}.{form}" for form in ("paragraphs", "lines", "words", "vw")}
        files = {form: open(path, "wb") for form, path in self.paths.items()}
        self.size = 0
        for block in blocks_of(tools, name, size):
            words = prepared(block).replace(b"\n\n", b"\n")
            files["paragraphs"].write(block)
            files["lines"].write(block.replace(b"\n\n", b"\n"))
            files["words"].write(words)
            files["vw"].write(b"|t " + words[:-1].replace(b"\n", b"\n|t ") + b"\n")
            self.size += len(block)
        for file in files.values():
            file.close()


def blocks_of(tools, name, size):
    """Whole paragraphs, some megabytes at a time: text drawn anew, or five megabytes of it over and over."""
    if size == 0:
        return
    if name == "repeated":
        piece = subprocess.run([tools.fresh_text, "5"], capture_output=True, check=True).stdout
        yield from (piece for _ in range(max(1, size // 5)))
        return
    drawn = subprocess.Popen([tools.fresh_text, str(size)], stdout=subprocess.PIPE)
    rest = b""
    while part := drawn.stdout.read(1 << 24):
        whole, rest = (rest + part).rsplit(b"\n\n", 1)
        yield whole + b"\n\n"
    if rest:
        yield rest
    drawn.wait()


def classify_ways(tools, data):
    """Name → how to make the job from a text. What is not there has no job."""
    embedded, ngrams = [], ["-m", data / "ngrams.rhetor"]
    two = tools.threads

    def rhetor(model, form, threads, *options):
        command = [tools.rhetor, "classify", "-q", "--no-config", "--threads", threads, *model, *options]
        return lambda text: Job(command, stdin=text.paths[form])

    def fasttext(grams):
        command = [tools.fasttext, "predict-prob", data / f"ft{grams}.bin", "-", -1, 0]
        return tools.fasttext and (lambda text: Job(command, stdin=text.paths["words"]))

    line, sentence = ["--unit", "line", "-f"], ["--unit", "sentence", "-f"]
    return {
        "rhetor, n-grams: lines, TSV": rhetor(ngrams, "lines", 1, *line, "tsv"),
        "rhetor, n-grams: lines, TSV, `--voice none`": rhetor(ngrams, "lines", 1, *line, "tsv", "--voice", "none"),
        "rhetor, n-grams: lines, JSONL": rhetor(ngrams, "lines", 1, *line, "jsonl"),
        f"rhetor, n-grams: lines, TSV, {two} threads": rhetor(ngrams, "lines", two, *line, "tsv"),
        "rhetor, embedded: lines, TSV": rhetor(embedded, "lines", 1, *line, "tsv"),
        "rhetor, embedded: lines, TSV, `--voice none`": rhetor(embedded, "lines", 1, *line, "tsv", "--voice", "none"),
        "rhetor, embedded: lines, JSONL": rhetor(embedded, "lines", 1, *line, "jsonl"),
        "rhetor, embedded: lines, JSONL, `--explain`": rhetor(embedded, "lines", 1, *line, "jsonl", "--explain"),
        "rhetor, embedded: sentences, TSV": rhetor(embedded, "paragraphs", 1, *sentence, "tsv"),
        f"rhetor, embedded: lines, TSV, {two} threads": rhetor(embedded, "lines", two, *line, "tsv"),
        f"rhetor, embedded: sentences, TSV, {two} threads": rhetor(embedded, "paragraphs", two, *sentence, "tsv"),
        "fastText, wordNgrams 1": fasttext(1),
        "fastText, wordNgrams 2": fasttext(2),
        "Vowpal Wabbit, bigrams (two threads)": tools.python
        and (lambda text: Job(programs.vw(tools, "-t", "-d", text.paths["vw"], "-i", data / "vw", "--probabilities", "-p", "/dev/null"))),
        "`wc -w`, C.UTF-8": lambda text: Job(["wc", "-w"], stdin=text.paths["lines"], env={"LC_ALL": "C.UTF-8"}),
        "`cat`": lambda text: Job(["cat"], stdin=text.paths["lines"]),
    }


def classify_table(ways, costs, texts, models, given):
    def rate(way, text, what="wall"):
        if (way, text) not in costs:
            return None
        whole, start = getattr(costs[way, text], what), getattr(costs[way, "empty"], what)
        # Where nearly all of it is start, the rest is noise.
        return texts[text].size / 1e6 / (whole - start) if whole - start > whole / 10 else None

    base = rate("fastText, wordNgrams 2", "fresh")
    rows = []
    for way in ways:
        fresh, cpu = rate(way, "fresh"), rate(way, "fresh", "cpu")
        if (way, "fresh") not in costs:
            continue
        long, repeated = rate(way, "long"), rate(way, "repeated")
        last = "long" if long else "fresh"
        quality = next((share(figure) for name, figure in models.items() if way.startswith(name)), "")
        memory = f"{megabytes(costs[way, last].memory)} ({megabytes(costs[way, 'empty'].memory)})"
        times = digits(fresh / base, " ×") if base and fresh else "–"
        rows.append([way, digits(fresh), digits(cpu), times, digits(long) if long else "–", digits(repeated) if repeated else "", memory, quality])
    sizes = [f"{texts[name].size / 1e6:.0f} MB" for name in ("fresh", "long", "repeated") if name in texts]
    head = ["one thread unless said", f"MB/s, {sizes[0]}", "MB a CPU second", "fastText 2", f"MB/s, {sizes[1]}" if "long" in texts else "MB/s, long", "MB/s, repeated", "memory (at start)", "mean AP"]
    return table(head, rows) + f"\n\n{a_billion(rate('rhetor, embedded: lines, JSONL', 'fresh', 'cpu'))}"


def a_billion(rate):
    """What a thousand million sentences cost, on paper."""
    hours = BILLION / 1e6 / rate / 3600 if rate else math.nan
    return (
        f"On paper, from that: a billion sentences of 130 bytes are 130 GB. With the embedded model, lines and JSONL ({digits(rate)} MB a CPU second) they take {digits(hours)} core-hours: "
        f"{digits(hours / 16 * 60)} minutes on 16 cores."
    )


BILLION = 130e9


# Training.


def train(tools, given):
    parts, figures = [], {}
    for name, data in labelled_sets(tools, given):
        say(f"training on {name}")
        text, figures[name] = train_on(tools, given, name, data)
        parts.append(text)
    return "\n\n".join(parts), figures


def labelled_sets(tools, given):
    for folder in sorted(pathlib.Path(given.data).iterdir()) if given.data else []:
        parts = [folder / f"{part}.jsonl" for part in ("train", "test")]
        if all(part.exists() for part in parts) and (not given.sets or folder.name in given.sets.split(",")):
            yield folder.name, Data(tools.scratch / folder.name, *([json.loads(line) for line in open(part, encoding="utf-8")] for part in parts))
    if not given.sets or "generated" in given.sets.split(","):
        rows = 2_000 if given.quick else 10_000
        yield "generated", drawn(tools, rows, 20)


def drawn(tools, rows, labels, test=4_000):
    """Rows that fresh_text draws, and others for judging."""
    draw = lambda count, seed: [json.loads(line) for line in programs.output([tools.fresh_text, "rows", count, labels, seed]).splitlines()]
    return Data(tools.scratch / f"drawn-{rows}-{labels}", draw(rows, 1), draw(test, 2))


def train_ways(tools, data):
    """Name → (jobs, model, how to ask it, what of the time is only start)."""
    ways = {
        "rhetor, one strength, no cues": (*programs.rhetor_train(tools, data, "one.rhetor", *programs.ONE_STRENGTH), programs.rhetor_answers),
        "rhetor, one strength, one fold held out": (*programs.rhetor_train(tools, data, "holdout.rhetor", *programs.ONE_STRENGTH, "--holdout"), programs.rhetor_answers),
        "rhetor, one strength, pairs in 2¹⁸ buckets": (*programs.rhetor_train(tools, data, "hashed.rhetor", *programs.ONE_STRENGTH, "--hash-bits", 18), programs.rhetor_answers),
        "rhetor, as it comes": (*programs.rhetor_train(tools, data, "usual.rhetor"), programs.rhetor_answers),
    }
    if tools.python:
        ways["Vowpal Wabbit, one pass, bigrams"] = (*programs.vw_train(tools, data, "vw", "--ngram", 2), programs.vw_answers)
    if tools.fasttext:
        ways["fastText, epoch 5, wordNgrams 2"] = (*programs.fasttext_train(tools, data, "ft5", "-epoch", 5, "-wordNgrams", 2), programs.fasttext_answers)
        ways["fastText, epoch 25, lr 0.5, wordNgrams 2"] = (*programs.fasttext_train(tools, data, "ft25", "-epoch", 25, "-lr", 0.5, "-wordNgrams", 2), programs.fasttext_answers)
    if tools.python:
        ways["scikit-learn, L-BFGS"] = (*programs.sklearn_train(tools, data, "sk"), programs.sklearn_answers)
        if tools.liblinear and data.single:
            for solver in (0, 7):
                (job,), model = programs.liblinear_train(tools, data, f"ll{solver}", solver)
                vectors = programs.sklearn(tools, "vectors", *(data / name for name in ("train.jsonl", "test.jsonl", "train.svm", "test.svm")))
                ways[f"liblinear -s {solver}, vectors by scikit-learn"] = ([vectors, job], model, programs.liblinear_answers)
    return ways


def train_on(tools, given, name, data):
    ways = train_ways(tools, data)
    jobs = {(way, at): job for way, (jobs, *_) in ways.items() for at, job in enumerate(jobs)}
    if tools.python:
        jobs["start of vw"], jobs["start of sklearn"] = Job([tools.python, "-c", "import vowpalwabbit"]), programs.sklearn(tools, "start")
    costs = in_turn(jobs, given.runs, given.patience, 2 * given.limit)
    rows, figures, ended = [], {}, []
    for way, (jobs, model, ask) in ways.items():
        if any((way, at) not in costs for at in range(len(jobs))):
            continue
        cost = Cost(0, 0, 0)
        for at in range(len(jobs)):
            started = "start of vw" if "Vowpal" in way else "start of sklearn" if "scikit-learn" in way and at == 0 else None
            cost = cost.plus(costs[way, at].less(costs[started]) if started else costs[way, at])
        if cost.wall == math.inf:
            ended.append(f"{way}: ended after {2 * given.limit:.0f} s.")
            continue
        given_labels, scores = ask(tools, data, model.name.removesuffix(".bin"))
        if not data.single and "rhetor" not in way:
            given_labels = programs.cut_best(data, scores)
        score = programs.accuracy if data.single else programs.micro_f1
        quality = [score(data, given_labels), programs.macro_f1(data, given_labels)]
        size = model.stat().st_size
        figures[way] = vars(cost) | {"model": size, "quality": quality}
        rows.append([way, cost, size, quality])
    base = next((cost for way, cost, *_ in rows if "Vowpal" in way), None)
    lines = [
        [way, digits(cost.wall), digits(cost.wall / base.wall, " ×") if base else "–", digits(cost.cpu), megabytes(cost.memory), megabytes(size), share(quality[0]), share(quality[1])]
        for way, cost, size, quality in rows
    ]
    kind = "accuracy" if data.single else "micro F1"
    head = [f"**{name}**: {len(data.train):,} rows, {megabytes(data.bytes)}, {len(data.labels)} labels", "seconds", "vw", "CPU s", "memory", "model", kind, "macro F1"]
    return "\n\n".join([table(head, lines), *ended]), figures


# The learner alone.


def solver(tools, given):
    if not tools.python or not tools.liblinear:
        return "liblinear or scikit-learn is missing.", {}
    program, rows, figures = solver_program(), [], {}
    for name, data in labelled_sets(tools, given):
        if not data.single:
            continue
        run(programs.sklearn(tools, "vectors", *(data / part for part in ("train.jsonl", "test.jsonl", "train.svm", "test.svm"))))
        jobs = {}
        for number in (0, 7):
            jobs[number, "fit"] = programs.liblinear_train(tools, data, f"ll{number}", number)[0][0]
            jobs[number, "read"] = programs.liblinear_train(tools, data, f"read{number}", number, "-e", "1e30")[0][0]
        costs = in_turn(jobs, given.runs, given.patience)
        ask = lambda *words: json.loads(programs.output([program, "--bench", *words]))
        ours = ask("fit", data / "train.svm", programs.STRENGTH)
        theirs = {number: ask("value", data / "train.svm", programs.STRENGTH, data / f"ll{number}")["objective"] for number in (0, 7)}
        seconds = {number: costs[number, "fit"].less(costs[number, "read"]).wall for number in (0, 7)}
        best = min(ours["objective"], *theirs.values())
        quicker = min(seconds, key=seconds.get)
        level = ask("reach", data / "train.svm", programs.STRENGTH, min(theirs[quicker], best * (1 + 1e-4)))
        over = lambda value: f"{value / best - 1:.1e}" if value > best * (1 + 1e-9) else "least"
        figures[name] = ours | {"liblinear": seconds, "objectives": theirs, "level": level}
        shape = f"{name}: {ours['rows']:,} × {ours['columns']:,}, {ours['entries']:,} entries, {ours['problems']} problem{'s' * (ours['problems'] > 1)}"
        rows.append([shape, digits(ours["seconds"]), digits(level["seconds"]), digits(seconds[0]), digits(seconds[7]), digits(seconds[0] / level["seconds"], " ×"),
                     digits(min(seconds.values()) / level["seconds"], " ×"), over(ours["objective"]), over(level["objective"]), over(theirs[0]), over(theirs[7])])
    head = ["", "rhetor, s", "rhetor level, s", "-s 0, s", "-s 7, s", "-s 0 / level", "the quicker / level", "over the least: rhetor", "level", "-s 0", "-s 7"]
    return table(head, rows), figures


def solver_program():
    """The bench as Cargo has built it."""
    built = programs.output(["cargo", "bench", "--quiet", "--no-run", "--bench", "solver", "--message-format", "json", "--manifest-path", ROOT / "Cargo.toml"])
    return next(found for line in built.splitlines() if (found := json.loads(line).get("executable")) and "solver" in found)


def linfa(tools, given):
    rows, columns = (1_000, 1_000) if given.quick else (5_000, 8_000)
    found = json.loads(programs.output([solver_program(), "--bench", "dense", rows, columns]))
    line = [f"{rows:,} × {columns:,}", digits(found["linfa"]), digits(found["seconds"]), digits(found["linfa"] / found["seconds"], " ×"), f"{found['apart']:.1e}", digits(found["largest"])]
    return table(["", "linfa-logistic, s", "rhetor, s", "ratio", "weights apart at most", "largest weight"], [line]), found


# Growth.


GROWING = {"one strength": programs.ONE_STRENGTH, "one fold held out": [*programs.ONE_STRENGTH, "--holdout"], "2¹⁸ buckets": [*programs.ONE_STRENGTH, "--hash-bits", 18], "as it comes": [], "Vowpal Wabbit": None}


def growth(tools, given):
    by_rows, by_labels = [1_000 * 10**power for power in range(8) if 1_000 * 10**power < given.rows] + [given.rows], [2, 20, 200]
    sizes = [(rows, 12) for rows in by_rows] + [(2_000 if given.quick else 20_000, labels) for labels in by_labels]
    costs, text = grown(tools, given, sizes)
    lines = []
    for size in sizes:
        cells = [f"{size[0]:,}", size[1], megabytes(text[size])]
        for way in GROWING:
            cost = costs.get((way, size))
            cells += [digits(cost.wall), f"{megabytes(cost.memory)}, {digits(cost.memory / text[size], ' ×')}"] if cost else ["–", "–"]
        lines.append(cells)
    head = ["rows", "labels", "text"] + [f"{way}{what}" for way in GROWING for what in (", s", ": memory, × text")]
    shown = table(head, lines)
    if given.write:
        growth_picture(pathlib.Path(given.write).parent / "pictures/growth.svg", costs, by_rows, sizes[-1][0], by_labels)
        shown += "\n\n![Time and memory by rows and by labels](pictures/growth.svg)"
    return shown, {f"{way}: {rows} rows, {labels} labels": vars(cost) | {"bytes": text[rows, labels]} for (way, (rows, labels)), cost in costs.items()}


def grown(tools, given, sizes):
    """What each way of training costs for so many rows and labels, and how much text that is. A run that would pass the limit is left out."""
    costs, text, last = {}, {}, {}
    start = run(Job([tools.python, "-c", "import vowpalwabbit"])) if tools.python else None
    for rows, labels in sizes:
        data = DrawnRows(tools, rows, labels)
        text[rows, labels] = data.bytes
        for way, options in GROWING.items():
            seconds, before = last.get(way, (0, 1))
            if options is None and not tools.python or rows >= before and seconds * rows / before > given.limit:
                say(f"{way}: {rows:,} rows left out")
                continue
            jobs, _ = programs.vw_train(tools, data, "vw", "--ngram", 2) if options is None else programs.rhetor_train(tools, data, "rhetor", *options)
            cost = in_turn({way: jobs[0]}, given.runs if rows < 100_000 else 1, given.patience / 2, given.limit).get(way)
            last[way] = (cost.wall if cost else math.inf, rows)
            if cost and cost.wall < math.inf:
                costs[way, (rows, labels)] = cost.less(start) if options is None else cost
        shutil.rmtree(data.folder)
    return costs, text


def growth_picture(path, costs, by_rows, rows, by_labels):
    line = lambda way, keys, of: [(x, of(costs[way, key])) for x, key in keys if (way, key) in costs]
    along_rows, along_labels = [(count, (count, 12)) for count in by_rows], [(count, (rows, count)) for count in by_labels]
    panels = [
        (f"{what} by {by}", by if by == "rows" else f"labels ({rows:,} rows)", unit, {way: found for way in GROWING if (found := line(way, keys, of))})
        for by, keys in (("rows", along_rows), ("labels", along_labels))
        for what, unit, of in (("Time", "seconds", lambda cost: cost.wall), ("Memory", "MB", lambda cost: cost.memory / 1e6))
    ]
    curves(panels, path)


class DrawnRows:
    """Rows straight from fresh_text into the forms that rhetor and Vowpal Wabbit read: a million need not pass through memory."""

    def __init__(self, tools, rows, labels):
        self.folder = tools.scratch / f"rows-{rows}-{labels}"
        self.folder.mkdir(exist_ok=True)
        self.labels, self.single, self.bytes = [f"label-{label:03}" for label in range(labels)], True, 0
        number = {label: at for at, label in enumerate(self.labels, 1)}
        made = subprocess.Popen([tools.fresh_text, "rows", str(rows), str(labels)], stdout=subprocess.PIPE)
        with open(self / "train.jsonl", "wb") as jsonl, open(self / "train.vw", "wb") as vw:
            for line in made.stdout:
                row = json.loads(line)
                text = row["text"].encode()
                self.bytes += len(text)
                jsonl.write(line)
                vw.write(b"%d |t %s\n" % (number[row["labels"][0]], prepared(text)))
        made.wait()

    def __truediv__(self, name):
        return self.folder / name


# Start-up.


def start(tools, given):
    runs = 20 if given.quick else 100
    sentence, model = tools.scratch / "sentence", large_model(tools, given)
    sentence.write_text("They will pay a heavy price, and I will not protect them.\n")
    # A copy, as one is installed: the system keeps it in larger pieces than what a linker wrote here and there.
    rhetor = shutil.copy(tools.rhetor, tools.scratch / "rhetor")
    classify = [rhetor, "classify", "-q", "--no-config"]
    jobs = {
        "`cat`, empty input": (["cat"], os.devnull),
        "`rhetor --version`": ([rhetor, "--version"], os.devnull),
        "rhetor, embedded model, empty input": (classify, os.devnull),
        "rhetor, embedded model, one sentence": (classify, sentence),
        f"rhetor, a model file of {megabytes(model.stat().st_size)}, empty input": ([*classify, "-m", model], os.devnull),
        f"rhetor, the same, one sentence": ([*classify, "-m", model], sentence),
    }
    times = {name: [] for name in jobs}
    for _ in range(runs):
        for name, (command, stdin) in jobs.items():
            times[name].append(started(command, stdin))
    least = {name: (min(wall for wall, _ in each), sorted(wall for wall, _ in each)[runs // 2], min(cpu for _, cpu in each)) for name, each in times.items()}
    base = least["`cat`, empty input"][0]
    rows = [[name, *(f"{seconds * 1e3:.1f}" for seconds in (wall, middle, cpu)), f"{(wall - base) * 1e3:+.1f}"] for name, (wall, middle, cpu) in least.items()]
    return table(["milliseconds, of " + str(runs) + " runs", "least", "median", "CPU, least", "least over `cat`"], rows), least


def started(command, stdin):
    with open(stdin, "rb") as source, open(os.devnull, "wb") as nowhere:
        begin = time.perf_counter()
        child = subprocess.Popen([str(word) for word in command], stdin=source, stdout=nowhere)
        _, _, usage = os.wait4(child.pid, 0)
        wall = time.perf_counter() - begin
    child.returncode = 0
    return wall, usage.ru_utime + usage.ru_stime


def large_model(tools, given):
    """A model of some fifty megabytes: of words and pairs that fresh_text draws."""
    model = tools.scratch / "large.rhetor"
    rows = tools.scratch / "large.jsonl"
    run(Job([tools.fresh_text, "rows", 4_000 if given.quick else 58_000, 12], stdout=rows))
    run(Job([tools.rhetor, "train", "-q", "--no-config", rows, "-o", model, "--cues", "none", "--l2", 4, "--folds", 2]))
    return model


def goals_reached(tools, given):
    """From the results of the other sections, so it comes last."""
    return goals(given.known)


SECTIONS = {"machine": machine, "start": start, "classify": classify, "solver": solver, "linfa": linfa, "train": train, "growth": growth, "goals": goals_reached}

if __name__ == "__main__":
    main()
