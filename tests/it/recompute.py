"""Reads a model file and its explanations, and works every contribution out anew: python3 recompute.py MODEL < EXPLAINED.jsonl

It shares no code with rhetor and needs nothing but Python; docs/model-file.md is all it knows.
"""
import hashlib
import json
import math
import struct
import sys

SIZES = {"F32": ("f", 4), "F64": ("d", 8), "U32": ("I", 4), "U64": ("Q", 8), "U8": ("B", 1), "I16": ("h", 2), "I8": ("b", 1)}


def mixed(number, block):
    product = ((number << 32 | number >> 32) & 2**64 - 1 ^ block) * 0x9E3779B97F4A7C15
    return product & 2**64 - 1 ^ product >> 64


def number_of(word):
    blocks = [word[at : at + 8].ljust(8, b"\0") for at in range(0, len(word), 8)]
    number = len(word)
    for block in blocks:
        number = mixed(number, int.from_bytes(block, "little"))
    return number


def found(term):
    """The number of a term and its document frequency, by the look-up table."""
    number, slots = 0, tensors["term_slots"]
    for word in term.split(b" "):
        number = mixed(number, number_of(word))
    count = len(slots) // 2
    at = number * count >> 64
    while True:
        known, entry = slots[2 * (at % count) : 2 * (at % count) + 2]
        if entry == 0 or known == number:
            return (entry & 2**32 - 1) - 1, entry >> 32
        at += 1


def single(number):
    """Rounded to single precision."""
    return struct.unpack("<f", struct.pack("<f", number))[0]


def checksum(data, about):
    """SHA-256 over those of the blocks, then what is said about the model."""
    blocks = (hashlib.sha256(data[at : at + 2**20]).digest() for at in range(0, len(data), 2**20))
    about = {key: value for key, value in about.items() if key != "checksum"}
    canonical = json.dumps(about, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(b"".join(blocks) + canonical.encode()).hexdigest()


def read(path):
    data = open(path, "rb").read()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    about = json.loads(header.pop("__metadata__")["rhetor"])
    assert about["checksum"] == checksum(data[8 + length :], about)
    tensors = {}
    for name, info in header.items():
        start, end = (8 + length + offset for offset in info["data_offsets"])
        kind, size = SIZES[info["dtype"]]
        tensors[name] = struct.unpack(f"<{(end - start) // size}{kind}", data[start:end])
    return tensors, about


tensors, about = read(sys.argv[1])
ends, labels = tensors["term_ends"], about["labels"]
text = bytes(tensors["terms"])
terms = {text[a:b].decode(): i for i, (a, b) in enumerate(zip((0,) + ends[:-1], ends))}
rows = {term: row for term, row in enumerate(tensors.get("weight_rows", range(len(ends)))) if row < 2**32 - 1}
scales = tensors.get("weight_scales")
for term, number in terms.items():
    assert found(term.encode()) == (number, tensors["document_frequency"][number]), term
assert [term[4:] for term in terms if term.startswith("cue:")] == [
    list(terms)[number][4:] for number in sorted(tensors.get("cue_terms", ()))
]


def weight(term, label):
    if term not in rows:
        return 0.0
    stored = tensors["weights"][rows[term] * len(labels) + label]
    return single(stored * scales[label]) if scales else stored


def value(term, count):
    frequency = tensors["document_frequency"][term]
    return (1 + math.log(count)) * (math.log((1 + about["units"]) / (1 + frequency)) + 1)


checked = 0
for line in sys.stdin:
    for framing in json.loads(line)["framings"]:
        label, why = labels.index(framing["label"]), framing["explain"]
        counts = {terms[term["term"]]: len(term["spans"]) for term in why["terms"]}
        cues = {terms[term["term"]] for term in why["terms"] if term["term"].startswith("cue:")}
        raw = {term: value(term, count) for term, count in counts.items() if term not in cues}
        length = math.sqrt(sum(number * number for number in raw.values()))
        total = why["intercept"]
        assert total == tensors["intercepts"][label]
        for term in why["terms"]:
            number = terms[term["term"]]
            own = weight(number, label) * (1.0 if number in cues else single(raw[number] / length))
            assert abs(own - term["contribution"]) < 1e-6 * max(1.0, abs(own)), (term, own)
            total += term["contribution"]
            checked += 1
        assert abs(1 / (1 + math.exp(-total)) - framing["p"]) < 1e-9, (total, framing["p"])
print(checked)
