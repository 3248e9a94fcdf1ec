//! The cut for each label, chosen on held-out probabilities.

use std::fmt;
use std::str::FromStr;

use crate::evaluate::metrics::{self, Counts, Cut};

/// What a cut is chosen for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Optimize {
    /// The highest F1.
    F1,
    /// The most recall among the cuts of at least this precision.
    Precision(f64),
    /// The most precision among the cuts of at least this recall.
    Recall(f64),
}

impl FromStr for Optimize {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let share = |number: &str| match number.parse::<f64>() {
            Ok(share) if share > 0.0 && share <= 1.0 => Ok(share),
            _ => Err(format!("{number:?} is no share above 0 and up to 1")),
        };
        match text.split_once('=') {
            None if text == "f1" => Ok(Optimize::F1),
            Some(("precision", number)) => share(number).map(Optimize::Precision),
            Some(("recall", number)) => share(number).map(Optimize::Recall),
            _ => Err("choose f1, precision=SHARE or recall=SHARE, such as precision=0.8".into()),
        }
    }
}

impl fmt::Display for Optimize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Optimize::F1 => f.write_str("f1"),
            Optimize::Precision(share) => write!(f, "precision={share}"),
            Optimize::Recall(share) => write!(f, "recall={share}"),
        }
    }
}

/// Cuts of several labels, and whether each met the aim; for F1 whether it is right often enough.
pub type Chosen = Vec<(f64, bool)>;

/// How much micro F1 counts against macro F1 when cuts are chosen for [`Optimize::F1`].
///
/// Each label's own best F1 makes labels that are found badly cry wolf. Measured on GoEmotions (28 labels; micro and macro F1 on its test set):
/// own best cuts .523 and .464, a share of .7 .554 and .471, .8 .557 and .466, 1 (micro alone) .563 and .451.
const MICRO: f64 = 0.8;

/// Of a label that cannot be told, marking every unit has the best F1 of all (Lipton, Elkan & Naryanaswamy 2014): nobody wants that, so cuts at which fewer marks than
/// these are right are none.
const LEAST_PRECISION: f64 = 0.1;

/// Where no cut is good enough, a label is given if it is more probable than not.
const LIKELY: f64 = 0.5;

/// Cuts closer than this, in log-odds, are not told apart: which of them is best is noise. On the same data, cuts between
/// any two units lose .005 micro F1 against steps of .1 to .4.
const STEP: f64 = 0.2;

/// The probability from which on each of so many labels is given. `scored` tells a label's held-out probabilities with the truth;
/// a label that nothing has gets 0.5, and so does one that no cut finds well enough; where a precision was asked for, that. For F1 the cuts go together: they climb, label by label, to a maximum of micro and macro F1
/// mixed; for precision and recall each label stands for itself.
pub fn choose(labels: usize, scored: impl Fn(usize) -> Vec<(f64, bool)>, aim: Optimize) -> Chosen {
    match aim {
        Optimize::F1 => {
            let cuts: Vec<Vec<Cut>> = (0..labels).map(|label| useful(&scored(label))).collect();
            let good = |cuts: &Vec<Cut>| {
                cuts.iter().copied().filter(|cut| cut.counts.precision() >= LEAST_PRECISION).collect()
            };
            let good: Vec<Vec<Cut>> = cuts.iter().map(good).collect();
            let met = cuts.iter().zip(&good).map(|(all, good)| all.is_empty() || !good.is_empty());
            together(&good).into_iter().zip(met).collect()
        }
        Optimize::Precision(share) => {
            let one = |label| alone(&scored(label), share, Counts::recall, |counts| counts.precision() >= share);
            (0..labels).map(one).collect()
        }
        Optimize::Recall(share) => {
            let one = |label| alone(&scored(label), LIKELY, Counts::precision, |counts| counts.recall() >= share);
            (0..labels).map(one).collect()
        }
    }
}

/// Cuts that find something, the laxest of each step.
fn useful(scored: &[(f64, bool)]) -> Vec<Cut> {
    let step = |probability: f64| (libm::log(probability / (1.0 - probability)) / STEP).floor();
    let ends_step = |cut: &Cut| cut.next.is_none_or(|next| step(next) < step(cut.lowest));
    let mut useful = Vec::new();
    metrics::each_cut(scored, |cut| {
        if cut.counts.hits > 0 && ends_step(&cut) {
            useful.push(cut);
        }
    });
    useful
}

/// The best of a label's cuts that find something and are good enough, and whether there is one; if not, the probability `otherwise`. All cuts are looked at: within
/// a step the laxest may miss an aim that others meet.
fn alone(
    scored: &[(f64, bool)],
    otherwise: f64,
    figure: fn(Counts) -> f64,
    enough: impl Fn(Counts) -> bool,
) -> (f64, bool) {
    let cuts = metrics::cuts(scored);
    let good = cuts.iter().filter(|cut| cut.counts.hits > 0 && enough(cut.counts));
    let met = best(good, |cut| figure(cut.counts));
    (met.map_or(otherwise, between), met.is_some())
}

/// The first, so the strictest, of the best.
fn best<'a>(cuts: impl Iterator<Item = &'a Cut>, figure: impl Fn(&Cut) -> f64) -> Option<&'a Cut> {
    cuts.fold(None, |best: Option<&Cut>, cut| match best {
        Some(best) if figure(best) >= figure(cut) => Some(best),
        _ => Some(cut),
    })
}

/// Coordinate ascent from each label's own best F1.
fn together(labels: &[Vec<Cut>]) -> Vec<f64> {
    const ROUNDS: usize = 20;
    let own = |cuts: &Vec<Cut>| best(cuts.iter(), |cut| cut.counts.f1()).copied();
    let mut chosen: Vec<Option<Cut>> = labels.iter().map(own).collect();
    let mut sum = chosen.iter().flatten().fold(Counts::default(), |sum, cut| sum.plus(cut.counts));
    let tested = chosen.iter().flatten().count() as f64;
    for _ in 0..ROUNDS {
        let before = chosen.clone();
        for (cuts, chosen) in labels.iter().zip(&mut chosen) {
            let Some(old) = chosen else { continue };
            let others = sum.minus(old.counts);
            let mixed = |cut: &Cut| MICRO * others.plus(cut.counts).f1() + (1.0 - MICRO) * cut.counts.f1() / tested;
            let new = *best(cuts.iter(), mixed).expect("a label with a chosen cut has cuts");
            (*old, sum) = (new, others.plus(new.counts));
        }
        if chosen == before {
            break;
        }
    }
    chosen.iter().map(|cut| cut.as_ref().map_or(LIKELY, between)).collect()
}

/// Halfway to the next score below, so that a threshold does not hang on the last bit of one unit's score.
fn between(cut: &Cut) -> f64 {
    match cut.next {
        Some(next) => next + (cut.lowest - next) / 2.0,
        None => cut.lowest / 2.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCORED: [(f64, bool); 5] = [(0.9, true), (0.7, true), (0.5, false), (0.3, true), (0.1, false)];

    fn one(scored: &[(f64, bool)], aim: Optimize) -> (f64, bool) {
        choose(1, |_| scored.to_vec(), aim)[0]
    }

    #[test]
    fn the_best_f1_of_a_single_label_lies_where_one_finds_it_by_hand() {
        // Down to 0.3: three hits, one false alarm, F1 = 6/7; down to 0.7: F1 = 4/5.
        assert_eq!(one(&SCORED, Optimize::F1).0, 0.2);
    }

    #[test]
    fn a_label_that_is_found_badly_may_not_cry_wolf() {
        // Alone, the bad label does best by answering always (F1 = 20/110); beside a good one its false alarms cost more.
        let good: Vec<(f64, bool)> = (0..100).map(|i| (1.0 - f64::from(i) / 100.0, i < 50)).collect();
        let bad: Vec<(f64, bool)> = (0..100).map(|i| (0.5 - f64::from(i) / 300.0, i % 10 == 5)).collect();
        let alone = one(&bad, Optimize::F1).0;
        let together = choose(2, |label| [&good, &bad][label].clone(), Optimize::F1);
        assert!(together[1].0 > alone, "{together:?} against {alone}");
        assert_eq!(together[0].0, one(&good, Optimize::F1).0);
    }

    #[test]
    fn an_aim_of_precision_takes_the_most_recall_that_keeps_it() {
        assert_eq!(one(&SCORED, Optimize::Precision(1.0)), (0.6, true));
        assert_eq!(one(&[(0.9, false), (0.2, true)], Optimize::Precision(0.9)), (0.9, false));
    }

    #[test]
    fn an_aim_of_recall_takes_the_strictest_cut_that_keeps_it() {
        assert_eq!(one(&SCORED, Optimize::Recall(0.6)), (0.6, true));
    }

    #[test]
    fn a_label_that_no_cut_tells_from_chance_is_not_given_to_everything() {
        let lost: Vec<(f64, bool)> = (0..1000).map(|i| (0.003 + f64::from(i) * 1e-6, i % 200 == 0)).collect();
        assert_eq!(one(&lost, Optimize::F1), (0.5, false));
        let rare: Vec<(f64, bool)> = (0..1000).map(|i| (0.3 / f64::from(i + 1), i % 5 == 0 && i < 20)).collect();
        assert!(one(&rare, Optimize::F1).1);
    }

    #[test]
    fn a_label_that_nothing_has_gets_one_half() {
        assert_eq!(one(&[(0.9, false)], Optimize::F1), (0.5, true));
    }

    #[test]
    fn aims_are_read_and_printed_alike() {
        for aim in ["f1", "precision=0.8", "recall=0.75"] {
            assert_eq!(aim.parse::<Optimize>().unwrap().to_string(), aim);
        }
        assert!("accuracy".parse::<Optimize>().is_err() && "recall=2".parse::<Optimize>().is_err());
    }

    #[test]
    fn an_aim_is_sought_at_every_cut_however_close_to_others() {
        // All within a step of log-odds.
        let close = [(0.9, true), (0.896, true), (0.893, false), (0.891, true)];
        let (cut, met) = one(&close, Optimize::Precision(1.0));
        assert!(met && cut > 0.893 && cut < 0.896, "{cut} {met}");
        let (cut, met) = one(&close, Optimize::Recall(0.6));
        assert!(met && cut > 0.893 && cut < 0.896, "{cut} {met}");
    }
}
