//! What a model knows of itself: how it was made, and for each label how far to trust it.

use serde::{Deserialize, Deserializer, Serialize};

use crate::features::Block;

/// The card of a model. It holds no time and no path, so that the same data gives the same card.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Card {
    /// What the user calls the model, or why it should not yet be relied on.
    pub note: Option<String>,
    /// Units that it was trained on.
    pub units: u64,
    /// Distinct groups (documents, authors) among them; as many as units where no group was given.
    pub groups: u64,
    /// Terms in units enough that too few groups use to be in the model; none where one group was enough, or in a model from before they were counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept_out: Option<u64>,
    /// SHA-256 over the training examples, whatever their order.
    pub data: String,
    pub learning: Learning,
    /// Held-out figures over all labels.
    pub overall: Overall,
    /// In the order of the labels.
    pub labels: Vec<LabelCard>,
    /// In the order of the cue file; empty for a model without cues.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cues: Vec<CueCard>,
    /// The vectors whose weights are folded in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vectors: Option<VectorCard>,
    /// What was done to the weights to make the file smaller.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compression: Option<Compression>,
    /// How good the model is on text of another origin than its training data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mirror: Option<Mirror>,
}

/// How the weights were made smaller after training.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Compression {
    /// Terms with no weight beyond this, in log-odds, have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prune: Option<f64>,
    /// Bits a weight.
    pub bits: u8,
    /// The largest change of any score of a training unit, in log-odds.
    pub largest_change: f64,
}

impl Compression {
    /// Whether held-out figures, which are measured before it, may no longer be those of the model.
    pub fn matters(&self) -> bool {
        self.largest_change > 0.01
    }
}

/// A figure and its 95% interval, by drawing whole groups anew. What cannot be told is NaN here, and null in JSON.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
#[serde(from = "Told", into = "Told")]
pub struct Figure {
    pub value: f64,
    pub interval: (f64, f64),
}

/// What cannot be told is equal to itself.
impl PartialEq for Figure {
    fn eq(&self, other: &Self) -> bool {
        let numbers = |figure: &Figure| [figure.value, figure.interval.0, figure.interval.1];
        numbers(self).iter().zip(numbers(other)).all(|(own, other)| *own == other || own.is_nan() && other.is_nan())
    }
}

/// A [`Figure`] as JSON has it.
#[derive(Serialize, Deserialize)]
struct Told {
    value: Option<f64>,
    interval: Option<(f64, f64)>,
}

impl From<Told> for Figure {
    fn from(Told { value, interval }: Told) -> Figure {
        Figure { value: value.unwrap_or(f64::NAN), interval: interval.unwrap_or((f64::NAN, f64::NAN)) }
    }
}

impl From<Figure> for Told {
    fn from(figure: Figure) -> Told {
        Told { value: Some(figure.value).filter(|value| value.is_finite()), interval: figure.known_interval() }
    }
}

impl Figure {
    /// The interval, if there is one.
    pub fn known_interval(self) -> Option<(f64, f64)> {
        Some(self.interval).filter(|(low, high)| low.is_finite() && high.is_finite())
    }

    /// A figure without an interval.
    pub fn alone(value: f64) -> Figure {
        Figure { value, interval: (f64::NAN, f64::NAN) }
    }
}

/// Figures on labelled text of another origin: part of what `rhetor evaluate --format json` writes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Mirror {
    /// The fingerprint of the weights that were measured.
    pub weights: String,
    pub data: Vec<MirrorFile>,
    pub units: u64,
    pub groups: u64,
    pub overall: MirrorOverall,
    pub labels: Vec<MirrorLabel>,
}

/// A file by its name and the SHA-256 of its bytes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MirrorFile {
    pub name: String,
    pub sha256: Option<String>,
}

/// Mirror figures over all labels.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MirrorOverall {
    pub micro_f1: Figure,
    pub macro_f1: Figure,
    pub average_precision: Figure,
    /// Share of the labelled units that were given a label, and of the unlabelled ones.
    pub found: Figure,
    pub flagged: Figure,
}

/// Mirror figures of one label.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MirrorLabel {
    pub label: String,
    pub support: u64,
    #[serde(deserialize_with = "value")]
    pub precision: f64,
    #[serde(deserialize_with = "value")]
    pub recall: f64,
    pub f1: Figure,
    pub average_precision: Figure,
    #[serde(deserialize_with = "value")]
    pub brier: f64,
    pub calibration_error: f64,
}

/// A card keeps some figures without their intervals.
fn value<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Told {
        Plain(f64),
        Whole(Figure),
    }
    Ok(match Option::deserialize(from)? {
        Some(Told::Plain(value)) => value,
        Some(Told::Whole(figure)) => figure.value,
        None => f64::NAN,
    })
}

/// What is known of the vectors that a model was trained with. The model itself holds none: only their weights.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VectorCard {
    /// Terms of the model that have a vector.
    pub terms: u64,
    /// How many of them no training unit has.
    pub unseen: u64,
    /// Numbers of a vector.
    pub width: u64,
    /// SHA-256 over the terms of the file and their numbers.
    pub fingerprint: String,
}

/// What is known of a cue.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CueCard {
    pub name: String,
    /// The label that it is judged by: that of its section, else the one that it speaks most for or against; none if it never matched.
    pub label: Option<String>,
    /// Training units that it matches.
    pub support: u64,
    /// Log-odds that a match adds to that label's score.
    pub weight: f64,
    /// Over the units that it matches, scored by folds that did not see them: the mean loss, in nats, that its weight saves.
    pub gain: f64,
}

impl CueCard {
    /// The loss, in nats, that its weight saves over all units that it matches.
    pub fn worth(&self) -> f64 {
        self.gain * self.support as f64
    }
}

/// How the strength of a block of features was found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Learned {
    pub block: Block,
    /// Features that have a weight from it.
    pub features: u64,
    /// α of the penalty.
    pub l2: f64,
    /// Each strength tried with its held-out figure; empty where the strength was given.
    pub tried: Vec<(f64, f64)>,
}

/// How it was learned.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Learning {
    /// Words, cues and vectors, as far as there are any.
    pub blocks: Vec<Learned>,
    pub folds: u32,
    /// Only the first of them was held out, so all held-out figures are of its units.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub holdout: bool,
    /// The column whose values stay within a fold; the group where none is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fold_by: Option<String>,
    pub seed: u64,
    pub solver: String,
    pub optimize: String,
    pub class_weight: String,
    /// Units that counted more or less in the fit, as `COLUMN=VALUE:FACTOR`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub weigh: Vec<String>,
    /// What rows weigh by a column of their own, where it is not 1 for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub row_weights: Option<RowWeights>,
    /// The units that thresholds, calibration and all held-out figures look at, as `COLUMN=VALUE`; all where none are named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calibrate_where: Option<String>,
    /// The version of rhetor that trained it.
    pub version: String,
}

/// What rows weigh in the fit.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct RowWeights {
    /// Units that weigh other than 1.
    pub units: u64,
    pub least: f64,
    pub greatest: f64,
}

impl RowWeights {
    /// None where all weigh 1.
    pub fn of(weights: impl Iterator<Item = f64>) -> Option<RowWeights> {
        let all = RowWeights { units: 0, least: f64::INFINITY, greatest: f64::NEG_INFINITY };
        let found = weights.fold(all, |RowWeights { units, least, greatest }, weight| RowWeights {
            units: units + u64::from(weight != 1.0),
            least: least.min(weight),
            greatest: greatest.max(weight),
        });
        Some(found).filter(|found| found.units > 0)
    }
}

/// Held-out figures over all labels, with thresholds chosen on other folds than those they are scored on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Overall {
    pub micro_f1: f64,
    pub macro_f1: f64,
    /// Share of units whose set of labels is exactly right.
    pub accuracy: f64,
    /// Mean of the labels' average precision.
    pub average_precision: f64,
    /// Micro F1 of answering the most common set of labels every time.
    pub majority: f64,
    /// Micro F1 of looking for one word a label, the best on the other folds.
    pub keyword: f64,
    /// True label, label given instead, how often: the pairs most mixed up.
    pub confusions: Vec<(String, String, u64)>,
}

/// What is known of one label.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LabelCard {
    pub label: String,
    /// Training units that have it.
    pub support: u64,
    /// Those of them that the figures below are of, where only some units were judged (`train --calibrate-where`, `--holdout`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub judged: Option<u64>,
    /// Too few examples to hold any out: the figures below mean nothing.
    pub untested: bool,
    /// The probability from which on the label is given.
    pub threshold: f64,
    pub precision: f64,
    pub recall: f64,
    pub f1: f64,
    /// 95%, resampling groups; none where every draw says the same.
    pub f1_interval: Option<(f64, f64)>,
    pub average_precision: f64,
    /// Whether probabilities were fitted to held-out scores.
    pub calibrated: bool,
    /// How much the score of each block of features counts.
    pub slopes: Vec<f64>,
    /// Expected calibration error of the held-out probabilities, ten bins.
    pub calibration_error: f64,
    /// At most 100 held-out points: cut, precision, recall.
    pub curve: Vec<(f64, f64, f64)>,
    /// The one word of the keyword baseline.
    pub keyword: Option<String>,
    /// The strongest terms for the label, heaviest first.
    pub pro: Vec<StrongTerm>,
    /// The strongest terms against it.
    pub contra: Vec<StrongTerm>,
}

/// A term with its weight, and how it most often looks in the training text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StrongTerm {
    pub term: String,
    pub surface: String,
    /// Log-odds for a unit in which the term has the value 1.
    pub weight: f64,
}

/// How far a label can be relied on, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trust {
    Untested,
    /// The lower end of the interval does not reach half of what is found right.
    Weak,
    Fair,
    Good,
}

impl Card {
    /// The F1 of one of its labels, with its interval, which one group alone does not give: drawn anew it is always itself.
    pub fn f1_of(&self, label: &LabelCard) -> Figure {
        match label.f1_interval {
            Some(interval) if self.groups > 1 => Figure { value: label.f1, interval },
            _ => Figure::alone(label.f1),
        }
    }
}

impl LabelCard {
    /// By what is held out of the training data.
    pub fn trust(&self) -> Trust {
        match self.f1_interval {
            _ if self.untested => Trust::Untested,
            interval => Trust::by(interval.map_or(self.f1, |(low, _)| low)),
        }
    }
}

impl MirrorLabel {
    /// By text of another origin, which goes before the training data's own kind.
    pub fn trust(&self) -> Trust {
        match self.f1.known_interval() {
            _ if self.support == 0 => Trust::Untested,
            interval => Trust::by(interval.map_or(self.f1.value, |(low, _)| low)),
        }
    }
}

impl Trust {
    /// By the lower end of the F1 interval: under .4 weak, under .7 fair, else good.
    fn by(low: f64) -> Self {
        match low {
            low if low < 0.4 => Trust::Weak,
            low if low < 0.7 => Trust::Fair,
            _ => Trust::Good,
        }
    }

    pub fn word(self) -> &'static str {
        match self {
            Trust::Untested => "untested",
            Trust::Weak => "weak",
            Trust::Fair => "fair",
            Trust::Good => "good",
        }
    }
}
