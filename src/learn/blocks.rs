//! Blocks of features: words and cues learn apart, each with a strength of its own, since at one common strength they spoil each other. A
//! calibrating stack joins their scores, and is folded back into the weights.

use super::Ground;
use super::calibrate::{self, Calibration};
use super::folds::Folds;
use super::objective::Truth;
use super::select::{self, Selection};
use crate::codebook::LabelSet;
use crate::features::matrix::{Columns, Rows};
use crate::features::{Block, FeatureId, Featurizer};
use crate::model::Task;

/// The rows of one block of features.
pub(crate) struct BlockRows {
    pub block: Block,
    /// The feature of each column, rising.
    pub features: Vec<FeatureId>,
    pub rows: Rows,
    pub columns: Columns,
    /// Weights that may not be negative, as places in a d × k matrix by row.
    pub positive: Vec<usize>,
}

/// The blocks of a matrix of all features, words first; none is without features, unless there are none at all.
pub(crate) fn split(featurizer: &Featurizer, rows: Rows, labels: &LabelSet) -> Vec<BlockRows> {
    let of = |block: Block| -> Vec<FeatureId> {
        (0..rows.width() as u32).map(FeatureId).filter(|feature| featurizer.block(*feature) == block).collect()
    };
    let (words, cues) = (of(Block::Words), of(Block::Cues));
    let positive = positive(featurizer, &cues, labels);
    if cues.is_empty() {
        return vec![BlockRows::new(Block::Words, words, rows, Vec::new())];
    }
    let cue_rows = rows.only(&cues);
    let mut blocks = Vec::new();
    if !words.is_empty() {
        blocks.push(BlockRows::new(Block::Words, words.clone(), rows.only(&words), Vec::new()));
    }
    blocks.push(BlockRows::new(Block::Cues, cues, cue_rows, positive));
    blocks
}

impl BlockRows {
    fn new(block: Block, features: Vec<FeatureId>, rows: Rows, positive: Vec<usize>) -> Self {
        BlockRows { block, features, columns: rows.transposed(), rows, positive }
    }
}

/// Where the weights of cues stand that may only speak for the label of their section.
fn positive(featurizer: &Featurizer, cues: &[FeatureId], labels: &LabelSet) -> Vec<usize> {
    let set = featurizer.settings().cues.iter().flat_map(|set| &set.cues).filter(|cue| cue.positive);
    let mut places = Vec::new();
    for cue in set {
        let feature = featurizer.vocabulary().feature(&cue.term());
        let column = feature.and_then(|feature| cues.binary_search(&feature).ok());
        if let (Some(column), Some(label)) = (column, labels.find(&cue.section)) {
            places.push(column * labels.len() + label.index());
        }
    }
    places.sort_unstable();
    places
}

/// The held-out scores of each block for one label.
pub(crate) fn columns(selections: &[Selection], truth: &Truth, label: usize) -> Vec<Vec<f64>> {
    let column = |selection: &Selection| {
        select::column(&selection.scores, truth, label).into_iter().map(|(score, _)| score).collect()
    };
    selections.iter().map(column).collect()
}

/// Whether held-out units are scored better by all blocks than by the first alone, with the stack fitted on the other folds than the one
/// that it is judged on.
pub(crate) fn gain(ground: &Ground, selections: &[Selection], folds: &Folds, counted: &[bool]) -> bool {
    if selections.len() < 2 {
        return true;
    }
    let (truth, k) = (ground.truth, ground.truth.labels);
    let mut joint = vec![0.0; truth.units() * k];
    for fold in 0..folds.count {
        let learn: Vec<bool> = (0..truth.units()).map(|i| counted[i] && folds.of(i) != fold).collect();
        let stack = match ground.task {
            Task::Multi => (0..k).map(|label| stack_of(selections, truth, label, &learn)).collect(),
            Task::Single => vec![temperatures(selections, truth, &learn); k],
        };
        for i in (0..truth.units()).filter(|&i| folds.of(i) == fold) {
            for (label, stack) in stack.iter().enumerate() {
                let scores: Vec<f64> = selections.iter().map(|selection| selection.scores[i * k + label]).collect();
                joint[i * k + label] = stack.apply(&scores);
            }
        }
    }
    select::figure(ground.task, &joint, truth) > select::figure(ground.task, &selections[0].scores, truth)
}

fn stack_of(selections: &[Selection], truth: &Truth, label: usize, learn: &[bool]) -> Calibration {
    let only = |scores: Vec<f64>| -> Vec<f64> {
        scores.into_iter().zip(learn).filter(|(_, learn)| **learn).map(|(score, _)| score).collect()
    };
    let blocks: Vec<Vec<f64>> = columns(selections, truth, label).into_iter().map(only).collect();
    let has: Vec<bool> = (0..truth.units()).filter(|&i| learn[i]).map(|i| truth.has(i, label)).collect();
    calibrate::fit(&blocks, &has).unwrap_or_else(|_| Calibration::none(selections.len()))
}

fn temperatures(selections: &[Selection], truth: &Truth, learn: &[bool]) -> Calibration {
    let k = truth.labels;
    let kept = || (0..truth.units()).filter(|&i| learn[i]);
    let only = |selection: &Selection| kept().flat_map(|i| selection.scores[i * k..(i + 1) * k].to_vec()).collect();
    let scores: Vec<Vec<f64>> = selections.iter().map(only).collect();
    let truth = Truth::new(k, kept().flat_map(|i| truth.row(i).to_vec()).collect());
    Calibration { slopes: calibrate::temperatures(&scores, &truth), shift: 0.0 }
}

/// The weights of all features (d × k by row) and the k intercepts of the joint model: calibration is linear in the scores of blocks, so it
/// goes into their weights and intercepts.
pub(crate) fn join(
    blocks: &[BlockRows],
    points: Vec<Vec<f64>>,
    calibrations: &[Calibration],
    features: usize,
) -> (Vec<f64>, Vec<f64>) {
    let k = calibrations.len();
    let mut weights = vec![0.0; features * k];
    for (at, (block, point)) in blocks.iter().zip(&points).enumerate() {
        for (feature, row) in block.features.iter().zip(point.chunks_exact(k)) {
            for (label, weight) in row.iter().enumerate() {
                weights[feature.index() * k + label] = weight * calibrations[label].slopes[at];
            }
        }
    }
    let intercepts = calibrations.iter().enumerate().map(|(label, calibration)| {
        let own: Vec<f64> = points.iter().map(|point| point[point.len() - k + label]).collect();
        calibration.apply(&own)
    });
    (weights, intercepts.collect())
}
