//! Scores → framings: which labels a unit is given.

pub mod evidence;
pub mod voice;

use crate::codebook::LabelId;
use crate::model::{Model, Scores, Task};

/// A label found in a unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Framing {
    pub label: LabelId,
    /// Log-odds.
    pub score: f64,
    pub probability: f64,
    /// The probability that it had to reach; 0 where the highest simply wins.
    pub threshold: f64,
}

/// What the user wants to see.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Choice {
    /// Only these labels.
    pub only: Option<Vec<LabelId>>,
    /// In place of the labels' own thresholds.
    pub threshold: Option<f64>,
    /// The same, label by label, where there is no one for all; of a model of exactly one label a unit only `threshold` counts.
    pub thresholds: Option<Vec<f64>>,
    /// At most so many, the most probable first.
    pub top_k: Option<usize>,
}

/// The framings of a unit, the most probable first. A model of exactly one label gives its most probable label, unless the
/// user sets a threshold.
pub fn framings(model: &Model, scores: &Scores, choice: &Choice) -> Vec<Framing> {
    let mut found = Vec::new();
    framings_into(model, scores, choice, &mut found);
    found
}

/// As [`framings`]; what `found` held before is lost, its memory is used again.
pub fn framings_into(model: &Model, scores: &Scores, choice: &Choice, found: &mut Vec<Framing>) {
    found.clear();
    match (model.task(), choice.threshold) {
        (Task::Single, None) => found.extend(most_probable(scores).map(|label| framing(scores, label, 0.0))),
        (_, threshold) => {
            let labels = (0..scores.probabilities.len() as u16).map(LabelId);
            let all =
                labels.map(|label| framing(scores, label, threshold.unwrap_or_else(|| cut(model, choice, label))));
            found.extend(all.filter(|framing| framing.probability >= framing.threshold));
        }
    }
    if let Some(only) = &choice.only {
        found.retain(|framing| only.contains(&framing.label));
    }
    found.sort_by(|a, b| b.probability.total_cmp(&a.probability).then(a.label.cmp(&b.label)));
    found.truncate(choice.top_k.unwrap_or(usize::MAX));
}

fn cut(model: &Model, choice: &Choice, label: LabelId) -> f64 {
    let own = choice.thresholds.as_ref().and_then(|own| own.get(label.index()));
    own.copied().unwrap_or_else(|| model.threshold(label))
}

fn most_probable(scores: &Scores) -> Option<LabelId> {
    let best = |best: usize, label: usize| if scores.log_odds[label] > scores.log_odds[best] { label } else { best };
    (0..scores.log_odds.len()).reduce(best).map(|label| LabelId(label as u16))
}

fn framing(scores: &Scores, label: LabelId, threshold: f64) -> Framing {
    Framing {
        label,
        score: scores.log_odds[label.index()],
        probability: scores.probabilities[label.index()],
        threshold,
    }
}
