//! What one gets with hardly any learning: one keyword a label.

use super::folds::Folds;
use super::objective::Truth;
use crate::evaluate::metrics::{self, Counts};
use crate::features::FeatureId;
use crate::features::matrix::Rows;

/// One term a label, and what looking for it is worth.
pub struct Keywords {
    /// For each label the term whose presence has the highest F1 over all units.
    pub features: Vec<Option<FeatureId>>,
    /// On each fold with the terms chosen on the others.
    pub micro_f1: f64,
}

/// Finds the best term for each label.
pub fn keywords(rows: &Rows, truth: &Truth, folds: &Folds) -> Keywords {
    let (d, k) = (rows.width(), truth.labels);
    let table = Presence::count(rows, truth, folds);
    let (mut counts, mut features) = (vec![Counts::default(); k], Vec::new());
    for (label, counts) in counts.iter_mut().enumerate() {
        for fold in 0..folds.count {
            if let Some(feature) = table.best(d, label, Some(fold)) {
                *counts = counts.plus(table.of(feature, label, |other| other == fold));
            } else {
                counts.misses += table.support(label, |other| other == fold);
            }
        }
        features.push(table.best(d, label, None).map(|feature| FeatureId(feature as u32)));
    }
    Keywords { features, micro_f1: metrics::micro_f1(&counts) }
}

/// How often each feature stands in units with each label, fold by fold.
struct Presence {
    folds: usize,
    labels: usize,
    /// features × folds.
    all: Vec<u32>,
    /// features × folds × labels.
    with: Vec<u32>,
    /// folds × labels.
    supports: Vec<u64>,
}

/// Only the commonest terms can be good keywords, and this bounds the table.
const CANDIDATES: usize = 20_000;

impl Presence {
    fn count(rows: &Rows, truth: &Truth, folds: &Folds) -> Self {
        let (d, k) = (rows.width().min(CANDIDATES), truth.labels);
        let mut table = Presence {
            folds: folds.count,
            labels: k,
            all: vec![0; d * folds.count],
            with: vec![0; d * folds.count * k],
            supports: vec![0; folds.count * k],
        };
        for i in 0..rows.height() {
            let fold = folds.of(i);
            let has: Vec<usize> = (0..k).filter(|&label| truth.has(i, label)).collect();
            has.iter().for_each(|label| table.supports[fold * k + label] += 1);
            // Features are numbered by falling frequency, so the first ones are the commonest.
            for (feature, _) in rows.row(i).take_while(|(feature, _)| feature.index() < d) {
                let at = feature.index() * folds.count + fold;
                table.all[at] += 1;
                has.iter().for_each(|label| table.with[at * k + label] += 1);
            }
        }
        table
    }

    fn support(&self, label: usize, folds: impl Fn(usize) -> bool) -> u64 {
        (0..self.folds).filter(|&fold| folds(fold)).map(|fold| self.supports[fold * self.labels + label]).sum()
    }

    fn of(&self, feature: usize, label: usize, folds: impl Fn(usize) -> bool) -> Counts {
        let mut counts = Counts::default();
        for fold in (0..self.folds).filter(|&fold| folds(fold)) {
            let at = feature * self.folds + fold;
            let hits = u64::from(self.with[at * self.labels + label]);
            counts.hits += hits;
            counts.false_alarms += u64::from(self.all[at]) - hits;
            counts.misses += self.supports[fold * self.labels + label] - hits;
        }
        counts
    }

    /// The feature of the highest F1 for a label, leaving a fold out; the commonest of equals.
    fn best(&self, d: usize, label: usize, without: Option<usize>) -> Option<usize> {
        let mut best = (0.0, None);
        for feature in 0..d.min(CANDIDATES) {
            let f1 = self.of(feature, label, |fold| Some(fold) != without).f1();
            if f1 > best.0 {
                best = (f1, Some(feature));
            }
        }
        best.1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_that_goes_with_a_label_is_its_keyword() {
        let mut rows = Rows::new(2);
        let mut has = Vec::new();
        for i in 0..12 {
            rows.push(if i % 2 == 0 {
                vec![(FeatureId(0), 1.0), (FeatureId(1), 1.0)]
            } else {
                vec![(FeatureId(0), 1.0)]
            });
            has.push(i % 2 == 0);
        }
        let keys: Vec<String> = (0..12).map(|i| i.to_string()).collect();
        let found = keywords(&rows, &Truth::new(1, has), &Folds::by_key(&keys, 3, 0));
        assert_eq!(found.features, [Some(FeatureId(1))]);
        assert_eq!(found.micro_f1, 1.0);
    }
}
