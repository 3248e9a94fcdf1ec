//! Feature ↔ term, with the number of training units that hold each term.
//!
//! The look-up table is made once, in training, and stored with the model, so that a model file is ready as soon as it
//! is read. It is open addressing with linear probing over a power of two of slots; a slot holds 0 (empty), or 1 + the feature's
//! number below and half of the term's hash above, which tells most terms apart without a look at their text. The hash of a run of words is made of the hashes
//! of its words, so that whoever knows those need not put an n-gram together to look it up.

use std::ops::Range;

use bytes::Bytes;
use rayon::prelude::*;

use crate::packed::Packed;

/// The column of a term in the feature matrix.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FeatureId(pub u32);

impl FeatureId {
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// The terms of a model, numbered by falling document frequency, ties by the alphabet.
#[derive(Clone, Debug, PartialEq)]
pub struct Vocabulary {
    text: Bytes,
    /// `ends[i]` is where term `i` ends in `text`; it starts where the one before ends.
    ends: Packed<u32>,
    slots: Packed<u64>,
    document_frequency: Packed<u32>,
}

/// What is wrong with a vocabulary read from outside.
#[derive(Debug, thiserror::Error, PartialEq)]
#[error("the vocabulary is inconsistent: {0}")]
pub struct BadVocabulary(&'static str);

impl Vocabulary {
    /// The vocabulary of the given terms and their document frequencies. Terms must differ.
    pub fn new(terms: Vec<(String, u32)>) -> Self {
        let texts: String = terms.iter().map(|(term, _)| &term[..]).collect();
        let mut end = 0;
        let in_text = terms.iter().map(|(term, frequency)| {
            end += term.len();
            (end - term.len()..end, *frequency, 0)
        });
        Vocabulary::of(&texts, in_text.collect()).0
    }

    /// The vocabulary of terms that lie in one text, each with its document frequency and a number of the caller's; and those numbers in the order of features.
    /// Terms must differ.
    pub fn of(texts: &str, mut terms: Vec<(Range<usize>, u32, u32)>) -> (Self, Vec<u32>) {
        // Most comparisons end with the first letters, which are at hand as a number.
        let first = |term: &Range<usize>| {
            let bytes = &texts.as_bytes()[term.clone()];
            let mut first = [0; 8];
            first[..bytes.len().min(8)].copy_from_slice(&bytes[..bytes.len().min(8)]);
            u64::from_be_bytes(first)
        };
        let mut order: Vec<(u32, u64, u32)> =
            terms.iter().zip(0..).map(|((term, frequency, _), at)| (*frequency, first(term), at)).collect();
        order.par_sort_unstable_by(|a, b| {
            let text = |at: u32| &texts[terms[at as usize].0.clone()];
            b.0.cmp(&a.0).then(a.1.cmp(&b.1)).then_with(|| text(a.2).cmp(text(b.2)))
        });
        let mut text = String::with_capacity(terms.iter().map(|(term, ..)| term.len()).sum());
        let mut ends = Vec::with_capacity(terms.len());
        let mut numbers = Vec::with_capacity(terms.len());
        let mut frequencies = Vec::with_capacity(terms.len());
        for (frequency, _, at) in order {
            let (term, _, number) = &terms[at as usize];
            text.push_str(&texts[term.clone()]);
            ends.push(text.len() as u32);
            numbers.push(*number);
            frequencies.push(frequency);
        }
        terms.clear();
        let starts = std::iter::once(0).chain(ends.iter().copied());
        let slots = table(starts.zip(&ends).map(|(start, end)| &text[start as usize..*end as usize]), ends.len());
        let vocabulary = Vocabulary {
            slots: slots.into_iter().collect(),
            text: text.into(),
            ends: ends.into_iter().collect(),
            document_frequency: frequencies.into_iter().collect(),
        };
        (vocabulary, numbers)
    }

    /// A vocabulary from the parts of a model file, as they stand: [`Vocabulary::check`] says whether they are sound.
    pub fn from_parts(text: Bytes, ends: Packed<u32>, slots: Packed<u64>, document_frequency: Packed<u32>) -> Self {
        Vocabulary { text, ends, slots, document_frequency }
    }

    /// That no look-up can fail or run for ever.
    ///
    /// # Errors
    /// [`BadVocabulary`] if lengths differ, a term is empty or no UTF-8, or the table does not name each term once.
    pub fn check(&self) -> Result<(), BadVocabulary> {
        let wrong = |what| Err(BadVocabulary(what));
        let Ok(text) = std::str::from_utf8(&self.text) else { return wrong("terms are not UTF-8") };
        if self.document_frequency.len() != self.len() {
            return wrong("as many frequencies as terms are needed");
        }
        let mut last = 0;
        for end in self.ends.iter() {
            if end <= last || !text.is_char_boundary(end as usize) {
                return wrong("a term ends in the wrong place");
            }
            last = end;
        }
        if last as usize != text.len() {
            return wrong("bytes after the last term");
        }
        if self.slots.len() != table_size(self.len()) {
            return wrong("the look-up table has the wrong size");
        }
        let mut seen = vec![false; self.len()];
        for slot in self.slots.iter().filter(|slot| *slot > 0) {
            match seen.get_mut((slot as u32 as usize).wrapping_sub(1)) {
                Some(seen) if !*seen => *seen = true,
                _ => return wrong("the look-up table names a term twice, or one that is not there"),
            }
        }
        if seen.contains(&false) {
            return wrong("the look-up table misses a term");
        }
        Ok(())
    }

    /// Number of terms.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The term of a feature of this vocabulary.
    pub fn term(&self, feature: FeatureId) -> &str {
        std::str::from_utf8(self.bytes_of(feature)).expect("terms are UTF-8 and end between characters")
    }

    /// Its bytes.
    #[inline]
    pub fn bytes_of(&self, feature: FeatureId) -> &[u8] {
        let start = feature.index().checked_sub(1).map_or(0, |before| self.ends.get(before));
        &self.text[start as usize..self.ends.get(feature.index()) as usize]
    }

    /// The feature of a term, if training saw it often enough.
    pub fn feature(&self, term: &str) -> Option<FeatureId> {
        self.find(Hash::of(term), |known| self.bytes_of(known) == term.as_bytes())
    }

    /// The feature of the term of that hash that is tested for, among those of the same hash.
    #[inline]
    pub fn find(&self, hash: Hash, is: impl Fn(FeatureId) -> bool) -> Option<FeatureId> {
        let (mut at, tag) = hash.place();
        loop {
            let slot = self.slots.get(at as usize & (self.slots.len() - 1));
            if slot == 0 {
                return None;
            }
            let feature = FeatureId((slot as u32).wrapping_sub(1));
            if (slot >> 32) as u32 == tag && is(feature) {
                return Some(feature);
            }
            at = at.wrapping_add(1);
        }
    }

    /// The first feature whose term may have that hash, by the half of it that the table holds.
    #[inline]
    pub fn candidate(&self, hash: Hash) -> Option<FeatureId> {
        self.find(hash, |_| true)
    }

    /// Brings near where [`Vocabulary::find`] begins.
    #[inline]
    pub fn prefetch(&self, hash: Hash) {
        self.slots.prefetch(hash.place().0 as usize & (self.slots.len() - 1));
    }

    /// Brings near where a term stands and how often it stood.
    #[inline]
    pub fn prefetch_term(&self, feature: FeatureId) {
        self.ends.prefetch(feature.index());
        self.document_frequency.prefetch(feature.index());
    }

    /// The half of each term's hash that the table holds.
    pub fn tags(&self) -> impl Iterator<Item = u32> {
        self.slots.iter().filter(|slot| *slot != 0).map(|slot| (slot >> 32) as u32)
    }

    /// In how many training units each feature's term stood, in feature order.
    pub fn document_frequency(&self) -> Vec<u32> {
        self.document_frequency.iter().collect()
    }

    /// In how many training units the feature's term stood.
    #[inline]
    pub fn frequency(&self, feature: FeatureId) -> u32 {
        self.document_frequency.get(feature.index())
    }

    /// The parts that a model file holds: terms run together, their ends, the look-up table, frequencies.
    pub fn parts(&self) -> [&[u8]; 4] {
        [&self.text, self.ends.bytes(), self.slots.bytes(), self.document_frequency.bytes()]
    }
}

fn table<'a>(terms: impl Iterator<Item = &'a str>, count: usize) -> Vec<u64> {
    let mut slots = vec![0; table_size(count)];
    let mask = slots.len() - 1;
    for (term, number) in terms.zip(1..) {
        let (at, tag) = Hash::of(term).place();
        let mut at = at as usize & mask;
        while slots[at] != 0 {
            at = (at + 1) & mask;
        }
        slots[at] = u64::from(tag) << 32 | number;
    }
    slots
}

/// Twice the terms, rounded up to a power of two: at most half of the slots are taken, so a look-up always ends.
fn table_size(terms: usize) -> usize {
    (2 * terms + 1).next_power_of_two()
}

/// 2⁶⁴ divided by the golden ratio, made odd (Knuth, TAOCP 3, 6.4).
const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

/// The hash of a word: of its bytes eight by eight, little-endian, the last filled up with zeros, starting from their number.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct WordHash(u64);

impl WordHash {
    pub const NONE: WordHash = WordHash(0);

    pub fn number(self) -> u64 {
        self.0
    }

    pub fn of(word: &str) -> WordHash {
        let (blocks, rest) = word.as_bytes().as_chunks();
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        let last = if rest.is_empty() { &[][..] } else { &[last][..] };
        let start = word.len() as u64;
        WordHash(blocks.iter().chain(last).fold(start, |hash, block| mixed(hash, u64::from_le_bytes(*block))))
    }

    /// As [`WordHash::of`], of a word of eight bytes.
    #[inline]
    pub fn of_block(word: [u8; 8]) -> WordHash {
        WordHash(mixed(8, u64::from_le_bytes(word)))
    }
}

/// The hash of a run of words.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hash(u64);

impl Hash {
    /// Of no word.
    pub const NONE: Hash = Hash(0);

    /// Of a term, word by word.
    pub fn of(term: &str) -> Hash {
        term.split(' ').fold(Hash::NONE, |hash, word| hash.with(WordHash::of(word)))
    }

    /// That of a run of one word more.
    #[inline]
    pub fn with(self, word: WordHash) -> Hash {
        Hash(mixed(self.0, word.0))
    }

    /// Where a table is looked at first, as far as the table is large, and what else must be alike.
    #[inline]
    pub(super) fn place(self) -> (u32, u32) {
        ((self.mixed() >> 32) as u32, self.tag())
    }

    /// All bits of it in each of the upper ones.
    #[inline]
    pub(super) fn mixed(self) -> u64 {
        (self.0 ^ self.0 >> 32).wrapping_mul(GOLDEN)
    }

    /// The half that the table holds.
    #[inline]
    pub fn tag(self) -> u32 {
        (self.0 >> 32) as u32
    }
}

#[inline]
fn mixed(hash: u64, block: u64) -> u64 {
    (hash.rotate_left(5) ^ block).wrapping_mul(GOLDEN)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn small() -> Vocabulary {
        Vocabulary::new(vec![("pay".into(), 2), ("we".into(), 7), ("will pay".into(), 2), ("é".into(), 1)])
    }

    #[test]
    fn terms_are_numbered_by_frequency_then_alphabet_and_found_again() {
        let vocabulary = small();
        for (id, term) in ["we", "pay", "will pay", "é"].into_iter().enumerate() {
            assert_eq!(vocabulary.term(FeatureId(id as u32)), term);
            assert_eq!(vocabulary.feature(term), Some(FeatureId(id as u32)));
        }
        assert_eq!(vocabulary.feature("nobody"), None);
        assert_eq!(vocabulary.feature(""), None);
        assert_eq!(vocabulary.document_frequency(), [7, 2, 2, 1]);
        assert_eq!(vocabulary.frequency(FeatureId(1)), 2);
    }

    #[test]
    fn a_vocabulary_survives_its_parts_and_damaged_ones_are_found() {
        let vocabulary = small();
        let [text, ends, slots, frequencies] = vocabulary.parts();
        let again = |text: &[u8], ends: &[u8], slots: &[u8]| {
            let packed = |bytes: &[u8]| Bytes::copy_from_slice(bytes);
            let [ends, frequencies] = [ends, frequencies].map(|bytes| Packed::new(packed(bytes)));
            let again = Vocabulary::from_parts(packed(text), ends, Packed::new(packed(slots)), frequencies);
            again.check().map(|()| again)
        };
        assert_eq!(again(text, ends, slots).unwrap(), vocabulary);
        assert!(again(&text[1..], ends, slots).is_err());
        assert!(again(text, &[1, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0], slots).is_err());
        assert!(again(text, ends, &slots[8..]).is_err());
        assert!(again(text, ends, &vec![1; slots.len()]).is_err());
        assert!(again(text, ends, &vec![0; slots.len()]).is_err());
        assert!(again(&[0xff; 14], ends, slots).is_err());
    }

    #[test]
    fn the_hash_of_a_run_is_made_of_those_of_its_words() {
        let vocabulary = small();
        let hash = Hash::NONE.with(WordHash::of("will")).with(WordHash::of("pay"));
        assert_eq!(vocabulary.find(hash, |known| vocabulary.term(known) == "will pay"), vocabulary.feature("will pay"));
        assert_eq!(vocabulary.find(hash, |_| false), None);
        assert_eq!(vocabulary.candidate(hash), vocabulary.feature("will pay"));
        assert_eq!(vocabulary.candidate(hash.with(WordHash::of("now"))), None);
        // By hand: `a` is one block, 97, started from 1: (1 << 5 ^ 97) times the constant.
        assert_eq!(WordHash::of("a").0, 65u64.wrapping_mul(GOLDEN));
        assert_eq!(WordHash::of("").0, 0);
    }

    #[test]
    fn an_empty_vocabulary_knows_nothing() {
        assert_eq!(Vocabulary::new(Vec::new()).feature("we"), None);
    }
}
