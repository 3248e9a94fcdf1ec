//! Token → Snowball stem. The stemmer and its version are part of the model: other versions stem a few words
//! otherwise, so `Cargo.toml` pins one.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::hash::BuildHasher;
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};

use foldhash::fast::RandomState;
use prefetch_index::prefetch_index;
use rust_stemmers::{Algorithm, Stemmer};
use serde::{Deserialize, Serialize};
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

use super::Span;
use super::token::Token;

/// The stemmer as the model file names it.
pub const STEMMER: &str = "rust-stemmers 1.2.0";

/// How many distinct words are remembered before the memory starts anew, between two texts. English running text of a gigabyte holds some
/// 10⁶ distinct tokens; the bound keeps an endless stream of junk from filling the memory.
const MEMO: usize = 1 << 16;

macro_rules! languages {
    ($($variant:ident $name:literal $code:literal),* $(,)?) => {
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

            /// The code of two letters (ISO 639-1), as `lang` of a page has it.
            pub fn code(self) -> Option<&'static str> {
                match self { $(Language::$variant => Some($code),)* Language::None => None }
            }

            fn algorithm(self) -> Option<Algorithm> {
                match self { $(Language::$variant => Some(Algorithm::$variant),)* Language::None => None }
            }
        }
    };
}

languages! {
    Arabic "arabic" "ar", Danish "danish" "da", Dutch "dutch" "nl", English "english" "en", Finnish "finnish" "fi",
    French "french" "fr", German "german" "de", Greek "greek" "el", Hungarian "hungarian" "hu", Italian "italian" "it",
    Norwegian "norwegian" "no", Portuguese "portuguese" "pt", Romanian "romanian" "ro", Russian "russian" "ru",
    Spanish "spanish" "es", Swedish "swedish" "sv", Tamil "tamil" "ta", Turkish "turkish" "tr",
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
///
/// It is the one memory of words: every token has a number in it, the same wherever it stands, and what else is known of a token is kept under
/// that number by those who know it. Numbers are given by first meeting, so that what is known of common words stands together and stays in
/// the cache. A text's numbers are asked for at once, with [`Stems::numbers`]; they hold until the next call that may start the memory anew, which
/// the [`generation`](Stems::generation) tells.
pub struct Stems {
    language: Language,
    stemmer: Option<Stemmer>,
    /// By number; those of tokens that are not [`Short`] are [`Short::NONE`].
    keys: Vec<Short>,
    /// At the first free place from where its hash says: in the lower bits the number of a short token, plus one, in the others as many bits of
    /// its hash. Never more than half full, so that a number needs no more bits than a place.
    places: Vec<u32>,
    long: HashMap<Box<str>, u32, RandomState>,
    /// The tokens of the text at hand.
    asked: Vec<Asked>,
    /// The stems, one after another, and where each ends.
    stems: String,
    ends: Vec<u32>,
    /// Drawn anew in every run, so that no text can be made to collide.
    seeds: [u64; 2],
    generation: u64,
}

const FIRST_PLACES: usize = 1 << 10;

/// The bytes of a token of 1 to 15 bytes, with its length in the highest one.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Short(u64, u64);

/// The bits of so many bytes.
const OF_LENGTH: [u128; 16] = {
    let mut bits = [0; 16];
    let mut length = 1;
    while length < 16 {
        bits[length] = u128::MAX >> (8 * (16 - length));
        length += 1;
    }
    bits
};

impl Short {
    const NONE: Short = Short(0, 0);

    /// Reads 16 bytes at once and clears those behind the token, which takes no branch that could be guessed wrong; only near the end of the
    /// text they must be copied first.
    #[inline]
    fn new(text: &str, span: Span) -> Short {
        let length = span.len();
        if !(1..=15).contains(&length) {
            return Short::NONE;
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
        let own = bytes & OF_LENGTH[length];
        Short(own as u64, (own >> 64) as u64 | (length as u64) << 56)
    }
}

/// A token that is looked for: its bytes, or [`Short::NONE`], and their hash.
#[derive(Clone, Copy)]
struct Asked {
    key: Short,
    hash: u64,
}

/// Where a token that was not met before belongs in the table, and the bits of its hash.
struct Free {
    at: usize,
    tag: u32,
}

impl Stems {
    pub fn new(language: Language) -> Self {
        let state = RandomState::default();
        Stems {
            language,
            stemmer: language.algorithm().map(Stemmer::create),
            keys: Vec::new(),
            places: vec![0; FIRST_PLACES],
            long: HashMap::default(),
            asked: Vec::new(),
            stems: String::new(),
            ends: Vec::new(),
            seeds: [state.hash_one(1u8), state.hash_one(2u8)],
            generation: next_generation(),
        }
    }

    /// The stem of a token as it stands in the text: curly apostrophes and hyphens made plain, composed (NFC),
    /// lower-cased, stemmed. Abbreviations with dots (`U.S.`) are only lower-cased, so that they stay apart from words.
    pub fn stem(&mut self, surface: &str) -> &str {
        self.make_room();
        let number = self.number(surface, Span::new(0, surface.len()));
        self.of(number)
    }

    /// Puts the number of each token of a text into `into`, which is emptied first. The memory may start anew before, never on the way: all
    /// of them belong to one generation.
    pub fn numbers(&mut self, text: &str, tokens: &[Token], into: &mut Vec<u32>) {
        self.make_room();
        into.clear();
        let mut asked = std::mem::take(&mut self.asked);
        asked.clear();
        // Step by step for all of them, and what a step reads is on its way before.
        let mask = self.places.len() - 1;
        asked.extend(tokens.iter().map(|token| {
            let asked = self.asked(Short::new(text, token.span));
            prefetch_index(&self.places, asked.hash as usize & mask);
            asked
        }));
        // Most are where they are looked for first.
        into.extend(asked.iter().map(|asked| {
            let first = self.places[asked.hash as usize & mask] as usize & mask;
            prefetch_index(&self.keys, first.wrapping_sub(1));
            (first as u32).wrapping_sub(1)
        }));
        for ((token, asked), number) in tokens.iter().zip(&asked).zip(into) {
            let is_there = self.keys.get(*number as usize).is_some_and(|key| *key == asked.key);
            if !is_there || asked.key == Short::NONE {
                *number = self.number_of(text, token.span, *asked);
            }
        }
        self.asked = asked;
    }

    #[inline]
    fn hash(&self, key: Short) -> u64 {
        let product = u128::from(key.0 ^ self.seeds[0]) * u128::from(key.1 ^ self.seeds[1]);
        product as u64 ^ (product >> 64) as u64
    }

    fn number(&mut self, text: &str, span: Span) -> u32 {
        self.number_of(text, span, self.asked(Short::new(text, span)))
    }

    #[inline]
    fn number_of(&mut self, text: &str, span: Span, asked: Asked) -> u32 {
        let free = match asked.key {
            Short::NONE => match self.long.get(span.of(text)) {
                Some(&number) => return number,
                None => None,
            },
            key => match self.find(asked) {
                Ok(number) => return number,
                Err(free) => Some((key, free)),
            },
        };
        self.remember(span.of(text), free)
    }

    fn asked(&self, key: Short) -> Asked {
        Asked { key, hash: self.hash(key) }
    }

    /// The number of a short token, else where it belongs.
    #[inline]
    fn find(&self, Asked { key, hash }: Asked) -> Result<u32, Free> {
        let mask = self.places.len() - 1;
        let (tag, mut at) = ((hash >> 32) as u32 & !(mask as u32), hash as usize & mask);
        loop {
            let place = self.places[at];
            if place == 0 {
                return Err(Free { at, tag });
            }
            if place & !(mask as u32) == tag {
                let number = (place & mask as u32) - 1;
                if self.keys[number as usize] == key {
                    return Ok(number);
                }
            }
            at = (at + 1) & mask;
        }
    }

    #[cold]
    fn remember(&mut self, surface: &str, short: Option<(Short, Free)>) -> u32 {
        let number = self.ends.len() as u32;
        let folded = fold(surface, self.language);
        let stem = self.compute(&folded).into_owned();
        self.stems.push_str(&stem);
        self.ends.push(self.stems.len() as u32);
        match short {
            Some((key, Free { at, tag })) => {
                self.keys.push(key);
                self.places[at] = tag | (number + 1);
            }
            None => {
                self.keys.push(Short::NONE);
                self.long.insert(surface.into(), number);
            }
        }
        if self.keys.len() * 2 >= self.places.len() {
            self.lay_out(self.places.len() * 2);
        }
        number
    }

    /// Makes the table of short tokens anew.
    fn lay_out(&mut self, places: usize) {
        self.places.clear();
        self.places.resize(places, 0);
        for number in 0..self.keys.len() {
            if self.keys[number] != Short::NONE
                && let Err(Free { at, tag }) = self.find(self.asked(self.keys[number]))
            {
                self.places[at] = tag | (number as u32 + 1);
            }
        }
    }

    /// Starts the memory anew if it is full.
    fn make_room(&mut self) {
        if self.ends.len() >= MEMO {
            self.keys.clear();
            self.long.clear();
            self.stems.clear();
            self.ends.clear();
            self.lay_out(FIRST_PLACES);
            self.generation = next_generation();
        }
    }

    /// That of the words.
    pub fn language(&self) -> Language {
        self.language
    }

    /// The stem of the token with that number.
    pub fn of(&self, number: u32) -> &str {
        let at = number as usize;
        let start = at.checked_sub(1).map_or(0, |before| self.ends[before] as usize);
        &self.stems[start..self.ends[at] as usize]
    }

    /// How many tokens are remembered: one more than the highest number.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Changes whenever the memory starts anew, which makes all numbers void; that of no other memory.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// The stem of a word as [`fold`] leaves it, without a look into the memory.
    pub fn compute<'a>(&self, folded: &'a str) -> Cow<'a, str> {
        match &self.stemmer {
            Some(stemmer) if !folded.contains('.') => {
                let stem = stemmer.stem(folded);
                // A stemmer may leave nothing of a word that is all suffix; the word is then its own stem.
                if stem.is_empty() { folded.into() } else { stem }
            }
            _ => folded.into(),
        }
    }
}

fn next_generation() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// A token with typographic variants made equal: `’` to `'`, `‐` and `‑` to `-`, composed characters, lower case as the language has it. In
/// Turkish `I` is the capital of `ı` and `İ` that of `i` (Unicode, SpecialCasing.txt). In Greek `ς` is `σ`, since the one capital is that of
/// both; the stemmer makes them equal, too.
pub fn fold(surface: &str, language: Language) -> String {
    match language {
        Language::Turkish if surface.contains(['I', 'İ']) => {
            in_small_letters(&surface.replace("I\u{307}", "i").replace('İ', "i").replace('I', "ı"))
        }
        Language::Greek => in_small_letters(surface).replace('ς', "σ"),
        _ => in_small_letters(surface),
    }
}

fn in_small_letters(surface: &str) -> String {
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
    use crate::text::token;

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
    fn a_turkish_i_has_its_dot_in_capitals_too() {
        let mut stems = Stems::new(Language::Turkish);
        for (large, small) in [("İşçi", "işçi"), ("ISPARTA", "ısparta"), ("I\u{307}zmir", "izmir"), ("IRMAK", "ırmak")]
        {
            assert_eq!(stems.stem(large).to_owned(), stems.stem(small), "{large}");
        }
        assert_ne!(stems.stem("IRAK").to_owned(), stems.stem("irak"));
        let mut stems = Stems::new(Language::German);
        assert_eq!(stems.stem("INSEL").to_owned(), stems.stem("insel"));
    }

    #[test]
    fn a_greek_word_is_the_same_in_capitals_and_has_the_stem_that_it_had() {
        let mut stems = Stems::new(Language::Greek);
        for (large, small, stem) in [("ΚΊΝΔΥΝΟΣ", "κίνδυνος", "κινδυν"), ("ΛΑΌΣ", "λαός", "λα"), ("ΩΣ", "ως", "ωσ")]
        {
            assert_eq!(stems.stem(small), stem);
            assert_eq!(stems.stem(large), stem);
        }
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
        let first = stems.generation();
        for i in 0..MEMO * 2 {
            stems.stem(&format!("w{i}"));
        }
        assert!(stems.len() <= MEMO && stems.long.len() <= MEMO && stems.places.len() <= 4 * MEMO);
        assert_ne!(stems.generation(), first);
        assert_ne!(Stems::new(Language::English).generation(), stems.generation());
    }

    #[test]
    fn the_numbers_of_one_text_hold_however_many_words_it_has() {
        let text: String = (0..MEMO + 5000).map(|i| format!("word{i} ")).collect();
        let (mut stems, mut tokens, mut numbers) = (Stems::new(Language::English), Vec::new(), Vec::new());
        token::tokens(&text, &mut tokens);
        stems.numbers(&text, &tokens, &mut numbers);
        assert!(numbers.iter().copied().eq(0..tokens.len() as u32));
        assert!(tokens.iter().zip(&numbers).all(|(token, number)| stems.of(*number) == token.span.of(&text)));
        let full = stems.generation();
        stems.numbers("two words", &tokens[..1], &mut numbers);
        assert!(stems.generation() != full && stems.len() == 1 && stems.places.len() == FIRST_PLACES);
    }

    #[test]
    fn tokens_that_differ_in_any_byte_or_in_length_have_numbers_of_their_own() {
        let mut stems = Stems::new(Language::None);
        let mut known = std::collections::BTreeMap::new();
        let text = "a\u{0}abcdefghijklmnopqrstuvw".repeat(3);
        for start in 0..text.len() {
            for end in start..text.len().min(start + 20) {
                let span = Span::new(start, end);
                let number = stems.number(&text, span);
                let next = known.len() as u32;
                assert_eq!(number, *known.entry(span.of(&text)).or_insert(next));
                // The same bytes with nothing behind them
                assert_eq!(stems.number(&text[..end], span), number);
                assert_eq!(stems.of(number), span.of(&text));
            }
        }
        for changed in 0..18 {
            let token: String = text[..18].char_indices().map(|(at, c)| if at == changed { 'Z' } else { c }).collect();
            assert_eq!(stems.number(&token, Span::new(0, 18)) as usize, known.len() + changed);
        }
    }
}
