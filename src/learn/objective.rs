//! Logistic and softmax loss over sparse rows: value, gradient, Hessian product.
//!
//! With weights `W` (d × k), intercepts `b` (k) and scores `z_i = Wᵀx_i + b`, costs `c` and penalty α, in nats:
//! one-vs-rest `Σ_i Σ_k c_ik ln(1 + e^(−y_ik z_ik)) + (α/2)·|W|²` with `y ∈ {−1, +1}`, which falls apart into k problems;
//! softmax `Σ_i c_i (ln Σ_k e^(z_ik) − z_i,y(i)) + (α/2)·|W|²` (Bishop 2006, ch. 4.3). Intercepts are not penalised.
//! A point is W by row, followed by b: (d + 1) × k numbers.

use rayon::prelude::*;

pub use crate::evaluate::Truth;
use crate::features::matrix::{Columns, Rows};
use crate::model::link::softmax;

/// Rows a task. The sums of losses run task by task in order, so this number is part of what decides the last bits.
const ROWS_A_TASK: usize = 512;

/// Something smooth and convex to be minimised.
pub trait Objective {
    /// Length of a point.
    fn dimension(&self) -> usize;
    /// Into how many problems it falls apart: 1, or the k of a point with k columns, each column a problem of its own.
    fn parts(&self) -> usize;
    /// A point that knows nothing of the data but what is trivial; how long the gradient is there is the measure of how
    /// long it may still be at the end.
    fn origin(&self) -> Vec<f64> {
        vec![0.0; self.dimension()]
    }
    /// Moves to `point` and returns the value there, part by part.
    fn move_to(&mut self, point: &[f64]) -> Vec<f64>;
    /// The gradient at the point moved to.
    fn gradient(&mut self, out: &mut [f64]);
    /// The Hessian at the point moved to, times `direction`.
    fn hessian_product(&mut self, direction: &[f64], out: &mut [f64]);
    /// The Hessian's diagonal, or something near to it: what a conjugate-gradient step is scaled by.
    fn diagonal(&mut self, out: &mut [f64]);
}

/// How labels go together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// Each label for itself: a unit may have several labels or none.
    OneVsRest,
    /// Exactly one label a unit.
    Softmax,
}

/// What an error on each unit costs: a weight a unit (0 leaves it out), and a factor for having a label or not.
#[derive(Clone, Debug, PartialEq)]
pub struct Costs {
    pub units: Vec<f64>,
    /// For each label: the factor where it is absent, and where it is present.
    pub labels: Option<Vec<[f64; 2]>>,
}

impl Costs {
    fn of(&self, i: usize, k: usize, has: bool) -> f64 {
        self.units[i] * self.labels.as_ref().map_or(1.0, |factors| factors[k][usize::from(has)])
    }
}

/// What is to be learned from: the rows (n × d), the same by columns, the truth (n × k), the costs, and for
/// naive-Bayes weighting the factor of each feature for each label (d × k by row).
#[derive(Clone, Copy)]
pub struct Problem<'a> {
    pub rows: &'a Rows,
    pub columns: &'a Columns,
    pub truth: &'a Truth,
    pub costs: &'a Costs,
    pub ratios: Option<&'a [f64]>,
    pub loss: Loss,
}

/// The penalised loss of a [`Problem`] and what it remembers of the point that it was moved to.
pub struct Logistic<'a> {
    problem: Problem<'a>,
    l2: f64,
    point: Vec<f64>,
    /// n × k: scores, then in place residuals `c(p − y)`.
    residuals: Vec<f64>,
    /// n × k: for one-vs-rest the curvature `c·p(1 − p)`, for softmax the probabilities.
    curvature: Vec<f64>,
    /// n × k, scratch.
    product: Vec<f64>,
    scaled: Vec<f64>,
}

impl<'a> Logistic<'a> {
    /// The objective with penalty α = `l2`.
    pub fn new(problem: Problem<'a>, l2: f64) -> Self {
        let cells = problem.rows.height() * problem.truth.labels;
        let point = vec![0.0; (problem.rows.width() + 1) * problem.truth.labels];
        let (residuals, curvature, product) = (vec![0.0; cells], vec![0.0; cells], vec![0.0; cells]);
        Logistic { problem, l2, point, residuals, curvature, product, scaled: Vec::new() }
    }

    fn k(&self) -> usize {
        self.problem.truth.labels
    }

    /// `out = X·(W ∘ ratios) + b` for a point `(W, b)`.
    fn scores(&mut self, point: &[f64], out: Target) {
        let (weights, intercepts) = point.split_at(point.len() - self.k());
        let out = match out {
            Target::Residuals => &mut self.residuals,
            Target::Product => &mut self.product,
        };
        match self.problem.ratios {
            None => self.problem.rows.times(weights, intercepts, out),
            Some(ratios) => {
                self.scaled.clear();
                self.scaled.extend(weights.iter().zip(ratios).map(|(weight, ratio)| weight * ratio));
                self.problem.rows.times(&self.scaled, intercepts, out);
            }
        }
    }

    /// `out = (Xᵀ·R ∘ ratios) + α·W`, and below it the column sums of R.
    fn pull_back(&self, right: &[f64], point: &[f64], out: &mut [f64]) {
        let k = self.k();
        let (weights, intercepts) = out.split_at_mut(out.len() - k);
        self.problem.columns.times(right, k, weights);
        if let Some(ratios) = self.problem.ratios {
            weights.iter_mut().zip(ratios).for_each(|(weight, ratio)| *weight *= ratio);
        }
        weights.iter_mut().zip(point).for_each(|(weight, at)| *weight += self.l2 * at);
        column_sums(right, intercepts);
    }

    fn penalty(&self, point: &[f64], parts: usize) -> Vec<f64> {
        let weights = &point[..point.len() - self.k()];
        dots(weights, weights, parts).into_iter().map(|square| self.l2 / 2.0 * square).collect()
    }
}

enum Target {
    Residuals,
    Product,
}

impl Objective for Logistic<'_> {
    fn dimension(&self) -> usize {
        self.point.len()
    }

    fn parts(&self) -> usize {
        match self.problem.loss {
            Loss::OneVsRest => self.k(),
            Loss::Softmax => 1,
        }
    }

    /// No weights, and the intercepts that are best without them: the log-odds, or logs, of the labels' costs. At zero
    /// the intercepts' gradient would dwarf all others, and a rare label would seem learned when only its rarity is.
    fn origin(&self) -> Vec<f64> {
        const HALF_A_UNIT: f64 = 0.5;
        let (k, problem) = (self.k(), self.problem);
        let mut sums = vec![[HALF_A_UNIT; 2]; k];
        for i in 0..problem.truth.units() {
            for (label, sums) in sums.iter_mut().enumerate() {
                let has = problem.truth.has(i, label);
                sums[usize::from(has)] += problem.costs.of(i, label, has);
            }
        }
        let mut point = vec![0.0; self.dimension()];
        let intercepts = self.dimension() - k;
        for (intercept, [without, with]) in point[intercepts..].iter_mut().zip(sums) {
            *intercept = match problem.loss {
                Loss::OneVsRest => libm::log(with / without),
                Loss::Softmax => libm::log(with),
            };
        }
        point
    }

    fn move_to(&mut self, point: &[f64]) -> Vec<f64> {
        self.point.copy_from_slice(point);
        self.scores(point, Target::Residuals);
        let (k, parts, problem) = (self.k(), self.parts(), self.problem);
        let tasks: Vec<Vec<f64>> = self
            .residuals
            .par_chunks_mut(k * ROWS_A_TASK)
            .zip(self.curvature.par_chunks_mut(k * ROWS_A_TASK))
            .enumerate()
            .map(|(task, (scores, curvature))| {
                let mut loss = vec![0.0; parts];
                let rows = scores.chunks_exact_mut(k).zip(curvature.chunks_exact_mut(k));
                for (offset, (scores, curvature)) in rows.enumerate() {
                    let i = task * ROWS_A_TASK + offset;
                    match problem.loss {
                        Loss::OneVsRest => one_vs_rest_row(&problem, i, scores, curvature, &mut loss),
                        Loss::Softmax => loss[0] += softmax_row(&problem, i, scores, curvature),
                    }
                }
                loss
            })
            .collect();
        let mut value = self.penalty(point, parts);
        tasks.iter().for_each(|task| value.iter_mut().zip(task).for_each(|(value, loss)| *value += loss));
        value
    }

    fn gradient(&mut self, out: &mut [f64]) {
        self.pull_back(&self.residuals, &self.point, out);
    }

    fn hessian_product(&mut self, direction: &[f64], out: &mut [f64]) {
        self.scores(direction, Target::Product);
        let (k, problem) = (self.k(), self.problem);
        let cells = self.product.par_chunks_mut(k * ROWS_A_TASK).zip(self.curvature.par_chunks(k * ROWS_A_TASK));
        cells.enumerate().for_each(|(task, (product, curvature))| match problem.loss {
            Loss::OneVsRest => product.iter_mut().zip(curvature).for_each(|(product, curve)| *product *= curve),
            Loss::Softmax => {
                let rows = product.chunks_exact_mut(k).zip(curvature.chunks_exact(k));
                for (offset, (product, p)) in rows.enumerate() {
                    let i = task * ROWS_A_TASK + offset;
                    let cost = problem.costs.of(i, true_label(problem.truth.row(i)), true);
                    let mean: f64 = product.iter().zip(p).map(|(u, p)| u * p).sum();
                    product.iter_mut().zip(p).for_each(|(u, p)| *u = cost * p * (*u - mean));
                }
            }
        });
        self.pull_back(&self.product, direction, out);
    }

    fn diagonal(&mut self, out: &mut [f64]) {
        let (k, problem) = (self.k(), self.problem);
        self.product.copy_from_slice(&self.curvature);
        if problem.loss == Loss::Softmax {
            for (i, row) in self.product.chunks_exact_mut(k).enumerate() {
                let cost = problem.costs.of(i, true_label(problem.truth.row(i)), true);
                row.iter_mut().for_each(|p| *p = cost * *p * (1.0 - *p));
            }
        }
        let (weights, intercepts) = out.split_at_mut(out.len() - k);
        problem.columns.squares_times(&self.product, k, weights);
        if let Some(ratios) = problem.ratios {
            weights.iter_mut().zip(ratios).for_each(|(weight, ratio)| *weight *= ratio * ratio);
        }
        weights.iter_mut().for_each(|weight| *weight += self.l2);
        column_sums(&self.product, intercepts);
    }
}

/// Turns scores into residuals, fills in the curvature and adds each label's loss.
fn one_vs_rest_row(problem: &Problem, i: usize, scores: &mut [f64], curvature: &mut [f64], loss: &mut [f64]) {
    if problem.costs.units[i] == 0.0 {
        scores.fill(0.0);
        curvature.fill(0.0);
        return;
    }
    for (k, (score, curve)) in scores.iter_mut().zip(curvature).enumerate() {
        let has = problem.truth.has(i, k);
        let cost = problem.costs.of(i, k, has);
        let margin = if has { *score } else { -*score };
        let (log_loss, miss) = log_loss(margin);
        loss[k] += cost * log_loss;
        *curve = cost * miss * (1.0 - miss);
        *score = if has { -cost * miss } else { cost * miss };
    }
}

/// Turns scores into residuals and probabilities; returns the unit's loss.
fn softmax_row(problem: &Problem, i: usize, scores: &mut [f64], probabilities: &mut [f64]) -> f64 {
    if problem.costs.units[i] == 0.0 {
        scores.fill(0.0);
        probabilities.fill(0.0);
        return 0.0;
    }
    let label = true_label(problem.truth.row(i));
    let cost = problem.costs.of(i, label, true);
    let own = scores[label];
    probabilities.copy_from_slice(scores);
    let log_sum = softmax(probabilities);
    scores.iter_mut().zip(probabilities.iter()).for_each(|(score, p)| *score = cost * p);
    scores[label] -= cost;
    cost * (log_sum - own)
}

/// The label of a unit that has exactly one.
fn true_label(truth: &[bool]) -> usize {
    truth.iter().position(|&has| has).unwrap_or(0)
}

/// Logistic loss `ln(1 + e^−m)` of a margin `m = y·(w·x + b)`, `y ∈ {−1, +1}`, in nats, and `1/(1 + e^m)`, the
/// probability given to the wrong answer. Split at zero so that nothing overflows (Mächler 2012, "Accurately computing
/// log(1 − exp(−|a|))").
pub fn log_loss(margin: f64) -> (f64, f64) {
    let small = libm::exp(-margin.abs());
    let loss = (-margin).max(0.0) + libm::log1p(small);
    let miss = if margin >= 0.0 { small / (1.0 + small) } else { 1.0 / (1.0 + small) };
    (loss, miss)
}

/// The sums of each of the last axis' columns; `out` has as many.
fn column_sums(right: &[f64], out: &mut [f64]) {
    out.fill(0.0);
    for row in right.chunks_exact(out.len()) {
        out.iter_mut().zip(row).for_each(|(out, value)| *out += value);
    }
}

/// Scalar products of two points, part by part, summed in an order that no thread decides.
pub fn dots(a: &[f64], b: &[f64], parts: usize) -> Vec<f64> {
    let chunk = parts * (65_536 / parts).max(1);
    let partial: Vec<Vec<f64>> = a
        .par_chunks(chunk)
        .zip(b.par_chunks(chunk))
        .map(|(a, b)| {
            let mut sums = vec![0.0; parts];
            for (a, b) in a.chunks(parts).zip(b.chunks(parts)) {
                sums.iter_mut().zip(a.iter().zip(b)).for_each(|(sum, (a, b))| *sum += a * b);
            }
            sums
        })
        .collect();
    let mut sums = vec![0.0; parts];
    partial.iter().for_each(|part| sums.iter_mut().zip(part).for_each(|(sum, part)| *sum += part));
    sums
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::FeatureId;
    use proptest::prelude::*;

    #[test]
    fn the_loss_of_a_margin_neither_overflows_nor_vanishes() {
        assert_eq!(log_loss(-800.0).0, 800.0);
        assert!(log_loss(800.0).0 >= 0.0);
        assert!((log_loss(0.0).0 - std::f64::consts::LN_2).abs() < 1e-15);
        assert_eq!(log_loss(0.0).1, 0.5);
    }

    fn rows() -> Rows {
        let mut rows = Rows::new(3);
        for row in [&[(0, 1.0), (1, 0.5)][..], &[(1, -1.0)], &[(0, 0.3), (2, 2.0)], &[]] {
            rows.push(row.iter().map(|&(feature, value)| (FeatureId(feature), value)));
        }
        rows
    }

    proptest! {
        /// Gradient and Hessian product against finite differences, for both losses, with and without ratios.
        #[test]
        fn derivatives_agree_with_finite_differences(
            at in prop::collection::vec(-2.0..2.0f64, 8),
            step in prop::collection::vec(-1.0..1.0f64, 8),
            picks in prop::collection::vec(0usize..2, 4),
            softmax in any::<bool>(),
            with_ratios in any::<bool>(),
        ) {
            let rows = rows();
            let columns = rows.transposed();
            let has = picks.iter().enumerate().flat_map(|(i, &p)| {
                if softmax { [p == 0, p == 1] } else { [p == 0, i % 2 == 0] }
            });
            let truth = Truth::new(2, has.collect());
            let costs = Costs { units: vec![1.0, 2.0, 0.5, 0.0], labels: Some(vec![[1.0, 3.0], [0.5, 1.0]]) };
            let ratios: Vec<f64> = (0..6).map(|i| 0.4 + 0.3 * i as f64).collect();
            let loss = if softmax { Loss::Softmax } else { Loss::OneVsRest };
            let ratios = with_ratios.then_some(&ratios[..]);
            let problem = Problem { rows: &rows, columns: &columns, truth: &truth, costs: &costs, ratios, loss };
            let mut objective = Logistic::new(problem, 0.7);
            let value = |objective: &mut Logistic, point: &[f64]| objective.move_to(point).iter().sum::<f64>();
            let moved = |by: f64| -> Vec<f64> { at.iter().zip(&step).map(|(a, s)| a + by * s).collect() };

            let h = 1e-5;
            let slope = (value(&mut objective, &moved(h)) - value(&mut objective, &moved(-h))) / (2.0 * h);
            let (mut gradient, mut ahead, mut behind, mut curve) = ([0.0; 8], [0.0; 8], [0.0; 8], [0.0; 8]);
            objective.move_to(&moved(h));
            objective.gradient(&mut ahead);
            objective.move_to(&moved(-h));
            objective.gradient(&mut behind);
            objective.move_to(&at);
            objective.gradient(&mut gradient);
            objective.hessian_product(&step, &mut curve);
            let predicted: f64 = gradient.iter().zip(&step).map(|(g, s)| g * s).sum();
            prop_assert!((slope - predicted).abs() < 1e-6, "slope {slope}, gradient says {predicted}");
            for j in 0..8 {
                prop_assert!((curve[j] - (ahead[j] - behind[j]) / (2.0 * h)).abs() < 1e-5);
            }

            let mut diagonal = [0.0; 8];
            objective.diagonal(&mut diagonal);
            for j in 0..8 {
                let mut unit = [0.0; 8];
                unit[j] = 1.0;
                objective.hessian_product(&unit, &mut curve);
                prop_assert!((diagonal[j] - curve[j]).abs() < 1e-9);
            }
        }
    }
}
