//! Text that never repeats itself, for timing: `cargo run --release --example fresh_text -- [MEGABYTES] [SEED] > text.txt`.
//!
//! Each word is drawn by the two before it, as the sentences of `training/` have them. In one place of fifty a rare word is made up of
//! syllables, and of these one in four comes again later: so the vocabulary grows as that of real text does, and no memory of words, pairs
//! or lines flatters the figures. Sentences stand in paragraphs of one to eight; one of ten is quoted.

use std::collections::HashMap;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use rand_core::{Rng, SeedableRng};
use rand_pcg::Pcg64Mcg;

/// The two words before, as numbers; 0 stands at the start and the end of a sentence.
type Pair = (u32, u32);

#[derive(Default)]
struct Chain {
    words: Vec<String>,
    next: HashMap<Pair, Vec<u32>>,
}

impl Chain {
    fn learn(folder: &Path) -> io::Result<Chain> {
        let (mut chain, mut numbers) = (Chain { words: vec![String::new()], ..Chain::default() }, HashMap::new());
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

    fn add(&mut self, sentence: &str, numbers: &mut HashMap<String, u32>) {
        let mut pair = (0, 0);
        for word in sentence.split_whitespace() {
            let number = *numbers.entry(word.to_owned()).or_insert_with(|| {
                self.words.push(word.to_owned());
                self.words.len() as u32 - 1
            });
            self.next.entry(pair).or_default().push(number);
            pair = (pair.1, number);
        }
        self.next.entry(pair).or_default().push(0);
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
        let (mut pair, quoted) = ((0, 0), self.below(10) == 0);
        out.push_str(if quoted { "“" } else { "" });
        for place in 0..80 {
            let count = self.chain.next[&pair].len();
            let at = self.below(count);
            let number = self.chain.next[&pair][at];
            if number == 0 {
                break;
            }
            out.push_str(if place > 0 { " " } else { "" });
            if place > 0 && self.below(50) == 0 {
                self.rare_word(out);
            } else {
                out.push_str(&self.chain.words[number as usize]);
            }
            pair = (pair.1, number);
        }
        out.push_str(if quoted { "” he said." } else { "" });
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

fn main() -> io::Result<()> {
    let mut arguments = std::env::args().skip(1).map(|number| number.parse().unwrap_or(100));
    let (megabytes, seed): (u64, u64) = (arguments.next().unwrap_or(100), arguments.next().unwrap_or(1));
    let chain = Chain::learn(&Path::new(env!("CARGO_MANIFEST_DIR")).join("training"))?;
    let mut writer = Writer { chain, draws: Pcg64Mcg::seed_from_u64(seed), rare: Vec::new() };
    let (mut out, mut text, mut written) = (BufWriter::new(io::stdout().lock()), String::new(), 0);
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
