//! The units to choose from, as texts, terms, and what a model thinks of them.

use std::collections::{BTreeMap, HashMap, HashSet};

use foldhash::fast::FixedState;
use rayon::prelude::*;

use crate::codebook::LabelId;
use crate::features::{Extractor, FeatureId, FeatureSettings, TermKind};
use crate::model::{Model, Scores, Task};
use crate::text::form::plain;
use crate::text::stem::Language;

/// A term's number, in the order in which terms were met.
pub(super) type TermId = u32;

/// Units that one thread takes at once.
const UNITS_A_TASK: usize = 256;

/// Of pulls that are weaker nothing is kept.
const FAINT: f32 = 0.01;

/// Units to choose from, and those that are labelled already.
pub struct Pool {
    extractor: Extractor,
    numbers: HashMap<u64, TermId, FixedState>,
    /// By term: whether it is a single stem, not a run of stems.
    is_word: Vec<bool>,
    texts: Vec<String>,
    terms: Vec<Vec<TermId>>,
    known: Vec<Vec<TermId>>,
    known_texts: HashSet<u64, FixedState>,
    /// How many labelled units have each label.
    support: BTreeMap<String, u64>,
    view: Option<View>,
}

/// What a model thinks of the units.
pub(super) struct View {
    pub task: Task,
    pub names: Vec<String>,
    pub thresholds: Vec<f64>,
    /// Examples that the model had of each label.
    pub support: Vec<u64>,
    /// By unit, the labels that pull at it.
    pub pulls: Vec<Vec<Pull>>,
    /// By term, how many of the units have it that the model was trained on.
    pub seen: Vec<u32>,
}

/// How much the model wonders whether a unit has a label.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Pull {
    pub label: LabelId,
    pub probability: f32,
    /// 1 at the threshold, towards 0 where the model is sure.
    pub doubt: f32,
}

impl Pool {
    /// An empty pool of text in that language.
    ///
    /// # Panics
    /// Never: only cues can be unreadable, and there are none.
    pub fn new(language: Language) -> Self {
        // Runs of two tell a question from an order where the words are the same.
        let settings = FeatureSettings { language, ngrams: (1, 2), shape: false, ..FeatureSettings::default() };
        Pool {
            extractor: Extractor::new(settings).expect("there are no cues that could be unreadable"),
            numbers: HashMap::default(),
            is_word: Vec::new(),
            texts: Vec::new(),
            terms: Vec::new(),
            known: Vec::new(),
            known_texts: HashSet::default(),
            support: BTreeMap::new(),
            view: None,
        }
    }

    /// Adds units; the first unit of a pool is number 0. What a model thinks is forgotten.
    pub fn add(&mut self, texts: Vec<String>) {
        self.view = None;
        let hashed = self.hashed(&texts);
        self.terms.extend(hashed.into_iter().map(|terms| numbered(terms, &mut self.numbers, &mut self.is_word)));
        self.texts.extend(texts);
    }

    /// A unit that is labelled already, with its labels.
    pub fn know(&mut self, text: &str, labels: &[String]) {
        let hashed = self.hashed(&[text.to_owned()]).pop().unwrap_or_default();
        self.known.push(numbered(hashed, &mut self.numbers, &mut self.is_word));
        self.known_texts.insert(plain_hash(text));
        labels.iter().for_each(|label| *self.support.entry(label.clone()).or_default() += 1);
    }

    /// Asks a model what it thinks of every unit. Without it, units are chosen by their words alone.
    pub fn score(&mut self, model: &Model) {
        let labels = || model.labels().iter().map(|(label, _)| label);
        let thresholds: Vec<f64> = labels().map(|label| model.threshold(label)).collect();
        let pulls = self.texts.par_chunks(UNITS_A_TASK).map(|texts| {
            let mut scratch = model.scratch();
            let pulls = texts.iter().map(|text| {
                let scores = model.score(&model.row(text, &mut scratch));
                pulls(model.task(), &scores, &thresholds)
            });
            pulls.collect::<Vec<_>>()
        });
        let pulls = pulls.collect::<Vec<_>>().into_iter().flatten().collect();
        self.view = Some(View {
            task: model.task(),
            names: model.labels().iter().map(|(_, name)| name.to_owned()).collect(),
            support: model.card().labels.iter().map(|label| label.support).collect(),
            thresholds,
            pulls,
            seen: self.seen_by(model),
        });
    }

    /// Terms of a model in the same language are our terms too.
    fn seen_by(&self, model: &Model) -> Vec<u32> {
        let vocabulary = model.featurizer().vocabulary();
        let mut seen = vec![0; self.is_word.len()];
        for (id, &units) in vocabulary.document_frequency().iter().enumerate() {
            if let Some(&term) = self.numbers.get(&hash(vocabulary.term(FeatureId(id as u32)))) {
                seen[term as usize] = units;
            }
        }
        seen
    }

    pub fn len(&self) -> usize {
        self.texts.len()
    }

    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    /// The text of a unit.
    pub fn text(&self, unit: usize) -> &str {
        &self.texts[unit]
    }

    /// Whether a unit is labelled already, letter by letter but for blanks.
    pub fn is_known(&self, unit: usize) -> bool {
        self.known_texts.contains(&plain_hash(&self.texts[unit]))
    }

    pub(super) fn view(&self) -> Option<&View> {
        self.view.as_ref()
    }

    /// The distinct terms of a unit, rising.
    pub(super) fn terms(&self, unit: usize) -> &[TermId] {
        &self.terms[unit]
    }

    /// The distinct terms of each labelled unit.
    pub(super) fn terms_known(&self) -> &[Vec<TermId>] {
        &self.known
    }

    /// Number of terms that have a number.
    pub(super) fn vocabulary(&self) -> usize {
        self.is_word.len()
    }

    pub(super) fn is_word(&self, term: TermId) -> bool {
        self.is_word[term as usize]
    }

    /// How many labelled units are known to have a label: what is told of them, or what the model was trained on.
    pub(super) fn support(&self, name: &str, trained_on: u64) -> u64 {
        self.support.get(name).copied().unwrap_or(0).max(trained_on)
    }

    /// The words of a unit whose stems are `wanted`, as they stand there, in reading order, each once.
    pub(super) fn words(&self, unit: usize, wanted: impl Fn(TermId) -> bool) -> Vec<(TermId, String)> {
        let text = &self.texts[unit];
        let mut met = HashSet::new();
        let mut words = Vec::new();
        self.extractor.terms(text, &mut self.extractor.scratch(), |kind, term, span| {
            let number = self.numbers.get(&hash(term)).copied();
            if kind == TermKind::Word && number.is_some_and(|number| wanted(number) && met.insert(number)) {
                words.extend(number.map(|number| (number, span.of(text).to_lowercase())));
            }
        });
        words
    }

    /// The terms of each text by their hashes, and whether each is a word.
    fn hashed(&self, texts: &[String]) -> Vec<Vec<(u64, bool)>> {
        let chunks = texts.par_chunks(UNITS_A_TASK).map(|texts| {
            let mut scratch = self.extractor.scratch();
            let hashed = texts.iter().map(|text| {
                let mut terms = Vec::new();
                self.extractor.terms(text, &mut scratch, |kind, term, _| {
                    terms.push((hash(term), kind == TermKind::Word));
                });
                terms
            });
            hashed.collect::<Vec<_>>()
        });
        chunks.collect::<Vec<_>>().into_iter().flatten().collect()
    }
}

fn numbered(
    terms: Vec<(u64, bool)>,
    numbers: &mut HashMap<u64, TermId, FixedState>,
    is_word: &mut Vec<bool>,
) -> Vec<TermId> {
    let number = |(hash, word)| {
        *numbers.entry(hash).or_insert_with(|| {
            is_word.push(word);
            is_word.len() as TermId - 1
        })
    };
    let mut terms: Vec<TermId> = terms.into_iter().map(number).collect();
    terms.sort_unstable();
    terms.dedup();
    terms
}

fn hash(text: &str) -> u64 {
    use std::hash::BuildHasher;
    FixedState::default().hash_one(text)
}

/// The hash of a text as it is compared.
fn plain_hash(text: &str) -> u64 {
    hash(&plain(text))
}

/// What pulls at a unit.
///
/// Labels that stand for themselves: doubt is `e^−|s − c|`, with the score `s` and the threshold `c` as log-odds, thus the
/// ratio of the two odds, the smaller over the larger (uncertainty sampling, Lewis & Gale 1994, around each label's own
/// cut). Labels of which one holds: the probability of the label times that of the second best over that of the best
/// (the margin of Scheffer et al. 2001, as a ratio).
fn pulls(task: Task, scores: &Scores, thresholds: &[f64]) -> Vec<Pull> {
    let (mut best, mut second) = (0.0_f64, 0.0_f64);
    for &p in &scores.probabilities {
        (best, second) = if p > best { (p, best) } else { (best, second.max(p)) };
    }
    let doubt = |p: f64, threshold: f64| match task {
        Task::Multi => (-(log_odds(p) - log_odds(threshold)).abs()).exp(),
        Task::Single => p * second / best.max(f64::MIN_POSITIVE),
    };
    let pull = |(at, (&p, &threshold)): (usize, (&f64, &f64))| Pull {
        label: LabelId(at as u16),
        probability: p as f32,
        doubt: doubt(p, threshold) as f32,
    };
    let all = scores.probabilities.iter().zip(thresholds).enumerate().map(pull);
    all.filter(|pull| pull.doubt > FAINT).collect()
}

fn log_odds(p: f64) -> f64 {
    let p = p.clamp(1e-9, 1.0 - 1e-9);
    libm::log(p / (1.0 - p))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn doubts(task: Task, probabilities: &[f64], threshold: f64) -> Vec<(u16, f32)> {
        let scores = Scores { log_odds: Vec::new(), probabilities: probabilities.to_vec() };
        let pulls = pulls(task, &scores, &vec![threshold; probabilities.len()]);
        pulls.iter().map(|pull| (pull.label.0, (pull.doubt * 100.0).round() / 100.0)).collect()
    }

    #[test]
    fn doubt_by_hand() {
        // Odds of .2 are ¼, of .5 are 1, of .8 are 4; those of .001 are too far away to be kept.
        assert_eq!(doubts(Task::Multi, &[0.2, 0.5, 0.8, 0.001], 0.2), [(0, 1.0), (1, 0.25), (2, 0.06)]);
        // .5 · .3/.5 and .3 · .3/.5 and .2 · .3/.5.
        assert_eq!(doubts(Task::Single, &[0.5, 0.3, 0.2], 0.0), [(0, 0.3), (1, 0.18), (2, 0.12)]);
    }
}
