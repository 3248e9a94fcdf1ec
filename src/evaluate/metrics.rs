//! Precision, recall, F1, average precision, calibration error: from truths and predictions to figures.

use std::collections::BTreeMap;

use super::truth::Truth;

/// How often a label was found rightly, found wrongly, and missed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Counts {
    pub hits: u64,
    pub false_alarms: u64,
    pub misses: u64,
}

impl Counts {
    /// Adds one unit: whether the label was predicted, and whether it is true.
    pub fn add(&mut self, predicted: bool, truth: bool) {
        match (predicted, truth) {
            (true, true) => self.hits += 1,
            (true, false) => self.false_alarms += 1,
            (false, true) => self.misses += 1,
            (false, false) => {}
        }
    }

    /// The counts of both.
    pub fn plus(self, other: Counts) -> Counts {
        Counts {
            hits: self.hits + other.hits,
            false_alarms: self.false_alarms + other.false_alarms,
            misses: self.misses + other.misses,
        }
    }

    /// The counts of so many of the same.
    pub fn times(self, times: u64) -> Counts {
        Counts { hits: self.hits * times, false_alarms: self.false_alarms * times, misses: self.misses * times }
    }

    /// What is left without the counts of `part`, which these counts must hold.
    pub fn minus(self, part: Counts) -> Counts {
        Counts {
            hits: self.hits - part.hits,
            false_alarms: self.false_alarms - part.false_alarms,
            misses: self.misses - part.misses,
        }
    }

    /// A figure of the counts; `None` where no unit has or was given the label, so that there is nothing to tell.
    pub fn told(self, figure: fn(Counts) -> f64) -> Option<f64> {
        (self != Counts::default()).then(|| figure(self))
    }

    /// Units that truly have the label.
    pub fn support(self) -> u64 {
        self.hits + self.misses
    }

    /// Share of the predictions that are right; 0 where nothing was predicted.
    pub fn precision(self) -> f64 {
        finite(ratio(self.hits, self.hits + self.false_alarms))
    }

    /// Share of the true ones that were found; 0 where there are none.
    pub fn recall(self) -> f64 {
        finite(ratio(self.hits, self.support()))
    }

    /// `2·hits / (2·hits + false alarms + misses)`, the harmonic mean of precision and recall (van Rijsbergen 1979); 0
    /// where nothing is true and nothing was predicted.
    pub fn f1(self) -> f64 {
        finite(ratio(2 * self.hits, 2 * self.hits + self.false_alarms + self.misses))
    }
}

/// NaN for a part of nothing.
pub fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 { f64::NAN } else { part as f64 / whole as f64 }
}

/// The mean; NaN of nothing.
pub fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (mut sum, mut count) = (0.0, 0u64);
    for value in values {
        (sum, count) = (sum + value, count + 1);
    }
    sum / count as f64
}

/// 0 in place of what no number is.
pub fn finite(number: f64) -> f64 {
    if number.is_finite() { number } else { 0.0 }
}

/// F1 of all labels' counts together.
pub fn micro_f1(counts: &[Counts]) -> f64 {
    counts.iter().fold(Counts::default(), |sum, label| sum.plus(*label)).f1()
}

/// Mean F1 of the labels that some unit has or was given; 0 where there are none.
pub fn macro_f1(counts: &[Counts]) -> f64 {
    finite(mean(counts.iter().filter_map(|label| label.told(Counts::f1))))
}

/// `Σ_n (R_n − R_{n−1})·P_n` over the cuts between distinct scores, highest first (Manning, Raghavan & Schütze 2008,
/// ch. 8.4); units of one score stand or fall together. 0 where nothing is true.
pub fn average_precision(scored: &[(f64, bool)]) -> f64 {
    let total = scored.iter().filter(|(_, truth)| *truth).count() as f64;
    if total == 0.0 {
        return 0.0;
    }
    let mut sum = 0.0;
    let mut hits_before = 0.0;
    each_cut(scored, |cut| {
        let hits = cut.counts.hits as f64;
        sum += (hits - hits_before) / total * cut.counts.precision();
        hits_before = hits;
    });
    sum
}

/// What a label's counts would be if everything from `lowest` upwards were predicted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cut {
    /// The lowest score that is still predicted.
    pub lowest: f64,
    /// The highest score that no longer is, if there is one.
    pub next: Option<f64>,
    pub counts: Counts,
}

/// Every cut between distinct scores, from the strictest to the laxest.
pub fn cuts(scored: &[(f64, bool)]) -> Vec<Cut> {
    let mut cuts = Vec::new();
    each_cut(scored, |cut| cuts.push(cut));
    cuts
}

/// Calls `each` with every cut, in that order.
pub fn each_cut(scored: &[(f64, bool)], mut each: impl FnMut(Cut)) {
    let mut sorted = scored.to_vec();
    // Units of one score stand or fall together, so their order is free.
    sorted.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
    let total = sorted.iter().filter(|(_, truth)| *truth).count() as u64;
    let mut counts = Counts { misses: total, ..Counts::default() };
    for (i, &(score, truth)) in sorted.iter().enumerate() {
        counts.hits += u64::from(truth);
        counts.false_alarms += u64::from(!truth);
        counts.misses -= u64::from(truth);
        let next = sorted.get(i + 1).map(|(next, _)| *next);
        if next != Some(score) {
            each(Cut { lowest: score, next, counts });
        }
    }
}

/// Cut, precision and recall, thinned to at most `most` points by equal steps of rank.
pub fn curve(scored: &[(f64, bool)], most: usize) -> Vec<(f64, f64, f64)> {
    let cuts = cuts(scored);
    let step = cuts.len().div_ceil(most).max(1);
    cuts.iter().step_by(step).map(|cut| (cut.lowest, cut.counts.precision(), cut.counts.recall())).collect()
}

/// Label missed, label given in its place, how often: over the units that lack a label which they should have and were given one which they should
/// not. The commonest first, then by label.
pub fn confusions(truth: &Truth, given: &Truth) -> Vec<(usize, usize, u64)> {
    let mut pairs: BTreeMap<(usize, usize), u64> = BTreeMap::new();
    for i in 0..truth.units() {
        let (truth, given) = (truth.row(i), given.row(i));
        for missed in (0..truth.len()).filter(|&label| truth[label] && !given[label]) {
            for wrong in (0..truth.len()).filter(|&label| given[label] && !truth[label]) {
                *pairs.entry((missed, wrong)).or_default() += 1;
            }
        }
    }
    let mut pairs: Vec<_> = pairs.into_iter().map(|((missed, wrong), count)| (missed, wrong, count)).collect();
    pairs.sort_by_key(|&(.., count)| std::cmp::Reverse(count));
    pairs
}

const BINS: usize = 10;

/// Of each of ten bins of equal width that holds units: how many, their mean probability, the share that truly has the label.
pub fn reliability(predicted: &[(f64, bool)]) -> Vec<(u64, f64, f64)> {
    let bins = bins(predicted).into_iter().filter(|(count, ..)| *count > 0);
    bins.map(|(count, said, was)| (count, said / count as f64, was / count as f64)).collect()
}

/// Expected calibration error: the mean gap between probability and frequency over ten bins of equal width, weighted by
/// their size (Naeini, Cooper & Hauskrecht 2015). 0 for no units.
pub fn calibration_error(predicted: &[(f64, bool)]) -> f64 {
    bins(predicted).iter().map(|(_, said, was)| (said - was).abs()).sum::<f64>() / predicted.len().max(1) as f64
}

/// Units, sum of probabilities, and number of true ones of each bin.
fn bins(predicted: &[(f64, bool)]) -> [(u64, f64, f64); BINS] {
    let mut bins = [(0, 0.0, 0.0); BINS];
    for &(probability, truth) in predicted {
        let bin = &mut bins[((probability * BINS as f64) as usize).min(BINS - 1)];
        *bin = (bin.0 + 1, bin.1 + probability, bin.2 + f64::from(u8::from(truth)));
    }
    bins
}

/// What a yes-or-no answer adds to the Brier score: the squared distance of probability and truth (Brier 1950).
pub fn squared_gap(probability: f64, truth: bool) -> f64 {
    let likely = if truth { probability } else { 1.0 - probability };
    (1.0 - likely) * (1.0 - likely)
}

/// The set of labels that most units have, as k truths; of equally common ones the same whatever the order of the units.
pub fn commonest(truth: &Truth) -> Vec<bool> {
    let mut sets: BTreeMap<&[bool], usize> = BTreeMap::new();
    (0..truth.units()).for_each(|i| *sets.entry(truth.row(i)).or_default() += 1);
    sets.into_iter().max_by_key(|(_, count)| *count).map_or(vec![false; truth.labels], |(set, _)| set.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_textbook_figures_of_a_small_table() {
        let counts = Counts { hits: 3, false_alarms: 1, misses: 2 };
        assert_eq!((counts.precision(), counts.recall()), (0.75, 0.6));
        assert!((counts.f1() - 2.0 / 3.0).abs() < 1e-15);
        assert_eq!(Counts::default().f1(), 0.0);
    }

    #[test]
    fn average_precision_by_hand() {
        // Ranks 1 and 3 are true: (1/2)·1 + (1/2)·(2/3).
        let scored = [(0.9, true), (0.8, false), (0.7, true), (0.1, false)];
        assert!((average_precision(&scored) - 5.0 / 6.0).abs() < 1e-15);
        assert_eq!(average_precision(&[(0.5, false)]), 0.0);
    }

    #[test]
    fn equal_scores_stand_or_fall_together() {
        assert_eq!(average_precision(&[(0.5, false), (0.5, true)]), 0.5);
        assert_eq!(average_precision(&[(0.5, true), (0.5, false)]), 0.5);
    }

    #[test]
    fn calibration_error_is_the_gap_between_said_and_was() {
        assert!((calibration_error(&[(0.8, true), (0.8, false)]) - 0.3).abs() < 1e-12);
        assert_eq!(calibration_error(&[(1.0, true), (0.0, false)]), 0.0);
    }

    #[test]
    fn the_commonest_answer_is_the_one_that_most_units_have() {
        assert_eq!(commonest(&Truth::new(2, vec![true, false, false, true, true, false])), [true, false]);
        assert_eq!(commonest(&Truth::new(2, vec![])), [false, false]);
    }

    #[test]
    fn a_reliability_table_has_a_row_for_each_bin_that_holds_units() {
        let table = reliability(&[(0.05, false), (0.09, true), (1.0, true)]);
        assert_eq!(table.iter().map(|(count, ..)| *count).collect::<Vec<_>>(), [2, 1]);
        assert!((table[0].1 - 0.07).abs() < 1e-12 && table[0].2 == 0.5 && table[1] == (1, 1.0, 1.0));
        assert_eq!((squared_gap(0.5, true), squared_gap(0.0, false), squared_gap(1.0, false)), (0.25, 0.0, 1.0));
    }

    #[test]
    fn micro_weighs_units_and_macro_weighs_labels() {
        let counts = [
            Counts { hits: 9, false_alarms: 0, misses: 0 },
            Counts { hits: 0, false_alarms: 0, misses: 1 },
            Counts::default(),
        ];
        assert_eq!(macro_f1(&counts), 0.5);
        assert!((micro_f1(&counts) - 18.0 / 19.0).abs() < 1e-15);
    }
}
