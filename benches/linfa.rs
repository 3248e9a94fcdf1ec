//! `cargo bench --bench linfa`: one logistic regression, by linfa-logistic on the matrix written out and by the sparse solver, in one run.
//!
//! 5,000 rows × 8,000 columns with 20 entries a row, α = 1. It takes some ten to forty seconds, nearly all of them linfa's.

use std::time::Instant;

use rhetor::features::FeatureId;
use rhetor::features::matrix::Rows;
use rhetor::learn::dense;
use rhetor::learn::logistic::{EXACT, L2, Start, solve};
use rhetor::learn::objective::{Costs, Loss, Problem, Truth};

const ROWS: usize = 5_000;
const COLUMNS: usize = 8_000;
const ENTRIES: usize = 20;

fn main() {
    // Marsaglia's xorshift (2003).
    let mut state = 0x9E37_79B9_7F4A_7C15u64;
    let mut draw = |bound: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % bound as u64) as usize
    };
    let mut rows = Rows::new(COLUMNS);
    let mut has = Vec::with_capacity(ROWS);
    for _ in 0..ROWS {
        // The lower the commoner.
        let mut columns: Vec<usize> = (0..ENTRIES).map(|_| draw(COLUMNS).min(draw(COLUMNS))).collect();
        columns.sort_unstable();
        columns.dedup();
        let sum: i64 = columns.iter().map(|column| if column % 7 < 3 { 1 } else { -1 }).sum();
        has.push(sum + draw(5) as i64 > 0);
        let value = 1.0 / (columns.len() as f32).sqrt();
        rows.push(columns.into_iter().map(|column| (FeatureId(column as u32), value)));
    }
    let truth = Truth::new(1, has);
    let costs = Costs { units: vec![1.0; ROWS], labels: None };
    let problem = Problem { rows: &rows, truth: &truth, costs: &costs, ratios: None, loss: Loss::OneVsRest };
    let l2 = L2::new(1.0).expect("one is positive");
    let mut fastest = f64::INFINITY;
    let mut ours = Vec::new();
    for _ in 0..10 {
        let start = Instant::now();
        ours = solve(problem, l2, EXACT, Start::Origin).point;
        fastest = fastest.min(start.elapsed().as_secs_f64());
    }
    let start = Instant::now();
    let theirs = dense::fit(&rows, &truth, Loss::OneVsRest, 1.0).expect("linfa fits it");
    let linfa = start.elapsed().as_secs_f64();
    let gap = ours.iter().zip(&theirs).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    println!(
        "linfa-logistic {linfa:.2} s, here {:.2} ms (the least of ten): {:.0} times",
        fastest * 1e3,
        linfa / fastest
    );
    println!("greatest difference of a weight: {gap:.1e}");
}
