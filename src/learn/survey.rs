//! What training would start from, before anything is learned.

use std::borrow::Cow;
use std::collections::BTreeSet;

use rayon::prelude::*;

use super::prepared::{Prepared, judged};
use super::{LearnError, TrainSettings, data_fingerprint};
use crate::corpus::Example;
use crate::model::Task;
use crate::text::form::composed;

/// How many units of its label a held-out figure needs to say much: of 50, an F1 of .5 is known to about ±.13.
pub const ENOUGH: usize = 50;

/// The data as training sees it.
#[derive(Clone, Debug)]
pub struct Survey {
    pub units: usize,
    /// Units that belong together count once; a unit without a group is one of its own.
    pub groups: usize,
    pub task: Task,
    pub labels: Vec<SurveyedLabel>,
    /// Units that somebody found to have no label.
    pub without: usize,
    /// Units with several labels.
    pub several: usize,
    pub folds: usize,
    /// Only one of the folds is held out.
    pub holdout: bool,
    /// Terms that would be learned on.
    pub terms: usize,
    /// Terms that too few groups use, if more than one is asked for.
    pub kept_out: Option<u64>,
    /// SHA-256 of the data, as it would stand in the card.
    pub data: String,
    /// Texts that stand more than once, and those of them whose labels differ from time to time.
    pub repeated: usize,
    pub contradictory: Vec<Contradiction>,
    pub warnings: Vec<String>,
}

#[derive(Clone, Debug)]
pub struct SurveyedLabel {
    pub name: String,
    /// Units that have it.
    pub support: usize,
    /// Groups that have it.
    pub groups: usize,
}

/// One text, and two places that say different things of it.
#[derive(Clone, Debug)]
pub struct Contradiction {
    pub first: String,
    pub second: String,
}

/// Checks everything that training checks before it learns, and counts.
///
/// # Errors
/// Those of [`super::train`] that come before learning.
pub fn survey(examples: &[Example], settings: &TrainSettings) -> Result<Survey, LearnError> {
    let prepared = Prepared::of(examples, settings)?;
    let Prepared { groups, truth, .. } = &prepared;
    let surveyed = prepared.labels.iter().map(|(label, name)| SurveyedLabel {
        name: name.to_owned(),
        support: truth.support(label.index()),
        groups: (0..groups.len())
            .filter(|&unit| truth.has(unit, label.index()))
            .map(|unit| groups[unit])
            .collect::<BTreeSet<_>>()
            .len(),
    });
    let (repeated, contradictory) = repeats(judged(examples));
    Ok(Survey {
        units: prepared.examples.len(),
        groups: groups.iter().collect::<BTreeSet<_>>().len(),
        task: prepared.task,
        labels: surveyed.collect(),
        without: judged(examples).filter(|example| example.labels.is_empty()).count(),
        several: judged(examples).filter(|example| example.labels.len() > 1).count(),
        folds: prepared.folds.count,
        holdout: prepared.folds.is_one_held_out(),
        terms: prepared.featurizer.vocabulary().len(),
        kept_out: prepared.kept_out,
        data: data_fingerprint(judged(examples)),
        repeated,
        contradictory,
        warnings: prepared.warnings,
    })
}

/// How many texts stand more than once, and where their labels part, the first place first.
pub fn repeats<'a>(examples: impl IntoIterator<Item = &'a Example>) -> (usize, Vec<Contradiction>) {
    let examples: Vec<&Example> = examples.into_iter().collect();
    let texts: Vec<Cow<str>> = examples.iter().map(|example| composed(example.text.trim())).collect();
    let text = |row: usize| &texts[row];
    let mut by_text: Vec<usize> = (0..examples.len()).collect();
    by_text.par_sort_by_key(|&row| (text(row), row));
    let same = by_text.chunk_by(|&one, &other| text(one) == text(other));
    let mut repeated: Vec<&[usize]> = same.filter(|rows| rows.len() > 1).collect();
    repeated.sort_by_key(|rows| rows[0]);
    let set = |row: usize| examples[row].labels.iter().collect::<BTreeSet<_>>();
    let place = |row: usize| examples[row].place.to_string();
    let parted = repeated.iter().filter_map(|rows| {
        let second = rows.iter().find(|row| set(**row) != set(rows[0]))?;
        Some(Contradiction { first: place(rows[0]), second: place(*second) })
    });
    let contradictory = parted.collect();
    (repeated.len(), contradictory)
}
