//! Minimises the losses of [`objective`](super::objective) by their dual, a unit at a time: what wins where units have few words in common, as those of
//! word pairs do, and what needs memory for no more than one weight a column and label.
//!
//! At the minimum `W = Σ_i c_i·x_i·a_iᵀ / α` with residuals `a_i = y_i − p_i`: the truth less the probabilities that W itself gives. Coordinate ascent
//! (Yu, Huang & Lin 2011, "Dual coordinate descent methods for logistic regression and maximum entropy models"; Shalev-Shwartz & Zhang 2013) keeps W so for any
//! residuals, visits one unit after another, and gives it the residuals that are best while all others stay. With scores `z = Wᵀx + b`, the old
//! probabilities `p` and `q = c·|x|²/α`, the new ones `π` solve `ln π_k + q·π_k = z_k + q·p_k − ν` with `Σ π = 1` for softmax, and
//! `ln(π/(1 − π)) + q·π = z + q·p`, label by label, for one-vs-rest.
//!
//! - Columns that one unit alone has need no weights on the way: they add `c·s²·a/α` to that unit's score.
//! - Intercepts, which are not penalised, ask for `Σ_i c_i·a_i = 0`. They are sought by the method of multipliers (Bertsekas 1982, ch. 2): weights of a column of ones
//!   with a penalty around where they were after the last round, which vanishes at the end.
//! - Units are visited in an order that a fixed seed draws anew for each round.
//! - All labels of a unit are worked on side by side, so that its row is read once.

use std::ops::Range;

use prefetch_index::prefetch_index;
use rand_core::{Rng, SeedableRng};
use rand_pcg::Pcg64Mcg;
use rayon::prelude::*;

use super::exponential::exp;
use super::logistic::{L2, LABELS_A_BLOCK, Linear};
use super::newton::{Outcome, Stop};
use super::objective::{Loss, Problem, Split};
use super::select::Unseen;

/// Weights are single numbers, which bound how exact a minimum can be told.
const FINEST: f64 = 2e-6;
/// Where so many rounds are not enough, Newton's method is quicker.
const MOST_ROUNDS: usize = 60;
/// Where there are more, Newton's method is tried at once.
const UNITS_A_COLUMN: usize = 16;
/// How fast an intercept gives way: what it adds to `|x|²/α`, as a share of that, for the more it adds the more units hang together by it; but at least so
/// much, over the curvature `Σ c·p(1 − p)` of its label, that a few rounds bring it home where units are few or the penalty is strong.
const INTERCEPT: f64 = 0.03;
const LEAST_INTERCEPT: f64 = 2.0;
/// Units whose rows are fetched before they are visited.
const UNITS_AHEAD: usize = 16;
/// A unit's own problem is solved to this share of the way that its probabilities go.
const INNER: f64 = 0.05;
const MOST_INNER: usize = 30;
/// So small a share of what is allowed of the gradient may be that of the intercepts, after at most so many steps.
const INTERCEPTS_SHARE: f64 = 0.1;
const MOST_STEPS: usize = 30;

/// Whether the dual is the quicker road: where units are many times as many as columns, these have so much in common that Newton's method needs fewer passes.
pub fn suits(problem: &Problem, positive: &[usize]) -> bool {
    positive.is_empty() && problem.ratios.is_none() && problem.rows.width() * UNITS_A_COLUMN > problem.rows.height()
}

/// What is known of the units before any fit.
pub struct Layout {
    /// `|x|²` of each unit.
    squares: Vec<f32>,
    /// Columns from this one on stand in one unit each.
    shared: usize,
}

impl Layout {
    pub fn of(problem: &Problem) -> Self {
        let rows = problem.rows;
        let mut seen = vec![0u8; rows.width()];
        for i in 0..rows.height() {
            rows.entries_of(i)
                .0
                .iter()
                .for_each(|&column| seen[column as usize] = seen[column as usize].saturating_add(1));
        }
        let shared = seen.iter().rposition(|&seen| seen > 1).map_or(0, |last| last + 1);
        let square = |i: usize| rows.entries_of(i).1.iter().map(|value| value * value).sum();
        let squares = (0..rows.height()).map(square).collect();
        Layout { squares, shared }
    }
}

/// What a fit leaves for the next one of the same units: the residuals of each block of labels, and intercepts.
#[derive(Clone, Debug, PartialEq)]
pub struct Residuals {
    l2: L2,
    blocks: Vec<Kept>,
}

/// Of one block of labels.
#[derive(Clone, Debug, PartialEq)]
struct Kept {
    /// n × lanes; of units without a cost zeros.
    residuals: Vec<f32>,
    intercepts: Vec<f64>,
    /// The gradient's length at the origin, part by part.
    origin: Vec<f64>,
}

impl Residuals {
    /// The mean of those that some folds reached, each unit's over the folds that it is not held out in.
    pub fn mean(folds: &[&Residuals]) -> Option<Residuals> {
        let first = *folds.first()?;
        let shares = 1.0 / (folds.len().max(2) - 1) as f32;
        let block = |at: usize| {
            let all = || folds.iter().map(|fold| &fold.blocks[at]);
            let mut mean = first.blocks[at].clone();
            mean.origin.clear();
            for other in all().skip(1) {
                mean.residuals.iter_mut().zip(&other.residuals).for_each(|(sum, own)| *sum += own);
                mean.intercepts.iter_mut().zip(&other.intercepts).for_each(|(sum, own)| *sum += own);
            }
            mean.residuals.iter_mut().for_each(|sum| *sum *= shares);
            mean.intercepts.iter_mut().for_each(|sum| *sum /= folds.len() as f64);
            mean
        };
        Some(Residuals { l2: first.l2, blocks: (0..first.blocks.len()).map(block).collect() })
    }
}

/// The labels that are solved side by side.
fn blocks(problem: &Problem) -> Vec<Range<usize>> {
    let k = problem.truth.labels;
    let of = if problem.loss == Loss::Softmax { k } else { LABELS_A_BLOCK };
    (0..k.div_ceil(of)).map(|at| at * of..((at + 1) * of).min(k)).collect()
}

/// Fits the units that cost something, and returns the scores of others, `judged` (n × k by row), and what the next fit may start from;
/// nothing if the gradient is not as short as `stop` wants it after so many rounds that it hardly will be.
pub fn held_out(
    problem: Problem,
    layout: &Layout,
    l2: L2,
    stop: Stop,
    start: Option<Residuals>,
    judged: &Unseen,
) -> Option<(Vec<f64>, Residuals)> {
    let k = problem.truth.labels;
    let labels = blocks(&problem);
    let mut starts = of_blocks(start, l2, labels.len());
    let fitted: Option<Vec<(Vec<f64>, Kept)>> = labels
        .par_iter()
        .zip(&mut starts)
        .map(|(labels, start)| {
            let mut fit = Fit::new(problem, layout, labels.clone(), l2, start.take());
            if !fit.run(stop) {
                return None;
            }
            let mut scores = Vec::with_capacity(judged.units.len() * labels.len());
            for (at, &i) in judged.units.iter().enumerate() {
                fit.score(i);
                let own = &mut fit.unit.scores[..labels.len()];
                judged.adjust(at, labels.clone(), &fit.intercepts, own);
                scores.extend_from_slice(own);
            }
            Some((scores, fit.kept()))
        })
        .collect();
    let fitted = fitted?;
    let mut scores = vec![0.0; judged.units.len() * k];
    let mut kept = Vec::with_capacity(labels.len());
    for (labels, (own, block)) in labels.into_iter().zip(fitted) {
        for (all, own) in scores.chunks_exact_mut(k).zip(own.chunks_exact(labels.len())) {
            all[labels.clone()].copy_from_slice(own);
        }
        kept.push(block);
    }
    Some((scores, Residuals { l2, blocks: kept }))
}

/// Fits all units; the outcome says whether the gradient is as short as `stop` wants it.
pub fn solve(problem: Problem, l2: L2, stop: Stop, start: Option<Residuals>) -> Linear {
    let (k, layout, labels) = (problem.truth.labels, Layout::of(&problem), blocks(&problem));
    let mut starts = of_blocks(start, l2, labels.len());
    let solved: Vec<Solved> = labels
        .par_iter()
        .zip(&mut starts)
        .map(|(labels, start)| {
            let mut fit = Fit::new(problem, &layout, labels.clone(), l2, start.take());
            fit.run(stop);
            // The gradient is told by a pass in double precision; what it finds too long goes on for as long as that helps.
            let mut is_close = fit.is_at_minimum(stop);
            while !is_close && fit.goes_on() {
                fit.run(Stop { tolerance: fit.reached * 0.5, ..stop });
                is_close = fit.is_at_minimum(stop);
            }
            fit.solved(is_close)
        })
        .collect();
    let mut all = Linear { point: vec![0.0; (problem.rows.width() + 1) * k], labels: k, outcome: None };
    let mut outcome = Outcome { steps: 0, passes: 0, converged: true, value: Vec::new(), origin: Vec::new() };
    for (labels, own) in labels.iter().zip(solved) {
        own.write(&problem, l2, labels, &mut all.point);
        outcome.steps = outcome.steps.max(own.rounds);
        outcome.passes += own.rounds;
        outcome.converged &= own.is_close;
        outcome.origin.extend(&own.kept.origin);
    }
    Linear { outcome: Some(outcome), ..all }
}

/// The residuals scaled so that weights stay what they were with another penalty.
fn of_blocks(start: Option<Residuals>, l2: L2, count: usize) -> Vec<Option<Kept>> {
    let Some(start) = start else { return vec![None; count] };
    let factor = (l2.get() / start.l2.get()) as f32;
    let scaled = |mut kept: Kept| {
        kept.residuals.iter_mut().for_each(|residual| *residual *= factor);
        Some(kept)
    };
    start.blocks.into_iter().map(scaled).collect()
}

/// The end of a fit, from which the weights can be told.
struct Solved {
    kept: Kept,
    units: Vec<u32>,
    settled: Vec<usize>,
    rounds: usize,
    is_close: bool,
}

impl Solved {
    /// Writes `W = Σ c·x·aᵀ/α` and the intercepts to their place in a point of d × k by row, then k.
    fn write(&self, problem: &Problem, l2: L2, labels: &Range<usize>, point: &mut [f64]) {
        let (k, lanes) = (problem.truth.labels, lanes_of(labels.len()));
        let weights = point.len() - k;
        for &i in &self.units {
            let i = i as usize;
            let own = &self.kept.residuals[i * lanes..][..labels.len()];
            let mut shares: Vec<f64> = own
                .iter()
                .zip(labels.clone())
                .map(|(a, label)| cost(problem, i, label) * f64::from(*a) / l2.get())
                .collect();
            self.settled.iter().for_each(|&lane| shares[lane] = 0.0);
            let (columns, values) = problem.rows.entries_of(i);
            for (&column, &value) in columns.iter().zip(values) {
                let weights = &mut point[column as usize * k..][labels.clone()];
                weights.iter_mut().zip(&shares).for_each(|(weight, share)| *weight += share * f64::from(value));
            }
        }
        // Of two labels, only the difference of intercepts is told by data.
        let middle = match (problem.loss, &self.kept.intercepts[..labels.len()]) {
            (Loss::Softmax, [a, b]) => (a + b) / 2.0,
            _ => 0.0,
        };
        let intercepts = self.kept.intercepts[..labels.len()].iter().map(|intercept| intercept - middle);
        point[weights..][labels.clone()].iter_mut().zip(intercepts).for_each(|(out, intercept)| *out = intercept);
    }
}

/// What an error on a label of a unit costs.
fn cost(problem: &Problem, i: usize, label: usize) -> f64 {
    match problem.loss {
        Loss::OneVsRest => problem.costs.of(i, label, problem.truth.has(i, label)),
        Loss::Softmax => problem.costs.of(i, true_label(problem, i), true),
    }
}

/// The label of a unit that has exactly one.
fn true_label(problem: &Problem, i: usize) -> usize {
    problem.truth.row(i).iter().position(|&has| has).unwrap_or(0)
}

/// Lanes that are worked on at once.
fn lanes_of(labels: usize) -> usize {
    if labels > 4 { labels.next_multiple_of(4) } else { labels.next_power_of_two() }
}

/// So low a score that nothing comes of it: that of a lane without a label.
const NEVER: f64 = -1e9;

/// Some labels of a problem, on the way to their minimum.
struct Fit<'a> {
    problem: Problem<'a>,
    layout: &'a Layout,
    labels: Range<usize>,
    lanes: usize,
    l2: f64,
    /// What the intercept of each lane adds to a unit's `|x|²/α`.
    give: Vec<f64>,
    /// Lanes of labels that all units have, or none: their intercepts have no minimum. They stay where they began, without weights.
    settled: Vec<usize>,
    /// The units that cost something, in the order of the last round.
    units: Vec<u32>,
    draws: Pcg64Mcg,
    /// shared columns × lanes.
    weights: Vec<f32>,
    intercepts: Vec<f64>,
    /// `Σ c·a`, lane by lane.
    sums: Vec<f64>,
    residuals: Vec<f32>,
    /// The gradient's length at the origin, part by part.
    origin: Vec<f64>,
    unit: Unit,
    rounds: usize,
    /// The gradient's length after the last round, as a share of that at the origin, as far as the round itself tells; the longest of all parts.
    reached: f64,
}

/// Working memory for one unit, lane by lane.
#[derive(Default)]
struct Unit {
    scores: Vec<f64>,
    truth: Vec<f64>,
    costs: Vec<f64>,
    /// Those that the unit has.
    old: Vec<f64>,
    /// Those that its scores give it.
    new: Vec<f64>,
    logs: Vec<f64>,
    /// The q of the unit's own problem.
    pull: Vec<f64>,
    change: Vec<f32>,
}

impl<'a> Fit<'a> {
    fn new(problem: Problem<'a>, layout: &'a Layout, labels: Range<usize>, l2: L2, start: Option<Kept>) -> Self {
        let lanes = lanes_of(labels.len());
        let units: Vec<u32> =
            (0..problem.rows.height() as u32).filter(|&i| problem.costs.units[i as usize] != 0.0).collect();
        let mean =
            units.iter().map(|&i| f64::from(layout.squares[i as usize])).sum::<f64>() / units.len().max(1) as f64;
        let unit = || vec![0.0; lanes];
        let mut fit = Fit {
            give: vec![INTERCEPT * mean / l2.get(); lanes],
            settled: Vec::new(),
            weights: vec![0.0; layout.shared * lanes],
            intercepts: Vec::new(),
            sums: unit(),
            residuals: Vec::new(),
            origin: Vec::new(),
            unit: Unit {
                scores: unit(),
                truth: unit(),
                costs: unit(),
                old: unit(),
                new: unit(),
                logs: unit(),
                pull: unit(),
                change: vec![0.0; lanes],
            },
            draws: Pcg64Mcg::seed_from_u64(0),
            l2: l2.get(),
            rounds: 0,
            reached: f64::INFINITY,
            problem,
            layout,
            labels,
            lanes,
            units,
        };
        fit.begin(start);
        fit
    }

    /// Intercepts that are best without weights. Tells which lanes are settled, too.
    fn prior(&mut self) -> Vec<f64> {
        let mut prior = vec![NEVER; self.lanes];
        let splits = self.problem.splits(self.labels.clone(), &self.units);
        let total: f64 = splits.iter().map(|split| split.with).sum();
        for (give, Split { without, with }) in self.give.iter_mut().zip(&splits) {
            let curvature = match self.problem.loss {
                Loss::OneVsRest => with * without / (with + without),
                Loss::Softmax => with * (1.0 - with / total),
            };
            *give = give.max(LEAST_INTERCEPT / curvature.max(f64::MIN_POSITIVE));
        }
        prior.iter_mut().zip(&splits).for_each(|(prior, split)| *prior = split.prior(self.problem.loss, total));
        self.settled = self.problem.settled(&splits);
        prior
    }

    /// Measures the gradient at the origin, if that is not known, and goes to where the fit starts.
    fn begin(&mut self, start: Option<Kept>) {
        let prior = self.prior();
        let empty = || vec![0.0; self.problem.rows.height() * self.lanes];
        let (residuals, mut intercepts, origin) = match start {
            Some(kept) => (kept.residuals, kept.intercepts, kept.origin),
            None => (empty(), prior.clone(), Vec::new()),
        };
        self.settled.iter().for_each(|&lane| intercepts[lane] = prior[lane]);
        (self.residuals, self.origin) = (residuals, origin);
        if self.origin.is_empty() {
            self.intercepts = prior;
            self.origin = self.slope_at_origin();
        }
        self.intercepts = intercepts;
        for at in 0..self.units.len() {
            let i = self.units[at] as usize;
            self.look_up(i);
            for lane in 0..self.lanes {
                let share = self.unit.costs[lane] * f64::from(self.residuals[i * self.lanes + lane]);
                self.sums[lane] += share;
                self.unit.change[lane] = (share / self.l2) as f32;
            }
            self.scatter(i);
        }
    }

    /// Goes on until the gradient is short enough, which is told, or no round is left.
    fn run(&mut self, stop: Stop) -> bool {
        let goal = stop.tolerance.max(FINEST);
        while self.reached > goal && self.rounds < MOST_ROUNDS {
            self.round();
        }
        self.reached <= goal
    }

    fn goes_on(&self) -> bool {
        self.rounds < MOST_ROUNDS && self.reached > FINEST
    }

    /// Visits each unit once.
    fn round(&mut self) {
        for at in (1..self.units.len()).rev() {
            let other = (u64::from(self.draws.next_u32()) * (at as u64 + 1)) >> 32;
            self.units.swap(at, other as usize);
        }
        let mut slopes = vec![0.0; self.lanes];
        for at in 0..self.units.len() {
            self.look_ahead(at, &self.weights);
            self.visit(self.units[at] as usize, &mut slopes);
        }
        // At the minimum these sums are the intercepts' gradients, and zero.
        let Fit { sums, intercepts, give, .. } = self;
        for (lane, slope) in slopes.iter_mut().enumerate() {
            *slope += sums[lane] * sums[lane];
            intercepts[lane] += give[lane] * sums[lane];
        }
        self.rounds += 1;
        self.reached = self.worst(&self.parts(slopes));
    }

    /// Brings near what the next visits read, which lies all over the memory, since the order of units is drawn: some units at a time, and weights a unit ahead.
    fn look_ahead<T>(&self, at: usize, weights: &[T]) {
        if at.is_multiple_of(UNITS_AHEAD) {
            self.fetch(at..(at + UNITS_AHEAD).min(self.units.len()));
        } else if let Some(next) = self.units.get(at + 1) {
            self.fetch_weights(*next as usize, weights);
        }
    }

    fn fetch(&self, at: Range<usize>) {
        for i in self.units[at].iter().map(|i| *i as usize) {
            let (columns, values) = self.problem.rows.entries_of(i);
            for at in (0..columns.len()).step_by(16) {
                prefetch_index(columns, at);
                prefetch_index(values, at);
            }
            prefetch_index(&self.residuals, i * self.lanes);
            prefetch_index(&self.layout.squares, i);
            self.problem.truth.prefetch(i);
        }
    }

    fn fetch_weights<T>(&self, i: usize, weights: &[T]) {
        for start in self.row(i).0.columns.iter().map(|column| *column as usize * self.lanes) {
            (start..start + self.lanes).step_by(64 / size_of::<T>()).for_each(|at| prefetch_index(weights, at));
            prefetch_index(weights, start + self.lanes - 1);
        }
    }

    /// The largest of lengths as shares of those at the origin.
    fn worst(&self, lengths: &[f64]) -> f64 {
        let share = |(length, origin): (&f64, &f64)| if *origin > 0.0 { length / origin } else { 0.0 };
        lengths.iter().zip(&self.origin).map(share).fold(0.0, f64::max)
    }

    /// Squares by lanes → lengths by parts.
    fn parts(&self, squares: Vec<f64>) -> Vec<f64> {
        match self.problem.loss {
            Loss::OneVsRest => squares[..self.labels.len()].iter().map(|square| square.sqrt()).collect(),
            Loss::Softmax => vec![squares.iter().sum::<f64>().sqrt()],
        }
    }

    /// Truth and costs of a unit; in settled lanes nothing costs.
    fn look_up(&mut self, i: usize) {
        let Unit { truth, costs, .. } = &mut self.unit;
        for (lane, label) in self.labels.clone().enumerate() {
            truth[lane] = f64::from(u8::from(self.problem.truth.has(i, label)));
        }
        let is_plain = self.problem.costs.labels.is_none();
        let one = if is_plain { self.problem.costs.units[i] } else { 0.0 };
        match self.problem.loss {
            _ if is_plain => costs[..self.labels.len()].fill(one),
            Loss::Softmax => costs.fill(cost(&self.problem, i, 0)),
            Loss::OneVsRest => {
                costs.iter_mut().zip(self.labels.clone()).for_each(|(own, label)| *own = cost(&self.problem, i, label));
            }
        }
        self.settled.iter().for_each(|&lane| costs[lane] = 0.0);
    }

    /// The entries of a unit in columns that others have too, and the squares of its own ones.
    fn row(&self, i: usize) -> (Entries<'a>, f64) {
        let (columns, values) = self.problem.rows.entries_of(i);
        let mut shared = columns.len();
        let mut own = 0.0;
        while shared > 0 && columns[shared - 1] as usize >= self.layout.shared {
            shared -= 1;
            own += f64::from(values[shared]) * f64::from(values[shared]);
        }
        (Entries { columns: &columns[..shared], values: &values[..shared] }, own)
    }

    /// The unit's scores, without what its own columns add.
    fn score(&mut self, i: usize) -> f64 {
        let (entries, own) = self.row(i);
        self.unit.scores.copy_from_slice(&self.intercepts);
        entries.gather(&self.weights, &mut self.unit.scores);
        own
    }

    /// Adds the change, as it stands, to the weights of the unit's columns.
    fn scatter(&mut self, i: usize) {
        let (entries, _) = self.row(i);
        entries.scatter(&self.unit.change, &mut self.weights);
    }

    fn visit(&mut self, i: usize, slopes: &mut [f64]) {
        let own = self.score(i);
        self.look_up(i);
        let (square, range) = (f64::from(self.layout.squares[i]), i * self.lanes..(i + 1) * self.lanes);
        let residuals = &mut self.residuals[range];
        let Unit { scores, truth, costs, old, pull, .. } = &mut self.unit;
        for (lane, &residual) in residuals.iter().enumerate() {
            let residual = f64::from(residual);
            scores[lane] += own * costs[lane] / self.l2 * residual;
            old[lane] = truth[lane] - residual;
            pull[lane] = costs[lane] * (square / self.l2 + self.give[lane]);
        }
        match self.problem.loss {
            Loss::Softmax => self.unit.softmax(square, slopes),
            Loss::OneVsRest => match self.lanes {
                8 => self.unit.one_vs_rest::<8>(square, slopes),
                4 => self.unit.one_vs_rest::<4>(square, slopes),
                2 => self.unit.one_vs_rest::<2>(square, slopes),
                _ => self.unit.one_vs_rest::<1>(square, slopes),
            },
        }
        let Unit { truth, costs, new, change, .. } = &mut self.unit;
        for lane in 0..self.labels.len() {
            // Residuals, not probabilities, are what is kept: near the truth they have all their digits.
            let residual = (truth[lane] - new[lane]) as f32;
            let share = costs[lane] * f64::from(residual - residuals[lane]);
            residuals[lane] = residual;
            self.sums[lane] += share;
            self.intercepts[lane] += self.give[lane] * share;
            change[lane] = (share / self.l2) as f32;
        }
        self.scatter(i);
    }

    fn slope_at_origin(&mut self) -> Vec<f64> {
        let (mut sums, mut squares) = (vec![0.0; self.lanes], vec![0.0; self.lanes]);
        for at in 0..self.units.len() {
            let i = self.units[at] as usize;
            let (_, own) = self.row(i);
            self.look_up(i);
            self.unit.scores.copy_from_slice(&self.intercepts);
            self.unit.guess(self.problem.loss);
            let Unit { truth, costs, new, change, .. } = &mut self.unit;
            for lane in 0..self.labels.len() {
                let residual = costs[lane] * (truth[lane] - new[lane]);
                sums[lane] += residual;
                squares[lane] += own * residual * residual;
                change[lane] = residual as f32;
            }
            self.scatter(i);
        }
        for row in self.weights.chunks_exact_mut(self.lanes) {
            squares.iter_mut().zip(&*row).for_each(|(sum, weight)| *sum += f64::from(*weight) * f64::from(*weight));
            row.fill(0.0);
        }
        squares.iter_mut().zip(&sums).for_each(|(square, sum)| *square += sum * sum);
        self.parts(squares)
    }

    /// Whether the gradient is short enough, told in double precision from the weights that the residuals make. Most of it is often that of the intercepts,
    /// which every visit moves, so they are set right before.
    fn is_at_minimum(&mut self, stop: Stop) -> bool {
        let weights = self.exact_weights();
        let scores = self.exact_scores(&weights);
        self.settle_intercepts(stop, &scores);
        self.slope(&scores, weights) <= stop.tolerance
    }

    /// The weights that the residuals make, which those of single precision are set to.
    fn exact_weights(&mut self) -> Vec<f64> {
        let (width, lanes) = (self.layout.shared, self.lanes);
        let mut weights = vec![0.0f64; width * lanes];
        let mut change = vec![0.0; lanes];
        for at in 0..self.units.len() {
            self.look_ahead(at, &weights);
            let i = self.units[at] as usize;
            self.look_up(i);
            let own = self.unit.costs.iter().zip(&self.residuals[i * lanes..]);
            change.iter_mut().zip(own).for_each(|(out, (cost, residual))| *out = cost * f64::from(*residual) / self.l2);
            self.row(i).0.scatter_exactly(&change, &mut weights);
        }
        self.weights.iter_mut().zip(&weights).for_each(|(own, exact)| *own = *exact as f32);
        weights
    }

    /// The scores of the units (in their order, lane by lane) at these weights, without intercepts.
    fn exact_scores(&mut self, weights: &[f64]) -> Vec<f64> {
        let lanes = self.lanes;
        let mut scores = vec![0.0; self.units.len() * lanes];
        for (at, scores) in scores.chunks_exact_mut(lanes).enumerate() {
            self.look_ahead(at, weights);
            let i = self.units[at] as usize;
            let (entries, own) = self.row(i);
            self.look_up(i);
            entries.gather_exactly(weights, scores);
            let residuals = &self.residuals[i * lanes..];
            for ((score, cost), residual) in scores.iter_mut().zip(&self.unit.costs).zip(residuals) {
                *score += own * cost / self.l2 * f64::from(*residual);
            }
        }
        scores
    }

    /// Fills in what the unit at this place has, and the probabilities that its score and the intercepts give it.
    fn guess(&mut self, at: usize, scores: &[f64]) {
        self.look_up(self.units[at] as usize);
        let scores = scores[at * self.lanes..].iter().zip(&self.intercepts);
        self.unit.scores.iter_mut().zip(scores).for_each(|(out, (score, intercept))| *out = score + intercept);
        self.unit.guess(self.problem.loss);
    }

    /// Moves the intercepts, by Newton's method, until their part of the gradient is a small one of what `stop` allows, the weights being as they are.
    fn settle_intercepts(&mut self, stop: Stop, scores: &[f64]) {
        // The scores of a softmax move against each other: were all labels alike, they would go this share of the way.
        let k = self.labels.len() as f64;
        let share = if self.problem.loss == Loss::Softmax { (k - 1.0) / k } else { 1.0 };
        let mut before = f64::INFINITY;
        for _ in 0..MOST_STEPS {
            let (mut sums, mut curvature) = (vec![0.0; self.lanes], vec![0.0; self.lanes]);
            for at in 0..self.units.len() {
                self.guess(at, scores);
                let Unit { truth, costs, new, .. } = &self.unit;
                for lane in 0..self.labels.len() {
                    sums[lane] += costs[lane] * (new[lane] - truth[lane]);
                    curvature[lane] += costs[lane] * new[lane] * (1.0 - new[lane]);
                }
            }
            let length = self.worst(&self.parts(sums.iter().map(|sum| sum * sum).collect()));
            if length <= INTERCEPTS_SHARE * stop.tolerance || length >= before {
                break;
            }
            before = length;
            // Settled and idle lanes are flat.
            let steps =
                sums.iter().zip(&curvature).map(|(sum, curve)| if *curve > 0.0 { share * sum / curve } else { 0.0 });
            self.intercepts.iter_mut().zip(steps).for_each(|(intercept, step)| *intercept -= step);
        }
    }

    /// The gradient's length as a share of that at the origin, the longest of all parts; `gradient` is memory for it, shared columns × lanes.
    fn slope(&mut self, scores: &[f64], mut gradient: Vec<f64>) -> f64 {
        gradient.fill(0.0);
        let lanes = self.lanes;
        let (mut sums, mut squares, mut change) = (vec![0.0; lanes], vec![0.0; lanes], vec![0.0; lanes]);
        for at in 0..self.units.len() {
            self.look_ahead(at, &gradient);
            self.guess(at, scores);
            let i = self.units[at] as usize;
            let (entries, own) = self.row(i);
            let Unit { truth, costs, new, .. } = &self.unit;
            let residuals = &self.residuals[i * lanes..];
            for lane in 0..self.labels.len() {
                let error = costs[lane] * (new[lane] - truth[lane]);
                let gap = error + costs[lane] * f64::from(residuals[lane]);
                sums[lane] += error;
                squares[lane] += own * gap * gap;
                change[lane] = gap;
            }
            entries.scatter_exactly(&change, &mut gradient);
        }
        for row in gradient.chunks_exact(lanes) {
            squares.iter_mut().zip(row).for_each(|(sum, slope)| *sum += slope * slope);
        }
        squares.iter_mut().zip(&sums).for_each(|(square, sum)| *square += sum * sum);
        self.worst(&self.parts(squares))
    }

    fn kept(self) -> Kept {
        Kept { residuals: self.residuals, intercepts: self.intercepts, origin: self.origin }
    }

    fn solved(self, is_close: bool) -> Solved {
        let (units, settled, rounds) = (self.units.clone(), self.settled.clone(), self.rounds);
        Solved { kept: self.kept(), units, settled, rounds, is_close }
    }
}

impl Unit {
    /// The probabilities that the scores give, as `new`.
    fn guess(&mut self, loss: Loss) {
        match loss {
            Loss::Softmax => {
                self.softmax_of_scores();
            }
            Loss::OneVsRest => {
                self.new.iter_mut().zip(&self.scores).for_each(|(new, score)| *new = sigmoid(*score));
            }
        }
    }

    /// Fills in `new`, and `logs` with their logarithms.
    fn softmax_of_scores(&mut self) {
        let Unit { scores, new, logs, .. } = self;
        let top = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        new.iter_mut().zip(&*scores).for_each(|(new, score)| *new = exp(score - top));
        let sum: f64 = new.iter().sum();
        let log = top + libm::log(sum);
        new.iter_mut().for_each(|new| *new /= sum);
        logs.iter_mut().zip(&*scores).for_each(|(own, score)| *own = score - log);
    }

    /// Newton's method on `ln π_k + q·π_k = z_k + q·p_k − ν` and `Σ π = 1` together, in the logarithms of π.
    fn softmax(&mut self, square: f64, slopes: &mut [f64]) {
        self.softmax_of_scores();
        let Unit { scores, costs, old, new, logs, pull: q, .. } = self;
        let weight = costs[0] * costs[0] * square;
        for ((slope, new), old) in slopes.iter_mut().zip(&*new).zip(&*old) {
            *slope += weight * (new - old) * (new - old);
        }
        // Scores count up to a constant only; so they stay near the logarithms.
        let shift = scores[0] - logs[0];
        for _ in 0..MOST_INNER {
            let (mut above, mut below, mut sum) = (0.0, 0.0, 0.0);
            for lane in 0..new.len() {
                let rest = scores[lane] - shift + q[lane] * (old[lane] - new[lane]) - logs[lane];
                let share = new[lane] / (1.0 + q[lane] * new[lane]);
                above += share * rest;
                below += share;
                sum += new[lane];
            }
            let level = (above + sum - 1.0) / below;
            for lane in 0..new.len() {
                let rest = scores[lane] - shift + q[lane] * (old[lane] - new[lane]) - logs[lane];
                logs[lane] = (logs[lane] + (rest - level) / (1.0 + q[lane] * new[lane])).min(0.0);
            }
            let (mut step, mut way) = (0.0f64, 0.0f64);
            for lane in 0..new.len() {
                let next = exp(logs[lane]);
                step = step.max((next - new[lane]).abs());
                way = way.max((next - old[lane]).abs());
                new[lane] = next;
            }
            if step <= INNER * way + 1e-9 {
                break;
            }
        }
        let sum: f64 = new.iter().sum();
        new.iter_mut().for_each(|new| *new /= sum);
    }

    /// Newton's method on `t + q·σ(t) = z + q·p`, where t = ln(π/(1 − π)), within bounds that it halves where it would leave them.
    fn one_vs_rest<const L: usize>(&mut self, square: f64, slopes: &mut [f64]) {
        let (mut q, mut goal, mut low, mut high, mut t) = ([0.0; L], [0.0; L], [0.0; L], [0.0; L], [0.0; L]);
        for lane in 0..L {
            q[lane] = self.pull[lane];
            goal[lane] = self.scores[lane] + q[lane] * self.old[lane];
            (low[lane], high[lane], t[lane]) = (goal[lane] - q[lane], goal[lane], self.scores[lane]);
        }
        let mut is_first = true;
        for _ in 0..MOST_INNER {
            let p: [f64; L] = std::array::from_fn(|lane| sigmoid(t[lane]));
            let mut is_done = true;
            for lane in 0..L {
                let gap = p[lane] - self.old[lane];
                if is_first {
                    slopes[lane] += self.costs[lane] * self.costs[lane] * square * gap * gap;
                }
                let rest = t[lane] + q[lane] * p[lane] - goal[lane];
                is_done &= rest.abs() <= INNER * q[lane] * gap.abs() + 1e-9;
                (low[lane], high[lane]) = if rest > 0.0 { (low[lane], t[lane]) } else { (t[lane], high[lane]) };
                let next: f64 = t[lane] - rest / (1.0 + q[lane] * p[lane] * (1.0 - p[lane]));
                let is_within = next >= low[lane] && next <= high[lane];
                t[lane] = if is_within { next } else { (low[lane] + high[lane]) / 2.0 };
            }
            is_first = false;
            if is_done {
                break;
            }
        }
        (0..L).for_each(|lane| self.new[lane] = sigmoid(t[lane]));
    }
}

#[inline(always)]
fn sigmoid(score: f64) -> f64 {
    let small = exp(-score.abs());
    (if score >= 0.0 { 1.0 } else { small }) / (1.0 + small)
}

/// Lanes by as many as go at once, each run with where it starts: eights, then what is left by halves.
fn widths(lanes: usize) -> impl Iterator<Item = (usize, usize)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let width = [8, 4, 2, 1].into_iter().find(|width| at + width <= lanes)?;
        at += width;
        Some((at - width, width))
    })
}

/// Some entries of a row.
#[derive(Clone, Copy)]
struct Entries<'a> {
    columns: &'a [u32],
    values: &'a [f32],
}

impl Entries<'_> {
    /// `out += x·W`, so many lanes at once that their sums stay in registers.
    fn gather(self, weights: &[f32], out: &mut [f64]) {
        let lanes = out.len();
        for (at, width) in widths(lanes) {
            match width {
                8 => self.gather_some::<8>(weights, lanes, at, out),
                4 => self.gather_some::<4>(weights, lanes, at, out),
                2 => self.gather_some::<2>(weights, lanes, at, out),
                _ => self.gather_some::<1>(weights, lanes, at, out),
            }
        }
    }

    #[inline]
    fn gather_some<const L: usize>(self, weights: &[f32], lanes: usize, at: usize, out: &mut [f64]) {
        let mut sums = [0.0f32; L];
        for (&column, &value) in self.columns.iter().zip(self.values) {
            let own = &weights[column as usize * lanes + at..][..L];
            (0..L).for_each(|lane| sums[lane] += value * own[lane]);
        }
        out[at..][..L].iter_mut().zip(sums).for_each(|(out, sum)| *out += f64::from(sum));
    }

    /// `W += xᵀ·change`.
    fn scatter(self, change: &[f32], weights: &mut [f32]) {
        let lanes = change.len();
        for (at, width) in widths(lanes) {
            match width {
                8 => self.scatter_some::<8>(change, lanes, at, weights),
                4 => self.scatter_some::<4>(change, lanes, at, weights),
                2 => self.scatter_some::<2>(change, lanes, at, weights),
                _ => self.scatter_some::<1>(change, lanes, at, weights),
            }
        }
    }

    #[inline]
    fn scatter_some<const L: usize>(self, change: &[f32], lanes: usize, at: usize, weights: &mut [f32]) {
        let change: [f32; L] = std::array::from_fn(|lane| change[at + lane]);
        for (&column, &value) in self.columns.iter().zip(self.values) {
            let own = &mut weights[column as usize * lanes + at..][..L];
            (0..L).for_each(|lane| own[lane] += value * change[lane]);
        }
    }

    fn gather_exactly(self, weights: &[f64], out: &mut [f64]) {
        for (&column, &value) in self.columns.iter().zip(self.values) {
            let own = &weights[column as usize * out.len()..][..out.len()];
            out.iter_mut().zip(own).for_each(|(sum, weight)| *sum += f64::from(value) * weight);
        }
    }

    fn scatter_exactly(self, change: &[f64], weights: &mut [f64]) {
        for (&column, &value) in self.columns.iter().zip(self.values) {
            let own = &mut weights[column as usize * change.len()..][..change.len()];
            own.iter_mut().zip(change).for_each(|(weight, change)| *weight += f64::from(value) * change);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::FeatureId;
    use crate::features::matrix::Rows;
    use crate::learn::objective::{Costs, Logistic, Objective, Truth, in_lanes};
    use proptest::prelude::*;

    const EXACT: Stop = Stop { tolerance: 1e-5, steps: 200 };

    /// Some columns in common, one of every unit's own.
    fn rows_of(cells: &[Vec<f32>]) -> Rows {
        let shared = cells[0].len();
        let mut rows = Rows::new(shared + cells.len());
        for (i, row) in cells.iter().enumerate() {
            let entries = row.iter().copied().enumerate().filter(|(_, value)| *value != 0.0);
            let entries = entries.chain([(shared + i, 0.6)]);
            rows.push(entries.map(|(column, value)| (FeatureId(column as u32), value)));
        }
        rows
    }

    /// The gradient's length as a share of that at the origin, by the objective that Newton's method knows.
    fn slope(problem: Problem, l2: L2, point: &[f64]) -> f64 {
        let k = problem.truth.labels;
        let mut objective = Logistic::new(problem, 0..k, l2.get());
        let mut length = |point: &[f64]| {
            let (mut gradient, mut diagonal) = (vec![0.0; point.len()], vec![0.0; point.len()]);
            objective.move_to(point, &mut gradient, &mut diagonal);
            gradient.iter().map(|slope| slope * slope).sum::<f64>().sqrt()
        };
        let at = length(&in_lanes(point, k, &(0..k)));
        let origin = Logistic::new(problem, 0..k, l2.get()).origin();
        at / length(&origin)
    }

    fn truth_of(loss: Loss, picks: &[usize]) -> Truth {
        let has = |i: usize, pick: usize, label: usize| match loss {
            Loss::Softmax => pick == label,
            Loss::OneVsRest => pick == label || (i + label).is_multiple_of(3),
        };
        let row = |(i, &pick): (usize, &usize)| -> Vec<bool> { (0..3).map(|label| has(i, pick, label)).collect() };
        Truth::new(3, picks.iter().enumerate().flat_map(row).collect())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn residuals_make_the_weights_at_which_the_gradient_vanishes(
            cells in prop::collection::vec(prop::collection::vec(prop_oneof![Just(0.0f32), -1.0f32..1.0], 6), 8..30),
            picks in prop::collection::vec(0usize..3, 30),
            softmax in any::<bool>(),
            weighs in any::<bool>(),
            alpha in prop_oneof![Just(0.05), Just(0.3), Just(4.0)],
        ) {
            let (rows, loss) = (rows_of(&cells), if softmax { Loss::Softmax } else { Loss::OneVsRest });
            // The first three units make sure that every label is there.
            let picks: Vec<usize> = (0..rows.height()).map(|i| if i < 3 { i } else { picks[i] }).collect();
            let truth = truth_of(loss, &picks);
            let units = (0..rows.height()).map(|i| if weighs { [1.0, 0.5, 2.0, 0.0][i % 4] } else { 1.0 }).collect();
            let costs = Costs { units, labels: weighs.then(|| vec![[1.0, 2.0], [0.5, 1.0], [1.0, 0.7]]) };
            let problem = Problem { rows: &rows, truth: &truth, costs: &costs, ratios: None, loss };
            let l2 = L2::new(alpha).unwrap();
            let fit = solve(problem, l2, EXACT, None);
            let reached = slope(problem, l2, &fit.point);
            let is_done = fit.outcome.is_some_and(|outcome| outcome.converged);
            prop_assert!(reached < if is_done { 2e-5 } else { 3e-2 }, "{reached} {is_done}");
        }
    }

    /// Two units, one column each: by symmetry no intercept, and `w = (1 − σ(w))/α` for each, since its residual is its only one.
    #[test]
    fn two_units_by_hand() {
        let mut rows = Rows::new(2);
        rows.push([(FeatureId(0), 1.0)]);
        rows.push([(FeatureId(1), 1.0)]);
        let truth = Truth::new(1, vec![true, false]);
        let costs = Costs { units: vec![1.0; 2], labels: None };
        let problem = Problem { rows: &rows, truth: &truth, costs: &costs, ratios: None, loss: Loss::OneVsRest };
        let fit = solve(problem, L2::new(1.0).unwrap(), EXACT, None);
        // w·(1 + e^w) = 1 at w = 0.4010581.
        for (weight, expected) in fit.point.iter().zip([0.401_058_1, -0.401_058_1, 0.0]) {
            assert!((weight - expected).abs() < 1e-4, "{:?}", fit.point);
        }
    }

    /// What one fold learns says the same of a held-out unit as the weights of a fit without it, and the next strength starts from there.
    #[test]
    fn held_out_units_are_scored_by_what_the_others_teach() {
        let cells: Vec<Vec<f32>> =
            (0..24).map(|i| (0..5).map(|j| f32::from(u8::from((i * 7 + j * 5) % (j + 3) < 2))).collect()).collect();
        let (rows, truth) = (rows_of(&cells), truth_of(Loss::OneVsRest, &(0..24).map(|i| i % 3).collect::<Vec<_>>()));
        let costs = Costs { units: (0..24).map(|i| f64::from(u8::from(i % 5 > 0))).collect(), labels: None };
        let problem = Problem { rows: &rows, truth: &truth, costs: &costs, ratios: None, loss: Loss::OneVsRest };
        let judged: Vec<usize> = (0..24).filter(|i| i % 5 == 0).collect();
        let layout = Layout::of(&problem);
        let plain = &Unseen { units: judged.clone(), growths: Vec::new(), shifts: vec![0.0; 3] };
        let (strong, weak) = (L2::new(1.0).unwrap(), L2::new(0.4).unwrap());
        let (_, residuals) = held_out(problem, &layout, strong, EXACT, None, plain).unwrap();
        let (scores, _) = held_out(problem, &layout, weak, EXACT, Some(residuals), plain).unwrap();
        let point = solve(problem, weak, EXACT, None).point;
        let (weights, intercepts) = point.split_at(point.len() - 3);
        let mut all = vec![0.0; 24 * 3];
        rows.times(weights, intercepts, &mut all);
        for (own, &i) in scores.chunks_exact(3).zip(&judged) {
            own.iter().zip(&all[i * 3..]).for_each(|(a, b)| assert!((a - b).abs() < 1e-3, "{a} {b}"));
        }
    }

    /// Weights of single precision drift over a million visits and take the intercepts along, which is no reason to begin again by another method.
    #[test]
    fn intercepts_that_are_off_are_set_right_before_the_gradient_is_judged() {
        let cells: Vec<Vec<f32>> =
            (0..60).map(|i| (0..5).map(|j| f32::from(u8::from((i * 7 + j * 5) % (j + 3) < 2))).collect()).collect();
        let rows = rows_of(&cells);
        for loss in [Loss::Softmax, Loss::OneVsRest] {
            let truth = truth_of(loss, &(0..60).map(|i| i * 7 % 11 % 3).collect::<Vec<_>>());
            let costs = Costs { units: vec![1.0; 60], labels: None };
            let problem = Problem { rows: &rows, truth: &truth, costs: &costs, ratios: None, loss };
            let layout = Layout::of(&problem);
            let mut fit = Fit::new(problem, &layout, 0..3, L2::new(0.3).unwrap(), None);
            assert!(fit.run(Stop { tolerance: 2e-6, ..EXACT }) && fit.is_at_minimum(EXACT));
            fit.intercepts[0] += 0.5;
            fit.intercepts[1] -= 0.2;
            assert!(fit.is_at_minimum(EXACT), "{loss:?}");
        }
    }
}
