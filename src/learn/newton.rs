//! Minimises any smooth convex [`Objective`] by Newton's method, knowing no loss: each step solves the Newton equation
//! only as well as it pays, by preconditioned conjugate gradients, and is halved until it goes down enough (Nocedal & Wright 2006,
//! algorithm 7.1; forcing sequence of Dembo & Steihaug 1983). Where an objective falls apart into parts, all parts are
//! solved side by side, each with its own scalars, so that they share every pass over the data.

use super::objective::{Objective, dots};

/// Armijo's constant: the share of the promised descent that a step must deliver.
const ENOUGH: f64 = 1e-4;
const MOST_HALVINGS: usize = 40;
const MOST_INNER: usize = 250;

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
    /// Whether every part met the tolerance.
    pub converged: bool,
    /// The objective's value at the end, part by part.
    pub value: Vec<f64>,
}

/// Moves `point` to the minimum of `objective`.
pub fn minimise(objective: &mut impl Objective, point: &mut [f64], stop: Stop) -> Outcome {
    let mut search = Search::start(objective, point, stop);
    while !search.is_done() && search.steps < stop.steps {
        search.step(objective, point);
    }
    Outcome { steps: search.steps, converged: search.is_close(), value: search.value }
}

struct Search {
    parts: usize,
    value: Vec<f64>,
    gradient: Vec<f64>,
    lengths: Vec<f64>,
    /// The gradient's length that counts as zero, part by part.
    goal: Vec<f64>,
    /// The gradient's length at the objective's origin.
    origin: Vec<f64>,
    /// Parts that no step improves any more, because of rounding.
    stuck: Vec<bool>,
    steps: usize,
}

impl Search {
    fn start(objective: &mut impl Objective, point: &[f64], stop: Stop) -> Self {
        let parts = objective.parts();
        let mut gradient = vec![0.0; objective.dimension()];
        objective.move_to(&objective.origin());
        objective.gradient(&mut gradient);
        let origin = lengths(&gradient, parts);
        let value = objective.move_to(point);
        objective.gradient(&mut gradient);
        let lengths = lengths(&gradient, parts);
        let goal = origin.iter().map(|length| (length * stop.tolerance).max(f64::MIN_POSITIVE)).collect();
        Search { parts, value, gradient, lengths, goal, origin, stuck: vec![false; parts], steps: 0 }
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
        let direction = self.direction(objective);
        let slope = dots(&self.gradient, &direction, self.parts);
        let mut lengths_of_step: Vec<f64> =
            (0..self.parts).map(|part| f64::from(u8::from(self.is_open(part)))).collect();
        let from = point.to_vec();
        for halving in 0..=MOST_HALVINGS {
            advance(point, &from, &direction, &lengths_of_step);
            let value = objective.move_to(point);
            let mut enough = true;
            for part in 0..self.parts {
                let promised = ENOUGH * lengths_of_step[part] * slope[part];
                let rounding = 1e-14 * self.value[part].abs();
                // A value that is not a number is no descent either.
                let descends = value[part] <= self.value[part] + promised + rounding;
                if lengths_of_step[part] > 0.0 && !descends {
                    enough = false;
                    lengths_of_step[part] = if halving + 1 < MOST_HALVINGS { lengths_of_step[part] / 2.0 } else { 0.0 };
                    self.stuck[part] = lengths_of_step[part] == 0.0;
                }
            }
            if enough {
                self.value = value;
                break;
            }
        }
        objective.gradient(&mut self.gradient);
        self.lengths = lengths(&self.gradient, self.parts);
        self.steps += 1;
    }

    /// The solution of `H·s = −g`, each part to a residual that shrinks as the minimum comes near.
    fn direction(&self, objective: &mut impl Objective) -> Vec<f64> {
        let (n, parts) = (self.gradient.len(), self.parts);
        let goals: Vec<f64> = (0..parts).map(|part| self.inner_goal(part)).collect();
        let mut scale = vec![0.0; n];
        objective.diagonal(&mut scale);
        scale.iter_mut().for_each(|entry| *entry = if *entry > 0.0 { 1.0 / *entry } else { 1.0 });
        let mut step = vec![0.0; n];
        let mut rest: Vec<f64> = self.gradient.iter().map(|g| -g).collect();
        let mut scaled = times(&rest, &scale);
        let mut direction = scaled.clone();
        let mut product = vec![0.0; n];
        let mut open: Vec<bool> = (0..parts).map(|part| self.is_open(part)).collect();
        let mut old = dots(&rest, &scaled, parts);
        for _ in 0..MOST_INNER {
            mask(&mut direction, &open);
            objective.hessian_product(&direction, &mut product);
            let curvature = dots(&direction, &product, parts);
            let along: Vec<f64> = (0..parts)
                .map(|part| if open[part] && curvature[part] > 0.0 { old[part] / curvature[part] } else { 0.0 })
                .collect();
            add(&mut step, &direction, &along);
            add(&mut rest, &product, &along.iter().map(|a| -a).collect::<Vec<_>>());
            let left = lengths(&rest, parts);
            (0..parts).for_each(|part| open[part] &= left[part] > goals[part] && along[part] > 0.0);
            if !open.contains(&true) {
                break;
            }
            multiply(&mut scaled, &rest, &scale);
            let new = dots(&rest, &scaled, parts);
            let turn: Vec<f64> =
                new.iter().zip(&old).map(|(new, old)| if *old > 0.0 { new / old } else { 0.0 }).collect();
            turn_to(&mut direction, &scaled, &turn);
            old = new;
        }
        step
    }

    fn inner_goal(&self, part: usize) -> f64 {
        let share = if self.origin[part] > 0.0 { self.lengths[part] / self.origin[part] } else { 0.0 };
        self.lengths[part] * share.sqrt().clamp(1e-3, 0.1)
    }
}

fn lengths(point: &[f64], parts: usize) -> Vec<f64> {
    dots(point, point, parts).into_iter().map(f64::sqrt).collect()
}

fn times(a: &[f64], b: &[f64]) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| a * b).collect()
}

fn multiply(out: &mut [f64], a: &[f64], b: &[f64]) {
    out.iter_mut().zip(a.iter().zip(b)).for_each(|(out, (a, b))| *out = a * b);
}

/// `point = from + by ∘ direction`, with a factor for each part.
fn advance(point: &mut [f64], from: &[f64], direction: &[f64], by: &[f64]) {
    point.copy_from_slice(from);
    add(point, direction, by);
}

fn add(point: &mut [f64], direction: &[f64], by: &[f64]) {
    for (point, direction) in point.chunks_mut(by.len()).zip(direction.chunks(by.len())) {
        point.iter_mut().zip(direction.iter().zip(by)).for_each(|(point, (direction, by))| *point += by * direction);
    }
}

fn turn_to(direction: &mut [f64], scaled: &[f64], turn: &[f64]) {
    for (direction, scaled) in direction.chunks_mut(turn.len()).zip(scaled.chunks(turn.len())) {
        direction.iter_mut().zip(scaled.iter().zip(turn)).for_each(|(d, (s, turn))| *d = s + turn * *d);
    }
}

fn mask(direction: &mut [f64], open: &[bool]) {
    if open.contains(&false) {
        for row in direction.chunks_mut(open.len()) {
            row.iter_mut().zip(open).filter(|(_, open)| !**open).for_each(|(entry, _)| *entry = 0.0);
        }
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
        fn move_to(&mut self, point: &[f64]) -> Vec<f64> {
            self.at = point.iter().enumerate().map(|(j, x)| x - j as f64).collect();
            let mut value = vec![0.0; 2];
            for (j, x) in self.at.iter().enumerate() {
                value[j % 2] += self.stiffness[j] * x * x / 2.0 + x.cosh();
            }
            value
        }
        fn gradient(&mut self, out: &mut [f64]) {
            for (j, x) in self.at.iter().enumerate() {
                out[j] = self.stiffness[j] * x + x.sinh();
            }
        }
        fn hessian_product(&mut self, direction: &[f64], out: &mut [f64]) {
            for (j, x) in self.at.iter().enumerate() {
                out[j] = (self.stiffness[j] + x.cosh()) * direction[j];
            }
        }
        fn diagonal(&mut self, out: &mut [f64]) {
            out.fill(1.0);
        }
    }

    #[test]
    fn it_finds_the_bottom_of_each_part_whatever_their_scales() {
        let mut bowl = Bowl { stiffness: vec![1e-3, 1e4, 1.0, 10.0, 0.0, 1e2], at: Vec::new() };
        let mut point = vec![0.0; 6];
        let outcome = minimise(&mut bowl, &mut point, Stop { tolerance: 1e-10, steps: 100 });
        assert!(outcome.converged);
        for (j, x) in point.iter().enumerate() {
            assert!((x - j as f64).abs() < 1e-6, "coordinate {j} ended at {x}");
        }
    }

    #[test]
    fn no_steps_leave_the_point_where_it_was() {
        let mut bowl = Bowl { stiffness: vec![1.0; 4], at: Vec::new() };
        let mut point = vec![5.0; 4];
        let outcome = minimise(&mut bowl, &mut point, Stop { tolerance: 1e-10, steps: 0 });
        assert_eq!((point, outcome.converged), (vec![5.0; 4], false));
    }
}
