//! The learner alone, for `benches/peers`: `cargo bench --bench solver -- WHAT…` prints a line of JSON.
//!
//! - `fit FILE.svm C`: fits what the file holds (one label against the rest, for each; a single problem if there are two), α = 1/C. Seconds are the least of three.
//! - `reach FILE.svm C OBJECTIVE`: the same with the loosest tolerance that comes as low as that, so that times compare at one objective.
//! - `value FILE.svm C MODEL`: what the weights are worth that liblinear found, by the same objective: `Σ ln(1 + e^−m) + |w|²/(2C)`, the intercept free.
//! - `dense ROWS COLUMNS`: the same dense problem for linfa-logistic and for this learner, and how far their weights lie apart.

use std::fs;
use std::time::Instant;

use anyhow::{Context, bail};
use linfa::dataset::DatasetBase;
use linfa::traits::Fit;
use ndarray::Array2;
use rand_core::{Rng, SeedableRng};
use rand_pcg::Pcg64Mcg;
use rhetor::features::FeatureId;
use rhetor::features::matrix::Rows;
use rhetor::learn::dense;
use rhetor::learn::logistic::{Guarded, LogisticParams, Stop};
use rhetor::learn::objective::{Loss, Truth, log_loss};
use serde_json::json;

fn main() -> anyhow::Result<()> {
    // Cargo passes options of its own.
    let words: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let answer = match words[..] {
        ["fit", file, strength] => fit(&Labelled::read(file)?, strength.parse()?)?,
        ["reach", file, strength, wanted] => reach(&Labelled::read(file)?, strength.parse()?, wanted.parse()?)?,
        ["value", file, strength, model] => value(&Labelled::read(file)?, strength.parse()?, model)?,
        ["dense", rows, columns] => beside_linfa(rows.parse()?, columns.parse()?)?,
        [] => return Ok(()),
        _ => {
            bail!("{words:?}: fit FILE.svm C, reach FILE.svm C OBJECTIVE, value FILE.svm C MODEL or dense ROWS COLUMNS")
        }
    };
    println!("{answer}");
    Ok(())
}

/// Sparse rows and, for each, one of K labels.
struct Labelled {
    rows: Rows,
    labels: Vec<usize>,
}

impl Labelled {
    /// Lines of `LABEL COLUMN:VALUE …`, labels and columns counted from 1.
    fn read(path: &str) -> anyhow::Result<Self> {
        let text = fs::read_to_string(path).with_context(|| path.to_owned())?;
        let mut lines = Vec::new();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let mut words = line.split_whitespace();
            let label: usize = words.next().context("a line has a label")?.parse()?;
            let entries = words.map(|word| {
                let (column, value) = word.split_once(':').with_context(|| word.to_owned())?;
                Ok((column.parse::<u32>()? - 1, value.parse::<f32>()?))
            });
            lines.push((label - 1, entries.collect::<anyhow::Result<Vec<_>>>()?));
        }
        let width = lines.iter().flat_map(|(_, entries)| entries).map(|(column, _)| column + 1).max().unwrap_or(0);
        let mut rows = Rows::new(width as usize);
        lines
            .iter()
            .for_each(|(_, entries)| rows.push(entries.iter().map(|&(column, value)| (FeatureId(column), value))));
        Ok(Labelled { rows, labels: lines.into_iter().map(|(label, _)| label).collect() })
    }

    /// Which of K problems each row belongs to; two labels are one problem, that of the first.
    fn truth(&self) -> Array2<bool> {
        let count = self.labels.iter().max().map_or(0, |most| most + 1);
        let problems = if count == 2 { 1 } else { count };
        Array2::from_shape_fn((self.labels.len(), problems), |(i, k)| self.labels[i] == k)
    }
}

/// Fits and says how long that took, in seconds.
fn fitted(rows: &Rows, truth: &Array2<bool>, params: LogisticParams) -> anyhow::Result<(Vec<f64>, f64)> {
    let data = DatasetBase::new(rows.clone(), truth.clone());
    let params = Guarded::from(params);
    let start = Instant::now();
    let point = params.fit(&data)?.point;
    Ok((point, start.elapsed().as_secs_f64()))
}

/// The least time of three.
fn least(rows: &Rows, truth: &Array2<bool>, params: &LogisticParams) -> anyhow::Result<(Vec<f64>, f64)> {
    let mut best = fitted(rows, truth, params.clone())?;
    for _ in 0..2 {
        best.1 = best.1.min(fitted(rows, truth, params.clone())?.1);
    }
    Ok(best)
}

fn reach(data: &Labelled, strength: f64, wanted: f64) -> anyhow::Result<serde_json::Value> {
    let (truth, params) = (data.truth(), LogisticParams::new(Loss::OneVsRest).alpha(1.0 / strength));
    for tolerance in [0.3, 0.1, 0.03, 0.01, 3e-3, 1e-3, 3e-4, 1e-4, 3e-5, 1e-5] {
        let params = params.clone().stop(Stop { tolerance, steps: 200 });
        let (point, seconds) = least(&data.rows, &truth, &params)?;
        let objective = objective(&data.rows, &truth, 1.0 / strength, &point);
        if objective <= wanted {
            return Ok(json!({"seconds": seconds, "objective": objective, "tolerance": tolerance}));
        }
    }
    bail!("no tolerance reaches an objective of {wanted}")
}

fn fit(data: &Labelled, strength: f64) -> anyhow::Result<serde_json::Value> {
    let truth = data.truth();
    let best = least(&data.rows, &truth, &LogisticParams::new(Loss::OneVsRest).alpha(1.0 / strength))?;
    let objective = objective(&data.rows, &truth, 1.0 / strength, &best.0);
    let (rows, columns, entries) = (data.rows.height(), data.rows.width(), data.rows.entries());
    Ok(
        json!({"seconds": best.1, "objective": objective, "problems": truth.ncols(), "rows": rows, "columns": columns, "entries": entries}),
    )
}

/// The penalised loss of all problems together at a point: weights d × k by row, then k intercepts.
fn objective(rows: &Rows, truth: &Array2<bool>, alpha: f64, point: &[f64]) -> f64 {
    let k = truth.ncols();
    let (weights, intercepts) = point.split_at(point.len() - k);
    let mut sum = weights.iter().map(|weight| weight * weight).sum::<f64>() * alpha / 2.0;
    let mut scores = vec![0.0; k];
    for i in 0..rows.height() {
        scores.copy_from_slice(intercepts);
        for (feature, value) in rows.row(i) {
            let weights = &weights[feature.index() * k..][..k];
            scores.iter_mut().zip(weights).for_each(|(score, weight)| *score += weight * f64::from(value));
        }
        let margins = scores.iter().zip(truth.row(i)).map(|(score, has)| if *has { *score } else { -score });
        sum += margins.map(|margin| log_loss(margin).0).sum::<f64>();
    }
    sum
}

/// liblinear writes a line for each column and one for the intercept, in it a weight for each label, labels in its own order; with two labels only that of the first.
fn value(data: &Labelled, strength: f64, model: &str) -> anyhow::Result<serde_json::Value> {
    let text = fs::read_to_string(model).with_context(|| model.to_owned())?;
    let (head, weights) = text.split_once("\nw\n").context("a model has weights")?;
    let order = head.lines().find_map(|line| line.strip_prefix("label ")).context("a model has labels")?;
    let order: Vec<usize> = order.split_whitespace().map(str::parse).collect::<Result<_, _>>()?;
    let truth = data.truth();
    let k = truth.ncols();
    let mut point = Vec::with_capacity((data.rows.width() + 1) * k);
    for line in weights.lines() {
        let own: Vec<f64> = line.split_whitespace().map(str::parse).collect::<Result<_, _>>()?;
        let mut row = vec![0.0; k];
        match own[..] {
            [weight] => row[0] = if order[0] == 1 { weight } else { -weight },
            _ => order.iter().zip(own).for_each(|(label, weight)| row[label - 1] = weight),
        }
        point.extend(row);
    }
    Ok(json!({"objective": objective(&data.rows, &truth, 1.0 / strength, &point)}))
}

/// Rows of sixty columns each, the first columns in most of them and the last in few, as words are; what tells the labels apart is drawn.
fn beside_linfa(height: usize, width: usize) -> anyhow::Result<serde_json::Value> {
    let mut draws = Pcg64Mcg::seed_from_u64(1);
    let mut draw = || f64::from(draws.next_u32()) / 4_294_967_296.0;
    let told: Vec<f64> = (0..width).map(|_| draw() * 2.0 - 1.0).collect();
    let (mut rows, mut has) = (Rows::new(width), Vec::new());
    for _ in 0..height {
        let mut columns: Vec<usize> = (0..60).map(|_| (draw() * draw() * draw() * width as f64) as usize).collect();
        columns.sort_unstable();
        columns.dedup();
        let value = 1.0 / (columns.len() as f32).sqrt();
        has.push(columns.iter().map(|&column| told[column]).sum::<f64>() > draw() - 0.5);
        rows.push(columns.iter().map(|&column| (FeatureId(column as u32), value)));
    }
    let start = Instant::now();
    let theirs = dense::fit(&rows, &Truth::new(1, has.clone()), Loss::OneVsRest, 1.0)?;
    let linfa = start.elapsed().as_secs_f64();
    let truth = Array2::from_shape_vec((height, 1), has)?;
    let params = LogisticParams::new(Loss::OneVsRest);
    let fits = (0..5).map(|_| fitted(&rows, &truth, params.clone()));
    let (ours, seconds) = fits.reduce(|a, b| Ok(min(a?, b?))).expect("five are not none")?;
    let apart = ours.iter().zip(&theirs).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    let largest = theirs.iter().fold(0.0f64, |most, weight| most.max(weight.abs()));
    Ok(
        json!({"rows": height, "columns": width, "linfa": linfa, "seconds": seconds, "apart": apart, "largest": largest}),
    )
}

fn min(a: (Vec<f64>, f64), b: (Vec<f64>, f64)) -> (Vec<f64>, f64) {
    if a.1 <= b.1 { a } else { b }
}
