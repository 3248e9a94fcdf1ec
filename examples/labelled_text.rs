//! Labelled text that never repeats itself, for timing: `cargo run --release --example labelled_text -- ROWS LABELS [SEED] > data.jsonl`.
//!
//! A row has 6 to 25 words and no, one or two labels. Words are drawn by Zipf's law; one of five comes from the words that a label prefers, and one of fifty is
//! new, of which one in four comes again: so the vocabulary grows with the rows as that of real text does.

use std::io::{self, BufWriter, Write};

use rand_core::{Rng, SeedableRng};
use rand_pcg::Pcg64Mcg;

const COMMON: usize = 20_000;
const OF_A_LABEL: usize = 300;

struct Writer {
    draws: Pcg64Mcg,
    labels: usize,
    rare: usize,
}

impl Writer {
    fn below(&mut self, bound: usize) -> usize {
        ((u64::from(self.draws.next_u32()) * bound as u64) >> 32) as usize
    }

    /// A rank from 0, with a chance of about one over it.
    fn zipf(&mut self, ranks: usize) -> usize {
        let share = f64::from(self.draws.next_u32()) / f64::from(u32::MAX);
        ((ranks as f64).powf(share) as usize).clamp(1, ranks) - 1
    }

    fn labels(&mut self) -> Vec<usize> {
        let count = match self.below(10) {
            0 => 0,
            1..8 => 1,
            _ => 2,
        };
        let mut labels: Vec<usize> = (0..count).map(|_| self.below(self.labels)).collect();
        labels.sort_unstable();
        labels.dedup();
        labels
    }

    fn word(&mut self, labels: &[usize]) -> usize {
        match self.below(50) {
            0 if self.rare > 0 && self.below(4) == 0 => COMMON + self.below(self.rare),
            0 => {
                self.rare += 1;
                COMMON + self.rare - 1
            }
            1..11 if !labels.is_empty() => {
                let at = self.below(labels.len());
                (labels[at] * 7_919 + self.zipf(OF_A_LABEL) * 31) % COMMON
            }
            _ => self.zipf(COMMON),
        }
    }
}

/// A number in syllables: each is a word of its own.
fn spelled(mut number: usize, out: &mut String) {
    const SYLLABLES: [&str; 16] =
        ["ka", "ter", "mi", "lon", "bra", "ves", "ti", "dor", "ne", "gal", "sto", "ri", "pen", "ul", "cha", "zo"];
    loop {
        out.push_str(SYLLABLES[number % SYLLABLES.len()]);
        number /= SYLLABLES.len();
        if number == 0 {
            return;
        }
    }
}

fn main() -> io::Result<()> {
    let mut arguments = std::env::args().skip(1).map(|number| number.parse().unwrap_or(1_000));
    let (rows, labels) = (arguments.next().unwrap_or(1_000), arguments.next().unwrap_or(12).max(2));
    let draws = Pcg64Mcg::seed_from_u64(arguments.next().unwrap_or(1) as u64);
    let mut writer = Writer { draws, labels, rare: 0 };
    let (mut out, mut text) = (BufWriter::new(io::stdout().lock()), String::new());
    for _ in 0..rows {
        let labels = writer.labels();
        text.clear();
        for place in 0..6 + writer.below(20) {
            text.push_str(if place > 0 { " " } else { "" });
            spelled(writer.word(&labels), &mut text);
        }
        let names: Vec<String> = labels.iter().map(|label| format!("\"l{label}\"")).collect();
        writeln!(out, "{{\"text\": \"{text}.\", \"labels\": [{}]}}", names.join(", "))?;
    }
    out.flush()
}
