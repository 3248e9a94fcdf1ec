//! Blocks of features: words, cues and vectors learn apart, each with a strength of its own, since at one common strength they spoil each other. A
//! calibrating stack joins their scores, and is folded back into the weights.
//!
//! The cues of a section belong together, so what one of them tells the others tell too, as far as nothing speaks against it: a cue's weight is the sum of one
//! that its section has in common and of its own, both learned under the same penalty. For that the block has a column a section, with the number of its cues that
//! match; afterwards the section's weight is folded into those of its cues. This is partial pooling (Gelman & Hill 2007, *Data Analysis Using Regression and
//! Multilevel/Hierarchical Models*, ch. 12): a cue with little support has about the weight of its section, one with much its own.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::calibrate::{self, Calibration};
use super::folds::Folds;
use super::objective::Truth;
use super::select::{self, Selection};
use super::{Fits, Ground, LearnError};
use crate::codebook::LabelSet;
use crate::features::cues::Cue;
use crate::features::matrix::{Rows, Twins};
use crate::features::vectors::{self, Embedding, Vectors};
use crate::features::{Block, FeatureId, Featurizer};
use crate::model::Task;

/// The rows of one block of features.
pub(crate) struct BlockRows {
    pub block: Block,
    /// The features that get weights from it, rising: those of the columns, or with vectors those that have one.
    pub features: Vec<FeatureId>,
    pub rows: Rows,
    /// Which column each feature went into, if those that are alike were merged; else there is one column a feature.
    twins: Option<Twins>,
    /// Weights that may not be negative, as places in a d × k matrix by row.
    pub positive: Vec<usize>,
    /// The vectors of the features, if the columns are those of vectors: features × columns by row.
    pub vectors: Vec<f32>,
    /// For each cue the number of its section, if that has others too. The columns of sections stand behind those of cues.
    sections: Vec<Option<usize>>,
}

/// What becomes of columns that are alike but for a factor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Alike {
    /// They are learned as one, which gives the same weights sooner.
    Merged,
    /// Each is learned for itself, as naive-Bayes ratios and the dense reference want it.
    Apart,
}

/// The blocks of a matrix of all features: words, cues, vectors; none is without features, unless there are none at all.
///
/// # Errors
/// [`LearnError::NoVectors`] if there are vectors, and no unit has a term with one.
pub(crate) fn split(
    featurizer: &Featurizer,
    rows: Rows,
    labels: &LabelSet,
    vectors: Option<&Vectors>,
    twins: Alike,
) -> Result<Vec<BlockRows>, LearnError> {
    let (words, cues) = (featurizer.learned_in(Block::Words), featurizer.learned_in(Block::Cues));
    // Without any features there is still a model: of intercepts.
    let has_words = !words.is_empty() || cues.is_empty() && vectors.is_none();
    let of_cues = (!cues.is_empty()).then(|| of_cues(featurizer, rows.only(&cues), cues, labels));
    let of_vectors = match vectors {
        Some(vectors) => {
            let embedded = Embedding::of(vectors, featurizer.vocabulary(), &rows);
            let (embedding, units) = embedded.ok_or(LearnError::NoVectors)?;
            let block = BlockRows::new(Block::Vectors, embedding.features, units, Vec::new());
            Some(BlockRows { vectors: embedding.numbers, ..block })
        }
        None => None,
    };
    let of_words = has_words.then(|| match twins {
        Alike::Merged => {
            let (merged, twins) = rows.merged(&words);
            BlockRows { twins: Some(twins), ..BlockRows::new(Block::Words, words, merged, Vec::new()) }
        }
        Alike::Apart => {
            let own = rows.only(&words);
            BlockRows::new(Block::Words, words, own, Vec::new())
        }
    });
    Ok([of_words, of_cues, of_vectors].into_iter().flatten().collect())
}

/// The blocks but cues, and the featurizer without them, in which features have other numbers.
pub(crate) fn without_cues(blocks: &mut Vec<BlockRows>, featurizer: Featurizer) -> Featurizer {
    blocks.retain(|block| block.block != Block::Cues);
    let old = featurizer.vocabulary().clone();
    let featurizer = featurizer.without_cues();
    for feature in blocks.iter_mut().flat_map(|block| &mut block.features) {
        *feature = featurizer.vocabulary().feature(old.term(*feature)).expect("only cues are left out");
    }
    featurizer
}

impl BlockRows {
    fn new(block: Block, features: Vec<FeatureId>, rows: Rows, positive: Vec<usize>) -> Self {
        BlockRows { block, features, rows, twins: None, positive, vectors: Vec::new(), sections: Vec::new() }
    }

    /// The rows of the features alone, without those of sections.
    pub fn own_rows(&self) -> Cow<'_, Rows> {
        if self.rows.width() == self.features.len() || self.block != Block::Cues {
            return Cow::Borrowed(&self.rows);
        }
        Cow::Owned(self.rows.only(&(0..self.features.len() as u32).map(FeatureId).collect::<Vec<_>>()))
    }

    /// The weights (k) that a fitted `point` gives the cue of a column, with those of its section.
    pub fn cue_weights<'a>(&self, column: usize, point: &'a [f64], k: usize) -> impl Iterator<Item = f64> + 'a {
        let row = |at: usize| &point[at * k..(at + 1) * k];
        let section = self.sections.get(column).copied().flatten().map(|section| row(self.features.len() + section));
        let shared = move |label: usize| section.map_or(0.0, |weights| weights[label]);
        row(column).iter().enumerate().map(move |(label, own)| own + shared(label))
    }

    /// A feature of a column; of several the commonest.
    pub fn feature(&self, column: FeatureId) -> FeatureId {
        self.features[self.twins.as_ref().map_or(column.index(), |twins| twins.first(column.index()))]
    }

    /// Each feature with the weights that a fitted `point` (columns × k by row, then intercepts) gives it.
    fn weights<'a>(&'a self, point: &'a [f64], k: usize) -> impl Iterator<Item = (FeatureId, Vec<f64>)> + 'a {
        let width = self.rows.width();
        let own = move |at: usize| match self.block {
            Block::Cues => self.cue_weights(at, point, k).collect(),
            Block::Words => {
                let (column, share) = self.twins.as_ref().map_or((at, 1.0), |twins| twins.of(at));
                point[column * k..(column + 1) * k].iter().map(|weight| weight * share).collect()
            }
            Block::Vectors => vectors::weights(&self.vectors[at * width..(at + 1) * width], point, k),
        };
        self.features.iter().enumerate().map(move |(at, &feature)| (feature, own(at)))
    }
}

/// The block of cues, whose matrix has these columns.
fn of_cues(featurizer: &Featurizer, rows: Rows, cues: Vec<FeatureId>, labels: &LabelSet) -> BlockRows {
    let set = featurizer.settings().cues.iter().flat_map(|set| &set.cues);
    let column = |cue: &Cue| {
        let feature = featurizer.vocabulary().feature(&cue.term());
        feature.and_then(|feature| cues.binary_search(&feature).ok())
    };
    let in_columns: Vec<(usize, &Cue)> = set.filter_map(|cue| Some((column(cue)?, cue))).collect();
    let mut sizes: BTreeMap<&str, usize> = BTreeMap::new();
    let named = in_columns.iter().filter(|(_, cue)| !cue.section.is_empty());
    named.for_each(|(_, cue)| *sizes.entry(&cue.section).or_default() += 1);
    sizes.retain(|_, size| *size > 1);
    let numbers: BTreeMap<&str, usize> = sizes.into_keys().zip(0..).collect();
    let (mut sections, mut positive) = (vec![None; cues.len()], BTreeSet::new());
    for (column, cue) in in_columns {
        let section = numbers.get(&cue.section[..]).copied();
        sections[column] = section;
        // A sum of two that are not negative is not negative.
        if let (true, Some(label)) = (cue.positive, labels.find(&cue.section)) {
            let columns = [Some(column), section.map(|section| cues.len() + section)];
            positive.extend(columns.into_iter().flatten().map(|column| column * labels.len() + label.index()));
        }
    }
    let rows = rows.with_sums(&sections, numbers.len());
    BlockRows { sections, ..BlockRows::new(Block::Cues, cues, rows, positive.into_iter().collect()) }
}

/// The held-out scores of each block for one label.
pub(crate) fn columns(selections: &[&Selection], truth: &Truth, label: usize) -> Vec<Vec<f64>> {
    let column = |selection: &&Selection| {
        select::column(&selection.scores, truth, label).into_iter().map(|(score, _)| score).collect()
    };
    selections.iter().map(column).collect()
}

/// Whether held-out units are scored better by all blocks than by all but cues, with stacks fitted on the other folds than the one that they
/// are judged on.
pub(crate) fn gain(ground: &Ground, fits: &Fits, counted: &[bool]) -> bool {
    let without = |(block, _): &(&BlockRows, &Selection)| block.block != Block::Cues;
    let all: Vec<&Selection> = fits.selections.iter().collect();
    let others: Vec<&Selection> =
        fits.blocks.iter().zip(fits.selections).filter(without).map(|(_, selection)| selection).collect();
    if others.is_empty() || others.len() == all.len() {
        return true;
    }
    let figure = |selections: &[&Selection]| match selections {
        [one] => select::held_out_figure(ground.task, &one.scores, ground.truth, fits.folds),
        _ => {
            let joint = stacked(ground, selections, fits.folds, counted);
            select::held_out_figure(ground.task, &joint, ground.truth, fits.folds)
        }
    };
    figure(&all) > figure(&others) && cues_have_a_say(ground, &all, fits, counted)
}

/// Whether the stack of all units lets the scores of cues count at all.
fn cues_have_a_say(ground: &Ground, selections: &[&Selection], fits: &Fits, counted: &[bool]) -> bool {
    let (truth, Some(at)) = (ground.truth, fits.blocks.iter().position(|block| block.block == Block::Cues)) else {
        return false;
    };
    match ground.task {
        Task::Multi => (0..truth.labels).any(|label| stack_of(selections, truth, label, counted).slopes[at] > 0.0),
        Task::Single => temperatures(selections, truth, counted).slopes[at] > 0.0,
    }
}

/// Held-out scores of the blocks together, n × k.
fn stacked(ground: &Ground, selections: &[&Selection], folds: &Folds, counted: &[bool]) -> Vec<f64> {
    let (truth, k) = (ground.truth, ground.truth.labels);
    let mut joint = vec![0.0; truth.units() * k];
    for fold in 0..folds.count {
        let learn: Vec<bool> = (0..truth.units()).map(|i| counted[i] && folds.part(i) != fold).collect();
        let stack = match ground.task {
            Task::Multi => (0..k).map(|label| stack_of(selections, truth, label, &learn)).collect(),
            Task::Single => vec![temperatures(selections, truth, &learn); k],
        };
        for i in (0..truth.units()).filter(|&i| folds.holds_out(i) && folds.part(i) == fold) {
            for (label, stack) in stack.iter().enumerate() {
                let scores = selections.iter().map(|selection| selection.scores[i * k + label]);
                joint[i * k + label] = stack.apply(scores);
            }
        }
    }
    joint
}

fn stack_of(selections: &[&Selection], truth: &Truth, label: usize, learn: &[bool]) -> Calibration {
    let only = |scores: Vec<f64>| -> Vec<f64> {
        scores.into_iter().zip(learn).filter(|(_, learn)| **learn).map(|(score, _)| score).collect()
    };
    let blocks: Vec<Vec<f64>> = columns(selections, truth, label).into_iter().map(only).collect();
    let has: Vec<bool> = (0..truth.units()).filter(|&i| learn[i]).map(|i| truth.has(i, label)).collect();
    calibrate::fit(&blocks, &has).unwrap_or_else(|_| Calibration::none(selections.len()))
}

fn temperatures(selections: &[&Selection], truth: &Truth, learn: &[bool]) -> Calibration {
    let k = truth.labels;
    let kept = || (0..truth.units()).filter(|&i| learn[i]);
    let only =
        |selection: &&Selection| kept().flat_map(|i| selection.scores[i * k..(i + 1) * k].iter().copied()).collect();
    let scores: Vec<Vec<f64>> = selections.iter().map(only).collect();
    let truth = Truth::new(k, kept().flat_map(|i| truth.row(i).iter().copied()).collect());
    Calibration { slopes: calibrate::temperatures(&scores, &truth), shift: 0.0 }
}

/// The weights of all features (d × k by row) and the k intercepts of the joint model: calibration is linear in the scores of blocks, so it
/// goes into their weights and intercepts.
pub(crate) fn join(
    blocks: &[BlockRows],
    points: Vec<Vec<f64>>,
    calibrations: &[Calibration],
    features: usize,
) -> (Vec<f32>, Vec<f64>) {
    let k = calibrations.len();
    let mut weights = vec![0.0f32; features * k];
    for (at, (block, point)) in blocks.iter().zip(&points).enumerate() {
        for (feature, own) in block.weights(point, k) {
            for (label, weight) in own.into_iter().enumerate() {
                let (weight, own) =
                    (weight * calibrations[label].slopes[at], &mut weights[feature.index() * k + label]);
                // Only a term's vector adds to a weight that is there already.
                let before = if block.block == Block::Vectors { f64::from(*own) } else { 0.0 };
                *own = (before + weight) as f32;
            }
        }
    }
    let intercepts = calibrations.iter().enumerate().map(|(label, calibration)| {
        let own: Vec<f64> = points.iter().map(|point| point[point.len() - k + label]).collect();
        calibration.apply(own)
    });
    (weights, intercepts.collect())
}
