//! The terms of a unit, found by the numbers of its words.
//!
//! What a token means to the vocabulary hangs on the token alone: its stem's hash and feature, and how it looks. So all that is remembered
//! with the token's number in the memory of stems. The hash of an n-gram comes from those of its words, and the table is asked for that
//! without the n-gram being put together. What is found is the same as by [`Extractor::terms`](super::Extractor::terms), term by term.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use super::cues::Numbered;
use super::identity::Identity;
use super::pairs::{Fate, Pairs, joined};
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
    /// The featurizer that it is for.
    of: Identity,
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
    /// Those of the unit, if runs of more than two are terms.
    words: Vec<Word>,
    /// The tokens that show something by themselves.
    shown: Vec<u32>,
    sieve: Sieve,
    /// Pairs of words that may be terms; behind those of the unit at hand lie older ones.
    candidates: Vec<Candidate>,
    /// Those that were not met before, likewise.
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

/// A word of the unit; the first is the [`START`], whose number is [`NONE`].
#[derive(Clone, Copy)]
struct Word {
    hash: WordHash,
    number: u32,
}

/// Two words of the unit that may be a term.
#[derive(Clone, Copy, Default)]
struct Candidate {
    /// The number of the second among the unit's tokens.
    second: u32,
    hash: Hash,
    stems: u64,
}

/// The terms of the vocabulary that a unit holds, and where.
#[derive(Default)]
struct Found {
    /// A feature, a bit for cues, and what is known of the find, so that features can be sorted as single numbers: in how many training units the term stood, or,
    /// where places are wanted, the number of the find. Behind the finds lie older ones.
    keys: Vec<u64>,
    count: usize,
    /// By find, if places are wanted: in how many training units the term stood, and where it is.
    places: Vec<(u32, Span)>,
    has_places: bool,
}

impl Found {
    const CUE: u64 = 1 << 31;
    const REST: u64 = Found::CUE - 1;

    fn clear(&mut self, has_places: bool) {
        self.count = 0;
        self.places.clear();
        self.has_places = has_places;
    }

    /// Makes room for so many finds more.
    fn reserve(&mut self, more: usize) {
        let least = self.count + more;
        if self.keys.len() < least {
            self.keys.resize(least.next_power_of_two(), 0);
        }
    }

    fn add(&mut self, feature: u32, frequency: u32, span: impl FnOnce() -> Span) {
        self.reserve(1);
        self.add_if(true, feature, frequency, span);
    }

    /// Adds a find, or none, for which there must be room; without a branch where places are not wanted, since whether it is a term cannot be guessed.
    #[inline(always)]
    fn add_if(&mut self, is: bool, feature: u32, frequency: u32, span: impl FnOnce() -> Span) {
        let rest = if self.has_places { self.places.len() as u64 } else { u64::from(frequency) & Found::REST };
        if self.has_places && is {
            self.places.push((frequency & Found::REST as u32, span()));
        }
        self.keys[self.count] = u64::from(feature) << 32 | rest;
        self.count += usize::from(is);
    }

    fn add_cue(&mut self, feature: FeatureId, span: Span) {
        self.add(feature.0, 0, || span);
        self.keys[self.count - 1] |= Found::CUE;
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
            of: featurizer.identity,
            generation: 0,
            met: Vec::new(),
            stems: HashMap::default(),
            shapes: Shape::ALL.map(|shape| vocabulary.feature(shape.name())),
            cues: extractor.cue_terms().iter().map(|term| vocabulary.feature(term)).collect(),
            idfs: Idfs::new(),
            pairs: Pairs::new(),
            words: Vec::new(),
            shown: Vec::new(),
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
        self.extractor.own(scratch);
        let own = scratch.lookup.take().filter(|lookup| lookup.of.is(self.identity));
        let mut lookup = own.unwrap_or_else(|| Lookup::new(self));
        scratch.read(text);
        (row.words, row.known_words) = (0, 0);
        lookup.found.clear(known.places);
        let candidates = lookup.read(self, text, scratch, row);
        lookup.pairs(self, scratch, candidates);
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
        let Lookup { shapes, cues: features, met, shown, found, .. } = lookup;
        if settings.shape {
            let numbers = &scratch.numbers;
            let looks = |at: usize| numbers.get(at).map_or(Looks::NOTHING, |number| met[*number as usize].looks);
            let shown = shown.iter().map(|at| *at as usize);
            shape::cues_shown(text, &scratch.tokens, looks, shown, quotations, |shape, span| {
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
    /// The words of a text, and those of them that are terms by themselves; how many candidates there are for terms of two words.
    fn read(&mut self, of: &Featurizer, text: &str, scratch: &Scratch, row: &mut Row) -> usize {
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
        let (shortest, longest) = of.extractor.settings.ngrams;
        let has_pairs = shortest <= 2 && longest >= 2;
        if has_pairs {
            self.sieve.prepare(&of.vocabulary);
        }
        let Lookup { met, words, shown, found, candidates, sieve, .. } = self;
        let start = Word { hash: WordHash::of(START), number: NONE };
        words.clear();
        shown.clear();
        found.reserve(tokens.len());
        if candidates.len() < tokens.len() {
            candidates.resize(tokens.len().next_power_of_two(), Candidate::default());
        }
        let (mut count, mut before) = (0, Hash::default().with(start.hash));
        let mut stem_before = NONE;
        // All that a token alone tells, and which pairs may be terms, in one pass.
        for (at, (token, &number)) in tokens.iter().zip(numbers).enumerate() {
            let own = &met[number as usize];
            if own.looks.shows() {
                shown.push(at as u32);
            }
            if shortest == 1 {
                let is_known = own.feature != NONE;
                row.words += u32::from(own.is_word);
                row.known_words += u32::from(own.is_word & is_known);
                found.add_if(is_known, own.feature, own.frequency, || token.span);
            }
            if has_pairs {
                let hash = before.with(own.hash);
                candidates[count] = Candidate { second: at as u32, hash, stems: joined(stem_before, own.stem) };
                count += usize::from(sieve.lets_through(hash));
                (before, stem_before) = (Hash::default().with(own.hash), own.stem);
            }
        }
        if longest > 2 {
            words.push(start);
            words.extend(numbers.iter().map(|&number| Word { hash: met[number as usize].hash, number }));
        }
        count
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
            looks: Looks::of(surface, token.kind, &stem::fold(surface, settings.language), settings.language),
            is_word,
        };
    }

    /// Terms of more than two words.
    fn runs(&mut self, of: &Featurizer, scratch: &Scratch) {
        let Scratch { tokens, stems, .. } = scratch;
        let (shortest, longest) = of.extractor.settings.ngrams;
        for length in shortest.max(3)..=longest {
            for (first, run) in self.words.windows(length).enumerate() {
                let hash = run.iter().fold(Hash::default(), |hash, word| hash.with(word.hash));
                let numbers = || run.iter().map(|word| word.number);
                if let Some(feature) = of.vocabulary.find(hash, |known| is_run(known, numbers(), stems)) {
                    self.found.add(feature.0, of.vocabulary.frequency(feature), || span_of(tokens, first, length));
                }
            }
        }
    }

    /// Terms of two words. Most pairs are none, which their hash tells; and a term that is met again is told by the numbers of its stems.
    fn pairs(&mut self, of: &Featurizer, scratch: &Scratch, count: usize) {
        let Scratch { tokens, numbers, stems, .. } = scratch;
        let Lookup { found, pairs, candidates, unknown, .. } = self;
        let candidates = &candidates[..count];
        found.reserve(count);
        if unknown.len() < count {
            unknown.resize(count.next_power_of_two(), 0);
        }
        // Step by step for all of them, and what a step reads is fetched before.
        candidates.iter().for_each(|pair| pairs.prefetch(pair.hash));
        let mut unmet = 0;
        for (pair, at) in candidates.iter().zip(0..) {
            let fate = pairs.get(pair.hash, pair.stems);
            unknown[unmet] = at;
            unmet += usize::from(fate.feature == Fate::UNKNOWN);
            let span = || span_of(tokens, pair.second as usize, 2);
            found.add_if(fate.is_term(), fate.feature, fate.frequency, span);
        }
        let unknown = &unknown[..unmet];
        let vocabulary = &of.vocabulary;
        let hashes = || unknown.iter().map(|at| candidates[*at as usize].hash);
        hashes().for_each(|hash| vocabulary.prefetch(hash));
        hashes().filter_map(|hash| vocabulary.candidate(hash)).for_each(|feature| vocabulary.prefetch_term(feature));
        for pair in unknown.iter().map(|at| candidates[*at as usize]) {
            let second = pair.second as usize;
            let run = [second.checked_sub(1).map_or(NONE, |first| numbers[first]), numbers[second]];
            let fate = match vocabulary.find(pair.hash, |known| is_run(known, run.into_iter(), stems)) {
                Some(feature) => Fate { feature: feature.0, frequency: vocabulary.frequency(feature) },
                None => Fate { feature: Fate::NONE, frequency: 0 },
            };
            pairs.put(pair.hash, pair.stems, fate);
            found.add_if(fate.is_term(), fate.feature, fate.frequency, || span_of(tokens, second, 2));
        }
    }

    /// Sorts what was found, and gives it values.
    fn fill(&mut self, of: &Featurizer, row: &mut Row) {
        let Lookup { found, values, idfs, .. } = self;
        let Found { keys, count, places, has_places } = found;
        let own = &mut keys[..*count];
        own.sort_unstable();
        // The number of a find, or how often its term stood.
        let rest = |key: u64| (key & Found::REST) as u32;
        row.occurrences.clear();
        if *has_places {
            let place = |key: &u64| (FeatureId((key >> 32) as u32), places[rest(*key) as usize].1);
            row.occurrences.extend(own.iter().map(place));
        }
        row.entries.clear();
        row.entries.reserve(own.len());
        values.clear();
        values.reserve(own.len());
        let weighting = of.extractor.settings.weighting;
        let (mut start, mut squares) = (0, 0.0);
        while let Some(&first) = own.get(start) {
            let end = start + 1 + own[start + 1..].iter().take_while(|key| **key >> 32 == first >> 32).count();
            if *has_places && end > start + 1 {
                let together = &mut row.occurrences[start..end];
                if !together.is_sorted() {
                    together.sort_unstable();
                }
            }
            let count = (end - start) as u32;
            start = end;
            row.entries.push((FeatureId((first >> 32) as u32), 1.0));
            // Cues have no value of their own.
            if first & Found::CUE != 0 {
                values.push(f64::NAN);
                continue;
            }
            let value = match weighting {
                Weighting::Tfidf => {
                    let frequency = if *has_places { places[rest(first) as usize].0 } else { rest(first) };
                    Weighting::tfidf(count, idfs.of(frequency, of.units))
                }
                other => other.value(count, 0, of.units),
            };
            squares += value * value;
            values.push(value);
        }
        // As `normalise` does.
        let length = if squares > 0.0 { squares.sqrt() } else { 1.0 };
        for ((_, single), value) in row.entries.iter_mut().zip(&*values) {
            let of_length = (value / length) as f32;
            *single = if of_length.is_nan() { 1.0 } else { of_length };
        }
    }
}

/// The place of some words, of which the first has that number; the start has 0.
fn span_of(tokens: &[Token], first: usize, length: usize) -> Span {
    let start = if first == 0 { tokens[0].span.start } else { tokens[first - 1].span.start };
    Span::new(start, tokens[first + length - 2].span.end)
}

/// Whether a term consists of the stems of the words with these numbers.
fn is_run(term: &[u8], run: impl Iterator<Item = u32>, stems: &Stems) -> bool {
    let mut rest = term;
    for (number, at) in run.zip(0..) {
        let stem = if number == NONE { START } else { stems.of(number) };
        let blank = if at > 0 { &b" "[..] } else { b"" };
        match rest.strip_prefix(blank).and_then(|rest| rest.strip_prefix(stem.as_bytes())) {
            Some(after) => rest = after,
            None => return false,
        }
    }
    rest.is_empty()
}
