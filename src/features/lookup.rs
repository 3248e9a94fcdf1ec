//! The terms of a unit, found by the numbers of its words.
//!
//! What a token means to the vocabulary hangs on the token alone: its stem's hash and feature, and how it looks. So all that is remembered
//! with the token's number in the memory of stems. The hash of an n-gram comes from those of its words, and the table is asked for that
//! without the n-gram being put together. What is found is the same as by [`Extractor::terms`](super::Extractor::terms), term by term.

use super::cues::Numbered;
use super::shape::{self, Looks, Shape};
use super::vocabulary::{Hash, WordHash};
use super::weighting::Weighting;
use super::{FeatureId, Featurizer, Row, START, Scratch, character_terms};
use crate::text::Span;
use crate::text::quote::{self, Quotation};
use crate::text::stem::{self, Stems};
use crate::text::token::Token;

/// What is remembered from unit to unit, for one thread.
pub struct Lookup {
    generation: u64,
    /// By the number of a token; those not met yet are `None`.
    met: Vec<Option<Met>>,
    /// The features of shapes and of cues, by their numbers.
    shapes: [Option<FeatureId>; Shape::ALL.len()],
    cues: Vec<Option<FeatureId>>,
    frequencies: Frequencies,
    words: Vec<Word>,
    looks: Vec<Looks>,
    found: Vec<Occurrence>,
    keys: Vec<u64>,
    values: Vec<f64>,
}

/// What is known of a token.
#[derive(Clone, Copy)]
struct Met {
    hash: WordHash,
    feature: Option<FeatureId>,
    /// Its stem begins with a letter or digit.
    is_word: bool,
    looks: Looks,
}

/// A word of the unit; the first is the [`START`].
#[derive(Clone, Copy)]
struct Word {
    hash: WordHash,
    number: u32,
    span: Span,
}

/// A term of the vocabulary where it stands.
#[derive(Clone, Copy)]
struct Occurrence {
    feature: FeatureId,
    is_cue: bool,
    span: Span,
}

/// Inverse document frequencies that were worked out before: a few hundred make up almost all.
struct Frequencies(Box<[(u32, f64)]>);

const FREQUENCIES: usize = 1 << 12;

impl Frequencies {
    #[inline]
    fn idf(&mut self, frequency: u32, units: u32) -> f64 {
        let known = &mut self.0[frequency as usize % FREQUENCIES];
        if known.0 != frequency {
            *known = (frequency, Weighting::idf(frequency, units));
        }
        known.1
    }
}

impl Lookup {
    fn new(featurizer: &Featurizer) -> Self {
        let Featurizer { extractor, vocabulary, units } = featurizer;
        Lookup {
            generation: 0,
            met: Vec::new(),
            shapes: Shape::ALL.map(|shape| vocabulary.feature(shape.name())),
            cues: extractor.cue_terms().iter().map(|term| vocabulary.feature(term)).collect(),
            frequencies: Frequencies(vec![(0, Weighting::idf(0, *units)); FREQUENCIES].into()),
            words: Vec::new(),
            looks: Vec::new(),
            found: Vec::new(),
            keys: Vec::new(),
            values: Vec::new(),
        }
    }
}

impl Featurizer {
    /// Fills the row of a text.
    pub(super) fn look_up(&self, text: &str, scratch: &mut Scratch, row: &mut Row) {
        let mut lookup = scratch.lookup.take().unwrap_or_else(|| Lookup::new(self));
        scratch.read(text);
        (row.words, row.known_words) = (0, 0);
        lookup.read(self, text, scratch, row);
        lookup.runs(self, &scratch.stems);
        self.other_terms(text, scratch, &mut lookup);
        lookup.fill(self, row);
        scratch.lookup = Some(lookup);
    }

    fn other_terms(&self, text: &str, scratch: &mut Scratch, lookup: &mut Lookup) {
        let settings = &self.extractor.settings;
        if let Some(lengths) = settings.char_ngrams {
            character_terms(text, scratch, lengths, &mut |_, term, span| {
                lookup.found.extend(self.vocabulary.feature(term).map(|feature| Occurrence {
                    feature,
                    is_cue: false,
                    span,
                }));
            });
        }
        let cues = self.extractor.cues();
        if !settings.shape && cues.is_none() {
            return;
        }
        let quotations: Vec<Quotation> = quote::quotations(text);
        let Lookup { shapes, cues: features, looks, found, .. } = lookup;
        if settings.shape {
            shape::cues(text, &scratch.tokens, looks, &quotations, |shape, span| {
                found.extend(shapes[shape as usize].map(|feature| Occurrence { feature, is_cue: false, span }));
            });
        }
        if let (Some(cues), Some(memory)) = (cues, &mut scratch.cues) {
            let numbered = Numbered { text, tokens: &scratch.tokens, numbers: &scratch.numbers, stems: &scratch.stems };
            cues.matcher.matches(numbered, &quotations, memory, |cue, span| {
                found.extend(features[cue as usize].map(|feature| Occurrence { feature, is_cue: true, span }));
            });
        }
    }
}

impl Lookup {
    /// The words of a text, and those of them that are terms by themselves.
    fn read(&mut self, of: &Featurizer, text: &str, scratch: &Scratch, row: &mut Row) {
        let Scratch { tokens, numbers, stems, .. } = scratch;
        self.words.clear();
        self.looks.clear();
        self.found.clear();
        let Some(first) = tokens.first() else { return };
        if self.generation != stems.generation() {
            self.generation = stems.generation();
            self.met.clear();
        }
        self.met.resize(stems.len(), None);
        let alone = of.extractor.settings.ngrams.0 == 1;
        let start = Span::new(first.span.start, first.span.start);
        self.words.push(Word { hash: WordHash::of(START), number: u32::MAX, span: start });
        for (token, &number) in tokens.iter().zip(numbers) {
            let met = match self.met[number as usize] {
                Some(met) => met,
                None => self.meet(of, token.span.of(text), token, number, stems),
            };
            self.words.push(Word { hash: met.hash, number, span: token.span });
            self.looks.push(met.looks);
            if alone {
                row.words += u32::from(met.is_word);
                row.known_words += u32::from(met.is_word && met.feature.is_some());
                self.found.extend(met.feature.map(|feature| Occurrence { feature, is_cue: false, span: token.span }));
            }
        }
    }

    fn meet(&mut self, of: &Featurizer, surface: &str, token: &Token, number: u32, stems: &Stems) -> Met {
        let (settings, stem) = (&of.extractor.settings, stems.of(number));
        let is_word = stem.starts_with(char::is_alphanumeric);
        // A lone mark is a shape cue already, and a lone start says nothing.
        let is_term = is_word || stem != START && !settings.shape;
        let met = Met {
            hash: WordHash::of(stem),
            feature: of.vocabulary.feature(stem).filter(|_| is_term),
            is_word,
            looks: Looks::of(surface, token.kind, &stem::fold(surface), settings.language),
        };
        self.met[number as usize] = Some(met);
        met
    }

    /// Terms of several words.
    fn runs(&mut self, of: &Featurizer, stems: &Stems) {
        let (shortest, longest) = of.extractor.settings.ngrams;
        for first in 0..self.words.len() {
            let mut hash = Hash::default();
            for (offset, word) in self.words[first..].iter().take(longest).enumerate() {
                hash = hash.with(word.hash);
                if offset == 0 || offset + 1 < shortest {
                    continue;
                }
                let run = &self.words[first..=first + offset];
                if let Some(feature) = of.vocabulary.find(hash, |known| is_run(known, run, stems)) {
                    let span = Span::new(run[0].span.start, word.span.end);
                    self.found.push(Occurrence { feature, is_cue: false, span });
                }
            }
        }
    }

    /// Sorts what was found, and gives it values.
    fn fill(&mut self, of: &Featurizer, row: &mut Row) {
        const CUE: u64 = 1 << 31;
        let Lookup { found, keys, values, frequencies, .. } = self;
        keys.clear();
        // Features are told apart by their numbers alone, so that those of a row can be sorted as single numbers.
        keys.extend(
            found
                .iter()
                .zip(0..)
                .map(|(one, at): (_, u64)| u64::from(one.feature.0) << 32 | if one.is_cue { CUE } else { 0 } | at),
        );
        keys.sort_unstable();
        row.occurrences.clear();
        row.entries.clear();
        values.clear();
        let weighting = of.extractor.settings.weighting;
        for same in keys.chunk_by(|a, b| a >> 32 == b >> 32) {
            let (feature, start) = (FeatureId((same[0] >> 32) as u32), row.occurrences.len());
            row.occurrences.extend(same.iter().map(|key| (feature, found[(key & (CUE - 1)) as usize].span)));
            let places = &mut row.occurrences[start..];
            if !places.is_sorted() {
                places.sort_unstable();
            }
            let count = same.len() as u32;
            let value = match weighting {
                _ if same[0] & CUE != 0 => f64::NAN,
                Weighting::Tfidf => {
                    Weighting::tfidf(count, frequencies.idf(of.vocabulary.frequency(feature), of.units))
                }
                other => other.value(count, 0, of.units),
            };
            values.push(value);
            row.entries.push((feature, 1.0));
        }
        // As `normalise` does; cues have no value of their own.
        let length = values.iter().filter(|value| !value.is_nan()).map(|value| value * value).sum::<f64>().sqrt();
        for ((_, single), value) in row.entries.iter_mut().zip(values).filter(|(_, value)| !value.is_nan()) {
            *single = if length > 0.0 { *value / length } else { *value } as f32;
        }
    }
}

/// Whether a term consists of the stems of these words.
fn is_run(term: &[u8], run: &[Word], stems: &Stems) -> bool {
    let stem = |word: &Word| if word.number == u32::MAX { START } else { stems.of(word.number) };
    let mut rest = term;
    for (at, word) in run.iter().enumerate() {
        let blank = if at > 0 { &b" "[..] } else { b"" };
        match rest.strip_prefix(blank).and_then(|rest| rest.strip_prefix(stem(word).as_bytes())) {
            Some(after) => rest = after,
            None => return false,
        }
    }
    rest.is_empty()
}
