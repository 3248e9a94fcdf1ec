//! Shape cues: what a sentence looks like beside its words. Each is one binary feature named `shape:…`; its evidence
//! is the mark, capital or pronoun that it saw.

use crate::text::quote::Quotation;
use crate::text::token::{Kind, Token};
use crate::text::{Span, stem::Language};

/// What the shape of a sentence may show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    Exclamation,
    Question,
    Number,
    AllCaps,
    FirstPerson,
    FirstPersonPlural,
    SecondPerson,
    ThirdPersonPlural,
    Quotation,
    ModalDuty,
    ModalWill,
    ModalCan,
    Short,
    Ellipsis,
}

impl Shape {
    pub const ALL: [Shape; 14] = [
        Shape::Exclamation,
        Shape::Question,
        Shape::Number,
        Shape::AllCaps,
        Shape::FirstPerson,
        Shape::FirstPersonPlural,
        Shape::SecondPerson,
        Shape::ThirdPersonPlural,
        Shape::Quotation,
        Shape::ModalDuty,
        Shape::ModalWill,
        Shape::ModalCan,
        Shape::Short,
        Shape::Ellipsis,
    ];

    /// Its term.
    pub fn name(self) -> &'static str {
        match self {
            Shape::Exclamation => "shape:exclamation",
            Shape::Question => "shape:question",
            Shape::Number => "shape:number",
            Shape::AllCaps => "shape:all-caps",
            Shape::FirstPerson => "shape:first-person",
            Shape::FirstPersonPlural => "shape:first-person-plural",
            Shape::SecondPerson => "shape:second-person",
            Shape::ThirdPersonPlural => "shape:third-person-plural",
            Shape::Quotation => "shape:quotation",
            Shape::ModalDuty => "shape:modal-duty",
            Shape::ModalWill => "shape:modal-will",
            Shape::ModalCan => "shape:modal-can",
            Shape::Short => "shape:short",
            Shape::Ellipsis => "shape:ellipsis",
        }
    }
}

/// What a token shows by itself: the same wherever it stands, so that it can be remembered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Looks {
    /// A mark, a number, or capitals.
    of_letters: Option<Shape>,
    person: Option<Shape>,
    modal: Option<Shape>,
    /// It may stand between a modal verb and its verb.
    joins_modal: bool,
}

impl Looks {
    pub const NOTHING: Looks = Looks { of_letters: None, person: None, modal: None, joins_modal: false };

    /// Whether the token is a shape cue, or begins one.
    #[inline]
    pub fn shows(self) -> bool {
        self.of_letters.is_some() | self.person.is_some() | self.modal.is_some()
    }

    /// Of a token as it stands in the text, and in lower case.
    pub fn of(surface: &str, kind: Kind, folded: &str, language: Language) -> Looks {
        let of_letters = match kind {
            Kind::Mark if surface.contains(['!', '！', '‼', '¡', '⁉', '⁈']) => Some(Shape::Exclamation),
            Kind::Mark => Some(Shape::Question),
            Kind::Number => Some(Shape::Number),
            Kind::Word if is_shouted(surface) => Some(Shape::AllCaps),
            Kind::Word => None,
        };
        match language {
            Language::English => Looks {
                of_letters,
                person: person(folded),
                modal: modal(folded),
                joins_modal: matches!(folded, "not" | "never" | "also" | "now" | "to" | "always"),
            },
            _ => Looks { of_letters, ..Looks::default() },
        }
    }
}

/// Calls `found` with every shape cue in `text` and its span; `looks` are those of the tokens.
pub fn cues(text: &str, tokens: &[Token], looks: &[Looks], quotations: &[Quotation], found: impl FnMut(Shape, Span)) {
    let of = |at: usize| looks.get(at).copied().unwrap_or(Looks::NOTHING);
    cues_shown(text, tokens, of, 0..tokens.len(), quotations, found);
}

/// The same, sooner. `looks` gives those of a token by its number, of one behind the last [`Looks::NOTHING`]; `shown` are
/// the tokens that [show something](Looks::shows), among others perhaps.
pub fn cues_shown(
    text: &str,
    tokens: &[Token],
    looks: impl Fn(usize) -> Looks,
    shown: impl Iterator<Item = usize>,
    quotations: &[Quotation],
    mut found: impl FnMut(Shape, Span),
) {
    for at in shown {
        let (token, own) = (tokens[at], looks(at));
        if let Some(shape) = own.of_letters {
            found(shape, token.span);
        }
        if let Some(shape) = own.person {
            found(shape, token.span);
        }
        // A modal verb and what follows it: `must act`, `will not pay`.
        if let Some(shape) = own.modal {
            let next = if looks(at + 1).joins_modal { at + 2 } else { at + 1 };
            if let Some(next) = tokens.get(next).filter(|token| token.kind == Kind::Word) {
                found(shape, Span::new(token.span.start, next.span.end));
            }
        }
    }
    for quotation in quotations {
        found(Shape::Quotation, quotation.span);
    }
    ends(text, tokens, &mut found);
}

/// Four capitals or more: shorter ones are mostly acronyms.
fn is_shouted(surface: &str) -> bool {
    surface.chars().filter(|c| c.is_uppercase()).count() >= 4 && !surface.chars().any(char::is_lowercase)
}

fn person(folded: &str) -> Option<Shape> {
    match folded.split('\'').next().unwrap_or(folded) {
        "i" | "me" | "my" | "mine" | "myself" => Some(Shape::FirstPerson),
        "we" | "us" | "our" | "ours" | "ourselves" => Some(Shape::FirstPersonPlural),
        "you" | "your" | "yours" | "yourself" | "yourselves" => Some(Shape::SecondPerson),
        "they" | "them" | "their" | "theirs" | "themselves" => Some(Shape::ThirdPersonPlural),
        _ => None,
    }
}

fn modal(folded: &str) -> Option<Shape> {
    match folded {
        "must" | "should" | "shall" | "ought" => Some(Shape::ModalDuty),
        "will" | "won't" | "would" | "wouldn't" => Some(Shape::ModalWill),
        "can" | "cannot" | "can't" | "could" | "couldn't" | "may" | "might" => Some(Shape::ModalCan),
        _ => None,
    }
}

/// How the text ends, and whether it is very short.
fn ends(text: &str, tokens: &[Token], found: &mut impl FnMut(Shape, Span)) {
    let trimmed = text.trim_end();
    let whole = || Span::new(tokens[0].span.start, tokens[tokens.len() - 1].span.end);
    if !tokens.is_empty() && tokens.len() <= 5 {
        found(Shape::Short, whole());
    }
    if trimmed.ends_with('…') || trimmed.ends_with("...") {
        let width = if trimmed.ends_with('…') { '…'.len_utf8() } else { 3 };
        found(Shape::Ellipsis, Span::new(trimmed.len() - width, trimmed.len()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{quote, stem, token};

    fn seen(text: &str) -> Vec<(String, String)> {
        let mut tokens = Vec::new();
        token::tokens(text, &mut tokens);
        let looks: Vec<Looks> = tokens
            .iter()
            .map(|token| {
                let surface = token.span.of(text);
                Looks::of(surface, token.kind, &stem::fold(surface, Language::English), Language::English)
            })
            .collect();
        let mut seen = Vec::new();
        cues(text, &tokens, &looks, &quote::quotations(text), |shape, span| {
            seen.push((shape.name().trim_start_matches("shape:").to_owned(), span.of(text).to_owned()));
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
