//! How often a term occurs → its value in a unit's row.

use serde::{Deserialize, Serialize};

/// The scheme that turns counts into values; every row is then divided by its Euclidean length.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
#[serde(rename_all = "lowercase")]
pub enum Weighting {
    /// `(1 + ln tf) · idf` with `idf = ln((1 + n) / (1 + df)) + 1`, so that a frequent term counts less
    /// (Manning, Raghavan & Schütze 2008, ch. 6; smoothed as in scikit-learn).
    Tfidf,
    /// 1 for a term that occurs.
    Binary,
    /// How often the term occurs.
    Count,
    /// 1 for a term that occurs, times its naive-Bayes log-count ratio for each label
    /// (Wang & Manning 2012, "Baselines and Bigrams").
    Nb,
}

impl Weighting {
    /// The value of a term before the row is normalised: `count` occurrences in this unit, in `df` of `n` training
    /// units. The ratios of [`Weighting::Nb`] differ by label; they are part of the weights, not of the row.
    pub fn value(self, count: u32, df: u32, n: u32) -> f64 {
        match self {
            Weighting::Tfidf => Weighting::tfidf(count, Weighting::idf(df, n)),
            Weighting::Binary | Weighting::Nb => 1.0,
            Weighting::Count => f64::from(count),
        }
    }

    /// The value of a term by its inverse document frequency.
    #[inline]
    pub(super) fn tfidf(count: u32, idf: f64) -> f64 {
        // The logarithm of 1 is 0, and most terms stand once.
        if count == 1 { idf } else { (1.0 + libm::log(f64::from(count))) * idf }
    }

    /// Inverse document frequency, smoothed: as if one more unit held every term.
    pub(super) fn idf(df: u32, n: u32) -> f64 {
        libm::log((1.0 + f64::from(n)) / (1.0 + f64::from(df))) + 1.0
    }
}

/// Divides the values of a row by their Euclidean length; a row of nothing stays as it is, and so does what has no value.
pub fn normalise(values: &mut [Option<f64>]) {
    let length = values.iter().flatten().map(|value| value * value).sum::<f64>().sqrt();
    if length > 0.0 {
        values.iter_mut().flatten().for_each(|value| *value /= length);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_those_of_the_textbook() {
        // By hand: a term twice in this unit and in 1 of 3 units: (1 + ln 2) · (ln(4/2) + 1) = 1.6931² = 2.8667.
        assert!((Weighting::Tfidf.value(2, 1, 3) - 2.866_747).abs() < 1e-6);
        assert_eq!(Weighting::Binary.value(5, 1, 3), 1.0);
        assert_eq!(Weighting::Count.value(5, 1, 3), 5.0);
    }

    #[test]
    fn a_term_of_every_unit_keeps_a_value_of_one() {
        assert_eq!(Weighting::Tfidf.value(1, 9, 9), 1.0);
    }

    #[test]
    fn rows_get_length_one_and_empty_rows_stay_empty() {
        let mut row = [Some(3.0), None, Some(4.0)];
        normalise(&mut row);
        assert_eq!(row, [Some(0.6), None, Some(0.8)]);
        normalise(&mut []);
    }
}
