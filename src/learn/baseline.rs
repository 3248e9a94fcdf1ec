//! What one gets with hardly any learning: one keyword a label.

use super::folds::Folds;
use super::objective::Truth;
use crate::evaluate::metrics::Counts;
use crate::features::FeatureId;
use crate::features::matrix::Rows;

/// One term a label, and what looking for it is worth.
pub struct Keywords {
    /// For each label the term whose presence has the highest F1 over all units.
    pub features: Vec<Option<FeatureId>>,
    /// Which units it would give which labels, on each fold with the terms chosen on the others.
    pub given: Truth,
}

/// Finds the best term for each label.
pub fn keywords(rows: &Rows, truth: &Truth, folds: &Folds) -> Keywords {
    let (d, k) = (rows.width(), truth.labels);
    let table = Presence::count(rows, truth, folds);
    let best = |without: Option<usize>| -> Vec<Option<FeatureId>> {
        (0..k).map(|label| table.best(d, label, without).map(|feature| FeatureId(feature as u32))).collect()
    };
    let of_fold: Vec<_> = (0..folds.count).map(|fold| best(Some(fold))).collect();
    let mut given = vec![false; truth.units() * k];
    for (i, given) in given.chunks_exact_mut(k.max(1)).enumerate() {
        let terms: Vec<FeatureId> = rows.row(i).map(|(feature, _)| feature).collect();
        let holds = |keyword: &Option<FeatureId>| keyword.is_some_and(|keyword| terms.binary_search(&keyword).is_ok());
        given.iter_mut().zip(&of_fold[folds.of(i)]).for_each(|(given, keyword)| *given = holds(keyword));
    }
    Keywords { features: best(None), given: Truth::new(k, given) }
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
        let truth = Truth::new(1, has);
        let found = keywords(&rows, &truth, &Folds::by_key(&keys, 3, 0));
        assert_eq!(found.features, [Some(FeatureId(1))]);
        assert_eq!(found.given, truth);
    }
}
