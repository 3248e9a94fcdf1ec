//! How far annotators agree beyond chance.

pub mod measures;

use rand_core::SeedableRng;
use rand_pcg::Pcg64Mcg;

use super::interval::{below, middle};

/// Krippendorff's alpha for nominal data (Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability"): `1 − (n − 1)·Σ o_ck / Σ n_c·n_k`
/// over pairs of different values, where `o` counts the pairs of values within units, each pair weighted by `1/(m_u − 1)` with `m_u` the
/// values of its unit, `n_c` how often value c stands in units of two values or more, and n is their sum.
///
/// A unit is the values that its annotators gave, whoever they were; one with fewer than two says nothing. `None` where nothing can be
/// told: no unit with two values, or one value only.
pub fn alpha<V: Ord + Copy>(units: &[Vec<V>]) -> Option<f64> {
    let mut values: Vec<V> = units.iter().flatten().copied().collect();
    values.sort_unstable();
    values.dedup();
    let number = |value: &V| values.binary_search(value).expect("every value was gathered");
    let (mut totals, mut apart) = (vec![0.0; values.len()], 0.0);
    for unit in units.iter().filter(|unit| unit.len() >= 2) {
        let mut counts = vec![0.0; values.len()];
        unit.iter().for_each(|value| counts[number(value)] += 1.0);
        let of_unit = unit.len() as f64;
        let same: f64 = counts.iter().map(|count| count * (count - 1.0)).sum();
        apart += (of_unit * (of_unit - 1.0) - same) / (of_unit - 1.0);
        totals.iter_mut().zip(&counts).for_each(|(total, count)| *total += count);
    }
    let n: f64 = totals.iter().sum();
    let expected = n * n - totals.iter().map(|total| total * total).sum::<f64>();
    (expected > 0.0).then(|| 1.0 - (n - 1.0) * apart / expected)
}

/// The 95% interval of [`alpha`] by resampling whole groups of units (documents), `times` times; the same seed gives the same interval.
pub fn alpha_interval<V: Ord + Copy>(groups: &[Vec<Vec<V>>], times: usize, seed: u64) -> Option<(f64, f64)> {
    let mut draws = Pcg64Mcg::seed_from_u64(seed);
    let figures: Vec<f64> = (0..times)
        .filter_map(|_| {
            let drawn = (0..groups.len()).flat_map(|_| &groups[below(&mut draws, groups.len()) as usize]);
            alpha(&drawn.cloned().collect::<Vec<_>>())
        })
        .collect();
    (!figures.is_empty()).then(|| middle(figures))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_observers_and_two_values_as_in_the_paper() {
        // Krippendorff 2011, example A: Meg and Owen, ten units, alpha 0.095.
        let meg = [0, 1, 0, 0, 0, 0, 0, 0, 1, 0];
        let owen = [1, 1, 1, 0, 0, 1, 0, 0, 0, 0];
        let units: Vec<Vec<u8>> = meg.iter().zip(owen).map(|(a, b)| vec![*a, b]).collect();
        assert!((alpha(&units).unwrap() - 0.095).abs() < 0.0005);
    }

    #[test]
    fn four_observers_with_missing_values_as_in_the_paper() {
        // Example C of the paper: four observers, twelve units, five values, nominal alpha 0.743.
        let rows = [
            "1 2 3 3 2 1 4 1 2 . . .",
            "1 2 3 3 2 2 4 1 2 5 . 3",
            ". 3 3 3 2 3 4 2 2 5 1 .",
            "1 2 3 3 2 4 4 1 2 5 1 .",
        ];
        let rows: Vec<Vec<&str>> = rows.iter().map(|row| row.split(' ').collect()).collect();
        let unit = |at: usize| rows.iter().filter_map(|row| row[at].parse::<u8>().ok()).collect::<Vec<_>>();
        let units: Vec<Vec<u8>> = (0..12).map(unit).collect();
        assert!((alpha(&units).unwrap() - 0.743).abs() < 0.0005, "{:?}", alpha(&units));
    }

    #[test]
    fn full_agreement_is_one_and_a_single_value_tells_nothing() {
        assert_eq!(alpha(&[vec![true, true], vec![false, false]]), Some(1.0));
        assert_eq!(alpha(&[vec![true, true], vec![true, true]]), None);
        assert_eq!(alpha::<bool>(&[vec![true], vec![]]), None);
    }

    #[test]
    fn an_interval_holds_the_figure_and_narrows_with_more_documents() {
        let groups = |count: usize| -> Vec<Vec<Vec<bool>>> {
            (0..count).map(|i| vec![vec![i % 2 == 0, i % 2 == 0 || i % 5 == 0]; 3]).collect()
        };
        let width = |count: usize| {
            let all = groups(count);
            let (low, high) = alpha_interval(&all, 300, 1).unwrap();
            let figure = alpha(&all.concat()).unwrap();
            assert!(low <= figure && figure <= high);
            high - low
        };
        assert!(width(400) < width(20));
        assert_eq!(alpha_interval(&groups(30), 100, 4), alpha_interval(&groups(30), 100, 4));
    }
}
