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
    /// Weight times value, in log-odds.
    pub contribution: f64,
    /// Every place in the unit's text where the term stands: mostly one.
    pub spans: SmallVec<[Span; 1]>,
}

/// What made the score of `label` for the unit of `row`.
pub fn explain(model: &Model, row: &Row, label: LabelId) -> Evidence {
    let mut contributions = Contributions::default();
    contributions.collect(model, row, label, |_| true);
    let term = |one: Contribution| Term {
        feature: one.feature,
        contribution: one.value,
        spans: row.occurrences[one.places()].iter().map(|(_, span)| *span).collect(),
    };
    Evidence { intercept: model.intercept(label), terms: contributions.heaviest_first().map(term).collect() }
}

/// What one term of a row adds to a score.
#[derive(Clone, Copy, Debug)]
pub struct Contribution {
    /// In log-odds.
    pub value: f64,
    feature: FeatureId,
    /// The row's occurrences that are its own.
    start: u32,
    count: u32,
}

impl Contribution {
    pub fn places(self) -> Range<usize> {
        self.start as usize..(self.start + self.count) as usize
    }
}

/// What some terms of a row add to a score; its memory can be used again.
#[derive(Debug, Default)]
pub struct Contributions {
    /// By rising feature.
    found: Vec<Contribution>,
    /// Their order: the bits of the value without its sign, which are sorted as it is, turned round; then its number.
    ranks: Vec<u128>,
}

impl Contributions {
    /// What speaks for a label in a unit: it is what voices are judged by.
    pub fn speak_for(&mut self, model: &Model, row: &Row, label: LabelId) {
        self.collect(model, row, label, |value| value > 0.0);
    }

    fn collect(&mut self, model: &Model, row: &Row, label: LabelId, is_wanted: impl Fn(f64) -> bool) {
        self.found.clear();
        self.ranks.clear();
        let (mut places, mut start) = (row.occurrences.chunk_by(|a, b| a.0 == b.0), 0);
        for &(feature, value) in &row.entries {
            let own = places.next().unwrap_or_default();
            debug_assert!(own.iter().all(|(found, _)| *found == feature), "entries and occurrences run in parallel");
            let (value, count) = (model.weight(label, feature) * f64::from(value), own.len() as u32);
            if is_wanted(value) {
                self.ranks.push(u128::from(!value.abs().to_bits()) << 64 | self.found.len() as u128);
                self.found.push(Contribution { value, feature, start, count });
            }
            start += count;
        }
        self.ranks.sort_unstable();
    }

    /// For or against; of equals the lower feature.
    pub fn heaviest_first(&self) -> impl ExactSizeIterator<Item = Contribution> {
        self.ranks.iter().map(|rank| self.found[*rank as u64 as usize])
    }
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
