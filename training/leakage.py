"""Six words in a row that the corpus, the cues or the model file share with a folder of evaluation texts: `just leakage DIR`.

DIR holds .jsonl files with a `text` field, or .txt files. Every shared run of six words is printed, the longest stretch once, but for those
that stand in stock-phrases.txt, a reviewed list of formulae that belong to no author. Exit 1 if any is left.
"""
import json
import pathlib
import re
import struct
import sys

HERE = pathlib.Path(__file__).parent
LENGTH = 6


def words(text):
    return re.findall(r"[^\W_]+(?:'[^\W_]+)*", text.lower().replace("’", "'"))


def texts(folder):
    for path in sorted(pathlib.Path(folder).rglob("*")):
        if path.suffix == ".jsonl":
            for line in path.read_text(encoding="utf-8").splitlines():
                row = json.loads(line)
                yield row.get("id", path.name), row["text"]
        elif path.suffix == ".txt":
            yield path.name, path.read_text(encoding="utf-8")


def own_texts():
    """All that is ours: the sentences, the cues, and every string of the embedded model."""
    for path in sorted(HERE.glob("*/*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            yield row["id"], row["text"]
    models = HERE.parent / "models"
    for number, line in enumerate((models / "cues.toml").read_text(encoding="utf-8").splitlines(), 1):
        yield f"cues.toml:{number}", line
    data = (models / "english.safetensors").read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    open_values = [json.loads(json.loads(data[8 : 8 + length])["__metadata__"]["rhetor"])]
    while open_values:
        value = open_values.pop()
        if isinstance(value, str):
            yield "english.safetensors", value
        elif isinstance(value, (dict, list)):
            open_values.extend(value.values() if isinstance(value, dict) else value)


def stretches(own, foreign):
    """The longest runs of `own` whose every window of six stands in `foreign`."""
    run = []
    for at in range(len(own) - LENGTH + 2):
        window = tuple(own[at : at + LENGTH])
        if len(window) == LENGTH and window in foreign:
            run = run or [at]
        elif run:
            yield " ".join(own[run[0] : at + LENGTH - 1])
            run = []


def is_stock(phrase, known):
    """It stands in a stock phrase, or is one with at most three words around it: a long stretch is no formula for holding one."""
    return phrase in known or known in phrase and len(phrase.split()) - len(known.split()) <= 3


def main(folder):
    stock = {" ".join(words(line)) for line in (HERE / "stock-phrases.txt").read_text(encoding="utf-8").splitlines() if line and line[0] != "#"}
    foreign = {}
    for name, text in texts(folder):
        own = words(text)
        for at in range(len(own) - LENGTH + 1):
            foreign.setdefault(tuple(own[at : at + LENGTH]), name)
    shared = {}
    for name, text in own_texts():
        for phrase in stretches(words(text), foreign):
            if not any(is_stock(phrase, known) for known in stock):
                shared.setdefault(phrase, []).append((name, foreign[tuple(phrase.split()[:LENGTH])]))
    for phrase, places in sorted(shared.items(), key=lambda item: (-len(item[0].split()), item[0])):
        print(f"{len(phrase.split())} words: {phrase}\n    " + ", ".join(f"{own} like {theirs}" for own, theirs in places[:4]))
    print(f"{len(shared)} phrases shared beyond the {len(stock)} stock phrases, {len(foreign)} runs of {LENGTH} words looked for")
    return 1 if shared else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
