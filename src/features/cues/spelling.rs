//! Words as people write them, and as a text is cut into them: what differs without harm is put right, what no text has is refused.
//!
//! Only files are asked, since models that hold such patterns are to load as before.

use std::ops::Range;

use super::pattern::{Flaw, Lexed, Lexeme, lex};
use super::words::{ending, short_form};
use crate::text::Span;
use crate::text::stem::Language;
use crate::text::token::{self, Token};

/// Marks of quotation, which no word of a text holds.
const QUOTES: [char; 6] = ['"', '“', '”', '„', '«', '»'];
/// Apostrophes, and the marks that look like one.
pub const APOSTROPHES: [char; 6] = ['\'', '’', '‘', '‛', 'ʼ', '＇'];
/// What `*` stands for may be nothing, a letter or a digit.
const ANY: [&str; 3] = ["", "a", "1"];

/// An entry without the quotation marks that stand around the whole of it, as spreadsheets and programmers write them.
pub fn unquoted(entry: &str) -> &str {
    let inner = entry.strip_prefix(QUOTES).and_then(|rest| rest.strip_suffix(QUOTES));
    inner.filter(|inner| !inner.contains(QUOTES)).map_or(entry, str::trim)
}

/// A pattern with its words as a text has them: without apostrophes at their ends (`workers' rights`), and with what the ending of a short
/// form by itself stands for (`n't`).
pub fn as_in_texts(pattern: &str, language: Language) -> String {
    let (mut out, mut done) = (String::new(), 0);
    for Lexed { lexeme, at } in lex(pattern).unwrap_or_default() {
        let Lexeme::Text(text) = lexeme else { continue };
        let words = match endings(&text, language) {
            [] => bare(&text),
            [word] => (*word).to_owned(),
            words => format!("({})", words.join(" | ")),
        };
        out = out + &pattern[done..at.start] + &words;
        done = at.end;
    }
    out + &pattern[done..]
}

/// As [`as_in_texts`], for an entry of a class, which may become several.
pub fn entry_as_in_texts(entry: &str, language: Language) -> Vec<String> {
    match endings(entry, language) {
        [] => vec![bare(entry)],
        words => words.iter().map(|word| (*word).to_owned()).collect(),
    }
}

/// What the ending of a short form by itself stands for; nothing for other words, or in other languages.
pub fn endings(word: &str, language: Language) -> &'static [&'static str] {
    if language == Language::English { ending(word) } else { &[] }
}

/// The word without apostrophes at its ends, which no word of a text has.
fn bare(word: &str) -> String {
    let is_literal = word.starts_with('`');
    let (sign, inner) = if word.starts_with('~') { word.split_at(1) } else { ("", word.trim_matches('`')) };
    let bare = inner.trim_matches(APOSTROPHES);
    match bare.contains(char::is_alphanumeric) {
        true if is_literal => format!("`{bare}`"),
        true => format!("{sign}{bare}"),
        false => word.to_owned(),
    }
}

/// Refuses a pattern that can never match: with quotation marks, with words that no text has as one, such as `5%`, with a short form where
/// a single word stands, or with signs that were meant to be part of a word.
///
/// # Errors
/// [`Flaw`] with the place of the first.
pub fn refuse_impossible(pattern: &str, language: Language) -> Result<(), Flaw> {
    refuse_quotes(pattern)?;
    // What cannot be read is told when it is to match.
    let lexed = lex(pattern).unwrap_or_default();
    refuse_signs_in_words(&lexed)?;
    let mut before: Option<&Lexeme> = None;
    for Lexed { lexeme, at } in &lexed {
        if let Lexeme::Text(text) = lexeme {
            refuse_strange_word(text, at.clone())?;
            let is_single = matches!(before, Some(Lexeme::Not | Lexeme::NotBefore(_) | Lexeme::NotAfter(_)));
            if is_single || text.contains(['*', '~']) {
                let hint = "write one of the two, or both as words in a row";
                refuse_short_form(text, at.clone(), language, hint)?;
            }
        }
        before = Some(lexeme);
    }
    Ok(())
}

/// Refuses an entry of a class that no text has as one word.
///
/// # Errors
/// [`Flaw`] with the place of the first.
pub fn refuse_impossible_entry(entry: &str, language: Language) -> Result<(), Flaw> {
    let whole = 0..entry.len();
    refuse_quotes(entry)?;
    if !entry.starts_with(['`', '{']) && entry.contains(['?', '(', ')', '|']) {
        let hint = "a class holds single words: write each spelling as one of them, such as colour color";
        return Err(Flaw::new(whole, "an entry of a class is one word, without ?, | and brackets", hint));
    }
    refuse_strange_word(entry, whole.clone())?;
    let hint = "a class holds single words: write the two in a pattern, such as (@class | do not)";
    refuse_short_form(entry, whole, language, hint)
}

fn refuse_quotes(pattern: &str) -> Result<(), Flaw> {
    match pattern.char_indices().find(|(_, c)| QUOTES.contains(c)) {
        None => Ok(()),
        Some((at, mark)) => Err(Flaw::new(
            at..at + mark.len_utf8(),
            "a pattern with a quotation mark can never match",
            "words in a row need no quotation marks; {open} and {close} stand for those of a text",
        )),
    }
}

/// Refuses `colou?r` and `fund(s|ing)ed`: signs part words, so that these would be several.
fn refuse_signs_in_words(lexed: &[Lexed]) -> Result<(), Flaw> {
    let is_word = |at: usize| matches!(&lexed[at].lexeme, Lexeme::Text(text) if !text.starts_with(['`', '{', '@']));
    for at in 1..lexed.len() {
        let [before, after] = [&lexed[at - 1], &lexed[at]];
        let parted = match (&before.lexeme, &after.lexeme) {
            (Lexeme::Optional | Lexeme::Close, _) => is_word(at),
            (_, Lexeme::Open) => is_word(at - 1),
            _ => false,
        };
        if parted && before.at.end == after.at.start {
            let start = if before.lexeme == Lexeme::Optional { at.saturating_sub(2) } else { at - 1 };
            return Err(Flaw::new(
                lexed[start].at.start..after.at.end,
                "signs part words, so these are several",
                "write each spelling as a word, such as (colour | color), and a blank between words",
            ));
        }
    }
    Ok(())
}

/// Refuses an entry of a class, or a word of a pattern, that no text has as one word.
fn refuse_strange_word(word: &str, at: Range<usize>) -> Result<(), Flaw> {
    // Of several words, only a class is told that it holds single ones.
    if word.starts_with(['@', '{']) || !word.contains(char::is_alphanumeric) || word.contains(char::is_whitespace) {
        return Ok(());
    }
    let bare = word.trim_start_matches('~').trim_matches('`');
    if is_one_word(bare) {
        return Ok(());
    }
    let mut tokens = Vec::new();
    token::tokens(bare, &mut tokens);
    let given: Vec<&str> = tokens.iter().map(|token| token.span.of(bare)).collect();
    let hint = match &given[..] {
        [] => "give a word".into(),
        _ if bare.contains(',') => "words are parted by blanks, without commas".into(),
        _ => format!("a text is cut into words, here {}: write that", given.join(" ")),
    };
    Err(Flaw::new(at, format!("no text has {word:?} as one word, so it can never match"), hint))
}

/// Whether a text may hold this as one word, where `*` and `?` stand for letters.
pub fn is_one_word(word: &str) -> bool {
    let mut tokens: Vec<Token> = Vec::new();
    ANY.iter().any(|any| {
        let text = word.replace(['*', '?'], any);
        token::tokens(&text, &mut tokens);
        matches!(&tokens[..], [token] if token.span == Span::new(0, text.len()))
    })
}

/// Refuses an English short form where a single word is asked for, since a text has it as two.
fn refuse_short_form(word: &str, at: Range<usize>, language: Language, hint: &str) -> Result<(), Flaw> {
    match two_words(word.trim_start_matches('~').trim_matches('`'), language) {
        Some(two) => {
            let what = format!("{word:?} is two words in a text, {two:?}, so as one it can never match");
            Err(Flaw::new(at, what, hint))
        }
        None => Ok(()),
    }
}

/// The two words of a short form, whatever its stars stand for.
pub fn two_words(word: &str, language: Language) -> Option<String> {
    let words = short_form(&word.replace('*', "")).filter(|_| language == Language::English)?;
    Some(words.iter().map(|words| words.join("/")).collect::<Vec<_>>().join(" ").trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn apostrophes_at_the_ends_of_words_are_those_of_no_word() {
        let spelled = |pattern| as_in_texts(pattern, Language::English);
        assert_eq!(spelled("workers' rights"), "workers rights");
        assert_eq!(spelled("rock ’n’ roll"), "rock n roll");
        assert_eq!(spelled("('tis | @us) ~lookin' `boss'`"), "(tis | @us) ~lookin `boss`");
        assert_eq!(spelled("o'clock parliament's , ..2 {name} don't"), "o'clock parliament's , ..2 {name} don't");
        assert_eq!(spelled("a ..z b"), "a ..z b", "what cannot be read stays as it is");
    }

    #[test]
    fn an_ending_of_a_short_form_by_itself_is_the_word_that_it_stands_for() {
        assert_eq!(as_in_texts("<!n't tasty they 'd go", Language::English), "<!not tasty they (would | had) go");
        assert_eq!(entry_as_in_texts("’s", Language::English), ["is", "has"]);
        assert_eq!(as_in_texts("'s avonds", Language::Dutch), "s avonds");
    }

    #[test]
    fn quotation_marks_around_an_entry_are_taken_off() {
        assert_eq!(unquoted("“so be it”"), "so be it");
        assert_eq!(unquoted("\"hit\" \"back\""), "\"hit\" \"back\"");
        assert_eq!(as_in_texts("'hit back'", Language::English), "hit back");
    }

    #[track_caller]
    fn refused(pattern: &str, bytes: &str, what: &str) {
        let flaw = refuse_impossible(pattern, Language::English).expect_err(pattern);
        assert_eq!((&pattern[flaw.at.clone()], flaw.what.contains(what)), (bytes, true), "{flaw:?}");
    }

    #[test]
    fn what_can_never_match_is_refused() {
        refused("<!2 don't go", "don't", "is two words in a text, \"do not\"");
        refused("they !can't", "can't", "is two words");
        refused("*n't go", "*n't", "is two words in a text, \"not\"");
        refused("~don't", "~don't", "is two words");
        refused("the colou?r of", "colou?r", "signs part words");
        refused("fund(s | ed) it", "fund(", "signs part words");
        refused("(re)open it", ")open", "signs part words");
        refused("5% off", "5%", "as one word");
        for fine in
            ["don't", "1,000 (no | not any)? more?", "*'s ~pay *-free", "`R&D` U.S. {!}", "@us ..2 , 3.5", "(a|b)(c|d)"]
        {
            assert_eq!(refuse_impossible(fine, Language::English), Ok(()), "{fine}");
        }
        assert_eq!(refuse_impossible("!don't", Language::German), Ok(()));
    }

    #[test]
    fn an_entry_of_a_class_that_is_no_single_word_is_refused() {
        for (entry, what) in [
            ("don't", "is two words in a text, \"do not\""),
            ("cannot", "is two words"),
            ("colou?r", "without ?, | and brackets"),
            ("a|b", "without ?, | and brackets"),
            ("we,", "as one word"),
            ("24/7", "as one word"),
        ] {
            let flaw = refuse_impossible_entry(entry, Language::English).expect_err(entry);
            assert!(flaw.what.contains(what), "{flaw:?}");
        }
        for fine in ["1,000", "god's", "@us", "{?}", "`z??`", "blam*"] {
            assert_eq!(refuse_impossible_entry(fine, Language::English), Ok(()), "{fine}");
        }
    }
}
