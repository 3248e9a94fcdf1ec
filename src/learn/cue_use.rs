//! What each cue is worth on units that it was not learned from.

use std::collections::HashMap;

use super::calibrate::Calibration;
use super::objective::log_loss;
use super::{Fits, Ground};
use crate::codebook::LabelId;
use crate::features::{Block, FeatureId, cues};
use crate::model::Model;
use crate::model::card::CueCard;

/// A card for each cue of the model, in the order of the file.
///
/// Its `gain` is, over the units that it matches, the mean of `loss(score without it) − loss(score)` for its label, each unit scored by the
/// fold that did not see it: how many nats of surprise its match saves.
pub(crate) fn cards(model: &Model, ground: &Ground, fits: &Fits, calibrations: &[Calibration]) -> Vec<CueCard> {
    let Fits { blocks, selections, folds } = *fits;
    let Some(at) = blocks.iter().position(|block| block.block == Block::Cues) else { return Vec::new() };
    let (block, k) = (&blocks[at], ground.truth.labels);
    let columns: HashMap<FeatureId, usize> = block.features.iter().enumerate().map(|(i, f)| (*f, i)).collect();
    let labels: Vec<Option<usize>> = block.features.iter().map(|&feature| label_of(model, feature)).collect();
    let mut supports = vec![0u64; block.features.len()];
    let in_units = (0..ground.truth.units()).flat_map(|i| block.rows.row(i));
    // Behind the cues stand their sections.
    in_units.for_each(|(column, _)| supports.get_mut(column.index()).into_iter().for_each(|support| *support += 1));
    let mut gains = vec![(0.0, 0u64); block.features.len()];
    for i in (0..ground.truth.units()).filter(|&i| folds.holds_out(i)) {
        let point = &selections[at].points[folds.of(i)];
        let weight = |column: usize, label: usize| block.cue_weights(column, point, k).nth(label).unwrap_or_default();
        for (column, value) in block.rows.row(i) {
            let Some(label) = labels.get(column.index()).copied().flatten() else { continue };
            let scores: Vec<f64> = selections.iter().map(|selection| selection.scores[i * k + label]).collect();
            let with = calibrations[label].apply(scores.iter().copied());
            let own = calibrations[label].slopes[at] * weight(column.index(), label) * f64::from(value);
            let sign = if ground.truth.has(i, label) { 1.0 } else { -1.0 };
            let (sum, count) = &mut gains[column.index()];
            *sum += log_loss(sign * (with - own)).0 - log_loss(sign * with).0;
            *count += 1;
        }
    }
    let set = model.featurizer.settings().cues.iter().flat_map(|set| &set.cues);
    set.map(|cue| {
        let feature = model.featurizer.vocabulary().feature(&cue.term());
        let column = feature.and_then(|feature| columns.get(&feature).copied());
        let label = column.and_then(|column| labels[column]);
        CueCard {
            name: cue.name.clone(),
            label: label.map(|label| model.labels.name(LabelId(label as u16)).to_owned()),
            support: column.map_or(0, |column| supports[column]),
            weight: feature.zip(label).map_or(0.0, |(f, label)| model.weight(LabelId(label as u16), f)),
            gain: column.map_or(0.0, |column| gains[column].0 / gains[column].1.max(1) as f64),
        }
    })
    .collect()
}

/// The label that a cue is judged by: that of its section, else the one for or against which it speaks most.
fn label_of(model: &Model, feature: FeatureId) -> Option<usize> {
    let name = model.featurizer.vocabulary().term(feature).strip_prefix(cues::PREFIX)?;
    let set = model.featurizer.settings().cues.as_ref()?;
    let section = set.cues.iter().find(|cue| cue.name == name).map_or("", |cue| &cue.section);
    let weight = |label: usize| model.weight(LabelId(label as u16), feature).abs();
    let strongest = || (0..model.labels.len()).max_by(|&a, &b| weight(a).total_cmp(&weight(b)));
    model.labels.find(section).map(LabelId::index).or_else(strongest)
}
