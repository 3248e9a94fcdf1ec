//! Why: the terms of a unit whose contributions, with the intercept, add up to a label's score.

use std::ops::Range;

use smallvec::SmallVec;

use crate::codebook::LabelId;
use crate::features::{FeatureId, Row};
use crate::model::Model;
use crate::text::Span;

/// In which order the terms of an account are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// The heaviest first.
    #[default]
    Weight,
    /// As they come in the text; what has no place comes last.
    Reading,
}

/// The account of one score: `intercept + Σ contribution = score`, in log-odds.
#[derive(Clone, Debug, PartialEq)]
pub struct Evidence {
    pub intercept: f64,
    /// The heaviest first, for or against.
    pub terms: Vec<Term>,
}

/// A term of the unit and what it adds to the score.
#[derive(Clone, Debug, PartialEq)]
pub struct Term {
    pub feature: FeatureId,
    /// The number of its entry in the row.
    pub entry: u32,
    /// Weight times value, in log-odds.
    pub contribution: f64,
    /// Every place in the unit's text where the term stands, in order: mostly one.
    pub spans: SmallVec<[Span; 1]>,
}

/// What made the score of `label` for the unit of `row`.
pub fn explain(model: &Model, row: &Row, label: LabelId) -> Evidence {
    let term = |one: Contribution| Term {
        feature: one.feature,
        entry: one.entry,
        contribution: one.value,
        spans: row.occurrences[one.places()].iter().map(|(_, span)| *span).collect(),
    };
    let found = contributions(model, row, label);
    let terms = heaviest_first(&found).into_iter().map(|place| term(found[place as usize])).collect();
    Evidence { intercept: model.intercept(label), terms }
}

/// What one term of a row adds to a score.
#[derive(Clone, Copy, Debug)]
struct Contribution {
    /// In log-odds.
    value: f64,
    feature: FeatureId,
    /// The number of its entry in the row.
    entry: u32,
    /// The row's occurrences that are its own.
    start: u32,
    count: u32,
}

impl Contribution {
    fn places(self) -> Range<usize> {
        self.start as usize..(self.start + self.count) as usize
    }
}

/// What the terms of a row add to a score, in the order of the row's entries.
fn contributions(model: &Model, row: &Row, label: LabelId) -> Vec<Contribution> {
    let (mut values, mut places, mut start) = (Vec::new(), row.places(), 0);
    model.contributions_into(row, label, &mut values);
    let one = |((&(feature, _), value), entry): ((&(FeatureId, f32), f64), u32)| {
        let own = places.next().unwrap_or_default();
        debug_assert!(own.iter().all(|(found, _)| *found == feature), "entries and occurrences run in parallel");
        let count = own.len() as u32;
        start += count;
        Contribution { value, feature, entry, start: start - count, count }
    };
    row.entries.iter().zip(values).zip(0..).map(one).collect()
}

/// The numbers of contributions by their size, for or against; of equals the one that was found first.
///
/// Single numbers are sorted much sooner than anything else, so each is made of most bits of its value, which are sorted as that is,
/// turned round, and of its place in the others. Hardly ever do two values differ in these alone.
fn heaviest_first(found: &[Contribution]) -> Vec<u64> {
    const PLACE: u64 = (1 << 12) - 1;
    let bits = |place: u64| !found[place as usize].value.abs().to_bits();
    let (short, long) = (found.len() as u64 <= PLACE, |place: &u64| (bits(*place), *place));
    let all = 0..found.len() as u64;
    let mut ranks: Vec<u64> = all.map(|place| if short { bits(place) & !PLACE | place } else { place }).collect();
    if short {
        ranks.sort_unstable();
        let is_clear =
            |pair: &[u64]| (pair[0] ^ pair[1]) & !PLACE != 0 || long(&(pair[0] & PLACE)) < long(&(pair[1] & PLACE));
        let all_clear = ranks.windows(2).all(is_clear);
        ranks.iter_mut().for_each(|rank| *rank &= PLACE);
        if all_clear {
            return ranks;
        }
    }
    ranks.sort_unstable_by_key(long);
    ranks
}

impl Evidence {
    /// The `most` heaviest terms, in the order that is wished for.
    pub fn shown(&self, most: usize, order: Order) -> Vec<&Term> {
        let mut terms: Vec<&Term> = self.terms.iter().take(most).collect();
        if order == Order::Reading {
            terms.sort_by_key(|term| term.spans.first().map_or((usize::MAX, 0), |span| (span.start, span.end)));
        }
        terms
    }

    /// The sum that the account comes to, in log-odds.
    pub fn total(&self) -> f64 {
        self.intercept + self.terms.iter().map(|term| term.contribution).sum::<f64>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn contributions_come_by_size_then_as_they_were_found(
            values in proptest::collection::vec(prop_oneof![-2.0f64..2.0, Just(0.5), Just(-0.5), Just(0.0), (0u64..9).prop_map(|low| f64::from_bits(1.5f64.to_bits() | low))], 0..90),
            times in prop_oneof![4 => Just(1usize), 1 => Just(80)],
        ) {
            let of = |(value, feature)| Contribution { value, feature: FeatureId(feature), entry: feature, start: feature, count: 1 };
            let found: Vec<Contribution> = values.repeat(times).into_iter().zip(0..).map(of).collect();
            let mut expected = found.clone();
            expected.sort_by(|a, b| b.value.abs().total_cmp(&a.value.abs()).then(a.entry.cmp(&b.entry)));
            let ranked = heaviest_first(&found).into_iter().map(|place| found[place as usize].feature);
            prop_assert!(ranked.eq(expected.iter().map(|one| one.feature)));
        }
    }
}
