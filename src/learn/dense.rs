//! linfa-logistic on dense rows: the fit of the small calibrating problems in every `train`, and the reference that the
//! sparse solver must agree with (`--solver linfa`).

use linfa::Dataset;
use linfa::traits::Fit;
use linfa_logistic::{LogisticRegression, MultiLogisticRegression};
use ndarray::{Array1, Array2};

use super::LearnError;
use super::objective::{Loss, Truth};
use crate::features::matrix::Rows;

/// The largest dense matrix that `--solver linfa` writes out, in bytes.
pub const MOST_BYTES: u64 = 2 << 30;

/// A fitted binary logistic regression: the log-odds of `true` are `weights·x + intercept`.
#[derive(Clone, Debug, PartialEq)]
pub struct Binary {
    pub weights: Vec<f64>,
    pub intercept: f64,
}

/// Fits the log-odds of `truth` on dense `rows` (n × b), with penalty `alpha` on the weights.
///
/// # Errors
/// [`LearnError::Dense`] with linfa's own words: one class only, values that are not finite, no convergence.
pub fn fit_binary(rows: Array2<f64>, truth: Array1<bool>, alpha: f64) -> Result<Binary, LearnError> {
    let data = Dataset::new(rows, truth);
    let fitted = LogisticRegression::default()
        .alpha(alpha)
        .max_iterations(1_000)
        .gradient_tolerance(1e-7)
        .fit(&data)
        .map_err(|error| LearnError::Dense(error.to_string()))?;
    // linfa takes the class that it saw more often as the positive one.
    let sign = if fitted.labels().pos.class { 1.0 } else { -1.0 };
    let weights = fitted.params().iter().map(|weight| sign * weight).collect();
    Ok(Binary { weights, intercept: sign * fitted.intercept() })
}

/// Fits all labels of a sparse problem with linfa-logistic; returns a point as in [`super::objective`]: weights d × k by
/// row, then k intercepts.
///
/// # Errors
/// [`LearnError::TooDense`] where the matrix written out in full would pass [`MOST_BYTES`]; else as [`fit_binary`].
pub fn fit(rows: &Rows, truth: &Truth, loss: Loss, alpha: f64) -> Result<Vec<f64>, LearnError> {
    if rows.dense_bytes() > MOST_BYTES {
        return Err(LearnError::TooDense { rows: rows.height(), features: rows.width(), bytes: rows.dense_bytes() });
    }
    let dense = written_out(rows);
    match loss {
        Loss::OneVsRest => one_vs_rest(&dense, truth, alpha),
        Loss::Softmax => softmax(dense, truth, alpha),
    }
}

fn one_vs_rest(dense: &Array2<f64>, truth: &Truth, alpha: f64) -> Result<Vec<f64>, LearnError> {
    let (d, k) = (dense.ncols(), truth.labels);
    let mut point = vec![0.0; (d + 1) * k];
    for label in 0..k {
        let has = (0..truth.units()).map(|i| truth.has(i, label)).collect();
        let fitted = fit_binary(dense.clone(), has, alpha)?;
        for (j, weight) in fitted.weights.iter().chain([&fitted.intercept]).enumerate() {
            point[j * k + label] = *weight;
        }
    }
    Ok(point)
}

fn softmax(dense: Array2<f64>, truth: &Truth, alpha: f64) -> Result<Vec<f64>, LearnError> {
    let (d, k) = (dense.ncols(), truth.labels);
    let classes: Array1<usize> =
        (0..truth.units()).map(|i| truth.row(i).iter().position(|&has| has).unwrap_or(0)).collect();
    let fitted = MultiLogisticRegression::default()
        .alpha(alpha)
        .max_iterations(2_000)
        .gradient_tolerance(1e-7)
        .fit(&Dataset::new(dense, classes))
        .map_err(|error| LearnError::Dense(error.to_string()))?;
    let mut point = vec![0.0; (d + 1) * k];
    for (column, &label) in fitted.classes().iter().enumerate() {
        for j in 0..d {
            point[j * k + label] = fitted.params()[[j, column]];
        }
        point[d * k + label] = fitted.intercept()[column];
    }
    Ok(point)
}

fn written_out(rows: &Rows) -> Array2<f64> {
    let mut dense = Array2::zeros((rows.height(), rows.width()));
    for i in 0..rows.height() {
        for (feature, value) in rows.row(i) {
            dense[[i, feature.index()]] = f64::from(value);
        }
    }
    dense
}
