//! What held-out scores say of a model: calibration, thresholds, and how good each label is.
//!
//! Figures are honest where it is cheap to be: the threshold that a unit is judged by was chosen on the other folds.
//! Calibration has two parameters a label and is fitted on all held-out scores at once.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};

use rayon::prelude::*;

use super::blocks::BlockRows;
use super::calibrate::{self, Calibration};
use super::select;
use super::threshold::Optimize;
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
    /// Still without terms, which [`name_strong_terms`] names.
    pub labels: Vec<LabelCard>,
    /// The one word that tells most of each label.
    pub keywords: Vec<Option<FeatureId>>,
    pub overall: Overall,
}

/// What was said of the units that count by weights that did not see them, at thresholds chosen on other folds.
#[derive(Clone, Debug, PartialEq)]
pub struct HeldOut {
    /// Their numbers among the examples, in the order of the judgement.
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
        examples: &[&Example],
        names: &LabelSet,
        counted: &[bool],
        warnings: &mut Vec<String>,
    ) -> (Evidence, HeldOut) {
        let Judged { calibrations, thresholds, keywords, held_out } =
            Judged::by(ground, fits, examples, names, counted, warnings);
        let judgement = &held_out.judgement;
        let untested = untested(ground, fits);
        let counts = judgement.counts(&judgement.given);
        let intervals = interval::f1_intervals(&judgement.counts_by_group(), names.len(), ground.settings.seed);
        let card = |label: usize| LabelCard {
            support: ground.truth.support(label) as u64,
            judged: counted.contains(&false).then(|| judgement.truth.support(label) as u64),
            untested: untested[label],
            threshold: thresholds[label],
            f1_interval: intervals[label],
            calibrated: calibrations[label] != Calibration::none(fits.blocks.len()),
            slopes: calibrations[label].slopes.clone(),
            ..label_card(judgement, label, counts[label])
        };
        let labels: Vec<LabelCard> = (0..names.len()).into_par_iter().map(card).collect();
        let overall = overall(judgement, &labels);
        (Evidence { calibrations, labels, keywords, overall }, held_out)
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
        examples: &[&Example],
        names: &LabelSet,
        counted: &[bool],
        warnings: &mut Vec<String>,
    ) -> Judged {
        let Fits { blocks, selections, folds } = *fits;
        let untested = untested(ground, fits);
        let units: Vec<usize> = (0..examples.len()).filter(|&i| counted[i]).collect();
        let truth = ground.truth.only(&units);
        let scores: Vec<Cow<[f64]>> =
            selections.iter().map(|selection| select::only(&selection.scores, ground.truth.labels, &units)).collect();
        let calibrations = calibrations(ground.task, &scores, &truth, &untested, names, warnings);
        let probabilities = calibrated(ground.task, &scores, &calibrations);
        let of_fold: Vec<usize> = units.iter().map(|&i| folds.part(i)).collect();
        let scored = Scored { probabilities: &probabilities, truth: &truth, folds: &of_fold };
        let thresholds = scored.thresholds(ground, &untested, names, warnings);
        let given = scored.given(ground.task, |i| &thresholds.without_fold[of_fold[i]]);
        // Vectors have no terms of their own, so only they can be without a keyword.
        let terms = blocks.iter().find(|block| block.block != Block::Vectors);
        let none = Rows::new(0).padded(ground.truth.units());
        let rows = terms.map_or(Cow::Borrowed(&none), BlockRows::own_rows);
        let keywords = baseline::keywords(&rows, ground.truth, folds);
        let judgement = Judgement {
            task: ground.task,
            labels: names.iter().map(|(_, name)| name.to_owned()).collect(),
            given,
            keywords: keywords.given.only(&units),
            groups: group_numbers(units.iter().map(|&i| examples[i])),
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
    let Fits { folds, .. } = *fits;
    let held_out =
        |label: usize| (0..ground.truth.units()).filter(|&i| folds.holds_out(i) && ground.truth.has(i, label)).count();
    (0..ground.truth.labels).map(|label| held_out(label) < folds.count || folds.count < 2).collect()
}

/// What the judgement alone says of a label; the rest is left empty.
fn label_card(judgement: &Judgement, label: usize, counts: Counts) -> LabelCard {
    let scored = judgement.scored(label);
    LabelCard {
        label: judgement.labels[label].clone(),
        support: 0,
        judged: None,
        untested: false,
        threshold: 0.5,
        precision: counts.precision(),
        recall: counts.recall(),
        f1: counts.f1(),
        f1_interval: None,
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

/// One calibration a label, from the held-out scores of each block (n × k by row).
fn calibrations(
    task: Task,
    scores: &[Cow<[f64]>],
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
            let of_label = |scores: &Cow<[f64]>| scores.iter().skip(label).step_by(truth.labels).copied().collect();
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
fn calibrated(task: Task, scores: &[Cow<[f64]>], calibrations: &[Calibration]) -> Vec<f64> {
    let k = calibrations.len();
    let mut all = vec![0.0; scores[0].len()];
    all.par_chunks_exact_mut(k).enumerate().for_each(|(i, out)| {
        let joint = |(label, calibration): (usize, &Calibration)| {
            calibration.apply(scores.iter().map(|scores| scores[i * k + label]))
        };
        let joint: Vec<f64> = calibrations.iter().enumerate().map(joint).collect();
        out.copy_from_slice(&probabilities(task, &joint));
    });
    all
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
        if ground.task == Task::Single {
            if aim != Optimize::F1 {
                warnings.push(format!("each unit is given its likeliest label, so --optimize {aim} changes nothing"));
            }
            let none = vec![0.0; self.truth.labels];
            return Thresholds { all: none.clone(), without_fold: vec![none; folds] };
        }
        let tested: Vec<usize> = (0..self.truth.labels).filter(|&label| !untested[label]).collect();
        let spread = |cuts: &[(f64, bool)]| {
            let mut all = vec![0.5; self.truth.labels];
            tested.iter().zip(cuts).for_each(|(&label, (cut, _))| all[label] = *cut);
            all
        };
        let all = threshold::choose(tested.len(), |at| column(self.probabilities, self.truth, tested[at]), aim);
        for (&label, (cut, _)) in tested.iter().zip(&all).filter(|(_, (_, met))| !met) {
            let name = names.name(LabelId(label as u16));
            let why = match aim {
                Optimize::F1 => "no threshold is right for one in ten of the held-out units that it marks".to_owned(),
                _ => format!("no threshold reaches {aim} on held-out units"),
            };
            warnings.push(format!("{name}: {why}, so it is given from a probability of {cut} on, which may be never"));
        }
        let without_fold = (0..folds)
            .into_par_iter()
            .map(|fold| {
                let others = |at: usize| {
                    let units = (0..self.truth.units()).filter(|&i| self.folds[i] != fold);
                    let score = |i: usize| self.probabilities[i * self.truth.labels + tested[at]];
                    units.map(|i| (score(i), self.truth.has(i, tested[at]))).collect()
                };
                spread(&threshold::choose(tested.len(), others, aim))
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

/// Fills in each label's keyword and its strongest terms, as they most often look in the training text.
pub(crate) fn name_strong_terms(model: &mut Model, keywords: &[Option<FeatureId>], examples: &[&Example]) {
    let k = model.labels.len();
    let mut chosen = vec![[Strongest::new(1.0), Strongest::new(-1.0)]; k];
    for (term, row) in model.weights.all() {
        for (both, &weight) in chosen.iter_mut().zip(&row) {
            both.iter_mut().for_each(|strongest| strongest.take(term, weight));
        }
    }
    let chosen: Vec<[Vec<(FeatureId, f64)>; 2]> = chosen.into_iter().map(|both| both.map(Strongest::terms)).collect();
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
    for ((card, [pro, contra]), keyword) in model.card.labels.iter_mut().zip(&chosen).zip(keywords) {
        (card.pro, card.contra) = (named(pro), named(contra));
        card.keyword = keyword.map(|feature| vocabulary.term(feature).to_owned());
    }
}

/// The terms of one sign whose weights are largest; of equals the first.
#[derive(Clone)]
struct Strongest {
    sign: f32,
    /// Far fewer than all, and all that count among the first [`STRONGEST`].
    terms: Vec<(f32, FeatureId)>,
    /// What no longer counts.
    least: f32,
}

impl Strongest {
    fn new(sign: f32) -> Self {
        Strongest { sign, terms: Vec::new(), least: 0.0 }
    }

    /// Terms come in their order.
    fn take(&mut self, term: FeatureId, weight: f32) {
        if weight * self.sign > self.least {
            self.terms.push((weight * self.sign, term));
            if self.terms.len() >= 4 * STRONGEST {
                self.cut();
            }
        }
    }

    fn cut(&mut self) {
        self.terms.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        self.terms.truncate(STRONGEST);
        if let Some((weight, _)) = self.terms.get(STRONGEST - 1) {
            self.least = *weight;
        }
    }

    fn terms(mut self) -> Vec<(FeatureId, f64)> {
        self.cut();
        self.terms.into_iter().map(|(weight, term)| (term, f64::from(weight * self.sign))).collect()
    }
}

/// The most frequent lower-cased wording of each of the given features.
fn surfaces(
    model: &Model,
    examples: &[&Example],
    features: impl Iterator<Item = FeatureId>,
) -> HashMap<FeatureId, String> {
    let wanted: HashSet<FeatureId> =
        features.filter(|&feature| !is_shape(model.featurizer.vocabulary().term(feature))).collect();
    let counted = |examples: &[&Example]| {
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
