//! The terms of a unit, found by the numbers of its words.
//!
//! What a token means to the vocabulary hangs on the token alone: its stem's hash and feature, and how it looks. So all that is remembered
//! with the token's number in the memory of stems. The hash of an n-gram comes from those of its words, and the table is asked for that
//! without the n-gram being put together. What is found is the same as by [`Extractor::terms`](super::Extractor::terms), term by term.

use std::collections::HashMap;

use foldhash::fast::RandomState;
use prefetch_index::prefetch_index;

use super::cues::Numbered;
use super::hashing::{self, Bucket};
use super::identity::Identity;
use super::pairs::{Pairs, Term, joined};
use super::shape::{self, Looks, Shape};
use super::vocabulary::{Hash, Vocabulary, WordHash};
use super::weighting::Length;
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
    shapes: [Term; Shape::ALL.len()],
    cues: Vec<Term>,
    /// Cues that match in the unit, and where.
    matches: Vec<(u32, Span)>,
    worths: Worths,
    pairs: Pairs,
    /// By feature the stems that its term was found to have, as [`joined`] has them; of no feature beyond [`MOST_TOLD`], and not before pairs are driven out of
    /// their memory.
    told: Vec<u64>,
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
}

/// What is known of a token.
#[derive(Clone, Copy)]
struct Met {
    hash: WordHash,
    /// The first token that had its stem: for words as good as the stem itself.
    stem: u32,
    /// What it is by itself.
    term: Term,
    looks: Looks,
    /// Its stem begins with a letter or digit.
    is_word: bool,
}

const NONE: u32 = u32::MAX;

/// Eight bytes each.
const MOST_TOLD: usize = 1 << 19;

impl Met {
    const NOT_YET: Met =
        Met { hash: WordHash::NONE, stem: NONE, term: Term::NONE, looks: Looks::NOTHING, is_word: false };
}

/// A word of the unit; the first is the [`START`], whose number is [`NONE`].
#[derive(Clone, Copy)]
struct Word {
    hash: WordHash,
    number: u32,
}

/// Two words of the unit that may be a term.
#[derive(Clone, Copy)]
struct Candidate {
    /// The number of the second among the unit's tokens.
    second: u32,
    /// Where the memory of pairs has it.
    set: u32,
    hash: Hash,
    stems: u64,
    term: Term,
}

impl Candidate {
    const NONE: Candidate = Candidate { second: 0, set: 0, hash: Hash::NONE, stems: 0, term: Term::NONE };
}

/// The terms of the vocabulary that a unit holds, in the order in which they are found, and where.
///
/// A find has to be told from those before it, so each feature has a place in a table that is no larger than the unit needs, and is never cleared: what is left
/// there of other units has their round.
#[derive(Default)]
struct Found {
    entries: Vec<Entry>,
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
struct Entry {
    feature: u32,
    rarity: u32,
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
        for (Entry { feature, .. }, entry) in self.entries.iter().zip(0..) {
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
    #[inline]
    fn entry(&mut self, Term { feature, rarity }: Term) -> u32 {
        let mut at = first_place(feature, self.bits);
        loop {
            let here = &mut self.places[at];
            if here.round != self.round {
                let entry = self.entries.len() as u32;
                *here = Place { round: self.round, feature, entry };
                self.entries.push(Entry { feature, rarity, count: 1, end: 0 });
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
            let Entry { end, count, .. } = entries[*at as usize];
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

/// What terms are worth that stand once in a unit, by how rare they are; most terms are rare, and so are worth one of a few values.
#[derive(Default)]
struct Worths {
    /// The number of a rarity by document frequency.
    numbers: HashMap<u32, u32, RandomState>,
    all: Vec<Worth>,
}

struct Worth {
    value: f64,
    /// What it adds to the length of a row.
    length: Length,
}

impl Worths {
    /// A feature with the number of its rarity.
    fn term(&mut self, of: &Featurizer, feature: FeatureId) -> Term {
        let frequency = of.vocabulary.frequency(feature);
        let rarity = *self.numbers.entry(frequency).or_insert_with(|| {
            let value = of.extractor.settings.weighting.value(1, frequency, of.units);
            self.all.push(Worth { value, length: Length::of(value) });
            self.all.len() as u32 - 1
        });
        Term { feature: feature.0, rarity }
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
        let mut worths = Worths::default();
        let mut term =
            |term: &str| vocabulary.feature(term).map_or(Term::NONE, |feature| worths.term(featurizer, feature));
        Lookup {
            of: featurizer.identity,
            generation: 0,
            met: Vec::new(),
            stems: HashMap::default(),
            shapes: Shape::ALL.map(|shape| term(shape.name())),
            cues: extractor.cue_terms().iter().map(|cue| term(cue)).collect(),
            matches: Vec::new(),
            worths,
            pairs: Pairs::new(),
            told: Vec::new(),
            words: Vec::new(),
            shown: Vec::new(),
            sieve: Sieve::default(),
            candidates: Vec::new(),
            unknown: Vec::new(),
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
        if shortest == 1 {
            lookup.words(scratch, row);
            lookup.found.bring_near(0, &near);
        }
        if shortest <= 2 && longest >= 2 {
            let words = lookup.found.entries.len();
            let candidates = lookup.candidates(self, scratch);
            lookup.pairs(self, scratch, candidates);
            lookup.found.bring_near(words, &near);
        }
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
                if let Some(feature) = self.vocabulary.feature(&settings.run(term)) {
                    lookup.found.add(lookup.worths.term(self, feature), span);
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
                let term = terms[*cue as usize];
                if term.is_term() {
                    found.add(term, *span);
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
            self.stems.clear();
            self.pairs.forget();
            self.told.clear();
        }
        self.met.resize(stems.len(), Met::NOT_YET);
        numbers.iter().for_each(|&number| prefetch_index(&self.met, number as usize));
        self.shown.clear();
        for (&number, at) in numbers.iter().zip(0..) {
            let own = &self.met[number as usize];
            if own.stem == NONE {
                let token = &tokens[at as usize];
                self.meet(of, token.span.of(text), token, number, stems);
            }
            if self.met[number as usize].looks.shows() {
                self.shown.push(at);
            }
        }
        self.words.clear();
        if of.extractor.settings.ngrams.1 > 2 {
            self.words.push(Word { hash: WordHash::of(START), number: NONE });
            self.words.extend(numbers.iter().map(|&number| Word { hash: self.met[number as usize].hash, number }));
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
        let Lookup { met, sieve, candidates, pairs, .. } = self;
        let settings = &of.extractor.settings;
        sieve.prepare(&of.vocabulary);
        let numbers = &scratch.numbers;
        if candidates.len() < numbers.len() {
            candidates.resize(numbers.len().next_power_of_two(), Candidate::NONE);
        }
        let (mut count, mut before, mut stem_before) = (0, Hash::NONE.with(WordHash::of(START)), NONE);
        for (&number, second) in numbers.iter().zip(0..) {
            let own = &met[number as usize];
            let (run, stems) = (before.with(own.hash), joined(stem_before, own.stem));
            let hash = settings.bucket(run).map_or(run, Bucket::hash);
            candidates[count] = Candidate { second, set: pairs.set(hash), hash, stems, term: Term::UNKNOWN };
            // Without a branch, since the answer cannot be guessed.
            count += usize::from(sieve.lets_through(hash));
            (before, stem_before) = (Hash::NONE.with(own.hash), own.stem);
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
            term: feature.map_or(Term::NONE, |feature| self.worths.term(of, feature)),
            looks: Looks::of(surface, token.kind, &stem::fold(surface, settings.language), settings.language),
            is_word,
        };
    }

    /// Terms of more than two words.
    fn runs(&mut self, of: &Featurizer, scratch: &Scratch) {
        let Scratch { tokens, stems, .. } = scratch;
        let (settings, vocabulary) = (&of.extractor.settings, &of.vocabulary);
        let (shortest, longest) = settings.ngrams;
        for length in shortest.max(3)..=longest {
            for (first, run) in self.words.windows(length).enumerate() {
                let hash = run.iter().fold(Hash::NONE, |hash, word| hash.with(word.hash));
                let feature = match settings.bucket(hash) {
                    Some(bucket) => shared(vocabulary, bucket.hash()),
                    None => vocabulary.find(hash, |feature| {
                        is_run(vocabulary.bytes_of(feature), run.iter().map(|word| word.number), stems)
                    }),
                };
                if let Some(feature) = feature {
                    self.found.add(self.worths.term(of, feature), span_of(tokens, first, length));
                }
            }
        }
    }

    /// Terms of two words. Most pairs are none, which their hash tells; and a term that is met again is told by the numbers of its stems.
    fn pairs(&mut self, of: &Featurizer, scratch: &Scratch, count: usize) {
        let Scratch { tokens, numbers, stems, .. } = scratch;
        let Lookup { found, pairs, candidates, unknown, worths, told, .. } = self;
        let candidates = &mut candidates[..count];
        if unknown.len() < count {
            unknown.resize(count.next_power_of_two(), 0);
        }
        // Step by step for all of them, and what a step reads is fetched before.
        candidates.iter().for_each(|pair| pairs.prefetch(pair.set));
        let mut unmet = 0;
        for (pair, at) in candidates.iter_mut().zip(0..) {
            pair.term = pairs.get(pair.set, pair.stems);
            unknown[unmet] = at;
            unmet += usize::from(pair.term.is_unknown());
        }
        let unknown = &unknown[..unmet];
        let vocabulary = &of.vocabulary;
        if pairs.is_largest() && told.is_empty() {
            told.resize(vocabulary.len().min(MOST_TOLD), u64::MAX);
        }
        let hashes = || unknown.iter().map(|at| candidates[*at as usize].hash);
        hashes().for_each(|hash| vocabulary.prefetch(hash));
        hashes().filter_map(|hash| vocabulary.candidate(hash)).for_each(|feature| {
            prefetch_index(&told, feature.index());
            vocabulary.prefetch_term(feature);
        });
        for at in unknown {
            let pair = &mut candidates[*at as usize];
            let is_told = |feature: FeatureId| told.get(feature.index()) == Some(&pair.stems);
            let feature = match of.extractor.settings.hash_bits {
                Some(_) => shared(vocabulary, pair.hash),
                None => vocabulary.find(pair.hash, |feature| {
                    is_told(feature) || {
                        let second = pair.second as usize;
                        let run = [second.checked_sub(1).map_or(NONE, |first| numbers[first]), numbers[second]];
                        is_run(vocabulary.bytes_of(feature), run.into_iter(), stems)
                    }
                }),
            };
            if let Some(told) = feature.and_then(|feature| told.get_mut(feature.index())) {
                *told = pair.stems;
            }
            pair.term = feature.map_or(Term::NONE, |feature| worths.term(of, feature));
            pairs.put(pair.hash, pair.stems, pair.term);
        }
        let terms = candidates.iter().filter(|pair| pair.term.is_term());
        found.add_all(terms.map(|pair| (pair.term, pair.second as usize)), |second| span_of(tokens, second, 2));
    }

    /// Gives what was found its values.
    fn fill(&mut self, of: &Featurizer, row: &mut Row) {
        let Lookup { found, worths, .. } = self;
        let Found { entries, repeated, words, has_finds, values, .. } = found;
        let mut length = Length::default();
        values.clear();
        values.extend(entries[..*words].iter().map(|entry| {
            let worth = &worths.all[entry.rarity as usize];
            length += worth.length;
            worth.value
        }));
        for &at in repeated.iter().filter(|at| (**at as usize) < *words) {
            let entry = &entries[at as usize];
            let (value, once) = (&mut values[at as usize], &worths.all[entry.rarity as usize]);
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

/// The feature of the bucket with that hash, if it has one.
fn shared(vocabulary: &Vocabulary, hash: Hash) -> Option<FeatureId> {
    vocabulary.find(hash, |feature| hashing::is_of(vocabulary.bytes_of(feature), hash))
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
