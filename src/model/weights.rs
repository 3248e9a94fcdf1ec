//! What each term adds to each label's score: plain, or smaller than that.
//!
//! Terms that say next to nothing may lose their weights, and the rest may be rounded to steps of a scale a label. A pruned term stays in the
//! vocabulary, since it counts for the length of a unit's row: so nothing changes but its own small contribution.

use crate::codebook::LabelId;
use crate::features::{FeatureId, Row};
use crate::model::card::Compression;
use crate::packed::{Number, Packed};

/// What is wanted of the weights.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Wish {
    /// Terms with no weight beyond this, in log-odds, lose theirs.
    pub prune: Option<f64>,
    /// 8 or 16 bits a weight in place of 32.
    pub bits: Option<u8>,
}

/// The weights of d terms and k labels, as a model file holds them.
#[derive(Clone, Debug, PartialEq)]
pub struct Weights {
    labels: usize,
    /// By row, k each.
    values: Values,
    /// For each term the number of its row, or [`NONE`]; `None` where every term has the row of its own number.
    rows: Option<Packed<u32>>,
    /// k: what one step of a label's weights is worth, in log-odds; empty where weights are not rounded to steps.
    scales: Vec<f32>,
}

/// Weights by row.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    Plain(Packed<f32>),
    /// In steps of their label's scale: a weight is the product, in single precision, of its step and that.
    Steps(Packed<i16>),
    ShortSteps(Packed<i8>),
}

/// The row of a term without weights.
const NONE: u32 = u32::MAX;

impl Values {
    /// How many weights there are.
    pub fn count(&self) -> usize {
        match self {
            Values::Plain(values) => values.len(),
            Values::Steps(steps) => steps.len(),
            Values::ShortSteps(steps) => steps.len(),
        }
    }

    pub fn bytes(&self) -> &[u8] {
        match self {
            Values::Plain(values) => values.bytes(),
            Values::Steps(steps) => steps.bytes(),
            Values::ShortSteps(steps) => steps.bytes(),
        }
    }
}

impl Weights {
    /// d × k by row.
    pub fn new(labels: usize, values: Vec<f32>) -> Self {
        Weights { labels, values: Values::Plain(values.into_iter().collect()), rows: None, scales: Vec::new() }
    }

    /// What a model file holds: weights by row, for steps their scales, and the row of each term if not all have one. [`Weights::check`]
    /// says whether they are sound.
    pub fn from_parts(labels: usize, values: Values, scales: Vec<f32>, rows: Option<Packed<u32>>) -> Self {
        Weights { labels, values, rows, scales }
    }

    /// Whether the parts fit each other and so many terms, and are finite numbers.
    pub fn check(&self, terms: usize) -> bool {
        let is_scaled = match &self.values {
            Values::Plain(values) => self.scales.is_empty() && values.iter().all(f32::is_finite),
            // So no product can overflow either.
            Values::Steps(_) | Values::ShortSteps(_) => {
                let is_small = |scale: &f32| (0.0..=f32::MAX / 65_536.0).contains(scale);
                self.scales.len() == self.labels && self.scales.iter().all(is_small)
            }
        };
        let height = match &self.rows {
            None => terms,
            Some(rows) if rows.len() == terms => {
                let kept = || rows.iter().filter(|row| *row != NONE);
                if !kept().eq(0..kept().count() as u32) {
                    return false;
                }
                kept().count()
            }
            Some(_) => return false,
        };
        is_scaled && Some(self.values.count()) == height.checked_mul(self.labels)
    }

    /// The row of a term, if it has one.
    #[inline]
    fn row(&self, feature: FeatureId) -> Option<usize> {
        match &self.rows {
            None => Some(feature.index()),
            Some(rows) => Some(rows.get(feature.index())).filter(|row| *row != NONE).map(|row| row as usize),
        }
    }

    /// The k weights of a term, or none.
    pub fn of(&self, feature: FeatureId) -> Vec<f32> {
        let Some(row) = self.row(feature) else { return Vec::new() };
        (0..self.labels).map(|label| self.at(row, label)).collect()
    }

    #[inline]
    fn at(&self, row: usize, label: usize) -> f32 {
        let at = row * self.labels + label;
        match &self.values {
            Values::Plain(values) => values.get(at),
            Values::Steps(steps) => f32::from(steps.get(at)) * self.scales[label],
            Values::ShortSteps(steps) => f32::from(steps.get(at)) * self.scales[label],
        }
    }

    /// Log-odds that one unit of a term's value adds to a label's score.
    pub fn get(&self, label: LabelId, feature: FeatureId) -> f64 {
        self.row(feature).map_or(0.0, |row| f64::from(self.at(row, label.index())))
    }

    /// Calls `found` with the weight of each term for a label, as [`Weights::get`] has it, in their order.
    pub fn of_label(&self, label: LabelId, entries: &[(FeatureId, f32)], found: impl FnMut(f64)) {
        match &self.values {
            Values::Plain(values) => self.column(values, label, entries, found),
            Values::Steps(steps) => self.column(steps, label, entries, found),
            Values::ShortSteps(steps) => self.column(steps, label, entries, found),
        }
    }

    fn column<T: Number + Into<f32>>(
        &self,
        values: &Packed<T>,
        label: LabelId,
        entries: &[(FeatureId, f32)],
        mut found: impl FnMut(f64),
    ) {
        let scale = self.scale(label.index());
        for (feature, _) in entries {
            let weight = |row: usize| f64::from(values.get(row * self.labels + label.index()).into() * scale);
            found(self.row(*feature).map_or(0.0, weight));
        }
    }

    /// Weights that are no steps are worth themselves, and once a number is that number.
    #[inline]
    fn scale(&self, label: usize) -> f32 {
        self.scales.get(label).copied().unwrap_or(1.0)
    }

    /// Brings near what [`Weights::add_to`] reads of a term.
    #[inline]
    pub fn prefetch(&self, feature: FeatureId) {
        match &self.values {
            Values::Plain(values) => self.prefetch_row(values, feature),
            Values::Steps(steps) => self.prefetch_row(steps, feature),
            Values::ShortSteps(steps) => self.prefetch_row(steps, feature),
        }
    }

    #[inline]
    fn prefetch_row<T: Number>(&self, values: &Packed<T>, feature: FeatureId) {
        if let Some(row) = self.row(feature) {
            values.prefetch(row * self.labels);
            values.prefetch((row + 1) * self.labels - 1);
        }
    }

    /// Adds to each of the k scores what the terms of a row add with their values, one after another.
    pub fn add_to(&self, scores: &mut [f64], entries: &[(FeatureId, f32)]) {
        match &self.values {
            Values::Plain(values) => self.add::<_, false>(values, scores, entries),
            Values::Steps(steps) => self.add::<_, true>(steps, scores, entries),
            Values::ShortSteps(steps) => self.add::<_, true>(steps, scores, entries),
        }
    }

    /// Several labels at once, whose sums stay in registers for the whole row.
    fn add<T: Number + Into<f32>, const SCALED: bool>(
        &self,
        values: &Packed<T>,
        scores: &mut [f64],
        entries: &[(FeatureId, f32)],
    ) {
        let (twelves, rest) = scores.as_chunks_mut::<12>();
        let (eights, rest) = rest.as_chunks_mut::<8>();
        let (fours, ones) = rest.as_chunks_mut::<4>();
        let first = self.add_blocks::<_, _, SCALED>(values, 0, twelves, entries);
        let first = self.add_blocks::<_, _, SCALED>(values, first, eights, entries);
        let first = self.add_blocks::<_, _, SCALED>(values, first, fours, entries);
        self.add_blocks::<_, _, SCALED>(values, first, ones.as_chunks_mut::<1>().0, entries);
    }

    /// The labels from `first` on, so many at once; the first label behind them.
    fn add_blocks<T: Number + Into<f32>, const N: usize, const SCALED: bool>(
        &self,
        values: &Packed<T>,
        first: usize,
        blocks: &mut [[f64; N]],
        entries: &[(FeatureId, f32)],
    ) -> usize {
        let firsts = (first..).step_by(N);
        blocks.iter_mut().zip(firsts).for_each(|(scores, first)| {
            self.add_block::<_, _, SCALED>(values, first, scores, entries);
        });
        first + N * blocks.len()
    }

    /// The labels from `first` on.
    #[inline]
    fn add_block<T: Number + Into<f32>, const N: usize, const SCALED: bool>(
        &self,
        values: &Packed<T>,
        first: usize,
        scores: &mut [f64; N],
        entries: &[(FeatureId, f32)],
    ) {
        let scales: [f32; N] = std::array::from_fn(|lane| self.scale(first + lane));
        let mut sums = *scores;
        for &(feature, value) in entries {
            let Some(row) = self.row(feature) else { continue };
            let (steps, value) = (values.array::<N>(row * self.labels + first), f64::from(value));
            for lane in 0..N {
                let step: f32 = steps[lane].into();
                // Once a number is that number, which a compiler cannot take for granted.
                sums[lane] += f64::from(if SCALED { step * scales[lane] } else { step }) * value;
            }
        }
        *scores = sums;
    }

    /// Every term that has weights, with them.
    pub fn all(&self) -> impl Iterator<Item = (FeatureId, Vec<f32>)> {
        let terms = self.rows.as_ref().map_or(self.values.count() / self.labels.max(1), Packed::len) as u32;
        (0..terms).map(|term| (FeatureId(term), self.of(FeatureId(term)))).filter(|(_, row)| !row.is_empty())
    }

    /// The weights by row, as a file holds them.
    pub fn values(&self) -> &Values {
        &self.values
    }

    /// What the steps of each label are worth; empty where weights are not rounded.
    pub fn scales(&self) -> &[f32] {
        &self.scales
    }

    /// The row of each term, if not all have one.
    pub fn rows(&self) -> Option<&Packed<u32>> {
        self.rows.as_ref()
    }

    /// Smaller weights, and what was done; `rows` are what the largest change of a score is measured on. `None` if nothing is wished for.
    pub fn compressed(&self, wish: Wish, rows: impl Iterator<Item = Row>) -> Option<(Weights, Compression)> {
        if wish == Wish::default() {
            return None;
        }
        let least = wish.prune.map(|least| least as f32);
        let speaks = |row: &[f32]| least.is_none_or(|least| row.iter().any(|weight| weight.abs() > least));
        let (mut values, mut numbers) = (Vec::new(), Vec::new());
        for (_, row) in self.all() {
            let number = (values.len() / self.labels) as u32;
            numbers.push(if speaks(&row) { number } else { NONE });
            values.extend_from_slice(if speaks(&row) { &row } else { &[] });
        }
        let rows_of_terms = wish.prune.map(|_| numbers.into_iter().collect());
        let scales = wish.bits.map_or_else(Vec::new, |bits| scales(&values, self.labels, bits));
        let values = match wish.bits {
            None => Values::Plain(values.into_iter().collect()),
            Some(8) => Values::ShortSteps(steps(&values, &scales).map(|step| step as i8).collect()),
            Some(_) => Values::Steps(steps(&values, &scales).collect()),
        };
        let small = Weights { labels: self.labels, values, rows: rows_of_terms, scales };
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

/// For each of k labels the size of a step, so that its largest weight is the last step of `bits` bits.
fn scales(weights: &[f32], k: usize, bits: u8) -> Vec<f32> {
    let last = f32::from(i16::MAX >> (16 - bits));
    let largest =
        |label: usize| weights.iter().skip(label).step_by(k).fold(0.0f32, |most, weight| most.max(weight.abs()));
    (0..k).map(|label| largest(label) / last).collect()
}

/// Weights by row as whole steps.
fn steps(weights: &[f32], scales: &[f32]) -> impl Iterator<Item = i16> {
    let step = |(weight, scale): (&f32, &f32)| if *scale == 0.0 { 0 } else { (weight / scale).round() as i16 };
    weights.chunks_exact(scales.len().max(1)).flat_map(move |row| row.iter().zip(scales).map(step))
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
            let of = |weights: &Weights| weights.all().flat_map(|(_, row)| row).collect::<Vec<f32>>();
            let rounded = |given: Vec<f32>| Weights::new(3, given).compressed(Wish { prune: None, bits: Some(bits) }, std::iter::empty());
            let (once, _) = rounded(given.clone()).expect("something is wished for");
            for (at, (weight, again)) in given.iter().zip(of(&once)).enumerate() {
                prop_assert!((weight - again).abs() <= once.scales[at % 3] * 0.51);
            }
            let steps: Vec<i16> = steps(&of(&once), &once.scales).collect();
            let stored: Vec<i16> = match &once.values {
                Values::Steps(steps) => steps.iter().collect(),
                Values::ShortSteps(steps) => steps.iter().map(i16::from).collect(),
                Values::Plain(_) => Vec::new(),
            };
            prop_assert_eq!(steps, stored);
        }

        #[test]
        fn smaller_weights_survive_their_parts_and_add_up_as_they_are_one_by_one(
            given in proptest::collection::vec(-3.0f32..3.0, 12),
            bits in prop_oneof![Just(None), Just(Some(8u8)), Just(Some(16))],
            prune in prop_oneof![Just(None), Just(Some(2.0)), Just(Some(9.0))],
        ) {
            let plain = Weights::new(3, given);
            let wish = Wish { prune, bits };
            let small = plain.compressed(wish, std::iter::empty()).map_or(plain, |(small, _)| small);
            let again = Weights::from_parts(3, small.values().clone(), small.scales().to_vec(), small.rows().cloned());
            prop_assert!(again.check(4));
            prop_assert_eq!(&again, &small);
            for term in (0..4).map(FeatureId) {
                let mut scores = [0.5, 0.5, 0.5];
                small.add_to(&mut scores, &[(term, 0.3)]);
                for (label, score) in (0..3).zip(scores) {
                    prop_assert_eq!(score, 0.5 + small.get(LabelId(label), term) * f64::from(0.3f32));
                }
            }
        }
    }

    #[test]
    fn a_pruned_term_adds_nothing_and_the_rest_stay() {
        let plain = Weights::new(2, vec![0.1, -0.1, 3.0, 0.0, 0.0, -2.0]);
        let row = Row { entries: vec![(FeatureId(0), 0.5), (FeatureId(2), 1.0)], ..Row::default() };
        let (small, done) = plain.compressed(Wish { prune: Some(0.1), bits: None }, std::iter::once(row)).unwrap();
        assert_eq!(small.get(LabelId(0), FeatureId(0)), 0.0);
        assert_eq!(small.of(FeatureId(1)), [3.0, 0.0]);
        assert_eq!(small.rows().map(|rows| rows.iter().collect()), Some(vec![NONE, 0, 1]));
        assert!((done.largest_change - 0.05).abs() < 1e-6);
    }

    #[test]
    fn parts_that_do_not_fit_are_found() {
        let fits = |values, scales: &[f32], rows: Option<&[u32]>| {
            let rows = rows.map(|rows| rows.iter().copied().collect());
            Weights::from_parts(2, values, scales.to_vec(), rows).check(3)
        };
        let plain = |count: usize| Values::Plain(vec![1.0; count].into_iter().collect());
        let steps = |count: usize| Values::Steps(vec![9; count].into_iter().collect());
        assert!(fits(plain(6), &[], None) && fits(plain(4), &[], Some(&[0, NONE, 1])));
        assert!(fits(plain(0), &[], Some(&[NONE; 3])));
        assert!(!fits(plain(5), &[], None) && !fits(plain(6), &[], Some(&[0, NONE, 1])));
        assert!(!fits(plain(6), &[1.0, 1.0], None));
        assert!(!fits(plain(4), &[], Some(&[1, NONE, 0])) && !fits(plain(4), &[], Some(&[0, 1])));
        assert!(!fits(plain(4), &[], Some(&[0, NONE, 2])) && !fits(plain(4), &[], Some(&[0, 0, NONE])));
        assert!(!fits(Values::Plain(vec![f32::NAN; 6].into_iter().collect()), &[], None));
        assert!(fits(steps(6), &[1.0, 0.0], None) && !fits(steps(6), &[], None));
        assert!(!fits(steps(6), &[1.0, f32::INFINITY], None) && !fits(steps(6), &[1.0, f32::MAX], None));
    }

    #[test]
    fn a_label_without_weights_has_steps_of_nothing() {
        let scales = scales(&[0.0, 1.0, 0.0, -2.0], 2, 8);
        assert_eq!(scales, [0.0, 2.0 / 127.0]);
        assert_eq!(steps(&[0.0, 1.0], &scales).collect::<Vec<_>>(), [0, 64]);
    }
}
