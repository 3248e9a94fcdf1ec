//! The terms of a unit, found by the numbers of its words.
//!
//! What a token means to the vocabulary hangs on the token alone: its stem's hash and feature, and how it looks. So all that is remembered
//! with the token's number in the memory of stems. The hash of an n-gram comes from those of its words, and the table is asked for that
//! without the n-gram being put together or compared. What is found is the same as by [`Extractor::terms`](super::Extractor::terms), term by term,
//! but for a run that happens to have the hash of another term ([`vocabulary`](super::vocabulary)).

use std::collections::HashMap;

use foldhash::fast::RandomState;
use prefetch_index::prefetch_index;

use super::cues::Numbered;
use super::identity::Identity;
use super::shape::{self, Looks, Shape};
use super::vocabulary::{Hash, Slot, Vocabulary, WordHash};
use super::weighting::Length;
use super::{FeatureId, Featurizer, Known, Row, START, Scratch, character_terms};
use crate::text::Span;
use crate::text::quote::{self, Quotation};
use crate::text::stem;
use crate::text::token::Token;

/// What is remembered from unit to unit, for one thread.
pub struct Lookup {
    /// The featurizer that it is for.
    of: Identity,
    generation: u64,
    /// By the number of a token; those not met yet are [`Met::NOT_YET`].
    met: Vec<Met>,
    /// The features of shapes and of cues, by their numbers.
    shapes: [Term; Shape::ALL.len()],
    cues: Vec<Term>,
    /// Cues that match in the unit, and where.
    matches: Vec<(u32, Span)>,
    worths: Worths,
    /// Those of the unit, if runs of more than two are terms.
    words: Vec<WordHash>,
    /// The tokens that show something by themselves.
    shown: Vec<u32>,
    sieve: Sieve,
    /// Pairs of words that may be terms; behind those of the unit at hand lie older ones.
    candidates: Vec<Candidate>,
    found: Found,
}

/// A term of the vocabulary, if it is one and somebody has looked; in eight bytes, since one is kept for each token.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Term {
    /// Its feature; other numbers are no terms.
    feature: u32,
    /// In how many training units it stood.
    frequency: u32,
}

impl Term {
    const NONE: Term = Term { feature: u32::MAX, frequency: 0 };
    /// Nobody has looked yet.
    const UNKNOWN: Term = Term { feature: u32::MAX - 1, frequency: 0 };

    #[inline]
    fn is_term(self) -> bool {
        self.feature < Term::UNKNOWN.feature
    }
}

impl From<Option<Slot>> for Term {
    #[inline]
    fn from(slot: Option<Slot>) -> Term {
        slot.map_or(Term::NONE, |Slot { feature, frequency }| Term { feature: feature.0, frequency })
    }
}

/// What is known of a token.
#[derive(Clone, Copy)]
struct Met {
    hash: WordHash,
    /// What it is by itself.
    term: Term,
    looks: Looks,
    /// Its stem begins with a letter or digit.
    is_word: bool,
}

impl Met {
    const NOT_YET: Met = Met { hash: WordHash::NONE, term: Term::UNKNOWN, looks: Looks::NOTHING, is_word: false };
}

/// Two words of the unit that may be a term.
#[derive(Clone, Copy)]
struct Candidate {
    /// The number of the second among the unit's tokens.
    second: u32,
    hash: Hash,
}

/// The terms of the vocabulary that a unit holds, in the order in which they are found, and where.
///
/// A find has to be told from those before it, so each feature has a place in a table that is no larger than the unit needs, and is never cleared: what is left
/// there of other units has their round.
#[derive(Default)]
struct Found {
    entries: Vec<Counted>,
    /// Those that stand more than once.
    repeated: Vec<u32>,
    /// How many entries came before the first cue.
    words: usize,
    /// At the first free place from where its feature says.
    places: Vec<Place>,
    /// Bits of the number of a place: as much of the table as is in use.
    bits: u32,
    /// How many entries there may be before more of it is needed.
    room: usize,
    round: u32,
    /// Which entry was found where, if that is wanted.
    finds: Vec<(u32, Span)>,
    has_finds: bool,
    values: Vec<f64>,
}

/// A feature of the unit.
struct Counted {
    feature: u32,
    frequency: u32,
    /// How often it stands in the unit.
    count: u32,
    /// Where the last of its finds that is in its place ends, once they are put together.
    end: u32,
}

#[derive(Clone, Copy, Default)]
struct Place {
    round: u32,
    feature: u32,
    entry: u32,
}

impl Found {
    /// Begins a unit, with room for so many entries.
    fn clear(&mut self, has_finds: bool, room: usize) {
        self.entries.clear();
        self.repeated.clear();
        self.finds.clear();
        self.has_finds = has_finds;
        self.next_round();
        self.make_room(room);
    }

    fn next_round(&mut self) {
        self.round = self.round.wrapping_add(1);
        // After four thousand million units.
        if self.round == 0 {
            self.places.fill(Place::default());
            self.round = 1;
        }
    }

    /// Takes as much of the table into use as so many entries need.
    fn make_room(&mut self, room: usize) {
        let size = (2 * room).next_power_of_two().max(64);
        if self.places.len() < size {
            self.places.resize(size, Place::default());
        }
        (self.room, self.bits) = (size / 2, size.trailing_zeros());
    }

    /// Takes twice as much of it into use.
    #[cold]
    fn grow(&mut self) {
        self.make_room(2 * self.room);
        self.next_round();
        for (Counted { feature, .. }, entry) in self.entries.iter().zip(0..) {
            let mut at = first_place(*feature, self.bits);
            while self.places[at].round == self.round {
                at = (at + 1) & ((1 << self.bits) - 1);
            }
            self.places[at] = Place { round: self.round, feature: *feature, entry };
        }
    }

    /// Adds a find.
    fn add(&mut self, term: Term, span: Span) {
        if self.entries.len() >= self.room {
            self.grow();
        }
        let entry = self.entry(term);
        if self.has_finds {
            self.finds.push((entry, span));
        }
    }

    /// Adds finds, for which there must be room, each with its number in the unit, whose span is asked for if it is wanted.
    #[inline]
    fn add_all(&mut self, finds: impl Iterator<Item = (Term, usize)>, span: impl Fn(usize) -> Span) {
        if self.has_finds {
            finds.for_each(|(term, at)| self.add(term, span(at)));
        } else {
            finds.for_each(|(term, _)| {
                self.entry(term);
            });
        }
    }

    /// The entry of a find.
    #[inline(always)]
    fn entry(&mut self, Term { feature, frequency }: Term) -> u32 {
        let mut at = first_place(feature, self.bits);
        loop {
            let here = &mut self.places[at];
            if here.round != self.round {
                let entry = self.entries.len() as u32;
                *here = Place { round: self.round, feature, entry };
                self.entries.push(Counted { feature, frequency, count: 1, end: 0 });
                return entry;
            }
            if here.feature == feature {
                let count = &mut self.entries[here.entry as usize].count;
                if *count == 1 {
                    self.repeated.push(here.entry);
                }
                *count += 1;
                return here.entry;
            }
            at = (at + 1) & ((1 << self.bits) - 1);
        }
    }

    /// The finds of each entry together, by place.
    fn put_together(&mut self, occurrences: &mut Vec<(FeatureId, Span)>) {
        let Found { entries, repeated, finds, .. } = self;
        let mut end = 0;
        for entry in entries.iter_mut() {
            entry.end = end;
            end += entry.count;
        }
        occurrences.resize(finds.len(), Default::default());
        for (entry, span) in finds {
            let entry = &mut entries[*entry as usize];
            occurrences[entry.end as usize] = (FeatureId(entry.feature), *span);
            entry.end += 1;
        }
        for at in repeated {
            let Counted { end, count, .. } = entries[*at as usize];
            let own = &mut occurrences[(end - count) as usize..end as usize];
            // They mostly come in the order of the text.
            if !own.is_sorted() {
                own.sort_unstable();
            }
        }
    }

    /// Calls `near` with the features from one entry on.
    fn bring_near(&self, from: usize, near: &impl Fn(FeatureId)) {
        self.entries[from..].iter().for_each(|entry| near(FeatureId(entry.feature)));
    }
}

/// Where a feature is looked for first in a table whose places have numbers of so many bits.
#[inline]
fn first_place(feature: u32, bits: u32) -> usize {
    // Knuth, TAOCP 3, 6.4: 2³² divided by the golden ratio.
    (feature.wrapping_mul(0x9E37_79B9) >> (u32::BITS - bits)) as usize
}

/// What terms are worth that stand once in a unit, by their document frequency.
struct Worths {
    /// One more than the number of what terms of a frequency are worth, 0 before anybody asked. Memory that nobody touches is seldom taken.
    numbers: Vec<u32>,
    /// The same for higher frequencies.
    beyond: HashMap<u32, u32, RandomState>,
    all: Vec<Worth>,
}

struct Worth {
    value: f64,
    /// What it adds to the length of a row.
    length: Length,
}

impl Worths {
    const NUMBERS: usize = 1 << 16;

    fn new() -> Self {
        Worths { numbers: vec![0; Worths::NUMBERS], beyond: HashMap::default(), all: Vec::new() }
    }

    #[inline]
    fn of(&mut self, featurizer: &Featurizer, frequency: u32) -> &Worth {
        let Worths { numbers, beyond, all } = self;
        let number = match numbers.get_mut(frequency as usize) {
            Some(number) => number,
            None => beyond.entry(frequency).or_default(),
        };
        if *number == 0 {
            let value = featurizer.extractor.settings.weighting.value(1, frequency, featurizer.units);
            all.push(Worth { value, length: Length::of(value) });
            *number = all.len() as u32;
        }
        &all[*number as usize - 1]
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
                for hash in vocabulary.hashes() {
                    let bit = hash.lower() & self.mask;
                    self.bits[bit as usize / 64] |= 1 << (bit % 64);
                }
            }
            _ => {}
        }
        self.texts = self.texts.saturating_add(1);
    }

    #[inline]
    fn lets_through(&self, hash: Hash) -> bool {
        let bit = hash.lower() & self.mask;
        self.bits[bit as usize / 64] >> (bit % 64) & 1 == 1
    }
}

impl Lookup {
    fn new(featurizer: &Featurizer) -> Self {
        let Featurizer { extractor, vocabulary, .. } = featurizer;
        let term = |term: &str| Term::from(vocabulary.slot(term));
        Lookup {
            of: featurizer.identity,
            generation: 0,
            met: Vec::new(),
            shapes: Shape::ALL.map(|shape| term(shape.name())),
            cues: vec![Term::UNKNOWN; extractor.cues().map_or(0, |cues| cues.terms.len())],
            matches: Vec::new(),
            worths: Worths::new(),
            words: Vec::new(),
            shown: Vec::new(),
            sieve: Sieve::default(),
            candidates: Vec::new(),
            found: Found::default(),
        }
    }
}

impl Featurizer {
    /// Fills the row of a text; `near` is called with each of its features as soon as it is found.
    pub(super) fn look_up(&self, known: Known, scratch: &mut Scratch, row: &mut Row, near: impl Fn(FeatureId)) {
        let text = known.text;
        self.extractor.own(scratch);
        let own = scratch.lookup.take().filter(|lookup| lookup.of.is(self.identity));
        let mut lookup = own.unwrap_or_else(|| Lookup::new(self));
        scratch.read(text);
        (row.words, row.known_words) = (0, 0);
        // A term of one word and one of two for each word at most, before room is made for more.
        lookup.found.clear(known.places, 2 * scratch.tokens.len());
        lookup.meet_all(self, text, scratch);
        let (shortest, longest) = self.extractor.settings.ngrams;
        // What the table of terms is asked for pairs is on its way while single words are found.
        let candidates = if shortest <= 2 && longest >= 2 { lookup.candidates(self, scratch) } else { 0 };
        if shortest == 1 {
            lookup.words(scratch, row);
            lookup.found.bring_near(0, &near);
        }
        let words = lookup.found.entries.len();
        lookup.pairs(self, scratch, candidates);
        lookup.found.bring_near(words, &near);
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
                let term = Term::from(self.vocabulary.slot(&settings.run(term)));
                if term.is_term() {
                    lookup.found.add(term, span);
                }
            });
        }
        let cues = self.extractor.cues();
        if !settings.shape && cues.is_none() {
            lookup.found.words = lookup.found.entries.len();
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
        let Lookup { shapes, cues: terms, matches, met, shown, found, .. } = lookup;
        if settings.shape {
            let numbers = &scratch.numbers;
            let looks = |at: usize| numbers.get(at).map_or(Looks::NOTHING, |number| met[*number as usize].looks);
            let shown = shown.iter().map(|at| *at as usize);
            shape::cues_shown(text, &scratch.tokens, looks, shown, quotations, |shape, span| {
                let term = shapes[shape as usize];
                if term.is_term() {
                    found.add(term, span);
                }
            });
        }
        found.words = found.entries.len();
        if let (Some(cues), Some(memory)) = (cues, &mut scratch.cues) {
            let Scratch { tokens, numbers, stems, .. } = scratch;
            let numbered = Numbered { text, tokens, numbers, stems, sentences };
            matches.clear();
            cues.matcher.matches(numbered, quotations, memory, |cue, span| matches.push((cue, span)));
            // Sums must not hang on the order in which the matcher comes upon them.
            matches.sort_unstable();
            for (cue, span) in matches {
                let term = &mut terms[*cue as usize];
                if *term == Term::UNKNOWN {
                    *term = self.vocabulary.slot(cues.terms.of(*cue)).into();
                }
                if term.is_term() {
                    found.add(*term, *span);
                }
            }
        }
    }
}

impl Lookup {
    /// Finds out what is not known yet of the words of a text, and which of them show something.
    fn meet_all(&mut self, of: &Featurizer, text: &str, scratch: &Scratch) {
        let Scratch { tokens, numbers, stems, .. } = scratch;
        if self.generation != stems.generation() {
            self.generation = stems.generation();
            self.met.clear();
        }
        self.met.resize(stems.len(), Met::NOT_YET);
        numbers.iter().for_each(|&number| prefetch_index(&self.met, number as usize));
        self.shown.clear();
        for (&number, at) in numbers.iter().zip(0..) {
            let own = &mut self.met[number as usize];
            if own.term == Term::UNKNOWN {
                let token = &tokens[at as usize];
                *own = Met::new(of, token.span.of(text), token, stems.of(number));
            }
            if own.looks.shows() {
                self.shown.push(at);
            }
        }
        self.words.clear();
        if of.extractor.settings.ngrams.1 > 2 {
            self.words.push(WordHash::of(START));
            self.words.extend(numbers.iter().map(|&number| self.met[number as usize].hash));
        }
    }

    /// Terms of one word.
    fn words(&mut self, scratch: &Scratch, row: &mut Row) {
        let Lookup { met, found, .. } = self;
        let (mut words, mut known_words) = (0, 0);
        let terms = scratch.numbers.iter().enumerate().filter_map(|(at, &number)| {
            let own = &met[number as usize];
            words += u32::from(own.is_word);
            known_words += u32::from(own.is_word & own.term.is_term());
            own.term.is_term().then_some((own.term, at))
        });
        found.add_all(terms, |at| scratch.tokens[at].span);
        (row.words, row.known_words) = (words, known_words);
    }

    /// Which two words may be a term; how many candidates there are.
    fn candidates(&mut self, of: &Featurizer, scratch: &Scratch) -> usize {
        let Lookup { met, sieve, candidates, .. } = self;
        let settings = &of.extractor.settings;
        sieve.prepare(&of.vocabulary);
        let numbers = &scratch.numbers;
        if candidates.len() < numbers.len() {
            candidates.resize(numbers.len().next_power_of_two(), Candidate { second: 0, hash: Hash::NONE });
        }
        let (mut count, mut before) = (0, Hash::NONE.with(WordHash::of(START)));
        for (&number, second) in numbers.iter().zip(0..) {
            let own = met[number as usize].hash;
            let run = before.with(own);
            let hash = settings.hash_of(run);
            candidates[count] = Candidate { second, hash };
            // Without a branch, since the answer cannot be guessed.
            count += usize::from(sieve.lets_through(hash));
            before = Hash::NONE.with(own);
        }
        candidates[..count].iter().for_each(|pair| of.vocabulary.prefetch(pair.hash));
        count
    }

    /// Terms of two words.
    fn pairs(&mut self, of: &Featurizer, scratch: &Scratch, count: usize) {
        let Lookup { found, candidates, .. } = self;
        let candidates = &candidates[..count];
        let terms = candidates.iter().filter_map(|pair| {
            let term = Term::from(of.vocabulary.by_hash(pair.hash));
            term.is_term().then_some((term, pair.second as usize))
        });
        found.add_all(terms, |second| span_of(&scratch.tokens, second, 2));
    }

    /// Terms of more than two words.
    fn runs(&mut self, of: &Featurizer, scratch: &Scratch) {
        let settings = &of.extractor.settings;
        let (shortest, longest) = settings.ngrams;
        for length in shortest.max(3)..=longest {
            for (first, run) in self.words.windows(length).enumerate() {
                let run = run.iter().fold(Hash::NONE, |hash, word| hash.with(*word));
                let term = Term::from(of.vocabulary.by_hash(settings.hash_of(run)));
                if term.is_term() {
                    self.found.add(term, span_of(&scratch.tokens, first, length));
                }
            }
        }
    }

    /// Gives what was found its values.
    fn fill(&mut self, of: &Featurizer, row: &mut Row) {
        let Lookup { found, worths, .. } = self;
        let Found { entries, repeated, words, has_finds, values, .. } = found;
        let mut length = Length::default();
        values.clear();
        values.extend(entries[..*words].iter().map(|entry| {
            let worth = worths.of(of, entry.frequency);
            length += worth.length;
            worth.value
        }));
        for &at in repeated.iter().filter(|at| (**at as usize) < *words) {
            let entry = &entries[at as usize];
            let (value, once) = (&mut values[at as usize], worths.of(of, entry.frequency));
            *value = of.extractor.settings.weighting.again(entry.count, once.value);
            length -= once.length;
            length += Length::of(*value);
        }
        let scale = length.scale();
        row.entries.clear();
        let of_words = entries.iter().zip(&*values);
        row.entries.extend(of_words.map(|(entry, value)| (FeatureId(entry.feature), (value * scale) as f32)));
        // Cues have no value of their own.
        row.entries.extend(entries[*words..].iter().map(|entry| (FeatureId(entry.feature), 1.0)));
        let has_finds = *has_finds;
        row.occurrences.clear();
        if has_finds {
            found.put_together(&mut row.occurrences);
        }
    }
}

/// The place of some words, of which the first has that number; the start has 0.
fn span_of(tokens: &[Token], first: usize, length: usize) -> Span {
    let start = if first == 0 { tokens[0].span.start } else { tokens[first - 1].span.start };
    Span::new(start, tokens[first + length - 2].span.end)
}

impl Met {
    fn new(of: &Featurizer, surface: &str, token: &Token, stem: &str) -> Met {
        let settings = &of.extractor.settings;
        let is_word = stem.starts_with(char::is_alphanumeric);
        // A lone mark is a shape cue already, and a lone start says nothing.
        let is_term = is_word || stem != START && !settings.shape;
        let hash = WordHash::of(stem);
        Met {
            hash,
            term: of.vocabulary.slot_of(Hash::NONE.with(hash), stem).filter(|_| is_term).into(),
            looks: Looks::of(surface, token.kind, &stem::fold(surface, settings.language), settings.language),
            is_word,
        }
    }
}
