//! Which texts a model learned from: of each 32 bits of a digest, so that it can be told whether a text was among them, and none can be read.

use sha2::{Digest, Sha256};

use crate::packed::Packed;
use crate::text::form::composed;

/// The numbers of the texts, rising, each once. Of 100,000 texts about two in a hundred thousand others are taken for one of them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SeenTexts(Packed<u32>);

impl SeenTexts {
    pub fn of<'a>(texts: impl Iterator<Item = &'a str>) -> Self {
        let mut numbers: Vec<u32> = texts.map(number).collect();
        numbers.sort_unstable();
        numbers.dedup();
        SeenTexts(numbers.into_iter().collect())
    }

    /// From what a model file holds.
    pub fn from_parts(numbers: Packed<u32>) -> Self {
        SeenTexts(numbers)
    }

    /// Whether the numbers rise, and are there if they should be.
    pub fn check(&self, should_be_there: bool) -> bool {
        self.0.is_empty() != should_be_there && self.0.iter().is_sorted_by(|a, b| a < b)
    }

    pub fn numbers(&self) -> &Packed<u32> {
        &self.0
    }

    /// Whether the text is among them, however its words are parted by white space and its letters written.
    pub fn has(&self, text: &str) -> bool {
        let number = number(text);
        let (mut from, mut to) = (0, self.0.len());
        while from < to {
            let middle = from.midpoint(to);
            if self.0.get(middle) < number { from = middle + 1 } else { to = middle }
        }
        from < self.0.len() && self.0.get(from) == number
    }
}

fn number(text: &str) -> u32 {
    let mut sha = Sha256::new();
    for word in composed(text).split_whitespace() {
        sha.update(word);
        sha.update(b" ");
    }
    let [a, b, c, d, ..] = sha.finalize().0;
    u32::from_le_bytes([a, b, c, d])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_text_is_known_again_by_its_words_in_their_order() {
        let seen = SeenTexts::of(["They left early.", "It rained", "It rained"].into_iter());
        assert_eq!(seen.numbers().len(), 2);
        assert!(seen.has("They  left\nearly. "));
        assert!(SeenTexts::of(["Es dro\u{308}hnt"].into_iter()).has("Es dröhnt"));
        assert!(!seen.has("They left") && !seen.has("early. They left") && !seen.has("they left early."));
        assert!(!SeenTexts::default().has("It rained"));
    }

    proptest! {
        #[test]
        fn all_that_were_given_are_known_and_hardly_another(texts in prop::collection::vec("[a-c ]{1,8}", 0..40), other in "[d-f]{1,8}") {
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            let seen = SeenTexts::of(texts.iter().copied());
            prop_assert!(texts.iter().all(|text| seen.has(text)));
            prop_assert!(!seen.has(&other));
            prop_assert!(seen.check(!texts.is_empty()) && !seen.check(texts.is_empty()));
        }
    }
}
