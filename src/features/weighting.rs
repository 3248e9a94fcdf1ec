//! How often a term occurs → its value in a unit's row.

use std::ops::{AddAssign, SubAssign};

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
    /// The name in commands and in model files.
    pub fn name(self) -> &'static str {
        match self {
            Weighting::Tfidf => "tfidf",
            Weighting::Binary => "binary",
            Weighting::Count => "count",
            Weighting::Nb => "nb",
        }
    }

    /// The value of a term before the row is normalised: `count` occurrences in this unit, in `df` of `n` training
    /// units. The ratios of [`Weighting::Nb`] differ by label; they are part of the weights, not of the row.
    pub fn value(self, count: u32, df: u32, n: u32) -> f64 {
        match self {
            Weighting::Tfidf => Weighting::tfidf(count, Weighting::idf(df, n)),
            Weighting::Binary | Weighting::Nb => 1.0,
            Weighting::Count => f64::from(count),
        }
    }

    /// The value of a term that occurs so often, by its value if it occurred once.
    pub(super) fn again(self, count: u32, once: f64) -> f64 {
        match self {
            Weighting::Tfidf => Weighting::tfidf(count, once),
            Weighting::Binary | Weighting::Nb => once,
            Weighting::Count => f64::from(count),
        }
    }

    /// The value of a term by its inverse document frequency.
    #[inline]
    fn tfidf(count: u32, idf: f64) -> f64 {
        // The logarithm of 1 is 0, and most terms stand once.
        if count == 1 { idf } else { (1.0 + libm::log(f64::from(count))) * idf }
    }

    /// Inverse document frequency, smoothed: as if one more unit held every term.
    fn idf(df: u32, n: u32) -> f64 {
        libm::log((1.0 + f64::from(n)) / (1.0 + f64::from(df))) + 1.0
    }
}

/// The Euclidean length of some values, the same in whatever order they come: squares are added up as whole numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Length(u128);

impl Length {
    /// The unit of values, so that 2²⁴ of them with squares of 2⁴⁰ can be added up.
    const ONE: f64 = (1u64 << 32) as f64;

    /// That of one value, which is not negative.
    pub fn of(value: f64) -> Length {
        let whole = u128::from((value * Length::ONE) as u64);
        Length(whole * whole)
    }

    /// What makes it one. Of nothing the scale is 1.
    pub fn scale(self) -> f64 {
        if self.0 == 0 { 1.0 } else { Length::ONE / (self.0 as f64).sqrt() }
    }
}

impl AddAssign for Length {
    #[inline]
    fn add_assign(&mut self, other: Length) {
        self.0 = self.0.wrapping_add(other.0);
    }
}

impl SubAssign for Length {
    fn sub_assign(&mut self, other: Length) {
        self.0 = self.0.wrapping_sub(other.0);
    }
}

/// Divides the values of a row by their Euclidean length; a row of nothing stays as it is, and so does what has no value.
pub fn normalise(values: &mut [Option<f64>]) {
    let mut length = Length::default();
    values.iter().flatten().for_each(|value| length += Length::of(*value));
    let scale = length.scale();
    values.iter_mut().flatten().for_each(|value| *value *= scale);
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
        let [Some(first), None, Some(last)] = row else { panic!("values come and go") };
        assert!((first - 0.6).abs() < 1e-15 && (last - 0.8).abs() < 1e-15);
        let mut nothing = [None, Some(0.0)];
        normalise(&mut nothing);
        assert_eq!(nothing, [None, Some(0.0)]);
    }

    #[test]
    fn the_length_of_a_row_is_the_same_in_any_order_and_what_was_added_can_be_taken_back() {
        let values: Vec<f64> = (1..60).map(|at| 16.0 / f64::from(at)).collect();
        let of = |values: &mut dyn Iterator<Item = &f64>| {
            let mut length = Length::default();
            values.for_each(|value| length += Length::of(*value));
            length
        };
        let length = of(&mut values.iter());
        assert_eq!(of(&mut values.iter().rev()), length);
        let plain = values.iter().map(|value| value * value).sum::<f64>().sqrt();
        assert!((length.scale() * plain - 1.0).abs() < 1e-9);
        let mut more = length;
        more += Length::of(3.25);
        assert_ne!(more, length);
        more -= Length::of(3.25);
        assert_eq!(more, length);
    }

    #[test]
    fn a_value_comes_from_that_of_a_term_that_stands_once() {
        for weighting in [Weighting::Tfidf, Weighting::Binary, Weighting::Count, Weighting::Nb] {
            for count in 1..5 {
                let once = weighting.value(1, 3, 9);
                assert_eq!(weighting.again(count, once), weighting.value(count, 3, 9), "{weighting:?}");
            }
        }
    }
}
