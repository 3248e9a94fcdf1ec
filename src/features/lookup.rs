//! The terms of a unit, found by the numbers of its words.
//!
//! What a token means to the vocabulary hangs on the token alone: its stem's hash and feature, and how it looks. So all that is remembered
//! with the token's number in the memory of stems. The hash of an n-gram comes from those of its words, and the table is asked for that
//! without the n-gram being put together. What is found is the same as by [`Extractor::terms`](super::Extractor::terms), term by term.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use super::cues::Numbered;
use super::shape::{self, Looks, Shape};
use super::vocabulary::{Hash, Vocabulary, WordHash};
use super::weighting::Weighting;
use super::{FeatureId, Featurizer, Known, Row, START, Scratch, character_terms};
use crate::text::Span;
use crate::text::quote::{self, Quotation};
use crate::text::stem::{self, Stems};
use crate::text::token::Token;

/// What is remembered from unit to unit, for one thread.
pub struct Lookup {
    generation: u64,
    /// By the number of a token; those not met yet are [`Met::NOT_YET`].
    met: Vec<Met>,
    /// By the hash of a stem, the token that had it first.
    stems: HashMap<u64, u32, RandomState>,
    /// The features of shapes and of cues, by their numbers.
    shapes: [Option<FeatureId>; Shape::ALL.len()],
    cues: Vec<Option<FeatureId>>,
    terms: Terms,
    words: Vec<Word>,
    looks: Vec<Looks>,
    sieve: Sieve,
    /// Pairs of words by their first, with the feature of the same hash, or [`NONE`].
    candidates: Vec<(u32, Hash, u32)>,
    found: Found,
    values: Vec<f64>,
}

/// What is known of a token.
#[derive(Clone, Copy)]
struct Met {
    hash: WordHash,
    /// The first token that had its stem: for words as good as the stem itself.
    stem: u32,
    /// [`NONE`] if it is no term by itself.
    feature: u32,
    looks: Looks,
    /// Its stem begins with a letter or digit.
    is_word: bool,
}

const NONE: u32 = u32::MAX;

impl Met {
    const NOT_YET: Met = Met { hash: WordHash::NONE, stem: NONE, feature: NONE, looks: Looks::NOTHING, is_word: false };
}

/// A word of the unit; the first is the [`START`], whose stem is [`NONE`].
#[derive(Clone, Copy)]
struct Word {
    hash: WordHash,
    stem: u32,
    number: u32,
}

/// The terms of the vocabulary that a unit holds, and where.
#[derive(Default)]
struct Found {
    /// A feature, a bit for cues, and the number of the place: features can be sorted as single numbers.
    keys: Vec<u64>,
    places: Vec<Span>,
    /// Whether places are wanted.
    has_places: bool,
}

impl Found {
    const CUE: u64 = 1 << 31;

    fn clear(&mut self, has_places: bool) {
        self.keys.clear();
        self.places.clear();
        self.has_places = has_places;
    }

    #[inline]
    fn add(&mut self, feature: FeatureId, span: Span) {
        self.keys.push(u64::from(feature.0) << 32 | self.places.len() as u64);
        if self.has_places {
            self.places.push(span);
        }
    }

    fn add_cue(&mut self, feature: FeatureId, span: Span) {
        self.add(feature, span);
        self.keys.last_mut().into_iter().for_each(|key| *key |= Found::CUE);
    }
}

/// What was found out about terms, each in the one place where its number may stand. Frequent terms have low numbers, so that these do not
/// drive out each other.
struct Terms(Box<[Term]>);

#[derive(Clone, Copy)]
struct Term {
    feature: u32,
    /// The stems of a term of two words that was compared with them byte by byte; the second is [`NONE`] before that.
    pair: (u32, u32),
    idf: f64,
}

const MOST_TERMS: usize = 1 << 15;

impl Terms {
    fn new(terms: usize) -> Terms {
        let none = Term { feature: NONE, pair: (NONE, NONE), idf: 0.0 };
        Terms(vec![none; terms.next_power_of_two().min(MOST_TERMS)].into())
    }

    #[inline]
    fn of(&mut self, feature: FeatureId, of: &Featurizer) -> &mut Term {
        let mask = self.0.len() - 1;
        let term = &mut self.0[feature.index() & mask];
        if term.feature != feature.0 {
            let idf = Weighting::idf(of.vocabulary.frequency(feature), of.units);
            *term = Term { feature: feature.0, pair: (NONE, NONE), idf };
        }
        term
    }

    /// Stems have other numbers from now on.
    fn forget_pairs(&mut self) {
        self.0.iter_mut().for_each(|term| term.pair = (NONE, NONE));
    }
}

/// Tells of most pairs of words that they are no term, in memory that is small enough to be always at hand: a bit for some bits of each
/// term's hash. Made when there is enough text to make up for it.
#[derive(Default)]
struct Sieve {
    bits: Vec<u64>,
    /// Before it is made, no bit is looked at but the first, which is set.
    mask: u32,
    texts: u32,
}

impl Sieve {
    const FIRST_TEXTS: u32 = 64;
    /// Of 128 KiB.
    const MOST_BITS: usize = 1 << 20;

    fn prepare(&mut self, vocabulary: &Vocabulary) {
        match self.texts {
            0 => self.bits = vec![1],
            Sieve::FIRST_TEXTS => {
                let bits = (8 * vocabulary.len()).next_power_of_two().clamp(64, Sieve::MOST_BITS);
                self.bits = vec![0; bits / 64];
                self.mask = bits as u32 - 1;
                for tag in vocabulary.tags() {
                    let bit = tag & self.mask;
                    self.bits[bit as usize / 64] |= 1 << (bit % 64);
                }
            }
            _ => {}
        }
        self.texts = self.texts.saturating_add(1);
    }

    #[inline]
    fn lets_through(&self, hash: Hash) -> bool {
        let bit = hash.tag() & self.mask;
        self.bits[bit as usize / 64] >> (bit % 64) & 1 == 1
    }
}

impl Lookup {
    fn new(featurizer: &Featurizer) -> Self {
        let Featurizer { extractor, vocabulary, .. } = featurizer;
        Lookup {
            generation: 0,
            met: Vec::new(),
            stems: HashMap::default(),
            shapes: Shape::ALL.map(|shape| vocabulary.feature(shape.name())),
            cues: extractor.cue_terms().iter().map(|term| vocabulary.feature(term)).collect(),
            terms: Terms::new(vocabulary.len()),
            words: Vec::new(),
            looks: Vec::new(),
            sieve: Sieve::default(),
            candidates: Vec::new(),
            found: Found::default(),
            values: Vec::new(),
        }
    }
}

impl Featurizer {
    /// Fills the row of a text.
    pub(super) fn look_up(&self, known: Known, scratch: &mut Scratch, row: &mut Row) {
        let text = known.text;
        let mut lookup = scratch.lookup.take().unwrap_or_else(|| Lookup::new(self));
        scratch.read(text);
        (row.words, row.known_words) = (0, 0);
        lookup.found.clear(known.places);
        lookup.read(self, text, scratch, row);
        lookup.runs(self, scratch);
        self.other_terms(known, scratch, &mut lookup);
        lookup.fill(self, row);
        scratch.lookup = Some(lookup);
    }

    fn other_terms(&self, known: Known, scratch: &mut Scratch, lookup: &mut Lookup) {
        let Known { text, sentences, quotations, .. } = known;
        let settings = &self.extractor.settings;
        if let Some(lengths) = settings.char_ngrams {
            character_terms(text, scratch, lengths, &mut |_, term, span| {
                if let Some(feature) = self.vocabulary.feature(term) {
                    lookup.found.add(feature, span);
                }
            });
        }
        let cues = self.extractor.cues();
        if !settings.shape && cues.is_none() {
            return;
        }
        let found_here: Vec<Quotation>;
        let quotations = match quotations {
            Some(quotations) => quotations,
            None => {
                found_here = quote::quotations(text);
                &found_here
            }
        };
        let Lookup { shapes, cues: features, looks, found, .. } = lookup;
        if settings.shape {
            shape::cues(text, &scratch.tokens, looks, quotations, |shape, span| {
                if let Some(feature) = shapes[shape as usize] {
                    found.add(feature, span);
                }
            });
        }
        if let (Some(cues), Some(memory)) = (cues, &mut scratch.cues) {
            let Scratch { tokens, numbers, stems, .. } = scratch;
            let numbered = Numbered { text, tokens, numbers, stems, sentences };
            cues.matcher.matches(numbered, quotations, memory, |cue, span| {
                if let Some(feature) = features[cue as usize] {
                    found.add_cue(feature, span);
                }
            });
        }
    }
}

impl Lookup {
    /// The words of a text, and those of them that are terms by themselves.
    fn read(&mut self, of: &Featurizer, text: &str, scratch: &Scratch, row: &mut Row) {
        let Scratch { tokens, numbers, stems, .. } = scratch;
        if self.generation != stems.generation() {
            self.generation = stems.generation();
            self.met.clear();
            self.stems.clear();
            self.terms.forget_pairs();
        }
        self.met.resize(stems.len(), Met::NOT_YET);
        for (token, &number) in tokens.iter().zip(numbers) {
            if self.met[number as usize].stem == NONE {
                self.meet(of, token.span.of(text), token, number, stems);
            }
        }
        let Lookup { met, words, looks, found, .. } = self;
        let met: &[Met] = met;
        let met = || numbers.iter().map(move |number| &met[*number as usize]);
        let word = |(met, &number): (&Met, &u32)| Word { hash: met.hash, stem: met.stem, number };
        words.clear();
        words.push(Word { hash: WordHash::of(START), stem: NONE, number: NONE });
        words.extend(met().zip(numbers).map(word));
        looks.clear();
        looks.extend(met().map(|met| met.looks));
        if of.extractor.settings.ngrams.0 > 1 {
            // Single words are no terms then.
            return;
        }
        for (token, met) in tokens.iter().zip(met()) {
            row.words += u32::from(met.is_word);
            row.known_words += u32::from(met.is_word && met.feature != NONE);
            if met.feature != NONE {
                found.add(FeatureId(met.feature), token.span);
            }
        }
    }

    fn meet(&mut self, of: &Featurizer, surface: &str, token: &Token, number: u32, stems: &Stems) {
        let (settings, stem) = (&of.extractor.settings, stems.of(number));
        let is_word = stem.starts_with(char::is_alphanumeric);
        // A lone mark is a shape cue already, and a lone start says nothing.
        let is_term = is_word || stem != START && !settings.shape;
        let hash = WordHash::of(stem);
        let first = *self.stems.entry(hash.number()).or_insert(number);
        self.met[number as usize] = Met {
            hash,
            // Two stems may have one hash, though hardly ever.
            stem: if stems.of(first) == stem { first } else { number },
            feature: of.vocabulary.feature(stem).filter(|_| is_term).map_or(NONE, |feature| feature.0),
            looks: Looks::of(surface, token.kind, &stem::fold(surface), settings.language),
            is_word,
        };
    }

    /// Terms of several words.
    fn runs(&mut self, of: &Featurizer, scratch: &Scratch) {
        let Scratch { tokens, stems, .. } = scratch;
        let (shortest, longest) = of.extractor.settings.ngrams;
        if shortest <= 2 && longest >= 2 {
            self.pairs(of, tokens, stems);
        }
        for length in shortest.max(3)..=longest {
            for (first, run) in self.words.windows(length).enumerate() {
                let hash = run.iter().fold(Hash::default(), |hash, word| hash.with(word.hash));
                if let Some(feature) = of.vocabulary.find(hash, |known| is_run(known, run, stems)) {
                    self.found.add(feature, span_of(tokens, first, length));
                }
            }
        }
    }

    /// Terms of two words. Most pairs are none, which their hash tells; and a term that is met again is told by the numbers of its stems.
    fn pairs(&mut self, of: &Featurizer, tokens: &[Token], stems: &Stems) {
        self.sieve.prepare(&of.vocabulary);
        let Lookup { words, found, terms, candidates, sieve, .. } = self;
        // Step by step for all of them, so that the processor need not wait for one piece of memory before it asks for the next.
        candidates.clear();
        candidates.resize(words.len(), (0, Hash::default(), NONE));
        let mut count = 0;
        for (first, pair) in words.windows(2).enumerate() {
            let hash = Hash::default().with(pair[0].hash).with(pair[1].hash);
            candidates[count] = (first as u32, hash, NONE);
            count += usize::from(sieve.lets_through(hash));
        }
        candidates.truncate(count);
        candidates.iter_mut().for_each(|(_, hash, candidate)| *candidate = of.vocabulary.candidate(*hash));
        for &(first, hash, candidate) in candidates.iter().filter(|(.., candidate)| *candidate != NONE) {
            let (first, pair) = (first as usize, &words[first as usize..][..2]);
            let (candidate, stems_here) = (FeatureId(candidate), (pair[0].stem, pair[1].stem));
            if terms.of(candidate, of).pair == stems_here {
                found.add(candidate, span_of(tokens, first, 2));
            } else if let Some(feature) = of.vocabulary.find(hash, |known| is_run(known, pair, stems)) {
                terms.of(feature, of).pair = stems_here;
                found.add(feature, span_of(tokens, first, 2));
            }
        }
    }

    /// Sorts what was found, and gives it values.
    fn fill(&mut self, of: &Featurizer, row: &mut Row) {
        let Lookup { found: Found { keys, places, has_places }, values, terms, .. } = self;
        keys.sort_unstable();
        row.occurrences.clear();
        row.entries.clear();
        values.clear();
        let weighting = of.extractor.settings.weighting;
        for same in keys.chunk_by(|a, b| a >> 32 == b >> 32) {
            let (feature, count) = (FeatureId((same[0] >> 32) as u32), same.len() as u32);
            if *has_places {
                let start = row.occurrences.len();
                row.occurrences.extend(same.iter().map(|key| (feature, places[(key & (Found::CUE - 1)) as usize])));
                let own = &mut row.occurrences[start..];
                if count > 1 && !own.is_sorted() {
                    own.sort_unstable();
                }
            }
            let value = match weighting {
                _ if same[0] & Found::CUE != 0 => f64::NAN,
                Weighting::Tfidf => Weighting::tfidf(count, terms.of(feature, of).idf),
                other => other.value(count, 0, of.units),
            };
            values.push(value);
            row.entries.push((feature, 1.0));
        }
        // As `normalise` does; cues have no value of their own.
        let length = values.iter().filter(|value| !value.is_nan()).map(|value| value * value).sum::<f64>().sqrt();
        let length = if length > 0.0 { length } else { 1.0 };
        for ((_, single), value) in row.entries.iter_mut().zip(values) {
            *single = if value.is_nan() { 1.0 } else { (*value / length) as f32 };
        }
    }
}

/// The place of some words, the start being the first.
fn span_of(tokens: &[Token], first: usize, length: usize) -> Span {
    let start = if first == 0 { tokens[0].span.start } else { tokens[first - 1].span.start };
    Span::new(start, tokens[first + length - 2].span.end)
}

/// Whether a term consists of the stems of these words.
fn is_run(term: &[u8], run: &[Word], stems: &Stems) -> bool {
    let stem = |word: &Word| if word.number == NONE { START } else { stems.of(word.number) };
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
