//! Minimises any smooth convex [`Objective`] by Newton's method, knowing no loss: each step solves the Newton equation
//! only as well as it pays, by preconditioned conjugate gradients, and is halved until it goes down enough (Nocedal & Wright 2006,
//! algorithm 7.1; forcing sequence of Dembo & Steihaug 1983). Where an objective falls apart into parts, all parts are
//! solved side by side, each with its own scalars, so that they share every pass over the data.
//!
//! Points, values and gradients are in double precision. Steps are sought in single precision, with scalars in double: a step need not be exact,
//! since the next gradient mends it, and half as many bytes pass through memory.

use rayon::prelude::*;

use super::objective::Objective;

/// Armijo's constant: the share of the promised descent that a step must deliver.
const ENOUGH: f64 = 1e-4;
/// What of a value is rounding.
const ROUNDING: f64 = 1e-13;
const MOST_HALVINGS: usize = 40;
const MOST_INNER: usize = 250;

/// Lanes that vectors are worked on in; a number of parts divides it, and entry j belongs to part j modulo that number.
pub const LANES: usize = 8;
/// Entries a task. The sums run task by task in order, so this number is part of what decides the last bits.
const ENTRIES_A_TASK: usize = 1 << 16;

/// When to stop.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stop {
    /// The gradient's Euclidean length, part by part, as a share of its length at the objective's origin.
    pub tolerance: f64,
    /// At most so many Newton steps.
    pub steps: usize,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    pub steps: usize,
    /// Passes over the data in all.
    pub passes: usize,
    /// Whether every part met the tolerance.
    pub converged: bool,
    /// The objective's value at the end, part by part.
    pub value: Vec<f64>,
    /// The gradient's length at the objective's origin, part by part: it hangs on no penalty, so a next fit may use it again.
    pub origin: Vec<f64>,
}

/// Moves `point` to the minimum of `objective`; `origin` is what a fit of the same data said of its origin.
pub fn minimise(objective: &mut impl Objective, point: &mut [f64], stop: Stop, origin: Option<Vec<f64>>) -> Outcome {
    let settled = objective.settled();
    if !settled.is_empty() {
        let (parts, origin) = (objective.parts(), objective.origin());
        let places = (0..point.len()).filter(|at| settled.contains(&(at % parts)));
        places.for_each(|at| point[at] = origin[at]);
    }
    let mut search = Search::start(objective, point, stop, origin);
    settled.into_iter().for_each(|part| search.goal[part] = f64::INFINITY);
    while !search.is_done() && search.steps < stop.steps {
        search.step(objective, point);
    }
    let converged = search.is_close();
    Outcome { steps: search.steps, passes: search.passes, converged, value: search.value, origin: search.origin }
}

struct Search {
    parts: usize,
    value: Vec<f64>,
    gradient: Vec<f64>,
    /// The Hessian's diagonal.
    diagonal: Vec<f32>,
    lengths: Vec<f64>,
    /// The gradient's length that counts as zero, part by part.
    goal: Vec<f64>,
    origin: Vec<f64>,
    /// Parts that no step improves any more, because of rounding.
    stuck: Vec<bool>,
    steps: usize,
    passes: usize,
}

impl Search {
    fn start(objective: &mut impl Objective, point: &[f64], stop: Stop, origin: Option<Vec<f64>>) -> Self {
        let (parts, n) = (objective.parts(), objective.dimension());
        assert!(LANES.is_multiple_of(parts), "parts are 1, 2, 4 or 8");
        let (mut gradient, mut diagonal, mut passes) = (vec![0.0; n], vec![0.0; n], 1);
        let origin = origin.unwrap_or_else(|| {
            passes += 1;
            objective.move_to(&objective.origin(), &mut gradient, &mut diagonal);
            lengths(&gradient, parts)
        });
        let value = objective.move_to(point, &mut gradient, &mut diagonal);
        let lengths = lengths(&gradient, parts);
        let goal = origin.iter().map(|length| (length * stop.tolerance).max(f64::MIN_POSITIVE)).collect();
        let stuck = vec![false; parts];
        Search { parts, value, gradient, diagonal, lengths, goal, origin, stuck, steps: 0, passes }
    }

    fn is_close(&self) -> bool {
        self.lengths.iter().zip(&self.goal).all(|(length, goal)| length <= goal)
    }

    fn is_done(&self) -> bool {
        (0..self.parts).all(|part| !self.is_open(part))
    }

    fn is_open(&self, part: usize) -> bool {
        self.lengths[part] > self.goal[part] && !self.stuck[part]
    }

    fn step(&mut self, objective: &mut impl Objective, point: &mut [f64]) {
        let step = self.direction(objective);
        let slope = slopes(&self.gradient, &step, self.parts);
        let mut by: Vec<f64> = (0..self.parts).map(|part| f64::from(u8::from(self.is_open(part)))).collect();
        let from = point.to_vec();
        advance(point, &from, &step, &by);
        let mut value = objective.move_to(point, &mut self.gradient, &mut self.diagonal);
        self.passes += 1;
        let mut is_moved = true;
        for halving in 1.. {
            let failed: Vec<usize> =
                (0..self.parts).filter(|&part| !self.descends(part, by[part], &slope, &value)).collect();
            if failed.is_empty() {
                break;
            }
            for part in failed {
                by[part] = if halving < MOST_HALVINGS { by[part] / 2.0 } else { 0.0 };
                self.stuck[part] = by[part] == 0.0;
            }
            advance(point, &from, &step, &by);
            (value, is_moved) = (objective.value(point), false);
            self.passes += 1;
        }
        if !is_moved {
            value = objective.move_to(point, &mut self.gradient, &mut self.diagonal);
        }
        self.value = value;
        self.lengths = lengths(&self.gradient, self.parts);
        self.steps += 1;
    }

    /// A value that is not a number is no descent either.
    fn descends(&self, part: usize, by: f64, slope: &[f64], value: &[f64]) -> bool {
        let promised = ENOUGH * by * slope[part];
        by == 0.0 || value[part] <= self.value[part] + promised + ROUNDING * self.value[part].abs()
    }

    /// The solution of `H·s = −g`, each part to a residual that shrinks as the minimum comes near.
    fn direction(&mut self, objective: &mut impl Objective) -> Vec<f32> {
        let (n, parts) = (self.gradient.len(), self.parts);
        let goals: Vec<f64> = (0..parts).map(|part| self.inner_goal(part)).collect();
        let mut equation = Equation::new(&self.gradient, &self.diagonal);
        let mut open: Vec<bool> = (0..parts).map(|part| self.is_open(part)).collect();
        let mut product = vec![0.0; n];
        let mut old = sums(&equation.rest, &equation.scale, parts, |rest, scale| rest * rest * scale);
        equation.turn(&vec![0.0; parts], &open);
        for _ in 0..MOST_INNER {
            objective.hessian_product(&equation.direction, &mut product);
            self.passes += 1;
            let curvature = sums(&equation.direction, &product, parts, |d, q| d * q);
            let along: Vec<f64> = (0..parts)
                .map(|part| if open[part] && curvature[part] > 0.0 { old[part] / curvature[part] } else { 0.0 })
                .collect();
            let (left, new) = equation.advance(&product, &along);
            (0..parts).for_each(|part| open[part] &= left[part].sqrt() > goals[part] && along[part] > 0.0);
            if !open.contains(&true) {
                break;
            }
            let turn: Vec<f64> =
                new.iter().zip(&old).map(|(new, old)| if *old > 0.0 { new / old } else { 0.0 }).collect();
            equation.turn(&turn, &open);
            old = new;
        }
        equation.step
    }

    fn inner_goal(&self, part: usize) -> f64 {
        let share = if self.origin[part] > 0.0 { self.lengths[part] / self.origin[part] } else { 0.0 };
        self.lengths[part] * share.sqrt().clamp(1e-3, 0.1)
    }
}

/// Conjugate gradients half-way: `H·step = −g − rest`.
struct Equation {
    step: Vec<f32>,
    rest: Vec<f32>,
    /// What a direction is scaled by: one over the Hessian's diagonal.
    scale: Vec<f32>,
    direction: Vec<f32>,
}

impl Equation {
    fn new(gradient: &[f64], diagonal: &[f32]) -> Self {
        let n = gradient.len();
        Equation {
            step: vec![0.0; n],
            rest: gradient.iter().map(|g| -*g as f32).collect(),
            scale: diagonal.iter().map(|entry| if *entry > 0.0 { 1.0 / *entry } else { 1.0 }).collect(),
            direction: vec![0.0; n],
        }
    }

    /// `direction = scaled rest + turn ∘ direction` in open parts, nothing in others.
    fn turn(&mut self, turn: &[f64], open: &[bool]) {
        let parts = turn.len();
        let turn: [f32; LANES] = std::array::from_fn(|lane| turn[lane % parts] as f32);
        let open: [f32; LANES] = std::array::from_fn(|lane| f32::from(u8::from(open[lane % parts])));
        let Equation { rest, scale, direction, .. } = self;
        direction
            .par_chunks_mut(ENTRIES_A_TASK)
            .zip(rest.par_chunks(ENTRIES_A_TASK))
            .zip(scale.par_chunks(ENTRIES_A_TASK))
            .for_each(|((direction, rest), scale)| {
                by_lanes(direction, rest, scale, |lane, direction, rest, scale| {
                    *direction = open[lane] * (scale * rest + turn[lane] * *direction);
                });
            });
    }

    /// Goes so far along the direction; returns `rest·rest` and `rest·(scaled rest)`.
    fn advance(&mut self, product: &[f32], along: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let parts = along.len();
        let along: [f32; LANES] = std::array::from_fn(|lane| along[lane % parts] as f32);
        let Equation { step, rest, scale, direction } = self;
        let tasks: Vec<[[f64; LANES]; 2]> = step
            .par_chunks_mut(ENTRIES_A_TASK)
            .zip(rest.par_chunks_mut(ENTRIES_A_TASK))
            .zip(scale.par_chunks(ENTRIES_A_TASK))
            .zip(direction.par_chunks(ENTRIES_A_TASK).zip(product.par_chunks(ENTRIES_A_TASK)))
            .map(|(((step, rest), scale), (direction, product))| {
                by_lanes(step, direction, direction, |lane, step, direction, _| *step += along[lane] * direction);
                let mut sums = [[0.0; LANES]; 2];
                by_lanes(rest, product, scale, |lane, rest, product, scale| {
                    *rest -= along[lane] * product;
                    let square = f64::from(*rest) * f64::from(*rest);
                    sums[0][lane] += square;
                    sums[1][lane] += square * f64::from(scale);
                });
                sums
            })
            .collect();
        let [left, new] = [0, 1].map(|which| folded(tasks.iter().map(|sums| sums[which]), parts));
        (left, new)
    }
}

/// Calls `each` with the lane and the entries of three vectors, the first of which it may change.
#[inline(always)]
fn by_lanes(a: &mut [f32], b: &[f32], c: &[f32], mut each: impl FnMut(usize, &mut f32, f32, f32)) {
    let ((a, rest_a), (b, rest_b), (c, rest_c)) =
        (a.as_chunks_mut::<LANES>(), b.as_chunks::<LANES>(), c.as_chunks::<LANES>());
    for ((a, b), c) in a.iter_mut().zip(b).zip(c) {
        (0..LANES).for_each(|lane| each(lane, &mut a[lane], b[lane], c[lane]));
    }
    let rest = rest_a.iter_mut().zip(rest_b).zip(rest_c);
    rest.enumerate().for_each(|(lane, ((a, b), c))| each(lane, a, *b, *c));
}

/// Sums of `of` over the entries of two vectors, part by part, in an order that no thread decides.
pub fn sums<T: Copy + Sync, U: Copy + Sync>(
    a: &[T],
    b: &[U],
    parts: usize,
    of: impl Fn(f64, f64) -> f64 + Sync,
) -> Vec<f64>
where
    f64: From<T> + From<U>,
{
    let task = |(a, b): (&[T], &[U])| {
        let mut sums = [0.0; LANES];
        let ((a, rest_a), (b, rest_b)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
        for (a, b) in a.iter().zip(b) {
            (0..LANES).for_each(|lane| sums[lane] += of(a[lane].into(), b[lane].into()));
        }
        let rest = rest_a.iter().zip(rest_b);
        rest.enumerate().for_each(|(lane, (a, b))| sums[lane] += of((*a).into(), (*b).into()));
        sums
    };
    let tasks: Vec<_> = a.par_chunks(ENTRIES_A_TASK).zip(b.par_chunks(ENTRIES_A_TASK)).map(task).collect();
    folded(tasks.into_iter(), parts)
}

/// Sums by lanes → sums by parts.
fn folded(tasks: impl Iterator<Item = [f64; LANES]>, parts: usize) -> Vec<f64> {
    let mut sums = vec![0.0; parts];
    for task in tasks {
        task.iter().enumerate().for_each(|(lane, sum)| sums[lane % parts] += sum);
    }
    sums
}

fn lengths(point: &[f64], parts: usize) -> Vec<f64> {
    sums(point, point, parts, |a, b| a * b).into_iter().map(f64::sqrt).collect()
}

fn slopes(gradient: &[f64], step: &[f32], parts: usize) -> Vec<f64> {
    sums(gradient, step, parts, |g, s| g * s)
}

/// `point = from + by ∘ step`, with a factor for each part.
fn advance(point: &mut [f64], from: &[f64], step: &[f32], by: &[f64]) {
    let by: [f64; LANES] = std::array::from_fn(|lane| by[lane % by.len()]);
    let chunks = point.chunks_mut(LANES).zip(from.chunks(LANES)).zip(step.chunks(LANES));
    for ((point, from), step) in chunks {
        let each = point.iter_mut().zip(from).zip(step).zip(&by);
        each.for_each(|(((point, from), step), by)| *point = from + by * f64::from(*step));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `Σ_j a_j (x_j − j)² / 2 + Σ_j cosh(x_j − j)`: two columns, each a part of its own.
    struct Bowl {
        stiffness: Vec<f64>,
        at: Vec<f64>,
    }

    impl Objective for Bowl {
        fn dimension(&self) -> usize {
            self.stiffness.len()
        }
        fn parts(&self) -> usize {
            2
        }
        fn value(&self, point: &[f64]) -> Vec<f64> {
            let mut value = vec![0.0; 2];
            for (j, x) in point.iter().enumerate() {
                let x = x - j as f64;
                value[j % 2] += self.stiffness[j] * x * x / 2.0 + x.cosh();
            }
            value
        }
        fn move_to(&mut self, point: &[f64], gradient: &mut [f64], diagonal: &mut [f32]) -> Vec<f64> {
            self.at = point.iter().enumerate().map(|(j, x)| x - j as f64).collect();
            for (j, x) in self.at.iter().enumerate() {
                gradient[j] = self.stiffness[j] * x + x.sinh();
            }
            diagonal.fill(1.0);
            self.value(point)
        }
        fn hessian_product(&mut self, direction: &[f32], out: &mut [f32]) {
            for (j, x) in self.at.iter().enumerate() {
                out[j] = (self.stiffness[j] + x.cosh()) as f32 * direction[j];
            }
        }
    }

    #[test]
    fn it_finds_the_bottom_of_each_part_whatever_their_scales() {
        let mut bowl = Bowl { stiffness: vec![1e-3, 1e4, 1.0, 10.0, 0.0, 1e2], at: Vec::new() };
        let mut point = vec![0.0; 6];
        let outcome = minimise(&mut bowl, &mut point, Stop { tolerance: 1e-10, steps: 100 }, None);
        assert!(outcome.converged);
        for (j, x) in point.iter().enumerate() {
            assert!((x - j as f64).abs() < 1e-6, "coordinate {j} ended at {x}");
        }
    }

    #[test]
    fn no_steps_leave_the_point_where_it_was() {
        let mut bowl = Bowl { stiffness: vec![1.0; 4], at: Vec::new() };
        let mut point = vec![5.0; 4];
        let outcome = minimise(&mut bowl, &mut point, Stop { tolerance: 1e-10, steps: 0 }, None);
        assert_eq!((point, outcome.converged), (vec![5.0; 4], false));
    }
}
