//! What held-out scores say of a model: calibration, thresholds, and how good each label is.
//!
//! Figures are honest where it is cheap to be: the threshold that a unit is judged by was chosen on the other folds.
//! Calibration has two parameters a label and is fitted on all held-out scores at once.

use std::collections::{BTreeMap, HashMap};

use rayon::prelude::*;

use super::blocks::BlockRows;
use super::calibrate::{self, Calibration};
use super::select;
use super::{Fits, Ground, baseline, threshold};
use crate::codebook::{LabelId, LabelSet};
use crate::corpus::Example;
use crate::evaluate::interval;
use crate::evaluate::metrics::{self, Counts};
use crate::evaluate::truth::column;
use crate::features::matrix::Rows;
use crate::features::{Block, FeatureId, TermKind, cues};
use crate::learn::objective::Truth;
use crate::model::card::{Figure, LabelCard, Overall, StrongTerm};
use crate::model::{Model, Task, probabilities};

/// How many of the strongest terms for and against a label the card names.
const STRONGEST: usize = 25;
const CURVE_POINTS: usize = 100;
const CONFUSIONS: usize = 10;

/// What is known of a model from units that it was not fitted on.
pub(crate) struct Evidence {
    pub calibrations: Vec<Calibration>,
    pub labels: Vec<LabelCard>,
    pub overall: Overall,
    /// Of each label: units, mean probability, share that truly has it, by bins of probability.
    pub reliability: Vec<Reliability>,
}

/// The bins of a reliability diagram.
pub type Reliability = Vec<(u64, f64, f64)>;

/// Held-out, calibrated probabilities of the units that count, with what they are judged by.
struct HeldOut {
    /// n × k by row.
    probabilities: Vec<f64>,
    truth: Truth,
    folds: Vec<usize>,
    groups: Vec<usize>,
}

impl Evidence {
    pub fn gather(
        ground: &Ground,
        fits: &Fits,
        examples: &[Example],
        names: &LabelSet,
        counted: &[bool],
        warnings: &mut Vec<String>,
    ) -> Evidence {
        let Fits { blocks, folds, .. } = *fits;
        let supports: Vec<usize> = (0..ground.truth.labels).map(|label| ground.truth.support(label)).collect();
        let untested = untested(ground, fits);
        let (held, calibrations) = HeldOut::of(ground, fits, examples, names, counted, &untested, warnings);
        let thresholds = held.thresholds(ground, &untested, names, warnings);
        let given = held.given(ground.task, |i| &thresholds.without_fold[held.folds[i]]);
        // Vectors have no terms of their own, so only they can be without a keyword.
        let terms = blocks.iter().find(|block| block.block != Block::Vectors);
        let none = Rows::new(0).padded(ground.truth.units());
        let keywords = baseline::keywords(terms.map_or(&none, |block| &block.rows), ground.truth, folds);
        let labels = (0..names.len())
            .into_par_iter()
            .map(|label| held.label_card(label, names, supports[label], untested[label], &thresholds.all, &given))
            .collect::<Vec<_>>();
        let intervals = interval::f1_intervals(&held.group_counts(&given), names.len(), ground.settings.seed);
        let mut labels: Vec<LabelCard> = labels;
        for (label, card) in labels.iter_mut().enumerate() {
            card.f1_interval = intervals[label];
            card.calibrated = calibrations[label] != Calibration::none(blocks.len());
            card.slopes = calibrations[label].slopes.clone();
        }
        let overall = held.overall(&given, names, &labels, ground.truth, keywords.micro_f1);
        keywords.features.iter().zip(&mut labels).for_each(|(feature, card)| {
            let column = |block: &BlockRows| feature.map(|column| block.features[column.index()].0.to_string());
            card.keyword = terms.and_then(column);
        });
        let reliability =
            (0..names.len()).map(|label| metrics::reliability(&column(&held.probabilities, &held.truth, label)));
        Evidence { calibrations, labels, overall, reliability: reliability.collect() }
    }
}

/// Labels of which too few examples can be held out.
fn untested(ground: &Ground, fits: &Fits) -> Vec<bool> {
    let few = |label| ground.truth.support(label) < fits.folds.count || fits.folds.count < 2;
    (0..ground.truth.labels).map(few).collect()
}

/// Micro and macro F1 with 95% intervals, and the mean average precision, of held-out scores.
pub(crate) fn figures(
    ground: &Ground,
    fits: &Fits,
    examples: &[Example],
    names: &LabelSet,
    counted: &[bool],
) -> (Figure, Figure, f64) {
    let (untested, mut ignored) = (untested(ground, fits), Vec::new());
    let (held, _) = HeldOut::of(ground, fits, examples, names, counted, &untested, &mut ignored);
    let thresholds = held.thresholds(ground, &untested, names, &mut ignored);
    let groups = held.group_counts(&held.given(ground.task, |i| &thresholds.without_fold[held.folds[i]]));
    let sum = |picks: &mut dyn Iterator<Item = usize>| {
        let mut sums = vec![Counts::default(); names.len()];
        picks.for_each(|pick| sums.iter_mut().zip(&groups[pick]).for_each(|(sum, counts)| *sum = sum.plus(*counts)));
        (metrics::micro_f1(&sums), metrics::macro_f1(&sums))
    };
    let all = sum(&mut (0..groups.len()));
    let drawn = interval::resample(groups.len(), ground.settings.seed, |picks| {
        sum(&mut picks.iter().map(|pick| *pick as usize))
    });
    let figure = |value: f64, of: fn(&(f64, f64)) -> f64| Figure {
        value,
        interval: interval::middle(drawn.iter().map(of).collect()),
    };
    let precision = |label| metrics::average_precision(&column(&held.probabilities, &held.truth, label));
    let mean = (0..names.len()).map(precision).sum::<f64>() / names.len().max(1) as f64;
    (figure(all.0, |draw| draw.0), figure(all.1, |draw| draw.1), mean)
}

/// The scores of the units that count.
fn only(scores: &[f64], k: usize, counted: &[bool]) -> Vec<f64> {
    let rows = (0..counted.len()).filter(|&i| counted[i]);
    rows.flat_map(|i| scores[i * k..(i + 1) * k].to_vec()).collect()
}

fn only_truth(truth: &Truth, counted: &[bool]) -> Truth {
    let rows = (0..counted.len()).filter(|&i| counted[i]);
    Truth::new(truth.labels, rows.flat_map(|i| truth.row(i).to_vec()).collect())
}

/// One calibration a label, from the held-out scores of each block (n × k by row).
fn calibrations(
    task: Task,
    scores: &[Vec<f64>],
    truth: &Truth,
    untested: &[bool],
    names: &LabelSet,
    warnings: &mut Vec<String>,
) -> Vec<Calibration> {
    if task == Task::Single {
        let slopes = calibrate::temperatures(scores, truth);
        return vec![Calibration { slopes, shift: 0.0 }; truth.labels];
    }
    let fitted: Vec<Result<Calibration, String>> = (0..truth.labels)
        .into_par_iter()
        .map(|label| {
            let of_label = |scores: &Vec<f64>| scores.iter().skip(label).step_by(truth.labels).copied().collect();
            let blocks: Vec<Vec<f64>> = scores.iter().map(of_label).collect();
            let has: Vec<bool> = (0..truth.units()).map(|i| truth.has(i, label)).collect();
            if untested[label] { Err(String::new()) } else { calibrate::fit(&blocks, &has) }
        })
        .collect();
    let mut all = Vec::new();
    for ((_, name), fitted) in names.iter().zip(fitted) {
        all.push(fitted.unwrap_or_else(|why| {
            if !why.is_empty() {
                warnings.push(format!("{name}: probabilities are left uncalibrated, since {why}"));
            }
            Calibration::none(scores.len())
        }));
    }
    all
}

/// Calibrated probabilities, n × k by row.
fn calibrated(task: Task, scores: &[Vec<f64>], calibrations: &[Calibration]) -> Vec<f64> {
    let k = calibrations.len();
    let row = |i: usize| -> Vec<f64> {
        let joint = |label: usize| {
            let own: Vec<f64> = scores.iter().map(|scores| scores[i * k + label]).collect();
            calibrations[label].apply(&own)
        };
        probabilities(task, &(0..k).map(joint).collect::<Vec<_>>())
    };
    (0..scores[0].len() / k).into_par_iter().flat_map_iter(row).collect()
}

/// Each counted unit's group as a number, from 0; units without a group are their own.
fn group_numbers(examples: &[Example], counted: &[bool]) -> Vec<usize> {
    let mut numbers: HashMap<&str, usize> = HashMap::new();
    let mut next = 0;
    let mut fresh = || {
        next += 1;
        next - 1
    };
    let units = examples.iter().zip(counted).filter(|(_, counted)| **counted);
    units
        .map(|(example, _)| match &example.group {
            Some(group) => *numbers.entry(group).or_insert_with(&mut fresh),
            None => fresh(),
        })
        .collect()
}

/// The cut of each label: chosen on all units, and for each fold on the units outside it.
struct Thresholds {
    all: Vec<f64>,
    without_fold: Vec<Vec<f64>>,
}

impl HeldOut {
    /// With the calibrations that the scores were given.
    fn of(
        ground: &Ground,
        fits: &Fits,
        examples: &[Example],
        names: &LabelSet,
        counted: &[bool],
        untested: &[bool],
        warnings: &mut Vec<String>,
    ) -> (HeldOut, Vec<Calibration>) {
        let truth = only_truth(ground.truth, counted);
        let scores = |selection: &select::Selection| only(&selection.scores, ground.truth.labels, counted);
        let scores: Vec<Vec<f64>> = fits.selections.iter().map(scores).collect();
        let calibrations = calibrations(ground.task, &scores, &truth, untested, names, warnings);
        let probabilities = calibrated(ground.task, &scores, &calibrations);
        let folds = (0..examples.len()).filter(|&i| counted[i]).map(|i| fits.folds.of(i)).collect();
        (HeldOut { probabilities, folds, groups: group_numbers(examples, counted), truth }, calibrations)
    }

    fn thresholds(
        &self,
        ground: &Ground,
        untested: &[bool],
        names: &LabelSet,
        warnings: &mut Vec<String>,
    ) -> Thresholds {
        let aim = ground.settings.optimize;
        let folds = self.folds.iter().max().map_or(1, |last| last + 1);
        let tested: Vec<usize> = (0..self.truth.labels).filter(|&label| !untested[label]).collect();
        let columns: Vec<Vec<(f64, bool)>> =
            tested.iter().map(|&label| column(&self.probabilities, &self.truth, label)).collect();
        let spread = |cuts: &[(f64, bool)]| {
            let mut all = vec![0.5; self.truth.labels];
            tested.iter().zip(cuts).for_each(|(&label, (cut, _))| all[label] = *cut);
            all
        };
        let all = threshold::choose(&columns, aim);
        for (&label, _) in tested.iter().zip(&all).filter(|(_, (_, met))| !met) {
            let name = names.name(LabelId(label as u16));
            warnings.push(format!("{name}: no threshold reaches {aim} on held-out units; the nearest one is used"));
        }
        let without_fold = (0..folds)
            .into_par_iter()
            .map(|fold| {
                let others = |scored: &Vec<(f64, bool)>| -> Vec<(f64, bool)> {
                    scored.iter().zip(&self.folds).filter(|(_, of)| **of != fold).map(|(scored, _)| *scored).collect()
                };
                spread(&threshold::choose(&columns.iter().map(others).collect::<Vec<_>>(), aim))
            })
            .collect();
        Thresholds { all: spread(&all), without_fold }
    }

    /// Which labels each unit is given, n × k, with the thresholds that `cuts` names for it.
    fn given<'a>(&self, task: Task, cuts: impl Fn(usize) -> &'a Vec<f64>) -> Truth {
        let k = self.truth.labels;
        let mut given = Vec::with_capacity(self.probabilities.len());
        for (i, row) in self.probabilities.chunks_exact(k).enumerate() {
            match task {
                Task::Single => given.extend((0..k).map(|label| label == select::top(row))),
                Task::Multi => given.extend(row.iter().zip(cuts(i)).map(|(p, cut)| p >= cut)),
            }
        }
        Truth::new(k, given)
    }

    fn counts(&self, given: &Truth, label: usize) -> Counts {
        let mut counts = Counts::default();
        (0..given.units()).for_each(|i| counts.add(given.has(i, label), self.truth.has(i, label)));
        counts
    }

    fn group_counts(&self, given: &Truth) -> Vec<Vec<Counts>> {
        let groups = self.groups.iter().max().map_or(0, |last| last + 1);
        let mut counts = vec![vec![Counts::default(); given.labels]; groups];
        for (i, &group) in self.groups.iter().enumerate() {
            for (label, counts) in counts[group].iter_mut().enumerate() {
                counts.add(given.has(i, label), self.truth.has(i, label));
            }
        }
        counts
    }

    fn label_card(
        &self,
        label: usize,
        names: &LabelSet,
        support: usize,
        untested: bool,
        thresholds: &[f64],
        given: &Truth,
    ) -> LabelCard {
        let scored = column(&self.probabilities, &self.truth, label);
        let counts = self.counts(given, label);
        LabelCard {
            label: names.name(LabelId(label as u16)).to_owned(),
            support: support as u64,
            untested,
            threshold: thresholds[label],
            precision: counts.precision(),
            recall: counts.recall(),
            f1: counts.f1(),
            f1_interval: (0.0, 0.0),
            average_precision: metrics::average_precision(&scored),
            calibrated: false,
            slopes: Vec::new(),
            calibration_error: metrics::calibration_error(&scored),
            curve: metrics::curve(&scored, CURVE_POINTS),
            keyword: None,
            pro: Vec::new(),
            contra: Vec::new(),
        }
    }

    fn overall(&self, given: &Truth, names: &LabelSet, labels: &[LabelCard], all: &Truth, keyword: f64) -> Overall {
        let counts: Vec<Counts> = (0..given.labels).map(|label| self.counts(given, label)).collect();
        let exact = (0..given.units()).filter(|&i| given.row(i) == self.truth.row(i)).count();
        let mean = |figure: fn(&LabelCard) -> f64| labels.iter().map(figure).sum::<f64>() / labels.len().max(1) as f64;
        Overall {
            micro_f1: metrics::micro_f1(&counts),
            macro_f1: metrics::macro_f1(&counts),
            accuracy: exact as f64 / given.units().max(1) as f64,
            average_precision: mean(|label| label.average_precision),
            majority: metrics::majority(all),
            keyword,
            confusions: self.confusions(given, names),
        }
    }

    /// Units that lack a label they should have and got one they should not: which for which.
    fn confusions(&self, given: &Truth, names: &LabelSet) -> Vec<(String, String, u64)> {
        let name = |label: usize| names.name(LabelId(label as u16)).to_owned();
        let pairs = metrics::confusions(&self.truth, given).into_iter().take(CONFUSIONS);
        pairs.map(|(missed, wrong, count)| (name(missed), name(wrong), count)).collect()
    }
}

/// Fills in the strongest terms of each label, as they most often look in the training text.
pub(crate) fn name_strong_terms(model: &mut Model, examples: &[Example]) {
    let k = model.labels.len();
    let strongest = |label: usize, sign: f32| -> Vec<(FeatureId, f64)> {
        let weights = model.weights.all().map(|(term, row)| (row[label] * sign, term.0));
        let mut terms: Vec<(f32, u32)> = weights.filter(|(weight, _)| *weight > 0.0).collect();
        terms.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        terms.truncate(STRONGEST);
        terms.into_iter().map(|(weight, j)| (FeatureId(j), f64::from(weight * sign))).collect()
    };
    let chosen: Vec<[Vec<(FeatureId, f64)>; 2]> =
        (0..k).into_par_iter().map(|label| [strongest(label, 1.0), strongest(label, -1.0)]).collect();
    let surfaces = surfaces(model, examples, chosen.iter().flatten().flatten().map(|(feature, _)| *feature));
    let vocabulary = model.featurizer.vocabulary();
    let named = |terms: &[(FeatureId, f64)]| -> Vec<StrongTerm> {
        let named = terms.iter().map(|(feature, weight)| StrongTerm {
            term: vocabulary.term(*feature).to_owned(),
            surface: surfaces.get(feature).cloned().unwrap_or_else(|| vocabulary.term(*feature).to_owned()),
            weight: *weight,
        });
        named.collect()
    };
    for (card, [pro, contra]) in model.card.labels.iter_mut().zip(&chosen) {
        (card.pro, card.contra) = (named(pro), named(contra));
        if let Some(id) = card.keyword.take().and_then(|id| id.parse().ok()) {
            card.keyword = Some(vocabulary.term(FeatureId(id)).to_owned());
        }
    }
}

/// The most frequent lower-cased wording of each of the given features.
fn surfaces(
    model: &Model,
    examples: &[Example],
    features: impl Iterator<Item = FeatureId>,
) -> HashMap<FeatureId, String> {
    let vocabulary = model.featurizer.vocabulary();
    let mut counts: HashMap<FeatureId, BTreeMap<String, u32>> = features.map(|f| (f, BTreeMap::new())).collect();
    let mut scratch = model.scratch();
    for example in examples {
        model.featurizer.extractor().terms(&example.text, &mut scratch, |kind, term, span| {
            let is_shape = kind == TermKind::Other && term.contains(':') && !term.starts_with(cues::PREFIX);
            if is_shape {
                return;
            }
            if let Some(seen) = vocabulary.feature(term).and_then(|feature| counts.get_mut(&feature)) {
                *seen.entry(wording(span.of(&example.text))).or_default() += 1;
            }
        });
    }
    let most = |seen: BTreeMap<String, u32>| seen.into_iter().rev().max_by_key(|(_, count)| *count);
    counts.into_iter().filter_map(|(feature, seen)| Some((feature, most(seen)?.0))).collect()
}

/// In lower case, with single spaces.
fn wording(surface: &str) -> String {
    surface.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}
