//! What a model said of labelled units → an [`Evaluation`]: every figure, with its interval where it has one.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::interval;
use super::metrics::{self, Counts};
use super::truth::{Truth, column};
use crate::corpus::Example;
use crate::features::Scratch;
use crate::framing::{Choice, framings};
use crate::model::card::Figure;
use crate::model::{Model, Task};

/// A probability of the truth that is smaller counts as this in logarithms.
const SMALLEST: f64 = 1e-15;

/// What a model said of labelled units.
#[derive(Clone, Debug, PartialEq)]
pub struct Judgement {
    pub task: Task,
    /// k.
    pub labels: Vec<String>,
    pub truth: Truth,
    /// n × k by row.
    pub probabilities: Vec<f64>,
    /// The labels that the model gave.
    pub given: Truth,
    /// What looking for the one keyword of each label would have given.
    pub keywords: Truth,
    /// The group (document, author) of each unit, numbered from 0 without a gap.
    pub groups: Vec<usize>,
}

/// How good a model is on labelled units.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    pub units: u64,
    pub groups: u64,
    pub overall: Overall,
    pub labels: Vec<LabelFigures>,
    /// True label, label given in its place, how often; the pairs most mixed up first.
    pub confusions: Vec<(String, String, u64)>,
}

/// Figures over all labels.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Overall {
    pub micro_f1: Figure,
    pub micro_precision: f64,
    pub micro_recall: f64,
    /// The plain mean over the labels that some unit has or was given.
    pub macro_f1: Figure,
    pub macro_precision: f64,
    pub macro_recall: f64,
    /// The mean over the labels, each weighing as many as have it.
    pub weighted_f1: f64,
    /// The mean over the units of the F1 of their own sets; a unit without labels that was given none counts 1.
    pub sample_f1: f64,
    /// The mean of the labels' average precision, over the labels that some unit has.
    pub average_precision: Figure,
    /// Share of units whose set of labels is exactly right.
    pub accuracy: Figure,
    /// Share of all yes-or-no answers that are wrong.
    pub hamming_loss: f64,
    /// Mean surprise at the truth, in nats: over all yes-or-no answers, with one label a unit over the units.
    pub log_loss: f64,
    /// Mean of the labels' Brier scores.
    pub brier: f64,
    /// Mean of the labels' expected calibration errors.
    pub calibration_error: f64,
    /// Units with a label that were given any.
    pub found: Figure,
    /// Units without a label that were given one.
    pub flagged: Figure,
    /// Micro F1 of giving every unit the set of labels that is commonest here.
    pub majority: f64,
    /// Micro and macro F1 of looking for one word a label, the best that the model's training data had.
    pub keyword: (f64, f64),
}

/// Figures of one label.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LabelFigures {
    pub label: String,
    /// Units that truly have it.
    pub support: u64,
    /// Units that were given it.
    pub given: u64,
    pub precision: f64,
    pub recall: f64,
    pub f1: Figure,
    pub average_precision: Figure,
    /// Mean squared distance of probability and truth (Brier 1950).
    pub brier: f64,
    /// Expected calibration error, ten bins.
    pub calibration_error: f64,
    /// Of each of ten equal bins of probability that holds units: how many, their mean probability, the share that truly has the label.
    pub reliability: Vec<(u64, f64, f64)>,
}

impl Judgement {
    /// What `model` says of the examples at its own thresholds. A label that the model does not have counts as none.
    pub fn of(model: &Model, examples: &[Example]) -> Judgement {
        const UNITS_A_TASK: usize = 256;
        let parts: Vec<Vec<Said>> = examples
            .par_chunks(UNITS_A_TASK)
            .map(|examples| {
                let mut scratch = model.scratch();
                examples.iter().map(|example| Said::of(model, &example.text, &mut scratch)).collect()
            })
            .collect();
        let said = || parts.iter().flatten();
        let k = model.labels().len();
        let truth = |example: &Example| {
            let mut has = vec![false; k];
            let known = example.labels.iter().filter_map(|label| model.labels().find(label));
            known.for_each(|label| has[label.index()] = true);
            has
        };
        Judgement {
            task: model.task(),
            labels: model.labels().iter().map(|(_, name)| name.to_owned()).collect(),
            truth: Truth::new(k, examples.iter().flat_map(truth).collect()),
            probabilities: said().flat_map(|said| said.probabilities.iter().copied()).collect(),
            given: Truth::new(k, said().flat_map(|said| said.given.iter().copied()).collect()),
            keywords: Truth::new(k, said().flat_map(|said| said.keywords.iter().copied()).collect()),
            groups: without_gaps(examples.iter().map(|example| example.group.as_deref().unwrap_or(&example.text))),
        }
    }

    pub fn units(&self) -> usize {
        self.truth.units()
    }

    /// The judgement of these units alone.
    pub fn only(&self, units: &[usize]) -> Judgement {
        let k = self.labels.len();
        Judgement {
            task: self.task,
            labels: self.labels.clone(),
            truth: self.truth.only(units),
            probabilities: units.iter().flat_map(|&i| self.probabilities[i * k..(i + 1) * k].to_vec()).collect(),
            given: self.given.only(units),
            keywords: self.keywords.only(units),
            groups: without_gaps(units.iter().map(|&i| self.groups[i])),
        }
    }

    /// Every figure; the same seed gives the same intervals whatever the number of threads.
    pub fn evaluate(&self, seed: u64) -> Evaluation {
        let drawn = self.drawn(seed);
        let counts = self.counts(&self.given);
        let label = |(label, counts): (usize, &Counts)| self.label(label, *counts, &drawn);
        let labels: Vec<LabelFigures> = counts.par_iter().enumerate().map(label).collect();
        Evaluation {
            units: self.units() as u64,
            groups: self.groups.iter().max().map_or(0, |last| last + 1) as u64,
            overall: self.overall(&labels, &drawn),
            labels,
            confusions: self.confusions(),
        }
    }

    /// Cut, precision and recall of a label, at no more points than can be drawn.
    pub fn curve(&self, label: usize) -> Vec<(f64, f64, f64)> {
        const POINTS: usize = 100;
        metrics::curve(&column(&self.probabilities, &self.truth, label), POINTS)
    }

    /// True label, label given in its place, how often; the commonest first.
    pub fn confusions(&self) -> Vec<(String, String, u64)> {
        let name = |label: usize| self.labels[label].clone();
        let pairs = metrics::confusions(&self.truth, &self.given).into_iter();
        pairs.map(|(missed, wrong, count)| (name(missed), name(wrong), count)).collect()
    }

    fn label(&self, label: usize, counts: Counts, drawn: &[Draw]) -> LabelFigures {
        let scored = column(&self.probabilities, &self.truth, label);
        let interval = |figure: fn(&Draw) -> &Vec<f64>| {
            interval::middle(drawn.iter().map(|draw| figure(draw)[label]).filter(|value| value.is_finite()).collect())
        };
        LabelFigures {
            label: self.labels[label].clone(),
            support: counts.support(),
            given: counts.hits + counts.false_alarms,
            precision: counts.precision(),
            recall: counts.recall(),
            f1: Figure { value: counts.f1(), interval: interval(|draw| &draw.f1) },
            average_precision: Figure {
                value: metrics::average_precision(&scored),
                interval: interval(|draw| &draw.average_precision),
            },
            brier: metrics::brier(&scored),
            calibration_error: metrics::calibration_error(&scored),
            reliability: metrics::reliability(&scored),
        }
    }

    /// How often each label of `given` is right.
    fn counts(&self, given: &Truth) -> Vec<Counts> {
        let mut counts = vec![Counts::default(); self.labels.len()];
        for i in 0..self.units() {
            let answers = given.row(i).iter().zip(self.truth.row(i));
            counts.iter_mut().zip(answers).for_each(|(counts, (given, truth))| counts.add(*given, *truth));
        }
        counts
    }

    fn overall(&self, labels: &[LabelFigures], drawn: &[Draw]) -> Overall {
        let k = labels.len();
        let (counts, keywords) = (self.counts(&self.given), self.counts(&self.keywords));
        let sum = counts.iter().fold(Counts::default(), |sum, label| sum.plus(*label));
        let mean = |figure: fn(&LabelFigures) -> f64| labels.iter().map(figure).sum::<f64>() / k.max(1) as f64;
        let seen = |figure: fn(&LabelFigures) -> f64| {
            let seen = labels.iter().filter(|label| label.support + label.given > 0);
            mean_of(&seen.map(figure).collect::<Vec<f64>>())
        };
        let whole = Draw::of(self, &self.orders(), &vec![1; self.units()]);
        let figure = |of: fn(&Draw) -> f64| Figure {
            value: Some(of(&whole)).filter(|value| value.is_finite()).unwrap_or_default(),
            interval: interval::middle(drawn.iter().map(of).filter(|value| value.is_finite()).collect()),
        };
        let support: u64 = labels.iter().map(|label| label.support).sum();
        let wrong = sum.false_alarms + sum.misses;
        Overall {
            micro_f1: figure(|draw| draw.micro_f1),
            micro_precision: sum.precision(),
            micro_recall: sum.recall(),
            macro_f1: figure(|draw| mean_of(&draw.f1)),
            macro_precision: seen(|label| label.precision),
            macro_recall: seen(|label| label.recall),
            weighted_f1: labels.iter().map(|label| label.f1.value * label.support as f64).sum::<f64>()
                / support.max(1) as f64,
            sample_f1: self.sample_f1(),
            average_precision: figure(|draw| mean_of(&draw.average_precision)),
            accuracy: figure(|draw| draw.accuracy),
            hamming_loss: wrong as f64 / (self.units() * k).max(1) as f64,
            log_loss: self.log_loss(),
            brier: mean(|label| label.brier),
            calibration_error: mean(|label| label.calibration_error),
            found: figure(|draw| draw.found),
            flagged: figure(|draw| draw.flagged),
            majority: metrics::majority(&self.truth),
            keyword: (metrics::micro_f1(&keywords), metrics::macro_f1(&keywords)),
        }
    }

    fn sample_f1(&self) -> f64 {
        let of_unit = |i: usize| {
            let mut counts = Counts::default();
            self.truth.row(i).iter().zip(self.given.row(i)).for_each(|(truth, given)| counts.add(*given, *truth));
            if counts == Counts::default() { 1.0 } else { counts.f1() }
        };
        (0..self.units()).map(of_unit).sum::<f64>() / self.units().max(1) as f64
    }

    fn log_loss(&self) -> f64 {
        let k = self.labels.len();
        let surprise = |p: f64| -libm::log(p.clamp(SMALLEST, 1.0));
        let said = |i: usize, label: usize| self.probabilities[i * k + label];
        let of_unit = |i: usize| -> f64 {
            let own = |label: usize| match (self.task, self.truth.has(i, label)) {
                (_, true) => surprise(said(i, label)),
                (Task::Multi, false) => surprise(1.0 - said(i, label)),
                (Task::Single, false) => 0.0,
            };
            (0..k).map(own).sum()
        };
        let answers = match self.task {
            Task::Multi => self.units() * k,
            Task::Single => (0..k).map(|label| self.truth.support(label)).sum(),
        };
        (0..self.units()).map(of_unit).sum::<f64>() / answers.max(1) as f64
    }

    /// For each label the units by falling probability.
    fn orders(&self) -> Vec<Vec<u32>> {
        let k = self.labels.len();
        let order = |label: usize| {
            let said = |unit: &u32| self.probabilities[*unit as usize * k + label];
            let mut units: Vec<u32> = (0..self.units() as u32).collect();
            units.sort_by(|a, b| said(b).total_cmp(&said(a)));
            units
        };
        (0..k).into_par_iter().map(order).collect()
    }

    /// The figures of [`interval::RESAMPLES`] draws of groups.
    fn drawn(&self, seed: u64) -> Vec<Draw> {
        let count = self.groups.iter().max().map_or(0, |last| last + 1);
        let orders = self.orders();
        interval::resample(count, seed, |picks| {
            let mut times = vec![0u32; count];
            picks.iter().for_each(|pick| times[*pick as usize] += 1);
            let of_units: Vec<u32> = self.groups.iter().map(|&group| times[group]).collect();
            Draw::of(self, &orders, &of_units)
        })
    }
}

/// The figures of one draw; NaN where it holds no unit that could tell.
struct Draw {
    f1: Vec<f64>,
    average_precision: Vec<f64>,
    micro_f1: f64,
    accuracy: f64,
    found: f64,
    flagged: f64,
}

impl Draw {
    /// `times`: how often each unit was drawn.
    fn of(judgement: &Judgement, orders: &[Vec<u32>], times: &[u32]) -> Draw {
        let Judgement { truth, given, .. } = judgement;
        let mut counts = vec![Counts::default(); truth.labels];
        let (mut all, mut exact, mut framed, mut found, mut plain, mut flagged) = (0, 0, 0, 0, 0, 0);
        for (i, &times) in times.iter().enumerate().filter(|(_, times)| **times > 0) {
            let times = u64::from(times);
            for ((counts, &truth), &given) in counts.iter_mut().zip(truth.row(i)).zip(given.row(i)) {
                counts.hits += times * u64::from(truth && given);
                counts.false_alarms += times * u64::from(given && !truth);
                counts.misses += times * u64::from(truth && !given);
            }
            all += times;
            exact += times * u64::from(truth.row(i) == given.row(i));
            let (has, got) = if truth.any(i) { (&mut framed, &mut found) } else { (&mut plain, &mut flagged) };
            *has += times;
            *got += times * u64::from(given.any(i));
        }
        let share = |part: u64, whole: u64| if whole == 0 { f64::NAN } else { part as f64 / whole as f64 };
        let precision = |(label, order): (usize, &Vec<u32>)| drawn_precision(judgement, label, order, times);
        Draw {
            micro_f1: metrics::micro_f1(&counts),
            f1: counts.iter().map(|label| if *label == Counts::default() { f64::NAN } else { label.f1() }).collect(),
            average_precision: orders.iter().enumerate().map(precision).collect(),
            accuracy: share(exact, all),
            found: share(found, framed),
            flagged: share(flagged, plain),
        }
    }
}

/// [`metrics::average_precision`] of units drawn so many times each; NaN where none of them has the label.
fn drawn_precision(judgement: &Judgement, label: usize, order: &[u32], times: &[u32]) -> f64 {
    let k = judgement.labels.len();
    let said = |unit: u32| judgement.probabilities[unit as usize * k + label];
    let (mut hits, mut taken, mut sum) = (0u64, 0u64, 0.0);
    for same in order.chunk_by(|a, b| said(*a) == said(*b)) {
        let before = hits;
        for &unit in same {
            let times = u64::from(times[unit as usize]);
            taken += times;
            hits += times * u64::from(judgement.truth.has(unit as usize, label));
        }
        if hits > before {
            sum += (hits - before) as f64 * hits as f64 / taken as f64;
        }
    }
    if hits == 0 { f64::NAN } else { sum / hits as f64 }
}

/// The mean of the numbers that are numbers; 0 for none.
fn mean_of(values: &[f64]) -> f64 {
    let known = values.iter().filter(|value| value.is_finite());
    // A sum of nothing is −0.
    0.0 + known.clone().sum::<f64>() / known.count().max(1) as f64
}

/// What a model says of one unit: k of each.
struct Said {
    probabilities: Vec<f64>,
    given: Vec<bool>,
    keywords: Vec<bool>,
}

impl Said {
    fn of(model: &Model, text: &str, scratch: &mut Scratch) -> Said {
        let row = model.featurizer().row(text, scratch);
        let scores = model.score(&row);
        let mut given = vec![false; model.labels().len()];
        framings(model, &scores, &Choice::default()).iter().for_each(|framing| given[framing.label.index()] = true);
        let holds = |term: &String| {
            let feature = model.featurizer().vocabulary().feature(term);
            feature.is_some_and(|feature| row.entries.binary_search_by_key(&feature, |(feature, _)| *feature).is_ok())
        };
        let keywords = model.card().labels.iter().map(|label| label.keyword.as_ref().is_some_and(holds)).collect();
        Said { probabilities: scores.probabilities, given, keywords }
    }
}

/// The same grouping, numbered from 0 in the order in which groups come.
fn without_gaps<T: Eq + std::hash::Hash>(groups: impl Iterator<Item = T>) -> Vec<usize> {
    let mut numbers = std::collections::HashMap::new();
    groups
        .map(|group| {
            let next = numbers.len();
            *numbers.entry(group).or_insert(next)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Four units in two groups, labels a and b.
    fn small() -> Judgement {
        Judgement {
            task: Task::Multi,
            labels: vec!["a".into(), "b".into()],
            truth: Truth::new(2, vec![true, false, false, true, true, true, false, false]),
            probabilities: vec![0.9, 0.2, 0.6, 0.7, 0.4, 0.1, 0.2, 0.3],
            given: Truth::new(2, vec![true, false, true, true, false, false, false, false]),
            keywords: Truth::new(2, vec![false; 8]),
            groups: vec![0, 0, 1, 1],
        }
    }

    #[test]
    fn every_figure_of_a_small_table_by_hand() {
        let Evaluation { overall, labels, confusions, .. } = small().evaluate(0);
        // a: one hit, one false alarm, one miss; b: one hit, one miss.
        assert_eq!((labels[0].precision, labels[0].recall, labels[0].f1.value), (0.5, 0.5, 0.5));
        assert!((labels[1].f1.value - 2.0 / 3.0).abs() < 1e-15);
        assert!((overall.micro_f1.value - 4.0 / 7.0).abs() < 1e-15);
        assert!((overall.macro_f1.value - (0.5 + 2.0 / 3.0) / 2.0).abs() < 1e-15);
        // Sets of units: right, half right (F1 2/3), nothing found, rightly none.
        assert!((overall.sample_f1 - (1.0 + 2.0 / 3.0 + 0.0 + 1.0) / 4.0).abs() < 1e-15);
        assert_eq!((overall.accuracy.value, overall.hamming_loss), (0.5, 3.0 / 8.0));
        // a ranks true, false, true, false: (1 + 2/3)/2; b: true, false, false, true: (1 + 2/4)/2.
        assert!((overall.average_precision.value - (5.0 / 6.0 + 0.75) / 2.0).abs() < 1e-15);
        let a: f64 = [0.1f64, 0.6, 0.6, 0.2].iter().map(|gap| gap * gap).sum::<f64>() / 4.0;
        assert!((labels[0].brier - a).abs() < 1e-15);
        let likely: [f64; 8] = [0.9, 0.8, 0.4, 0.7, 0.4, 0.1, 0.8, 0.7];
        let surprise: f64 = likely.iter().map(|p| -p.ln()).sum();
        assert!((overall.log_loss - surprise / 8.0).abs() < 1e-12);
        assert_eq!((overall.found.value, overall.flagged.value), (2.0 / 3.0, 0.0));
        assert!(confusions.is_empty());
    }

    #[test]
    fn a_draw_with_each_unit_once_has_the_plain_average_precision() {
        let small = small();
        for label in 0..2 {
            let drawn = drawn_precision(&small, label, &small.orders()[label], &[1; 4]);
            let plain = metrics::average_precision(&column(&small.probabilities, &small.truth, label));
            assert!((drawn - plain).abs() < 1e-15);
        }
        // A unit drawn twice is as good as two equal units.
        let doubled = small.only(&[0, 1, 1, 3]);
        let drawn = drawn_precision(&small, 1, &small.orders()[1], &[1, 2, 0, 1]);
        assert!((drawn - metrics::average_precision(&column(&doubled.probabilities, &doubled.truth, 1))).abs() < 1e-15);
    }

    #[test]
    fn the_same_seed_gives_the_same_intervals_on_one_thread_and_on_two() {
        let on = |threads: usize| {
            rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(|| small().evaluate(3))
        };
        assert_eq!(on(1), on(2));
    }

    #[test]
    fn a_part_is_judged_as_if_it_were_all() {
        let part = small().only(&[2, 3]);
        assert_eq!((part.units(), part.groups.clone()), (2, vec![0, 0]));
        assert_eq!(part.evaluate(0).labels[0].support, 1);
        assert_eq!(small().only(&[]).evaluate(0).units, 0);
    }
}
