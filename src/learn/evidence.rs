//! What held-out scores say of a model: calibration, thresholds, and how good each label is.
//!
//! Figures are honest where it is cheap to be: the threshold that a unit is judged by was chosen on the other folds.
//! Calibration has two parameters a label and is fitted on all held-out scores at once.

use std::collections::{BTreeMap, HashMap, HashSet};

use rayon::prelude::*;

use super::calibrate::{self, Calibration};
use super::select;
use super::{Fits, Ground, baseline, threshold};
use crate::codebook::{LabelId, LabelSet};
use crate::corpus::Example;
use crate::evaluate::interval;
use crate::evaluate::judgement::{Judgement, group_numbers};
use crate::evaluate::metrics::{self, Counts, finite};
use crate::evaluate::truth::column;
use crate::features::matrix::Rows;
use crate::features::{Block, FeatureId, Row, cues};
use crate::learn::objective::Truth;
use crate::model::card::{LabelCard, Overall, StrongTerm};
use crate::model::{Model, Task, probabilities};

/// How many of the strongest terms for and against a label the card names.
const STRONGEST: usize = 25;
const CONFUSIONS: usize = 10;

/// What is known of a model from units that it was not fitted on.
pub(crate) struct Evidence {
    pub calibrations: Vec<Calibration>,
    pub labels: Vec<LabelCard>,
    pub overall: Overall,
}

/// What was said of the units that count (by their numbers) by weights that did not see them, at thresholds chosen on other folds.
#[derive(Clone, Debug, PartialEq)]
pub struct HeldOut {
    pub units: Vec<usize>,
    pub judgement: Judgement,
}

/// Held-out, calibrated probabilities, from which thresholds are chosen.
struct Scored<'a> {
    /// n × k by row.
    probabilities: &'a [f64],
    truth: &'a Truth,
    folds: &'a [usize],
}

impl Evidence {
    pub fn gather(
        ground: &Ground,
        fits: &Fits,
        examples: &[Example],
        names: &LabelSet,
        counted: &[bool],
        warnings: &mut Vec<String>,
    ) -> (Evidence, HeldOut) {
        let Judged { calibrations, thresholds, keywords, held_out } =
            Judged::by(ground, fits, examples, names, counted, warnings);
        let judgement = &held_out.judgement;
        let untested = untested(ground, fits);
        let counts = judgement.counts(&judgement.given);
        let intervals =
            interval::f1_intervals(&judgement.group_counts(&judgement.given), names.len(), ground.settings.seed);
        let card = |label: usize| LabelCard {
            support: ground.truth.support(label) as u64,
            untested: untested[label],
            threshold: thresholds[label],
            f1_interval: intervals[label],
            calibrated: calibrations[label] != Calibration::none(fits.blocks.len()),
            slopes: calibrations[label].slopes.clone(),
            keyword: keywords[label].map(|feature| feature.0.to_string()),
            ..label_card(judgement, label, counts[label])
        };
        let labels: Vec<LabelCard> = (0..names.len()).into_par_iter().map(card).collect();
        let overall = overall(judgement, &labels);
        (Evidence { calibrations, labels, overall }, held_out)
    }
}

/// What the folds said of the units, and by which cuts.
pub(crate) struct Judged {
    calibrations: Vec<Calibration>,
    /// The cut of each label, chosen on all units that count.
    thresholds: Vec<f64>,
    /// The one word that tells most of each label.
    keywords: Vec<Option<FeatureId>>,
    pub held_out: HeldOut,
}

impl Judged {
    pub fn by(
        ground: &Ground,
        fits: &Fits,
        examples: &[Example],
        names: &LabelSet,
        counted: &[bool],
        warnings: &mut Vec<String>,
    ) -> Judged {
        let Fits { blocks, selections, folds } = *fits;
        let untested = untested(ground, fits);
        let units: Vec<usize> = (0..examples.len()).filter(|&i| counted[i]).collect();
        let truth = ground.truth.only(&units);
        let scores: Vec<Vec<f64>> =
            selections.iter().map(|selection| only(&selection.scores, ground.truth.labels, &units)).collect();
        let calibrations = calibrations(ground.task, &scores, &truth, &untested, names, warnings);
        let probabilities = calibrated(ground.task, &scores, &calibrations);
        let of_fold: Vec<usize> = units.iter().map(|&i| folds.of(i)).collect();
        let scored = Scored { probabilities: &probabilities, truth: &truth, folds: &of_fold };
        let thresholds = scored.thresholds(ground, &untested, names, warnings);
        let given = scored.given(ground.task, |i| &thresholds.without_fold[of_fold[i]]);
        // Vectors have no terms of their own, so only they can be without a keyword.
        let terms = blocks.iter().find(|block| block.block != Block::Vectors);
        let none = Rows::new(0).padded(ground.truth.units());
        let keywords = baseline::keywords(terms.map_or(&none, |block| &block.rows), ground.truth, folds);
        let judgement = Judgement {
            task: ground.task,
            labels: names.iter().map(|(_, name)| name.to_owned()).collect(),
            given,
            keywords: keywords.given.only(&units),
            groups: group_numbers(units.iter().map(|&i| &examples[i])),
            truth,
            probabilities,
        };
        let keyword = |feature: &Option<FeatureId>| feature.zip(terms).map(|(at, block)| block.feature(at));
        Judged {
            calibrations,
            thresholds: thresholds.all,
            keywords: keywords.features.iter().map(keyword).collect(),
            held_out: HeldOut { units, judgement },
        }
    }
}

/// Labels of which too few examples can be held out.
fn untested(ground: &Ground, fits: &Fits) -> Vec<bool> {
    let few = |label| ground.truth.support(label) < fits.folds.count || fits.folds.count < 2;
    (0..ground.truth.labels).map(few).collect()
}

/// What the judgement alone says of a label; the rest is left empty.
fn label_card(judgement: &Judgement, label: usize, counts: Counts) -> LabelCard {
    let scored = judgement.scored(label);
    LabelCard {
        label: judgement.labels[label].clone(),
        support: 0,
        untested: false,
        threshold: 0.5,
        precision: counts.precision(),
        recall: counts.recall(),
        f1: counts.f1(),
        f1_interval: (0.0, 0.0),
        average_precision: metrics::average_precision(&scored),
        calibrated: false,
        slopes: Vec::new(),
        calibration_error: metrics::calibration_error(&scored),
        curve: judgement.curve(label),
        keyword: None,
        pro: Vec::new(),
        contra: Vec::new(),
    }
}

fn overall(judgement: &Judgement, labels: &[LabelCard]) -> Overall {
    let (rates, baselines) = (judgement.rates(), judgement.baselines());
    // A label that no held-out unit has cannot be ranked well or badly.
    let ranked = labels.iter().enumerate().filter(|(label, _)| judgement.truth.support(*label) > 0);
    Overall {
        micro_f1: finite(rates.micro_f1),
        macro_f1: finite(rates.macro_f1),
        accuracy: finite(rates.accuracy),
        average_precision: finite(metrics::mean(ranked.map(|(_, card)| card.average_precision))),
        majority: baselines.majority.micro_f1,
        keyword: baselines.keyword.micro_f1,
        confusions: judgement.confusions().into_iter().take(CONFUSIONS).collect(),
    }
}

/// The scores of these units.
fn only(scores: &[f64], k: usize, units: &[usize]) -> Vec<f64> {
    units.iter().flat_map(|&i| scores[i * k..(i + 1) * k].to_vec()).collect()
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

/// The cut of each label: chosen on all units, and for each fold on the units outside it.
struct Thresholds {
    all: Vec<f64>,
    without_fold: Vec<Vec<f64>>,
}

impl Scored<'_> {
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
            tested.iter().map(|&label| column(self.probabilities, self.truth, label)).collect();
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
                    scored.iter().zip(self.folds).filter(|(_, of)| **of != fold).map(|(scored, _)| *scored).collect()
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
    // A stem of many groups may have a wording of one alone, which `--min-groups` is there to keep out.
    let shown = if model.featurizer.settings().min_groups > 1 { &[] } else { examples };
    let surfaces = surfaces(model, shown, chosen.iter().flatten().flatten().map(|(feature, _)| *feature));
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
    let wanted: HashSet<FeatureId> =
        features.filter(|&feature| !is_shape(model.featurizer.vocabulary().term(feature))).collect();
    let counted = |examples: &[Example]| {
        let (mut scratch, mut row) = (model.scratch(), Row::default());
        let mut counts: HashMap<FeatureId, BTreeMap<String, u32>> = HashMap::new();
        for example in examples {
            model.featurizer.row_into(&example.text, &mut scratch, &mut row);
            for (feature, span) in row.occurrences.iter().filter(|(feature, _)| wanted.contains(feature)) {
                *counts.entry(*feature).or_default().entry(wording(span.of(&example.text))).or_default() += 1;
            }
        }
        counts
    };
    let chunks: Vec<_> = examples.par_chunks(examples.len().div_ceil(8).max(1024)).map(counted).collect();
    let mut counts: HashMap<FeatureId, BTreeMap<String, u32>> = HashMap::new();
    for (feature, seen) in chunks.into_iter().flatten() {
        let all = counts.entry(feature).or_default();
        seen.into_iter().for_each(|(wording, count)| *all.entry(wording).or_default() += count);
    }
    let most = |seen: BTreeMap<String, u32>| seen.into_iter().rev().max_by_key(|(_, count)| *count);
    counts.into_iter().filter_map(|(feature, seen)| Some((feature, most(seen)?.0))).collect()
}

/// Whether a term is no wording: the shape of a sentence, or some letters.
fn is_shape(term: &str) -> bool {
    term.contains(':') && !term.starts_with(cues::PREFIX)
}

/// In lower case, with single spaces.
fn wording(surface: &str) -> String {
    surface.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}
