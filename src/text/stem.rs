//! Token → Snowball stem. The stemmer and its version are part of the model: other versions stem a few words
//! otherwise, so `Cargo.toml` pins one.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

use foldhash::fast::RandomState;
use rust_stemmers::{Algorithm, Stemmer};
use serde::{Deserialize, Serialize};
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// The stemmer as the model file names it.
pub const STEMMER: &str = "rust-stemmers 1.2.0";

/// How many distinct words are remembered with their stems before the memory starts anew. English running text of a
/// gigabyte holds some 10⁶ distinct tokens; the bound keeps an endless stream of junk from filling the memory.
const MEMO: usize = 1 << 16;

macro_rules! languages {
    ($($variant:ident $name:literal),* $(,)?) => {
        /// A language with a Snowball stemmer, or [`Language::None`]: words are only lower-cased.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "lowercase")]
        pub enum Language { $($variant,)* None }

        impl Language {
            /// Every language, in alphabetical order.
            pub const ALL: &'static [Language] = &[$(Language::$variant,)* Language::None];

            /// The English name in lower case, as in `--language`.
            pub fn name(self) -> &'static str {
                match self { $(Language::$variant => $name,)* Language::None => "none" }
            }

            fn algorithm(self) -> Option<Algorithm> {
                match self { $(Language::$variant => Some(Algorithm::$variant),)* Language::None => None }
            }
        }
    };
}

languages! {
    Arabic "arabic", Danish "danish", Dutch "dutch", English "english", Finnish "finnish", French "french",
    German "german", Greek "greek", Hungarian "hungarian", Italian "italian", Norwegian "norwegian",
    Portuguese "portuguese", Romanian "romanian", Russian "russian", Spanish "spanish", Swedish "swedish",
    Tamil "tamil", Turkish "turkish",
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Language {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let wanted = name.to_lowercase();
        Language::ALL.iter().copied().find(|language| language.name() == wanted).ok_or_else(|| {
            let names: Vec<_> = Language::ALL.iter().map(|language| language.name()).collect();
            format!("no stemmer for {name:?}; there are {}", names.join(", "))
        })
    }
}

/// Stems words of one language and remembers them, since a few thousand words make up most of any text.
pub struct Stems {
    stemmer: Option<Stemmer>,
    /// The numbers of tokens of up to 15 bytes, and of longer ones. Hashes are seeded anew in every run, so that no text can be made to
    /// collide.
    short: HashMap<Short, u32, RandomState>,
    long: HashMap<Box<str>, u32, RandomState>,
    stems: Vec<Box<str>>,
    generation: u64,
}

/// A token of up to 15 bytes and its length: two numbers are compared sooner than two texts.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Short(u64, u64);

impl Short {
    fn new(token: &str) -> Option<Short> {
        let bytes = token.as_bytes();
        let length = bytes.len() as u64;
        if let (15.., _) | (_, None) = (length.saturating_sub(1), bytes.last()) {
            return None;
        }
        let (first, rest) = if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
            // What the two have in common is shifted out of the second; in two steps, as it may be all of it.
            (u64::from_le_bytes(*first), u64::from_le_bytes(*last) >> 8 >> (8 * (15 - length)))
        } else if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
            (u64::from(u32::from_le_bytes(*first)) | u64::from(u32::from_le_bytes(*last)) << 32, 0)
        } else {
            let at = |at: usize| u64::from(bytes[at]);
            (at(0) | at(bytes.len() / 2) << 8 | at(bytes.len() - 1) << 16, 0)
        };
        Some(Short(first, rest | length << 56))
    }
}

impl Stems {
    pub fn new(language: Language) -> Self {
        let stemmer = language.algorithm().map(Stemmer::create);
        Stems { stemmer, short: HashMap::default(), long: HashMap::default(), stems: Vec::new(), generation: 1 }
    }

    /// The stem of a token as it stands in the text: curly apostrophes and hyphens made plain, composed (NFC),
    /// lower-cased, stemmed. Abbreviations with dots (`U.S.`) are only lower-cased, so that they stay apart from words.
    pub fn stem(&mut self, surface: &str) -> &str {
        let number = self.number(surface);
        &self.stems[number]
    }

    /// The number under which a token is remembered, from 0; the same for as long as the [`generation`](Stems::generation) is. What else is
    /// known of tokens can be kept under it, so that each is looked up once.
    pub fn number(&mut self, surface: &str) -> usize {
        let short = Short::new(surface);
        let known = match &short {
            Some(short) => self.short.get(short),
            None => self.long.get(surface),
        };
        if let Some(&number) = known {
            return number as usize;
        }
        self.remember(surface, short)
    }

    fn remember(&mut self, surface: &str, short: Option<Short>) -> usize {
        if self.stems.len() >= MEMO {
            self.short.clear();
            self.long.clear();
            self.stems.clear();
            self.generation += 1;
        }
        let number = self.stems.len();
        let stem = self.compute(surface).into();
        self.stems.push(stem);
        match short {
            Some(short) => self.short.insert(short, number as u32),
            None => self.long.insert(surface.into(), number as u32),
        };
        number
    }

    /// The stem of the token with that number.
    pub fn of(&self, number: usize) -> &str {
        &self.stems[number]
    }

    /// Counts how often the memory started anew, which makes all numbers void.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    fn compute(&self, surface: &str) -> String {
        let lower = fold(surface);
        match &self.stemmer {
            Some(stemmer) if !lower.contains('.') => {
                let stem = stemmer.stem(&lower);
                // A stemmer may leave nothing of a word that is all suffix; the word is then its own stem.
                if stem.is_empty() { lower } else { stem.into_owned() }
            }
            _ => lower,
        }
    }
}

/// A token with typographic variants made equal: `’` to `'`, `‐` and `‑` to `-`, composed characters, lower case.
pub fn fold(surface: &str) -> String {
    if surface.is_ascii() {
        return surface.to_ascii_lowercase();
    }
    let plain = surface.chars().map(|c| match c {
        '’' | 'ʼ' | '＇' => '\'',
        '‐' | '‑' => '-',
        other => other,
    });
    let folded: String = plain.flat_map(char::to_lowercase).collect();
    match is_nfc_quick(folded.chars()) {
        IsNormalized::Yes => folded,
        _ => folded.nfc().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn english_words_of_one_family_share_a_stem() {
        let mut stems = Stems::new(Language::English);
        assert_eq!(stems.stem("threatening"), "threaten");
        assert_eq!(stems.stem("Threatened"), "threaten");
        assert_eq!(stems.stem("THREATENS"), "threaten");
    }

    #[test]
    fn an_abbreviation_stays_apart_from_the_pronoun() {
        let mut stems = Stems::new(Language::English);
        assert_ne!(stems.stem("U.S.").to_owned(), stems.stem("us"));
    }

    #[test]
    fn curly_and_plain_apostrophes_are_one_word() {
        let mut stems = Stems::new(Language::English);
        assert_eq!(stems.stem("don’t").to_owned(), stems.stem("don't"));
    }

    #[test]
    fn composed_and_decomposed_letters_are_one_word() {
        let mut stems = Stems::new(Language::French);
        assert_eq!(stems.stem("été").to_owned(), stems.stem("e\u{301}te\u{301}"));
    }

    #[test]
    fn every_language_can_be_named_and_stems_any_letters() {
        for language in Language::ALL {
            assert_eq!(language.name().parse::<Language>().as_ref(), Ok(language));
            let mut stems = Stems::new(*language);
            for word in ["a", "ing", "ß", "Ελλάδα", "книги", "كتاب", "தமிழ்", "straße", "e\u{301}"]
            {
                assert!(!stems.stem(word).is_empty());
            }
        }
    }

    #[test]
    fn an_unknown_language_is_told_which_there_are() {
        assert!("klingon".parse::<Language>().unwrap_err().contains("finnish"));
    }

    #[test]
    fn the_memory_stays_bounded() {
        let mut stems = Stems::new(Language::English);
        for i in 0..MEMO * 2 {
            stems.stem(&format!("w{i}"));
        }
        assert!(stems.stems.len() <= MEMO && stems.short.len() <= MEMO && stems.generation() > 1);
    }

    #[test]
    fn tokens_that_differ_in_any_byte_or_in_length_have_numbers_of_their_own() {
        let mut stems = Stems::new(Language::None);
        let mut numbers = std::collections::BTreeSet::new();
        let whole = "a\u{0}abcdefghijklmnopq";
        for length in 1..whole.len() {
            for changed in 0..length {
                let token: String =
                    whole[..length].char_indices().map(|(at, c)| if at == changed { 'Z' } else { c }).collect();
                assert!(numbers.insert(stems.number(&token)), "{token:?}");
                assert_eq!(stems.stem(&token), token.to_lowercase());
            }
        }
        assert!(
            numbers.insert(stems.number(""))
                && numbers.insert(stems.number("\u{0}"))
                && numbers.insert(stems.number("\u{0}\u{0}"))
        );
    }
}
