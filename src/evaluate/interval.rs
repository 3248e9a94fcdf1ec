//! How sure we are of a figure: bootstrap intervals, resampling whole groups (Efron & Tibshirani 1993, ch. 13; groups because sentences of one
//! document are not independent). They are percentiles of the draws; of figures that draws get wrong in one direction, reflected ([`reflected`]).

use std::collections::HashMap;

use rand_core::{Rng, SeedableRng};
use rand_pcg::Pcg64Mcg;
use rayon::prelude::*;

use super::metrics::Counts;
use crate::model::card::Figure;
use crate::share::Z95;
pub use crate::share::wilson;

/// How many times the groups are drawn anew.
pub const RESAMPLES: usize = 1_000;

/// A figure's 95% interval.
pub type Interval = crate::share::Interval;

/// The counts of groups: most have nothing to say of most labels, and many say the same.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GroupCounts {
    /// What groups say: labels, rising, with their counts, where there are any.
    kinds: Vec<Vec<(u32, Counts)>>,
    /// The kind of each group.
    groups: Vec<u32>,
    known: HashMap<Vec<(u32, Counts)>, u32>,
}

impl GroupCounts {
    /// Takes the next group, with its counts label by label.
    pub fn push(&mut self, counts: &[Counts]) {
        let said = counts.iter().copied().zip(0..).filter(|(counts, _)| *counts != Counts::default());
        let said: Vec<(u32, Counts)> = said.map(|(counts, label)| (label, counts)).collect();
        let kind = *self.known.entry(said).or_insert_with_key(|said| {
            self.kinds.push(said.clone());
            self.kinds.len() as u32 - 1
        });
        self.groups.push(kind);
    }
}

/// The 95% intervals of the F1 of each of `labels` labels, where there is one ([`told`]). The same seed gives the same intervals whatever the number
/// of threads.
pub fn f1_intervals(counts: &GroupCounts, labels: usize, seed: u64) -> Vec<Option<Interval>> {
    let GroupCounts { kinds, groups, .. } = counts;
    let resamples = streams(RESAMPLES, seed, |random| {
        let (mut times, mut sums) = (vec![0u32; kinds.len()], vec![Counts::default(); labels]);
        (0..groups.len()).for_each(|_| times[groups[below(random, groups.len()) as usize] as usize] += 1);
        for (kind, &times) in kinds.iter().zip(&times) {
            for &(label, counts) in kind {
                let sum = &mut sums[label as usize];
                *sum = sum.plus(counts.times(u64::from(times)));
            }
        }
        sums.iter().map(|sum| sum.told(Counts::f1).unwrap_or(f64::NAN)).collect::<Vec<f64>>()
    });
    (0..labels).map(|label| told(resamples.iter().map(|figures| figures[label]))).collect()
}

/// Draws `count` of `count` with replacement, [`RESAMPLES`] times, and returns what `figure` makes of each draw, in order.
pub fn resample<T: Send>(count: usize, seed: u64, figure: impl Fn(&[u32]) -> T + Sync) -> Vec<T> {
    streams(RESAMPLES, seed, |random| {
        let picks: Vec<u32> = (0..count).map(|_| below(random, count)).collect();
        figure(&picks)
    })
}

/// What `draw` makes of so many streams of random numbers, in order. Each has its own, so that no thread's speed decides what another draws.
pub fn streams<T: Send>(times: usize, seed: u64, draw: impl Fn(&mut Pcg64Mcg) -> T + Sync) -> Vec<T> {
    (0..times as u64)
        .into_par_iter()
        .map(|at| draw(&mut Pcg64Mcg::seed_from_u64(seed ^ (at + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15))))
        .collect()
}

/// A number below `count`, by multiplying and keeping the high half (Lemire 2019); for counts far below 2⁶⁴ its bias is
/// beyond measure.
pub(super) fn below(random: &mut impl Rng, count: usize) -> u32 {
    ((u128::from(random.next_u64()) * count as u128) >> 64) as u32
}

/// From the 2.5th to the 97.5th percentile; zeros for no figures.
pub fn middle(mut figures: Vec<f64>) -> Interval {
    figures.sort_by(f64::total_cmp);
    let last = figures.len().saturating_sub(1) as f64;
    let at = |share: f64| figures.get((share * last).round() as usize).copied().unwrap_or(0.0);
    (at(0.025), at(0.975))
}

/// The 97.5th percentile of Student's t with that many degrees of freedom, by the expansion around the normal's (Abramowitz & Stegun 1964, 26.7.5): within 0.5% from 3 on;
/// fewer count as 2.
pub fn student(freedom: f64) -> f64 {
    let (z, n) = (Z95, freedom.max(2.0));
    let [z3, z5, z7] = [3, 5, 7].map(|power| z.powi(power));
    z + (z3 + z) / (4.0 * n)
        + (5.0 * z5 + 16.0 * z3 + 3.0 * z) / (96.0 * n.powi(2))
        + (3.0 * z7 + 19.0 * z5 + 17.0 * z3 - 15.0 * z) / (384.0 * n.powi(3))
}

/// The middle 95% of draws, leaving out those that could not tell (NaN). `None` where no draw could, or where all say the same: a label that was always found
/// in ten units is always found in whatever is drawn from them, which tells nothing of new ones.
pub fn told(draws: impl Iterator<Item = f64>) -> Option<Interval> {
    /// Sums of the same numbers in another order.
    const ROUNDING: f64 = 1e-12;
    spread(draws).filter(|(low, high)| high - low > ROUNDING)
}

/// The same, also where all say the same.
pub fn spread(draws: impl Iterator<Item = f64>) -> Option<Interval> {
    let draws: Vec<f64> = draws.filter(|figure| figure.is_finite()).collect();
    (!draws.is_empty()).then(|| middle(draws))
}

/// A figure with the interval of its draws, if they tell one. What cannot be told has none.
pub fn figure(value: f64, draws: impl Iterator<Item = f64>) -> Figure {
    let interval = if value.is_finite() { told(draws) } else { None };
    Figure { value, interval: interval.unwrap_or((f64::NAN, f64::NAN)) }
}

/// A share with the basic bootstrap interval in place of the percentiles, `2θ − high` to `2θ − low` (Davison & Hinkley 1997, 5.2.1), within 0 and 1. Draws hold units
/// twice, so that a rare label is ranked better in them than in the data, or is not in them at all: as far as they lie on one side of the figure, the figure
/// itself is taken to lie on that side of the truth.
pub fn reflected(figure: Figure) -> Figure {
    let Figure { value, interval: (low, high) } = figure;
    // NaN, for no interval, stays NaN.
    Figure { value, interval: ((2.0 * value - high).clamp(0.0, 1.0), (2.0 * value - low).clamp(0.0, 1.0)) }
}

/// The logarithm of an odds ratio and its 95% interval, from the four counts of a two-by-two table: `with` and `without` the label among what a
/// cue matched, and among the rest. `None` where there is nothing to compare: nothing or everything matched, or has the label.
///
/// To what matched one unit is added that has the label by its share π of all units, `a + π` and `b + 1 − π` (Clogg et al. 1991, "Multiple imputation
/// of industry and occupation codes in census public-use samples using Bayesian logistic regression", section 5), to each count of the rest a
/// half (Haldane 1956, Anscombe 1956). With halves on both sides a rare label looks tied to whatever hardly matches; with π a cue that
/// never met the label stays below zero. The interval is Woolf's (1955): `± 1.96·√(1/a + 1/b + 1/c + 1/d)`.
pub fn log_odds_ratio(matched: [u64; 2], rest: [u64; 2]) -> Option<(f64, (f64, f64))> {
    let ([with, without], [rest_with, rest_without]) = (matched, rest);
    let [all_with, all_without] = [with + rest_with, without + rest_without];
    if [with + without, rest_with + rest_without, all_with, all_without].contains(&0) {
        return None;
    }
    let share = all_with as f64 / (all_with + all_without) as f64;
    let [a, b] = [with as f64 + share, without as f64 + 1.0 - share];
    let [c, d] = [rest_with, rest_without].map(|count| count as f64 + 0.5);
    let ratio = libm::log(a * d / (b * c));
    let reach = Z95 * (1.0 / a + 1.0 / b + 1.0 / c + 1.0 / d).sqrt();
    Some((ratio, (ratio - reach, ratio + reach)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn coins(hits: impl Iterator<Item = bool>) -> GroupCounts {
        let mut groups = GroupCounts::default();
        hits.for_each(|hit| groups.push(&[Counts { hits: u64::from(hit), false_alarms: 0, misses: u64::from(!hit) }]));
        groups
    }

    #[test]
    fn more_groups_make_a_narrower_interval_around_the_same_figure() {
        let width = |n: usize| {
            let groups = coins((0..n).map(|i| i % 2 == 0));
            let (low, high) = f1_intervals(&groups, 1, 1)[0].unwrap();
            assert!(low < 2.0 / 3.0 && 2.0 / 3.0 < high);
            high - low
        };
        assert!(width(400) < width(40) / 2.0);
    }

    #[test]
    fn the_interval_has_the_width_that_the_binomial_gives() {
        // Recall of 200 coins: half-width 1.96·√(0.25/200) = 0.0693; F1 = 2r/(1 + r) has slope 2/(1 + r)² = 8/9 there.
        let groups = coins((0..200).map(|i| i % 2 == 0));
        let (low, high) = f1_intervals(&groups, 1, 7)[0].unwrap();
        assert!(((high - low) / 2.0 - 0.0693 * 8.0 / 9.0).abs() < 0.008);
    }

    #[test]
    fn the_same_seed_gives_the_same_interval_on_one_thread_and_on_two() {
        let groups = coins((0..50).map(|i| i % 3 == 0));
        let on = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| f1_intervals(&groups, 1, 5))
        };
        assert_eq!(on(1), on(2));
    }

    #[test]
    fn wilson_by_hand_and_students_t_as_in_the_tables() {
        // 0 of 10: high = z²/(n + z²) = 3.8415/13.8415; 5 of 10: .5 ± .5·√(z²/(n + z²)) = .5 ± .2634.
        let (low, high) = wilson(0.0, 10.0, Z95);
        assert!(low == 0.0 && (high - 0.277_533).abs() < 1e-5);
        let (low, high) = wilson(0.5, 10.0, Z95);
        assert!((low - 0.236_59).abs() < 1e-4 && (high - 0.763_41).abs() < 1e-4);
        for (freedom, quantile) in [(5.0, 2.5706), (10.0, 2.2281), (30.0, 2.0423), (1e9, 1.96)] {
            assert!((student(freedom) - quantile).abs() < 3e-3, "{freedom}: {}", student(freedom));
        }
    }

    #[test]
    fn an_odds_ratio_by_hand() {
        // 9 of 10 matched against 10 of 100, π = 19/110: ln((9.1727 · 90.5) / (1.8273 · 10.5)) = 3.7674, reach
        // 1.96 · √(1/9.1727 + 1/1.8273 + 1/10.5 + 1/90.5) = 1.7115.
        let (ratio, (low, high)) = log_odds_ratio([9, 1], [10, 90]).unwrap();
        assert!((ratio - 3.7674).abs() < 1e-4 && (low - 2.0558).abs() < 1e-4 && (high - 5.4789).abs() < 1e-4);
        // A cue that finds all units of a rare label, and no others, is a sure sign.
        assert!(log_odds_ratio([10, 0], [0, 990]).unwrap().1.0 > 5.0);
    }

    #[test]
    fn what_never_matched_has_no_odds_and_what_never_met_the_label_none_above_even() {
        assert_eq!(log_odds_ratio([0, 0], [2, 998]), None);
        assert_eq!(log_odds_ratio([3, 7], [0, 0]), None);
        assert_eq!(log_odds_ratio([0, 7], [0, 90]), None);
        for (matched, with, all) in [(1, 1, 10), (1, 2, 1000), (3, 1, 5000), (40, 30, 100)] {
            let (ratio, (low, _)) = log_odds_ratio([0, matched], [with, all - with - matched]).unwrap();
            assert!(ratio < 0.0 && low < 0.0, "{matched} {with} {all}: {ratio}");
        }
    }
}
