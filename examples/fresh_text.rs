//! Text that never repeats itself, for timing: `cargo run --release --example fresh_text -- [MEGABYTES] [SEED] > text.txt`, and labelled
//! sentences, for training on as many as one likes: `… -- rows ROWS LABELS [SEED] > labelled.jsonl`.
//!
//! Each word is drawn by the two before it, as the sentences of `training/` have them. In one place of fifty a rare word is made up of
//! syllables, and of these one in four comes again later: so the vocabulary grows as that of real text does, and no memory of words, pairs
//! or lines flatters the figures. Sentences stand in paragraphs of one to eight; one of ten is quoted.
//!
//! A labelled sentence has one label: some are common and most are rare (Zipf). In one place of eight stands a word of the label's own, in one of
//! sixteen a pair of words that every label has, though not this pair; so words tell most and pairs the rest. One row of twenty has a label
//! by chance, which nothing can learn. What is a label's own does not depend on the seed: rows of one seed can be judged by those of another.

use std::collections::HashMap;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use rand_core::{Rng, SeedableRng};
use rand_pcg::Pcg64Mcg;

/// The two words before, as numbers; 0 stands at the start and the end of a sentence.
type Pair = (u32, u32);

/// Which words follow which two. A pair that was met is a place; what follows a place is a word, 0 for the end, and the place after it.
#[derive(Default)]
struct Chain {
    words: Vec<String>,
    places: HashMap<Pair, u32>,
    next: Vec<Vec<(u32, u32)>>,
}

impl Chain {
    fn learn(folder: &Path) -> io::Result<Chain> {
        let mut chain = Chain { words: vec![String::new()], ..Chain::default() };
        let mut numbers = HashMap::new();
        chain.place((0, 0));
        for part in ["documents", "sentences"] {
            let mut files: Vec<_> = std::fs::read_dir(folder.join(part))?.flatten().map(|entry| entry.path()).collect();
            files.sort();
            for file in files.iter().filter(|file| file.extension().is_some_and(|kind| kind == "jsonl")) {
                for line in std::fs::read_to_string(file)?.lines() {
                    let row: serde_json::Value = serde_json::from_str(line)?;
                    chain.add(row["text"].as_str().unwrap_or_default(), &mut numbers);
                }
            }
        }
        Ok(chain)
    }

    fn place(&mut self, pair: Pair) -> u32 {
        *self.places.entry(pair).or_insert_with(|| {
            self.next.push(Vec::new());
            self.next.len() as u32 - 1
        })
    }

    fn add(&mut self, sentence: &str, numbers: &mut HashMap<String, u32>) {
        let (mut pair, mut at) = ((0, 0), 0);
        for word in sentence.split_whitespace() {
            let number = *numbers.entry(word.to_owned()).or_insert_with(|| {
                self.words.push(word.to_owned());
                self.words.len() as u32 - 1
            });
            pair = (pair.1, number);
            let then = self.place(pair);
            self.next[at as usize].push((number, then));
            at = then;
        }
        self.next[at as usize].push((0, 0));
    }
}

struct Writer {
    chain: Chain,
    draws: Pcg64Mcg,
    rare: Vec<String>,
}

impl Writer {
    fn below(&mut self, bound: usize) -> usize {
        ((u64::from(self.draws.next_u32()) * bound as u64) >> 32) as usize
    }

    fn sentence(&mut self, out: &mut String) {
        let (mut here, quoted) = (0, self.below(10) == 0);
        out.push_str(if quoted { "“" } else { "" });
        for place in 0..80 {
            let drawn = self.below(self.chain.next[here].len());
            let (number, then) = self.chain.next[here][drawn];
            if number == 0 {
                break;
            }
            out.push_str(if place > 0 { " " } else { "" });
            if place > 0 && self.below(50) == 0 {
                self.rare_word(out);
            } else {
                out.push_str(&self.chain.words[number as usize]);
            }
            here = then as usize;
        }
        out.push_str(if quoted { "” he said." } else { "" });
    }

    /// A sentence of which some words tell its label.
    fn labelled_sentence(&mut self, label: usize, out: &mut String) {
        let mut sentence = String::new();
        self.sentence(&mut sentence);
        for (place, word) in sentence.split(' ').enumerate() {
            out.push_str(if place > 0 { " " } else { "" });
            match self.below(16) {
                0 | 1 => out.push_str(self.own_word(label)),
                2 => self.own_pair(label, out),
                _ => out.push_str(word),
            }
        }
    }

    /// One of the label's forty words, the first of them more often. Labels may share some.
    fn own_word(&mut self, label: usize) -> &str {
        let rank = self.below(40).min(self.below(40));
        &self.chain.words[1 + scattered(label as u64, rank as u64) % (self.chain.words.len() - 1)]
    }

    /// A word of a hundred, and after it that one of the hundred which only this label puts there (all but: of a hundred labels two agree).
    fn own_pair(&mut self, label: usize, out: &mut String) {
        let first = self.below(100);
        let second = (first + 1 + label) % 100;
        for (place, word) in [first, second].into_iter().enumerate() {
            out.push_str(if place > 0 { " " } else { "" });
            out.push_str(&self.chain.words[1 + scattered(u64::MAX, word as u64) % (self.chain.words.len() - 1)]);
        }
    }

    /// A label, the r-th of them in proportion to 1/r.
    fn label(&mut self, shares: &[f64]) -> usize {
        let drawn = f64::from(self.draws.next_u32()) / 4_294_967_296.0 * shares[shares.len() - 1];
        shares.partition_point(|share| *share <= drawn)
    }

    fn rare_word(&mut self, out: &mut String) {
        if !self.rare.is_empty() && self.below(4) == 0 {
            let at = self.below(self.rare.len());
            return out.push_str(&self.rare[at]);
        }
        const SYLLABLES: [&str; 24] = [
            "ka", "ter", "mi", "lon", "bra", "ves", "ti", "dor", "ne", "gal", "sto", "ri", "pen", "ul", "cha", "mer",
            "eth", "ing", "or", "al", "qui", "fen", "hu", "zed",
        ];
        let start = out.len();
        for _ in 0..2 + self.below(4) {
            out.push_str(SYLLABLES[self.below(SYLLABLES.len())]);
        }
        self.rare.push(out[start..].to_owned());
    }
}

/// Two numbers as one that looks drawn (the finalizer of SplitMix64: Steele, Lea & Flood 2014).
fn scattered(a: u64, b: u64) -> usize {
    let mut mixed = (a.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ b).wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (mixed ^ (mixed >> 31)) as usize
}

fn write_text(writer: &mut Writer, megabytes: u64, mut out: impl Write) -> io::Result<()> {
    let (mut text, mut written) = (String::new(), 0);
    while written < megabytes * 1_000_000 {
        text.clear();
        for place in 0..=writer.below(8) {
            text.push_str(if place > 0 { " " } else { "" });
            writer.sentence(&mut text);
        }
        text.push_str("\n\n");
        out.write_all(text.as_bytes())?;
        written += text.len() as u64;
    }
    out.flush()
}

fn write_rows(writer: &mut Writer, rows: u64, labels: usize, mut out: impl Write) -> io::Result<()> {
    let shares: Vec<f64> = (1..=labels).scan(0.0, |sum, rank| (*sum += 1.0 / rank as f64, Some(*sum)).1).collect();
    let mut text = String::new();
    for _ in 0..rows {
        text.clear();
        let label = writer.label(&shares);
        writer.labelled_sentence(label, &mut text);
        let told = if writer.below(20) == 0 { writer.below(labels) } else { label };
        writeln!(out, "{{\"text\":{},\"labels\":[\"label-{told:03}\"]}}", serde_json::to_string(&text)?)?;
    }
    out.flush()
}

fn main() -> io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |at: usize, usual: u64| arguments.get(at).and_then(|number| number.parse().ok()).unwrap_or(usual);
    let labelled = arguments.first().is_some_and(|word| word == "rows");
    let seed = number(if labelled { 3 } else { 1 }, 1);
    let chain = Chain::learn(&Path::new(env!("CARGO_MANIFEST_DIR")).join("training"))?;
    let mut writer = Writer { chain, draws: Pcg64Mcg::seed_from_u64(seed), rare: Vec::new() };
    let out = BufWriter::new(io::stdout().lock());
    match labelled {
        true => write_rows(&mut writer, number(1, 10_000), number(2, 12).max(1) as usize, out),
        false => write_text(&mut writer, number(0, 100), out),
    }
}
