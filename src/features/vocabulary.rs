//! Feature ↔ term, with the number of training units that hold each term.
//!
//! The look-up table is made once, in training, and stored with the model, so that a model file is ready as soon as it
//! is read. It is open addressing with linear probing over a power of two of slots; a slot holds 0 (empty) or 1 + the
//! feature's number. The hash is FNV-1a, 64 bits, folded to 32 (Fowler, Noll, Vo; RFC 9923).

/// The column of a term in the feature matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FeatureId(pub u32);

impl FeatureId {
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// The terms of a model, numbered by falling document frequency, ties by the alphabet.
#[derive(Clone, Debug, PartialEq)]
pub struct Vocabulary {
    text: String,
    /// `ends[i]` is where term `i` ends in `text`; it starts where the one before ends.
    ends: Vec<u32>,
    slots: Vec<u32>,
    document_frequency: Vec<u32>,
}

/// What is wrong with a vocabulary read from outside.
#[derive(Debug, thiserror::Error, PartialEq)]
#[error("the vocabulary is inconsistent: {0}")]
pub struct BadVocabulary(&'static str);

impl Vocabulary {
    /// The vocabulary of the given terms and their document frequencies. Terms must differ.
    pub fn new(mut terms: Vec<(String, u32)>) -> Self {
        terms.sort_by(|(a, m), (b, n)| n.cmp(m).then_with(|| a.cmp(b)));
        let mut vocabulary = Vocabulary {
            text: String::with_capacity(terms.iter().map(|(term, _)| term.len()).sum()),
            ends: Vec::with_capacity(terms.len()),
            slots: Vec::new(),
            document_frequency: Vec::with_capacity(terms.len()),
        };
        for (term, frequency) in &terms {
            vocabulary.text.push_str(term);
            vocabulary.ends.push(vocabulary.text.len() as u32);
            vocabulary.document_frequency.push(*frequency);
        }
        vocabulary.slots = vocabulary.table();
        vocabulary
    }

    /// A vocabulary from the parts of a model file, checked so that no look-up can fail or run for ever.
    ///
    /// # Errors
    /// [`BadVocabulary`] if lengths differ, a term is empty or no UTF-8, or the table is not the one that
    /// [`Vocabulary::new`] would have made.
    pub fn from_parts(
        text: Vec<u8>,
        ends: Vec<u32>,
        slots: Vec<u32>,
        document_frequency: Vec<u32>,
    ) -> Result<Self, BadVocabulary> {
        let text = String::from_utf8(text).map_err(|_| BadVocabulary("terms are not UTF-8"))?;
        let vocabulary = Vocabulary { text, ends, slots, document_frequency };
        vocabulary.check()?;
        Ok(vocabulary)
    }

    fn check(&self) -> Result<(), BadVocabulary> {
        let wrong = |what| Err(BadVocabulary(what));
        if self.document_frequency.len() != self.ends.len() {
            return wrong("as many frequencies as terms are needed");
        }
        let mut last = 0;
        for &end in &self.ends {
            if end <= last || !self.text.is_char_boundary(end as usize) || end as usize > self.text.len() {
                return wrong("a term ends in the wrong place");
            }
            last = end;
        }
        if last as usize != self.text.len() {
            return wrong("bytes after the last term");
        }
        if self.slots.len() != table_size(self.len()) {
            return wrong("the look-up table has the wrong size");
        }
        let mut seen = vec![false; self.len()];
        for &slot in self.slots.iter().filter(|&&slot| slot > 0) {
            match seen.get_mut(slot as usize - 1) {
                Some(seen) if !*seen => *seen = true,
                _ => return wrong("the look-up table names a term twice, or one that is not there"),
            }
        }
        if seen.contains(&false) {
            return wrong("the look-up table misses a term");
        }
        Ok(())
    }

    fn table(&self) -> Vec<u32> {
        let mut slots = vec![0; table_size(self.len())];
        for feature in 0..self.len() as u32 {
            let mut at = hash(self.term(FeatureId(feature)).as_bytes()) as usize & (slots.len() - 1);
            while slots[at] != 0 {
                at = (at + 1) & (slots.len() - 1);
            }
            slots[at] = feature + 1;
        }
        slots
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
        let start = feature.index().checked_sub(1).map_or(0, |before| self.ends[before] as usize);
        &self.text[start..self.ends[feature.index()] as usize]
    }

    /// The feature of a term, if training saw it often enough.
    pub fn feature(&self, term: &str) -> Option<FeatureId> {
        let mask = self.slots.len() - 1;
        let mut at = hash(term.as_bytes()) as usize & mask;
        loop {
            match self.slots[at] {
                0 => return None,
                slot if self.term(FeatureId(slot - 1)) == term => return Some(FeatureId(slot - 1)),
                _ => at = (at + 1) & mask,
            }
        }
    }

    /// In how many training units each feature's term stood, in feature order.
    pub fn document_frequency(&self) -> &[u32] {
        &self.document_frequency
    }

    /// The parts that a model file holds: terms run together, their ends, the look-up table.
    pub fn parts(&self) -> (&[u8], &[u32], &[u32]) {
        (self.text.as_bytes(), &self.ends, &self.slots)
    }
}

/// Twice the terms, rounded up to a power of two: at most half of the slots are taken, so a look-up always ends.
fn table_size(terms: usize) -> usize {
    (2 * terms + 1).next_power_of_two()
}

fn hash(bytes: &[u8]) -> u32 {
    let long = bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325u64, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
    (long >> 32) as u32 ^ long as u32
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
    }

    #[test]
    fn a_vocabulary_survives_its_parts_and_refuses_damaged_ones() {
        let vocabulary = small();
        let (text, ends, slots) = vocabulary.parts();
        let frequencies = vocabulary.document_frequency().to_vec();
        let again = |text: &[u8], ends: &[u32], slots: &[u32]| {
            Vocabulary::from_parts(text.to_vec(), ends.to_vec(), slots.to_vec(), frequencies.clone())
        };
        assert_eq!(again(text, ends, slots).unwrap(), vocabulary);
        assert!(again(&text[1..], ends, slots).is_err());
        assert!(again(text, &[1, 1, 2, 3], slots).is_err());
        assert!(again(text, ends, &slots[1..]).is_err());
        assert!(again(text, ends, &vec![1; slots.len()]).is_err());
        assert!(again(&[0xff; 14], ends, slots).is_err());
    }

    #[test]
    fn an_empty_vocabulary_knows_nothing() {
        assert_eq!(Vocabulary::new(Vec::new()).feature("we"), None);
    }

    #[test]
    fn the_hash_is_the_published_one() {
        // FNV-1a 64 of "a" is af63dc4c8601ec8c (RFC 9923, test vectors), here folded by exclusive or.
        assert_eq!(hash(b"a"), 0xaf63_dc4c ^ 0x8601_ec8c);
    }
}
