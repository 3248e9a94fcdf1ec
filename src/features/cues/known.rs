//! What the tokens that were met before mean to a cue set, by their numbers in the [memory of words](Stems).

use smallvec::SmallVec;

use super::symbols::SymbolId;
use crate::text::Span;
use crate::text::stem::Stems;

/// What a token is to a cue set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// One word of that symbol.
    Word(SymbolId),
    /// Several words: the number of their list.
    Words(u32),
}

/// The words of a token, each with its bytes in the token; nearly always one.
pub type Parts = SmallVec<[(Span, SymbolId); 1]>;

/// Tokens and what they mean.
#[derive(Default)]
pub struct Known {
    /// The generation of the memory that gave the numbers.
    generation: u64,
    /// By number: a symbol, or [`LIST`] with the number of a list, or [`UNKNOWN`].
    meanings: Vec<u32>,
    /// The words of tokens that are no single word.
    lists: Vec<Parts>,
}

/// Marks the number of a list.
const LIST: u32 = 1 << 31;
/// Stands for tokens that were not met yet.
const UNKNOWN: u32 = u32::MAX;

impl Known {
    pub fn forget(&mut self) {
        self.meanings.clear();
        self.lists.clear();
    }

    /// Forgets all if the numbers are not those of before, and makes room for all there are.
    pub fn keep_up_with(&mut self, stems: &Stems) {
        if self.generation != stems.generation() {
            self.forget();
            self.generation = stems.generation();
        }
        if self.meanings.len() < stems.len() {
            self.meanings.resize(stems.len(), UNKNOWN);
        }
    }

    /// What the token of that number means, if it was met.
    #[inline]
    pub fn get(&self, number: u32) -> Option<Meaning> {
        match self.meanings[number as usize] {
            UNKNOWN => None,
            symbol if symbol & LIST == 0 => Some(Meaning::Word(symbol)),
            list => Some(Meaning::Words(list & !LIST)),
        }
    }

    /// Remembers the words of a token of so many bytes that was not met before.
    pub fn remember(&mut self, number: u32, length: usize, words: Parts) {
        self.meanings[number as usize] = match words[..] {
            [(own, symbol)] if own == Span::new(0, length) => symbol,
            _ => {
                self.lists.push(words);
                LIST | (self.lists.len() - 1) as u32
            }
        };
    }

    /// The words of a token, each with its bytes in the token.
    pub fn words(&self, list: u32) -> &[(Span, SymbolId)] {
        &self.lists[list as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::stem::Language;

    #[test]
    fn what_is_known_of_a_number_is_forgotten_with_the_memory_that_gave_it() {
        let (mut stems, mut known) = (Stems::new(Language::English), Known::default());
        stems.stem("we");
        stems.stem("don't");
        known.keep_up_with(&stems);
        assert_eq!(known.get(0), None);
        known.remember(0, 2, Parts::from_elem((Span::new(0, 2), 5), 1));
        known.remember(1, 5, Parts::from_iter([(Span::new(0, 2), 3), (Span::new(2, 5), 4)]));
        assert_eq!(known.get(0), Some(Meaning::Word(5)));
        assert!(matches!(known.get(1), Some(Meaning::Words(list)) if known.words(list).len() == 2));
        let mut other = Stems::new(Language::English);
        other.stem("us");
        known.keep_up_with(&other);
        assert_eq!((known.get(0), known.meanings.len(), known.lists.len()), (None, 1, 0));
    }
}
