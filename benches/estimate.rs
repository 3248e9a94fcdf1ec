//! Do the intervals of `rhetor estimate` keep their word? `just estimate-coverage DATA` (a folder with `train.jsonl` and `test.jsonl`).
//!
//! A model is trained on part of the rows; all others are the pool, whose truth is known. From it, 500 hand samples are drawn for each size; each gives an interval by
//! hand and a corrected one for every label, which either hold the pool's true share or do not. An interval that is right holds it in 95% of draws, and chance alone lets
//! the figure of 500 draws lie between .93 and .97 nineteen times in twenty.

use std::path::Path;

use rand_core::{Rng, SeedableRng};
use rand_pcg::Pcg64Mcg;
use rayon::prelude::*;
use rhetor::corpus::{self, Example, ReadOptions};
use rhetor::evaluate::Judgement;
use rhetor::evaluate::estimate::{Estimate, Labelled, Predicted, Share, estimate};
use rhetor::learn::{self, TrainSettings};

const DRAWS: u64 = 500;
const SIZES: [usize; 3] = [200, 500, 1000];

/// A part of the pool, for which figures are wanted too: every so many units.
const PARTS: usize = 4;

fn main() -> anyhow::Result<()> {
    // Cargo passes options of its own.
    let folders: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with("--")).collect();
    for folder in folders {
        let (judgement, name) = judged(Path::new(&folder))?;
        let supports: Vec<usize> = (0..judgement.labels.len()).map(|label| judgement.truth.support(label)).collect();
        println!(
            "{name}: a pool of {} units, {} labels true of {} to {}",
            judgement.units(),
            supports.len(),
            supports.iter().min().unwrap_or(&0),
            supports.iter().max().unwrap_or(&0)
        );
        println!(
            "      n  in sample   labels | by hand: covered | corrected: covered  least   most  93–97%  width  narrower"
        );
        for size in SIZES.into_iter().filter(|size| 2 * size <= judgement.units()) {
            report(&judgement, size);
        }
    }
    Ok(())
}

/// What a model that was trained on a fifth of the rows says of all others.
fn judged(folder: &Path) -> anyhow::Result<(Judgement, String)> {
    let paths = ["train.jsonl", "test.jsonl"].map(|file| folder.join(file).to_string_lossy().into_owned());
    let examples = corpus::read(&paths, &ReadOptions::default())?.examples;
    let (seen, pool): (Vec<(usize, Example)>, Vec<_>) = examples.into_iter().enumerate().partition(|(i, _)| i % 5 == 0);
    let examples = |rows: Vec<(usize, Example)>| rows.into_iter().map(|(_, example)| example).collect::<Vec<_>>();
    let model = learn::train(&examples(seen), &TrainSettings::default(), &|_| {})?.model;
    let name = folder.file_name().map_or(String::new(), |name| name.to_string_lossy().into_owned());
    Ok((Judgement::of(&model, &examples(pool)), name))
}

/// How often intervals held the truth, and how wide they were.
#[derive(Clone, Copy, Default)]
struct Kept {
    draws: f64,
    held: f64,
    width: f64,
}

impl Kept {
    fn add(&mut self, share: Option<Share>, truth: f64) {
        let Some(Share { interval: Some((low, high)), .. }) = share else { return };
        self.draws += 1.0;
        self.held += f64::from(u8::from(low <= truth && truth <= high));
        self.width += high - low;
    }

    fn plus(self, other: &Kept) -> Kept {
        Kept { draws: self.draws + other.draws, held: self.held + other.held, width: self.width + other.width }
    }
}

fn report(judgement: &Judgement, size: usize) {
    let k = judgement.labels.len();
    let part_of = |i: usize| i % PARTS;
    let probabilities = |i: usize| &judgement.probabilities[i * k..(i + 1) * k];
    let mut parts = vec![Predicted::new(k); PARTS];
    // By part, and last of all: how many units have each label.
    let (mut counts, mut units) = (vec![vec![0.0; k]; PARTS + 1], [0.0; PARTS + 1]);
    for i in 0..judgement.units() {
        parts[part_of(i)].add(probabilities(i), (0..k).filter(|&label| judgement.given.has(i, label)));
        for at in [part_of(i), PARTS] {
            units[at] += 1.0;
            (0..k).filter(|&label| judgement.truth.has(i, label)).for_each(|label| counts[at][label] += 1.0);
        }
    }
    let truth = |at: usize, label: usize| counts[at][label] / units[at];
    let drawn: Vec<Vec<[Kept; 4]>> = (0..DRAWS)
        .into_par_iter()
        .map(|draw| {
            let labelled = |i: usize| Labelled {
                part: part_of(i),
                cluster: None,
                weight: 1.0,
                truth: judgement.truth.row(i).to_vec(),
                probabilities: probabilities(i).to_vec(),
            };
            let sample: Vec<Labelled> = sample(judgement.units(), size, draw).into_iter().map(labelled).collect();
            let found = estimate(&parts, &sample, k);
            let kept = |label: usize| {
                let mut kept = [Kept::default(); 4];
                let mut add = |at: usize, estimate: &Estimate, truth: f64| {
                    kept[at].add(estimate.hand, truth);
                    kept[at + 1].add(estimate.corrected, truth);
                };
                add(0, &found.whole.labels[label], truth(PARTS, label));
                found.parts.iter().enumerate().for_each(|(at, part)| add(2, &part.labels[label], truth(at, label)));
                kept
            };
            (0..k).map(kept).collect()
        })
        .collect();
    let sum = |label: usize, at: usize| drawn.iter().fold(Kept::default(), |sum, draw| sum.plus(&draw[label][at]));
    let classes = [("all", 0.0, f64::INFINITY), ("< 5", 0.0, 5.0), ("5–20", 5.0, 20.0), ("20 +", 20.0, f64::INFINITY)];
    for (at, divisor, whose) in [(0, 1.0, ""), (2, PARTS as f64, "  (of a quarter of the pool)")] {
        for (name, least, most) in classes {
            let expected = |label: &usize| truth(PARTS, *label) * size as f64 / divisor;
            let labels: Vec<usize> = (0..k).filter(|label| (least..most).contains(&expected(label))).collect();
            let kept: Vec<(Kept, Kept)> = labels.iter().map(|&label| (sum(label, at), sum(label, at + 1))).collect();
            if kept.iter().any(|(hand, _)| hand.draws > 0.0) {
                line(size as f64 / divisor, name, &kept, whose);
            }
        }
    }
}

fn line(size: f64, class: &str, kept: &[(Kept, Kept)], whose: &str) {
    let covered = |kept: &Kept| kept.held / kept.draws;
    let mean = |of: &dyn Fn(&(Kept, Kept)) -> f64| kept.iter().map(of).sum::<f64>() / kept.len() as f64;
    let corrected = || kept.iter().map(|(_, corrected)| covered(corrected));
    let within = corrected().filter(|share| (0.93..=0.97).contains(share)).count();
    let narrower = kept.iter().filter(|(hand, corrected)| corrected.width < hand.width).count();
    println!(
        "{size:>7}  {class:<9}  {:>7} | {:>16.3} | {:>18.3}  {:>5.3}  {:>5.3}  {within:>6}  {:>5.2}  {narrower:>8}{whose}",
        kept.len(),
        mean(&|(hand, _)| covered(hand)),
        mean(&|(_, corrected)| covered(corrected)),
        corrected().fold(f64::INFINITY, f64::min),
        corrected().fold(0.0, f64::max),
        mean(&|(hand, corrected)| corrected.width / hand.width),
    );
}

/// `size` different numbers below `units`: the first steps of Fisher and Yates's shuffle.
fn sample(units: usize, size: usize, seed: u64) -> Vec<usize> {
    let mut random = Pcg64Mcg::seed_from_u64(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ size as u64);
    let mut order: Vec<usize> = (0..units).collect();
    for at in 0..size {
        let left = units - at;
        let pick = at + ((u128::from(random.next_u64()) * left as u128) >> 64) as usize;
        order.swap(at, pick);
    }
    order.truncate(size);
    order
}
