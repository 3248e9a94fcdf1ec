//! Sentence → tokens: words, numbers, and the two marks that change what a sentence does (`!` and `?`).
//!
//! A token keeps its bytes. Apostrophes and hyphens inside a word belong to it (`don't`, `so-called`), as do the dots
//! of an abbreviation of single letters (`U.S.`) and the points of a number (`3.5`, `1,000`).

use std::sync::LazyLock;

use unicode_normalization::char::is_combining_mark;

use super::Span;
use crate::raw::{self, Kinds};

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Has a letter.
    Word,
    /// Digits, with points and commas between them.
    Number,
    /// `!` or `?`, also full-width, inverted or joined.
    Mark,
}

/// A word, number or mark, and where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    pub span: Span,
    pub kind: Kind,
}

/// The tokens of `text` in order; their spans do not overlap. `into` is emptied first and keeps its memory.
pub fn tokens(text: &str, into: &mut Vec<Token>) {
    into.clear();
    let mut at = 0;
    while let Some(rest) = text.as_bytes().get(at..).filter(|rest| !rest.is_empty()) {
        at = block(text, at, raw::kinds(rest), into);
    }
}

/// A span with the whole of every token that it touches, such as that of `don't` where it holds `n't`.
pub fn whole(span: Span, tokens: &[Token]) -> Span {
    let touched = tokens.iter().map(|token| token.span).filter(|token| token.overlap(span).is_some());
    touched.fold(span, |whole, token| Span::new(whole.start.min(token.start), whole.end.max(token.end)))
}

/// As [`whole`], for a single span of a text: no token holds a blank, so only what stands between two of them is looked at.
pub fn whole_in(span: Span, text: &str) -> Span {
    let start =
        text[..span.start].char_indices().rfind(|(_, c)| c.is_whitespace()).map_or(0, |(at, c)| at + c.len_utf8());
    let end = text[span.end..].find(char::is_whitespace).map_or(text.len(), |at| span.end + at);
    let mut found = Vec::new();
    tokens(&text[start..end], &mut found);
    let near = whole(Span::new(span.start - start, span.end - start), &found);
    Span::new(start + near.start, start + near.end)
}

/// Adds the tokens that start in the block of `text` which begins at `base`, where no token goes on; where to go on.
///
/// A run of ASCII letters and digits is a token by itself unless something stands behind it that may belong to it: such a token, and whatever begins otherwise, is read
/// character by character.
fn block(text: &str, base: usize, kinds: Kinds, into: &mut Vec<Token>) -> usize {
    let Kinds { letters, digits, marks, joiners, dots, others } = kinds;
    let runs = letters | digits;
    // A lone letter may begin an abbreviation.
    let behind_one = runs << 1 & !(runs << 2);
    let may_go_on = others | joiners & ((runs | others) >> 1) | dots & behind_one;
    let mut starts = runs & !(runs << 1) | marks | others;
    into.reserve(raw::BLOCK);
    while starts != 0 {
        let start = starts.trailing_zeros();
        let (from, bit) = (base + start as usize, 1 << start);
        let length = (!runs >> start).trailing_zeros();
        let end = start + length;
        if marks & bit != 0 {
            into.push(Token { span: Span::new(from, from + 1), kind: Kind::Mark });
            starts &= starts - 1;
            continue;
        }
        // The byte behind the run and the one after that must be seen.
        let is_seen = end + 1 < raw::BLOCK as u32;
        if length > 0 && is_seen && may_go_on >> end & 1 == 0 {
            let has_letter = letters >> start << (u64::BITS - length) != 0;
            let kind = if has_letter { Kind::Word } else { Kind::Number };
            into.push(Token { span: Span::new(from, base + end as usize), kind });
            starts &= starts - 1;
            continue;
        }
        if !is_seen && start > 0 {
            return from;
        }
        let next = next(text, from, into);
        if next >= base + raw::BLOCK {
            return next;
        }
        starts &= u64::MAX << (next - base);
    }
    base + raw::BLOCK
}

/// Adds the token that starts at a character, if one does; where to go on.
fn next(text: &str, at: usize, into: &mut Vec<Token>) -> usize {
    let Some(c) = text[at..].chars().next() else { return text.len() };
    let (end, kind) = match class(c) {
        Class::Letter | Class::Digit => word(text, at),
        Class::Ideograph => (at + c.len_utf8(), Kind::Word),
        Class::Mark => (at + c.len_utf8(), Kind::Mark),
        Class::Other => return at + c.len_utf8(),
    };
    into.push(Token { span: Span::new(at, end), kind });
    end
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Class {
    Letter,
    Digit,
    Ideograph,
    Mark,
    Other,
}

/// Where characters are no longer near.
const NEAR_CHARS: usize = 0x0E00;

#[inline]
fn class(c: char) -> Class {
    /// Those of the alphabets of Europe and the Near East, and of most of India's: what a table of Unicode says of them is looked up once.
    static NEAR: LazyLock<[Class; NEAR_CHARS]> =
        LazyLock::new(|| std::array::from_fn(|c| char::from_u32(c as u32).map_or(Class::Other, class_of)));
    if c.is_ascii() || c as usize >= NEAR_CHARS { class_of(c) } else { NEAR[c as usize] }
}

fn class_of(c: char) -> Class {
    match c {
        'a'..='z' | 'A'..='Z' | '_' => Class::Letter,
        '0'..='9' => Class::Digit,
        '!' | '?' | '！' | '？' | '‼' | '⁇' | '⁈' | '⁉' | '¡' | '¿' | '؟' => Class::Mark,
        // ASCII, and dashes, quotation marks and other punctuation, which most texts have.
        '\0'..='\x7F' | '\u{2010}'..='\u{205E}' => Class::Other,
        // Scripts written without spaces: each character stands for itself.
        '\u{3040}'..='\u{30FF}' | '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{20000}'..='\u{323AF}' => {
            Class::Ideograph
        }
        _ if c.is_alphabetic() || is_combining_mark(c) => Class::Letter,
        _ if c.is_numeric() => Class::Digit,
        _ => Class::Other,
    }
}

/// The end of the word or number that starts at `start`, and which of the two it is.
fn word(text: &str, start: usize) -> (usize, Kind) {
    if let Some(end) = dotted_end(text, start) {
        return (end, Kind::Word);
    }
    let (mut end, mut before, mut kind) = (start, Class::Other, Kind::Number);
    let mut rest = text[start..].chars().map(|c| (c, class(c))).peekable();
    while let Some((c, now)) = rest.next() {
        match now {
            Class::Letter | Class::Digit => before = now,
            _ => {
                let after = rest.peek().map_or(Class::Other, |(_, class)| *class);
                if !joins(before, c, after) {
                    break;
                }
            }
        }
        if now == Class::Letter {
            kind = Kind::Word;
        }
        end += c.len_utf8();
    }
    (end, kind)
}

/// Whether `c` between two characters belongs to the word that they are in.
fn joins(before: Class, c: char, after: Class) -> bool {
    use Class::{Digit, Letter};
    match c {
        '\'' | '’' | 'ʼ' | '＇' | '-' | '‐' | '‑' => {
            matches!(before, Letter | Digit) && matches!(after, Letter | Digit)
        }
        '&' => before == Letter && after == Letter,
        '.' | ',' => before == Digit && after == Digit,
        '\u{200D}' | '\u{200C}' | '\u{AD}' => matches!(after, Letter),
        _ => false,
    }
}

/// Letters of the longest abbreviation: what goes on is another one, so that no letter is looked at again and again.
const LONGEST_DOTTED: usize = 32;

/// The end of an abbreviation of two or more single letters with a dot after each, such as `U.S.` or `e.g.`.
fn dotted_end(text: &str, start: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let is_dotted =
        |at: &usize| bytes.get(*at).is_some_and(u8::is_ascii_alphabetic) && bytes.get(at + 1) == Some(&b'.');
    let letters = (start..).step_by(2).take_while(is_dotted).take(LONGEST_DOTTED).count();
    let at = start + 2 * letters;
    let goes_on = text[at..].chars().next().is_some_and(|c| matches!(class(c), Class::Letter | Class::Digit));
    match (letters, goes_on) {
        (2.., false) => Some(at),
        // `U.S.A` without its last dot
        (2.., true) if bytes[at].is_ascii_alphabetic() && !text[at + 1..].starts_with(char::is_alphanumeric) => {
            Some(at + 1)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn words(text: &str) -> Vec<&str> {
        let mut found = Vec::new();
        tokens(text, &mut found);
        found.iter().map(|token| token.span.of(text)).collect()
    }

    #[test]
    fn apostrophes_and_hyphens_inside_a_word_belong_to_it() {
        assert_eq!(words("Don't trust the so-called experts"), ["Don't", "trust", "the", "so-called", "experts"]);
        assert_eq!(words("the workers' ‘own’ we’ve"), ["the", "workers", "own", "we’ve"]);
        assert_eq!(words("well -- so- -ish"), ["well", "so", "ish"]);
    }

    #[test]
    fn abbreviations_of_letters_keep_their_dots() {
        assert_eq!(words("The U.S. and the U.S.A. met"), ["The", "U.S.", "and", "the", "U.S.A.", "met"]);
        assert_eq!(words("e.g. this. A. B"), ["e.g.", "this", "A", "B"]);
        assert_eq!(words("at 5 p.m."), ["at", "5", "p.m."]);
        assert_eq!(words("the U.S.A won"), ["the", "U.S.A", "won"]);
        assert_eq!(words("i.n.é-u"), ["i", "n", "é-u"]);
    }

    #[test]
    fn numbers_keep_points_between_digits() {
        assert_eq!(words("3.5 of 1,000, or 7."), ["3.5", "of", "1,000", "or", "7"]);
        assert_eq!(words("the 1990s, 20-year-old"), ["the", "1990s", "20-year-old"]);
    }

    #[test]
    fn only_questions_and_exclamations_are_marks() {
        assert_eq!(words("Why?! (Well…) No."), ["Why", "?", "!", "Well", "No"]);
        let mut found = Vec::new();
        tokens("a 1 !", &mut found);
        assert_eq!(found.iter().map(|t| t.kind).collect::<Vec<_>>(), [Kind::Word, Kind::Number, Kind::Mark]);
    }

    #[test]
    fn scripts_without_spaces_give_a_token_a_character() {
        assert_eq!(words("我们不 kneel"), ["我", "们", "不", "kneel"]);
        assert_eq!(words("naïve Ελλάδα книги"), ["naïve", "Ελλάδα", "книги"]);
    }

    proptest! {
        #[test]
        fn the_short_way_through_ascii_leads_to_the_same_tokens(
            text in "([a-zA-Z0-9_]{1,3}|[-'&.,!? ’é字\u{301}\u{ad}]|U\\.S\\.|\\PC){0,20}"
        ) {
            let (mut short, mut long, mut at) = (Vec::new(), Vec::new(), 0);
            tokens(&text, &mut short);
            while at < text.len() {
                at = next(&text, at, &mut long);
            }
            prop_assert_eq!(short, long);
        }
    }

    proptest! {
        #[test]
        fn tokens_stand_in_order_on_character_boundaries_and_hold_no_space(text in "\\PC{0,80}") {
            let mut found = Vec::new();
            tokens(&text, &mut found);
            let mut last = 0;
            for token in found {
                prop_assert!(token.span.start >= last && !token.span.is_empty());
                prop_assert!(!token.span.of(&text).contains(char::is_whitespace));
                last = token.span.end;
            }
        }

        #[test]
        fn every_letter_and_digit_lies_in_some_token(text in "[a-zA-Z0-9 .,'’!?é_-]{0,60}") {
            let mut found = Vec::new();
            tokens(&text, &mut found);
            for (at, c) in text.char_indices().filter(|(_, c)| c.is_alphanumeric()) {
                prop_assert!(found.iter().any(|t| t.span.start <= at && at + c.len_utf8() <= t.span.end));
            }
        }
    }
}
