//! Why: the terms of a unit whose contributions, with the intercept, add up to a label's score.

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
    let mut places = row.occurrences.chunk_by(|a, b| a.0 == b.0);
    let mut terms: Vec<Term> = row
        .entries
        .iter()
        .map(|&(feature, value)| {
            let same = places.next().unwrap_or_default();
            debug_assert!(same.iter().all(|(found, _)| *found == feature), "entries and occurrences run in parallel");
            Term {
                feature,
                contribution: model.weight(label, feature) * f64::from(value),
                spans: same.iter().map(|(_, span)| *span).collect(),
            }
        })
        .collect();
    terms
        .sort_unstable_by(|a, b| b.contribution.abs().total_cmp(&a.contribution.abs()).then(a.feature.cmp(&b.feature)));
    Evidence { intercept: model.intercept(label), terms }
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
