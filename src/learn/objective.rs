//! Logistic and softmax loss over sparse rows: value, gradient, Hessian product.
//!
//! With weights `W` (d × k), intercepts `b` (k) and scores `z_i = Wᵀx_i + b`, costs `c` and penalty α, in nats:
//! one-vs-rest `Σ_i Σ_k c_ik ln(1 + e^(−y_ik z_ik)) + (α/2)·|W|²` with `y ∈ {−1, +1}`, which falls apart into k problems;
//! softmax `Σ_i c_i (ln Σ_k e^(z_ik) − z_i,y(i)) + (α/2)·|W|²` (Bishop 2006, ch. 4.3). Intercepts are not penalised.
//! A point is W by row, followed by b: (d + 1) × lanes numbers, a lane a label. There are 1, 2, 4 or a multiple of 8 lanes, so that the
//! processor adds several side by side; those beyond the labels stand idle.
//!
//! A row is gathered and scattered in one go, while it is in the cache. For several threads the rows are parted into chunks, as the data alone decides, each
//! with sums of its own that are added in order. Units without a cost (those of the fold that is held out) are passed over.

use std::borrow::Cow;
use std::ops::Range;

use rayon::prelude::*;

use super::exponential::exp;
use super::newton::sums;
pub use crate::evaluate::Truth;
use crate::features::matrix::{Number, Rows};

/// Entries of the matrix times lanes that are worth a chunk of rows, and the most chunks. Both are part of what decides the last bits.
const CELLS_A_CHUNK: usize = 1 << 20;
const MOST_CHUNKS: usize = 4;

/// Something smooth and convex to be minimised.
pub trait Objective {
    /// Length of a point.
    fn dimension(&self) -> usize;
    /// Into how many problems it falls apart: 1, or the 2, 4 or 8 of a point with as many columns, each column a problem of its own.
    fn parts(&self) -> usize;
    /// A point that knows nothing of the data but what is trivial; how long the gradient is there is the measure of how
    /// long it may still be at the end.
    fn origin(&self) -> Vec<f64> {
        vec![0.0; self.dimension()]
    }
    /// The parts that have no minimum: they stay at the origin.
    fn settled(&self) -> Vec<usize> {
        Vec::new()
    }
    /// The value at a point, part by part.
    fn value(&self, point: &[f64]) -> Vec<f64>;
    /// Moves to `point` and returns the value there, with the gradient and the Hessian's diagonal, or something near to it: what a
    /// conjugate-gradient step is scaled by.
    fn move_to(&mut self, point: &[f64], gradient: &mut [f64], diagonal: &mut [f32]) -> Vec<f64>;
    /// `H·direction` at the point last moved to.
    fn hessian_product(&mut self, direction: &[f32], out: &mut [f32]);
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
    /// What an error on label `k` of unit `i` costs.
    pub(super) fn of(&self, i: usize, k: usize, has: bool) -> f64 {
        self.units[i] * self.labels.as_ref().map_or(1.0, |factors| factors[k][usize::from(has)])
    }
}

/// What is to be learned from: the rows (n × d), the truth (n × k), the costs, and for naive-Bayes weighting the factor of each feature for
/// each label (d × k by row).
#[derive(Clone, Copy)]
pub struct Problem<'a> {
    pub rows: &'a Rows,
    pub truth: &'a Truth,
    pub costs: &'a Costs,
    pub ratios: Option<&'a [f64]>,
    pub loss: Loss,
}

impl Problem<'_> {
    /// What the units without each label cost, and those with it.
    pub(super) fn splits(&self, labels: Range<usize>, units: &[u32]) -> Vec<Split> {
        let mut splits = vec![Split { without: HALF_A_UNIT, with: HALF_A_UNIT }; labels.len()];
        for i in units.iter().map(|&i| i as usize) {
            for (label, split) in labels.clone().zip(&mut splits) {
                let has = self.truth.has(i, label);
                *(if has { &mut split.with } else { &mut split.without }) += self.costs.of(i, label, has);
            }
        }
        splits
    }

    /// The labels (as places in `splits`) that all units have, or none, where each stands for itself: their intercepts would grow without end.
    pub(super) fn settled(&self, splits: &[Split]) -> Vec<usize> {
        let is_settled = |at: &usize| splits[*at].without.min(splits[*at].with) == HALF_A_UNIT;
        (0..splits.len()).filter(|at| self.loss == Loss::OneVsRest && is_settled(at)).collect()
    }
}

/// The cost of all units without a label, and with it; half a unit is added to both, so that a label which all have, or none, has log-odds, too.
#[derive(Clone, Copy, Debug)]
pub(super) struct Split {
    pub without: f64,
    pub with: f64,
}

impl Split {
    /// The log-odds of the label among the units, or where exactly one label holds the logarithm of its share of `total`.
    pub fn prior(self, loss: Loss, total: f64) -> f64 {
        match loss {
            Loss::OneVsRest => libm::log(self.with / self.without),
            Loss::Softmax => libm::log(self.with / total),
        }
    }
}

const HALF_A_UNIT: f64 = 0.5;

/// The penalised loss of some labels of a [`Problem`] and what it remembers of the point that it was moved to.
pub struct Logistic<'a> {
    problem: Problem<'a>,
    l2: f64,
    /// The label of each lane; lanes beyond stand idle.
    labels: Range<usize>,
    lanes: usize,
    /// The units that cost something, and where the chunks of them end.
    units: Vec<u32>,
    ends: Vec<usize>,
    splits: Vec<Split>,
    /// Units × lanes: for one-vs-rest the curvature `c·p(1 − p)`, for softmax the probabilities.
    curvature: Vec<f32>,
    /// d × lanes.
    ratios: Option<Vec<f64>>,
    /// What the chunks but the first add to a Hessian product.
    others: Vec<Vec<f32>>,
}

impl<'a> Logistic<'a> {
    /// The objective of these labels (of a softmax all) with penalty α = `l2`.
    pub fn new(problem: Problem<'a>, labels: Range<usize>, l2: f64) -> Self {
        let lanes = lanes(labels.len());
        let units: Vec<u32> =
            (0..problem.rows.height()).filter(|&i| problem.costs.units[i] != 0.0).map(|i| i as u32).collect();
        let ends = chunk_ends(problem.rows, &units, lanes);
        let curvature = vec![0.0; units.len() * lanes];
        let ratios = problem.ratios.map(|ratios| in_lanes(ratios, problem.truth.labels, &labels));
        let splits = problem.splits(labels.clone(), &units);
        Logistic { problem, l2, labels, lanes, units, ends, splits, curvature, ratios, others: Vec::new() }
    }

    /// Other factors of features than those of the problem: d × lanes, or none.
    pub fn with_ratios(&mut self, ratios: Option<Vec<f64>>) {
        self.ratios = ratios;
    }

    /// `W ∘ ratios`, and the intercepts.
    fn scaled<'p, T: Number>(&self, point: &'p [T], narrow: impl Fn(f64) -> T) -> Cow<'p, [T]>
    where
        [T]: ToOwned<Owned = Vec<T>>,
    {
        let Some(ratios) = &self.ratios else { return Cow::Borrowed(point) };
        let weights = point.iter().zip(ratios).map(|(weight, ratio)| *weight * narrow(*ratio));
        Cow::Owned(weights.chain(point[ratios.len()..].iter().copied()).collect())
    }

    /// The units of each chunk, with their part of something of `lanes` cells a unit.
    fn chunks<'c, T>(&'c self, mut cells: &'c mut [T]) -> Vec<(&'c [u32], &'c mut [T])> {
        let mut start = 0;
        let mut chunks = Vec::with_capacity(self.ends.len());
        for &end in &self.ends {
            let (own, rest) = cells.split_at_mut((end - start) * self.lanes);
            chunks.push((&self.units[start..end], own));
            (cells, start) = (rest, end);
        }
        chunks
    }

    /// Turns a unit's scores into residuals `c(p − y)`, fills in its curvature, and adds its losses.
    #[inline]
    fn look(&self, i: usize, scores: &mut [f64], curvature: &mut [f32], losses: &mut Losses) {
        match (self.problem.loss, self.lanes) {
            (Loss::Softmax, _) => self.softmax(i, scores, curvature, losses),
            (Loss::OneVsRest, 8) => self.one_vs_rest::<8>(i, scores, curvature, losses),
            (Loss::OneVsRest, 4) => self.one_vs_rest::<4>(i, scores, curvature, losses),
            (Loss::OneVsRest, 2) => self.one_vs_rest::<2>(i, scores, curvature, losses),
            (Loss::OneVsRest, _) => self.one_vs_rest::<1>(i, scores, curvature, losses),
        }
    }

    #[inline]
    fn one_vs_rest<const L: usize>(&self, i: usize, scores: &mut [f64], curvature: &mut [f32], losses: &mut Losses) {
        let (costs, truth) = (&self.problem.costs, &self.problem.truth.row(i)[self.labels.clone()]);
        // Idle lanes cost nothing.
        let (mut sign, mut cost) = ([-1.0; L], [0.0; L]);
        for (lane, has) in truth.iter().enumerate() {
            sign[lane] = if *has { 1.0 } else { -1.0 };
            cost[lane] = costs.of(i, self.labels.start + lane, *has);
        }
        let margin: [f64; L] = std::array::from_fn(|lane| sign[lane] * scores[lane]);
        let small: [f64; L] = std::array::from_fn(|lane| exp(-margin[lane].abs()));
        for lane in 0..L {
            let inverse = 1.0 / (1.0 + small[lane]);
            let miss = if margin[lane] >= 0.0 { small[lane] * inverse } else { inverse };
            losses.sums[lane] += cost[lane] * (-margin[lane]).max(0.0);
            curvature[lane] = (cost[lane] * small[lane] * inverse * inverse) as f32;
            scores[lane] = -sign[lane] * cost[lane] * miss;
        }
        if costs.labels.is_none() && costs.units[i] == 1.0 {
            // ln(1 + a) + ln(1 + b) = ln((1 + a)(1 + b)): one logarithm for many units.
            (0..L).for_each(|lane| losses.products[lane] *= 1.0 + small[lane]);
            losses.close_unit();
        } else {
            (0..L).for_each(|lane| losses.sums[lane] += cost[lane] * libm::log1p(small[lane]));
        }
    }

    fn softmax(&self, i: usize, scores: &mut [f64], probabilities: &mut [f32], losses: &mut Losses) {
        let label = true_label(self.problem.truth.row(i));
        let cost = self.problem.costs.of(i, label, true);
        let own = scores[label];
        let top = scores[..self.labels.len()].iter().copied().fold(f64::NEG_INFINITY, f64::max);
        scores.iter_mut().for_each(|score| *score = exp((*score - top).min(0.0)));
        scores[self.labels.len()..].fill(0.0);
        let sum: f64 = scores.iter().sum();
        for (score, p) in scores.iter_mut().zip(probabilities) {
            *p = (*score / sum) as f32;
            *score = cost * (*score / sum);
        }
        scores[label] -= cost;
        losses.sums[0] += cost * (top + libm::log(sum) - own);
    }

    fn cost(&self, i: usize) -> f64 {
        self.problem.costs.of(i, true_label(self.problem.truth.row(i)), true)
    }

    fn penalty(&self, point: &[f64]) -> Vec<f64> {
        let weights = &point[..point.len() - self.lanes];
        let squares = sums(weights, weights, self.parts(), |a, b| a * b);
        squares.into_iter().map(|square| self.l2 / 2.0 * square).collect()
    }

    /// What one chunk of units says at a point.
    fn slope_of(&self, units: &[u32], curvature: &mut [f32], point: &[f64]) -> Slope {
        let lanes = self.lanes;
        let weights = point.len() - lanes;
        let mut slope =
            Slope { losses: Losses::new(lanes), gradient: vec![0.0; point.len()], diagonal: vec![0.0; point.len()] };
        let (mut scores, mut curve) = (vec![0.0; lanes], vec![0.0; lanes]);
        for (&i, curvature) in units.iter().zip(curvature.chunks_exact_mut(lanes)) {
            let i = i as usize;
            scores.copy_from_slice(&point[weights..]);
            self.problem.rows.gather(i, point, &mut scores);
            self.look(i, &mut scores, curvature, &mut slope.losses);
            curve.copy_from_slice(curvature);
            if self.problem.loss == Loss::Softmax {
                let cost = self.cost(i) as f32;
                curve.iter_mut().for_each(|p| *p = cost * *p * (1.0 - *p));
            }
            self.problem.rows.scatter(i, &scores, &mut slope.gradient);
            self.problem.rows.scatter_squares(i, &curve, &mut slope.diagonal);
            slope.gradient[weights..].iter_mut().zip(&scores).for_each(|(sum, residual)| *sum += residual);
            slope.diagonal[weights..].iter_mut().zip(&curve).for_each(|(sum, curve)| *sum += curve);
        }
        slope
    }

    /// `out += Xᵀ·C·X·direction` of one chunk of units.
    fn product_of(&self, units: &[u32], curvature: &[f32], direction: &[f32], out: &mut [f32]) {
        let lanes = self.lanes;
        let weights = direction.len() - lanes;
        let (mut product, mut intercepts) = (vec![0.0; lanes], vec![0.0; lanes]);
        for (&i, curvature) in units.iter().zip(curvature.chunks_exact(lanes)) {
            let i = i as usize;
            product.copy_from_slice(&direction[weights..]);
            self.problem.rows.gather(i, direction, &mut product);
            match self.problem.loss {
                Loss::OneVsRest => product.iter_mut().zip(curvature).for_each(|(u, curve)| *u *= curve),
                Loss::Softmax => {
                    let cost = self.cost(i) as f32;
                    let mean: f32 = product.iter().zip(curvature).map(|(u, p)| u * p).sum();
                    product.iter_mut().zip(curvature).for_each(|(u, p)| *u = cost * p * (*u - mean));
                }
            }
            self.problem.rows.scatter(i, &product, out);
            // So many terms are too many for single precision.
            intercepts.iter_mut().zip(&product).for_each(|(sum, u): (&mut f64, _)| *sum += f64::from(*u));
        }
        out[weights..].iter_mut().zip(&intercepts).for_each(|(out, sum)| *out = *sum as f32);
    }
}

/// What a chunk of units says at a point.
struct Slope {
    losses: Losses,
    gradient: Vec<f64>,
    diagonal: Vec<f32>,
}

/// The losses of a chunk of units, lane by lane: their sum is `sums + ln products`.
struct Losses {
    sums: Vec<f64>,
    products: Vec<f64>,
    units: usize,
}

impl Losses {
    fn new(lanes: usize) -> Self {
        Losses { sums: vec![0.0; lanes], products: vec![1.0; lanes], units: 0 }
    }

    /// Each unit multiplies by 2 at most, so that this many do not overflow.
    #[inline]
    fn close_unit(&mut self) {
        const MOST: usize = 512;
        self.units += 1;
        if self.units == MOST {
            self.close();
        }
    }

    fn close(&mut self) {
        self.sums.iter_mut().zip(&mut self.products).for_each(|(sum, product)| *sum += libm::log(*product));
        self.products.fill(1.0);
        self.units = 0;
    }

    fn add_to(mut self, value: &mut [f64]) {
        self.close();
        value.iter_mut().zip(&self.sums).for_each(|(value, sum)| *value += sum);
    }
}

/// How many lanes as many labels take.
pub fn lanes(labels: usize) -> usize {
    if labels > 4 { labels.next_multiple_of(8) } else { labels.next_power_of_two() }
}

/// Some of the columns of a matrix of k columns, filled up with empty ones.
pub fn in_lanes(matrix: &[f64], k: usize, labels: &Range<usize>) -> Vec<f64> {
    let lanes = lanes(labels.len());
    let mut out = vec![0.0; matrix.len() / k * lanes];
    for (out, row) in out.chunks_exact_mut(lanes).zip(matrix.chunks_exact(k)) {
        out[..labels.len()].copy_from_slice(&row[labels.clone()]);
    }
    out
}

/// Puts columns back where [`in_lanes`] took them from.
pub fn from_lanes(matrix: &mut [f64], k: usize, labels: &Range<usize>, block: &[f64]) {
    let lanes = lanes(labels.len());
    for (row, block) in matrix.chunks_exact_mut(k).zip(block.chunks_exact(lanes)) {
        row[labels.clone()].copy_from_slice(&block[..labels.len()]);
    }
}

/// Chunks of about as many entries each.
fn chunk_ends(rows: &Rows, units: &[u32], lanes: usize) -> Vec<usize> {
    let entries: usize = units.iter().map(|&i| rows.entries_in(i as usize)).sum();
    let chunks = (entries * lanes / CELLS_A_CHUNK).clamp(1, MOST_CHUNKS);
    let (mut ends, mut sum) = (Vec::new(), 0);
    for (at, &i) in units.iter().enumerate() {
        sum += rows.entries_in(i as usize);
        if sum * chunks >= entries * (ends.len() + 1) && ends.len() + 1 < chunks {
            ends.push(at + 1);
        }
    }
    ends.push(units.len());
    ends
}

impl Objective for Logistic<'_> {
    fn dimension(&self) -> usize {
        (self.problem.rows.width() + 1) * self.lanes
    }

    fn parts(&self) -> usize {
        match self.problem.loss {
            Loss::OneVsRest => self.lanes,
            Loss::Softmax => 1,
        }
    }

    /// No weights, and the intercepts that are best without them: the log-odds, or logs, of the labels' costs. At zero
    /// the intercepts' gradient would dwarf all others, and a rare label would seem learned when only its rarity is.
    fn origin(&self) -> Vec<f64> {
        let mut point = vec![0.0; self.dimension()];
        let intercepts = self.dimension() - self.lanes;
        for (intercept, Split { without, with }) in point[intercepts..].iter_mut().zip(&self.splits) {
            *intercept = match self.problem.loss {
                Loss::OneVsRest => libm::log(with / without),
                Loss::Softmax => libm::log(*with),
            };
        }
        point
    }

    fn settled(&self) -> Vec<usize> {
        self.problem.settled(&self.splits)
    }

    fn value(&self, point: &[f64]) -> Vec<f64> {
        let scaled = self.scaled(point, |ratio| ratio);
        let weights = point.len() - self.lanes;
        let ends = self.ends.iter().scan(0, |start, &end| Some(std::mem::replace(start, end)..end));
        let losses: Vec<Losses> = ends
            .collect::<Vec<_>>()
            .into_par_iter()
            .map(|chunk| {
                let mut losses = Losses::new(self.lanes);
                let (mut scores, mut curvature) = (vec![0.0; self.lanes], vec![0.0; self.lanes]);
                for i in self.units[chunk].iter().map(|&i| i as usize) {
                    scores.copy_from_slice(&scaled[weights..]);
                    self.problem.rows.gather(i, &scaled, &mut scores);
                    self.look(i, &mut scores, &mut curvature, &mut losses);
                }
                losses
            })
            .collect();
        let mut value = self.penalty(point);
        losses.into_iter().for_each(|losses| losses.add_to(&mut value));
        value
    }

    fn move_to(&mut self, point: &[f64], gradient: &mut [f64], diagonal: &mut [f32]) -> Vec<f64> {
        let scaled = self.scaled(point, |ratio| ratio);
        let mut curvature = std::mem::take(&mut self.curvature);
        let chunks: Vec<_> = self.chunks(&mut curvature);
        let chunks: Vec<Slope> =
            chunks.into_par_iter().map(|(units, curvature)| self.slope_of(units, curvature, &scaled)).collect();
        let mut value = self.penalty(point);
        gradient.fill(0.0);
        diagonal.fill(0.0);
        for chunk in chunks {
            gradient.iter_mut().zip(&chunk.gradient).for_each(|(sum, own)| *sum += own);
            diagonal.iter_mut().zip(&chunk.diagonal).for_each(|(sum, own)| *sum += own);
            chunk.losses.add_to(&mut value);
        }
        self.curvature = curvature;
        for (at, ratio) in self.ratios.iter().flatten().enumerate() {
            gradient[at] *= ratio;
            diagonal[at] *= (ratio * ratio) as f32;
        }
        let (weights, l2) = (point.len() - self.lanes, self.l2 as f32);
        gradient[..weights].iter_mut().zip(point).for_each(|(slope, weight)| *slope += self.l2 * weight);
        diagonal[..weights].iter_mut().for_each(|curve| *curve += l2);
        value
    }

    fn hessian_product(&mut self, direction: &[f32], out: &mut [f32]) {
        let mut others = std::mem::take(&mut self.others);
        others.resize_with(self.ends.len() - 1, || vec![0.0; direction.len()]);
        let scaled = self.scaled(direction, |ratio| ratio as f32);
        let mut curvature = std::mem::take(&mut self.curvature);
        let outs = std::iter::once(&mut *out).chain(others.iter_mut().map(|other| &mut other[..]));
        let chunks: Vec<_> = self.chunks(&mut curvature).into_iter().zip(outs).collect();
        chunks.into_par_iter().for_each(|((units, curvature), out)| {
            out.fill(0.0);
            self.product_of(units, curvature, &scaled, out);
        });
        for other in &others {
            out.iter_mut().zip(other).for_each(|(sum, own)| *sum += own);
        }
        (self.others, self.curvature) = (others, curvature);
        for (out, ratio) in out.iter_mut().zip(self.ratios.iter().flatten()) {
            *out *= *ratio as f32;
        }
        let (weights, l2) = (out.len() - self.lanes, self.l2 as f32);
        out[..weights].iter_mut().zip(direction).for_each(|(out, at)| *out += l2 * at);
    }
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
            let has = picks.iter().enumerate().flat_map(|(i, &p)| {
                if softmax { [p == 0, p == 1] } else { [p == 0, i % 2 == 0] }
            });
            let truth = Truth::new(2, has.collect());
            let costs = Costs { units: vec![1.0, 2.0, 0.5, 0.0], labels: Some(vec![[1.0, 3.0], [0.5, 1.0]]) };
            let ratios: Vec<f64> = (0..6).map(|i| 0.4 + 0.3 * i as f64).collect();
            let loss = if softmax { Loss::Softmax } else { Loss::OneVsRest };
            let ratios = with_ratios.then_some(&ratios[..]);
            let problem = Problem { rows: &rows, truth: &truth, costs: &costs, ratios, loss };
            let mut objective = Logistic::new(problem, 0..2, 0.7);
            let value = |objective: &Logistic, point: &[f64]| objective.value(point).iter().sum::<f64>();
            let moved = |by: f64| -> Vec<f64> { at.iter().zip(&step).map(|(a, s)| a + by * s).collect() };

            let h = 1e-5;
            let slope = (value(&objective, &moved(h)) - value(&objective, &moved(-h))) / (2.0 * h);
            let (mut gradient, mut ahead, mut behind, mut diagonal) = ([0.0; 8], [0.0; 8], [0.0; 8], [0.0; 8]);
            objective.move_to(&moved(h), &mut ahead, &mut diagonal);
            objective.move_to(&moved(-h), &mut behind, &mut diagonal);
            let there = objective.move_to(&at, &mut gradient, &mut diagonal);
            prop_assert!((there.iter().sum::<f64>() - value(&objective, &at)).abs() < 1e-12);
            let (mut curve, step) = ([0.0f32; 8], step.iter().map(|s| *s as f32).collect::<Vec<f32>>());
            objective.hessian_product(&step, &mut curve);
            let predicted: f64 = gradient.iter().zip(&step).map(|(g, s)| g * f64::from(*s)).sum();
            prop_assert!((slope - predicted).abs() < 1e-6, "slope {slope}, gradient says {predicted}");
            for j in 0..8 {
                prop_assert!((f64::from(curve[j]) - (ahead[j] - behind[j]) / (2.0 * h)).abs() < 1e-5);
            }
            for j in 0..8 {
                let mut unit = [0.0; 8];
                unit[j] = 1.0;
                objective.hessian_product(&unit, &mut curve);
                prop_assert!((diagonal[j] - curve[j]).abs() < 1e-6 * (1.0 + curve[j].abs()));
            }
        }

        /// Seven labels in eight lanes, and a threefold softmax in four: idle lanes stay out of it.
        #[test]
        fn a_softmax_of_three_labels_has_the_slope_that_its_values_tell(
            at in prop::collection::vec(-2.0..2.0f64, 16),
            picks in prop::collection::vec(0usize..3, 4),
        ) {
            let rows = rows();
            let truth = Truth::new(3, picks.iter().flat_map(|&p| [p == 0, p == 1, p == 2]).collect());
            let costs = Costs { units: vec![1.0; 4], labels: None };
            let problem = Problem { rows: &rows, truth: &truth, costs: &costs, ratios: None, loss: Loss::Softmax };
            let mut objective = Logistic::new(problem, 0..3, 0.7);
            let (mut gradient, mut diagonal) = ([0.0; 16], [0.0; 16]);
            let at: Vec<f64> = at.iter().enumerate().map(|(j, x)| if j % 4 == 3 { 0.0 } else { *x }).collect();
            objective.move_to(&at, &mut gradient, &mut diagonal);
            for j in 0..16 {
                let moved = |by: f64| {
                    let mut point = at.clone();
                    point[j] += by;
                    objective.value(&point)[0]
                };
                let slope = (moved(1e-5) - moved(-1e-5)) / 2e-5;
                let is_right = if j % 4 == 3 { gradient[j] == 0.0 } else { (slope - gradient[j]).abs() < 1e-6 };
                prop_assert!(is_right, "{slope} {gradient:?}");
            }
        }
    }
}
