//! What is known of tokens that were met before: a table of their own bytes, so that a token costs one look into memory.

use std::collections::HashMap;
use std::hash::BuildHasher;

use foldhash::fast::RandomState;

use super::symbols::SymbolId;
use crate::text::Span;

/// What a token is to a cue set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// One word of that symbol and those [cells](super::symbols::Symbols::cells).
    Word(SymbolId, u64),
    /// Several words: the number of their list.
    Words(u32),
}

/// Tokens and what they mean.
pub struct Known {
    /// Tokens of up to 15 bytes in the order in which they were met, so that the common ones stand side by side and stay in the cache.
    short: Vec<Entry>,
    /// At the first free place from where its hash says, 16 bits of the hash and the number of the token in `short`, plus one; never more than
    /// half full.
    places: Vec<u32>,
    long: HashMap<Box<str>, (u32, u64), RandomState>,
    /// The words of tokens that are no single word.
    lists: Vec<Box<[(Span, SymbolId, u64)]>>,
    /// Drawn anew in every run, so that no text can be made to collide.
    seeds: [u64; 2],
}

/// A token's bytes with its length in the highest one, and its coded meaning.
#[derive(Clone, Copy)]
struct Entry {
    low: u64,
    high: u64,
    meaning: u32,
    cells: u64,
}

/// Marks the number of a list.
const LIST: u32 = 1 << 31;
/// How many distinct tokens are remembered before the memory starts anew; for an endless stream of junk.
const MOST: usize = (1 << 16) - 1;
const FIRST_PLACES: usize = 1 << 10;

/// The bytes of a token of 1 to 15 bytes, and its length.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Short(u64, u64);

impl Short {
    /// Reads 16 bytes at once and clears those behind the token, which takes no branch that could be guessed wrong; only near the end of the
    /// text they must be copied first.
    #[inline]
    fn new(text: &str, span: Span) -> Option<Short> {
        let length = span.len();
        if !(1..=15).contains(&length) {
            return None;
        }
        let rest = &text.as_bytes()[span.start..];
        let bytes = match rest.first_chunk::<16>() {
            Some(bytes) => u128::from_le_bytes(*bytes),
            None => {
                let mut bytes = [0; 16];
                bytes[..length].copy_from_slice(&rest[..length]);
                u128::from_le_bytes(bytes)
            }
        };
        let own = bytes & (u128::MAX >> (8 * (16 - length)));
        Some(Short(own as u64, (own >> 64) as u64 | (length as u64) << 56))
    }
}

impl Default for Known {
    fn default() -> Self {
        let state = RandomState::default();
        Known {
            short: Vec::new(),
            places: vec![0; FIRST_PLACES],
            long: HashMap::default(),
            lists: Vec::new(),
            seeds: [state.hash_one(1u8), state.hash_one(2u8)],
        }
    }
}

impl Known {
    pub fn forget(&mut self) {
        self.short.clear();
        self.places.fill(0);
        self.long.clear();
        self.lists.clear();
    }

    /// What the token at `span` means, if it was met.
    #[inline]
    pub fn get(&self, text: &str, span: Span) -> Option<Meaning> {
        let (coded, cells) = match Short::new(text, span) {
            Some(key) => {
                let entry = &self.short[self.find(key).ok()?];
                (entry.meaning, entry.cells)
            }
            None => *self.long.get(span.of(text))?,
        };
        Some(if coded & LIST == 0 { Meaning::Word(coded, cells) } else { Meaning::Words(coded & !LIST) })
    }

    /// The number of a token; else the free place where that should stand, and the part of its hash that belongs there.
    #[inline]
    fn find(&self, key: Short) -> Result<usize, (usize, u32)> {
        let hash = self.hash(key);
        let (tag, mask) = ((hash >> 48) as u32 & 0xFFFF, self.places.len() - 1);
        let mut at = hash as usize & mask;
        loop {
            let place = self.places[at];
            if place == 0 {
                return Err((at, tag));
            }
            if place >> 16 == tag {
                let number = (place & 0xFFFF) as usize - 1;
                let entry = &self.short[number];
                if entry.low == key.0 && entry.high == key.1 {
                    return Ok(number);
                }
            }
            at = (at + 1) & mask;
        }
    }

    #[inline]
    fn hash(&self, Short(low, high): Short) -> u64 {
        let product = u128::from(low ^ self.seeds[0]) * u128::from(high ^ self.seeds[1]);
        product as u64 ^ (product >> 64) as u64
    }

    /// Remembers the words of a token that was not met before.
    pub fn remember(&mut self, text: &str, span: Span, words: Box<[(Span, SymbolId, u64)]>) {
        if self.short.len() + self.long.len() >= MOST {
            self.forget();
        }
        let (meaning, cells) = match *words {
            [(own, symbol, cells)] if own == Span::new(0, span.len()) => (symbol, cells),
            _ => {
                self.lists.push(words);
                (LIST | (self.lists.len() - 1) as u32, 0)
            }
        };
        match Short::new(text, span) {
            Some(key) => {
                if let Err((at, tag)) = self.find(key) {
                    self.short.push(Entry { low: key.0, high: key.1, meaning, cells });
                    self.places[at] = tag << 16 | self.short.len() as u32;
                    if self.short.len() * 2 > self.places.len() {
                        self.grow();
                    }
                }
            }
            None => drop(self.long.insert(span.of(text).into(), (meaning, cells))),
        }
    }

    /// The words of a token, each with its bytes in the token.
    pub fn words(&self, list: u32) -> &[(Span, SymbolId, u64)] {
        &self.lists[list as usize]
    }

    fn grow(&mut self) {
        self.places = vec![0; self.places.len() * 2];
        for number in 0..self.short.len() {
            let Entry { low, high, .. } = self.short[number];
            if let Err((at, tag)) = self.find(Short(low, high)) {
                self.places[at] = tag << 16 | (number + 1) as u32;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_known_by_all_its_bytes_and_its_length() {
        let mut known = Known::default();
        let text = "a\u{0}abcdefghijklmnopqrstuvw".repeat(3);
        let mut tokens = std::collections::BTreeMap::new();
        for start in 0..text.len() {
            for end in start..text.len().min(start + 20) {
                let span = Span::new(start, end);
                let next = tokens.len() as SymbolId;
                let symbol = *tokens.entry(span.of(&text).to_owned()).or_insert(next);
                match known.get(&text, span) {
                    Some(meaning) => assert_eq!(meaning, Meaning::Word(symbol, 7)),
                    None => known.remember(&text, span, Box::new([(Span::new(0, span.len()), symbol, 7)])),
                }
                // The same bytes with nothing behind them
                assert_eq!(known.get(&text[..end], span), Some(Meaning::Word(symbol, 7)));
            }
        }
        assert_eq!(known.short.len() + known.long.len(), tokens.len());
    }

    #[test]
    fn the_memory_stays_bounded() {
        let mut known = Known::default();
        for i in 0..2 * MOST {
            let token = format!("w{i}");
            known.remember(&token, Span::new(0, token.len()), Box::default());
        }
        assert!(known.short.len() <= MOST && known.places.len() <= 4 * MOST && known.lists.len() <= MOST);
    }
}
