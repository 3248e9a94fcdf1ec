//! What a set of units is worth, and the greedy search for a good one.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use super::pool::{Pool, Pull, TermId, View};
use super::{NAMED, Reason};
use crate::model::Task;

/// What counts how much. A set of units S is worth
///
/// `Σ_labels ln(1 + n_k + Σ_{i∈S} u_ik) + words · Σ_terms v_t · ln(1 + c_t + Σ_{i∈S} x_it / |x_i|^length)`
///
/// with `n_k` the labelled units of label k, `u_ik` the model's doubt (0 to 1), `c_t` the labelled units with term t (or
/// those that the model was trained on), `x_it` 1 if unit i has t and `|x_i|` the number of its terms, and `v_t = (share of the pool's units with t)^commonness`. Every sum is under a concave function, so
/// a second unit of one kind is worth less than the first, rare labels and unseen terms are worth more, and the worth is
/// submodular: feature-based, in the words of Wei, Iyer & Bilmes (2015), "Submodularity in data subset selection and
/// active learning". Taking the best unit again and again comes within 1 − 1/e of the best set (Nemhauser, Wolsey &
/// Fisher 1978); since gains only shrink, few have to be worked out anew (Minoux 1978).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Balance {
    /// How much terms count beside labels.
    pub words: f64,
    /// How much more common terms count than rare ones: 0 not at all.
    pub commonness: f64,
    /// How much long units are held back: with 0 a long one is worth the sum of its words, with 1 the mean.
    pub length: f64,
    /// How much of a label's past examples counts against it: 0 nothing, 1 all.
    pub rarity: f64,
}

impl Default for Balance {
    fn default() -> Self {
        Balance { words: 1.0, commonness: 1.0, length: 0.5, rarity: 1.0 }
    }
}

/// A label with fewer examples is called rare.
const RARE: u64 = 20;

/// A doubt that is a reason in itself, and one that is a reason if the label is rare.
const UNSURE: f32 = 0.3;
const UNSURE_OF_RARE: f32 = 0.1;

/// Whether another unit is wanted.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Go {
    On,
    End,
}

/// What the units taken so far cover.
pub(super) struct Cover<'a> {
    pool: &'a Pool,
    balance: Balance,
    /// By label: examples, in part expected ones.
    labels: Vec<f64>,
    support: Vec<u64>,
    /// By term: labelled and taken units that have it.
    terms: Vec<f64>,
    values: Vec<f64>,
    /// By term: how many units of the pool have it.
    counts: Vec<u32>,
}

impl<'a> Cover<'a> {
    pub fn new(pool: &'a Pool, balance: &Balance) -> Self {
        let support: Vec<u64> = pool.view().map_or_else(Vec::new, |view| {
            view.names.iter().zip(&view.support).map(|(name, &trained)| pool.support(name, trained)).collect()
        });
        let labels = support.iter().map(|&support| (support as f64).powf(balance.rarity)).collect();
        let mut terms = vec![0.0_f64; pool.vocabulary()];
        pool.terms_known().iter().flatten().for_each(|&term| terms[term as usize] += 1.0);
        let seen = pool.view().map_or(&[][..], |view| &view.seen);
        terms.iter_mut().zip(seen).for_each(|(term, &seen)| *term = term.max(f64::from(seen)));
        let mut counts = vec![0_u32; pool.vocabulary()];
        (0..pool.len()).flat_map(|unit| pool.terms(unit)).for_each(|&term| counts[term as usize] += 1);
        let units = pool.len().max(1) as f64;
        let values = counts.iter().map(|&count| (f64::from(count) / units).powf(balance.commonness)).collect();
        Cover { pool, balance: *balance, labels, support, terms, values, counts }
    }

    /// Hands over units, the one with the greatest gain first, until there is no more or no more is wanted.
    pub fn greedily(mut self, units: Vec<usize>, mut hand: impl FnMut(&mut Self, usize) -> Go) {
        let with_words = units.into_iter().filter(|&unit| !self.pool.terms(unit).is_empty());
        let mut queue: BinaryHeap<Gain> = with_words.map(|unit| Gain { gain: self.gain(unit), unit }).collect();
        while let Some(Gain { unit, .. }) = queue.pop() {
            // What it would add by now; it never adds more than when it was last looked at.
            let now = Gain { gain: self.gain(unit), unit };
            if queue.peek().is_some_and(|next| *next > now) {
                queue.push(now);
            } else if hand(&mut self, unit) == Go::End {
                return;
            }
        }
    }

    /// What the unit would add.
    fn gain(&self, unit: usize) -> f64 {
        let labels = self.pulls(unit).iter().map(|pull| step(self.labels[pull.label.index()], f64::from(pull.doubt)));
        let terms = self.pool.terms(unit);
        let part = self.part(unit);
        let words = terms.iter().map(|&term| self.values[term as usize] * step(self.terms[term as usize], part));
        labels.sum::<f64>() + self.balance.words * words.sum::<f64>()
    }

    /// The unit is taken.
    pub fn take(&mut self, unit: usize) {
        for at in 0..self.pulls(unit).len() {
            let pull = self.pulls(unit)[at];
            self.labels[pull.label.index()] += f64::from(pull.doubt);
        }
        let part = self.part(unit);
        self.pool.terms(unit).iter().for_each(|&term| self.terms[term as usize] += part);
    }

    /// What each of its terms counts: those of a long unit count less, else the longest would be taken first.
    fn part(&self, unit: usize) -> f64 {
        (self.pool.terms(unit).len().max(1) as f64).powf(-self.balance.length)
    }

    fn pulls(&self, unit: usize) -> &[Pull] {
        self.pool.view().map_or(&[], |view| &view.pulls[unit])
    }

    /// Why one would take the unit now.
    pub fn reasons(&self, unit: usize) -> Vec<Reason> {
        let view = self.pool.view();
        let mut reasons: Vec<Reason> = view.and_then(|view| self.doubt(view, unit)).into_iter().collect();
        reasons.extend(view.and_then(|view| self.rare(view, unit)));
        reasons.extend(self.new_terms(unit));
        if reasons.is_empty() { vec![Reason::Typical] } else { reasons }
    }

    fn doubt(&self, view: &View, unit: usize) -> Option<Reason> {
        let mut pulls = self.pulls(unit).to_vec();
        let name = |pull: &Pull| view.names[pull.label.index()].clone();
        match view.task {
            Task::Multi => {
                let pull = pulls.iter().max_by(|a, b| a.doubt.total_cmp(&b.doubt).then(b.label.cmp(&a.label)))?;
                (pull.doubt >= UNSURE).then(|| Reason::Threshold {
                    label: name(pull),
                    probability: f64::from(pull.probability),
                    threshold: view.thresholds[pull.label.index()],
                })
            }
            Task::Single => {
                pulls.sort_by(|a, b| b.probability.total_cmp(&a.probability).then(a.label.cmp(&b.label)));
                let [first, second, ..] = &pulls[..] else { return None };
                (second.probability >= UNSURE * first.probability).then(|| Reason::Between {
                    first: (name(first), f64::from(first.probability)),
                    second: (name(second), f64::from(second.probability)),
                })
            }
        }
    }

    fn rare(&self, view: &View, unit: usize) -> Option<Reason> {
        let support = |pull: &Pull| self.support[pull.label.index()];
        let is_rare = |pull: &&Pull| pull.doubt >= UNSURE_OF_RARE && support(pull) < RARE;
        let pull = self.pulls(unit).iter().filter(is_rare).min_by_key(|pull| (support(pull), pull.label))?;
        Some(Reason::Rare { label: view.names[pull.label.index()].clone(), support: support(pull) })
    }

    fn new_terms(&self, unit: usize) -> Option<Reason> {
        let is_new = |term: TermId| self.pool.is_word(term) && self.terms[term as usize] == 0.0;
        let mut new = self.pool.words(unit, is_new);
        let terms = new.len();
        // The most telling words of a text are neither its rarest nor its commonest.
        let middle = (self.pool.len().max(1) as f64).sqrt().ln();
        let distance = |term: TermId| (f64::from(self.counts[term as usize]).ln() - middle).abs();
        new.sort_by(|a, b| distance(a.0).total_cmp(&distance(b.0)));
        let some = new.into_iter().take(NAMED).map(|(_, word)| word).collect();
        (terms > 0).then_some(Reason::New { terms, some })
    }
}

/// What `by` more adds to `ln(1 + covered)`.
fn step(covered: f64, by: f64) -> f64 {
    libm::log1p(by / (1.0 + covered))
}

/// A unit in the queue; of equal gains the unit that comes first is the greater.
struct Gain {
    gain: f64,
    unit: usize,
}

impl Ord for Gain {
    fn cmp(&self, other: &Self) -> Ordering {
        self.gain.total_cmp(&other.gain).then(other.unit.cmp(&self.unit))
    }
}

impl PartialOrd for Gain {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Gain {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Gain {}
