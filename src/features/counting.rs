//! Texts → how often each term stands in each, before there is a vocabulary.
//!
//! Terms are numbers from the start: a stem is known by that of its token, and a run of stems is the pair of the run before and the last stem. The
//! text of a term is put together when it is known that the term is kept. Each chunk of texts has numbers of its own, which are exchanged for
//! common ones when chunks are joined; the order of numbers reaches nothing, since the vocabulary has an order by itself.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::iter;

use foldhash::fast::FixedState;

use super::hashing::Bucket;
use super::shape::{self, Looks, Shape};
use super::vocabulary::{Hash, Vocabulary, WordHash};
use super::{Block, Extractor, FeatureSettings, START, Scratch, character_terms};
use crate::text::quote::{self, Quotation};
use crate::text::stem;
use crate::text::token::Token;

type Map<K> = HashMap<K, u32, FixedState>;

/// What stands in the place of the run before where a stem stands alone, and of a term that is no run of stems.
const ALONE: u32 = u32::MAX;
const OTHER: u32 = u32::MAX - 1;
/// And of a bucket, whose number stands in the place of the stem's.
const SHARED: u32 = u32::MAX - 2;

/// The number of [`START`] among stems.
const START_STEM: u32 = 0;

/// Distinct terms: by number the pair that each is known by.
#[derive(Default)]
struct Terms {
    /// Stems, and terms that are no runs of stems.
    texts: Vec<Box<str>>,
    numbers: Map<Box<str>>,
    pairs: Vec<(u32, u32)>,
    known: Map<(u32, u32)>,
}

impl Terms {
    fn text(&mut self, text: &str) -> u32 {
        if let Some(&number) = self.numbers.get(text) {
            return number;
        }
        let number = self.texts.len() as u32;
        self.texts.push(text.into());
        self.numbers.insert(text.into(), number);
        number
    }

    #[inline]
    fn term(&mut self, pair: (u32, u32)) -> u32 {
        let Terms { pairs, known, .. } = self;
        *known.entry(pair).or_insert_with(|| {
            pairs.push(pair);
            pairs.len() as u32 - 1
        })
    }

    fn other(&mut self, text: &str) -> u32 {
        let text = self.text(text);
        self.term((OTHER, text))
    }

    fn bucket(&mut self, bucket: Bucket) -> u32 {
        self.term((SHARED, bucket.number()))
    }

    /// Appends the text of a term.
    fn write(&self, term: u32, out: &mut String) {
        let (before, text) = self.pairs[term as usize];
        match before {
            SHARED => return Bucket::from_number(text).write(out),
            ALONE | OTHER => {}
            _ => {
                self.write(before, out);
                out.push(' ');
            }
        }
        out.push_str(&self.texts[text as usize]);
    }

    /// The last text that a term is made of: all of it, if it is no run of words.
    fn last_text(&self, term: u32) -> &str {
        &self.texts[self.pairs[term as usize].1 as usize]
    }

    fn is_cue(&self, term: u32) -> bool {
        let (before, text) = self.pairs[term as usize];
        before == OTHER && Block::of(&self.texts[text as usize]) == Block::Cues
    }
}

/// What is remembered from text to text, for one thread.
pub(super) struct Memory {
    scratch: Scratch,
    generation: u64,
    /// By the number of a token in the memory of stems; `chunk` says in which chunk its stem had that number.
    met: Vec<Option<Met>>,
    chunk: u32,
    looks: Vec<Looks>,
    words: Vec<u32>,
}

#[derive(Clone, Copy)]
struct Met {
    chunk: u32,
    stem: u32,
    /// The stem is a term by itself.
    is_term: bool,
    looks: Looks,
    hash: WordHash,
}

impl Memory {
    pub fn new(extractor: &Extractor) -> Self {
        let scratch = extractor.scratch();
        Memory { scratch, generation: 0, met: Vec::new(), chunk: 0, looks: Vec::new(), words: Vec::new() }
    }
}

/// The terms of a run of texts: of each text the numbers of its terms, rising, one as often as it stands there.
pub(super) struct Chunk {
    terms: Terms,
    found: Vec<u32>,
    ends: Vec<usize>,
}

impl Chunk {
    pub fn of<T: AsRef<str>>(extractor: &Extractor, texts: &[T], memory: &mut Memory) -> Self {
        let mut chunk = Chunk { terms: Terms::default(), found: Vec::new(), ends: Vec::with_capacity(texts.len()) };
        chunk.terms.text(START);
        memory.chunk += 1;
        for text in texts {
            let start = chunk.found.len();
            chunk.read(extractor, text.as_ref(), memory);
            chunk.found[start..].sort_unstable();
            chunk.ends.push(chunk.found.len());
        }
        chunk.found.shrink_to_fit();
        // From here on only the pairs are asked for.
        (chunk.terms.numbers, chunk.terms.known) = Default::default();
        chunk
    }

    /// The terms of each text.
    pub fn rows(&self) -> impl Iterator<Item = &[u32]> {
        self.ends.iter().scan(0, |start, &end| {
            let row = &self.found[*start..end];
            *start = end;
            Some(row)
        })
    }

    fn read(&mut self, extractor: &Extractor, text: &str, memory: &mut Memory) {
        memory.scratch.read(text);
        self.read_words(extractor, text, memory);
        self.runs(extractor, memory);
        let Memory { scratch, looks, .. } = memory;
        let settings = extractor.settings();
        if let Some(lengths) = settings.char_ngrams {
            character_terms(text, scratch, lengths, &mut |_, term, _| {
                self.found.push(match settings.bucket(|| Hash::of(term)) {
                    Some(bucket) => self.terms.bucket(bucket),
                    None => self.terms.other(term),
                });
            });
        }
        if !settings.shape && extractor.cues.is_none() {
            return;
        }
        let quotations: Vec<Quotation> = quote::quotations(text);
        if settings.shape {
            shape::cues(text, &scratch.tokens, looks, &quotations, |shape: Shape, _| {
                self.found.push(self.terms.other(shape.name()));
            });
        }
        extractor.matched_cues(text, scratch, &quotations, &mut |_, term, _| self.found.push(self.terms.other(term)));
    }

    /// The stems of a text, as numbers, and what each of its tokens looks like.
    fn read_words(&mut self, extractor: &Extractor, text: &str, memory: &mut Memory) {
        let Memory { scratch: Scratch { stems, tokens, numbers, .. }, generation, met, chunk, looks, words } = memory;
        if *generation != stems.generation() {
            *generation = stems.generation();
            met.clear();
        }
        words.clear();
        looks.clear();
        if !tokens.is_empty() {
            words.push(START_STEM);
        }
        let alone = extractor.settings().ngrams.0 == 1;
        for (token, &own) in tokens.iter().zip(numbers.iter()) {
            let (surface, number) = (token.span.of(text), own as usize);
            if met.len() <= number {
                met.resize(number + 1, None);
            }
            let known = met[number].filter(|met| met.chunk == *chunk);
            let known = known.unwrap_or_else(|| {
                let new = self.meet(extractor, surface, token, stems.of(own), met[number], *chunk);
                met[number] = Some(new);
                new
            });
            words.push(known.stem);
            looks.push(known.looks);
            if alone && known.is_term {
                self.found.push(self.terms.term((ALONE, known.stem)));
            }
        }
    }

    fn meet(
        &mut self,
        of: &Extractor,
        surface: &str,
        token: &Token,
        stem: &str,
        before: Option<Met>,
        chunk: u32,
    ) -> Met {
        let own = self.terms.text(stem);
        if let Some(before) = before {
            return Met { chunk, stem: own, ..before };
        }
        // A lone mark is a shape cue already, and a lone start says nothing.
        let is_term = stem.starts_with(char::is_alphanumeric) || stem != START && !of.settings().shape;
        let language = of.settings().language;
        let looks = Looks::of(surface, token.kind, &stem::fold(surface, language), language);
        Met { chunk, stem: own, is_term, looks, hash: WordHash::of(stem) }
    }

    /// Terms of several words.
    fn runs(&mut self, extractor: &Extractor, memory: &Memory) {
        let (shortest, longest) = extractor.settings().ngrams;
        if longest == 1 {
            return;
        }
        if let Some(bits) = extractor.settings().hash_bits {
            return self.hashed_runs(bits, (shortest, longest), memory);
        }
        for first in 0..memory.words.len() {
            let mut run = self.terms.term((ALONE, memory.words[first]));
            for (offset, &word) in memory.words[first + 1..].iter().take(longest - 1).enumerate() {
                run = self.terms.term((run, word));
                if offset + 2 >= shortest {
                    self.found.push(run);
                }
            }
        }
    }

    /// The buckets of terms of several words.
    fn hashed_runs(&mut self, bits: u8, (shortest, longest): (usize, usize), memory: &Memory) {
        let own = memory.scratch.numbers.iter().filter_map(|number| memory.met[*number as usize]);
        let words: Vec<WordHash> = iter::once(WordHash::of(START)).chain(own.map(|met| met.hash)).collect();
        for (first, after) in words.iter().zip(1..) {
            let mut run = Hash::NONE.with(*first);
            for (word, length) in words[after..].iter().zip(2..=longest) {
                run = run.with(*word);
                if length >= shortest {
                    self.found.push(self.terms.bucket(Bucket::of(run, bits)));
                }
            }
        }
    }
}

/// Which terms a vocabulary is to have: those that stand in texts and groups enough, and not too many of them; every cue that matches somewhere; and more.
pub(super) struct Wanted<'a> {
    pub settings: &'a FeatureSettings,
    /// The group of each text.
    pub groups: Option<&'a [usize]>,
    /// Terms that it has however rare they are.
    pub besides: BTreeSet<&'a str>,
    /// The terms of cues that it has although they match nowhere.
    pub cues: Vec<String>,
}

/// The frequency that terms must have for no more than `most` of them to be left; terms of one frequency stay or go together.
fn least_frequency(frequencies: impl Iterator<Item = u32>, most: u32) -> u32 {
    let mut counts: BTreeMap<u32, u64> = BTreeMap::new();
    frequencies.for_each(|frequency| *counts.entry(frequency).or_default() += 1);
    let mut all = 0;
    let fits = |(frequency, count): (u32, u64)| {
        all += count;
        (all <= u64::from(most)).then_some(frequency)
    };
    counts.into_iter().rev().map_while(fits).last().unwrap_or(u32::MAX)
}

/// All chunks, with common numbers.
#[derive(Default)]
pub(super) struct Counts {
    terms: Terms,
    /// In how many texts each term stands.
    frequencies: Vec<u32>,
    chunks: Vec<Chunk>,
}

impl Counts {
    /// Takes the next chunk, in the order of its texts.
    pub fn add(&mut self, mut chunk: Chunk) {
        let own = std::mem::take(&mut chunk.terms);
        let texts: Vec<u32> = own.texts.iter().map(|text| self.terms.text(text)).collect();
        let mut common: Vec<u32> = Vec::with_capacity(own.pairs.len());
        for &(before, text) in &own.pairs {
            let pair = match before {
                SHARED => (SHARED, text),
                ALONE | OTHER => (before, texts[text as usize]),
                // A run comes after the run that it goes on from.
                _ => (common[before as usize], texts[text as usize]),
            };
            common.push(self.terms.term(pair));
        }
        chunk.found.iter_mut().for_each(|term| *term = common[*term as usize]);
        self.frequencies.resize(self.terms.pairs.len(), 0);
        for row in chunk.rows() {
            row.chunk_by(|a, b| a == b).for_each(|same| self.frequencies[same[0] as usize] += 1);
        }
        self.chunks.push(chunk);
    }

    /// Forgets what only further chunks would ask for.
    pub fn complete(&mut self) {
        (self.terms.numbers, self.terms.known) = Default::default();
    }

    /// The chunks, with nothing else kept.
    pub fn into_chunks(self) -> Vec<Chunk> {
        self.chunks
    }

    /// The terms that stand in some text, with the number of those texts.
    fn met(&self) -> impl Iterator<Item = (u32, u32)> {
        (0..).zip(self.frequencies.iter().copied()).filter(|(_, frequency)| *frequency > 0)
    }

    /// The cues, by their terms, that match in some text.
    pub fn cues(&self) -> HashSet<&str> {
        let cues = self.met().filter(|(term, _)| self.terms.is_cue(*term));
        cues.map(|(term, _)| self.terms.last_text(term)).collect()
    }

    /// The terms that are wanted; by the number of each term its feature; and how many terms stand in texts enough and in too few groups, if more than one group
    /// is asked for.
    pub fn vocabulary(&self, wanted: &Wanted) -> (Vocabulary, Features, Option<u64>) {
        let Wanted { settings, groups, besides, cues } = wanted;
        let FeatureSettings { min_count, min_groups, max_terms, .. } = **settings;
        let wide = (min_groups > 1).then(|| self.in_groups(*groups, min_groups as usize));
        let is_cue = |term: u32| self.terms.is_cue(term);
        let is_narrow = |term: u32| !is_cue(term) && wide.as_ref().is_some_and(|wide| !wide[term as usize]);
        let min_count = max_terms.map_or(min_count, |most| {
            let words = self.met().filter(|&(term, _)| !is_cue(term) && !is_narrow(term));
            let kept = words.map(|(_, frequency)| frequency).filter(|frequency| *frequency >= min_count);
            least_frequency(kept, most).max(min_count)
        });
        let (mut texts, mut terms, mut met) = (String::new(), Vec::new(), HashSet::new());
        let mut narrow = 0_u64;
        for (term, frequency) in self.met() {
            // Somebody wrote the cue on purpose; a rare word is mere chance.
            let is_often = is_cue(term) || frequency >= min_count;
            let is_kept = is_often && !is_narrow(term);
            let start = texts.len();
            if is_kept || !besides.is_empty() {
                self.terms.write(term, &mut texts);
            }
            let beside = besides.get(&texts[start..]);
            met.extend(beside.copied());
            if is_kept || beside.is_some() {
                terms.push((start..texts.len(), frequency, term));
            } else {
                texts.truncate(start);
                narrow += u64::from(is_often);
            }
        }
        for term in besides.iter().filter(|term| !met.contains(**term)).copied().chain(cues.iter().map(String::as_str))
        {
            terms.push((texts.len()..texts.len() + term.len(), 0, NO_TERM));
            texts.push_str(term);
        }
        let (vocabulary, order) = Vocabulary::of(&texts, terms);
        let mut features = vec![NO_FEATURE; self.frequencies.len()];
        order
            .iter()
            .zip(0..)
            .filter(|(term, _)| **term != NO_TERM)
            .for_each(|(&term, feature)| features[term as usize] = feature);
        (vocabulary, Features(features), wide.map(|_| narrow))
    }

    /// Whether each term stands in texts of at least so many groups.
    fn in_groups(&self, groups: Option<&[usize]>, least: usize) -> Vec<bool> {
        // Of each term as many distinct groups as decide, rising.
        let mut seen: Vec<Vec<usize>> = vec![Vec::new(); self.frequencies.len()];
        for (unit, row) in self.chunks.iter().flat_map(Chunk::rows).enumerate() {
            let group = groups.map_or(unit, |groups| groups[unit]);
            for &term in row {
                let seen = &mut seen[term as usize];
                // Groups mostly come in their order, so that a new one goes to the end.
                if let (true, Err(at)) = (seen.len() < least, seen.binary_search(&group)) {
                    seen.insert(at, group);
                }
            }
        }
        seen.iter().map(|groups| groups.len() >= least).collect()
    }
}

const NO_TERM: u32 = u32::MAX;
const NO_FEATURE: u32 = u32::MAX;

/// The feature of each term, if it has one.
pub(super) struct Features(Vec<u32>);

impl Features {
    #[inline]
    pub fn of(&self, term: u32) -> Option<u32> {
        Some(self.0[term as usize]).filter(|feature| *feature != NO_FEATURE)
    }
}
