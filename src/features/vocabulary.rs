//! Feature ↔ term, with the number of training units that hold each term.
//!
//! The look-up table is made once, in training, and stored with the model, so that a model file is ready as soon as it
//! is read. It is open addressing with linear probing (Knuth, TAOCP 3, 6.4); a slot holds the hash of a term, its feature and its document frequency, all that a look-up wants in
//! one place. The hash of a run of words is made of the hashes of its words, so that whoever knows those need not put an n-gram together to look it up; and a run is
//! told by its hash alone. Its 64 bits let a run that is no term pass for one of n terms once in 2⁶⁴ / n: of a million terms, once in eighteen million million runs.

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
    /// Two numbers a slot: the hash of a term, and its [`Slot`] as one number, 0 if the slot is free.
    slots: Packed<u64>,
    document_frequency: Packed<u32>,
}

/// What a slot of the look-up table has of a term, beside its hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    pub feature: FeatureId,
    /// In how many training units the term stood.
    pub frequency: u32,
}

impl Slot {
    /// 1 + the feature below, the frequency above.
    fn number(self) -> u64 {
        u64::from(self.frequency) << 32 | (u64::from(self.feature.0) + 1)
    }

    /// None for the 0 of a free slot.
    #[inline]
    fn of(number: u64) -> Option<Slot> {
        let feature = (number as u32).checked_sub(1)?;
        Some(Slot { feature: FeatureId(feature), frequency: (number >> 32) as u32 })
    }
}

/// Terms, or slots, that are checked as one task.
const PART: usize = 1 << 14;
/// For how many terms at once slots are asked for.
const AHEAD: usize = 64;

/// The items of a part of so many.
fn of_part(part: usize, count: usize) -> Range<usize> {
    part * PART..count.min((part + 1) * PART)
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
        let in_order = starts.zip(&ends).map(|(start, end)| &text[start as usize..*end as usize]);
        let vocabulary = Vocabulary {
            slots: table(in_order, &frequencies).into_iter().collect(),
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

    /// That no look-up can fail or run for ever, and that each term is found.
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
        if self.slots.len() != 2 * slot_count(self.len()) {
            return wrong("the look-up table has the wrong size");
        }
        let parts = |count: usize| (0..count.div_ceil(PART)).into_par_iter();
        let count = self.slots.len() / 2;
        let taken: usize = parts(count).map(|part| self.taken(of_part(part, count)).count()).sum();
        if taken != self.len() {
            return wrong("the look-up table has more or fewer terms");
        }
        // So each slot that is taken is that of one term.
        match parts(self.len()).all(|part| self.finds(text, of_part(part, self.len()))) {
            true => Ok(()),
            false => wrong("the look-up table misses a term"),
        }
    }

    /// Whether the table has these terms of the text of all. Their slots lie anywhere, so they are asked for some terms ahead.
    fn finds(&self, text: &str, features: Range<usize>) -> bool {
        let mut start = features.start.checked_sub(1).map_or(0, |before| self.ends.get(before)) as usize;
        let mut hashes = Vec::with_capacity(AHEAD);
        let mut next = features.start;
        while next < features.end {
            hashes.clear();
            for at in next..features.end.min(next + AHEAD) {
                let end = self.ends.get(at) as usize;
                let hash = Hash::of(&text[start..end]);
                self.prefetch(hash);
                hashes.push(hash);
                start = end;
            }
            for (hash, at) in hashes.iter().zip(next..) {
                let feature = FeatureId(at as u32);
                let own = Slot { feature, frequency: self.frequency(feature) };
                if self.find(*hash, |slot| slot.feature == feature) != Some(own) {
                    return false;
                }
            }
            next += hashes.len();
        }
        true
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
        self.slot(term).map(|slot| slot.feature)
    }

    /// What the table has of a term, if it is one.
    pub fn slot(&self, term: &str) -> Option<Slot> {
        self.slot_of(Hash::of(term), term)
    }

    /// The same for a term whose hash is known.
    pub fn slot_of(&self, hash: Hash, term: &str) -> Option<Slot> {
        self.find(hash, |slot| self.bytes_of(slot.feature) == term.as_bytes())
    }

    /// What the table has of the term with that hash; its text is not compared.
    #[inline]
    pub fn by_hash(&self, hash: Hash) -> Option<Slot> {
        self.find(hash, |_| true)
    }

    #[inline]
    fn find(&self, hash: Hash, is: impl Fn(Slot) -> bool) -> Option<Slot> {
        let count = self.slots.len() / 2;
        let mut at = hash.place(count);
        loop {
            let [found, slot] = self.slots.array(2 * at);
            let slot = Slot::of(slot)?;
            if found == hash.0 && is(slot) {
                return Some(slot);
            }
            at = if at + 1 < count { at + 1 } else { 0 };
        }
    }

    /// Brings near where [`Vocabulary::by_hash`] begins.
    #[inline]
    pub fn prefetch(&self, hash: Hash) {
        self.slots.prefetch(2 * hash.place(self.slots.len() / 2));
    }

    /// The hashes of all terms, in no order that means anything.
    pub fn hashes(&self) -> impl Iterator<Item = Hash> {
        self.taken(0..self.slots.len() / 2).map(|(hash, _)| hash)
    }

    /// Those of some slots that are not free.
    fn taken(&self, slots: Range<usize>) -> impl Iterator<Item = (Hash, Slot)> {
        let all = slots.map(|at| self.slots.array(2 * at));
        all.filter_map(|[hash, slot]| Some((Hash(hash), Slot::of(slot)?)))
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

/// The look-up table of terms that come in their order, and their frequencies.
fn table<'a>(terms: impl Iterator<Item = &'a str>, frequencies: &[u32]) -> Vec<u64> {
    let count = slot_count(frequencies.len());
    let mut table = vec![0; 2 * count];
    for ((term, &frequency), feature) in terms.zip(frequencies).zip(0..) {
        let hash = Hash::of(term);
        let mut at = hash.place(count);
        while table[2 * at + 1] != 0 {
            at = (at + 1) % count;
        }
        table[2 * at] = hash.0;
        table[2 * at + 1] = Slot { feature: FeatureId(feature), frequency }.number();
    }
    table
}

/// Half as many again as terms and one, so that a look-up always ends.
fn slot_count(terms: usize) -> usize {
    terms + terms / 2 + 1
}

/// 2⁶⁴ divided by the golden ratio, made odd (Knuth, TAOCP 3, 6.4).
const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

/// The hash of a word: of its bytes eight by eight, little-endian, the last filled up with zeros, starting from their number.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct WordHash(u64);

impl WordHash {
    pub const NONE: WordHash = WordHash(0);

    pub fn of(word: &str) -> WordHash {
        WordHash::of_bytes(word.as_bytes())
    }

    /// The same, by its bytes.
    #[inline]
    pub(super) fn of_bytes(word: &[u8]) -> WordHash {
        let (blocks, rest) = word.as_chunks();
        let start = word.len() as u64;
        let hash = blocks.iter().fold(start, |hash, block| mixed(hash, u64::from_le_bytes(*block)));
        WordHash(if rest.is_empty() { hash } else { mixed(hash, filled_up(rest)) })
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
        let words = term.as_bytes().split(|byte| *byte == b' ');
        words.fold(Hash::NONE, |hash, word| hash.with(WordHash::of_bytes(word)))
    }

    /// That of a run of one word more.
    #[inline]
    pub fn with(self, word: WordHash) -> Hash {
        Hash(mixed(self.0, word.0))
    }

    /// Which of so many places it is looked for first in (Lemire 2019, "Fast random integer generation in an interval").
    #[inline]
    fn place(self, places: usize) -> usize {
        ((u128::from(self.0) * places as u128) >> 64) as usize
    }

    #[cfg(test)]
    pub(super) fn number(self) -> u64 {
        self.0
    }

    /// Its upper bits, so many.
    #[inline]
    pub(super) fn upper(self, bits: u32) -> u32 {
        (self.0 >> (u64::BITS - bits)) as u32
    }

    /// Its lower half, which has hardly any part in the place.
    #[inline]
    pub fn lower(self) -> u32 {
        self.0 as u32
    }
}

/// One to seven bytes, little-endian, with zeros behind them. The first ones and the last ones are read at once, and may overlap.
#[inline]
fn filled_up(bytes: &[u8]) -> u64 {
    let behind = |from: usize| 8 * (bytes.len() - from);
    match (bytes.first_chunk(), bytes.last_chunk()) {
        (Some(first), Some(last)) => {
            u64::from(u32::from_le_bytes(*first)) | u64::from(u32::from_le_bytes(*last)) << behind(4)
        }
        _ => bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)),
    }
}

/// The two halves of a product of 128 bits together, so that each bit of what is hashed is in all of them (as wyhash and its kin do).
#[inline]
fn mixed(hash: u64, block: u64) -> u64 {
    let product = u128::from(hash.rotate_left(32) ^ block) * u128::from(GOLDEN);
    product as u64 ^ (product >> 64) as u64
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
        assert_eq!(vocabulary.by_hash(hash), Some(Slot { feature: FeatureId(2), frequency: 2 }));
        assert_eq!(vocabulary.by_hash(hash), vocabulary.slot("will pay"));
        assert_eq!(vocabulary.by_hash(hash.with(WordHash::of("now"))), None);
        // Worked out by a few lines of Python from the formula in docs/model-file.md.
        for (term, expected) in
            [("a", 0x6482_4232_914A_2B50), ("will pay", 0x14A2_86F3_3967_0796), ("^ communism", 0xB517_D4E2_66CE_49C3)]
        {
            assert_eq!(Hash::of(term).0, expected, "{term}");
        }
    }

    #[test]
    fn bytes_are_filled_up_with_zeros() {
        for length in 1..8 {
            let (word, mut whole) = (&b"\xff1234567"[..length], [0; 8]);
            whole[..length].copy_from_slice(word);
            assert_eq!(filled_up(word), u64::from_le_bytes(whole), "{length}");
        }
    }

    #[test]
    fn terms_of_one_hash_are_told_by_their_text() {
        let mut vocabulary = small();
        let count = vocabulary.slots.len() / 2;
        let (hash, place) = (Hash::of("pay"), Hash::of("pay").place(count));
        let we = Slot { feature: FeatureId(0), frequency: 7 };
        let pay = Slot { feature: FeatureId(1), frequency: 2 };
        let mut table = vec![0; 2 * count];
        for (at, slot) in [we, pay].into_iter().enumerate() {
            let at = (place + at) % count;
            (table[2 * at], table[2 * at + 1]) = (hash.0, slot.number());
        }
        vocabulary.slots = table.into_iter().collect();
        assert_eq!((vocabulary.slot("pay"), vocabulary.by_hash(hash)), (Some(pay), Some(we)));
    }

    /// What is done to a sound table.
    type Edit<'a> = (&'a str, &'a dyn Fn(&mut Vec<u64>));

    #[test]
    fn a_table_that_hides_a_term_or_tells_it_wrongly_is_found() {
        let sound: Vec<u64> = small().slots.iter().collect();
        let pay = sound.chunks(2).position(|slot| slot[0] == Hash::of("pay").0).expect("it is a term");
        let free = sound.chunks(2).position(|slot| slot[1] == 0).expect("one is free");
        let edits: [Edit; 6] = [
            ("another hash", &|table| table[2 * pay] ^= 1),
            ("another frequency", &|table| table[2 * pay + 1] += 1 << 32),
            ("another term", &|table| table[2 * pay + 1] ^= 3),
            ("no slot", &|table| table[2 * pay + 1] = 0),
            ("a slot too many", &|table| (table[2 * free], table[2 * free + 1]) = (7, table[2 * pay + 1])),
            ("a term that is not there", &|table| (table[2 * free], table[2 * free + 1]) = (7, 5)),
        ];
        for (what, edit) in edits {
            let (mut vocabulary, mut table) = (small(), sound.clone());
            edit(&mut table);
            vocabulary.slots = table.into_iter().collect();
            assert!(vocabulary.check().is_err(), "{what}");
        }
    }

    /// Words that differ in a letter or two hash least well with multiplications that only carry upwards.
    #[test]
    fn no_two_of_two_million_pairs_of_like_words_have_one_hash() {
        let words = |stem: &'static str| {
            let letters = 'a'..='z';
            letters.clone().flat_map(move |one| letters.clone().map(move |other| format!("{stem}{one}{other}")))
        };
        let all: Vec<WordHash> = words("communi").chain(words("communis")).map(|word| WordHash::of(&word)).collect();
        let mut hashes: Vec<u64> = Vec::with_capacity(all.len() * all.len());
        for first in &all {
            let first = Hash::NONE.with(*first);
            hashes.extend(all.iter().map(|second| first.with(*second).0));
        }
        hashes.sort_unstable();
        assert_eq!(hashes.len(), 1352 * 1352);
        assert!(hashes.is_sorted_by(|a, b| a < b));
    }

    #[test]
    fn an_empty_vocabulary_knows_nothing() {
        let empty = Vocabulary::new(Vec::new());
        empty.prefetch(Hash::of("we"));
        assert_eq!((empty.feature("we"), empty.by_hash(Hash::of("we")), empty.hashes().count()), (None, None, 0));
        assert_eq!(empty.check(), Ok(()));
    }
}
