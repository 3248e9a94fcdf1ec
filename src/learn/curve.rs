//! The learning curve: what held-out figures would be with a part of the data. It tells whether more labelled units would help.
//!
//! Every part is tested on the same units: each fold learns from what the part has outside it, at the strengths that all data chose, so that one
//! fit a fold is enough. Terms are those of all data, which knows no label.

use serde::{Deserialize, Serialize};

use super::evidence::Judged;
use super::folds::draw;
use super::objective::Costs;
use super::select::{self, Field, Selection};
use super::{Fits, Ground, LearnError};
use crate::codebook::LabelSet;
use crate::corpus::Example;
use crate::features::Block;
use crate::model::card::Figure;

/// The parts that are tried; each holds the smaller ones.
pub const SHARES: [f64; 4] = [0.125, 0.25, 0.5, 1.0];

/// Held-out figures with a part of the training data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CurvePoint {
    /// Of all groups; about the same share of units.
    pub share: f64,
    /// Units of that part, a fold of which is always held out.
    pub units: u64,
    pub micro_f1: Figure,
    pub macro_f1: Figure,
    /// Mean of the labels' average precision.
    pub average_precision: f64,
}

/// The figures at each of [`SHARES`]; groups are drawn by the seed, and stay together.
///
/// # Errors
/// [`LearnError`], as in training.
pub(crate) fn curve(
    ground: &Ground,
    fits: &Fits,
    examples: &[&Example],
    names: &LabelSet,
    counted: &[bool],
) -> Result<Vec<CurvePoint>, LearnError> {
    let point = |share: f64| {
        let kept: Vec<bool> = examples.iter().map(|example| is_drawn(example, ground.settings.seed, share)).collect();
        let selections = if share < 1.0 { fitted(ground, fits, &kept)? } else { fits.selections.to_vec() };
        let fits = Fits { selections: &selections, ..*fits };
        // What there is to warn of was said when all data was judged.
        let judged = Judged::by(ground, &fits, examples, names, counted, &mut Vec::new());
        let found = judged.held_out.judgement.evaluate(ground.settings.seed).overall.figures;
        Ok(CurvePoint {
            share,
            units: kept.iter().filter(|kept| **kept).count() as u64,
            micro_f1: found.micro_f1,
            macro_f1: found.macro_f1,
            average_precision: found.average_precision.value,
        })
    };
    SHARES.into_iter().map(point).collect()
}

fn is_drawn(example: &Example, seed: u64, share: f64) -> bool {
    // Another stream than that of the folds, or a part would lack whole folds.
    let drawn = draw(seed ^ 0x9E37_79B9_7F4A_7C15, &example.kept_together()) as f64 / 2f64.powi(64);
    share >= 1.0 || drawn < share
}

/// What the folds say when only some units have a cost.
fn fitted(ground: &Ground, fits: &Fits, kept: &[bool]) -> Result<Vec<Selection>, LearnError> {
    let units = ground.costs.units.iter().zip(kept).map(|(cost, kept)| if *kept { *cost } else { 0.0 }).collect();
    let costs = Costs { units, labels: ground.costs.labels.clone() };
    let part = Ground { costs, ..*ground };
    let selection = |(block, chosen): (_, &Selection)| {
        let field = Field {
            problem: part.problem(block),
            folds: fits.folds,
            ratios: &|costs| part.ratios(block, costs),
            positive: &block.positive,
            keep_points: false,
            is_normalised: block.block == Block::Words,
        };
        select::best(&field, &[chosen.l2.get()], &|| ())
    };
    fits.blocks.iter().zip(fits.selections).map(selection).collect()
}
