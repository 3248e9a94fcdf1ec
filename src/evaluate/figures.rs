//! The figures of labelled units, each worked out in one way, for all of them or for a draw of them.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::interval;
use super::judgement::Judgement;
use super::metrics::{Counts, mean, ratio, squared_gap};
use crate::model::Task;
use crate::model::card::Figure;

/// A probability of the truth that is smaller counts as this in logarithms, as in scikit-learn.
const SMALLEST: f64 = f64::EPSILON;

/// Figures side by side: of `f64` for one draw, of [`Figure`] with the intervals that many draws give.
macro_rules! figures {
    ($(#[$about:meta])* $name:ident { $($(#[$meaning:meta])* $figure:ident,)* }) => {
        $(#[$about])*
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        pub struct $name<T> { $($(#[$meaning])* pub $figure: T,)* }

        impl<T> $name<T> {
            /// Each figure with its name.
            pub fn each(&self) -> Vec<(&'static str, &T)> {
                vec![$((stringify!($figure), &self.$figure)),*]
            }
        }

        impl $name<f64> {
            /// Each figure with the interval that draws give it.
            pub fn with_intervals<'a>(&self, draws: impl Iterator<Item = &'a Self> + Clone) -> $name<Figure> {
                $name { $($figure: interval::figure(self.$figure, draws.clone().map(|draw| draw.$figure)),)* }
            }
        }
    };
}

figures! {
    /// Figures over all labels. NaN where no unit could tell.
    Rates {
        /// F1 of all labels' counts together.
        micro_f1,
        micro_precision,
        micro_recall,
        /// The plain mean over the labels that some unit has or was given.
        macro_f1,
        macro_precision,
        macro_recall,
        /// The mean over the labels, each weighing as many as have it.
        weighted_f1,
        weighted_precision,
        weighted_recall,
        /// The mean over the units, of their own sets; a unit without labels that was given none counts 1.
        sample_f1,
        sample_precision,
        sample_recall,
        /// The mean of the labels' average precision, over the labels that some unit has.
        average_precision,
        /// Average precision of all pairs of unit and label in one ranking.
        micro_average_precision,
        /// Share of units whose set of labels is exactly right.
        accuracy,
        /// Share of all yes-or-no answers that are wrong.
        hamming_loss,
        /// Mean surprise at the truth, in nats: over all yes-or-no answers, with one label a unit of the true labels alone.
        log_loss,
        /// Mean of the labels' Brier scores.
        brier,
        /// Units with a label that were given any.
        found,
        /// Units without a label that were given one.
        flagged,
    }
}

figures! {
    /// Figures of one label. NaN where no unit could tell.
    LabelRates {
        precision,
        recall,
        f1,
        average_precision,
        /// Mean surprise at the truth, yes or no, in nats.
        log_loss,
        /// Mean squared distance of probability and truth (Brier 1950).
        brier,
    }
}

/// All figures of one draw of units.
pub struct Drawn {
    pub overall: Rates<f64>,
    pub labels: Vec<LabelRates<f64>>,
}

/// What stays the same from draw to draw.
pub struct Ground<'a> {
    judgement: &'a Judgement,
    /// For each label the units by falling probability.
    rankings: Vec<Vec<Ranked>>,
    /// The same of all pairs of unit and label.
    ranking: Vec<Ranked>,
    /// Surprise at each answer, and its squared distance from the truth: n × k by row.
    losses: Vec<[f64; 2]>,
    /// F1, precision and recall of each unit's own set.
    samples: Vec<[f64; 3]>,
}

/// A unit in a ranking by score.
#[derive(Clone, Copy)]
struct Ranked {
    unit: u32,
    truth: bool,
    /// The next one has a lower score.
    ends: bool,
}

impl<'a> Ground<'a> {
    pub fn new(judgement: &'a Judgement) -> Self {
        let (k, n) = (judgement.labels.len(), judgement.units());
        let cell = |unit: usize, label: usize| {
            (judgement.probabilities[unit * k + label], unit as u32, judgement.truth.has(unit, label))
        };
        let of_label = |label: usize| rank((0..n).map(|unit| cell(unit, label)).collect());
        // Of a length that is known, so that no room is taken for more.
        let all = || (0..n * k).map(|at| (at / k, at % k));
        Ground {
            judgement,
            rankings: (0..k).into_par_iter().map(of_label).collect(),
            ranking: rank(all().map(|(unit, label)| cell(unit, label)).collect()),
            losses: all().map(|(unit, label)| cell(unit, label)).map(|(p, _, truth)| losses(p, truth)).collect(),
            samples: (0..n).map(|unit| sample(judgement, unit)).collect(),
        }
    }

    /// The figures of all units.
    pub fn whole(&self) -> Drawn {
        self.drawn(&vec![1; self.judgement.units()])
    }

    /// The figures of [`interval::RESAMPLES`] draws of groups; none of a single group, which drawn anew is always itself. Judgements of the same
    /// units draw the same ones.
    pub fn draws(&self, seed: u64) -> Vec<Drawn> {
        let groups = &self.judgement.groups;
        let count = groups.iter().max().map_or(0, |last| last + 1);
        if count < 2 {
            return Vec::new();
        }
        interval::resample(count, seed, |picks| {
            let mut times = vec![0u32; count];
            picks.iter().for_each(|pick| times[*pick as usize] += 1);
            self.drawn(&groups.iter().map(|&group| times[group]).collect::<Vec<u32>>())
        })
    }

    /// The figures of units drawn so many times each.
    pub(super) fn drawn(&self, times: &[u32]) -> Drawn {
        let Judgement { task, truth, given, .. } = self.judgement;
        let mut tally = Tally { labels: vec![OfLabel::default(); truth.labels], ..Tally::default() };
        for (unit, &times) in times.iter().enumerate().filter(|(_, times)| **times > 0) {
            let (truth, given) = (truth.row(unit), given.row(unit));
            tally.add(truth, given, &self.losses[unit * truth.len()..(unit + 1) * truth.len()], u64::from(times));
            tally.samples.iter_mut().zip(self.samples[unit]).for_each(|(sum, own)| *sum += f64::from(times) * own);
        }
        let precisions = self.rankings.iter().map(|ranking| average_precision(ranking, times));
        let labels: Vec<LabelRates<f64>> =
            tally.labels.iter().zip(precisions).map(|(label, precision)| label.rates(tally.units, precision)).collect();
        let overall = tally.rates(*task, &labels, average_precision(&self.ranking, times));
        Drawn { overall, labels }
    }
}

/// Surprise at a yes-or-no answer, and its squared distance from the truth.
fn losses(p: f64, truth: bool) -> [f64; 2] {
    let likely = if truth { p } else { 1.0 - p };
    [-libm::log(likely.clamp(SMALLEST, 1.0 - SMALLEST)), squared_gap(p, truth)]
}

/// F1, precision and recall of a unit's own set of labels.
fn sample(judgement: &Judgement, unit: usize) -> [f64; 3] {
    let mut counts = Counts::default();
    let answers = judgement.truth.row(unit).iter().zip(judgement.given.row(unit));
    answers.for_each(|(truth, given)| counts.add(*given, *truth));
    match counts == Counts::default() {
        true => [1.0; 3],
        false => [counts.f1(), counts.precision(), counts.recall()],
    }
}

/// By falling score.
fn rank(mut scored: Vec<(f64, u32, bool)>) -> Vec<Ranked> {
    // What has one score is counted together, so that its order tells nothing.
    scored.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
    let ends = |at: usize| scored.get(at + 1).is_none_or(|next| next.0 != scored[at].0);
    scored.iter().enumerate().map(|(at, &(_, unit, truth))| Ranked { unit, truth, ends: ends(at) }).collect()
}

/// [`super::metrics::average_precision`] of units drawn so many times each; NaN where none of them has the label.
fn average_precision(ranking: &[Ranked], times: &[u32]) -> f64 {
    let mut steps = Steps::default();
    for ranked in ranking {
        steps.take(u64::from(times[ranked.unit as usize]), ranked.truth);
        if ranked.ends {
            steps.end();
        }
    }
    steps.average_precision()
}

/// The steps of recall, down a ranking.
#[derive(Clone, Copy, Default)]
pub struct Steps {
    taken: u64,
    hits: u64,
    /// Hits when the last score ended.
    before: u64,
    sum: f64,
}

impl Steps {
    /// Another unit, so many times.
    pub fn take(&mut self, times: u64, truth: bool) {
        self.taken += times;
        self.hits += if truth { times } else { 0 };
    }

    /// No more units of this score: units of one score stand or fall together.
    pub fn end(&mut self) {
        if self.hits > self.before {
            self.sum += (self.hits - self.before) as f64 * self.hits as f64 / self.taken as f64;
            self.before = self.hits;
        }
    }

    pub fn average_precision(self) -> f64 {
        if self.hits == 0 { f64::NAN } else { self.sum / self.hits as f64 }
    }
}

/// What can be counted in one pass over the units.
#[derive(Default)]
struct Tally {
    units: u64,
    exact: u64,
    /// Units with a label, those of them that were given one; units without, those of them that were given one.
    framed: [u64; 2],
    plain: [u64; 2],
    samples: [f64; 3],
    labels: Vec<OfLabel>,
}

#[derive(Clone, Default)]
struct OfLabel {
    counts: Counts,
    /// Sums over the units; the first also over those alone that have the label.
    losses: [f64; 2],
    own_surprise: f64,
}

impl Tally {
    fn add(&mut self, truth: &[bool], given: &[bool], losses: &[[f64; 2]], times: u64) {
        for (label, ((&truth, &given), loss)) in self.labels.iter_mut().zip(truth.iter().zip(given).zip(losses)) {
            label.counts.hits += times * u64::from(truth && given);
            label.counts.false_alarms += times * u64::from(given && !truth);
            label.counts.misses += times * u64::from(truth && !given);
            label.losses.iter_mut().zip(loss).for_each(|(sum, loss)| *sum += times as f64 * loss);
            label.own_surprise += if truth { times as f64 * loss[0] } else { 0.0 };
        }
        self.units += times;
        self.exact += times * u64::from(truth == given);
        let kind = if truth.contains(&true) { &mut self.framed } else { &mut self.plain };
        kind[0] += times;
        kind[1] += times * u64::from(given.contains(&true));
    }

    fn rates(&self, task: Task, labels: &[LabelRates<f64>], micro_average_precision: f64) -> Rates<f64> {
        let sum = self.labels.iter().fold(Counts::default(), |sum, label| sum.plus(label.counts));
        let answers = (self.units * self.labels.len() as u64) as f64;
        let seen = |figure: fn(&LabelRates<f64>) -> f64| {
            let seen = labels.iter().zip(&self.labels).filter(|(_, label)| label.counts != Counts::default());
            mean(seen.map(|(rates, _)| figure(rates)))
        };
        let weighted = |figure: fn(Counts) -> f64| {
            let of_label = |label: &OfLabel| figure(label.counts) * label.counts.support() as f64;
            self.labels.iter().map(of_label).sum::<f64>() / sum.support() as f64
        };
        let [sample_f1, sample_precision, sample_recall] = self.samples.map(|sum| sum / self.units as f64);
        let nothing = sum == Counts::default();
        let micro = |figure: f64| if nothing { f64::NAN } else { figure };
        let total = |figure: fn(&OfLabel) -> f64| self.labels.iter().map(figure).sum::<f64>();
        Rates {
            micro_f1: micro(sum.f1()),
            micro_precision: micro(sum.precision()),
            micro_recall: micro(sum.recall()),
            macro_f1: seen(|label| label.f1),
            macro_precision: seen(|label| label.precision),
            macro_recall: seen(|label| label.recall),
            weighted_f1: weighted(Counts::f1),
            weighted_precision: weighted(Counts::precision),
            weighted_recall: weighted(Counts::recall),
            sample_f1,
            sample_precision,
            sample_recall,
            average_precision: mean(labels.iter().map(|label| label.average_precision).filter(|ap| ap.is_finite())),
            micro_average_precision,
            accuracy: ratio(self.exact, self.units),
            hamming_loss: (sum.false_alarms + sum.misses) as f64 / answers,
            log_loss: match task {
                Task::Multi => total(|label| label.losses[0]) / answers,
                Task::Single => total(|label| label.own_surprise) / sum.support() as f64,
            },
            brier: total(|label| label.losses[1]) / answers,
            found: ratio(self.framed[1], self.framed[0]),
            flagged: ratio(self.plain[1], self.plain[0]),
        }
    }
}

impl OfLabel {
    fn rates(&self, units: u64, average_precision: f64) -> LabelRates<f64> {
        let [log_loss, brier] = self.losses.map(|sum| sum / units as f64);
        let or_open = |figure| self.counts.told(figure).unwrap_or(f64::NAN);
        LabelRates {
            precision: or_open(Counts::precision),
            recall: or_open(Counts::recall),
            f1: or_open(Counts::f1),
            average_precision,
            log_loss,
            brier,
        }
    }
}
