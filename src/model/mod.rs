//! A trained model: row → scores → probabilities.
//!
//! A *score* is a log-odds, `Σ weight·value + intercept` over the terms of a unit; calibration is folded into weights and
//! intercepts. For labels that stand for themselves the probability is `1/(1 + e^−score)`; for labels of which exactly one
//! holds it is the softmax of all scores.

pub mod card;
pub mod english;
pub mod file;
mod header;
pub mod link;
pub mod part;
pub mod seen;
pub mod weights;

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::codebook::{Codebook, LabelId, LabelSet};
use crate::features::{FeatureId, Featurizer, Known, Row, Scratch};
use crate::parsed::Parsed;
use crate::text::speech::Hearing;
use card::Card;
use link::{sigmoid, softmax};
use seen::SeenTexts;
use weights::Weights;

/// Whether a unit has one label, or any number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
#[serde(rename_all = "lowercase")]
pub enum Task {
    /// Exactly one label a unit.
    Single,
    /// Any number of labels a unit, also none.
    Multi,
}

/// Everything that turns text into scores, and what is known of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    pub(crate) task: Task,
    pub(crate) labels: LabelSet,
    pub(crate) featurizer: Featurizer,
    pub(crate) weights: Weights,
    /// k.
    pub(crate) intercepts: Vec<f64>,
    /// k, as probabilities.
    pub(crate) thresholds: Vec<f64>,
    pub(crate) card: Parsed<Card>,
    /// What the labels mean, where it is not what the built-in codebook says.
    pub(crate) codebook: Option<Parsed<Codebook>>,
    /// The texts that it learned from; a file may be without them.
    pub(crate) seen: SeenTexts,
    /// The first eight hexadecimal digits of the file's checksum.
    pub(crate) fingerprint: String,
}

/// The scores of one unit, and the probabilities that they mean, label by label.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scores {
    pub log_odds: Vec<f64>,
    pub probabilities: Vec<f64>,
}

impl Model {
    pub fn task(&self) -> Task {
        self.task
    }

    pub fn labels(&self) -> &LabelSet {
        &self.labels
    }

    pub fn card(&self) -> &Card {
        &self.card
    }

    /// The codebook that it was trained with, if there was one.
    pub fn own_codebook(&self) -> Option<&Codebook> {
        self.codebook.as_deref()
    }

    /// What its labels mean: the codebook that it was trained with, or the built-in one if its labels are just those.
    pub fn codebook(&self) -> Option<Cow<'_, Codebook>> {
        match self.own_codebook() {
            Some(own) => Some(Cow::Borrowed(own)),
            None => Some(Codebook::builtin()).filter(|book| book.is_of(&self.labels)).map(Cow::Owned),
        }
    }

    /// Names the very bytes of this model: the first eight hexadecimal digits of its checksum.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    pub fn featurizer(&self) -> &Featurizer {
        &self.featurizer
    }

    /// What is heard of what others say in texts of its language.
    pub fn hearing(&self) -> Hearing {
        Hearing::of(self.featurizer.settings().language)
    }

    /// Whether it knows the texts again that it learned from.
    pub fn knows_its_texts(&self) -> bool {
        !self.seen.numbers().is_empty()
    }

    /// Whether it learned from this text.
    pub fn has_seen(&self, text: &str) -> bool {
        self.seen.has(text)
    }

    /// Working memory for one thread; another model makes it anew for itself.
    pub fn scratch(&self) -> Scratch {
        self.featurizer.scratch()
    }

    /// The probability from which on `label` is given.
    pub fn threshold(&self, label: LabelId) -> f64 {
        self.thresholds[label.index()]
    }

    /// The score of a unit without any known term, in log-odds.
    pub fn intercept(&self, label: LabelId) -> f64 {
        self.intercepts[label.index()]
    }

    /// Log-odds that one unit of a feature's value adds to a label's score.
    pub fn weight(&self, label: LabelId, feature: FeatureId) -> f64 {
        self.weights.get(label, feature)
    }

    /// As [`Featurizer::row`], for a row that will be scored.
    pub fn row(&self, text: &str, scratch: &mut Scratch) -> Row {
        let mut row = Row::default();
        self.row_into(text, scratch, &mut row);
        row
    }

    /// As [`Featurizer::row_into`], for a row that will be scored: weights are brought near as soon as it is known which.
    pub fn row_into<'t>(&self, text: impl Into<Known<'t>>, scratch: &mut Scratch, row: &mut Row) {
        self.featurizer.row_near(text, scratch, row, |feature| self.weights.prefetch(feature));
    }

    /// The scores of a row. Contributions are added in the order of its entries, the intercept first.
    pub fn score(&self, row: &Row) -> Scores {
        let mut scores = Scores::default();
        self.score_into(row, &mut scores);
        scores
    }

    /// As [`Model::score`]; what `scores` held before is lost, its memory is used again.
    pub fn score_into(&self, row: &Row, scores: &mut Scores) {
        let Scores { log_odds, probabilities } = scores;
        log_odds.clone_from(&self.intercepts);
        self.weights.add_to(log_odds, &row.entries);
        probabilities.clone_from(log_odds);
        turn(self.task, probabilities);
    }

    /// What each entry of a row adds to the score of a label, in log-odds; what `contributions` held before is lost.
    pub fn contributions_into(&self, row: &Row, label: LabelId, contributions: &mut Vec<f64>) {
        contributions.clear();
        let mut values = row.entries.iter().map(|(_, value)| f64::from(*value));
        self.weights.of_label(label, &row.entries, |weight| {
            contributions.extend(values.next().map(|value| weight * value));
        });
    }
}

/// The probabilities of scores in log-odds.
pub fn probabilities(task: Task, log_odds: &[f64]) -> Vec<f64> {
    let mut scores = log_odds.to_vec();
    turn(task, &mut scores);
    scores
}

/// Turns scores in log-odds into probabilities.
fn turn(task: Task, scores: &mut [f64]) {
    match task {
        Task::Multi => scores.iter_mut().for_each(|score| *score = sigmoid(*score)),
        Task::Single => {
            softmax(scores);
        }
    }
}
