//! Sparse logistic regression behind linfa's traits: parameters that must pass a check before they can fit
//! ([`ParamGuard`]), [`Fit`] on a dataset of sparse rows, [`PredictInplace`] to scores.

use std::ops::Range;

use linfa::dataset::{DatasetBase, Records};
use linfa::prelude::ParamGuard;
use linfa::traits::{Fit, PredictInplace};
use ndarray::{Array2, ArrayBase, Data, Ix2};
use rayon::prelude::*;

use super::LearnError;
use super::dual::{self, Residuals};
pub use super::newton::Stop;
use super::newton::{self, Outcome};
use super::objective::{Costs, Logistic, Loss, Objective, Problem, Truth, from_lanes, in_lanes, lanes};
use crate::features::matrix::Rows;

/// Strength of the L2 penalty: the α of `(α/2)·|w|²`, positive and finite.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct L2(f64);

impl L2 {
    /// # Errors
    /// [`LearnError::Strength`] for zero, a negative number, NaN or infinity.
    pub fn new(alpha: f64) -> Result<Self, LearnError> {
        if alpha > 0.0 && alpha.is_finite() { Ok(L2(alpha)) } else { Err(LearnError::Strength(alpha)) }
    }

    pub fn get(self) -> f64 {
        self.0
    }
}

/// How to fit, as asked for; only [`LogisticParams::check`](ParamGuard::check) makes it fit to fit.
#[derive(Clone, Debug, PartialEq)]
pub struct LogisticParams {
    loss: Loss,
    alpha: f64,
    stop: Stop,
    class_factors: Option<Vec<[f64; 2]>>,
}

/// Parameters that passed the check.
#[derive(Clone, Debug, PartialEq)]
pub struct ValidLogistic {
    loss: Loss,
    l2: L2,
    stop: Stop,
    class_factors: Option<Vec<[f64; 2]>>,
}

/// What the final fit must reach: the gradient a 10⁵th of its length where only the intercepts are fitted.
pub(super) const EXACT: Stop = Stop { tolerance: 1e-5, steps: 200 };

impl LogisticParams {
    /// Penalty α = 1, as linfa-logistic's default.
    pub fn new(loss: Loss) -> Self {
        LogisticParams { loss, alpha: 1.0, stop: EXACT, class_factors: None }
    }

    pub fn alpha(self, alpha: f64) -> Self {
        LogisticParams { alpha, ..self }
    }

    pub fn stop(self, stop: Stop) -> Self {
        LogisticParams { stop, ..self }
    }

    /// A factor on the cost of each label where it is absent, and where it is present.
    pub fn class_factors(self, factors: Option<Vec<[f64; 2]>>) -> Self {
        LogisticParams { class_factors: factors, ..self }
    }

    fn checked(&self) -> Result<ValidLogistic, LearnError> {
        if self.stop.tolerance.is_nan() || self.stop.tolerance <= 0.0 {
            return Err(LearnError::Tolerance(self.stop.tolerance));
        }
        let l2 = L2::new(self.alpha)?;
        Ok(ValidLogistic { loss: self.loss, l2, stop: self.stop, class_factors: self.class_factors.clone() })
    }
}

/// linfa's guard wants a reference to the checked parameters, so they are checked when this is made.
pub struct Guarded(Result<ValidLogistic, LearnError>);

impl From<LogisticParams> for Guarded {
    fn from(params: LogisticParams) -> Self {
        Guarded(params.checked())
    }
}

impl ParamGuard for Guarded {
    type Checked = ValidLogistic;
    type Error = LearnError;

    fn check_ref(&self) -> Result<&ValidLogistic, LearnError> {
        self.0.as_ref().map_err(Clone::clone)
    }

    fn check(self) -> Result<ValidLogistic, LearnError> {
        self.0
    }
}

/// A linear model: weights d × k by row, followed by k intercepts.
#[derive(Clone, Debug, PartialEq)]
pub struct Linear {
    pub point: Vec<f64>,
    pub labels: usize,
    pub outcome: Option<Outcome>,
}

impl<D: Data<Elem = bool>> Fit<Rows, ArrayBase<D, Ix2>, LearnError> for ValidLogistic {
    type Object = Linear;

    /// Fits on n × d sparse records and n × k targets; the dataset's weights, if any, are the costs of its rows.
    fn fit(&self, dataset: &DatasetBase<Rows, ArrayBase<D, Ix2>>) -> Result<Linear, LearnError> {
        let (rows, targets) = (dataset.records(), dataset.targets());
        if rows.nsamples() != targets.nrows() {
            return Err(LearnError::Shapes { rows: rows.nsamples(), targets: targets.nrows() });
        }
        let truth = Truth::new(targets.ncols(), targets.iter().copied().collect());
        let units = match dataset.weights() {
            Some(weights) => weights.iter().map(|&weight| f64::from(weight)).collect(),
            None => vec![1.0; rows.nsamples()],
        };
        let costs = Costs { units, labels: self.class_factors.clone() };
        let problem = Problem { rows, truth: &truth, costs: &costs, ratios: None, loss: self.loss };
        Ok(solve(problem, self.l2, self.stop, Start::Origin))
    }
}

/// Where a fit starts.
#[derive(Clone, Debug, PartialEq)]
pub enum Start {
    /// From no weights.
    Origin,
    /// From a point: d × k by row, then k intercepts.
    Point(Vec<f64>),
    /// From another fit of the same units, say with another penalty.
    Fit(Linear),
    /// From what fits by the dual left of the same units.
    Residuals(Residuals),
}

impl Start {
    /// The point, if there is one, and the gradient's length at the origin, label by label, if that is known.
    fn parts(self) -> (Option<Vec<f64>>, Option<Vec<f64>>) {
        match self {
            Start::Origin | Start::Residuals(_) => (None, None),
            Start::Point(point) => (Some(point), None),
            Start::Fit(fit) => (Some(fit.point), fit.outcome.map(|outcome| outcome.origin)),
        }
    }
}

/// Labels that are solved side by side where each stands for itself: with eight lanes a row of weights fills half of what a cache reads at once,
/// and more gain nothing (measured: 2.2 ms a label and pass with 8, 4.9 with 1, 2.4 with 16).
pub(super) const LABELS_A_BLOCK: usize = 8;

/// Fits a problem whose parts are already at hand: what cross-validation calls again and again.
pub fn solve(problem: Problem, l2: L2, stop: Stop, start: Start) -> Linear {
    solve_signed(problem, l2, stop, start, &[])
}

/// As [`solve`], where the weights at the places `positive` (of d × k by row, rising) may not be negative.
pub fn solve_signed(problem: Problem, l2: L2, stop: Stop, start: Start, positive: &[usize]) -> Linear {
    let start = match start {
        Start::Residuals(residuals) => Some(residuals),
        Start::Origin if dual::suits(&problem, positive) => None,
        // Whoever has weights to start from came there by Newton's method, and goes on by it.
        start => return by_newton(problem, l2, stop, start, positive),
    };
    let fit = dual::solve(problem, l2, stop, start);
    // What the dual cannot reach, Newton's method does from there.
    let is_done = fit.outcome.as_ref().is_some_and(|outcome| outcome.converged);
    if is_done { fit } else { by_newton(problem, l2, stop, Start::Point(fit.point), positive) }
}

pub(super) fn by_newton(problem: Problem, l2: L2, stop: Stop, start: Start, positive: &[usize]) -> Linear {
    let k = problem.truth.labels;
    match problem.loss {
        Loss::Softmax if k == 2 && problem.ratios.is_none() && positive.is_empty() => {
            two_classes(problem, l2, stop, start)
        }
        Loss::Softmax => blocks(problem, l2, stop, start, positive, k),
        Loss::OneVsRest => blocks(problem, l2, stop, start, positive, LABELS_A_BLOCK),
    }
}

/// A softmax of two labels is one logistic regression: the penalty `(α/2)(|w₀|² + |w₁|²)` is least, for a given difference `u = w₁ − w₀`, at
/// `w₁ = −w₀ = u/2`, where it is `(α/4)·|u|²`.
fn two_classes(problem: Problem, l2: L2, stop: Stop, start: Start) -> Linear {
    let (rows, second) = (problem.rows, |pair: &[f64]| pair[1] - pair[0]);
    let truth = Truth::new(1, (0..problem.truth.units()).map(|i| !problem.truth.has(i, 0)).collect());
    let labels = problem.costs.labels.as_ref().map(|factors| vec![[factors[0][1], factors[1][1]]]);
    let costs = labels.map(|labels| Costs { units: problem.costs.units.clone(), labels: Some(labels) });
    let problem = Problem {
        truth: &truth,
        costs: costs.as_ref().unwrap_or(problem.costs),
        loss: Loss::OneVsRest,
        rows,
        ..problem
    };
    let (point, origin) = start.parts();
    let point = point.map(|point| point.chunks_exact(2).map(second).collect());
    let (point, outcome) = block(problem, L2(l2.0 / 2.0), stop, point, origin, 0..1, &[]);
    let point = point.iter().flat_map(|weight| [-weight / 2.0, weight / 2.0]).collect();
    Linear { point, labels: 2, outcome: Some(outcome) }
}

/// Solves the labels in blocks, side by side.
fn blocks(problem: Problem, l2: L2, stop: Stop, start: Start, positive: &[usize], of: usize) -> Linear {
    let k = problem.truth.labels;
    let (point, origin) = start.parts();
    let solved: Vec<(Range<usize>, Vec<f64>, Outcome)> = (0..k.div_ceil(of))
        .into_par_iter()
        .map(|at| {
            let labels = at * of..((at + 1) * of).min(k);
            let point = point.as_ref().map(|point| in_lanes(point, k, &labels));
            let parts = if problem.loss == Loss::Softmax { 0..1 } else { labels.clone() };
            let origin = origin.as_ref().map(|origin| origin[parts].to_vec());
            let own = positive.iter().filter(|&&place| labels.contains(&(place % k)));
            let own: Vec<usize> = own.map(|place| place / k * lanes(labels.len()) + place % k - labels.start).collect();
            let (point, outcome) = block(problem, l2, stop, point, origin, labels.clone(), &own);
            (labels, point, outcome)
        })
        .collect();
    drop(point);
    let mut all = Linear { point: vec![0.0; (problem.rows.width() + 1) * k], labels: k, outcome: None };
    let mut outcome = Outcome { steps: 0, passes: 0, converged: true, value: Vec::new(), origin: Vec::new() };
    for (labels, point, own) in solved {
        from_lanes(&mut all.point, k, &labels, &point);
        outcome.steps = outcome.steps.max(own.steps);
        outcome.passes += own.passes;
        outcome.converged &= own.converged;
        outcome.value.extend(own.value);
        outcome.origin.extend(own.origin);
    }
    Linear { outcome: Some(outcome), ..all }
}

/// How often [`block`] may change its mind on which weights are held at zero.
const MOST_ROUNDS: usize = 20;

/// Solves some labels: from a point and with places in lanes, to a point in lanes.
///
/// Active sets (Hintermüller, Ito & Kunisch 2002): the problem is solved with some of the weights that may not be negative held at zero; any that came out
/// negative are held too, any that the gradient would raise are let go, until nothing changes.
fn block(
    problem: Problem,
    l2: L2,
    stop: Stop,
    point: Option<Vec<f64>>,
    origin: Option<Vec<f64>>,
    labels: Range<usize>,
    positive: &[usize],
) -> (Vec<f64>, Outcome) {
    let mut objective = Logistic::new(problem, labels.clone(), l2.get());
    let mut point = point.unwrap_or_else(|| objective.origin());
    let idle = objective.parts().min(lanes(labels.len())) - labels.len().min(objective.parts());
    let mut origin = origin.map(|origin| origin.into_iter().chain(std::iter::repeat_n(0.0, idle)).collect());
    let all = problem.ratios.map(|ratios| in_lanes(ratios, problem.truth.labels, &labels));
    let mut held = vec![false; positive.len()];
    for round in 0.. {
        if !positive.is_empty() {
            let mut ratios = all.clone().unwrap_or_else(|| vec![1.0; objective.dimension() - lanes(labels.len())]);
            positive.iter().zip(&held).filter(|(_, held)| **held).for_each(|(&at, _)| ratios[at] = 0.0);
            objective.with_ratios(Some(ratios));
        }
        let mut outcome = newton::minimise(&mut objective, &mut point, stop, origin.take());
        positive.iter().zip(&held).filter(|(_, held)| **held).for_each(|(&at, _)| point[at] = 0.0);
        let next = if positive.is_empty() {
            Vec::new()
        } else {
            held_next(&mut objective, all.as_ref(), &point, positive, &held)
        };
        if next == held || round == MOST_ROUNDS {
            positive.iter().for_each(|&at| point[at] = point[at].max(0.0));
            outcome.value.truncate(labels.len());
            outcome.origin.truncate(labels.len());
            return (point, outcome);
        }
        (held, origin) = (next, Some(outcome.origin));
    }
    unreachable!("the rounds are bounded")
}

/// Which weights are to be held at zero from now on, when `point` is the minimum with those held that were.
fn held_next(
    objective: &mut Logistic,
    all: Option<&Vec<f64>>,
    point: &[f64],
    positive: &[usize],
    held: &[bool],
) -> Vec<bool> {
    objective.with_ratios(all.cloned());
    let (mut gradient, mut diagonal) = (vec![0.0; point.len()], vec![0.0; point.len()]);
    objective.move_to(point, &mut gradient, &mut diagonal);
    let places = positive.iter().zip(held);
    places.map(|(&at, held)| if *held { gradient[at] >= 0.0 } else { point[at] < 0.0 }).collect()
}

/// Sparse rows as linfa counts them.
impl Records for Rows {
    type Elem = f32;

    fn nsamples(&self) -> usize {
        self.height()
    }

    fn nfeatures(&self) -> usize {
        self.width()
    }
}

impl PredictInplace<Rows, Array2<f64>> for Linear {
    /// Scores in log-odds, n × k.
    fn predict_inplace<'a>(&'a self, rows: &'a Rows, scores: &mut Array2<f64>) {
        let (weights, intercepts) = self.point.split_at(self.point.len() - self.labels);
        let out = scores.as_slice_mut().expect("the default target is contiguous");
        rows.times(weights, intercepts, out);
    }

    fn default_target(&self, rows: &Rows) -> Array2<f64> {
        Array2::zeros((rows.height(), self.labels))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::FeatureId;
    use crate::learn::dense;
    use linfa::traits::Predict;
    use proptest::prelude::*;

    fn rows_of(cells: &[Vec<f32>]) -> Rows {
        let mut rows = Rows::new(cells[0].len());
        for row in cells {
            let entries = row.iter().enumerate().filter(|(_, v)| **v != 0.0);
            rows.push(entries.map(|(j, v)| (FeatureId(j as u32), *v)));
        }
        rows
    }

    fn sparse(rows: &Rows, truth: &Truth, loss: Loss, alpha: f64) -> Linear {
        let targets = Array2::from_shape_fn((truth.units(), truth.labels), |(i, k)| truth.has(i, k));
        let params = LogisticParams::new(loss).alpha(alpha).stop(Stop { tolerance: 1e-9, steps: 200 });
        Guarded::from(params).fit(&DatasetBase::new(rows.clone(), targets)).expect("parameters are valid")
    }

    /// The gradient's length at a point.
    fn slope(rows: &Rows, truth: &Truth, loss: Loss, alpha: f64, point: &[f64]) -> f64 {
        let costs = Costs { units: vec![1.0; rows.height()], labels: None };
        let problem = Problem { rows, truth, costs: &costs, ratios: None, loss };
        let mut objective = Logistic::new(problem, 0..truth.labels, alpha);
        let point = in_lanes(point, truth.labels, &(0..truth.labels));
        let (mut gradient, mut diagonal) = (vec![0.0; point.len()], vec![0.0; point.len()]);
        objective.move_to(&point, &mut gradient, &mut diagonal);
        gradient.iter().map(|g| g * g).sum::<f64>().sqrt()
    }

    /// Softmax intercepts are only determined up to a constant.
    fn centred(mut point: Vec<f64>, k: usize) -> Vec<f64> {
        let at = point.len() - k;
        let mean = point[at..].iter().sum::<f64>() / k as f64;
        point[at..].iter_mut().for_each(|b| *b -= mean);
        point
    }

    #[test]
    fn unsound_parameters_cannot_fit() {
        let rows = rows_of(&[vec![1.0], vec![-1.0]]);
        let data = DatasetBase::new(rows, Array2::from_elem((2, 1), true));
        for alpha in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            let guarded = Guarded::from(LogisticParams::new(Loss::OneVsRest).alpha(alpha));
            assert!(matches!(guarded.fit(&data), Err(LearnError::Strength(_))));
        }
    }

    #[test]
    fn a_weight_of_two_is_the_row_twice() {
        let once = rows_of(&[vec![1.0, 0.5], vec![-1.0, 0.2], vec![0.3, -1.0]]);
        let twice = rows_of(&[vec![1.0, 0.5], vec![1.0, 0.5], vec![-1.0, 0.2], vec![0.3, -1.0]]);
        let weights = ndarray::arr1(&[2.0f32, 1.0, 1.0]);
        let targets = ndarray::arr2(&[[true], [false], [true]]);
        let doubled = ndarray::arr2(&[[true], [true], [false], [true]]);
        let params = || Guarded::from(LogisticParams::new(Loss::OneVsRest).stop(Stop { tolerance: 1e-10, steps: 99 }));
        let a = params().fit(&DatasetBase::new(once, targets).with_weights(weights)).unwrap();
        let b = params().fit(&DatasetBase::new(twice, doubled)).unwrap();
        a.point.iter().zip(&b.point).for_each(|(a, b)| assert!((a - b).abs() < 1e-8));
    }

    #[test]
    fn prediction_gives_the_scores_of_a_dataset() {
        let rows = rows_of(&[vec![1.0, 0.0], vec![0.0, 2.0]]);
        let linear = Linear { point: vec![1.0, -1.0, 0.5, 3.0, 0.0, 10.0], labels: 2, outcome: None };
        let data = DatasetBase::new(rows, ());
        assert_eq!(linear.predict(&data), ndarray::arr2(&[[1.0, 9.0], [1.0, 16.0]]));
    }

    /// At the minimum under signs a free weight has no slope, and one held at zero would only rise.
    #[test]
    fn weights_of_one_sign_meet_the_conditions_of_a_minimum() {
        let cells: Vec<Vec<f32>> =
            (0..40).map(|i| (0..4).map(|j| f32::from(u8::from((i * 7 + j * 5) % (j + 3) < 2))).collect()).collect();
        let rows = rows_of(&cells);
        let truth = Truth::new(2, (0..40).flat_map(|i| [i % 3 == 0, i % 4 < 2]).collect());
        let costs = Costs { units: vec![1.0; 40], labels: None };
        let problem = Problem { rows: &rows, truth: &truth, costs: &costs, ratios: None, loss: Loss::OneVsRest };
        let (stop, l2) = (Stop { tolerance: 1e-9, steps: 200 }, L2::new(0.3).unwrap());
        let free = solve(problem, l2, stop, Start::Origin).point;
        let positive: Vec<usize> = (0..8).collect();
        assert!(free[..8].iter().any(|weight| *weight < -0.01), "the signs bind nothing: {free:?}");
        let signed = solve_signed(problem, l2, stop, Start::Origin, &positive).point;
        let mut objective = Logistic::new(problem, 0..2, 0.3);
        let (mut gradient, mut diagonal) = (vec![0.0; 10], vec![0.0; 10]);
        objective.move_to(&signed, &mut gradient, &mut diagonal);
        for at in 0..8 {
            assert!(signed[at] >= 0.0);
            assert!(
                if signed[at] > 0.0 { gradient[at].abs() < 1e-5 } else { gradient[at] > -1e-5 },
                "{at}: {gradient:?}"
            );
        }
    }

    /// A label that all units have has no minimum: its intercept would grow until rounding ends it, and differently for each order of rows.
    #[test]
    fn a_label_that_all_units_have_or_none_keeps_the_log_odds_of_half_a_unit() {
        let few: Vec<Vec<f32>> = (0..90).map(|i| vec![f32::from(i as u8 % 3), 1.0]).collect();
        let many: Vec<Vec<f32>> =
            (0..9).map(|i| (0..9).map(|j| f32::from(u8::from(i == j || (i + j) % 4 == 0))).collect()).collect();
        for (cells, is_dual) in [(few, false), (many, true)] {
            let (units, rows) = (cells.len(), rows_of(&cells));
            let truth = Truth::new(3, (0..units).flat_map(|i| [true, i % 5 < 2 || i < 6, false]).collect());
            let costs = Costs { units: vec![1.0; units], labels: None };
            let problem = Problem { rows: &rows, truth: &truth, costs: &costs, ratios: None, loss: Loss::OneVsRest };
            assert_eq!(dual::suits(&problem, &[]), is_dual);
            let point = solve(problem, L2::new(0.1).unwrap(), EXACT, Start::Origin).point;
            let (weights, intercepts) = point.split_at(point.len() - 3);
            let prior = libm::log((units as f64 + 0.5) / 0.5);
            assert!((intercepts[0] - prior).abs() < 1e-9 && (intercepts[2] + prior).abs() < 1e-9, "{intercepts:?}");
            assert!(weights.chunks_exact(3).all(|row| row[0] == 0.0 && row[2] == 0.0 && row[1] != 0.0), "{weights:?}");
        }
    }

    /// The gradient of both, and the weights of both, on the project's own sentences.
    #[test]
    fn the_sparse_solver_and_linfa_agree_on_real_sentences() {
        let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("training/pilot/sentences.jsonl");
        let corpus = crate::corpus::read(&[file], &crate::corpus::ReadOptions::default()).unwrap();
        let texts: Vec<&str> = corpus.examples.iter().map(|example| example.text.as_str()).collect();
        let settings = crate::features::FeatureSettings { min_count: 4, ..Default::default() };
        let (_, rows) = crate::features::Featurizer::learn(settings, &texts).unwrap();
        let labels = ["threat", "denial", "urgency"];
        let has = corpus.examples.iter().flat_map(|e| labels.map(|label| e.labels.iter().any(|own| own == label)));
        let truth = Truth::new(3, has.collect());
        let ours = sparse(&rows, &truth, Loss::OneVsRest, 0.5);
        let theirs = dense::fit(&rows, &truth, Loss::OneVsRest, 0.5).unwrap();
        let gap = ours.point.iter().zip(&theirs).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        assert!(gap < 1e-4, "{gap} in {} weights", theirs.len());
        assert!(slope(&rows, &truth, Loss::OneVsRest, 0.5, &ours.point) < 1e-6);
        assert!(slope(&rows, &truth, Loss::OneVsRest, 0.5, &theirs) < 1e-3);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn the_sparse_solver_and_linfa_reach_the_same_weights(
            cells in prop::collection::vec(prop::collection::vec(prop_oneof![Just(0.0f32), -1.0f32..1.0], 4), 12..30),
            picks in prop::collection::vec(0usize..3, 30),
            softmax in any::<bool>(),
            alpha in prop_oneof![Just(0.3), Just(1.0), Just(4.0)],
        ) {
            let rows = rows_of(&cells);
            // The first three units make sure that every label is there and missing once.
            let pick = |i: usize| if i < 3 { i } else { picks[i] };
            let truth = Truth::new(3, (0..rows.height()).flat_map(|i| (0..3).map(move |k| pick(i) == k)).collect());
            let loss = if softmax { Loss::Softmax } else { Loss::OneVsRest };
            let ours = sparse(&rows, &truth, loss, alpha);
            let theirs = dense::fit(&rows, &truth, loss, alpha).unwrap();
            let (ours, theirs) = match loss {
                Loss::OneVsRest => (ours.point, theirs),
                Loss::Softmax => (centred(ours.point, 3), centred(theirs, 3)),
            };
            for (a, b) in ours.iter().zip(&theirs) {
                prop_assert!((a - b).abs() < 1e-4, "{a} against {b}");
            }
            prop_assert!(slope(&rows, &truth, loss, alpha, &ours) < 1e-4);
            prop_assert!(slope(&rows, &truth, loss, alpha, &theirs) < 1e-3);
        }
    }
}
