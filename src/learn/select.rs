//! The strength of the penalty, chosen on held-out folds.
//!
//! Short texts want weak penalties, so the grid reaches far. Folds run side by side; each walks from strong to weak and
//! starts every fit from the one before. A fold is a cost of zero on its units, so no matrix is copied.

use std::borrow::Cow;
use std::ops::Range;

use rayon::prelude::*;

use super::LearnError;
use super::dual::{self, Layout, Residuals};
use super::folds::Folds;
use super::logistic::{L2, Start, by_newton, solve_signed};
use super::newton::Stop;
use super::objective::{Costs, Loss, Problem, Truth};
use crate::evaluate::metrics::average_precision;
pub use crate::evaluate::truth::column;
use crate::features::matrix::Rows;
use crate::model::Task;
use crate::model::link::softmax;

/// The strengths tried, from strong to weak: α = 1/C for C from 0.25 to about 150, each 2.5 times the last.
pub const GRID: [f64; 8] = [4.0, 1.6, 0.64, 0.256, 0.1, 0.04, 0.016, 0.0064];

/// The same for cues, whose values are not normalised: α from 64 to about 0.1.
pub const CUES_GRID: [f64; 8] = [64.0, 25.6, 10.24, 4.0, 1.6, 0.64, 0.256, 0.1];

/// Looser than the final fit: a held-out score hardly moves in its last digits.
const STOP: Stop = Stop { tolerance: 1e-2, steps: 60 };

/// How many strengths past the best one are tried before the walk ends.
const PATIENCE: usize = 2;

/// What the folds said.
#[derive(Clone, Debug, PartialEq)]
pub struct Selection {
    pub l2: L2,
    /// Held-out scores at that strength, n × k by row; zeros for units that no fold holds out.
    pub scores: Vec<f64>,
    /// Every strength tried, with the figure it reached.
    pub tried: Vec<(f64, f64)>,
    /// What each fold learned at that strength, where asked for.
    pub points: Vec<Vec<f64>>,
    /// The mean of what the folds learned: the final fit has not far to go from there.
    pub start: Start,
}

/// Everything that a fit on a part of the units needs.
pub struct Field<'a> {
    pub problem: Problem<'a>,
    pub folds: &'a Folds,
    /// Naive-Bayes ratios from the units of a cost above zero, if the weighting uses them.
    pub ratios: &'a (dyn Fn(&Costs) -> Option<Vec<f64>> + Sync),
    /// Weights that may not be negative.
    pub positive: &'a [usize],
    /// Whether to keep what the folds learned.
    pub keep_points: bool,
    /// Rows have the length one over the terms that are known.
    pub is_normalised: bool,
}

/// Tries `grid` (strong to weak) and returns the strength that scores best on held-out units: by accuracy where each unit has one label, by
/// the mean average precision of labels otherwise. Ties go to the stronger penalty. `fitted` is called after each fold's fit, by any thread.
///
/// # Errors
/// [`LearnError::Strength`] if a strength of the grid is not positive.
///
/// # Panics
/// If the grid is empty.
pub fn best(field: &Field, grid: &[f64], fitted: &(dyn Fn() + Sync)) -> Result<Selection, LearnError> {
    let is_dual = dual::suits(&field.problem, field.positive) && !field.keep_points;
    let layout = is_dual.then(|| Layout::of(&field.problem));
    let growths = if field.is_normalised { growths(field) } else { Vec::new() };
    let prior = priors(field.problem);
    let mut folds: Vec<Fold> =
        (0..field.folds.held_out()).map(|fold| Fold::new(field, fold, &growths, &prior)).collect();
    let mut best: Option<(f64, Selection)> = None;
    let mut tried = Vec::new();
    let mut since_best = 0;
    for &alpha in grid {
        let l2 = L2::new(alpha)?;
        let scores = held_out_scores(field, l2, layout.as_ref(), &mut folds, fitted);
        let task = if field.problem.loss == Loss::Softmax { Task::Single } else { Task::Multi };
        let figure = held_out_figure(task, &scores, field.problem.truth, field.folds);
        tried.push((alpha, figure));
        // A gain within rounding is none.
        if best.as_ref().is_none_or(|(top, _)| figure > top + 1e-9) {
            let kept = folds.iter().filter(|_| field.keep_points);
            let points = kept.map(|fold| fold.point().to_vec()).collect();
            best = Some((figure, Selection { l2, scores, tried: Vec::new(), points, start: mean(&folds) }));
            since_best = 0;
        } else {
            since_best += 1;
        }
        if since_best > PATIENCE {
            break;
        }
    }
    let (_, selection) = best.expect("the grid is not empty");
    Ok(Selection { tried, ..selection })
}

struct Fold {
    unseen: Unseen,
    costs: Costs,
    ratios: Option<Vec<f64>>,
    /// What it learned last.
    last: Start,
}

/// By how much the row of each unit grows when its terms that no unit outside of its fold has are left out, as classifying leaves out what training never saw: it has
/// the length one without them again. Otherwise held-out scores would be smaller than those of new text, and what is told by them (calibration,
/// thresholds) would not hold there.
fn growths(field: &Field) -> Vec<f64> {
    /// No unit has the column, or those of several folds.
    const NONE: u32 = u32::MAX;
    const SEVERAL: u32 = u32::MAX - 1;
    let (rows, costs) = (field.problem.rows, &field.problem.costs.units);
    let mut alone = vec![NONE; rows.width()];
    for i in (0..rows.height()).filter(|&i| costs[i] != 0.0) {
        let fold = field.folds.of(i) as u32;
        for &column in rows.entries_of(i).0 {
            let alone = &mut alone[column as usize];
            *alone = if matches!(*alone, NONE) || *alone == fold { fold } else { SEVERAL };
        }
    }
    let growth = |i: usize| {
        let fold = field.folds.of(i) as u32;
        let (columns, values) = rows.entries_of(i);
        let strange = columns.iter().zip(values).filter(|(column, _)| [NONE, fold].contains(&alone[**column as usize]));
        let known = 1.0 - strange.map(|(_, value)| f64::from(value * value)).sum::<f64>();
        // Of nothing known there is nothing to grow.
        if known > 1e-6 { 1.0 / known.sqrt() } else { 1.0 }
    };
    (0..rows.height()).into_par_iter().map(growth).collect()
}

impl Fold {
    /// `growths` are those of all units, or none; `prior` has the log-odds of each label among them.
    fn new(field: &Field, number: usize, growths: &[f64], prior: &[f64]) -> Self {
        let mut costs = field.problem.costs.clone();
        let units: Vec<usize> = (0..costs.units.len()).filter(|&i| field.folds.of(i) == number).collect();
        units.iter().for_each(|&i| costs.units[i] = 0.0);
        let ratios = (field.ratios)(&costs);
        let growths = if growths.is_empty() { Vec::new() } else { units.iter().map(|&i| growths[i]).collect() };
        let own = priors(Problem { costs: &costs, ..field.problem });
        let shifts = prior.iter().zip(own).map(|(all, own)| all - own).collect();
        Fold { unseen: Unseen { units, growths, shifts }, costs, ratios, last: Start::Origin }
    }

    /// Learns from the others, and scores the units that are held out: n × k by row.
    fn fit(&mut self, field: &Field, l2: L2, layout: Option<&Layout>) -> Vec<f64> {
        let problem = Problem { costs: &self.costs, ratios: self.ratios.as_deref(), ..field.problem };
        let start = std::mem::replace(&mut self.last, Start::Origin);
        // Where the dual was too slow once, it is even slower with weaker penalties.
        if let Some(layout) = layout.filter(|_| !matches!(start, Start::Fit(_))) {
            let start = if let Start::Residuals(residuals) = start { Some(residuals) } else { None };
            if let Some((scores, residuals)) = dual::held_out(problem, layout, l2, STOP, start, &self.unseen) {
                self.last = Start::Residuals(residuals);
                return scores;
            }
            self.last = Start::Fit(by_newton(problem, l2, STOP, Start::Origin, field.positive));
        } else {
            self.last = Start::Fit(solve_signed(problem, l2, STOP, start, field.positive));
        }
        let k = problem.truth.labels;
        let mut scores = vec![0.0; self.unseen.units.len() * k];
        scores.par_chunks_mut(k).enumerate().for_each(|(at, out)| {
            score_row(field.problem.rows, self.unseen.units[at], self.point(), self.ratios.as_deref(), out);
            let intercepts = &self.point()[self.point().len() - k..];
            self.unseen.adjust(at, 0..k, intercepts, out);
        });
        scores
    }

    /// What was learned last, by Newton's method.
    fn point(&self) -> &[f64] {
        match &self.last {
            Start::Fit(fit) => &fit.point,
            _ => &[],
        }
    }
}

/// Units that a fold holds out, and what makes their scores those that new text would have.
pub struct Unseen {
    /// Rising.
    pub units: Vec<usize>,
    /// By how much the row of each grows when only what the others have is known; empty if rows stay as they are.
    pub growths: Vec<f64>,
    /// What is added to the scores of each label: a fold that holds out most units of a rare label has learned from few of them, and thinks it rarer than all units
    /// show. Without this, a cut would part folds, not units.
    pub shifts: Vec<f64>,
}

impl Unseen {
    /// The scores of the unit at this place for these labels, of which these are the intercepts, as if it were new.
    pub fn adjust(&self, at: usize, labels: Range<usize>, intercepts: &[f64], scores: &mut [f64]) {
        let growth = self.growths.get(at).copied().unwrap_or(1.0);
        for ((score, intercept), shift) in scores.iter_mut().zip(intercepts).zip(&self.shifts[labels]) {
            *score = intercept + shift + (*score - intercept) * growth;
        }
    }
}

/// The log-odds of each label among the units that cost something, or of its share where exactly one holds.
fn priors(problem: Problem) -> Vec<f64> {
    let units: Vec<u32> =
        (0..problem.rows.height() as u32).filter(|&i| problem.costs.units[i as usize] != 0.0).collect();
    let splits = problem.splits(0..problem.truth.labels, &units);
    let total: f64 = splits.iter().map(|split| split.with).sum();
    splits.iter().map(|split| split.prior(problem.loss, total)).collect()
}

fn mean(folds: &[Fold]) -> Start {
    let residuals = folds.iter().map(|fold| if let Start::Residuals(own) = &fold.last { Some(own) } else { None });
    let residuals: Option<Vec<_>> = residuals.collect();
    if let Some(mean) = residuals.and_then(|all| Residuals::mean(&all)) {
        return Start::Residuals(mean);
    }
    let points: Vec<&[f64]> = folds.iter().map(Fold::point).filter(|point| !point.is_empty()).collect();
    let mut mean = vec![0.0; points.first().map_or(0, |point| point.len())];
    for point in &points {
        mean.iter_mut().zip(*point).for_each(|(sum, own)| *sum += own);
    }
    mean.iter_mut().for_each(|sum| *sum /= points.len() as f64);
    Start::Point(mean)
}

/// Each unit scored by the fold that did not see it, if there is one: n × k.
fn held_out_scores(
    field: &Field,
    l2: L2,
    layout: Option<&Layout>,
    folds: &mut [Fold],
    fitted: &(dyn Fn() + Sync),
) -> Vec<f64> {
    let k = field.problem.truth.labels;
    let fit = |fold: &mut Fold| {
        let scores = fold.fit(field, l2, layout);
        fitted();
        scores
    };
    let of_folds: Vec<Vec<f64>> = folds.par_iter_mut().map(fit).collect();
    let mut scores = vec![0.0; field.problem.rows.height() * k];
    for (fold, own) in folds.iter().zip(&of_folds) {
        for (&i, own) in fold.unseen.units.iter().zip(own.chunks_exact(k)) {
            scores[i * k..(i + 1) * k].copy_from_slice(own);
        }
    }
    scores
}

fn score_row(rows: &Rows, i: usize, point: &[f64], ratios: Option<&[f64]>, out: &mut [f64]) {
    let k = out.len();
    out.copy_from_slice(&point[point.len() - k..]);
    for (feature, value) in rows.row(i) {
        let at = feature.index() * k;
        for (label, out) in out.iter_mut().enumerate() {
            let ratio = ratios.map_or(1.0, |ratios| ratios[at + label]);
            *out += f64::from(value) * point[at + label] * ratio;
        }
    }
}

/// How good the scores (n × k by row) of the units that are held out are.
pub fn held_out_figure(task: Task, scores: &[f64], truth: &Truth, folds: &Folds) -> f64 {
    let units: Vec<usize> = (0..truth.units()).filter(|&i| folds.holds_out(i)).collect();
    match units.len() == truth.units() {
        true => figure(task, scores, truth),
        false => figure(task, &only(scores, truth.labels, &units), &truth.only(&units)),
    }
}

/// The scores (n × k by row) of these units, which rise.
pub fn only<'a>(scores: &'a [f64], k: usize, units: &[usize]) -> Cow<'a, [f64]> {
    if units.len() * k == scores.len() {
        return Cow::Borrowed(scores);
    }
    let mut some = Vec::with_capacity(units.len() * k);
    units.iter().for_each(|&i| some.extend_from_slice(&scores[i * k..(i + 1) * k]));
    Cow::Owned(some)
}

/// How good held-out scores are: with one label a unit the accuracy, ties settled by likelihood; else the labels' mean average precision.
fn figure(task: Task, scores: &[f64], truth: &Truth) -> f64 {
    match task {
        Task::Single => {
            let mut parted = scores.to_vec();
            parted.chunks_exact_mut(truth.labels).for_each(|row| even(row.iter_mut()));
            accuracy(&parted, truth) + 1e-3 * likelihood(scores, truth)
        }
        Task::Multi => mean_average_precision(scores, truth),
    }
}

/// How far apart two scores may be that would be equal if the folds were solved to the end (`STOP`), in log-odds: the score of a unit without a known word
/// is the same for labels of one frequency, and the order of the rows parted such scores by up to 1e-7.
const SLACK: f64 = 1e-6;

/// Makes scores equal that lie within [`SLACK`] above another, else the order of the rows would decide which is the higher.
fn even<'a>(scores: impl Iterator<Item = &'a mut f64>) {
    let mut rising: Vec<&mut f64> = scores.collect();
    rising.sort_unstable_by(|a, b| a.total_cmp(b));
    let mut lowest = f64::NEG_INFINITY;
    for score in rising {
        if *score - lowest <= SLACK {
            *score = lowest;
        } else {
            lowest = *score;
        }
    }
}

/// The share of units whose highest score is that of their label.
pub fn accuracy(scores: &[f64], truth: &Truth) -> f64 {
    let right = scores.chunks_exact(truth.labels).enumerate().filter(|(i, row)| truth.has(*i, top(row))).count();
    right as f64 / truth.units().max(1) as f64
}

/// Geometric mean of the probabilities given to the true labels, 0 to 1: settles ties of accuracy.
fn likelihood(scores: &[f64], truth: &Truth) -> f64 {
    let mut p = vec![0.0; truth.labels];
    let mut sum = 0.0;
    for (i, row) in scores.chunks_exact(truth.labels).enumerate() {
        p.copy_from_slice(row);
        let log_sum = softmax(&mut p);
        sum += row.iter().zip(truth.row(i)).find(|(_, has)| **has).map_or(0.0, |(own, _)| own - log_sum);
    }
    libm::exp(sum / truth.units().max(1) as f64)
}

fn mean_average_precision(scores: &[f64], truth: &Truth) -> f64 {
    let of_label = |label| {
        let mut column = column(scores, truth, label);
        even(column.iter_mut().map(|(score, _)| score));
        average_precision(&column)
    };
    let figures: Vec<f64> = (0..truth.labels).into_par_iter().map(of_label).collect();
    figures.iter().sum::<f64>() / figures.len().max(1) as f64
}

/// The label of the highest score; the first of equals.
pub fn top(scores: &[f64]) -> usize {
    (1..scores.len()).fold(0, |best, label| if scores[label] > scores[best] { label } else { best })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::weighting::Weighting;
    use crate::features::{FeatureId, FeatureSettings, Featurizer};

    /// With few columns and hardly a penalty, units hang together so much that going from one to the next leads nowhere.
    #[test]
    fn a_fold_that_the_dual_leaves_unfinished_is_fitted_by_newtons_method() {
        let cell = |i: usize, j: usize| ((i * 37 + j * 101 + i * j * 13) % 17) as f32 / 17.0;
        let mut rows = Rows::new(30);
        (0..400).for_each(|i| rows.push((0..30).map(|j| (FeatureId(j as u32), cell(i, j)))));
        let truth =
            Truth::new(1, (0..400).map(|i| cell(i, 3) + 0.5 * cell(i, 8) + 0.5 * cell(i * i, 1) > 1.0).collect());
        let costs = Costs { units: vec![1.0; 400], labels: None };
        let problem = Problem { rows: &rows, truth: &truth, costs: &costs, ratios: None, loss: Loss::OneVsRest };
        let folds = Folds::by_key(&(0..400).map(|i| i.to_string()).collect::<Vec<_>>(), 2, 0);
        let ratios = |_: &Costs| None;
        let field =
            Field { problem, folds: &folds, ratios: &ratios, positive: &[], keep_points: false, is_normalised: false };
        let l2 = L2::new(1e-5).unwrap();
        assert!(dual::suits(&problem, &[]));
        let best = best(&field, &[l2.get()], &|| ()).unwrap();
        assert!(matches!(best.start, Start::Point(_)), "the dual has finished");
        for number in 0..2 {
            let fold = Fold::new(&field, number, &[], &priors(problem));
            let fit = by_newton(Problem { costs: &fold.costs, ..problem }, l2, STOP, Start::Origin, &[]);
            for i in fold.unseen.units {
                let mut score = [0.0];
                score_row(&rows, i, &fit.point, None, &mut score);
                assert!((best.scores[i] - score[0] - fold.unseen.shifts[0]).abs() < 1e-9);
            }
        }
    }

    /// By another road: the others teach a vocabulary of their own, in which the held-out texts are looked up. Binary weights know no frequencies.
    #[test]
    fn a_held_out_unit_is_scored_as_the_same_text_would_be_if_it_were_new() {
        let words = ["rain", "wind", "snow", "pay", "vote", "war"];
        let text = |i: usize| format!("{} {} only{i} single{i}", words[i % 6], words[(i * i + i / 6) % 6]);
        let texts: Vec<String> = (0..48).map(text).collect();
        let has = |i: usize| texts[i].contains("pay") || texts[i].contains("war");
        let weighting = Weighting::Binary;
        let settings = FeatureSettings { ngrams: (1, 1), shape: false, weighting, ..FeatureSettings::default() };
        let of = |units: &[usize]| {
            let texts: Vec<&str> = units.iter().map(|&i| &texts[i][..]).collect();
            let (featurizer, rows) = Featurizer::learn(settings.clone(), &texts).unwrap();
            (featurizer, rows, Truth::new(1, units.iter().map(|&i| has(i)).collect()))
        };
        let folds = Folds::by_key(&texts, 4, 0);
        let (_, rows, truth) = of(&(0..48).collect::<Vec<_>>());
        let costs = |units: usize| Costs { units: vec![1.0; units], labels: None };
        let loss = Loss::OneVsRest;
        let l2 = L2::new(0.1).unwrap();
        let problem = Problem { rows: &rows, truth: &truth, costs: &costs(48), ratios: None, loss };
        let field =
            Field { problem, folds: &folds, ratios: &|_| None, positive: &[], keep_points: false, is_normalised: true };
        let found = best(&field, &[l2.get()], &|| ()).unwrap().scores;
        for fold in 0..folds.count {
            let (units, others): (Vec<usize>, Vec<usize>) = (0..48).partition(|&i| folds.of(i) == fold);
            let (featurizer, rows, truth) = of(&others);
            let problem = Problem { rows: &rows, truth: &truth, costs: &costs(others.len()), ratios: None, loss };
            let fit = by_newton(problem, l2, Stop { tolerance: 1e-8, steps: 100 }, Start::Origin, &[]);
            let mut scratch = featurizer.extractor().scratch();
            let odds = |units: &[usize]| {
                let with = units.iter().filter(|&&i| has(i)).count() as f64;
                (with + 0.5) / (units.len() as f64 - with + 0.5)
            };
            let shift = (odds(&(0..48).collect::<Vec<_>>()) / odds(&others)).ln();
            for i in units {
                let row = featurizer.row(&texts[i], &mut scratch);
                let (weights, intercept) = fit.point.split_at(fit.point.len() - 1);
                let sum: f64 = row.entries.iter().map(|(at, value)| f64::from(*value) * weights[at.index()]).sum();
                let score = intercept[0] + shift + sum;
                assert!((found[i] - score).abs() < 0.1, "{i}: {} and {score}", found[i]);
            }
        }
    }

    #[test]
    fn scores_that_differ_by_rounding_or_by_the_looseness_of_the_folds_are_equal() {
        let (more, less) = (0.1 + 0.2, 0.3);
        assert!(more > less);
        let one = Truth::new(2, vec![true, false]);
        assert!((figure(Task::Single, &[less, more], &one) - figure(Task::Single, &[more, less], &one)).abs() < 1e-9);
        let two = Truth::new(1, vec![true, false]);
        assert_eq!(figure(Task::Multi, &[less, more], &two), figure(Task::Multi, &[more, less], &two));
        // Folds solved loosely part scores that are the same by far more.
        let (above, below) = (0.440_841_256, 0.440_841_229);
        assert!(
            (figure(Task::Single, &[below, above], &one) - figure(Task::Single, &[above, below], &one)).abs() < 1e-9
        );
        assert_eq!(figure(Task::Multi, &[below, above], &two), figure(Task::Multi, &[above, below], &two));
    }
}
