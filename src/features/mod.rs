//! Unit → sparse row. Training finds terms by their text, with [`Extractor::terms`]; classifying knows the vocabulary already and finds
//! them by the numbers of their words, which is several times faster (`lookup`). Values come from the same function, and tests hold
//! the two roads against each other on any text.

mod counting;
pub mod cues;
pub mod hashing;
mod identity;
mod lookup;
pub mod matrix;
pub mod ngrams;
pub mod shape;
pub mod vectors;
pub mod vocabulary;
pub mod weighting;

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::idle::Idle;
use crate::packed::Packed;
use crate::parsed::Parsed;
use crate::text::quote;
use crate::text::stem::{self, Language, Stems};
use crate::text::token::{self, Kind, Token};
use crate::text::{Span, quote::Quotation};
use counting::{Chunk, Counts, Features, Memory, Wanted};
use cues::{BadMatcher, Cue, CueError, CueId, CueScratch, CueSet, Matcher, Numbered};
use hashing::Bucket;
use identity::Identity;
use lookup::Lookup;
use matrix::Rows;
use shape::Looks;
pub use vocabulary::FeatureId;
use vocabulary::{Hash, Vocabulary};
use weighting::Weighting;

/// Tasks that the units are dealt to for their terms to be counted, and the fewest and most units of a task. Fixed, though results do not depend on them.
const UNIT_TASKS: usize = 16;
const UNITS_A_TASK: (usize, usize) = (512, 1 << 15);
const TASKS_AT_ONCE: usize = 4;

/// Which terms a model looks at. Part of the model file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FeatureSettings {
    pub language: Language,
    /// Shortest and longest run of stems, from 1 to 10.
    pub ngrams: (usize, usize),
    /// Shortest and longest run of characters within a word, from 1 to 10, if any.
    pub char_ngrams: Option<(usize, usize)>,
    /// Whether the shape of a sentence is looked at.
    pub shape: bool,
    /// A term must stand in as many training units.
    pub min_count: u32,
    /// A term must stand in units of as many groups: what only one document or author says stays out of the model.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub min_groups: u32,
    /// How many terms a model may have, if not as many as there are: those that stand in most training units. Cues, and terms with a vector, do not count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_terms: Option<u32>,
    /// Runs of stems or letters share 2 to the power of so many [buckets](hashing), one of [`hashing::BITS`], and are no terms of their own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hash_bits: Option<u8>,
    pub weighting: Weighting,
    /// Named patterns, each a feature of its own. A model file keeps them by themselves.
    #[serde(skip)]
    pub cues: Option<Parsed<CueSet>>,
}

fn one() -> u32 {
    1
}

fn is_one(number: &u32) -> bool {
    *number == 1
}

/// Features that learn together, with one strength of the penalty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Block {
    /// Stems, n-grams and shape, weighted and normalised.
    Words,
    /// Cues, each 1 where it matches.
    Cues,
    /// Vectors of terms, folded into the weights of those terms.
    Vectors,
}

impl Block {
    /// The block that a term learns in for itself.
    fn of(term: &str) -> Block {
        if term.starts_with(cues::PREFIX) { Block::Cues } else { Block::Words }
    }
}

impl Default for FeatureSettings {
    fn default() -> Self {
        FeatureSettings {
            language: Language::English,
            ngrams: (1, 2),
            char_ngrams: None,
            shape: true,
            min_count: 1,
            min_groups: 1,
            max_terms: None,
            hash_bits: None,
            weighting: Weighting::Tfidf,
            cues: None,
        }
    }
}

impl FeatureSettings {
    /// The bucket that stands for a run of stems or letters, if runs share any; only then is the run's hash asked for.
    #[inline]
    fn bucket(&self, run: impl FnOnce() -> Hash) -> Option<Bucket> {
        self.hash_bits.map(|bits| Bucket::of(run(), bits))
    }

    /// The hash of the term that stands for the run of that hash.
    #[inline]
    fn hash_of(&self, run: Hash) -> Hash {
        self.bucket(|| run).map_or(run, Bucket::hash)
    }

    /// The term that stands for a run of stems or letters.
    fn run<'t>(&self, run: &'t str) -> Cow<'t, str> {
        let Some(bucket) = self.bucket(|| Hash::of(run)) else { return Cow::Borrowed(run) };
        let mut name = String::new();
        bucket.write(&mut name);
        Cow::Owned(name)
    }
}

/// Finds the terms of a unit.
#[derive(Clone, Debug)]
pub struct Extractor {
    settings: FeatureSettings,
    cues: Option<Arc<Cues>>,
    identity: Identity,
}

impl PartialEq for Extractor {
    fn eq(&self, other: &Self) -> bool {
        self.settings == other.settings && self.cues() == other.cues()
    }
}

/// What finds cues, and the term of each; of a model that is known to be sound, made when a text first needs it.
#[derive(Debug)]
struct Cues {
    ready: OnceLock<ReadyCues>,
    stored: Option<StoredCues>,
}

#[derive(Debug, PartialEq)]
struct ReadyCues {
    matcher: Matcher,
    terms: CueTerms,
}

/// The term of each cue.
#[derive(Debug)]
enum CueTerms {
    Made(Vec<String>),
    /// Terms of a vocabulary.
    Stored(Packed<u32>, Vocabulary),
}

impl CueTerms {
    fn len(&self) -> usize {
        match self {
            CueTerms::Made(terms) => terms.len(),
            CueTerms::Stored(terms, _) => terms.len(),
        }
    }

    fn of(&self, cue: CueId) -> &str {
        match self {
            CueTerms::Made(terms) => &terms[cue as usize],
            CueTerms::Stored(terms, vocabulary) => vocabulary.term(FeatureId(terms.get(cue as usize))),
        }
    }

    fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len() as CueId).map(|cue| self.of(cue))
    }
}

impl PartialEq for CueTerms {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

/// Cues as a model file holds them.
#[derive(Clone, Debug)]
pub struct StoredCues {
    pub set: Parsed<CueSet>,
    /// The bytes of [`Matcher::to_bytes`].
    pub matcher: Bytes,
    /// The term of each cue, and the vocabulary that it is a term of.
    pub terms: Packed<u32>,
    pub vocabulary: Vocabulary,
}

impl StoredCues {
    /// With the matcher as it was read from the bytes.
    fn ready(&self, language: Language, read: Result<Matcher, BadMatcher>) -> Result<ReadyCues, BadMatcher> {
        let matcher = match read {
            // Another version made it, so it is made anew.
            Err(BadMatcher::Version) => self.set.matcher(language, "cues").map_err(|_| BadMatcher::Damaged)?,
            read => read?,
        };
        Ok(ReadyCues { matcher, terms: CueTerms::Stored(self.terms.clone(), self.vocabulary.clone()) })
    }
}

impl Cues {
    fn new(set: &CueSet, language: Language) -> Result<Arc<Self>, CueError> {
        let terms = CueTerms::Made(set.cues.iter().map(Cue::term).collect());
        let ready = OnceLock::from(ReadyCues { matcher: set.matcher(language, "cues")?, terms });
        Ok(Arc::new(Cues { ready, stored: None }))
    }

    fn ready(&self, language: Language) -> &ReadyCues {
        self.ready.get_or_init(|| {
            let stored = self.stored.as_ref().expect("cues are ready, or stored");
            let read = Matcher::from_sound_bytes(&stored.matcher);
            stored.ready(language, read).expect("a test has made them ready")
        })
    }
}

/// Working memory for one thread: reused from unit to unit, and holding the stems it has met. With another model it is made anew, which costs more than a
/// unit: a thread that goes from model to model keeps one for each.
pub struct Scratch {
    /// The extractor that made it.
    of: Identity,
    stems: Stems,
    tokens: Vec<Token>,
    /// Those of the tokens in the memory of stems.
    numbers: Vec<u32>,
    buffer: String,
    cues: Option<CueScratch>,
    lookup: Option<Lookup>,
}

impl Scratch {
    /// The tokens of a text, and their numbers.
    fn read(&mut self, text: &str) {
        token::tokens(text, &mut self.tokens);
        self.stems.numbers(text, &self.tokens, &mut self.numbers);
    }
}

/// What a found term is, as far as its users care.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TermKind {
    /// A single stem of a word: what decides whether the model knows that word.
    Word,
    /// Any other term.
    Other,
}

/// Stands before the first stem in the n-grams of a unit: that a sentence *starts* with "let us" is worth knowing.
pub const START: &str = "^";

impl Extractor {
    /// # Errors
    /// [`CueError`] if a pattern of the settings' cues cannot be read.
    pub fn new(settings: FeatureSettings) -> Result<Self, CueError> {
        let cues = settings.cues.as_ref().map(|set| Cues::new(set, settings.language)).transpose()?;
        Ok(Extractor::with(settings, cues))
    }

    /// With the cues of a model file, made ready before.
    ///
    /// # Errors
    /// [`BadMatcher`] if the bytes are no matcher of so many cues.
    pub fn stored(settings: FeatureSettings, stored: StoredCues) -> Result<Self, BadMatcher> {
        let read = Matcher::from_bytes(&stored.matcher, settings.language, stored.terms.len());
        let ready = OnceLock::from(stored.ready(settings.language, read)?);
        let settings = FeatureSettings { cues: Some(stored.set), ..settings };
        Ok(Extractor::with(settings, Some(Arc::new(Cues { ready, stored: None }))))
    }

    /// As [`Extractor::stored`], for cues that a test has made ready: here they are when a text first needs them.
    pub(crate) fn later(settings: FeatureSettings, stored: StoredCues) -> Self {
        let settings = FeatureSettings { cues: Some(stored.set.clone()), ..settings };
        Extractor::with(settings, Some(Arc::new(Cues { ready: OnceLock::new(), stored: Some(stored) })))
    }

    fn with(settings: FeatureSettings, cues: Option<Arc<Cues>>) -> Self {
        Extractor { settings, cues, identity: Identity::new() }
    }

    fn cues(&self) -> Option<&ReadyCues> {
        self.cues.as_ref().map(|cues| cues.ready(self.settings.language))
    }

    /// The cues made ready, as a model file carries them.
    pub fn cue_matcher(&self) -> Option<Vec<u8>> {
        self.cues().map(|cues| cues.matcher.to_bytes())
    }

    /// The terms of the cues, in their order.
    pub fn cue_terms(&self) -> impl Iterator<Item = &str> {
        self.cues().into_iter().flat_map(|cues| cues.terms.iter())
    }

    pub fn settings(&self) -> &FeatureSettings {
        &self.settings
    }

    /// The terms of cues that are in one section with others of `met`, and not among these.
    fn unmet_beside(&self, met: &HashSet<&str>) -> Vec<String> {
        let cues = || self.settings.cues.iter().flat_map(|set| &set.cues).filter(|cue| !cue.section.is_empty());
        let (known, unknown): (Vec<&Cue>, Vec<&Cue>) = cues().partition(|cue| met.contains(&cue.term()[..]));
        let sections: HashSet<&str> = known.into_iter().map(|cue| &cue.section[..]).collect();
        unknown.into_iter().filter(|cue| sections.contains(&cue.section[..])).map(Cue::term).collect()
    }

    /// Working memory for one thread.
    pub fn scratch(&self) -> Scratch {
        Scratch {
            of: self.identity,
            stems: Stems::new(self.settings.language),
            tokens: Vec::new(),
            numbers: Vec::new(),
            buffer: String::new(),
            cues: self.cues().map(|cues| cues.matcher.scratch()),
            lookup: None,
        }
    }

    /// Makes working memory anew that another extractor made.
    fn own(&self, scratch: &mut Scratch) {
        if !scratch.of.is(self.identity) {
            *scratch = self.scratch();
        }
    }

    /// Calls `found` for every occurrence of a term in `text`, with the bytes that it covers.
    pub fn terms(&self, text: &str, scratch: &mut Scratch, mut found: impl FnMut(TermKind, &str, Span)) {
        self.own(scratch);
        scratch.read(text);
        self.word_terms(scratch, &mut found);
        if let Some(lengths) = self.settings.char_ngrams {
            character_terms(text, scratch, lengths, &mut |kind, term, span| {
                found(kind, &self.settings.run(term), span)
            });
        }
        if self.settings.shape || self.cues.is_some() {
            let quotations: Vec<Quotation> = quote::quotations(text);
            if self.settings.shape {
                self.shape_terms(text, scratch, &quotations, &mut found);
            }
            self.matched_cues(text, scratch, &quotations, &mut found);
        }
    }

    fn matched_cues(
        &self,
        text: &str,
        scratch: &mut Scratch,
        quotations: &[Quotation],
        found: &mut impl FnMut(TermKind, &str, Span),
    ) {
        let Scratch { stems, tokens, numbers, cues: Some(memory), .. } = scratch else { return };
        if let Some(cues) = self.cues() {
            let numbered = Numbered { text, tokens, numbers, stems, sentences: None };
            cues.matcher.matches(numbered, quotations, memory, |cue, span| {
                found(TermKind::Other, cues.terms.of(cue), span);
            });
        }
    }

    fn word_terms(&self, scratch: &mut Scratch, found: &mut impl FnMut(TermKind, &str, Span)) {
        let Scratch { stems, tokens, numbers, buffer, .. } = scratch;
        let Some(first) = tokens.first() else { return };
        let mut run = vec![START];
        run.extend(numbers.iter().map(|number| stems.of(*number)));
        let mut spans = vec![Span::new(first.span.start, first.span.start)];
        spans.extend(tokens.iter().map(|token| token.span));
        ngrams::words(&run, &spans, self.settings.ngrams, buffer, |length, term, span| {
            let has_letters = term.starts_with(char::is_alphanumeric);
            match length {
                1 if has_letters => found(TermKind::Word, term, span),
                // A lone mark is a shape cue already, and a lone start says nothing.
                1 if term == START || self.settings.shape => {}
                1 => found(TermKind::Other, term, span),
                _ => found(TermKind::Other, &self.settings.run(term), span),
            }
        });
    }

    fn shape_terms(
        &self,
        text: &str,
        scratch: &mut Scratch,
        quotations: &[Quotation],
        found: &mut impl FnMut(TermKind, &str, Span),
    ) {
        let language = self.settings.language;
        let looks = |token: &Token| {
            let surface = token.span.of(text);
            Looks::of(surface, token.kind, &stem::fold(surface, language), language)
        };
        let looks: Vec<Looks> = scratch.tokens.iter().map(looks).collect();
        shape::cues(text, &scratch.tokens, &looks, quotations, |shape, span| {
            found(TermKind::Other, shape.name(), span);
        });
    }
}

fn character_terms(
    text: &str,
    scratch: &mut Scratch,
    lengths: (usize, usize),
    found: &mut impl FnMut(TermKind, &str, Span),
) {
    let language = scratch.stems.language();
    for token in scratch.tokens.iter().filter(|token| token.kind != Kind::Mark) {
        let folded = stem::fold(token.span.of(text), language);
        ngrams::characters(token.span.of(text), &folded, token.span, lengths, &mut scratch.buffer, |term, span| {
            found(TermKind::Other, term, span);
        });
    }
}

/// A text, and what was found in it before.
#[derive(Clone, Copy, Debug)]
pub struct Known<'t> {
    pub text: &'t str,
    /// Those of [`sentence::sentences`](crate::text::sentence::sentences) for the text without breaks.
    pub sentences: Option<&'t [Span]>,
    pub quotations: Option<&'t [Quotation]>,
    /// Whether it matters where terms stand; else a row has no occurrences.
    pub places: bool,
}

impl<'t> From<&'t str> for Known<'t> {
    fn from(text: &'t str) -> Self {
        Known { text, sentences: None, quotations: None, places: true }
    }
}

impl<'t> From<&'t String> for Known<'t> {
    fn from(text: &'t String) -> Self {
        Known::from(text.as_str())
    }
}

/// The row of a unit: its known terms with their values, in the order in which they were found (first words, then pairs of words, then all else), and where each of
/// them stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Row {
    pub entries: Vec<(FeatureId, f32)>,
    /// Every occurrence of every feature of the row: those of a feature together, by place, and features in the order of the entries.
    pub occurrences: Vec<(FeatureId, Span)>,
    /// Words and numbers of the unit.
    pub words: u32,
    /// How many of them the model knows.
    pub known_words: u32,
}

impl Row {
    /// The occurrences of each entry, in the order of the entries, if any were wanted.
    pub fn places(&self) -> impl Iterator<Item = &[(FeatureId, Span)]> {
        self.occurrences.chunk_by(|one, other| one.0 == other.0)
    }

    /// The share of the unit's words that the model knows, 0 to 1; 0 for a unit without words.
    pub fn known(&self) -> f64 {
        if self.words == 0 { 0.0 } else { f64::from(self.known_words) / f64::from(self.words) }
    }
}

/// Everything between a unit's text and its row: the extractor, the vocabulary and what weighting needs.
#[derive(Clone, Debug, PartialEq)]
pub struct Featurizer {
    extractor: Extractor,
    vocabulary: Vocabulary,
    /// Number of training units, the n of inverse document frequency.
    units: u32,
    identity: Identity,
}

impl Featurizer {
    /// From what a model file holds.
    pub fn from_parts(extractor: Extractor, vocabulary: Vocabulary, units: u32) -> Self {
        Featurizer { extractor, vocabulary, units, identity: Identity::new() }
    }

    /// Learns the vocabulary of `texts` and turns each into its row; rows are in the order of the texts.
    ///
    /// # Errors
    /// As [`Extractor::new`].
    pub fn learn<T: AsRef<str> + Sync>(settings: FeatureSettings, texts: &[T]) -> Result<(Self, Rows), CueError> {
        let (featurizer, rows, _) = Featurizer::learn_beside(settings, texts, None, std::iter::empty())?;
        Ok((featurizer, rows))
    }

    /// As [`Featurizer::learn`], with the number of each text's group (where none are given, each is one of its own), and with terms
    /// `besides` that enter the vocabulary however rarely they stand in the texts, even never; so do cues of which others of their section match somewhere. Tells
    /// also how many terms stand in texts enough, and were kept out because too few groups use them, if more than one is asked for.
    ///
    /// # Errors
    /// As [`Extractor::new`].
    pub fn learn_beside<'a, T: AsRef<str> + Sync>(
        settings: FeatureSettings,
        texts: &[T],
        groups: Option<&[usize]>,
        besides: impl Iterator<Item = &'a str>,
    ) -> Result<(Self, Rows, Option<u64>), CueError> {
        let extractor = Extractor::new(settings)?;
        let a_task = texts.len().div_ceil(UNIT_TASKS).clamp(UNITS_A_TASK.0, UNITS_A_TASK.1);
        let memories = Idle::default();
        let new = || Memory::new(&extractor);
        let read = |texts: &[T]| memories.lend(new, |memory| Chunk::of(&extractor, texts, memory));
        let mut counts = Counts::default();
        // Some at a time, since terms that many chunks have are kept once when these are joined.
        for some in texts.chunks(a_task * TASKS_AT_ONCE) {
            let chunks: Vec<Chunk> = some.par_chunks(a_task).map(read).collect();
            chunks.into_iter().for_each(|chunk| counts.add(chunk));
        }
        drop(memories);
        counts.complete();
        let besides = besides.filter(|term| Block::of(term) == Block::Words).collect();
        let cues = extractor.unmet_beside(&counts.cues());
        let wanted = Wanted { settings: &extractor.settings, groups, besides, cues };
        let (vocabulary, features, narrow) = counts.vocabulary(&wanted);
        let featurizer = Featurizer::from_parts(extractor, vocabulary, texts.len() as u32);
        let rows = featurizer.rows(counts.into_chunks(), &features);
        Ok((featurizer, rows, narrow))
    }

    /// The same without cues; the other features keep their order.
    pub fn without_cues(self) -> Self {
        let settings = FeatureSettings { cues: None, ..self.extractor.settings };
        let words = (0..self.vocabulary.len() as u32).map(FeatureId).filter(|id| self.block(*id) == Block::Words);
        let kept = words.map(|id| (self.vocabulary.term(id).to_owned(), self.vocabulary.frequency(id)));
        let vocabulary = Vocabulary::new(kept.collect());
        Featurizer::from_parts(Extractor::with(settings, None), vocabulary, self.units)
    }

    /// The same without the cues that training never saw, since they have no weight.
    pub fn with_known_cues(self) -> Self {
        let mut settings = self.extractor.settings.clone();
        if let Some(set) = &mut settings.cues {
            set.retain(|cue| self.vocabulary.feature(&cue.term()).is_some());
        }
        // Making patterns ready to match takes far longer than a look whether any is gone.
        if settings == self.extractor.settings {
            return self;
        }
        let Featurizer { vocabulary, units, .. } = self;
        let extractor = Extractor::new(settings).expect("its patterns were read before");
        Featurizer::from_parts(extractor, vocabulary, units)
    }

    /// The block that a feature belongs to.
    pub fn block(&self, feature: FeatureId) -> Block {
        Block::of(self.vocabulary.term(feature))
    }

    /// The features that learn for themselves in a block, rising; of words those of terms in enough units.
    pub fn learned_in(&self, block: Block) -> Vec<FeatureId> {
        let frequency = self.vocabulary.document_frequency();
        let often = |feature: &FeatureId| {
            block == Block::Cues || frequency[feature.index()] >= self.extractor.settings.min_count
        };
        let own = (0..self.vocabulary.len() as u32).map(FeatureId).filter(|&feature| self.block(feature) == block);
        own.filter(often).collect()
    }

    fn rows(&self, chunks: Vec<Chunk>, features: &Features) -> Rows {
        let values = Values::of(self);
        let mut rows = Rows::new(self.vocabulary.len());
        let of_chunk = |chunk: Chunk| {
            let mut rows = Rows::new(self.vocabulary.len());
            let (mut own, mut row): (Vec<u32>, Vec<Option<f64>>) = (Vec::new(), Vec::new());
            for terms in chunk.rows() {
                own.clear();
                own.extend(terms.iter().filter_map(|&term| features.of(term)));
                own.sort_unstable();
                row.clear();
                let counts = || own.chunk_by(|a, b| a == b).map(|same| (FeatureId(same[0]), same.len() as u32));
                row.extend(counts().map(|(feature, count)| values.of_count(feature, count)));
                weighting::normalise(&mut row);
                let values = row.iter().map(|value| value.unwrap_or(1.0) as f32);
                rows.push(counts().map(|(feature, _)| feature).zip(values));
            }
            rows
        };
        // Some chunks at a time, so that what was counted goes as the rows come.
        let mut chunks = chunks.into_iter().peekable();
        while chunks.peek().is_some() {
            let some: Vec<Chunk> = chunks.by_ref().take(UNIT_TASKS / 2).collect();
            let parts: Vec<Rows> = some.into_par_iter().map(of_chunk).collect();
            parts.into_iter().for_each(|part| rows.append(part));
        }
        rows
    }

    /// The row of a unit's text.
    pub fn row(&self, text: &str, scratch: &mut Scratch) -> Row {
        let mut row = Row::default();
        self.row_into(text, scratch, &mut row);
        row
    }

    /// As [`Featurizer::row`]; what `row` held before is lost, its memory is used again.
    pub fn row_into<'t>(&self, text: impl Into<Known<'t>>, scratch: &mut Scratch, row: &mut Row) {
        self.row_near(text, scratch, row, |_| {});
    }

    /// As [`Featurizer::row_into`]; `near` is called with features of the row as soon as they are found, so that what belongs to them can be brought near.
    pub(crate) fn row_near<'t>(
        &self,
        text: impl Into<Known<'t>>,
        scratch: &mut Scratch,
        row: &mut Row,
        near: impl Fn(FeatureId),
    ) {
        self.look_up(text.into(), scratch, row, near);
    }

    pub fn scratch(&self) -> Scratch {
        self.extractor.scratch()
    }

    pub fn extractor(&self) -> &Extractor {
        &self.extractor
    }

    pub fn settings(&self) -> &FeatureSettings {
        self.extractor.settings()
    }

    pub fn vocabulary(&self) -> &Vocabulary {
        &self.vocabulary
    }

    /// Number of training units that the vocabulary was counted on.
    pub fn units(&self) -> u32 {
        self.units
    }
}

/// What each feature is worth before rows are normalised.
struct Values {
    weighting: Weighting,
    /// Of each feature the value if it stands once; of cues, which have no value of their own, NaN.
    once: Vec<f64>,
}

impl Values {
    fn of(featurizer: &Featurizer) -> Self {
        let Featurizer { extractor, vocabulary, units, .. } = featurizer;
        let weighting = extractor.settings.weighting;
        let once = |id: u32| match featurizer.block(FeatureId(id)) {
            Block::Cues => f64::NAN,
            _ => weighting.value(1, vocabulary.frequency(FeatureId(id)), *units),
        };
        Values { weighting, once: (0..vocabulary.len() as u32).into_par_iter().map(once).collect() }
    }

    fn of_count(&self, feature: FeatureId, count: u32) -> Option<f64> {
        let once = self.once[feature.index()];
        (!once.is_nan()).then(|| self.weighting.again(count, once))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TEXTS: [&str; 3] = ["We had no choice but to act!", "No choice, they said.", "Will they pay? We act."];

    impl Featurizer {
        /// A row by the road of training.
        fn plain_row(&self, text: &str, scratch: &mut Scratch) -> Row {
            let mut row = Row::default();
            self.extractor.terms(text, scratch, |kind, term, span| {
                let feature = self.vocabulary.feature(term);
                if kind == TermKind::Word {
                    row.words += 1;
                    row.known_words += u32::from(feature.is_some());
                }
                if let Some(feature) = feature {
                    row.occurrences.push((feature, span));
                }
            });
            row.occurrences.sort_unstable();
            let counts: Vec<(FeatureId, u32)> =
                row.occurrences.chunk_by(|a, b| a.0 == b.0).map(|same| (same[0].0, same.len() as u32)).collect();
            row.entries = self.weigh(&counts);
            row
        }

        /// Counts by rising feature → values: words of Euclidean length one, and 1 for each cue.
        fn weigh(&self, counts: &[(FeatureId, u32)]) -> Vec<(FeatureId, f32)> {
            let weighting = self.extractor.settings.weighting;
            let value = |&(feature, count): &(FeatureId, u32)| match self.block(feature) {
                Block::Cues => None,
                _ => Some(weighting.value(count, self.vocabulary.frequency(feature), self.units)),
            };
            let mut values: Vec<Option<f64>> = counts.iter().map(value).collect();
            weighting::normalise(&mut values);
            counts.iter().zip(values).map(|(&(feature, _), value)| (feature, value.unwrap_or(1.0) as f32)).collect()
        }
    }

    #[test]
    fn training_rows_and_classifying_rows_are_the_same() {
        for (weighting, hash_bits) in [
            (Weighting::Tfidf, None),
            (Weighting::Binary, Some(9)),
            (Weighting::Count, None),
            (Weighting::Nb, Some(20)),
        ] {
            let settings = FeatureSettings { char_ngrams: Some((2, 4)), weighting, hash_bits, ..Default::default() };
            let (featurizer, rows) = Featurizer::learn(settings, &TEXTS).unwrap();
            let mut scratch = featurizer.scratch();
            for (i, text) in TEXTS.iter().enumerate() {
                let row = by_feature(featurizer.row(text, &mut scratch));
                assert_eq!(row.entries, rows.row(i).collect::<Vec<_>>());
            }
        }
    }

    #[test]
    fn a_term_that_is_too_rare_is_left_out() {
        let settings = FeatureSettings { min_count: 2, ..Default::default() };
        let (featurizer, _) = Featurizer::learn(settings, &TEXTS).unwrap();
        assert!(featurizer.vocabulary().feature("no choic").is_some());
        assert!(featurizer.vocabulary().feature("pay").is_none());
    }

    #[test]
    fn the_start_of_a_unit_is_a_word_of_its_n_grams_but_no_evidence_of_its_own() {
        let (featurizer, _) = Featurizer::learn(FeatureSettings::default(), &TEXTS).unwrap();
        assert!(featurizer.vocabulary().feature("^ we").is_some());
        assert!(featurizer.vocabulary().feature("^").is_none());
    }

    #[test]
    fn known_is_the_share_of_words_that_training_saw() {
        let (featurizer, _) = Featurizer::learn(FeatureSettings::default(), &TEXTS).unwrap();
        let row = featurizer.row("We xyzzy", &mut featurizer.scratch());
        assert_eq!(row.known(), 0.5);
        assert_eq!(featurizer.row("", &mut featurizer.scratch()).known(), 0.0);
    }

    /// A row in the order of its features.
    fn by_feature(mut row: Row) -> Row {
        row.entries.sort_unstable_by_key(|(feature, _)| *feature);
        row.occurrences.sort_unstable();
        row
    }

    /// Both roads over the same text, twice, since the second time all words are known.
    fn agree(featurizer: &Featurizer, texts: &[impl AsRef<str>]) {
        let (mut fast, mut plain) = (featurizer.scratch(), featurizer.scratch());
        let first: Vec<Row> = texts.iter().map(|text| featurizer.row(text.as_ref(), &mut fast)).collect();
        for (text, first) in texts.iter().map(AsRef::as_ref).zip(first) {
            let row = featurizer.row(text, &mut fast);
            assert_eq!(row, first, "{text:?}");
            let places = || row.occurrences.chunk_by(|a, b| a.0 == b.0).map(|same| same[0].0);
            assert!(places().eq(row.entries.iter().map(|(feature, _)| *feature)), "{text:?}");
            let mut without = Row::default();
            featurizer.row_into(Known { places: false, ..Known::from(text) }, &mut fast, &mut without);
            assert_eq!(without.entries, row.entries, "{text:?}");
            assert_eq!(by_feature(row), featurizer.plain_row(text, &mut plain), "{text:?}");
        }
    }

    #[test]
    fn looking_terms_up_by_number_finds_what_their_text_does_in_the_corpus() {
        let model = crate::model::english::embedded();
        let lines = include_str!("../../training/documents/d1.jsonl").lines().take(400);
        let text = |line| serde_json::from_str::<serde_json::Value>(line).unwrap()["text"].as_str().unwrap().to_owned();
        agree(model.featurizer(), &lines.map(text).collect::<Vec<String>>());
    }

    #[test]
    fn a_text_that_empties_the_memory_of_stems_has_the_row_of_any_other() {
        let (featurizer, _) = Featurizer::learn(FeatureSettings::default(), &TEXTS).unwrap();
        let words: String = (0..70_000).map(|number| format!(" w{number}")).collect();
        let (mut fast, mut plain) = (featurizer.scratch(), featurizer.scratch());
        for text in [&format!("We act{words} no choice but to act"), TEXTS[0]] {
            assert!(by_feature(featurizer.row(text, &mut fast)) == featurizer.plain_row(text, &mut plain));
        }
    }

    #[test]
    fn pairs_are_found_whatever_was_looked_up_before() {
        let texts: Vec<String> =
            (0..400).map(|at| (0..20).map(|word| format!("w{} ", at * 7 + word * 3)).collect()).collect();
        for hash_bits in [None, Some(10)] {
            let settings = FeatureSettings { hash_bits, ..FeatureSettings::default() };
            let (featurizer, _) = Featurizer::learn(settings, &texts).unwrap();
            let (mut fast, mut plain) = (featurizer.scratch(), featurizer.scratch());
            for _ in 0..3 {
                for text in &texts {
                    assert_eq!(by_feature(featurizer.row(text, &mut fast)), featurizer.plain_row(text, &mut plain));
                }
            }
        }
    }

    #[test]
    fn runs_share_no_more_buckets_than_asked_for_and_stems_keep_their_names() {
        let texts: Vec<String> = (0..200).map(|at| format!("We a{at} b{at} will c{at}!")).collect();
        let settings = FeatureSettings { ngrams: (1, 3), hash_bits: Some(8), ..FeatureSettings::default() };
        let (featurizer, rows) = Featurizer::learn(settings, &texts).unwrap();
        let vocabulary = featurizer.vocabulary();
        let terms: Vec<&str> = (0..vocabulary.len() as u32).map(|id| vocabulary.term(FeatureId(id))).collect();
        let buckets = terms.iter().filter(|term| hashing::is_bucket(term)).count();
        // Some two thousand runs for 256 buckets: hardly one is empty.
        assert!((250..=256).contains(&buckets), "{buckets}");
        assert!(terms.iter().all(|term| !term.contains(' ')));
        assert!(vocabulary.feature("a7").is_some() && vocabulary.feature("shape:exclamation").is_some());
        // A text that nobody has seen has its runs in the same buckets.
        let row = by_feature(featurizer.row("Somebody was never here", &mut featurizer.scratch()));
        assert!(row.entries.iter().filter(|(id, _)| hashing::is_bucket(vocabulary.term(*id))).count() > 3);
        assert_eq!(rows.height(), 200);
    }

    #[test]
    fn working_memory_of_another_model_is_made_anew() {
        let of = |texts: &[&str], language| {
            let settings = FeatureSettings { language, ..FeatureSettings::default() };
            Featurizer::learn(settings, texts).unwrap().0
        };
        let one = of(&["They will pay dearly", "We will not pay"], Language::English);
        let other = of(&["pay dearly or not", "nobody will", "they were not there"], Language::None);
        let text = "They will not pay dearly";
        let expected = [&one, &other].map(|featurizer| featurizer.row(text, &mut featurizer.scratch()));
        let mut scratch = one.scratch();
        for _ in 0..2 {
            assert_eq!([&one, &other].map(|featurizer| featurizer.row(text, &mut scratch)), expected);
        }
        assert_ne!(expected[0], expected[1]);
    }

    proptest! {
        #[test]
        fn looking_terms_up_by_number_finds_what_their_text_does_in_any_text(
            learned in proptest::collection::vec("((no|NO|choice|we|will not|must|“|”|!|\\?|U\\.S\\.|é|3\\.5|don’t|\\^|\\.) ?){0,12}", 1..6),
            other in proptest::collection::vec("((no|NO|choice|we|will not|must|“|”|!|\\?|U\\.S\\.|é|3\\.5|don’t|\\^|\\.|\\PC) ?){0,12}", 1..6),
            ngrams in (1usize..4, 0usize..3),
            shape in any::<bool>(),
            char_ngrams in prop_oneof![Just(None), Just(Some((2, 3)))],
            weighting in prop_oneof![Just(Weighting::Tfidf), Just(Weighting::Count)],
            hash_bits in prop_oneof![Just(None), Just(Some(8)), Just(Some(20))],
        ) {
            let cues = CueSet {
                cues: vec![Cue { name: "no".into(), patterns: vec!["no ..2 choice".into(), "we".into()], ..Cue::default() }],
                ..CueSet::default()
            };
            let ngrams = (ngrams.0, ngrams.0 + ngrams.1);
            let cues = Some(Parsed::from(cues));
            let settings = FeatureSettings { ngrams, shape, char_ngrams, weighting, cues, hash_bits, ..Default::default() };
            let (featurizer, _) = Featurizer::learn(settings, &learned).unwrap();
            agree(&featurizer, &learned);
            agree(&featurizer, &other);
        }

        #[test]
        fn every_occurrence_lies_on_the_bytes_of_its_text(text in "\\PC{0,60}") {
            let settings = FeatureSettings { char_ngrams: Some((1, 3)), ..Default::default() };
            let (featurizer, rows) = Featurizer::learn(settings, &[&text]).unwrap();
            let row = by_feature(featurizer.row(&text, &mut featurizer.scratch()));
            prop_assert_eq!(rows.row(0).collect::<Vec<_>>(), row.entries.clone());
            for (_, span) in row.occurrences {
                prop_assert!(text.get(span.start..span.end).is_some());
            }
        }
    }
}
