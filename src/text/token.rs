//! Sentence → tokens: words, numbers, and the two marks that change what a sentence does (`!` and `?`).
//!
//! A token keeps its bytes. Apostrophes and hyphens inside a word belong to it (`don't`, `so-called`), as do the dots
//! of an abbreviation of single letters (`U.S.`) and the points of a number (`3.5`, `1,000`).

use unicode_normalization::char::is_combining_mark;

use super::{Span, scan};

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
    while let Some(&byte) = text.as_bytes().get(at) {
        if byte.is_ascii() && CLASSES[usize::from(byte)] == Class::Other {
            at += 1;
        } else if let Some((end, kind)) = plain_end(text.as_bytes(), at) {
            into.push(Token { span: Span::new(at, end), kind });
            at = end;
        } else {
            at = next(text, at, into);
        }
    }
}

/// The classes of ASCII characters, which most texts are made of.
const CLASSES: [Class; 128] = {
    let (mut classes, mut at) = ([Class::Other; 128], 0);
    while at < 128 {
        classes[at] = match at as u8 {
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => Class::Letter,
            b'0'..=b'9' => Class::Digit,
            b'!' | b'?' => Class::Mark,
            _ => Class::Other,
        };
        at += 1;
    }
    classes
};

/// The end of an ASCII word or number that surely ends where its letters and digits do, and what it is.
fn plain_end(bytes: &[u8], start: usize) -> Option<(usize, Kind)> {
    // Bytes of longer characters are told from all others.
    let class = |at: usize| match bytes.get(at) {
        None => Some(Class::Other),
        Some(byte) => CLASSES.get(usize::from(*byte)).copied(),
    };
    let (length, has_letter) = scan::word_bytes(bytes, start);
    let (end, kind) = (start + length, if has_letter { Kind::Word } else { Kind::Number });
    if class(end)? == Class::Letter {
        // An underscore.
        return None;
    }
    let joins = |byte: u8| matches!(byte, b'\'' | b'-' | b'&' | b'.' | b',');
    let may_go_on = match bytes.get(end) {
        // A lone letter may begin an abbreviation.
        Some(b'.') if end == start + 1 => true,
        Some(byte) if joins(*byte) => !matches!(class(end + 1), Some(Class::Other | Class::Mark)),
        _ => false,
    };
    (end > start && !may_go_on).then_some((end, kind))
}

/// Adds the token that starts at a character, if one does; where to go on.
fn next(text: &str, at: usize, into: &mut Vec<Token>) -> usize {
    let Some(c) = text[at..].chars().next() else { return text.len() };
    let end = match class(c) {
        Class::Letter | Class::Digit => word_end(text, at),
        Class::Ideograph | Class::Mark => at + c.len_utf8(),
        Class::Other => return at + c.len_utf8(),
    };
    let span = Span::new(at, end);
    into.push(Token { span, kind: kind_of(span.of(text)) });
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

fn class(c: char) -> Class {
    match c {
        'a'..='z' | 'A'..='Z' | '_' => Class::Letter,
        '0'..='9' => Class::Digit,
        '!' | '?' | '！' | '？' | '‼' | '⁇' | '⁈' | '⁉' | '¡' | '¿' | '؟' => Class::Mark,
        _ if c.is_ascii() => Class::Other,
        // Scripts written without spaces: each character stands for itself.
        '\u{3040}'..='\u{30FF}' | '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{20000}'..='\u{323AF}' => {
            Class::Ideograph
        }
        _ if c.is_alphabetic() || is_combining_mark(c) => Class::Letter,
        _ if c.is_numeric() => Class::Digit,
        _ => Class::Other,
    }
}

/// The end of the word or number that starts at `start`.
fn word_end(text: &str, start: usize) -> usize {
    if let Some(end) = dotted_end(text, start) {
        return end;
    }
    let mut end = start;
    let mut before = Class::Other;
    let mut rest = text[start..].chars().peekable();
    while let Some(c) = rest.next() {
        match class(c) {
            now @ (Class::Letter | Class::Digit) => {
                end += c.len_utf8();
                before = now;
            }
            _ => {
                let after = rest.peek().map_or(Class::Other, |&next| class(next));
                if !joins(before, c, after) {
                    break;
                }
                end += c.len_utf8();
            }
        }
    }
    end
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

/// The end of an abbreviation of two or more single letters with a dot after each, such as `U.S.` or `e.g.`.
fn dotted_end(text: &str, start: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = start;
    while bytes.get(at).is_some_and(u8::is_ascii_alphabetic) && bytes.get(at + 1) == Some(&b'.') {
        at += 2;
    }
    let letters = (at - start) / 2;
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

fn kind_of(token: &str) -> Kind {
    let mut kind = Kind::Mark;
    for c in token.chars() {
        match class(c) {
            Class::Letter | Class::Ideograph => return Kind::Word,
            Class::Digit => kind = Kind::Number,
            _ => {}
        }
    }
    kind
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
