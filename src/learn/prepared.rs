//! What learning starts from: the units in an order of their own, their labels, features and folds, once all has been checked that can be before a weight is
//! learned. [`train`](super::train) goes on from here, and a [`survey`](super::survey::survey) says what is here.

use std::borrow::Cow;
use std::collections::BTreeSet;

use rayon::prelude::*;

use super::blocks::{self, Alike, BlockRows};
use super::folds::Folds;
use super::logistic::L2;
use super::objective::Truth;
use super::threshold::Optimize;
use super::{LearnError, Solver, TrainSettings, no_column, weighing};
use crate::codebook::LabelSet;
use crate::corpus::Example;
use crate::evaluate::judgement::group_numbers;
use crate::features::vectors::Vectors;
use crate::features::weighting::Weighting;
use crate::features::{FeatureSettings, Featurizer, hashing, ngrams};
use crate::model::Task;
use crate::text::count::counted;
use crate::text::form::composed;

/// The largest matrix of weights, in bytes.
const MOST_WEIGHTS: u64 = 4 << 30;

/// The largest table of a score for each unit and label, in bytes; training holds a few of them.
const MOST_SCORES: u64 = 4 << 30;

/// The data, ready to be learned from.
pub(crate) struct Prepared<'a> {
    /// The judged units, in an order that does not hang on that of the data.
    pub examples: Vec<&'a Example>,
    /// For each of them its number in the data.
    pub numbers: Vec<usize>,
    /// For each of them the number of its group.
    pub groups: Vec<usize>,
    pub labels: LabelSet,
    pub task: Task,
    pub truth: Truth,
    pub featurizer: Featurizer,
    pub blocks: Vec<BlockRows>,
    /// Terms that too few groups use, if more than one is asked for.
    pub kept_out: Option<u64>,
    pub folds: Folds,
    pub counted: Counted,
    pub warnings: Vec<String>,
}

impl<'a> Prepared<'a> {
    /// # Errors
    /// Those of [`train`](super::train) that come before learning.
    pub fn of(data: &'a [Example], settings: &TrainSettings) -> Result<Self, LearnError> {
        check_settings(settings)?;
        check_weights(data)?;
        let numbers = own_order(data);
        let examples: Vec<&Example> = numbers.iter().map(|&at| &data[at]).collect();
        let labels = labels_of(&examples)?;
        check_columns(&examples, settings)?;
        let task = task_of(judged(data), settings.task)?;
        let groups = group_numbers(examples.iter().copied());
        let texts: Vec<&str> = examples.iter().map(|example| example.text.as_str()).collect();
        let vectors = settings.vectors.as_deref();
        let besides = vectors.into_iter().flat_map(|vectors| vectors_in_reach(vectors, &settings.features));
        let (featurizer, rows, kept_out) =
            Featurizer::learn_beside(settings.features.clone(), &texts, Some(&groups), besides)?;
        check_size(&labels, &featurizer, settings)?;
        let is_each_apart = settings.features.weighting == Weighting::Nb || settings.solver == Solver::Linfa;
        let alike = if is_each_apart { Alike::Apart } else { Alike::Merged };
        let blocks = blocks::split(&featurizer, rows, &labels, vectors, alike)?;
        let mut warnings = Vec::new();
        if examples.len() < data.len() {
            let pending = data.len() - examples.len();
            warnings.push(format!("{pending} of {} units are not judged yet and were left out", data.len()));
        }
        let folds = folds_of(&examples, settings, &mut warnings);
        warnings.extend(weighing::warnings(&examples, &settings.weigh));
        let counted = Counted::of(&examples, settings, &folds, &mut warnings);
        let truth = truth_of(&examples, &labels);
        Ok(Prepared {
            examples,
            numbers,
            groups,
            labels,
            task,
            truth,
            featurizer,
            blocks,
            kept_out,
            folds,
            counted,
            warnings,
        })
    }
}

/// The units that somebody has judged.
pub(crate) fn judged(data: &[Example]) -> impl Iterator<Item = &Example> {
    data.iter().filter(|example| !example.pending)
}

/// Which units thresholds, calibration and held-out figures look at.
pub(crate) struct Counted {
    /// For each unit whether it counts.
    pub units: Vec<bool>,
    /// What they have that others do not, as `COLUMN=VALUE`; none where all units count because nothing was asked, or no unit is as asked.
    pub told: Option<String>,
}

impl Counted {
    fn of(examples: &[&Example], settings: &TrainSettings, folds: &Folds, warnings: &mut Vec<String>) -> Counted {
        let is_held_out = |(i, _): (usize, &&Example)| folds.holds_out(i);
        let all = || Counted { units: examples.iter().enumerate().map(is_held_out).collect(), told: None };
        let Some((column, value)) = &settings.calibrate_where else { return all() };
        let counts = |(i, example): (usize, &&Example)| folds.holds_out(i) && example.says(column, value);
        let units: Vec<bool> = examples.iter().enumerate().map(counts).collect();
        if units.contains(&true) {
            return Counted { units, told: Some(format!("{column}={value}")) };
        }
        let of = if folds.is_one_held_out() { "no unit that is held out" } else { "no unit" };
        warnings.push(format!("{of} has {column} = {value}, so thresholds and calibration look at all of them"));
        all()
    }
}

/// The numbers of the judged examples in the order of what they hold, as far as learning looks: sums of floating-point numbers hang on their order, which should
/// not be that in which rows happen to stand.
fn own_order(examples: &[Example]) -> Vec<usize> {
    let content = |at: usize| {
        let Example { text, labels, group, weight, extra, .. } = &examples[at];
        (text, labels, group, weight.to_bits(), extra)
    };
    let mut order: Vec<usize> = (0..examples.len()).filter(|&at| !examples[at].pending).collect();
    order.par_sort_by(|&one, &other| content(one).cmp(&content(other)));
    order
}

fn check_weights(data: &[Example]) -> Result<(), LearnError> {
    let is_sound = |weight: f64| weight.is_finite() && weight > 0.0;
    match data.iter().find(|example| !is_sound(example.weight)) {
        Some(Example { place, weight, .. }) => Err(LearnError::Weight { place: place.to_string(), weight: *weight }),
        None => Ok(()),
    }
}

/// Also of blocks that the data may turn out not to have.
fn check_settings(settings: &TrainSettings) -> Result<(), LearnError> {
    let FeatureSettings { ngrams: words, char_ngrams, hash_bits, .. } = settings.features;
    let wanted = "a shortest and a longest length from 1 to 10";
    let of_lengths = |setting, lengths: (usize, usize)| match ngrams::are_lengths(lengths) {
        true => Ok(()),
        false => Err(LearnError::Setting { setting, wanted, given: format!("{} to {}", lengths.0, lengths.1) }),
    };
    of_lengths("runs of stems", words)?;
    char_ngrams.map_or(Ok(()), |lengths| of_lengths("runs of characters", lengths))?;
    if let Some(bits) = hash_bits
        && !hashing::BITS.contains(&bits)
    {
        let (setting, wanted) = ("the bits of buckets", "from 8 to 28");
        return Err(LearnError::Setting { setting, wanted, given: bits.to_string() });
    }
    if settings.folds < 2 {
        let given = settings.folds.to_string();
        return Err(LearnError::Setting { setting: "the number of folds", wanted: "2 or more", given });
    }
    if let Optimize::Precision(share) | Optimize::Recall(share) = settings.optimize
        && !(share > 0.0 && share <= 1.0)
    {
        let (setting, wanted) = ("the aim of thresholds", "above 0 and at most 1");
        return Err(LearnError::Setting { setting, wanted, given: share.to_string() });
    }
    let mut strengths = [settings.l2, settings.cues_l2, settings.vectors_l2].into_iter().flatten();
    strengths.try_for_each(|alpha| L2::new(alpha).map(drop))
}

fn labels_of(examples: &[&Example]) -> Result<LabelSet, LearnError> {
    if examples.is_empty() {
        return Err(LearnError::NoUnits);
    }
    let sets: BTreeSet<BTreeSet<&str>> =
        examples.iter().map(|example| example.labels.iter().map(String::as_str).collect()).collect();
    if sets.len() == 1 {
        let all: Vec<&str> = sets.into_iter().flatten().collect();
        return Err(LearnError::OneClass(if all.is_empty() { "none".into() } else { all.join(", ") }));
    }
    let distinct: BTreeSet<&str> = sets.into_iter().flatten().collect();
    if distinct.len() > LabelSet::MOST {
        return Err(LearnError::TooManyLabels(distinct.len()));
    }
    let bytes = examples.len() as u64 * distinct.len() as u64 * 8;
    if bytes > MOST_SCORES {
        let (units, labels) = (examples.len(), distinct.len());
        return Err(LearnError::TooManyScores { units, labels, mib: bytes >> 20, most: MOST_SCORES >> 20 });
    }
    Ok(LabelSet::new(distinct))
}

/// Columns that settings name must stand in some unit.
fn check_columns(examples: &[&Example], settings: &TrainSettings) -> Result<(), LearnError> {
    let calibrating = settings.calibrate_where.as_ref().map(|(column, _)| column);
    let weighing = settings.weigh.iter().map(|weighing| &weighing.column);
    let named = settings.fold_by.iter().chain(calibrating).chain(weighing);
    let is_there = |column: &String| examples.iter().any(|example| example.extra.contains_key(column));
    match named.filter(|column| *column != "group").find(|column| !is_there(column)) {
        Some(missing) => Err(no_column(examples.iter().copied(), missing)),
        None => Ok(()),
    }
}

fn task_of<'a>(mut examples: impl Iterator<Item = &'a Example>, asked: Option<Task>) -> Result<Task, LearnError> {
    let odd = examples.find(|example| example.labels.len() != 1);
    match (asked, odd) {
        (Some(Task::Single), Some(example)) => {
            Err(LearnError::NotSingle { place: example.place.to_string(), found: example.labels.len() })
        }
        (Some(task), _) => Ok(task),
        (None, Some(_)) => Ok(Task::Multi),
        (None, None) => Ok(Task::Single),
    }
}

fn check_size(labels: &LabelSet, featurizer: &Featurizer, settings: &TrainSettings) -> Result<(), LearnError> {
    let (labels, terms) = (labels.len(), featurizer.vocabulary().len());
    if terms == 0 {
        return Err(LearnError::NoTerms { units: settings.features.min_count, groups: settings.features.min_groups });
    }
    let bytes = labels as u64 * terms as u64 * 8;
    if bytes > MOST_WEIGHTS {
        return Err(LearnError::TooLarge { labels, terms, mib: bytes >> 20, most: MOST_WEIGHTS >> 20 });
    }
    Ok(())
}

/// The terms with a vector that a unit can have: of as many stems as its n-grams, of one where these have no terms of their own.
fn vectors_in_reach<'a>(vectors: &'a Vectors, features: &FeatureSettings) -> impl Iterator<Item = &'a str> {
    let (shortest, longest) = features.ngrams;
    let longest = if features.hash_bits.is_some() { 1 } else { longest };
    vectors.terms().filter(move |term| (shortest..=longest).contains(&term.split(' ').count()))
}

fn truth_of(examples: &[&Example], labels: &LabelSet) -> Truth {
    let k = labels.len();
    let mut has = vec![false; examples.len() * k];
    for (i, example) in examples.iter().enumerate() {
        for label in example.labels.iter().filter_map(|label| labels.find(label)) {
            has[i * k + label.index()] = true;
        }
    }
    Truth::new(k, has)
}

/// The folds, by `fold_by`, else by group, else by text; and a warning where a promise cannot be kept.
fn folds_of(examples: &[&Example], settings: &TrainSettings, warnings: &mut Vec<String>) -> Folds {
    let mut keys: Vec<Cow<str>> = examples.iter().map(|example| fold_key(example, settings)).collect();
    let mut folds = Folds::by_key(&keys, settings.folds, settings.seed);
    if folds.count >= 2 {
        if folds.count < settings.folds {
            warnings
                .push(format!("only {} groups, so {} folds instead of {}", folds.count, folds.count, settings.folds));
        }
    } else {
        warnings
            .push("all units are of one group, so folds are made of single units and held-out figures flatter".into());
        keys = examples.iter().map(|example| composed(&example.text)).collect();
        folds = Folds::by_key(&keys, settings.folds, settings.seed);
    }
    if !settings.holdout {
        return folds;
    }
    let folds = folds.first_only(&keys, settings.seed);
    let judged = (0..examples.len()).filter(|&i| folds.holds_out(i)).count();
    if judged < FEW_HELD_OUT {
        warnings.push(format!(
            "{} held out, so thresholds and figures are rough\nhint: without --holdout each unit is held out once",
            counted(judged as u64, "unit is", "units are")
        ));
    }
    folds
}

/// Where one fold alone is held out and has fewer units, that is worth a warning.
const FEW_HELD_OUT: usize = 500;

/// Units with the same key are held out in the same fold.
fn fold_key<'a>(example: &'a Example, settings: &TrainSettings) -> Cow<'a, str> {
    match &settings.fold_by {
        Some(column) => composed(example.in_column(column).unwrap_or(&example.text)),
        None => example.kept_together(),
    }
}
