//! Two models on the same units: is the difference more than chance?
//!
//! Paired approximate randomisation (Noreen 1989, ch. 2; Yeh 2000, "More accurate tests for the statistical significance of result differences"):
//! if the models were alike, it would not matter whose answers are whose. So the answers are swapped for each group (document, author) with a
//! chance of one half, many times, and p is the share of the swaps that make a difference at least as great, `(1 + greater) / (1 + swaps)`. It
//! asks for no distribution, and works for figures that are no mean over units, such as F1. Groups are swapped whole because their units are
//! not independent.

use rand_core::Rng;
use rayon::prelude::*;
use serde::{Serialize, Serializer};

use super::figures::{Ground, LabelRates, Rates, Steps};
use super::interval;
use super::judgement::Judgement;
use super::metrics::{self, Counts, finite, ratio};
use crate::model::card::Figure;

/// How often answers are swapped.
pub const SWAPS: usize = 4_999;

/// Differences closer than this are one: sums in another order differ in their last bits.
const SAME: f64 = 1e-12;

/// How two models differ on the same units.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// Random swaps that each p is the share of.
    pub swaps: u64,
    /// `micro_f1`, `macro_f1`, `average_precision`, `accuracy` and `brier`.
    pub overall: Vec<Contrast>,
    pub labels: Vec<LabelContrasts>,
}

/// How two models differ on one label.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LabelContrasts {
    pub label: String,
    pub support: u64,
    /// `f1` and `average_precision`.
    pub figures: Vec<Contrast>,
}

/// A figure of two models. What cannot be told is NaN here, and null in JSON.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Contrast {
    pub figure: String,
    pub this: f64,
    pub other: f64,
    /// `this − other`.
    pub difference: f64,
    /// Its 95% interval, by drawing the same groups anew for both.
    #[serde(serialize_with = "interval_or_null")]
    pub interval: (f64, f64),
    /// How often chance alone makes a difference as great.
    pub p: f64,
    /// The same for one label among all that were looked at (Holm 1979).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p_adjusted: Option<f64>,
}

impl Contrast {
    /// The difference with its interval.
    pub fn figure(&self) -> Figure {
        Figure { value: self.difference, interval: self.interval }
    }

    /// What people call the figure.
    pub fn words(&self) -> &str {
        match &self.figure[..] {
            "micro_f1" => "micro F1",
            "macro_f1" => "macro F1",
            "f1" => "F1",
            "average_precision" => "average precision",
            "accuracy" => "all labels right",
            "brier" => "Brier, less is better",
            other => other,
        }
    }
}

fn interval_or_null<S: Serializer>((low, high): &(f64, f64), out: S) -> Result<S::Ok, S::Error> {
    Figure { value: 0.0, interval: (*low, *high) }.known_interval().serialize(out)
}

/// The differences of one swap, or of none.
struct Differences {
    overall: [f64; 5],
    labels: Vec<[f64; 2]>,
}

impl Comparison {
    /// Compares what two models said of the same units and the same labels; [`Judgement::of_labels`] keeps those that both have.
    ///
    /// # Panics
    /// If labels or units differ, which would compare one label with another.
    pub fn of(this: &Judgement, other: &Judgement, seed: u64) -> Comparison {
        assert_eq!(this.labels, other.labels, "two models are compared by the same labels");
        assert_eq!(this.groups, other.groups, "two models are compared on the same units");
        let grounds = [this, other].map(Ground::new);
        let [a, b] = grounds.each_ref().map(Ground::whole);
        let [a_draws, b_draws] = grounds.each_ref().map(|ground| ground.draws(seed));
        let both = Both::new(this, other);
        let plain = both.differences(&vec![false; both.groups.len()]);
        let swapped: Vec<Differences> = both.swapped(seed);
        let contrast = |figure: &str, this: f64, other: f64, draws: Vec<f64>, plain: f64, swapped: Vec<f64>| {
            let greater = swapped.iter().filter(|swapped| swapped.abs() >= plain.abs() - SAME).count();
            let difference = this - other;
            let drawn = interval::spread(draws.into_iter()).filter(|_| difference.is_finite());
            let p = (1 + greater) as f64 / (1 + swapped.len()) as f64;
            Contrast {
                figure: figure.to_owned(),
                this,
                other,
                difference,
                interval: drawn.unwrap_or((f64::NAN, f64::NAN)),
                p: if difference.is_nan() { f64::NAN } else { p },
                p_adjusted: None,
            }
        };
        let draws = || a_draws.iter().zip(&b_draws);
        let overall = OVERALL.iter().enumerate().map(|(at, (name, figure))| {
            let draws = draws().map(|(a, b)| figure(&a.overall) - figure(&b.overall)).collect();
            let swapped = swapped.iter().map(|differences| differences.overall[at]).collect();
            contrast(name, figure(&a.overall), figure(&b.overall), draws, plain.overall[at], swapped)
        });
        let label = |label: usize| {
            let figures = OF_LABEL.iter().enumerate().map(|(at, (name, figure))| {
                let draws = draws().map(|(a, b)| figure(&a.labels[label]) - figure(&b.labels[label])).collect();
                let swapped = swapped.iter().map(|differences| differences.labels[label][at]).collect();
                let [this, other] = [&a, &b].map(|drawn| figure(&drawn.labels[label]));
                contrast(name, this, other, draws, plain.labels[label][at], swapped)
            });
            LabelContrasts {
                label: this.labels[label].clone(),
                support: this.truth.support(label) as u64,
                figures: figures.collect(),
            }
        };
        let mut labels: Vec<LabelContrasts> = (0..this.labels.len()).map(label).collect();
        (0..OF_LABEL.len()).for_each(|at| adjust(labels.iter_mut().map(|label| &mut label.figures[at]).collect()));
        Comparison { swaps: SWAPS as u64, overall: overall.collect(), labels }
    }
}

type Of<T> = fn(&T) -> f64;
const OVERALL: [(&str, Of<Rates<f64>>); 5] = [
    ("micro_f1", |rates| rates.micro_f1),
    ("macro_f1", |rates| rates.macro_f1),
    ("average_precision", |rates| rates.average_precision),
    ("accuracy", |rates| rates.accuracy),
    ("brier", |rates| rates.brier),
];
const OF_LABEL: [(&str, Of<LabelRates<f64>>); 2] =
    [("f1", |rates| rates.f1), ("average_precision", |rates| rates.average_precision)];

/// Holm's step-down: the i-th smallest p of m counts (m − i + 1)-fold, and none less than one before it (Holm 1979, "A simple sequentially
/// rejective multiple test procedure"). What cannot be told is no test.
fn adjust(mut contrasts: Vec<&mut Contrast>) {
    contrasts.retain(|contrast| !contrast.p.is_nan());
    contrasts.sort_by(|a, b| a.p.total_cmp(&b.p));
    let (m, mut least) = (contrasts.len(), 0.0f64);
    for (at, contrast) in contrasts.into_iter().enumerate() {
        least = least.max((contrast.p * (m - at) as f64).min(1.0));
        contrast.p_adjusted = Some(least);
    }
}

/// What both models said, ready to be swapped group by group.
struct Both {
    /// Of each group, what each of the two models is worth there.
    groups: Vec<[Worth; 2]>,
    /// For each label the units of both models in one ranking.
    rankings: Vec<Vec<Place>>,
    units: u64,
}

/// What a model is worth in one group, in sums.
#[derive(Clone, Default)]
struct Worth {
    labels: Vec<Counts>,
    exact: u64,
    /// Squared distances of probability and truth.
    gaps: f64,
}

/// A unit in the ranking of both models.
struct Place {
    group: u32,
    /// It is ranked here by the second model.
    is_other: bool,
    truth: bool,
    /// The next one has a lower score.
    ends: bool,
}

impl Worth {
    fn add(&mut self, more: &Worth) {
        self.labels.iter_mut().zip(&more.labels).for_each(|(sum, counts)| *sum = sum.plus(*counts));
        self.exact += more.exact;
        self.gaps += more.gaps;
    }
}

impl Both {
    fn new(this: &Judgement, other: &Judgement) -> Both {
        let worth = [this, other].map(of_groups);
        let [a, b] = worth;
        Both {
            groups: a.into_iter().zip(b).map(|(a, b)| [a, b]).collect(),
            rankings: (0..this.labels.len()).into_par_iter().map(|label| ranking([this, other], label)).collect(),
            units: this.units() as u64,
        }
    }

    fn swapped(&self, seed: u64) -> Vec<Differences> {
        interval::streams(SWAPS, seed, |random| {
            let (mut bits, mut left) = (0u64, 0);
            let mut coin = || {
                if left == 0 {
                    (bits, left) = (random.next_u64(), 64);
                }
                left -= 1;
                bits >> left & 1 == 1
            };
            self.differences(&self.groups.iter().map(|_| coin()).collect::<Vec<bool>>())
        })
    }

    /// The figures of the first model minus those of the second, the answers of these groups swapped.
    fn differences(&self, swap: &[bool]) -> Differences {
        let k = self.rankings.len();
        let nothing = Worth { labels: vec![Counts::default(); k], ..Worth::default() };
        let mut sums = [nothing.clone(), nothing];
        for (group, &swap) in self.groups.iter().zip(swap) {
            sums.iter_mut().enumerate().for_each(|(side, sum)| sum.add(&group[side ^ usize::from(swap)]));
        }
        let precisions: Vec<[f64; 2]> = self.rankings.iter().map(|ranking| precisions(ranking, swap)).collect();
        let apart = |figure: &dyn Fn(&Worth) -> f64| figure(&sums[0]) - figure(&sums[1]);
        let mean_precision = |side: usize| {
            let known = precisions.iter().map(|sides| sides[side]).filter(|precision| precision.is_finite());
            finite(metrics::mean(known))
        };
        Differences {
            overall: [
                apart(&|worth| metrics::micro_f1(&worth.labels)),
                apart(&|worth| metrics::macro_f1(&worth.labels)),
                mean_precision(0) - mean_precision(1),
                apart(&|worth| finite(ratio(worth.exact, self.units))),
                apart(&|worth| worth.gaps) / (self.units * k as u64).max(1) as f64,
            ],
            labels: (0..k)
                .map(|label| {
                    [apart(&|worth| worth.labels[label].f1()), finite(precisions[label][0] - precisions[label][1])]
                })
                .collect(),
        }
    }
}

fn of_groups(judgement: &Judgement) -> Vec<Worth> {
    let counts = judgement.group_counts(&judgement.given);
    let mut groups: Vec<Worth> = counts.into_iter().map(|labels| Worth { labels, ..Worth::default() }).collect();
    let k = judgement.labels.len();
    for (unit, &group) in judgement.groups.iter().enumerate() {
        let truth = judgement.truth.row(unit);
        let said = &judgement.probabilities[unit * k..(unit + 1) * k];
        groups[group].exact += u64::from(truth == judgement.given.row(unit));
        groups[group].gaps += said.iter().zip(truth).map(|(p, truth)| metrics::squared_gap(*p, *truth)).sum::<f64>();
    }
    groups
}

/// The units of both models by falling probability of a label.
fn ranking(both: [&Judgement; 2], label: usize) -> Vec<Place> {
    let scored = both.iter().enumerate().flat_map(|(side, judgement)| {
        let units = judgement.scored(label).into_iter().zip(&judgement.groups);
        units.map(move |((p, truth), &group)| {
            (p, Place { group: group as u32, is_other: side == 1, truth, ends: false })
        })
    });
    let mut scored: Vec<(f64, Place)> = scored.collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0));
    for at in 0..scored.len() {
        scored[at].1.ends = scored.get(at + 1).is_none_or(|next| next.0 != scored[at].0);
    }
    scored.into_iter().map(|(_, place)| place).collect()
}

/// Average precision of both sides of a swap.
fn precisions(ranking: &[Place], swap: &[bool]) -> [f64; 2] {
    let mut sides = [Steps::default(); 2];
    for place in ranking {
        sides[usize::from(place.is_other ^ swap[place.group as usize])].take(1, place.truth);
        if place.ends {
            sides.iter_mut().for_each(Steps::end);
        }
    }
    sides.map(Steps::average_precision)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::Truth;
    use crate::model::Task;

    /// Eight units of one label, in groups of their own or in pairs; the first model is right of six, the second of two.
    fn two(groups: Vec<usize>) -> [Judgement; 2] {
        let truth = Truth::new(1, vec![true, true, true, true, false, false, false, false]);
        let of = |probabilities: [f64; 8]| Judgement {
            task: Task::Multi,
            labels: vec!["a".into()],
            truth: truth.clone(),
            given: Truth::new(1, probabilities.iter().map(|p| *p >= 0.5).collect()),
            probabilities: probabilities.to_vec(),
            keywords: Truth::new(1, vec![false; 8]),
            groups: groups.clone(),
        };
        [of([0.9, 0.8, 0.7, 0.2, 0.6, 0.3, 0.2, 0.1]), of([0.9, 0.4, 0.3, 0.2, 0.8, 0.6, 0.5, 0.1])]
    }

    fn figure<'a>(comparison: &'a Comparison, name: &str) -> &'a Contrast {
        comparison.overall.iter().find(|contrast| contrast.figure == name).unwrap()
    }

    #[test]
    fn p_is_near_the_share_of_all_swaps_that_there_are() {
        for groups in [(0..8).collect::<Vec<usize>>(), vec![0, 0, 1, 1, 2, 2, 3, 3]] {
            let [this, other] = two(groups);
            let both = Both::new(&this, &other);
            let count = both.groups.len();
            let all: Vec<Differences> = (0..1u32 << count)
                .map(|bits| both.differences(&(0..count).map(|at| bits >> at & 1 == 1).collect::<Vec<bool>>()))
                .collect();
            let found = Comparison::of(&this, &other, 1);
            for (at, contrast) in found.overall.iter().enumerate() {
                let as_great = |d: &&Differences| d.overall[at].abs() >= contrast.difference.abs() - SAME;
                let exact = all.iter().filter(as_great).count() as f64 / all.len() as f64;
                assert!((contrast.p - exact).abs() < 0.02, "{}: {} {exact}", contrast.figure, contrast.p);
            }
        }
    }

    #[test]
    fn the_figures_of_no_swap_are_those_of_an_evaluation() {
        let [this, other] = two((0..8).collect());
        let found = Comparison::of(&this, &other, 0);
        let (a, b) = (this.rates(), other.rates());
        for (name, (a, b)) in [
            ("micro_f1", (a.micro_f1, b.micro_f1)),
            ("average_precision", (a.average_precision, b.average_precision)),
            ("brier", (a.brier, b.brier)),
        ] {
            let contrast = figure(&found, name);
            assert!((contrast.this - a).abs() < 1e-15 && (contrast.other - b).abs() < 1e-15, "{name}");
        }
        let plain = Both::new(&this, &other).differences(&[false; 8]);
        found.overall.iter().zip(plain.overall).for_each(|(contrast, plain)| {
            assert!((contrast.difference - plain).abs() < 1e-12, "{}", contrast.figure);
        });
        assert!((figure(&found, "accuracy").difference - 4.0 / 8.0).abs() < 1e-15);
    }

    #[test]
    fn a_model_does_not_differ_from_itself() {
        let [this, _] = two((0..8).collect());
        let found = Comparison::of(&this, &this, 0);
        assert!(found.overall.iter().all(|contrast| contrast.difference == 0.0 && contrast.p == 1.0));
        assert!(found.labels[0].figures.iter().all(|contrast| contrast.interval == (0.0, 0.0)));
    }

    #[test]
    fn the_more_labels_one_looks_at_the_more_a_p_must_show() {
        let contrast = |p: f64| Contrast {
            figure: String::new(),
            this: 0.0,
            other: 0.0,
            difference: 0.0,
            interval: (0.0, 0.0),
            p,
            p_adjusted: None,
        };
        // Holm's own rule on four tests: 4·.005, 3·.01, 2·.03, and the last no less than the one before.
        let mut all = [0.01, 0.04, 0.03, 0.005].map(contrast);
        adjust(all.iter_mut().collect());
        let adjusted = all.map(|contrast| (contrast.p_adjusted.unwrap() * 1e6).round() / 1e6);
        assert_eq!(adjusted, [0.03, 0.06, 0.06, 0.02]);
    }
}
