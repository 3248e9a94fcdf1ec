//! Held-out score → probability.
//!
//! For labels that stand for themselves: logistic regression of the truth on the held-out scores of the feature blocks,
//! fitted by linfa-logistic; with one block this is Platt scaling (Platt 1999, with two doubtful units in place of his
//! corrected targets, since linfa takes none). For labels of which exactly one holds: one temperature (Guo et al. 2017). Both are linear in the
//! scores, so they fold into weights and intercepts, and contributions still add up.

use ndarray::{Array1, Array2};

use super::LearnError;
use super::dense;
use super::objective::{Truth, softmax};

/// Keeps the fit finite when held-out scores part the truth cleanly; far below what data says otherwise.
const ALPHA: f64 = 1e-3;

/// How a label's block scores make its calibrated score: `Σ slopes·scores + shift`.
#[derive(Clone, Debug, PartialEq)]
pub struct Calibration {
    pub slopes: Vec<f64>,
    pub shift: f64,
}

impl Calibration {
    /// Scores as they are, one block.
    pub fn none() -> Self {
        Calibration { slopes: vec![1.0], shift: 0.0 }
    }

    pub fn apply(&self, scores: &[f64]) -> f64 {
        self.slopes.iter().zip(scores).map(|(slope, score)| slope * score).sum::<f64>() + self.shift
    }
}

/// Fits one label: `blocks` holds the held-out scores of each feature block, `truth` what holds.
///
/// # Errors
/// The reason why there is no calibration, for the user: it would invert the label, or cannot be fitted.
pub fn fit(blocks: &[Vec<f64>], truth: &[bool]) -> Result<Calibration, String> {
    let doubts: Vec<Vec<f64>> = blocks.iter().map(|scores| doubts(scores, truth)).collect();
    let rows = Array2::from_shape_fn((truth.len() + 2, blocks.len()), |(i, block)| match i.checked_sub(truth.len()) {
        None => blocks[block][i],
        Some(doubt) => doubts[block][doubt],
    });
    let has: Array1<bool> = truth.iter().copied().chain([false, true]).collect();
    if !truth.contains(&true) || !truth.contains(&false) {
        return Err("all its held-out units are of one class".into());
    }
    let fitted = dense::fit_binary(rows, has, ALPHA).map_err(|error| match error {
        LearnError::Dense(words) => words,
        other => other.to_string(),
    })?;
    if fitted.weights.iter().sum::<f64>() <= 0.0 {
        return Err("its held-out scores point the wrong way".into());
    }
    let slopes = fitted.weights.into_iter().map(rounded).collect();
    Ok(Calibration { slopes, shift: rounded(fitted.intercept) })
}

/// To six decimals. linfa computes with the processor's and the system library's own functions, whose last bits differ from machine
/// to machine; a model must not.
fn rounded(number: f64) -> f64 {
    (number * 1e6).round() / 1e6
}

/// Two units more, as if one with the usual score of the label had lacked it, and one with the usual score of its absence had it: what
/// Platt's corrected targets are for, that a few cleanly parted units do not make probabilities of 0 and 1.
fn doubts(scores: &[f64], truth: &[bool]) -> Vec<f64> {
    let mean = |has: bool| {
        let of: Vec<f64> =
            scores.iter().zip(truth).filter(|(_, truth)| **truth == has).map(|(score, _)| *score).collect();
        of.iter().sum::<f64>() / of.len().max(1) as f64
    };
    vec![mean(true), mean(false)]
}

/// The factor on all scores that gives the held-out truth the most likelihood, by Newton's method in one dimension on
/// `Σ ln Σ_k e^(t·z_k) − t·z_own`, which is convex in t. `scores` is n × k by row.
pub fn temperature(scores: &[f64], truth: &Truth) -> f64 {
    let mut factor = 1.0f64;
    for _ in 0..50 {
        let (mut slope, mut curve) = (0.0, 0.0);
        for (i, row) in scores.chunks_exact(truth.labels).enumerate() {
            let mut p: Vec<f64> = row.iter().map(|z| factor * z).collect();
            softmax(&mut p);
            let mean: f64 = p.iter().zip(row).map(|(p, z)| p * z).sum();
            let square: f64 = p.iter().zip(row).map(|(p, z)| p * z * z).sum();
            let own = row.iter().zip(truth.row(i)).find(|(_, has)| **has).map_or(0.0, |(z, _)| *z);
            slope += mean - own;
            curve += square - mean * mean;
        }
        if curve <= 1e-12 {
            break;
        }
        let next = (factor - slope / curve).clamp(factor / 4.0, factor * 4.0).clamp(0.05, 5.0);
        let moved = (next - factor).abs();
        factor = next;
        if moved < 1e-9 {
            break;
        }
    }
    factor
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_that_are_too_sure_are_shrunk_and_those_that_invert_are_refused() {
        // Of the units with score 4, three in four hold; with −4, one in four: the true log-odds are ±ln 3.
        let scores: Vec<f64> = (0..400).map(|i| if i < 200 { 4.0 } else { -4.0 }).collect();
        let truth: Vec<bool> = (0..400).map(|i| (i % 4 == 0) != (i < 200)).collect();
        let fitted = fit(std::slice::from_ref(&scores), &truth).unwrap();
        assert!((fitted.slopes[0] - libm::log(3.0) / 4.0).abs() < 0.01, "{fitted:?}");
        assert!(fitted.shift.abs() < 1e-3);
        let inverted: Vec<bool> = truth.iter().map(|truth| !truth).collect();
        assert!(fit(&[scores], &inverted).unwrap_err().contains("wrong way"));
    }

    #[test]
    fn a_label_that_is_the_rarer_class_is_not_turned_round() {
        let scores: Vec<f64> = (0..100).map(|i| if i < 10 { 1.0 } else { -1.0 }).collect();
        for rare in [true, false] {
            let truth: Vec<bool> = (0..100).map(|i| (i < 12) == rare).collect();
            let signed: Vec<f64> = scores.iter().map(|s| if rare { *s } else { -s }).collect();
            assert!(fit(&[signed], &truth).unwrap().slopes[0] > 0.0);
        }
    }

    #[test]
    fn one_class_only_is_an_error_in_words() {
        assert!(fit(&[vec![0.1, 0.2]], &[true, true]).unwrap_err().contains("one class"));
    }

    #[test]
    fn cleanly_parted_units_do_not_make_certainty() {
        let scores: Vec<f64> = (0..20).map(|i| if i < 10 { 9.0 } else { -9.0 }).collect();
        let truth: Vec<bool> = (0..20).map(|i| i < 10).collect();
        let fitted = fit(&[scores], &truth).unwrap();
        // One doubtful unit of eleven: the log-odds are ln 10 there.
        assert!((fitted.apply(&[9.0]) - libm::log(10.0)).abs() < 0.1, "{fitted:?}");
    }

    #[test]
    fn a_temperature_finds_the_factor_that_was_taken_away() {
        // Two labels, score ±z, right three times in four: t·2z = ln 3.
        let scores: Vec<f64> = (0..80).flat_map(|_| [2.0, -2.0]).collect();
        let truth = Truth::new(2, (0..80).flat_map(|i| [i % 4 != 0, i % 4 == 0]).collect());
        assert!((temperature(&scores, &truth) - libm::log(3.0) / 4.0).abs() < 1e-6);
    }
}
