//! The terms of a unit, found by the numbers of its words.
//!
//! What a token means to the vocabulary hangs on the token alone: its stem's hash and feature, and how it looks. So all that is remembered
//! with the token's number in the memory of stems. The hash of an n-gram comes from those of its words, and the table is asked for that
//! without the n-gram being put together. What is found is the same as by [`Extractor::terms`](super::Extractor::terms), term by term.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use super::cues::Numbered;
use super::pairs::{Fate, Pairs, joined};
use super::shape::{self, Looks, Shape};
use super::vocabulary::{Hash, Vocabulary, WordHash};
use super::weighting::Weighting;
use super::{FeatureId, Featurizer, Known, Row, START, Scratch, character_terms};
use crate::prefetch::prefetch;
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
    idfs: Idfs,
    pairs: Pairs,
    words: Vec<Word>,
    looks: Vec<Looks>,
    sieve: Sieve,
    /// Pairs of words by their first, with their stems and what became of them.
    candidates: Vec<Candidate>,
    /// Those that were not met before.
    unknown: Vec<u32>,
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
    /// In how many training units that term stood.
    frequency: u32,
    looks: Looks,
    /// Its stem begins with a letter or digit.
    is_word: bool,
}

const NONE: u32 = u32::MAX;

impl Met {
    const NOT_YET: Met =
        Met { hash: WordHash::NONE, stem: NONE, feature: NONE, frequency: 0, looks: Looks::NOTHING, is_word: false };
}

/// A word of the unit; the first is the [`START`], whose stem is [`NONE`].
#[derive(Clone, Copy)]
struct Word {
    hash: WordHash,
    stem: u32,
    number: u32,
}

/// Two words of the unit that may be a term.
#[derive(Clone, Copy, Default)]
struct Candidate {
    first: u32,
    fate: Fate,
    hash: Hash,
    stems: u64,
}

/// The terms of the vocabulary that a unit holds, and where.
#[derive(Default)]
struct Found {
    /// A feature, a bit for cues, and the number of the find: features can be sorted as single numbers.
    keys: Vec<u64>,
    /// By find, in how many training units the term stood; nothing for cues.
    frequencies: Vec<u32>,
    /// By find, where it is.
    places: Vec<Span>,
    /// Whether places are wanted.
    has_places: bool,
}

impl Found {
    const CUE: u64 = 1 << 31;
    const PLACE: u64 = Found::CUE - 1;

    fn clear(&mut self, has_places: bool) {
        self.keys.clear();
        self.frequencies.clear();
        self.places.clear();
        self.has_places = has_places;
    }

    #[inline]
    fn add(&mut self, feature: u32, frequency: u32, span: impl FnOnce() -> Span) {
        self.keys.push(u64::from(feature) << 32 | self.frequencies.len() as u64);
        self.frequencies.push(frequency);
        if self.has_places {
            self.places.push(span());
        }
    }

    fn add_cue(&mut self, feature: FeatureId, span: Span) {
        self.add(feature.0, 0, || span);
        self.keys.last_mut().into_iter().for_each(|key| *key |= Found::CUE);
    }
}

/// Inverse document frequencies by document frequency, each in the one place where it may stand. Most terms are rare, and so have one of a few.
struct Idfs(Box<[(u32, f64)]>);

impl Idfs {
    const BITS: u32 = 11;

    fn new() -> Idfs {
        Idfs(vec![(u32::MAX, 0.0); 1 << Idfs::BITS].into())
    }

    #[inline]
    fn of(&mut self, frequency: u32, units: u32) -> f64 {
        // Knuth, TAOCP 3, 6.4: 2³² divided by the golden ratio.
        let place = frequency.wrapping_mul(0x9E37_79B9) >> (32 - Idfs::BITS);
        let known = &mut self.0[place as usize];
        if known.0 != frequency {
            *known = (frequency, Weighting::idf(frequency, units));
        }
        known.1
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
            idfs: Idfs::new(),
            pairs: Pairs::new(),
            words: Vec::new(),
            looks: Vec::new(),
            sieve: Sieve::default(),
            candidates: Vec::new(),
            unknown: Vec::new(),
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
                    lookup.found.add(feature.0, self.vocabulary.frequency(feature), || span);
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
                    found.add(feature.0, self.vocabulary.frequency(feature), || span);
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
            self.pairs.forget();
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
                found.add(met.feature, met.frequency, || token.span);
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
        let feature = of.vocabulary.feature(stem).filter(|_| is_term);
        self.met[number as usize] = Met {
            hash,
            // Two stems may have one hash, though hardly ever.
            stem: if stems.of(first) == stem { first } else { number },
            feature: feature.map_or(NONE, |feature| feature.0),
            frequency: feature.map_or(0, |feature| of.vocabulary.frequency(feature)),
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
                    self.found.add(feature.0, of.vocabulary.frequency(feature), || span_of(tokens, first, length));
                }
            }
        }
    }

    /// Terms of two words. Most pairs are none, which their hash tells; and a term that is met again is told by the numbers of its stems.
    fn pairs(&mut self, of: &Featurizer, tokens: &[Token], stems: &Stems) {
        self.sieve.prepare(&of.vocabulary);
        let Lookup { words, found, pairs, candidates, unknown, sieve, .. } = self;
        // Step by step for all of them, and what a step reads is fetched before.
        candidates.clear();
        candidates.resize(words.len(), Candidate::default());
        let mut count = 0;
        for (first, pair) in words.windows(2).enumerate() {
            let (before, word) = (pair[0], pair[1]);
            let hash = Hash::default().with(before.hash).with(word.hash);
            let stems = joined(before.stem, word.stem);
            candidates[count] = Candidate { first: first as u32, hash, stems, fate: Fate::default() };
            count += usize::from(sieve.lets_through(hash));
        }
        candidates.truncate(count);
        prefetch(candidates.iter().map(|pair| pairs.touch(pair.hash)));
        candidates.iter_mut().for_each(|pair| pair.fate = pairs.get(pair.hash, pair.stems));
        unknown.clear();
        unknown
            .extend((0..).zip(&*candidates).filter(|(_, pair)| pair.fate.feature == Fate::UNKNOWN).map(|(at, _)| at));
        let vocabulary = &of.vocabulary;
        let hashes = || unknown.iter().map(|at| candidates[*at as usize].hash);
        prefetch(hashes().map(|hash| vocabulary.touch(hash)));
        prefetch(hashes().map(|hash| vocabulary.touch_term(vocabulary.candidate(hash))));
        for &at in &*unknown {
            let pair = &mut candidates[at as usize];
            let is = |known: &[u8]| is_run(known, &words[pair.first as usize..][..2], stems);
            pair.fate = match vocabulary.find(pair.hash, is) {
                Some(feature) => Fate { feature: feature.0, frequency: vocabulary.frequency(feature) },
                None => Fate { feature: Fate::NONE, frequency: 0 },
            };
            pairs.put(pair.hash, pair.stems, pair.fate);
        }
        for pair in candidates.iter().filter(|pair| pair.fate.feature != Fate::NONE) {
            found.add(pair.fate.feature, pair.fate.frequency, || span_of(tokens, pair.first as usize, 2));
        }
    }

    /// Sorts what was found, and gives it values.
    fn fill(&mut self, of: &Featurizer, row: &mut Row) {
        let Lookup { found: Found { keys, frequencies, places, has_places }, values, idfs, .. } = self;
        keys.sort_unstable();
        row.occurrences.clear();
        if *has_places {
            let place = |key: &u64| (FeatureId((key >> 32) as u32), places[(key & Found::PLACE) as usize]);
            row.occurrences.extend(keys.iter().map(place));
        }
        row.entries.clear();
        row.entries.reserve(keys.len());
        values.clear();
        values.reserve(keys.len());
        let weighting = of.extractor.settings.weighting;
        let mut start = 0;
        while let Some((first, others)) = keys[start..].split_first() {
            let count = 1 + others.iter().take_while(|key| **key >> 32 == first >> 32).count();
            if *has_places && count > 1 {
                let own = &mut row.occurrences[start..start + count];
                if !own.is_sorted() {
                    own.sort_unstable();
                }
            }
            start += count;
            let frequency = frequencies[(first & Found::PLACE) as usize];
            values.push(match weighting {
                _ if first & Found::CUE != 0 => f64::NAN,
                Weighting::Tfidf => Weighting::tfidf(count as u32, idfs.of(frequency, of.units)),
                other => other.value(count as u32, 0, of.units),
            });
            row.entries.push((FeatureId((first >> 32) as u32), 1.0));
        }
        // As `normalise` does; cues have no value of their own.
        let length = values.iter().map(|value| if value.is_nan() { 0.0 } else { value * value }).sum::<f64>().sqrt();
        let length = if length > 0.0 { length } else { 1.0 };
        for ((_, single), value) in row.entries.iter_mut().zip(&*values) {
            let of_length = (value / length) as f32;
            *single = if of_length.is_nan() { 1.0 } else { of_length };
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
