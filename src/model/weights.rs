//! What each term adds to each label's score: plain, or smaller than that.
//!
//! Terms that say next to nothing may lose their weights, and the rest may be rounded to steps of a scale a label. A pruned term stays in the
//! vocabulary, since it counts for the length of a unit's row: so nothing changes but its own small contribution.

use crate::codebook::LabelId;
use crate::features::{FeatureId, Row};
use crate::model::card::Compression;

/// What is wanted of the weights.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Wish {
    /// Terms with no weight beyond this, in log-odds, lose theirs.
    pub prune: Option<f64>,
    /// 8 or 16 bits a weight in place of 32.
    pub bits: Option<u8>,
}

/// The weights of d terms and k labels.
#[derive(Clone, Debug, PartialEq)]
pub struct Weights {
    labels: usize,
    /// By row, k each.
    values: Vec<f32>,
    /// For each term the number of its row, or [`NONE`]; `None` where every term has the row of its own number.
    rows: Option<Vec<u32>>,
    /// k: what one step of a label's weights is worth, in log-odds; empty where weights are not rounded to steps.
    scales: Vec<f32>,
}

/// The row of a term without weights.
const NONE: u32 = u32::MAX;

impl Weights {
    /// d × k by row.
    pub fn new(labels: usize, values: Vec<f32>) -> Self {
        Weights { labels, values, rows: None, scales: Vec::new() }
    }

    /// From what a model file holds: weights by row, for steps their scales, and the terms that have a row if not all of `terms` do. `None` if
    /// they do not fit each other, or are no finite numbers.
    pub fn from_parts(
        labels: usize,
        terms: usize,
        values: Values,
        scales: Vec<f32>,
        kept: Option<Vec<u32>>,
    ) -> Option<Self> {
        let values = match values {
            Values::Plain(values) if scales.is_empty() => values,
            Values::Steps(steps) if scales.len() == labels && scales.iter().all(|scale| *scale >= 0.0) => {
                of_steps(&steps, &scales)
            }
            _ => return None,
        };
        let rows = match kept {
            None => None,
            Some(kept) => {
                let is_rising =
                    kept.is_sorted_by(|a, b| a < b) && kept.last().is_none_or(|last| (*last as usize) < terms);
                if !is_rising {
                    return None;
                }
                let mut rows = vec![NONE; terms];
                kept.iter().zip(0..).for_each(|(term, row)| rows[*term as usize] = row);
                Some((rows, kept.len()))
            }
        };
        let height = rows.as_ref().map_or(terms, |(_, height)| *height);
        let fits = values.len() == height.checked_mul(labels)? && values.iter().all(|weight| weight.is_finite());
        fits.then(|| Weights { labels, values, rows: rows.map(|(rows, _)| rows), scales })
    }

    /// The k weights of a term, or none.
    pub fn of(&self, feature: FeatureId) -> &[f32] {
        let row = match &self.rows {
            None => feature.index(),
            Some(rows) if rows[feature.index()] == NONE => return &[],
            Some(rows) => rows[feature.index()] as usize,
        };
        &self.values[row * self.labels..(row + 1) * self.labels]
    }

    /// Log-odds that one unit of a term's value adds to a label's score.
    pub fn get(&self, label: LabelId, feature: FeatureId) -> f64 {
        self.of(feature).get(label.index()).map_or(0.0, |weight| f64::from(*weight))
    }

    /// Every term that has weights, with them.
    pub fn all(&self) -> impl Iterator<Item = (FeatureId, &[f32])> {
        let terms = self.rows.as_ref().map_or(self.values.len() / self.labels.max(1), Vec::len) as u32;
        (0..terms).map(|term| (FeatureId(term), self.of(FeatureId(term)))).filter(|(_, row)| !row.is_empty())
    }

    /// The weights by row, as a file holds them.
    pub fn values(&self) -> Values {
        if self.scales.is_empty() {
            return Values::Plain(self.values.clone());
        }
        Values::Steps(steps(&self.values, &self.scales))
    }

    /// What the steps of each label are worth; empty where weights are not rounded.
    pub fn scales(&self) -> &[f32] {
        &self.scales
    }

    /// The terms that have weights, if not all do.
    pub fn kept(&self) -> Option<Vec<u32>> {
        self.rows.as_ref().map(|_| self.all().map(|(term, _)| term.0).collect())
    }

    /// Smaller weights, and what was done; `rows` are what the largest change of a score is measured on. `None` if nothing is wished for.
    pub fn compressed(&self, wish: Wish, rows: impl Iterator<Item = Row>) -> Option<(Weights, Compression)> {
        if wish == Wish::default() {
            return None;
        }
        let mut small = self.clone();
        if let Some(least) = wish.prune {
            let speaks = |row: &[f32]| row.iter().any(|weight| weight.abs() > least as f32);
            let (mut values, mut numbers) = (Vec::new(), Vec::new());
            for row in self.values.chunks_exact(self.labels) {
                let number = (values.len() / self.labels) as u32;
                numbers.push(if speaks(row) { number } else { NONE });
                values.extend_from_slice(if speaks(row) { row } else { &[] });
            }
            (small.values, small.rows) = (values, Some(numbers));
        }
        if let Some(bits) = wish.bits {
            small.scales = scales(&small.values, self.labels, bits);
            small.values = of_steps(&steps(&small.values, &small.scales), &small.scales);
        }
        let labels = || (0..self.labels as u16).map(LabelId);
        let change = |row: &Row, label: LabelId| -> f64 {
            let of_term = |&(feature, value): &(FeatureId, f32)| {
                (small.get(label, feature) - self.get(label, feature)) * f64::from(value)
            };
            row.entries.iter().map(of_term).sum::<f64>().abs()
        };
        let largest = |row: Row| labels().map(|label| change(&row, label)).fold(0.0, f64::max);
        let largest_change = rows.map(largest).fold(0.0, f64::max);
        Some((small, Compression { prune: wish.prune, bits: wish.bits.unwrap_or(32), largest_change }))
    }
}

/// Weights as a file holds them.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    Plain(Vec<f32>),
    /// In steps of their label's scale.
    Steps(Vec<i16>),
}

/// For each of k labels the size of a step, so that its largest weight is the last step of `bits` bits.
fn scales(weights: &[f32], k: usize, bits: u8) -> Vec<f32> {
    let last = f32::from(i16::MAX >> (16 - bits));
    let largest =
        |label: usize| weights.iter().skip(label).step_by(k).fold(0.0f32, |most, weight| most.max(weight.abs()));
    (0..k).map(|label| largest(label) / last).collect()
}

/// Weights by row as whole steps.
fn steps(weights: &[f32], scales: &[f32]) -> Vec<i16> {
    let step = |(weight, scale): (&f32, &f32)| if *scale == 0.0 { 0 } else { (weight / scale).round() as i16 };
    weights.chunks_exact(scales.len().max(1)).flat_map(|row| row.iter().zip(scales).map(step)).collect()
}

/// Whole steps as weights: each is the product, in single precision, of its step and its label's scale.
fn of_steps(steps: &[i16], scales: &[f32]) -> Vec<f32> {
    let mut weights = vec![0.0; steps.len()];
    let k = scales.len().max(1);
    for (weights, steps) in weights.chunks_exact_mut(k).zip(steps.chunks_exact(k)) {
        for ((weight, step), scale) in weights.iter_mut().zip(steps).zip(scales) {
            *weight = f32::from(*step) * scale;
        }
    }
    weights
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_weight_moves_by_half_a_step_at_most_and_then_stays(
            given in proptest::collection::vec(-30.0f32..30.0, 12),
            bits in prop_oneof![Just(8u8), Just(16)],
        ) {
            let scales = scales(&given, 3, bits);
            let once = of_steps(&steps(&given, &scales), &scales);
            for (at, (weight, again)) in given.iter().zip(&once).enumerate() {
                prop_assert!((weight - again).abs() <= scales[at % 3] * 0.51);
            }
            prop_assert_eq!(of_steps(&steps(&once, &scales), &scales), once);
        }

        #[test]
        fn smaller_weights_survive_their_parts(
            given in proptest::collection::vec(-3.0f32..3.0, 12),
            bits in prop_oneof![Just(None), Just(Some(8u8)), Just(Some(16))],
            prune in prop_oneof![Just(None), Just(Some(2.0)), Just(Some(9.0))],
        ) {
            let plain = Weights::new(3, given);
            let wish = Wish { prune, bits };
            let small = plain.compressed(wish, std::iter::empty()).map_or(plain, |(small, _)| small);
            let again = Weights::from_parts(3, 4, small.values(), small.scales().to_vec(), small.kept());
            prop_assert_eq!(again, Some(small));
        }
    }

    #[test]
    fn a_pruned_term_adds_nothing_and_the_rest_stay() {
        let plain = Weights::new(2, vec![0.1, -0.1, 3.0, 0.0, 0.0, -2.0]);
        let row = Row { entries: vec![(FeatureId(0), 0.5), (FeatureId(2), 1.0)], ..Row::default() };
        let (small, done) = plain.compressed(Wish { prune: Some(0.1), bits: None }, std::iter::once(row)).unwrap();
        assert_eq!(small.get(LabelId(0), FeatureId(0)), 0.0);
        assert_eq!(small.of(FeatureId(1)), [3.0, 0.0]);
        assert_eq!(small.kept(), Some(vec![1, 2]));
        assert!((done.largest_change - 0.05).abs() < 1e-6);
    }

    #[test]
    fn parts_that_do_not_fit_are_refused() {
        let from = |values, scales: &[f32], kept: Option<&[u32]>| {
            Weights::from_parts(2, 3, values, scales.to_vec(), kept.map(<[u32]>::to_vec)).is_some()
        };
        let plain = |count: usize| Values::Plain(vec![1.0; count]);
        assert!(from(plain(6), &[], None) && from(plain(4), &[], Some(&[0, 2])) && from(plain(0), &[], Some(&[])));
        assert!(
            !from(plain(5), &[], None) && !from(plain(6), &[], Some(&[0, 2])) && !from(plain(6), &[1.0, 1.0], None)
        );
        assert!(!from(plain(4), &[], Some(&[2, 0])) && !from(plain(4), &[], Some(&[1, 3])));
        assert!(!from(Values::Plain(vec![f32::NAN; 6]), &[], None));
        assert!(from(Values::Steps(vec![1; 6]), &[1.0, 0.0], None) && !from(Values::Steps(vec![1; 6]), &[], None));
        assert!(!from(Values::Steps(vec![9; 6]), &[1.0, f32::INFINITY], None));
    }

    #[test]
    fn a_label_without_weights_has_steps_of_nothing() {
        let scales = scales(&[0.0, 1.0, 0.0, -2.0], 2, 8);
        assert_eq!(scales, [0.0, 2.0 / 127.0]);
        assert_eq!(steps(&[0.0, 1.0], &scales), [0, 64]);
    }
}
