//! Shape cues: what a sentence looks like beside its words. Each is one binary feature named `shape:…`; its evidence
//! is the mark, capital or pronoun that it saw.

use crate::text::quote::Quotation;
use crate::text::token::{Kind, Token};
use crate::text::{Span, stem::Language};

/// Calls `found` with the name and span of every shape cue in `text`. `folded` are the tokens in lower case.
pub fn cues(
    text: &str,
    tokens: &[Token],
    folded: &[&str],
    quotations: &[Quotation],
    language: Language,
    mut found: impl FnMut(&str, Span),
) {
    for (token, folded) in tokens.iter().zip(folded) {
        mark_or_capitals(token.span.of(text), *token, &mut found);
        if language == Language::English {
            person(folded, token.span, &mut found);
        }
    }
    for quotation in quotations {
        found("shape:quotation", quotation.span);
    }
    if language == Language::English {
        modal_verbs(tokens, folded, &mut found);
    }
    ends(text, tokens, &mut found);
}

fn mark_or_capitals(surface: &str, token: Token, found: &mut impl FnMut(&str, Span)) {
    match token.kind {
        Kind::Mark if surface.contains(['!', '！', '‼', '¡', '⁉', '⁈']) => {
            found("shape:exclamation", token.span)
        }
        Kind::Mark => found("shape:question", token.span),
        Kind::Number => found("shape:number", token.span),
        Kind::Word if is_shouted(surface) => found("shape:all-caps", token.span),
        Kind::Word => {}
    }
}

/// Four capitals or more: shorter ones are mostly acronyms.
fn is_shouted(surface: &str) -> bool {
    surface.chars().filter(|c| c.is_uppercase()).count() >= 4 && !surface.chars().any(char::is_lowercase)
}

fn person(folded: &str, span: Span, found: &mut impl FnMut(&str, Span)) {
    let word = folded.split('\'').next().unwrap_or(folded);
    match word {
        "i" | "me" | "my" | "mine" | "myself" => found("shape:first-person", span),
        "we" | "us" | "our" | "ours" | "ourselves" => found("shape:first-person-plural", span),
        "you" | "your" | "yours" | "yourself" | "yourselves" => found("shape:second-person", span),
        "they" | "them" | "their" | "theirs" | "themselves" => found("shape:third-person-plural", span),
        _ => {}
    }
}

/// A modal verb and what follows it: `must act`, `will not pay`.
fn modal_verbs(tokens: &[Token], folded: &[&str], found: &mut impl FnMut(&str, Span)) {
    for first in 0..tokens.len() {
        let name = match folded[first] {
            "must" | "should" | "shall" | "ought" => "shape:modal-duty",
            "will" | "won't" | "would" | "wouldn't" => "shape:modal-will",
            "can" | "cannot" | "can't" | "could" | "couldn't" | "may" | "might" => "shape:modal-can",
            _ => continue,
        };
        let next = match folded.get(first + 1) {
            Some(&"not" | &"never" | &"also" | &"now" | &"to" | &"always") => first + 2,
            _ => first + 1,
        };
        if tokens.get(next).is_some_and(|token| token.kind == Kind::Word) {
            found(name, Span::new(tokens[first].span.start, tokens[next].span.end));
        }
    }
}

/// How the text ends, and whether it is very short.
fn ends(text: &str, tokens: &[Token], found: &mut impl FnMut(&str, Span)) {
    let trimmed = text.trim_end();
    let whole = || Span::new(tokens[0].span.start, tokens[tokens.len() - 1].span.end);
    if !tokens.is_empty() && tokens.len() <= 5 {
        found("shape:short", whole());
    }
    if trimmed.ends_with('…') || trimmed.ends_with("...") {
        let width = if trimmed.ends_with('…') { '…'.len_utf8() } else { 3 };
        found("shape:ellipsis", Span::new(trimmed.len() - width, trimmed.len()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{quote, stem, token};

    fn seen(text: &str) -> Vec<(String, String)> {
        let mut tokens = Vec::new();
        token::tokens(text, &mut tokens);
        let folded: Vec<String> = tokens.iter().map(|t| stem::fold(t.span.of(text))).collect();
        let folded: Vec<&str> = folded.iter().map(String::as_str).collect();
        let mut seen = Vec::new();
        cues(text, &tokens, &folded, &quote::quotations(text), Language::English, |name, span| {
            seen.push((name.trim_start_matches("shape:").to_owned(), span.of(text).to_owned()));
        });
        seen
    }

    fn has(text: &str, name: &str, surface: &str) -> bool {
        seen(text).contains(&(name.to_owned(), surface.to_owned()))
    }

    #[test]
    fn marks_capitals_numbers_and_quotations_are_seen_where_they_stand() {
        assert!(has("Stop it, NOBODY move!", "exclamation", "!"));
        assert!(has("Stop it, NOBODY move!", "all-caps", "NOBODY"));
        assert!(has("Who paid 300 pounds?", "question", "?"));
        assert!(has("Who paid 300 pounds?", "number", "300"));
        assert!(has("He said “no deal” twice.", "quotation", "“no deal”"));
        assert!(has("And then…", "ellipsis", "…"));
    }

    #[test]
    fn an_acronym_is_not_shouting() {
        assert!(!seen("The NHS and NATO met").iter().any(|(name, s)| name == "all-caps" && s == "NHS"));
    }

    #[test]
    fn a_modal_verb_takes_its_verb_with_it() {
        assert!(has("They must not pay", "modal-duty", "must not pay"));
        assert!(has("We'll see; it will burn", "modal-will", "will burn"));
        assert!(has("We'll see", "first-person-plural", "We'll"));
    }
}
