//! Held-out score → probability.
//!
//! For labels that stand for themselves: logistic regression of the truth on the held-out scores of the feature blocks,
//! fitted by linfa-logistic; with one block this is Platt scaling (Platt 1999, with two doubtful units in place of his
//! corrected targets, since linfa takes none). For labels of which exactly one holds: one temperature (Guo et al. 2017). Both are linear in the
//! scores, so they fold into weights and intercepts, and contributions still add up.

use ndarray::{Array1, Array2};

use super::LearnError;
use super::dense;
use super::objective::Truth;
use crate::model::link::softmax;

/// Keeps the fit finite when held-out scores part the truth cleanly; far below what data says otherwise.
const ALPHA: f64 = 1e-3;

/// How a label's block scores make its calibrated score: `Σ slopes·scores + shift`.
#[derive(Clone, Debug, PartialEq)]
pub struct Calibration {
    pub slopes: Vec<f64>,
    pub shift: f64,
}

impl Calibration {
    /// Scores as they are: the sum of the blocks.
    pub fn none(blocks: usize) -> Self {
        Calibration { slopes: vec![1.0; blocks], shift: 0.0 }
    }

    pub fn apply(&self, scores: impl IntoIterator<Item = f64>) -> f64 {
        self.slopes.iter().zip(scores).map(|(slope, score)| slope * score).sum::<f64>() + self.shift
    }
}

/// Fits one label: `blocks` holds the held-out scores of each feature block, `truth` what holds. A block whose scores would count the wrong
/// way beside the others is left out.
///
/// # Errors
/// The reason why there is no calibration, for the user: it would invert the label, or cannot be fitted.
pub fn fit(blocks: &[Vec<f64>], truth: &[bool]) -> Result<Calibration, String> {
    if !truth.contains(&true) || !truth.contains(&false) {
        return Err("all its held-out units are of one class".into());
    }
    let mut used: Vec<usize> = (0..blocks.len()).collect();
    while !used.is_empty() {
        let fitted = fit_of(blocks, &used, truth)?;
        let worst = (0..used.len()).min_by(|&a, &b| fitted.weights[a].total_cmp(&fitted.weights[b])).unwrap_or(0);
        if rounded(fitted.weights[worst]) > 0.0 {
            let mut slopes = vec![0.0; blocks.len()];
            used.iter().zip(&fitted.weights).for_each(|(&block, &weight)| slopes[block] = rounded(weight));
            return Ok(Calibration { slopes, shift: rounded(fitted.intercept) });
        }
        used.remove(worst);
    }
    Err("its held-out scores point the wrong way".into())
}

fn fit_of(blocks: &[Vec<f64>], used: &[usize], truth: &[bool]) -> Result<dense::Binary, String> {
    let doubts: Vec<Vec<f64>> = blocks.iter().map(|scores| doubts(scores, truth)).collect();
    let rows = Array2::from_shape_fn((truth.len() + 2, used.len()), |(i, at)| match i.checked_sub(truth.len()) {
        None => blocks[used[at]][i],
        Some(doubt) => doubts[used[at]][doubt],
    });
    let has: Array1<bool> = truth.iter().copied().chain([false, true]).collect();
    dense::fit_binary(rows, has, ALPHA).map_err(|error| match error {
        LearnError::Dense(words) => words,
        other => other.to_string(),
    })
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

/// The factors on the scores of each block (n × k by row) that give the held-out truth the most likelihood, by Newton's method on
/// `Σ ln Σ_k e^(z_k) − z_own` with `z = Σ_b t_b·z_b`, which is convex in t. With one block this is the temperature of Guo et al. 2017. A block
/// whose factor would not be positive beside the others gets 0.
pub fn temperatures<B: AsRef<[f64]>>(blocks: &[B], truth: &Truth) -> Vec<f64> {
    let mut used: Vec<usize> = (0..blocks.len()).collect();
    loop {
        let factors = newton(&used.iter().map(|&block| blocks[block].as_ref()).collect::<Vec<_>>(), truth);
        let worst = (0..used.len()).min_by(|&a, &b| factors[a].total_cmp(&factors[b])).unwrap_or(0);
        if factors[worst] > 0.0 || used.len() == 1 {
            let mut all = vec![0.0; blocks.len()];
            used.iter().zip(&factors).for_each(|(&block, &factor)| all[block] = factor.clamp(0.05, 5.0));
            return all;
        }
        used.remove(worst);
    }
}

fn newton(blocks: &[&[f64]], truth: &Truth) -> Vec<f64> {
    let mut factors = vec![1.0; blocks.len()];
    for _ in 0..50 {
        let (slope, curve) = derivatives(blocks, truth, &factors);
        let Some(step) = solved(curve, slope) else { break };
        // No factor moves by more than a half at once: far from the minimum the curve says too little.
        let longest = step.iter().fold(0.0f64, |longest, step| longest.max(step.abs()));
        let scale = if longest > 0.5 { 0.5 / longest } else { 1.0 };
        factors.iter_mut().zip(&step).for_each(|(factor, step)| *factor = (*factor - scale * step).clamp(-5.0, 5.0));
        if longest < 1e-9 {
            break;
        }
    }
    factors
}

/// Gradient and Hessian of the negative log-likelihood in the factors: means and covariances of the blocks' scores under the model.
fn derivatives(blocks: &[&[f64]], truth: &Truth, factors: &[f64]) -> (Vec<f64>, Vec<Vec<f64>>) {
    let (count, k) = (blocks.len(), truth.labels);
    let (mut slope, mut curve) = (vec![0.0; count], vec![vec![0.0; count]; count]);
    for i in 0..truth.units() {
        let row = |block: usize| &blocks[block][i * k..(i + 1) * k];
        let joint = |label: usize| (0..count).map(|block| factors[block] * row(block)[label]).sum();
        let mut p: Vec<f64> = (0..k).map(joint).collect();
        softmax(&mut p);
        let own = truth.row(i).iter().position(|has| *has).unwrap_or(0);
        let mean: Vec<f64> = (0..count).map(|b| p.iter().zip(row(b)).map(|(p, z)| p * z).sum()).collect();
        for a in 0..count {
            slope[a] += mean[a] - row(a)[own];
            for b in 0..count {
                let joint: f64 = p.iter().zip(row(a).iter().zip(row(b))).map(|(p, (x, y))| p * x * y).sum();
                curve[a][b] += joint - mean[a] * mean[b];
            }
        }
    }
    (slope, curve)
}

/// The solution of a small symmetric system by elimination; `None` if it has none to speak of.
fn solved(mut matrix: Vec<Vec<f64>>, mut right: Vec<f64>) -> Option<Vec<f64>> {
    let n = right.len();
    for at in 0..n {
        if matrix[at][at].abs() <= 1e-12 {
            return None;
        }
        for below in at + 1..n {
            let factor = matrix[below][at] / matrix[at][at];
            let (upper, lower) = matrix.split_at_mut(below);
            lower[0][at..].iter_mut().zip(&upper[at][at..]).for_each(|(own, above)| *own -= factor * above);
            right[below] -= factor * right[at];
        }
    }
    for at in (0..n).rev() {
        let known: f64 = (at + 1..n).map(|column| matrix[at][column] * right[column]).sum();
        right[at] = (right[at] - known) / matrix[at][at];
    }
    Some(right)
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
    fn the_order_of_the_units_changes_nothing() {
        let scores: Vec<f64> = (0..60).map(|i| f64::from(i * 37 % 60) / 7.0 - 3.0).collect();
        let other: Vec<f64> = (0..60).map(|i| f64::from(i * 11 % 60) / 9.0).collect();
        let truth: Vec<bool> = (0..60).map(|i| scores[i] + other[i] * 0.4 > (i % 5) as f64 - 1.0).collect();
        let turned = |scores: &Vec<f64>| scores.iter().rev().copied().collect::<Vec<f64>>();
        let backwards: Vec<bool> = truth.iter().rev().copied().collect();
        let one = fit(&[scores.clone(), other.clone()], &truth).unwrap();
        assert_eq!(fit(&[turned(&scores), turned(&other)], &backwards).unwrap(), one);
        // A block that says the same of all units says nothing, in any order.
        assert!(fit(&[vec![-0.8; 60]], &truth).is_err() && fit(&[vec![-0.8; 60]], &backwards).is_err());
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
        assert!((fitted.apply([9.0]) - libm::log(10.0)).abs() < 0.1, "{fitted:?}");
    }

    #[test]
    fn a_temperature_finds_the_factor_that_was_taken_away() {
        // Two labels, score ±z, right three times in four: t·2z = ln 3.
        let scores: Vec<f64> = (0..80).flat_map(|_| [2.0, -2.0]).collect();
        let truth = Truth::new(2, (0..80).flat_map(|i| [i % 4 != 0, i % 4 == 0]).collect());
        assert!((temperatures(&[scores], &truth)[0] - libm::log(3.0) / 4.0).abs() < 1e-6);
    }

    #[test]
    fn a_block_that_says_nothing_gets_no_say_and_two_that_agree_share_it() {
        let good: Vec<f64> = (0..80).flat_map(|_| [2.0, -2.0]).collect();
        let noise: Vec<f64> = (0..80).flat_map(|i| if i / 4 % 2 == 0 { [1.0, -1.0] } else { [-1.0, 1.0] }).collect();
        let truth = Truth::new(2, (0..80).flat_map(|i| [i % 4 < 3, i % 4 == 3]).collect());
        let factors = temperatures(&[good.clone(), noise.clone()], &truth);
        assert!((factors[0] - libm::log(3.0) / 4.0).abs() < 1e-3 && factors[1].abs() < 0.06, "{factors:?}");
        let has: Vec<bool> = (0..200).map(|i| i % 5 == 0).collect();
        let score = |sign: f64| -> Vec<f64> {
            has.iter()
                .zip(0..)
                .map(|(h, i)| sign * (f64::from(u8::from(*h)) * 2.0 - 1.0) + f64::from(i % 7) - 3.0)
                .collect()
        };
        let joint = fit(&[score(1.0), score(-1.0)], &has).unwrap();
        assert!(joint.slopes[0] > 0.0 && joint.slopes[1] == 0.0, "{joint:?}");
    }
}
